//! Receipts on paper: the original once, then numbered copies.

use std::collections::BTreeSet;

use kassa_client::{
    Reason,
    proto::v1::{self as pb, PrintReceiptRequest, PrintReceiptResponse},
};
use kassa_integration_tests::{Shop, usd};

async fn print(shop: &Shop, order: &pb::Order) -> PrintReceiptResponse {
    let request = PrintReceiptRequest { order_id: order.order_id.clone(), ..Default::default() };
    shop.kassa.orders().print_receipt(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_is_the_original_and_copies_are_numbered() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x bread, cash 5.00").await;
    let shown = pb::GetReceiptRequest { order_id: sale.order_id.clone(), ..Default::default() };
    let shown = shop.kassa.orders().get_receipt(shown).await.unwrap().into_inner().text;
    let original = print(&shop, &sale).await;
    assert_eq!((original.copy_number, &original.text), (0, &shown));
    let first = print(&shop, &sale).await;
    assert_eq!(first.copy_number, 1);
    // By its number, and narrower.
    let request =
        PrintReceiptRequest { receipt_number: sale.receipt_number.clone(), width: 32, ..Default::default() };
    let second = shop.kassa.orders().print_receipt(request).await.unwrap().into_inner();
    insta::assert_snapshot!(second.text, @"
            My shop
             COPY 2
      INV-202611-R1-000001
2026-11-20 12:00        R1 owner
--------------------------------
bread
  1 pc x 2.00               2.00
--------------------------------
TOTAL USD                   2.00
Cash                        5.00
Change                      3.00
--------------------------------
Tax          Net     Tax   Gross
0%          2.00    0.00    2.00
");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_print_is_the_same_paper_and_many_at_once_leave_no_gap() {
    let shop = Shop::open().await;
    let sale = shop.sell("1 x bread, cash 2.00").await;
    let request = PrintReceiptRequest { order_id: sale.order_id.clone(), ..Default::default() };
    let orders = shop.kassa.orders();
    let first = orders.print_receipt(request.clone()).key("paper").await.unwrap();
    let again = orders.print_receipt(request.clone()).key("paper").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), first.into_inner());
    let mut prints = Vec::new();
    for _ in 0..10 {
        let (kassa, request) = (shop.second_terminal(), request.clone());
        prints.push(tokio::spawn(async move {
            kassa.orders().print_receipt(request).await.unwrap().into_inner().copy_number
        }));
    }
    let mut numbers = BTreeSet::new();
    for print in prints {
        numbers.insert(print.await.unwrap());
    }
    assert_eq!(numbers, (1..=10).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refunds_paper_names_its_sale_and_needs_no_shift() {
    let shop = Shop::open().await;
    let sale = shop.sell("2 x bread, cash 4.00").await;
    let refund = shop.refund(&sale, "1 x bread, cash 2.00", "2.00");
    let refund = shop.kassa.orders().refund_sale(refund).await.unwrap().into_inner().order.unwrap();
    let shift_id = refund.shift_id.clone();
    let end = pb::EndShiftRequest { shift_id, ..Default::default() };
    shop.kassa.shifts().end_shift(end).await.unwrap();
    print(&shop, &refund).await;
    let copy = print(&shop, &refund).await;
    assert!(copy.text.contains("COPY 1") && copy.text.contains("of INV-202611-R1-000001"), "{}", copy.text);
    assert_eq!(refund.total, Some(usd("2.00")));
    let unknown = PrintReceiptRequest { order_id: kassa_client::new_id(), ..Default::default() };
    let refused = shop.kassa.orders().print_receipt(unknown).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::OrderNotFound));
    let wide = PrintReceiptRequest { order_id: sale.order_id, width: 81, ..Default::default() };
    let refused = shop.kassa.orders().print_receipt(wide).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
}
