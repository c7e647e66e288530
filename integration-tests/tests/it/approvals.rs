//! What a role may do alone, and what it needs somebody's approval for.

use kassa_client::{
    Error, Reason,
    proto::v1::{self as pb, Role, RoleLimits},
};
use kassa_integration_tests::{Shop, usd};

/// Limits the owner like a cashier: of 10% off, of a cent that is missing, and of nothing else.
async fn limit_the_owner(shop: &Shop) {
    let limits = RoleLimits {
        role: Role::Owner.into(),
        most_discount_percent: Some(pb::Decimal { value: "10".to_owned() }),
        most_paid_out: Some(usd("0")),
        most_variance: Some(usd("0.01")),
        ..Default::default()
    };
    let settings = pb::Settings { role_limits: vec![limits], ..Default::default() };
    let update_mask = Some(prost_types::FieldMask { paths: vec!["role_limits".to_owned()] });
    let request = pb::PutSettingsRequest { settings: Some(settings), update_mask };
    shop.kassa.admin().put_settings(request).await.unwrap();
}

/// What an error says is to be approved: action, order, line, amount.
fn wanted(error: &Error) -> [&str; 4] {
    assert_eq!(error.reason(), Some(Reason::ApprovalRequired));
    ["action", "order_id", "line_id", "amount_minor"].map(|name| error.metadata(name).unwrap())
}

fn off(amount: &str) -> pb::Discount {
    let value = Some(pb::discount::Value::Amount(usd(amount)));
    pb::Discount { name: "friend".to_owned(), value }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_above_the_limit_says_what_is_to_be_approved() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let mut sale = shop.sale("5 x bread, 1 x juice, cash 20.00").await;
    sale.order_id = kassa_client::new_id();
    sale.lines[0].line_id = kassa_client::new_id();
    sale.lines[0].discounts.push(off("1.01"));
    sale.expected_total = Some(usd("12.98"));
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    assert_eq!(wanted(&refused), ["DISCOUNT", &sale.order_id, &sale.lines[0].line_id, "101"]);
    assert_eq!(refused.metadata("currency"), Some("USD"));

    sale.lines[0].discounts.clear();
    sale.discounts.push(off("1.41"));
    sale.expected_total = Some(usd("12.58"));
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    assert_eq!(wanted(&refused), ["DISCOUNT", &sale.order_id, "", "141"]);
    // A tenth of every line, and what is begun of a minor unit is whole.
    sale.discounts = vec![off("1.40")];
    sale.expected_total = Some(usd("12.59"));
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_price_says_what_is_to_be_approved() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let mut sale = shop.sale("5 x bread, cash 20.00").await;
    sale.lines[0].unit_price_override = Some(usd("1.80"));
    sale.expected_total = Some(usd("9.00"));
    let refused = shop.kassa.orders().complete_sale(sale.clone()).await.unwrap_err();
    let [action, _, line, amount] = wanted(&refused);
    assert_eq!((action, line.len(), amount), ("PRICE_OVERRIDE", 36, "100"));
    sale.lines[0].unit_price_override = Some(usd("2.00"));
    sale.expected_total = Some(usd("10.00"));
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_and_a_refund_another_way_say_what_is_to_be_approved() {
    let shop = Shop::open().await;
    let sale = shop.sell("5 x bread, card 6.00, cash 10.00").await;
    limit_the_owner(&shop).await;
    let void = pb::VoidSaleRequest {
        order_id: sale.order_id.clone(),
        reason: "rang up the wrong cart".to_owned(),
        ..Default::default()
    };
    let refused = shop.kassa.orders().void_sale(void).await.unwrap_err();
    assert_eq!(wanted(&refused), ["VOID_SALE", &sale.order_id, "", "1000"]);
    let another_way = shop.refund(&sale, "5 x bread, cash 10.00", "10.00");
    let refused = shop.kassa.orders().refund_sale(another_way).await.unwrap_err();
    assert_eq!(wanted(&refused), ["REFUND_TENDER", &sale.order_id, "", "600"]);
    let the_way_it_came = shop.refund(&sale, "5 x bread, card 6.00, cash 4.00", "10.00");
    shop.kassa.orders().refund_sale(the_way_it_came).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_goes_another_way_is_counted_where_it_was_paid() {
    let shop = Shop::open().await;
    let sale = shop.sell("5 x bread, card 6.00, cash 10.00").await; // 4.00 of it in cash
    let refund = |words: &'static str, total: &'static str| {
        let request = shop.refund(&sale, words, total);
        async { shop.kassa.orders().refund_sale(request).await }
    };
    refund("3 x bread, cash 6.00", "6.00").await.unwrap();
    assert_eq!(shop.in_the_drawer().await, 98_00);
    // 2.00 of the card's went back in cash: 4.00 are left on it, and nothing of the cash.
    refund("1 x bread, card 2.00", "2.00").await.unwrap();
    refund("1 x bread, voucher 2.00", "2.00").await.unwrap();
    let more = refund("1 x bread, cash 2.00", "2.00").await.unwrap_err();
    assert_eq!(more.reason(), Some(Reason::RefundExceedsSale));
    assert_eq!(shop.in_the_drawer().await, 98_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_that_nobody_gave_are_refused_and_at_most_twenty_are_read() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let mut sale = shop.sale("1 x bread, cash 2.00").await;
    sale.discounts.push(off("1.00"));
    sale.expected_total = Some(usd("1.00"));
    for (grants, expected, path) in [
        (vec![kassa_client::new_id()], Reason::ApprovalInvalid, "grant_ids[0]"),
        (vec!["x".to_owned()], Reason::InvalidField, "grant_ids[0]"),
        (vec![String::new()], Reason::InvalidField, "grant_ids[0]"),
        (vec![kassa_client::new_id(); 21], Reason::InvalidField, "grant_ids"),
    ] {
        let request = pb::CompleteSaleRequest { grant_ids: grants, ..sale.clone() };
        let refused = shop.kassa.orders().complete_sale(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(expected));
        assert_eq!(refused.field_violations()[0].path, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_shop_limits_its_cashiers_and_nobody_else() {
    let shop = Shop::found().await;
    let settings = shop.kassa.admin().get_settings(pb::GetSettingsRequest::default()).await.unwrap();
    let limits = settings.into_inner().settings.unwrap().role_limits;
    let shown: Vec<_> = limits
        .iter()
        .map(|limits| {
            let percent = limits.most_discount_percent.as_ref().unwrap().value.as_str();
            (
                limits.role(),
                percent,
                limits.price_override,
                limits.most_paid_out.as_ref().unwrap().amount_minor,
            )
        })
        .collect();
    let no_limit = 1_000_000_000_000;
    assert_eq!(
        shown,
        [
            (Role::Cashier, "10", false, 0),
            (Role::Supervisor, "100", true, no_limit),
            (Role::Admin, "100", true, no_limit),
            (Role::Owner, "100", true, no_limit),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_within_the_roles_limit_needs_no_reason() {
    let shop = Shop::open().await;
    limit_the_owner(&shop).await;
    let close = |counted: &str| {
        let cash = pb::TenderCount {
            r#type: pb::TenderType::Cash.into(),
            amount: Some(usd(counted)),
            ..Default::default()
        };
        let request = pb::CloseShiftRequest { counts: vec![cash], ..Default::default() };
        async { shop.kassa.shifts().close_shift(request).await }
    };
    let refused = close("99.98").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::VarianceReasonRequired));
    close("99.99").await.unwrap();
}
