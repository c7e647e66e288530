//! A disk that fills up: a warning, then sales alone, then the reserve, and back again by itself.

mod full;

use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, DiskState},
};
use kassa_integration_tests::{Shop, usd};
use kassa_server::{config::DiskConfig, store::fault::CommitFault};

const MIB: u64 = 1_024 * 1_024;

/// A shop that watches its disk as a real one does, but for a smaller reserve.
async fn open() -> Shop {
    let shop = Shop::found_with(|config| {
        config.disk = DiskConfig { warn_mb: 2_048, sales_only_mb: 500, reserve_mb: 1 };
        config.faults.report_free(9_000 * MIB);
    });
    let shop = shop.await;
    shop.open_shift("100.00").await;
    shop
}

async fn status(shop: &Shop) -> pb::GetStatusResponse {
    shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap().into_inner()
}

/// Has the disk have so many free megabytes, and the server look at it.
async fn leave(shop: &Shop, megabytes: u64) -> DiskState {
    shop.config().faults.report_free(megabytes * MIB);
    status(shop).await.disk_state()
}

async fn import(shop: &Shop) -> Result<(), kassa_client::Error> {
    let product = pb::Product {
        sku: "tea".to_owned(),
        name: "Tea".to_owned(),
        price: Some(usd("1.00")),
        ..pb::Product::default()
    };
    let products = vec![pb::PutProduct { product: Some(product), opening_stock: None }];
    let put = pb::PutProductsRequest { products, ..Default::default() };
    shop.kassa.catalog().put_products(put).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_is_told_and_everything_goes_on() {
    let shop = open().await;
    let before = status(&shop).await;
    assert_eq!((before.disk_state(), before.disk_free_bytes), (DiskState::Ok, 9_000 << 20));
    assert_eq!((before.disk_warn_bytes, before.disk_sales_only_bytes), (2_048 << 20, 500 << 20));
    assert_eq!(before.disk_reserve_bytes, 1 << 20);
    assert_eq!(leave(&shop, 2_047).await, DiskState::Warn);
    shop.sell("1 x bread, cash 2.00").await;
    import(&shop).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_is_nearly_full_tills_go_on_and_what_can_wait_waits() {
    let shop = open().await;
    let sold = shop.sell("2 x bread, cash 4.00").await;
    let voided = shop.sell("1 x bread, cash 2.00").await;
    assert_eq!(leave(&shop, 499).await, DiskState::SalesOnly);

    let refused = import(&shop).await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::DiskLow), Code::ResourceExhausted));
    assert!(refused.message().contains("499 MB") && refused.message().contains("call support"), "{refused}");
    assert!(!refused.is_retryable() && !refused.is_outcome_unknown());

    shop.sell("1 x bread, cash 2.00").await;
    shop.kassa.orders().refund_sale(shop.refund(&sold, "1 x bread, cash 2.00", "2.00")).await.unwrap();
    let void = pb::VoidSaleRequest {
        order_id: voided.order_id,
        reason: "typed twice".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().void_sale(void).await.unwrap();
    let drop = pb::RecordMovementRequest {
        r#type: pb::MovementType::SafeDrop.into(),
        amount: Some(usd("50.00")),
        ..Default::default()
    };
    shop.kassa.cash_register().record_movement(drop).await.unwrap();

    // The evening, and the next morning.
    let shift = shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await.unwrap();
    let shift_id = shift.into_inner().shift.unwrap().shift_id;
    let counts = vec![pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: Some(usd("54.00")),
        ..Default::default()
    }];
    let close = pb::CloseShiftRequest { shift_id: shift_id.clone(), counts, ..Default::default() };
    shop.kassa.shifts().close_shift(close).await.unwrap();
    let report = pb::GetShiftReportRequest { shift_id, ..Default::default() };
    shop.kassa.shifts().get_shift_report(report).await.unwrap();
    shop.open_shift("50.00").await;
    shop.sell("1 x bread, cash 2.00").await;
    assert_eq!(shop.orders().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_made_before_the_disk_filled_up_is_answered_again() {
    let shop = open().await;
    let put = pb::PutUsersRequest {
        users: vec![pb::User {
            name: "Mona".to_owned(),
            role: pb::Role::Cashier.into(),
            ..Default::default()
        }],
    };
    let first = shop.kassa.admin().put_users(put.clone()).key("mona").await.unwrap();
    leave(&shop, 100).await;
    let again = shop.kassa.admin().put_users(put.clone()).key("mona").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), first.into_inner());
    let other = shop.kassa.admin().put_users(put.clone()).key("another").await.unwrap_err();
    assert_eq!(other.reason(), Some(Reason::DiskLow));
    // The refusal is not remembered: with space, the same key is carried out.
    leave(&shop, 9_000).await;
    shop.kassa.admin().put_users(put).key("another").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_taken_again_by_itself_when_there_is_space() {
    let shop = open().await;
    assert_eq!(leave(&shop, 300).await, DiskState::SalesOnly);
    assert_eq!(leave(&shop, 505).await, DiskState::SalesOnly, "not at the limit itself");
    import(&shop).await.unwrap_err();
    assert_eq!(leave(&shop, 600).await, DiskState::Warn);
    import(&shop).await.unwrap();
    assert_eq!(leave(&shop, 5_000).await, DiskState::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_gives_its_reserve_up_and_the_sale_is_made() {
    let shop = open().await;
    let reserve = shop.data().join("reserve");
    status(&shop).await;
    assert_eq!(reserve.metadata().unwrap().len(), MIB);
    // Too little is left to make another one.
    leave(&shop, 2).await;
    shop.config().faults.fail_commit(CommitFault::Full);
    let sold = shop.sell("1 x bread, cash 2.00").await;
    assert_eq!(shop.config().faults.failed_commits(), 1, "the fault was really injected");
    assert!(!reserve.exists());
    assert_eq!(shop.orders().await, [sold], "once");
    assert_eq!(status(&shop).await.disk_reserve_bytes, 0);

    // With the reserve gone, a full disk is what it is.
    shop.config().faults.fail_commit(CommitFault::Full);
    let refused = shop.try_sell("1 x bread, cash 2.00").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::DiskFull));
    assert_eq!(leave(&shop, 0).await, DiskState::Full);

    assert_eq!(leave(&shop, 9_000).await, DiskState::Ok);
    assert_eq!(reserve.metadata().unwrap().len(), MIB, "it is made anew");
    shop.sell("1 x bread, cash 2.00").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_has_less_than_its_reserve_gives_it_up_before_a_commit_fails() {
    let shop = open().await;
    status(&shop).await;
    assert!(shop.data().join("reserve").exists());
    leave(&shop, 0).await;
    assert!(!shop.data().join("reserve").exists());
    shop.sell("1 x bread, cash 2.00").await;
}
