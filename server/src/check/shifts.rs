//! Shifts: as they were opened, with counters that add up to their sales.

use std::collections::BTreeMap;

use kassa_proto::v1::{MovementType, OrderKind, TenderType};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{CheckLine, compare::Table};
use crate::{
    cash_register::drawer::{is_expected, sign},
    orders::convert::OrderRows,
    shifts::counters::{self, Counter, Counters, Figures},
    store::entity::{cash_movement, shift, shift_counter},
};

/// The shifts as the journal makes them.
#[derive(Default)]
pub struct Shifts {
    rows: BTreeMap<Uuid, shift::Model>,
    counters: BTreeMap<Uuid, Counters>,
}

impl Shifts {
    /// A shift was opened.
    pub fn opened(&mut self, line: &mut CheckLine, shift: shift::Model) {
        line.examine(1);
        let id = shift.id;
        if self.rows.insert(id, shift).is_some() {
            line.fault("shifts", id.to_string(), "stands twice in the journal");
        }
    }

    /// A sale of a shift.
    pub fn sold(&mut self, line: &mut CheckLine, rows: &OrderRows) {
        self.count_order(rows);
        let Some(shift) = self.shift_of(line, rows) else { return };
        shift.last_activity_time = shift.last_activity_time.max(rows.order.create_time);
        shift.sale_count = shift.sale_count.saturating_add(1);
        shift.sales_total = shift.sales_total.saturating_add(rows.order.total);
        shift.cash_received = shift.cash_received.saturating_add(cash(rows));
        shift.change_given = shift.change_given.saturating_add(rows.order.change);
    }

    /// A refund or a void in a shift.
    pub fn returned(&mut self, line: &mut CheckLine, rows: &OrderRows) {
        self.count_order(rows);
        let Some(shift) = self.shift_of(line, rows) else { return };
        shift.last_activity_time = shift.last_activity_time.max(rows.order.create_time);
        let (count, total) = if rows.order.kind == i32::from(OrderKind::Void) {
            (&mut shift.void_count, &mut shift.voids_total)
        } else {
            (&mut shift.return_count, &mut shift.returns_total)
        };
        *count = count.saturating_add(1);
        *total = total.saturating_add(rows.order.total);
        shift.cash_refunded = shift.cash_refunded.saturating_add(cash(rows));
    }

    /// Cash of a shift was moved.
    pub fn moved(&mut self, movement: &cash_movement::Model) {
        let Some(shift) = self.rows.get_mut(&movement.shift_id).filter(|_| !movement.at_opening) else {
            return;
        };
        shift.last_activity_time = shift.last_activity_time.max(movement.create_time);
        let kind = MovementType::try_from(movement.kind).unwrap_or_default();
        if is_expected(kind) {
            let signed = sign(kind).map_or(0, |sign| movement.amount.saturating_mul(sign));
            shift.expected_cash = shift.expected_cash.saturating_add(signed);
        }
        let figures = Figures { count: 1, amount: movement.amount, tax: 0 };
        self.count(movement.shift_id, Counter::movement(kind), figures);
    }

    /// What an order counts; sums that overflow were refused when it was made.
    fn count_order(&mut self, rows: &OrderRows) {
        for (counter, figures) in counters::of_order(rows).unwrap_or_default() {
            self.count(rows.order.shift_id, counter, figures);
        }
    }

    fn count(&mut self, shift_id: Uuid, counter: Counter, figures: Figures) {
        let sum = self.counters.entry(shift_id).or_default().entry(counter).or_default();
        sum.count = sum.count.saturating_add(figures.count);
        sum.amount = sum.amount.saturating_add(figures.amount);
        sum.tax = sum.tax.saturating_add(figures.tax);
    }

    fn shift_of(&mut self, line: &mut CheckLine, rows: &OrderRows) -> Option<&mut shift::Model> {
        let (order, id) = (&rows.order, rows.order.id.to_string());
        let Some(shift) = self.rows.get_mut(&order.shift_id) else {
            let what = format!("shift_id is {}, and the journal has no such shift", order.shift_id);
            line.fault("orders", id, what);
            return None;
        };
        let of_shift = (shift.branch_id, shift.register_id, shift.business_date);
        if (order.branch_id, order.register_id, order.business_date) != of_shift {
            let what = format!("branch, register or business_date is not that of its shift {}", shift.number);
            line.fault("orders", id, what);
        }
        Some(shift)
    }

    /// Whether the journal has a shift.
    pub fn contains(&self, id: Uuid) -> bool {
        self.rows.contains_key(&id)
    }

    /// Compares what the journal makes of the shifts with their table.
    pub async fn compare(self, database: &impl ConnectionTrait, line: &mut CheckLine) -> Result<(), DbErr> {
        one_open_at_most(line, self.rows.values());
        let counters = self.counters.into_iter().flat_map(|(shift_id, counters)| {
            counters.into_iter().map(move |(counter, Figures { count, amount, tax })| {
                let (kind, key) = counter.stored();
                shift_counter::Model { shift_id, kind, key, count, amount, tax }
            })
        });
        Table::compare_all(database, line, counters).await?;
        Table::compare_all(database, line, self.rows.into_values()).await
    }
}

fn cash(rows: &OrderRows) -> i64 {
    let cash = rows.tenders.iter().filter(|tender| tender.kind == i32::from(TenderType::Cash));
    cash.fold(0, |sum: i64, tender| sum.saturating_add(tender.amount))
}

/// A register has one open shift at most, and so has a user.
fn one_open_at_most<'a>(line: &mut CheckLine, shifts: impl Iterator<Item = &'a shift::Model>) {
    let mut on_register = BTreeMap::new();
    let mut by_user = BTreeMap::new();
    for shift in shifts.filter(|shift| shift.state == shift::OPEN) {
        if let Some(other) = on_register.insert(shift.register_id, &shift.number) {
            let what = format!("is open on a register where {other} is open too");
            line.fault("shifts", shift.id.to_string(), what);
        }
        if let Some(other) = by_user.insert(shift.user_id, &shift.number) {
            line.fault(
                "shifts",
                shift.id.to_string(),
                format!("is open, and {other} of the same user is too"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(id: u128, register: u128, user: u128, state: i32) -> shift::Model {
        shift::Model {
            id: Uuid::from_u128(id),
            number: format!("SHF-202611-R1-{id:06}"),
            register_id: Uuid::from_u128(register),
            user_id: Uuid::from_u128(user),
            state,
            ..shift::Model::unused()
        }
    }

    #[test]
    fn a_register_and_a_user_have_one_open_shift_at_most() {
        let faults = |shifts: &[shift::Model]| {
            let mut line = CheckLine::new("shifts");
            one_open_at_most(&mut line, shifts.iter());
            line.fault_count()
        };
        let first = shift(1, 1, 1, shift::OPEN);
        assert_eq!(faults(&[first.clone(), shift(2, 2, 2, shift::OPEN), shift(3, 1, 1, 2)]), 0);
        assert_eq!(faults(&[first.clone(), shift(2, 1, 2, shift::OPEN)]), 1);
        assert_eq!(faults(&[first, shift(2, 2, 1, shift::OPEN)]), 1);
    }
}
