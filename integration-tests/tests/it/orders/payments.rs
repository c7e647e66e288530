//! How a sale is paid: split, with tips, with coins that are gone; and what the cashier is warned of.

use kassa_client::{
    Reason, cash,
    proto::v1::{self as pb, CashRoundingMode},
};
use kassa_integration_tests::{Shop, half_up, usd};

use super::pricing::{assert_adds_up, sell};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_may_be_split_and_only_the_cash_reaches_the_drawer() {
    let shop = Shop::open().await;
    let mut sale = shop.sale("2 x bread, 0.5 x cheese, voucher 1.00, card 5.00, cash 10.00").await;
    let card = pb::Card {
        brand: "visa".to_owned(),
        last_four: "4242".to_owned(),
        authorization_code: "A1B2".to_owned(),
    };
    sale.tenders[1].card = Some(card.clone());
    let order = sell(&shop, sale).await;
    assert_eq!((order.total.clone(), order.change.clone()), (Some(usd("10.20")), Some(usd("5.80"))));
    let kinds: Vec<_> = order.tenders.iter().map(|tender| tender.r#type()).collect();
    assert_eq!(
        kinds,
        [pb::TenderType::Voucher, pb::TenderType::Card, pb::TenderType::Cash],
        "in their order"
    );
    assert_eq!(order.tenders[1].card, Some(card));
    assert_eq!(shop.in_the_drawer().await, 104_20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tip_is_paid_beside_the_total() {
    let shop = Shop::open().await;
    let mut sale = shop.sale("2 x bread, card 4.75").await;
    sale.tenders[0].tip = Some(usd("0.75"));
    let order = sell(&shop, sale).await;
    assert_eq!(
        (order.total, order.tip_total, order.change),
        (Some(usd("4.00")), Some(usd("0.75")), Some(usd("0.00")))
    );
    assert_eq!(shop.in_the_drawer().await, 100_00);

    let mut sale = shop.sale("2 x bread, cash 10.00").await;
    sale.tenders[0].tip = Some(usd("1.00"));
    let order = sell(&shop, sale).await;
    assert_eq!((order.tip_total, order.change), (Some(usd("1.00")), Some(usd("5.00"))));
    assert_eq!(shop.in_the_drawer().await, 105_00, "a tip in cash lies in the drawer");
    let shift = shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await.unwrap();
    let shift = shift.into_inner().shift.unwrap();
    assert_eq!(shift.sales_total, Some(usd("8.00")), "and is no sale");
}

/// A shop without coins under five cents.
async fn shop_without_small_coins() -> Shop {
    let shop = Shop::open().await;
    shop.set_coins(half_up(5)).await;
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_is_rounded_to_the_smallest_coin() {
    let shop = shop_without_small_coins().await;
    // What a piece costs, and what is paid for it in cash.
    let roundings =
        [("3.96", "3.95"), ("3.97", "3.95"), ("3.98", "4.00"), ("3.99", "4.00"), ("4.00", "4.00")];
    for (price, paid) in roundings {
        let mut sale = shop.sale("1 x juice, cash 10.00").await;
        sale.lines[0].unit_price_override = Some(usd(price));
        let before = shop.in_the_drawer().await;
        let order = sell(&shop, sale).await;
        let adjustment = usd(paid).amount_minor - usd(price).amount_minor;
        assert_eq!(order.rounding_adjustment.unwrap().amount_minor, adjustment, "{price}");
        assert_eq!(order.total, Some(usd(price)), "the total itself, and its tax, are not rounded");
        assert_eq!(order.change.unwrap().amount_minor, 10_00 - usd(paid).amount_minor);
        assert_eq!(shop.in_the_drawer().await - before, usd(paid).amount_minor);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_never_rounded_and_only_the_part_in_cash_is() {
    let shop = shop_without_small_coins().await;
    let order = shop.sell("1 x juice, card 3.99").await;
    assert_eq!(order.rounding_adjustment, Some(usd("0.00")));
    let short = shop.try_sell("1 x juice, card 3.95").await.unwrap_err();
    assert_eq!(short.reason(), Some(Reason::TenderShort));
    // Only the part in cash: 2.99 becomes 3.00.
    let order = shop.sell("1 x juice, card 1.00, cash 5.00").await;
    assert_eq!(
        (order.rounding_adjustment.clone(), order.change.clone()),
        (Some(usd("0.01")), Some(usd("2.00")))
    );
    assert_adds_up(&order);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rest_that_coins_make_nothing_of_is_settled_by_cash_of_nothing() {
    let shop = shop_without_small_coins().await;
    let priced = async |price: &str, words: &str| {
        let mut sale = shop.sale(words).await;
        sale.lines[0].unit_price_override = Some(usd(price));
        sale.expected_total = Some(usd(price));
        sale
    };
    // A card that was keyed short does not pass by itself.
    let keyed_short = priced("10.02", "1 x juice, card 10.00").await;
    let refused = shop.kassa.orders().complete_sale(keyed_short.clone()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::TenderShort));
    assert_eq!(refused.metadata("cash_due_minor"), Some("0"));
    let quote = pb::QuoteOrderRequest {
        lines: keyed_short.lines.clone(),
        tenders: keyed_short.tenders.clone(),
        ..Default::default()
    };
    let quote = shop.kassa.orders().quote_order(quote).await.unwrap().into_inner();
    assert_eq!((quote.amount_due, quote.cash_due), (Some(usd("0.02")), Some(usd("0.00"))));

    let mut settled = keyed_short;
    settled.tenders.push(cash(usd("0.00")));
    let order = sell(&shop, settled).await;
    assert_eq!(order.rounding_adjustment.as_ref().unwrap().amount_minor, -2);
    assert_eq!(order.tenders.len(), 1, "what was not paid is no payment: {:?}", order.tenders);
    assert_adds_up(&order);

    let mut nothing = priced("0.02", "1 x juice, cash 1.00").await;
    nothing.tenders.clear();
    let order = sell(&shop, nothing).await;
    assert_eq!((order.tenders.len(), order.rounding_adjustment.unwrap().amount_minor), (0, -2));
    let mut card_of_nothing = priced("0.02", "1 x juice, card 0.02").await;
    card_of_nothing.tenders[0].amount = Some(usd("0.00"));
    let refused = shop.kassa.orders().complete_sale(card_of_nothing).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
    assert_eq!(shop.in_the_drawer().await, 100_00);
}

#[tokio::test(flavor = "multi_thread")]
async fn coins_are_of_any_size_and_rounded_any_way() {
    let shop = Shop::open().await;
    let down = CashRoundingMode::Down.into();
    for (unit_minor, price, paid) in [(25, "10.13", "10.00"), (25, "10.25", "10.25"), (1_00, "7.60", "7.00")]
    {
        let coins = pb::CashRounding { total: down, change: down, refund: down, ..half_up(unit_minor) };
        shop.set_coins(coins).await;
        let mut sale = shop.sale(&format!("1 x juice, cash {paid}")).await;
        sale.lines[0].unit_price_override = Some(usd(price));
        sale.expected_total = Some(usd(price));
        let order = sell(&shop, sale).await;
        let off = usd(paid).amount_minor - usd(price).amount_minor;
        assert_eq!(order.rounding_adjustment.unwrap().amount_minor, off, "{price}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_says_what_is_due_in_cash() {
    let shop = shop_without_small_coins().await;
    let quote = async |tenders| {
        let lines = shop.sale("1 x juice, cash 5.00").await.lines;
        let request = pb::QuoteOrderRequest { lines, tenders, ..Default::default() };
        shop.kassa.orders().quote_order(request).await.unwrap().into_inner()
    };
    let open = quote(Vec::new()).await;
    assert_eq!(
        (open.total, open.cash_total, open.amount_due),
        (Some(usd("3.99")), Some(usd("4.00")), Some(usd("3.99")))
    );
    let paid = quote(vec![cash(usd("5.00"))]).await;
    assert_eq!((paid.amount_due, paid.change), (Some(usd("0.00")), Some(usd("1.00"))));
    assert_eq!(paid.rounding_adjustment, Some(usd("0.01")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cashier_is_warned_of_what_is_sold_below_zero() {
    let shop = Shop::open().await;
    let sold = shop.try_sell("3 x milk, cash 5.00").await.unwrap();
    assert_eq!(sold.warnings, [], "three there were");
    let sale = shop.sale("1 x bread, 1.5 x milk, cash 5.00").await;
    let sold = shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner();
    let order = sold.order.unwrap();
    let [warning] = sold.warnings.as_slice() else { panic!("one warning: {:?}", sold.warnings) };
    assert_eq!(warning.kind(), pb::SaleWarningKind::StockBelowZero);
    assert_eq!(warning.line_id, order.lines[1].line_id);
    assert!(warning.message.contains("milk") && warning.message.contains("-1.5"), "{}", warning.message);
    assert_eq!(shop.on_the_shelf("milk").await, "-1.5");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lines_of_one_product_take_from_one_shelf() {
    let shop = Shop::open().await;
    let refused = shop.try_sell("1 x honey, 1 x bread, 1 x honey, cash 50.00").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InsufficientStock));
    assert_eq!(refused.field_violations()[0].path, "lines[2].quantity");
    assert_eq!((refused.metadata("available"), refused.metadata("requested")), (Some("0"), Some("1")));
    assert_eq!(shop.on_the_shelf("honey").await, "1");
    shop.sell("2 x bread, 3 x bread, cash 10.00").await;
    assert_eq!(shop.on_the_shelf("bread").await, "99995");
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_that_coins_cannot_make_is_refused_unless_the_shop_takes_small_coins() {
    let shop = Shop::open().await;
    // 85.75, which is 86.00 in coins.
    let sale = async |cash: &str, tip: &str| {
        let mut sale = shop.sale(&format!("1 x bread, cash {cash}")).await;
        sale.lines[0].unit_price_override = Some(usd("85.75"));
        sale.expected_total = Some(usd("85.75"));
        sale.tenders[0].tip = Some(usd(tip));
        shop.kassa.orders().complete_sale(sale).await
    };
    shop.set_coins(half_up(50)).await;
    for (cash, tip) in [("85.75", "0.00"), ("85.80", "0.00"), ("90.00", "0.25"), ("86.25", "0.25")] {
        let refused = sale(cash, tip).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::InvalidField), "{cash}");
        let [violation] = refused.field_violations() else { panic!("{refused:?}") };
        assert_eq!(violation.path, "tenders[0]", "{cash}");
        assert!(violation.description.contains("the smallest is 0.50"), "{violation:?}");
    }
    assert_eq!(shop.in_the_drawer().await, 100_00);
    let order = sale("87.00", "0.00").await.unwrap().into_inner().order.unwrap();
    assert_eq!((order.rounding_adjustment, order.change), (Some(usd("0.25")), Some(usd("1.00"))));
    shop.set_coins(pb::CashRounding { small_coins: true, ..half_up(50) }).await;
    let order = sale("85.75", "0.00").await.unwrap().into_inner().order.unwrap();
    assert_eq!((order.rounding_adjustment, order.change), (Some(usd("0.00")), Some(usd("0.00"))));
    assert_eq!(shop.in_the_drawer().await, 271_75);
}
