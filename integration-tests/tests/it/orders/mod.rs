//! Sales.

mod exceptions;
mod lists;
mod payments;
mod pricing;
mod receipts;

use kassa_client::{
    Reason,
    proto::v1::{self as pb, CompleteSaleRequest},
};
use kassa_integration_tests::{Shop, usd};

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_moves_stock_drawer_and_number_in_one_step() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, 0.5 x cheese, cash 20.00").await;
    assert_eq!(sale.receipt_number, "INV-202611-R1-000001");
    assert_eq!(sale.total, Some(usd("10.20")));
    assert_eq!(sale.change, Some(usd("9.80")));
    assert_eq!(shop.in_the_drawer().await, 100_00 + 20_00 - 9_80);
    assert_eq!(shop.on_the_shelf("bread").await, "99998");
    assert_eq!(shop.on_the_shelf("cheese").await, "25");
    let read = shop.kassa.orders().get_order(pb::GetOrderRequest { order_id: sale.order_id.clone() });
    assert_eq!(read.await.unwrap().order, Some(sale));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_sale_leaves_nothing_behind() {
    let shop = Shop::open().await;
    let refused = shop.try_sell("1 x bread, 2 x honey, cash 50.00").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InsufficientStock));
    assert_eq!(refused.field_violations()[0].path, "lines[1].quantity");
    assert_eq!(shop.orders().await, []);
    assert_eq!(shop.in_the_drawer().await, 100_00);
    assert_eq!(shop.on_the_shelf("bread").await, "100000");
    let next = shop.sell("1 x bread, cash 2.00").await;
    assert_eq!(next.receipt_number, "INV-202611-R1-000001", "the refused sale took no number");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_piece_is_sold_once() {
    let shop = Shop::open().await;
    let (one, other) = (shop.kassa.clone(), shop.second_terminal());
    let sale = shop.sale("1 x honey, cash 9.99").await;
    let (one, other) =
        tokio::join!(one.orders().complete_sale(sale.clone()), other.orders().complete_sale(sale));
    let reasons = [one.err(), other.err()].map(|error| error.and_then(|error| error.reason()));
    assert!(
        reasons == [None, Some(Reason::InsufficientStock)]
            || reasons == [Some(Reason::InsufficientStock), None],
        "one sale and one refusal: {reasons:?}"
    );
    assert_eq!(shop.on_the_shelf("honey").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_terminals_sell_without_an_error_and_without_a_gap_although_two_batches_break() {
    let shop = Shop::open().await;
    shop.config().faults.break_batches(2);
    let sale = shop.sale("1 x bread, 1 x juice, cash 10.00").await;
    let mut terminals = Vec::new();
    for _ in 0..8 {
        let (terminal, sale) = (shop.second_terminal(), sale.clone());
        terminals.push(tokio::spawn(async move {
            // 25 sales at once, so that batches of several form.
            let sales = (0..25).map(|_| terminal.orders().complete_sale(sale.clone()));
            futures_util::future::join_all(sales.map(IntoFuture::into_future)).await
        }));
    }
    let mut numbers = Vec::new();
    for terminal in terminals {
        for sold in terminal.await.unwrap() {
            let order = sold.expect("no terminal sees an error").into_inner().order.unwrap();
            numbers.push(order.receipt_number);
        }
    }
    numbers.sort_unstable();
    let expected: Vec<String> = (1..=200).map(|count| format!("INV-202611-R1-{count:06}")).collect();
    assert_eq!(numbers, expected);
    assert_eq!(shop.config().faults.broken_batches(), 2, "the fault was really injected");
    assert_eq!(shop.in_the_drawer().await, 100_00 + 200 * 5_99);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_id_is_used_once() {
    let shop = Shop::open().await;
    let sale =
        CompleteSaleRequest { order_id: kassa_client::new_id(), ..shop.sale("1 x bread, cash 2.00").await };
    shop.kassa.orders().complete_sale(sale.clone()).await.unwrap();
    let again = shop.kassa.orders().complete_sale(sale).key("another-key").await.unwrap_err();
    assert_eq!(again.reason(), Some(Reason::OrderExists));
    assert_eq!(again.metadata("receipt_number"), Some("INV-202611-R1-000001"));
}
