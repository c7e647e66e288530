//! Shifts: as they were opened, with counters that add up to their sales.

use std::collections::BTreeMap;

use kassa_proto::v1::{OrderKind, TenderType};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{CheckLine, compare::Table};
use crate::{orders::convert::OrderRows, store::entity::shift};

/// The shifts as the journal makes them.
#[derive(Default)]
pub struct Shifts {
    rows: BTreeMap<Uuid, shift::Model>,
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
        let Some(shift) = self.shift_of(line, rows) else { return };
        shift.sale_count = shift.sale_count.saturating_add(1);
        shift.sales_total = shift.sales_total.saturating_add(rows.order.total);
        shift.cash_received = shift.cash_received.saturating_add(cash(rows));
        shift.change_given = shift.change_given.saturating_add(rows.order.change);
    }

    /// A refund or a void in a shift.
    pub fn returned(&mut self, line: &mut CheckLine, rows: &OrderRows) {
        let Some(shift) = self.shift_of(line, rows) else { return };
        let (count, total) = if rows.order.kind == i32::from(OrderKind::Void) {
            (&mut shift.void_count, &mut shift.voids_total)
        } else {
            (&mut shift.return_count, &mut shift.returns_total)
        };
        *count = count.saturating_add(1);
        *total = total.saturating_add(rows.order.total);
        shift.cash_refunded = shift.cash_refunded.saturating_add(cash(rows));
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
