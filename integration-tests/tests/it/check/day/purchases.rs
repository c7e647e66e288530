//! Purchases.

use chrono::TimeDelta;
use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Shop, usd};

/// Purchases in every state: one was changed before it was approved, one that cost more goes back after it came, one
/// never came, and one is still expected. What they cost goes with what is sold, given back and voided of them.
pub async fn buy(shop: &Shop) {
    let purchases = shop.kassa.purchases();
    let line = |product: &str, quantity: &str, cost: &str| pb::PurchaseLine {
        product_id: product.to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        cost: Some(usd(cost)),
        ..Default::default()
    };
    let put = async |purchase_id: &str, version: i64, (document, juice): (&str, &str)| {
        shop.clock.advance(TimeDelta::seconds(20));
        let request = pb::PutPurchaseRequest {
            purchase_id: purchase_id.to_owned(),
            version,
            supplier: "Nile Dairy".to_owned(),
            document_number: document.to_owned(),
            document_date: Some(pb::Date { year: 2026, month: 11, day: 18 }),
            note: "the driver waits".to_owned(),
            lines: vec![line("juice", "24", juice), line("cheese", "3.5", "20.00")],
        };
        purchases.put_purchase(request).await.unwrap().into_inner().purchase.unwrap()
    };
    let approve = async |draft: pb::Purchase| {
        shop.clock.advance(TimeDelta::seconds(20));
        let (purchase_id, version) = (draft.purchase_id, draft.version);
        let request = pb::ApprovePurchaseRequest { purchase_id, version, ..Default::default() };
        purchases.approve_purchase(request).await.unwrap().into_inner().purchase.unwrap()
    };
    let cancel = async |purchase: pb::Purchase| {
        shop.clock.advance(TimeDelta::seconds(20));
        let (purchase_id, version) = (purchase.purchase_id, purchase.version);
        let request = pb::CancelPurchaseRequest { purchase_id, version, reason: "sour".to_owned() };
        purchases.cancel_purchase(request).await.unwrap();
    };
    let draft = put("", 0, ("ND-1", "31.20")).await;
    approve(put(&draft.purchase_id, 1, ("ND-2", "31.20")).await).await;
    cancel(approve(put("", 0, ("ND-3", "45.10")).await).await).await;
    cancel(put("", 0, ("", "31.20")).await).await;
    put("", 0, ("ND-5", "31.20")).await;
    let sold = shop.sell("2 x juice, card 9.10").await;
    let mut broken = shop.refund(&sold, "1 x juice, card 4.55", "4.55");
    broken.lines[0].restock = false;
    shop.kassa.orders().refund_sale(broken).await.unwrap();
    let order_id = shop.sell("2 x juice, card 9.10").await.order_id;
    let void =
        pb::VoidSaleRequest { order_id, reason: "the card of another".to_owned(), ..Default::default() };
    shop.kassa.orders().void_sale(void).await.unwrap();
}
