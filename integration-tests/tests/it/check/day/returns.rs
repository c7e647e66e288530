//! What comes back.

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Shop;

use super::minor;

/// A refund in cash and one to a card, of the same sale, and a void.
pub async fn give_back(shop: &Shop) {
    let sale = shop.sell("3 x bread, 0.5 x cheese, card 5.00, cash 20.00").await;
    let total = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
    let bread = sale.lines[0].total.as_ref().unwrap().amount_minor / 3;
    for (words, restock) in
        [(format!("1 x bread, card {}", total(bread)), true), ("1 x bread, cash 2.15".to_owned(), false)]
    {
        let mut request = shop.refund(&sale, &words, &total(bread));
        request.lines[0].restock = restock;
        request.note = "with the receipt".to_owned();
        shop.kassa.orders().refund_sale(request).await.unwrap();
    }
    // Another way than it was paid: cash for what the card paid, and a voucher for what was paid in cash.
    let sale = shop.sell("2 x bread, card 3.00, cash 20.00").await;
    let bread = sale.total.as_ref().unwrap().amount_minor / 2;
    for words in [format!("1 x bread, voucher {}", total(bread)), "1 x bread, cash 2.10".to_owned()] {
        shop.kassa.orders().refund_sale(shop.refund(&sale, &words, &total(bread))).await.unwrap();
    }
    let voided = shop.sell("1 x bread, cash 20.00").await;
    let request = pb::VoidSaleRequest {
        order_id: voided.order_id,
        reason: "rang up the wrong cart".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().void_sale(request).await.unwrap();
}

/// Bread for juice, and the difference in cash.
pub async fn exchange(shop: &Shop) {
    let sale = shop.sell("2 x bread, card 4.26").await;
    let juice = shop.sale("1 x juice, cash 20.00").await;
    let returned = shop.refund(&sale, "1 x bread, cash 1.00", "1.00").lines;
    let net = juice.expected_total.as_ref().unwrap().amount_minor
        - sale.lines[0].total.as_ref().unwrap().amount_minor / 2;
    let request = pb::ExchangeSaleRequest {
        order_id: sale.order_id,
        returned_lines: returned,
        lines: juice.lines,
        tenders: juice.tenders,
        expected_total: Some(minor(net)),
        note: "another taste".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().exchange_sale(request).await.unwrap();
}
