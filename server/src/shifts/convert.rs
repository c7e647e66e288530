//! Shifts between the wire and the rows.

use kassa_proto::{
    money::Currency,
    v1::{self as pb},
};
use uuid::Uuid;

use crate::{
    access::blind_count::withheld_from,
    caller::Caller,
    encoding::time::{date, stored_timestamp},
    store::entity::{business, shift},
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
        expected_cash: money(shift.expected_cash),
        terminal_id: shift.terminal_id.to_string(),
        return_count: shift.return_count,
        returns_total: money(shift.returns_total),
        void_count: shift.void_count,
        voids_total: money(shift.voids_total),
        cash_refunded: money(shift.cash_refunded),
        end_time: shift.end_time.map(stored_timestamp),
        close_time: shift.close_time.map(stored_timestamp),
        opened_by_user_id: text(shift.opened_by_user_id),
        last_activity_time: Some(stored_timestamp(shift.last_activity_time)),
        ended_by_user_id: text(shift.ended_by_user_id),
        ended_automatically: shift.ended_automatically,
        closed_by_user_id: text(shift.closed_by_user_id),
        forced: shift.forced,
        close_reason: shift.close_reason.clone(),
        counted_cash: shift.counted_cash.and_then(money),
        left_in_drawer: shift.left_in_drawer.and_then(money),
        to_safe: shift.close_time.and_then(|_| money(shift.to_safe)),
        count_attempts: shift.count_attempts,
        figures_withheld: false,
    }
}

fn text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

/// A shift as this caller may see it.
pub fn shift_for(
    caller: &Caller,
    business: &business::Model,
    shift: &shift::Model,
    currency: Currency,
) -> pb::Shift {
    let full = shift_to_pb(shift, currency);
    if !withheld_from(caller, business, shift) {
        return full;
    }
    pb::Shift {
        cash_received: None,
        change_given: None,
        cash_refunded: None,
        expected_cash: None,
        figures_withheld: true,
        ..full
    }
}
