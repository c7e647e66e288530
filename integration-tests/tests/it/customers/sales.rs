//! Selling to a customer.

use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb, Order},
};
use kassa_integration_tests::{Shop, usd};

use super::{amal, named, reason, receipt, registered, sell_to};

async fn bought_by(shop: &Shop, customer_id: &str) -> Vec<String> {
    let request = pb::ListOrdersRequest { customer_id: customer_id.to_owned(), ..Default::default() };
    let orders = shop.kassa.orders().list_orders(request).await.unwrap().into_inner().orders;
    orders.into_iter().map(|order| order.receipt_number).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_names_its_customer_on_the_receipt_in_lists_and_in_what_is_taken_back() {
    let shop = Shop::open().await;
    let id = registered(&shop, amal()).await;
    shop.sell("1 x bread, cash 2.00").await;
    let sale = sell_to(&shop, &id, "2 x bread, cash 5.00").await.unwrap();
    assert_eq!(sale.customer_id, id);
    insta::assert_snapshot!(receipt(&shop, &sale).await, @r"
                     My shop
               INV-202611-R1-000002
    2026-11-20 12:00                  R1 owner
    Customer: Amal Haddad
    أمل حدّاد
    Tax number: 310122393500003
    ------------------------------------------
    bread
      2 pc x 2.00                         4.00
    ------------------------------------------
    TOTAL USD                             4.00
    Cash                                  5.00
    Change                                1.00
    ------------------------------------------
    Tax                Net       Tax     Gross
    0%                4.00      0.00      4.00
    ");

    let refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    let refund = shop.kassa.orders().refund_sale(refund).await.unwrap().into_inner().order.unwrap();
    let voided = sell_to(&shop, &id, "1 x milk, card 1.55").await.unwrap();
    let request = pb::VoidSaleRequest {
        order_id: voided.order_id.clone(),
        reason: "the wrong cart".to_owned(),
        ..Default::default()
    };
    let void = shop.kassa.orders().void_sale(request).await.unwrap().into_inner().order.unwrap();
    let of_her = [&void, &voided, &refund, &sale];
    assert!(of_her.iter().all(|order| order.customer_id == id));
    assert!(receipt(&shop, &refund).await.contains("Customer: Amal Haddad"));
    let numbers: Vec<&str> = of_her.iter().map(|order| order.receipt_number.as_str()).collect();
    assert_eq!(bought_by(&shop, &id).await, numbers);
    assert_eq!(bought_by(&shop, &kassa_client::new_id()).await, [""; 0]);
    let broken = pb::ListOrdersRequest { customer_id: "K-17".to_owned(), ..Default::default() };
    assert_eq!(reason(shop.kassa.orders().list_orders(broken).await), Some(Reason::InvalidField));
    // The answer that is rebuilt after a day has the customer too.
    assert_eq!(shop.read(&void).await.customer_id, id);
}

async fn exchange(shop: &Shop, sale: &Order, customer_id: &str) -> pb::ExchangeSaleResponse {
    let request = pb::ExchangeSaleRequest {
        order_id: sale.order_id.clone(),
        returned_lines: shop.refund(sale, "1 x bread, cash 1.00", "1.00").lines,
        lines: shop.sale("1 x bread, cash 2.00").await.lines,
        expected_total: Some(usd("0.00")),
        customer_id: customer_id.to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().exchange_sale(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_and_a_draft_keep_their_customer() {
    let shop = Shop::open().await;
    let (amal, ziad) = (registered(&shop, amal()).await, registered(&shop, named("Ziad")).await);
    let sale = sell_to(&shop, &amal, "3 x bread, cash 6.00").await.unwrap();
    let same = exchange(&shop, &sale, "").await;
    let other = exchange(&shop, &sale, &ziad).await;
    let of = |order: Option<Order>| order.unwrap().customer_id;
    assert_eq!([of(same.returned), of(same.sold)], [amal.clone(), amal.clone()]);
    assert_eq!([of(other.returned), of(other.sold)], [amal.clone(), ziad], "who gives a present back");

    let cart = pb::SaveDraftRequest {
        lines: sale_lines(&shop).await,
        customer_id: amal.clone(),
        ..Default::default()
    };
    let saved = shop.kassa.orders().save_draft(cart).await.unwrap().into_inner().draft.unwrap();
    let request = pb::GetDraftRequest { draft_id: saved.draft_id.clone() };
    let read = shop.kassa.orders().get_draft(request).await.unwrap().into_inner().draft.unwrap();
    assert_eq!((read.customer_id.as_str(), &read), (amal.as_str(), &saved));
    let broken = pb::SaveDraftRequest { customer_id: "K-17".to_owned(), ..Default::default() };
    assert_eq!(reason(shop.kassa.orders().save_draft(broken).await), Some(Reason::InvalidField));
    let discard = pb::DiscardDraftRequest { draft_id: saved.draft_id, version: 1, reason: "left".to_owned() };
    let ended = shop.kassa.orders().discard_draft(discard).await.unwrap().into_inner().draft.unwrap();
    assert_eq!(ended.customer_id, amal);
}

async fn sale_lines(shop: &Shop) -> Vec<pb::LineItem> {
    shop.sale("1 x bread, cash 2.00").await.lines
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sold_to_who_is_not_registered_or_asked_to_be_forgotten() {
    let shop = Shop::open().await;
    let refused = sell_to(&shop, &kassa_client::new_id(), "1 x bread, cash 2.00").await.unwrap_err();
    assert_eq!((refused.reason(), refused.code()), (Some(Reason::CustomerNotFound), Code::NotFound));
    assert_eq!(refused.field_violations()[0].path, "customer_id");
    assert_eq!(reason(sell_to(&shop, "K-17", "1 x bread, cash 2.00").await), Some(Reason::InvalidField));
    let id = registered(&shop, amal()).await;
    let sale = sell_to(&shop, &id, "2 x bread, cash 4.00").await.unwrap();
    super::forget(&shop, &id).await;
    let refused = sell_to(&shop, &id, "1 x bread, cash 2.00").await.unwrap_err();
    assert_eq!(
        (refused.reason(), refused.code()),
        (Some(Reason::CustomerAnonymized), Code::FailedPrecondition)
    );
    // What she bought can be given back and exchanged as ever.
    let refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    let refund = shop.kassa.orders().refund_sale(refund).await.unwrap().into_inner().order.unwrap();
    assert_eq!(refund.customer_id, id);
    exchange(&shop, &sale, "").await;
    assert_eq!(shop.orders().await.len(), 4);
}
