//! Idempotency: what a repeated request gets.

use chrono::TimeDelta;
use kassa_client::{
    Answer, Reason,
    proto::v1::{self as pb, CompleteSaleRequest, CompleteSaleResponse},
};
use kassa_integration_tests::{Shop, usd};

async fn sale(shop: &Shop) -> CompleteSaleRequest {
    CompleteSaleRequest { order_id: kassa_client::new_id(), ..shop.sale("1 x bread, cash 5.00").await }
}

async fn send(shop: &Shop, sale: &CompleteSaleRequest) -> Answer<CompleteSaleResponse> {
    shop.kassa.orders().complete_sale(sale.clone()).key("one-key").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_parallel_calls_with_one_key_make_one_order_and_give_fifty_equal_answers() {
    let shop = Shop::open().await;
    let sale = sale(&shop).await;
    // Clients of their own: one client would send the same request once by itself.
    let clients: Vec<_> = (0..50).map(|_| shop.second_terminal()).collect();
    let calls =
        clients.iter().map(|client| client.orders().complete_sale(sale.clone()).key("one-key").into_future());
    let answers: Vec<_> =
        futures_util::future::join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| !answer.replayed()).count(), 1);
    let mut orders: Vec<_> = answers.into_iter().map(Answer::into_inner).collect();
    orders.dedup();
    assert_eq!(orders.len(), 1);
    assert_eq!(shop.orders().await.len(), 1);
    assert_eq!(shop.in_the_drawer().await, 102_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_survives_restarts() {
    let mut shop = Shop::open().await;
    let sale = sale(&shop).await;
    let first = send(&shop, &sale).await;
    shop.restart().await;
    let again = send(&shop, &sale).await;
    assert!(again.replayed() && !first.replayed());
    assert_eq!(again.into_inner(), first.into_inner());
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_another_request_is_refused() {
    let shop = Shop::open().await;
    let sale = sale(&shop).await;
    send(&shop, &sale).await;
    let other = CompleteSaleRequest { note: "another".to_owned(), ..sale };
    let refused = shop.kassa.orders().complete_sale(other).key("one-key").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::IdempotencyKeyReused));
    assert_eq!(shop.orders().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_stored_so_that_the_same_key_may_succeed_later() {
    let shop = Shop::found().await;
    let sale = sale(&shop).await;
    let refused = shop.kassa.orders().complete_sale(sale.clone()).key("one-key").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::NoOpenShift));
    shop.open_shift("100.00").await;
    assert!(!send(&shop, &sale).await.replayed());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_the_answer_is_rebuilt_from_the_order() {
    let mut shop = Shop::open().await;
    let sale = sale(&shop).await;
    let first = send(&shop, &sale).await;
    shop.clock.advance(TimeDelta::hours(25));
    let again = send(&shop, &sale).await;
    assert!(again.replayed());
    assert_eq!(again.into_inner(), first.clone().into_inner());
    shop.restart().await;
    assert_eq!(send(&shop, &sale).await.into_inner(), first.into_inner());
    assert_eq!(shop.orders().await.len(), 1);
}

/// How many answers are stored.
fn stored_answers(shop: &Shop) -> u32 {
    let file = rusqlite::Connection::open(shop.database()).unwrap();
    file.query_row("SELECT count(answer) FROM idempotency_keys", [], |row| row.get(0)).unwrap()
}

/// Waits until no answer is kept any more.
async fn cleared(shop: &Shop) {
    while stored_answers(shop) != 0 {
        tokio::task::yield_now().await;
    }
}

/// Cash put into the drawer: its answer is kept for a day, for it tells of the drawer after it.
async fn paid_in(shop: &Shop) -> Answer<pb::RecordMovementResponse> {
    let request = pb::RecordMovementRequest {
        r#type: pb::MovementType::PaidIn.into(),
        amount: Some(usd("3.00")),
        reason: "coins".to_owned(),
        ..Default::default()
    };
    shop.kassa.cash_register().record_movement(request).key("one-movement").await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_while_the_server_runs_is_cleared_without_a_start() {
    let shop = Shop::found_with(|config| config.limits.expire_check_ms = 1).await;
    shop.open_shift("100.00").await;
    let first = paid_in(&shop).await;
    assert!(stored_answers(&shop) > 0, "there is something to clear");
    shop.clock.advance(TimeDelta::hours(25));
    cleared(&shop).await;
    assert_eq!(paid_in(&shop).await.into_inner(), first.into_inner());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_can_be_rebuilt_are_not_stored_and_come_again_as_they_were() {
    let mut shop = Shop::open().await;
    let sold = shop.sell("3 x bread, cash 6.00").await;
    let refund = shop.refund(&sold, "1 x bread, cash 2.00", "2.00");
    let exchange = pb::ExchangeSaleRequest {
        order_id: sold.order_id.clone(),
        returned_lines: shop.refund(&sold, "1 x bread, cash 2.00", "2.00").lines,
        lines: shop.sale("1 x bread, cash 2.00").await.lines,
        expected_total: Some(usd("0.00")),
        ..Default::default()
    };
    let other = shop.sell("1 x bread, cash 2.00").await;
    let void = pb::VoidSaleRequest {
        order_id: other.order_id,
        reason: "a mistake".to_owned(),
        ..Default::default()
    };
    let sale = sale(&shop).await;
    let before = stored_answers(&shop);

    let first = send(&shop, &sale).await.into_inner();
    let orders = shop.kassa.orders();
    let refunded = orders.refund_sale(refund.clone()).key("refund").await.unwrap().into_inner();
    let exchanged = orders.exchange_sale(exchange.clone()).key("exchange").await.unwrap().into_inner();
    let voided = orders.void_sale(void.clone()).key("void").await.unwrap().into_inner();
    assert_eq!(stored_answers(&shop), before);

    // From the rows in memory, and from those on the disk.
    for _ in 0..2 {
        let orders = shop.kassa.orders();
        assert_eq!(send(&shop, &sale).await.into_inner(), first);
        assert_eq!(orders.refund_sale(refund.clone()).key("refund").await.unwrap().into_inner(), refunded);
        let again = orders.exchange_sale(exchange.clone()).key("exchange").await.unwrap();
        assert!(again.replayed());
        assert_eq!(again.into_inner(), exchanged);
        assert_eq!(orders.void_sale(void.clone()).key("void").await.unwrap().into_inner(), voided);
        shop.restart().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_says_more_than_its_document_is_stored() {
    let shop = Shop::open().await;
    let sale =
        CompleteSaleRequest { order_id: kassa_client::new_id(), ..shop.sale("4 x milk, cash 10.00").await };
    let before = stored_answers(&shop);
    let first = send(&shop, &sale).await.into_inner();
    assert!(!first.warnings.is_empty());
    assert_eq!(stored_answers(&shop), before + 1);
    assert_eq!(send(&shop, &sale).await.into_inner(), first);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_day_a_key_without_a_document_says_that_it_is_done_and_does_nothing() {
    let shop = Shop::found().await;
    let price = |price: &str| pb::PutProductsRequest {
        products: vec![pb::PutProduct {
            product: Some(pb::Product {
                sku: "bread".to_owned(),
                name: "bread".to_owned(),
                price: Some(usd(price)),
                ..Default::default()
            }),
            opening_stock: None,
        }],
        ..Default::default()
    };
    shop.kassa.catalog().put_products(price("3.00")).key("import").await.unwrap();
    shop.kassa.catalog().put_products(price("4.00")).key("dearer").await.unwrap();
    shop.clock.advance(TimeDelta::hours(25));
    let again = shop.kassa.catalog().put_products(price("3.00")).key("import").await.unwrap_err();
    assert_eq!(again.reason(), Some(Reason::KeyExpired));
    let bread = pb::GetProductRequest { sku: "bread".to_owned(), ..Default::default() };
    let bread = shop.kassa.catalog().get_product(bread).await.unwrap().into_inner();
    assert_eq!(bread.product.unwrap().price, Some(usd("4.00")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_learns_what_became_of_a_key() {
    let shop = Shop::open().await;
    let look_up = |key: &str| pb::LookUpIdempotencyKeyRequest {
        method: "CompleteSale".to_owned(),
        key: key.to_owned(),
    };
    let admin = shop.kassa.admin();
    let unknown = admin.look_up_idempotency_key(look_up("one-key")).await.unwrap();
    assert_eq!(unknown.state(), pb::IdempotencyKeyState::Unknown);
    let sale = sale(&shop).await;
    send(&shop, &sale).await;
    let done = admin.look_up_idempotency_key(look_up("one-key")).await.unwrap();
    assert_eq!(
        (done.state(), done.document_kind()),
        (pb::IdempotencyKeyState::Done, pb::DocumentKind::Order)
    );
    assert_eq!(done.document_id, sale.order_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_come_again_are_counted_by_method_since_the_server_started() {
    let mut shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let orders = shop.kassa.orders();
    for _ in 0..4 {
        orders.complete_sale(sale.clone()).key("one").await.unwrap();
    }
    let other = CompleteSaleRequest { note: "another".to_owned(), ..sale.clone() };
    orders.complete_sale(other).key("one").await.unwrap_err();
    // A refusal is nothing that came again.
    let short = CompleteSaleRequest { tenders: Vec::new(), ..sale.clone() };
    orders.complete_sale(short).key("two").await.unwrap_err();
    let put = |name: &str| pb::PutBranchesRequest {
        branches: vec![pb::Branch { code: "B2".to_owned(), name: name.to_owned(), ..Default::default() }],
    };
    shop.kassa.admin().put_branches(put("Harbour")).key("b").await.unwrap();
    shop.clock.advance(TimeDelta::hours(25));
    shop.kassa.admin().put_branches(put("Harbour")).key("b").await.unwrap_err();

    let read = async |shop: &Shop| {
        let request = pb::GetIdempotencyStatsRequest::default();
        shop.kassa.admin().get_idempotency_stats(request).await.unwrap().into_inner()
    };
    let stats = read(&shop).await;
    let of = |name: &str| stats.methods.iter().find(|it| it.method == name).cloned().unwrap();
    let sales = of("kassa.v1.Orders/CompleteSale");
    assert_eq!((sales.carried_out_count, sales.repeated_count, sales.reused_count), (1, 3, 1));
    assert_eq!(sales.repeated_percent.unwrap().value, "75");
    let branches = of("kassa.v1.Admin/PutBranches");
    assert_eq!((branches.carried_out_count, branches.repeated_count, branches.expired_count), (1, 0, 1));
    assert!(stats.since_time.is_some());
    shop.restart().await;
    assert_eq!(read(&shop).await.methods, []);
}
