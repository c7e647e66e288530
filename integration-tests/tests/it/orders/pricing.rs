//! What a sale costs: overrides, discounts, taxes, weights; and what a quote promises, the sale keeps.

use kassa_client::{
    cash,
    proto::v1::{self as pb, CompleteSaleRequest, Order, discount::Value},
};
use kassa_integration_tests::{Shop, half_up, usd};

/// Quotes a sale that was changed, and sells it for that.
pub async fn sell(shop: &Shop, mut sale: CompleteSaleRequest) -> Order {
    let quote = pb::QuoteOrderRequest {
        lines: sale.lines.clone(),
        discounts: sale.discounts.clone(),
        tenders: sale.tenders.clone(),
        ..Default::default()
    };
    let quote = shop.kassa.orders().quote_order(quote).await.unwrap().into_inner();
    assert_eq!(quote.amount_due, Some(usd("0.00")), "the tenders suffice");
    sale.expected_total = quote.total.clone();
    let order = shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap();
    assert_adds_up(&order);
    order
}

/// What holds for every order: each figure of the header is the sum of the lines', and the money that
/// came is the money that was owed.
pub fn assert_adds_up(order: &Order) {
    let minor = |money: &Option<pb::Money>| money.as_ref().unwrap().amount_minor;
    let sum = |part: fn(&pb::OrderLine) -> &Option<pb::Money>| -> i64 {
        order.lines.iter().map(|line| minor(part(line))).sum()
    };
    assert_eq!(minor(&order.subtotal), sum(|line| &line.subtotal));
    assert_eq!(minor(&order.total), sum(|line| &line.total));
    let off = sum(|line| &line.discount_total) + sum(|line| &line.order_discount_share);
    assert_eq!(minor(&order.discount_total), off);
    assert_eq!(order.tax_totals.iter().map(|tax| minor(&tax.tax)).sum::<i64>(), sum(|line| &line.tax));
    assert_eq!(order.tax_totals.iter().map(|tax| minor(&tax.base)).sum::<i64>(), sum(|line| &line.net));
    let tendered: i64 = order.tenders.iter().map(|tender| minor(&tender.amount)).sum();
    let owed = minor(&order.total) + minor(&order.rounding_adjustment) + minor(&order.tip_total);
    assert_eq!(tendered - minor(&order.change), owed);
}

pub fn off(name: &str, amount: &str) -> pb::Discount {
    pb::Discount { name: name.to_owned(), value: Some(Value::Amount(usd(amount))) }
}

