//! What somebody else allows.

use chrono::TimeDelta;
use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{PIN, Shop, usd};

use super::minor;

/// Grants: one for a line of a sale that was made with it, one for a movement, and one that nobody used.
pub async fn approve(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(2));
    shop.user("hala", pb::Role::Cashier).await;
    shop.user("salma", pb::Role::Supervisor).await;
    let cashier = shop.signed_in("hala", "R1").await;
    let grant = async |action: pb::ApprovalAction, order_id: &str, line_id: &str, minor: i64| {
        let (user_id, pin) = ("salma".to_owned(), PIN.to_owned());
        let (order_id, line_id) = (order_id.to_owned(), line_id.to_owned());
        let amount = Some(self::minor(minor));
        let movement_type = if action == pb::ApprovalAction::Drawer {
            pb::MovementType::PaidOut
        } else {
            pb::MovementType::Unspecified
        };
        let (action, movement_type) = (action.into(), movement_type.into());
        let request =
            pb::GrantApprovalRequest { user_id, pin, action, order_id, line_id, amount, movement_type };
        shop.clock.advance(TimeDelta::seconds(1));
        cashier.access().grant_approval(request).await.unwrap().into_inner().grant_id
    };
    let mut sale = shop.sale("2 x juice, card 7.00").await;
    sale.order_id = kassa_client::new_id();
    sale.lines[0].line_id = kassa_client::new_id();
    sale.lines[0].unit_price_override = Some(usd("3.50"));
    let quote = pb::QuoteOrderRequest { lines: sale.lines.clone(), ..Default::default() };
    let quote = cashier.orders().quote_order(quote).await.unwrap().into_inner();
    let line = &quote.lines[0];
    let less =
        line.list_price.as_ref().unwrap().amount_minor * 2 - line.subtotal.as_ref().unwrap().amount_minor;
    sale.expected_total = quote.total.clone();
    sale.tenders[0].amount = quote.total;
    let of_line = pb::ApprovalAction::PriceOverride;
    sale.grant_ids = vec![grant(of_line, &sale.order_id, &sale.lines[0].line_id, less).await];
    cashier.orders().complete_sale(sale.clone()).await.unwrap();
    let me = cashier.access().who_am_i(pb::WhoAmIRequest {}).await.unwrap().into_inner();
    let movement = pb::RecordMovementRequest {
        r#type: pb::MovementType::PaidOut.into(),
        amount: Some(usd("20.01")),
        reason: "the window cleaner".to_owned(),
        grant_ids: vec![grant(pb::ApprovalAction::Drawer, &me.register_id, "", 25_00).await],
        ..Default::default()
    };
    cashier.cash_register().record_movement(movement).await.unwrap();
    grant(pb::ApprovalAction::VoidSale, &sale.order_id, "", 10_00).await;
    grant(pb::ApprovalAction::Drawer, &kassa_client::new_id(), "", 40_00).await;
    let adjustment_id = kassa_client::new_id();
    let of_adjustment = grant(pb::ApprovalAction::StockAdjustment, &adjustment_id, "", 99_00).await;
    let adjustment = pb::AdjustStockRequest {
        adjustment_id,
        lines: vec![
            adjusted("juice", "-2", pb::StockAdjustmentReason::Damaged, "fell off the shelf"),
            adjusted("cheese", "0.253", pb::StockAdjustmentReason::Found, ""),
        ],
        note: "the evening round".to_owned(),
        grant_ids: vec![of_adjustment],
    };
    cashier.stock().adjust_stock(adjustment).await.unwrap();
    cashier.access().sign_out(pb::SignOutRequest {}).await.unwrap();
}

fn adjusted(sku: &str, quantity: &str, reason: pb::StockAdjustmentReason, note: &str) -> pb::AdjustStockLine {
    pb::AdjustStockLine {
        product_id: sku.to_owned(),
        quantity: Some(pb::Decimal { value: quantity.to_owned() }),
        reason: reason.into(),
        note: note.to_owned(),
    }
}
