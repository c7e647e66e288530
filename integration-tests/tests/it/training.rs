//! Sales for training: rung up like any other, and in no total.

use kassa_client::{
    Reason,
    proto::v1::{self as pb, CompleteSaleRequest, Order, OrderKind},
};
use kassa_integration_tests::{Shop, usd};

async fn train(shop: &Shop, words: &str) -> Order {
    let sale = CompleteSaleRequest { training: true, ..shop.sale(words).await };
    shop.kassa.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap()
}

async fn list(shop: &Shop, request: pb::ListOrdersRequest) -> Vec<String> {
    let orders = shop.kassa.orders().list_orders(request).await.unwrap().into_inner().orders;
    orders.into_iter().map(|order| order.receipt_number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn training_is_in_no_total_no_drawer_and_no_stock() {
    let shop = Shop::open().await;
    shop.sell("1 x bread, cash 2.00").await;
    // There is one honey, and its policy is BLOCK: training takes none of it.
    let order = train(&shop, "2 x honey, cash 20.00").await;
    assert_eq!((order.receipt_number.as_str(), order.training), ("TRN-202611-R1-000001", true));
    assert_eq!(
        (order.kind(), order.total.clone(), order.change.clone()),
        (OrderKind::Sale, Some(usd("19.98")), Some(usd("0.02")))
    );
    let next = shop.sell("1 x bread, cash 2.00").await;
    assert_eq!(next.receipt_number, "INV-202611-R1-000002", "no number is lost");
    assert_eq!(shop.in_the_drawer().await, 104_00);
    assert_eq!(shop.on_the_shelf("honey").await, "1");
    let shift = shop.kassa.shifts().get_current_shift(pb::GetCurrentShiftRequest::default()).await.unwrap();
    let shift = shift.into_inner().shift.unwrap();
    assert_eq!((shift.sale_count, shift.sales_total), (2, Some(usd("4.00"))));

    let all = pb::ListOrdersRequest::default();
    assert_eq!(list(&shop, all.clone()).await, ["INV-202611-R1-000002", "INV-202611-R1-000001"]);
    let with = pb::ListOrdersRequest { include_training: true, ..all.clone() };
    assert_eq!(list(&shop, with).await.len(), 3);
    let returns = pb::ListOrdersRequest { kind: OrderKind::Return.into(), include_training: true, ..all };
    assert!(list(&shop, returns).await.is_empty());

    let receipt = pb::GetReceiptRequest { order_id: order.order_id, ..Default::default() };
    let receipt = shop.kassa.orders().get_receipt(receipt).await.unwrap().into_inner().text;
    assert!(receipt.contains("*** TRAINING ***"), "{receipt}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_sale_is_never_given_back() {
    let shop = Shop::open().await;
    let order = train(&shop, "1 x juice, cash 3.99").await;
    let refund = shop.refund(&order, "1 x juice, cash 3.99", "3.99");
    let exchange = pb::ExchangeSaleRequest {
        order_id: order.order_id.clone(),
        returned_lines: refund.lines.clone(),
        lines: shop.sale("1 x juice").await.lines,
        expected_total: Some(usd("0")),
        ..Default::default()
    };
    let void = pb::VoidSaleRequest {
        order_id: order.order_id.clone(),
        reason: "a mistake".to_owned(),
        ..Default::default()
    };
    let orders = shop.kassa.orders();
    let refused = [
        orders.refund_sale(refund).await.unwrap_err().reason(),
        orders.exchange_sale(exchange).await.unwrap_err().reason(),
        orders.void_sale(void).await.unwrap_err().reason(),
    ];
    assert_eq!(refused, [Some(Reason::OrderNotReversible); 3]);
}