pub fn percent(name: &str, percent: &str) -> pb::Discount {
    let percent = pb::Decimal { value: percent.to_owned() };
    pb::Discount { name: name.to_owned(), value: Some(Value::Percent(percent)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_price_is_charged_and_the_products_own_is_kept_beside_it() {
    let shop = Shop::open().await;
    let mut sale = shop.sale("2 x juice, 1 x bread, cash 20.00").await;
    sale.lines[0].unit_price_override = Some(usd("3.00"));
    sale.lines[1].unit_price_override = Some(usd("0.00"));
    let order = sell(&shop, sale).await;
    let [juice, bread] = order.lines.as_slice() else { panic!("two lines: {order:?}") };
    assert_eq!((juice.list_price.clone(), juice.unit_price.clone()), (Some(usd("3.99")), Some(usd("3.00"))));
    // 6.00 / 1.14 = 5.263...
    assert_eq!(
        (juice.net.clone(), juice.tax.clone(), juice.total.clone()),
        (Some(usd("5.26")), Some(usd("0.74")), Some(usd("6.00")))
    );
    assert_eq!((bread.list_price.clone(), bread.total.clone()), (Some(usd("2.00")), Some(usd("0.00"))));
    assert_eq!(order.total, Some(usd("6.00")));
    assert_eq!(shop.on_the_shelf("bread").await, "99999", "what is free leaves the shelf too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lines_discounts_apply_in_their_order_each_to_what_the_one_before_left() {
    let shop = Shop::open().await;
    let mut sale = shop.sale("2 x juice, cash 10.00").await;
    sale.lines[0].discounts = vec![percent("Member", "10"), off("Coupon", "0.18")];
    let order = sell(&shop, sale.clone()).await;
    let amounts = |order: &Order| -> Vec<i64> {
        order.lines[0].discounts.iter().map(|applied| applied.amount.as_ref().unwrap().amount_minor).collect()
    };
    // 10% of 7.98 is 0.798.
    assert_eq!(amounts(&order), [80, 18]);
    assert_eq!(order.lines[0].discounts[0].discount, Some(percent("Member", "10")), "as it was asked for");
    assert_eq!(
        (order.subtotal.clone(), order.discount_total.clone(), order.total.clone()),
        (Some(usd("7.98")), Some(usd("0.98")), Some(usd("7.00")))
    );
    sale.lines[0].discounts.reverse();
    let order = sell(&shop, CompleteSaleRequest { order_id: String::new(), ..sale }).await;
    assert_eq!(amounts(&order), [18, 78]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_discount_is_shared_out_over_its_lines_to_the_last_cent() {
    let shop = Shop::open().await;
    let mut sale = shop.sale("4 x bread, 1 x juice, cash 20.00").await;
    sale.discounts = vec![percent("Opening day", "10")];
    let order = sell(&shop, sale).await;
    // 1.20 of 11.99: 0.8007 and 0.3993; the odd cent goes to the larger rest.
    let shares: Vec<_> = order.lines.iter().map(|line| line.order_discount_share.clone().unwrap()).collect();
    assert_eq!(shares, [usd("0.80"), usd("0.40")]);
    assert_eq!(order.discounts[0].amount, Some(usd("1.20")));
    assert_eq!(order.total, Some(usd("10.79")));
    assert_eq!(order.change, Some(usd("9.21")));
    // The tax is of what was paid for the line: 3.59 / 1.14 = 3.149...
    assert_eq!(order.lines[1].tax, Some(usd("0.44")));
    assert_eq!(shop.in_the_drawer().await, 110_79);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_discount_makes_a_sale_of_nothing() {
    let shop = Shop::open().await;
    let mut sale = shop.sale("1 x juice, cash 3.99").await;
    sale.discounts = vec![percent("Gift", "100")];
    sale.tenders.clear();
    let order = sell(&shop, sale).await;
    assert_eq!((order.total.clone(), order.tenders.len()), (Some(usd("0.00")), 0));
    assert_eq!(order.tax_totals[0].tax, Some(usd("0.00")));
    assert_eq!((shop.on_the_shelf("juice").await, shop.in_the_drawer().await), ("999".to_owned(), 100_00));
}

#[tokio::test(flavor = "multi_thread")]
async fn weighed_goods_are_sold_to_the_gram() {
    let shop = Shop::open().await;
    let order = shop.sell("1.235 x cheese, 0.001 x cheese, cash 20.00").await;
    // 12.40 * 1.235 = 15.314; 12.40 * 0.001 = 0.0124.
    let totals: Vec<_> = order.lines.iter().map(|line| line.total.clone().unwrap()).collect();
    assert_eq!(totals, [usd("15.31"), usd("0.01")]);
    assert_eq!(
        (order.lines[0].quantity.as_ref().unwrap().value.as_str(), order.lines[0].unit.as_str()),
        ("1.235", "kg")
    );
    assert_eq!(shop.on_the_shelf("cheese").await, "24.264");
    assert_adds_up(&order);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_tax_rules_leaves_older_orders_as_they_were() {
    let shop = Shop::open().await;
    let included = shop.sell("2 x juice, 1 x cheese, cash 50.00").await;
    assert!(included.prices_include_tax);
    assert_eq!(included.total, Some(usd("20.38")));
    // 7.98 / 1.14 = 7.0 and 12.40 / 1.14 = 10.877...
    assert_eq!(included.tax_totals[0].base, Some(usd("17.88")));
    assert_eq!(included.tax_totals[0].tax, Some(usd("2.50")));

    let rules = ["prices_include_tax", "tax_rounding", "rounding_mode"];
    let on_top = pb::Settings {
        prices_include_tax: false,
        tax_rounding: pb::TaxRounding::PerRate.into(),
        rounding_mode: pb::RoundingMode::HalfEven.into(),
        ..Default::default()
    };
    shop.set(&rules, on_top).await;
    let added = shop.sell("1 x milk, 1 x milk, 1 x milk, cash 50.00").await;
    assert!(!added.prices_include_tax);
    assert_eq!(
        (added.tax_rounding(), added.rounding_mode()),
        (pb::TaxRounding::PerRate, pb::RoundingMode::HalfEven)
    );
    // 5% of 4.65 is 0.2325; line by line it would be 0.24.
    assert_eq!(
        (added.tax_totals[0].tax.clone(), added.total.clone()),
        (Some(usd("0.23")), Some(usd("4.88")))
    );
    assert_adds_up(&added);

    let read = async |order: &Order| {
        let request = pb::GetOrderRequest { order_id: order.order_id.clone() };
        shop.kassa.orders().get_order(request).await.unwrap().into_inner().order.unwrap()
    };
    assert_eq!(read(&included).await, included);
    shop.set(&rules[..1], pb::Settings { prices_include_tax: true, ..Default::default() }).await;
    assert_eq!(read(&added).await, added);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_costs_what_its_quote_said() {
    let shop = Shop::open().await;
    shop.set_coins(half_up(5)).await;
    let mut sale = shop.sale("3 x juice, 0.777 x cheese, 2 x bread, 1 x honey, card 10.50").await;
    sale.lines[0].discounts = vec![percent("", "12.5"), off("", "0.01")];
    sale.lines[2].unit_price_override = Some(usd("1.99"));
    sale.discounts = vec![off("Voucher", "1.13"), percent("Staff", "3.3333")];
    sale.tenders[0].tip = Some(usd("0.50"));
    sale.tenders.push(cash(usd("50.00")));
    // The terminal chooses the lines' ids, or they could not be the same.
    sale.lines.iter_mut().for_each(|line| line.line_id = kassa_client::new_id());
    let quote = pb::QuoteOrderRequest {
        lines: sale.lines.clone(),
        discounts: sale.discounts.clone(),
        tenders: sale.tenders.clone(),
        ..Default::default()
    };
    let quote = shop.kassa.orders().quote_order(quote).await.unwrap().into_inner();
    let order = sell(&shop, sale).await;
    let again = pb::QuoteOrderResponse {
        lines: order.lines,
        subtotal: order.subtotal,
        discount_total: order.discount_total,
        tax_totals: order.tax_totals,
        total: order.total,
        discounts: order.discounts,
        change: order.change,
        rounding_adjustment: order.rounding_adjustment,
        tip_total: order.tip_total,
        // These an order does not have.
        cash_total: quote.cash_total.clone(),
        amount_due: Some(usd("0.00")),
        cash_due: Some(usd("0.00")),
    };
    assert_eq!(again, quote);
    assert_ne!(again.rounding_adjustment, Some(usd("0.00")), "there was something to round");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_saves_nothing_and_needs_no_shift() {
    let shop = Shop::found().await;
    shop.sale("2 x bread, 1 x honey, cash 5.00").await;
    let request = pb::QuoteOrderRequest {
        lines: vec![kassa_client::line("6220000000000", "3")],
        tenders: vec![cash(usd("5.00"))],
        ..Default::default()
    };
    let quote = shop.kassa.orders().quote_order(request).await.unwrap();
    assert_eq!((quote.total.clone(), quote.amount_due.clone()), (Some(usd("6.00")), Some(usd("1.00"))));
    assert_eq!((shop.orders().await.len(), shop.on_the_shelf("bread").await), (0, "100000".to_owned()));
}
