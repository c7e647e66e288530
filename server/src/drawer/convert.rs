//! The drawer between the wire and the rows.

use kassa_proto::{money::Currency, v1 as pb};
use uuid::Uuid;

use crate::{
    encoding::time::{date, stored_timestamp},
    store::entity::{cash_movement, cash_transfer, register},
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
        reason: row.reason.clone(),
        reference: row.reference.clone(),
        transfer_id: row.transfer_id.map(|id| id.to_string()).unwrap_or_default(),
        reverses_movement_id: row.reverses_movement_id.map(|id| id.to_string()).unwrap_or_default(),
    }
}

/// A drawer as the contract sends it.
pub fn drawer_to_pb(register: &register::Model, shift_id: Option<Uuid>, currency: Currency) -> pb::Drawer {
    pb::Drawer {
        register_id: register.id.to_string(),
        balance: Some(pb::Money::new(currency, register.drawer_balance)),
        shift_id: shift_id.map(|id| id.to_string()).unwrap_or_default(),
        register_code: register.code.clone(),
        movement_count: register.last_movement_sequence,
    }
}

/// The drawer as a movement left it, whatever came later.
pub fn drawer_after(
    row: &cash_movement::Model,
    register: &register::Model,
    currency: Currency,
) -> pb::Drawer {
    pb::Drawer {
        balance: Some(pb::Money::new(currency, row.balance)),
        movement_count: row.sequence,
        ..drawer_to_pb(register, Some(row.shift_id), currency)
    }
}

/// A transfer as the contract sends it, with the codes of the registers that it comes from and goes to.
pub fn transfer_to_pb(
    row: &cash_transfer::Model,
    (from_code, to_code): (&str, &str),
    currency: Currency,
) -> pb::CashTransfer {
    let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    pb::CashTransfer {
        transfer_id: row.id.to_string(),
        branch_id: row.branch_id.to_string(),
        from_register_id: row.from_register_id.to_string(),
        from_register_code: from_code.to_owned(),
        to_register_id: row.to_register_id.to_string(),
        to_register_code: to_code.to_owned(),
        amount: Some(pb::Money::new(currency, row.amount)),
        state: row.state,
        out_movement_id: row.out_movement_id.to_string(),
        in_movement_id: text(row.in_movement_id),
        sender_user_id: row.sender_user_id.to_string(),
        receiver_user_id: text(row.receiver_user_id),
        send_time: Some(stored_timestamp(row.send_time)),
        receive_time: row.receive_time.map(stored_timestamp),
    }
}
