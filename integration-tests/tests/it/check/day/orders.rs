//! Sales.

use chrono::TimeDelta;
use kassa_client::{
    card, cash, product_line,
    proto::v1::{self as pb, CompleteSaleRequest, Discount, LineItem},
};
use kassa_integration_tests::{Shop, usd};

use super::{amount, minor, percent};

pub async fn sell_for_cash(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    // 2 x 2.03 and 0.235 x 12.40 is 6.97: 6.95 in coins of 5.
    let sale = shop.sell("2 x 7003, 0.235 x cheese, cash 20.00").await;
    assert_eq!((sale.rounding_adjustment, sale.change), (Some(usd("-0.02")), Some(usd("13.05"))));
}

pub async fn sell_for_card_with_discounts(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    let lines = vec![
        LineItem {
            discounts: vec![percent("Friends", "10"), amount("Damaged", "0.50")],
            unit_price_override: Some(usd("3.50")),
            ..product_line(shop.product("juice"), "3")
        },
        LineItem { discounts: vec![amount("Old", "1.00")], ..product_line(shop.product("cheese"), "1.5") },
    ];
    let discounts = vec![percent("Friday", "12.5"), amount("Voucher", "2.00")];
    sell(shop, lines, discounts, |total| {
        let details = pb::Card {
            brand: "visa".to_owned(),
            last_four: "4242".to_owned(),
            authorization_code: "A1B2C3".to_owned(),
        };
        let mut tender = card(minor(total + 150), details);
        tender.tip = Some(usd("1.50"));
        vec![tender]
    })
    .await;
}

pub async fn sell_with_taxes_on_top(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    let lines = vec![product_line(shop.product("juice"), "7"), product_line(shop.product("bread"), "1")];
    let voucher = pb::Tender {
        r#type: pb::TenderType::Voucher.into(),
        amount: Some(usd("10.00")),
        ..pb::Tender::default()
    };
    sell(shop, lines, Vec::new(), |_| vec![voucher, cash(usd("50.00"))]).await;
}

async fn sell(
    shop: &Shop,
    lines: Vec<LineItem>,
    discounts: Vec<Discount>,
    tenders: impl FnOnce(i64) -> Vec<pb::Tender>,
) {
    let quote =
        pb::QuoteOrderRequest { lines: lines.clone(), discounts: discounts.clone(), ..Default::default() };
    let total = shop.kassa.orders().quote_order(quote).await.unwrap().into_inner().total.unwrap();
    let sale = CompleteSaleRequest {
        lines,
        discounts,
        tenders: tenders(total.amount_minor),
        expected_total: Some(total),
        note: "by the door".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().complete_sale(sale).await.unwrap();
}

/// A sale for training, and papers of two orders.
pub async fn train_and_print(shop: &Shop) {
    let sale = shop.sale("3 x juice, cash 20.00").await;
    let training = CompleteSaleRequest { training: true, ..sale };
    let training = shop.kassa.orders().complete_sale(training).await.unwrap().into_inner().order.unwrap();
    let sold = shop.sell("1 x bread, cash 3.00").await;
    for order_id in [training.order_id, sold.order_id.clone(), sold.order_id] {
        let request = pb::PrintReceiptRequest { order_id, ..Default::default() };
        shop.kassa.orders().print_receipt(request).await.unwrap();
    }
}
