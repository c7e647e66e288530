//! The drawer between the wire and the rows.

use kassa_proto::{money::Currency, v1 as pb};

use crate::{
    store::entity::cash_movement,
    timestamp::{date, stored_timestamp},
};

/// A drawer's movement as the contract sends it.
pub fn movement_to_pb(row: &cash_movement::Model, currency: Currency) -> pb::CashMovement {
    pb::CashMovement {
        movement_id: row.id.to_string(),
        register_id: row.register_id.to_string(),
        sequence: row.sequence,
        r#type: row.kind,
        amount: Some(pb::Money::new(currency, row.amount)),
        balance: Some(pb::Money::new(currency, row.balance)),
        shift_id: row.shift_id.to_string(),
        order_id: row.order_id.map(|id| id.to_string()).unwrap_or_default(),
        user_id: row.user_id.to_string(),
        business_date: Some(date(row.business_date)),
        create_time: Some(stored_timestamp(row.create_time)),
        at_opening: row.at_opening,
        branch_id: row.branch_id.to_string(),
    }
}
