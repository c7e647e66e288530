//! Shifts between the wire and the rows.

use kassa_proto::{money::Currency, v1 as pb};

use crate::{
    store::entity::shift,
    timestamp::{date, stored_timestamp},
};

/// A shift as the contract sends it.
pub fn shift_to_pb(shift: &shift::Model, currency: Currency) -> pb::Shift {
    let money = |minor| Some(pb::Money::new(currency, minor));
    pb::Shift {
        shift_id: shift.id.to_string(),
        number: shift.number.clone(),
        branch_id: shift.branch_id.to_string(),
        register_id: shift.register_id.to_string(),
        user_id: shift.user_id.to_string(),
        state: shift.state,
        version: shift.version,
        open_time: Some(stored_timestamp(shift.open_time)),
        opening_float: money(shift.opening_float),
        business_date: Some(date(shift.business_date)),
        sale_count: shift.sale_count,
        sales_total: money(shift.sales_total),
        cash_received: money(shift.cash_received),
        change_given: money(shift.change_given),
        expected_cash: money(expected_cash(shift)),
        terminal_id: shift.terminal_id.to_string(),
        return_count: shift.return_count,
        returns_total: money(shift.returns_total),
        void_count: shift.void_count,
        voids_total: money(shift.voids_total),
        cash_refunded: money(shift.cash_refunded),
    }
}

/// What should be in the drawer.
pub fn expected_cash(shift: &shift::Model) -> i64 {
    let received = shift.opening_float.saturating_add(shift.cash_received);
    received.saturating_sub(shift.change_given).saturating_sub(shift.cash_refunded)
}
