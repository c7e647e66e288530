//! Cash that is moved.

use chrono::TimeDelta;
use kassa_client::proto::v1::{self as pb, Money};
use kassa_integration_tests::{Shop, usd};

/// Cash in and out, a mistake and its reversal, an opening without a sale, transfers that are in transit
/// and back, counts.
pub async fn use_the_drawer(shop: &Shop) {
    shop.clock.advance(TimeDelta::minutes(1));
    let till = shop.kassa.cash_register();
    let movement = |kind: pb::MovementType, amount: &str| pb::RecordMovementRequest {
        r#type: kind.into(),
        amount: Some(usd(amount)),
        reason: "milk for the kitchen".to_owned(),
        reference: "slip 17".to_owned(),
        ..Default::default()
    };
    till.record_movement(movement(pb::MovementType::PaidIn, "15.00")).await.unwrap();
    for (kind, typed) in [(pb::MovementType::Expense, "30.00"), (pb::MovementType::FloatIn, "50.00")] {
        let mistake = till.record_movement(movement(kind, typed)).await.unwrap();
        let reversal = pb::RecordMovementRequest {
            reverses_movement_id: mistake.into_inner().movement.unwrap().movement_id,
            reason: "typed a nought too many".to_owned(),
            ..Default::default()
        };
        till.record_movement(reversal).await.unwrap();
    }
    let reason = "change for the parking meter".to_owned();
    till.open_drawer(pb::OpenDrawerRequest { reason, ..Default::default() }).await.unwrap();
    for take_back in [true, false] {
        shop.clock.advance(TimeDelta::minutes(1));
        let sent = pb::TransferCashRequest {
            to_register_id: "R3".to_owned(),
            amount: Some(usd("12.00")),
            reason: "R3 has no coins".to_owned(),
            reference: "bag 4".to_owned(),
            ..Default::default()
        };
        let sent = till.transfer_cash(sent).await.unwrap().into_inner().transfer.unwrap();
        shop.clock.advance(TimeDelta::minutes(1));
        if take_back {
            let (transfer_id, reason) = (sent.transfer_id, "R3 is closed".to_owned());
            till.receive_cash(pb::ReceiveCashRequest { transfer_id, reason, ..Default::default() })
                .await
                .unwrap();
        }
    }
    for counted in ["80.00", "80.00"] {
        shop.clock.advance(TimeDelta::minutes(1));
        let (counted, reason) = (Some(usd(counted)), "the evening count".to_owned());
        till.reconcile(pb::ReconcileRequest { counted, reason, ..Default::default() }).await.unwrap();
    }
}

/// Cash that is sent to the other register, and received there.
pub async fn move_to_the_door(shop: &Shop) {
    let (till, to) = (shop.kassa.cash_register(), "R3".to_owned());
    let amount = Some(usd("5.00"));
    let sent = pb::TransferCashRequest { to_register_id: to.clone(), amount, ..Default::default() };
    let sent = till.transfer_cash(sent).await.unwrap().into_inner().transfer.unwrap();
    shop.clock.advance(TimeDelta::minutes(2));
    let counted = Money { amount_minor: shop.in_the_drawer().await, ..Default::default() };
    let cash = pb::TenderCount {
        r#type: pb::TenderType::Cash.into(),
        amount: Some(counted.clone()),
        ..Default::default()
    };
    let close =
        pb::CloseShiftRequest { counts: vec![cash], left_in_drawer: Some(counted), ..Default::default() };
    shop.kassa.shifts().close_shift(close).await.unwrap();
    let open = pb::OpenShiftRequest {
        register_id: to.clone(),
        opening_float: Some(usd("10.00")),
        ..Default::default()
    };
    shop.kassa.shifts().open_shift(open).await.unwrap();
    let (transfer_id, register_id) = (sent.transfer_id, to);
    let receive = pb::ReceiveCashRequest { transfer_id, register_id, ..Default::default() };
    till.receive_cash(receive).await.unwrap();
}
