//! Finding orders again.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use kassa_client::{
    Reason,
    proto::v1::{self as pb, ListOrdersRequest, Order},
};
use kassa_integration_tests::Shop;

async fn list(shop: &Shop, request: ListOrdersRequest) -> Vec<Order> {
    shop.kassa.orders().list_orders(request).await.unwrap().into_inner().orders
}

fn numbers(orders: &[Order]) -> Vec<&str> {
    let number = |order: &'_ Order| order.receipt_number.len() - 2;
    orders.iter().map(|order| &order.receipt_number[number(order)..]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_listed_newest_first_and_by_each_of_their_marks() {
    let shop = Shop::open().await;
    let mut orders = Vec::new();
    for _ in 0..4 {
        orders.push(shop.sell("1 x bread, cash 2.00").await);
        shop.clock.advance(TimeDelta::minutes(10));
    }
    let all = ListOrdersRequest::default;
    assert_eq!(numbers(&list(&shop, all()).await), ["04", "03", "02", "01"]);
    let Order { register_id, shift_id, user_id, branch_id, .. } = orders[0].clone();
    let (second, fourth) = (orders[1].create_time, orders[3].create_time);
    let someone = kassa_client::new_id();
    let completed = pb::OrderState::Completed.into();
    let filters: [(&str, ListOrdersRequest, &[&str]); 12] = [
        ("register", ListOrdersRequest { register_id, ..all() }, &["04", "03", "02", "01"]),
        ("its code", ListOrdersRequest { register_id: "R1".to_owned(), ..all() }, &["04", "03", "02", "01"]),
        ("branch", ListOrdersRequest { branch_id, ..all() }, &["04", "03", "02", "01"]),
        ("its code", ListOrdersRequest { branch_id: "B1".to_owned(), ..all() }, &["04", "03", "02", "01"]),
        ("shift", ListOrdersRequest { shift_id, ..all() }, &["04", "03", "02", "01"]),
        ("no shift of ours", ListOrdersRequest { shift_id: someone.clone(), ..all() }, &[]),
        ("user", ListOrdersRequest { user_id, ..all() }, &["04", "03", "02", "01"]),
        ("no user of ours", ListOrdersRequest { user_id: someone, ..all() }, &[]),
        ("state", ListOrdersRequest { state: completed, ..all() }, &["04", "03", "02", "01"]),
        (
            "from, and until before",
            ListOrdersRequest { start_time: second, end_time: fourth, ..all() },
            &["03", "02"],
        ),
        (
            "a number's beginning",
            ListOrdersRequest { receipt_number: "INV-202611-R1-00000".to_owned(), ..all() },
            &["04", "03", "02", "01"],
        ),
        (
            "a whole number, of that time",
            ListOrdersRequest {
                receipt_number: "INV-202611-R1-000003".to_owned(),
                start_time: second,
                ..all()
            },
            &["03"],
        ),
    ];
    for (what, filter, expected) in filters {
        assert_eq!(numbers(&list(&shop, filter).await), expected, "{what}");
    }
    for nothing in ["%", "INV-2026_1", "R1", "inv"] {
        let request = ListOrdersRequest { receipt_number: nothing.to_owned(), ..all() };
        assert_eq!(list(&shop, request).await, [], "{nothing} begins no number");
    }
    orders.reverse();
    assert_eq!(list(&shop, all()).await, orders, "whole, as they were sold");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_orders_are_not_moved_by_sales_between_them() {
    let shop = Shop::open().await;
    let sale = shop.sale("1 x bread, cash 2.00").await;
    let sell = async || {
        shop.kassa.orders().complete_sale(sale.clone()).await.unwrap();
    };
    for _ in 0..23 {
        sell().await;
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListOrdersRequest { page_size: 5, page_token: token, ..Default::default() };
        let page = shop.kassa.orders().list_orders(request).await.unwrap().into_inner();
        assert!(page.orders.len() <= 5);
        seen.extend(page.orders.into_iter().map(|order| order.sequence));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        sell().await;
    }
    let expected: Vec<i64> = (1..=23).rev().collect();
    assert_eq!(seen, expected);
    assert_eq!(shop.orders().await.len(), 27);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_found_by_its_number() {
    let shop = Shop::open().await;
    let order = shop.sell("1 x bread, 0.2 x cheese, cash 5.00").await;
    let by_number = async |number: &str| {
        let request = pb::GetOrderByNumberRequest { receipt_number: number.to_owned() };
        shop.kassa.orders().get_order_by_number(request).await
    };
    assert_eq!(by_number("INV-202611-R1-000001").await.unwrap().into_inner().order, Some(order));
    for other in ["INV-202611-R1-000002", "INV-202611-R1-00000", "inv-202611-r1-000001", "INV-%"] {
        assert_eq!(by_number(other).await.unwrap_err().reason(), Some(Reason::OrderNotFound), "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn movements_of_the_drawer_are_paged_without_a_gap() {
    let shop = Shop::open().await;
    for _ in 0..6 {
        shop.sell("1 x bread, cash 5.00").await;
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListMovementsRequest { page_size: 4, page_token: token, ..Default::default() };
        let page = shop.kassa.cash_register().list_movements(request).await.unwrap().into_inner();
        seen.extend(page.movements);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let sequences: Vec<i64> = seen.iter().map(|movement| movement.sequence).collect();
    // The float, and what was taken and given back for each sale.
    assert_eq!(sequences, (1..=13).rev().collect::<Vec<_>>());
    assert_eq!(seen[0].balance.as_ref().unwrap().amount_minor, shop.in_the_drawer().await);
    let orders: BTreeSet<&str> = seen.iter().map(|movement| movement.order_id.as_str()).collect();
    assert_eq!(orders.len(), 7, "six sales, and the float that belongs to none");
}
