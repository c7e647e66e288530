//! Shifts: as they were opened, with counters that add up to their sales, and with the Zs that these make.

mod counters;
mod report;

use std::collections::BTreeMap;

use kassa_proto::{
    money::Currency,
    v1::{self as pb, MovementType, OrderKind, TenderType},
};
use prost::Message as _;
use uuid::Uuid;

use self::{counters::Counters, report::Source};
use super::{
    CheckLine, Failure, Inspection,
    compare::Table,
    movement_kinds::{is_difference, signed},
    record::{Unreadable, date, id, money, money_or_nothing, optional_id, optional_time, time},
};
use crate::{
    encoding::{counter::Counter, order::OrderRows},
    hashes::sha256,
    store::entity::{cash_movement, shift, shift_count, shift_denomination, shift_report},
};

/// The shifts as the journal makes them.
#[derive(Default)]
pub struct Shifts {
    rows: BTreeMap<Uuid, shift::Model>,
    counters: BTreeMap<Uuid, Counters>,
    counts: Vec<shift_count::Model>,
    denominations: Vec<shift_denomination::Model>,
    reports: BTreeMap<Uuid, Vec<Reported>>,
}

/// A report as the journal has it, in the order of its register's.
struct Reported {
    shift_id: Uuid,
    document: Vec<u8>,
    counted: BTreeMap<i32, i64>,
}

/// What the reports of a register add up to.
#[derive(Clone, Copy)]
pub struct Perpetual {
    /// The register.
    pub register_id: Uuid,
    /// The sequence of the last one.
    pub last_sequence: i64,
    /// The net totals.
    pub total: i64,
    /// The absolute totals.
    pub absolute: i64,
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

    /// Somebody was at a shift's register.
    pub fn active(&mut self, entry: &pb::ShiftActivityEntry) -> Result<(), Unreadable> {
        let time = time(entry.last_activity_time.as_ref(), "last_activity_time")?;
        let shift = self.rows.get_mut(&id(&entry.shift_id, "shift_id")?);
        let shift = shift.ok_or_else(|| Unreadable::new("shift_id", "is no shift of the journal's"))?;
        shift.last_activity_time = shift.last_activity_time.max(time);
        Ok(())
    }

    /// A shift was handed over, ended, counted or closed: what is not counted is as its last record says.
    pub fn changed(
        &mut self,
        line: &mut CheckLine,
        recorded: shift::Model,
        count: Option<&pb::ShiftCount>,
    ) -> Result<(), Unreadable> {
        line.examine(1);
        let shift_id = recorded.id;
        let shift = self.rows.get_mut(&shift_id);
        let shift = shift.ok_or_else(|| Unreadable::new("shift", "was never opened"))?;
        *shift = shift::Model {
            sale_count: shift.sale_count,
            sales_total: shift.sales_total,
            cash_received: shift.cash_received,
            change_given: shift.change_given,
            return_count: shift.return_count,
            returns_total: shift.returns_total,
            void_count: shift.void_count,
            voids_total: shift.voids_total,
            cash_refunded: shift.cash_refunded,
            expected_cash: shift.expected_cash,
            last_activity_time: shift.last_activity_time,
            ..recorded
        };
        count.map_or(Ok(()), |count| self.counted(shift_id, count))
    }

    fn counted(&mut self, shift_id: Uuid, count: &pb::ShiftCount) -> Result<(), Unreadable> {
        let user_id = id(&count.user_id, "count.user_id")?;
        let create_time = time(count.create_time.as_ref(), "count.create_time")?;
        let attempt = count.attempt;
        for tender in &count.tenders {
            self.counts.push(shift_count::Model {
                shift_id,
                attempt,
                tender_kind: tender.r#type,
                purpose: count.purpose,
                expected: money(tender.expected.as_ref(), "count.expected")?,
                counted: money(tender.amount.as_ref(), "count.amount")?,
                user_id,
                create_time,
            });
            for denomination in &tender.denominations {
                let value = money(denomination.value.as_ref(), "count.denominations.value")?;
                let pieces = denomination.pieces;
                self.denominations.push(shift_denomination::Model { shift_id, attempt, value, pieces });
            }
        }
        Ok(())
    }

    /// What goes to the safe at a close was counted before: what should be there stays as it was.
    pub fn dropped_at_close(&mut self, movement: &pb::CashMovement) {
        let amount = movement.amount.as_ref().map_or(0, |amount| amount.amount_minor);
        if movement.r#type() == MovementType::SafeDrop
            && let Some(shift) =
                Uuid::try_parse(&movement.shift_id).ok().and_then(|id| self.rows.get_mut(&id))
        {
            shift.expected_cash = shift.expected_cash.saturating_add(amount);
        }
    }

    /// A shift's report was issued.
    pub fn reported(
        &mut self,
        line: &mut CheckLine,
        shift_id: Uuid,
        entry: &pb::ShiftClosedEntry,
    ) -> Result<(), Unreadable> {
        line.examine(1);
        let shift = self.rows.get(&shift_id);
        let shift = shift.ok_or_else(|| Unreadable::new("shift", "was never opened"))?;
        let mut counted = BTreeMap::new();
        for tender in entry.count.iter().flat_map(|count| &count.tenders) {
            counted.insert(tender.r#type, money(tender.amount.as_ref(), "count.amount")?);
        }
        let report = Reported { shift_id, document: entry.report.clone(), counted };
        self.reports.entry(shift.register_id).or_default().push(report);
        Ok(())
    }

    /// A sale of a shift.
    pub fn sold(&mut self, line: &mut CheckLine, rows: &OrderRows) {
        self.counters.entry(rows.order.shift_id).or_default().add_order(rows);
        let Some(shift) = self.shift_of(line, rows) else { return };
        shift.last_activity_time = shift.last_activity_time.max(rows.order.create_time);
        if rows.order.training {
            return;
        }
        shift.sale_count = shift.sale_count.saturating_add(1);
        shift.sales_total = shift.sales_total.saturating_add(rows.order.total);
        shift.cash_received = shift.cash_received.saturating_add(cash(rows));
        shift.change_given = shift.change_given.saturating_add(rows.order.change);
    }

    /// A refund or a void in a shift.
    pub fn returned(&mut self, line: &mut CheckLine, rows: &OrderRows) {
        self.counters.entry(rows.order.shift_id).or_default().add_order(rows);
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
        if !is_difference(movement.kind()) {
            shift.expected_cash = shift.expected_cash.saturating_add(signed(movement).unwrap_or_default());
        }
        self.count(movement.shift_id, Counter::Movement(movement.kind), movement.amount);
    }

    /// Something was done in a shift at this time.
    pub fn worked_in(&mut self, id: Uuid, time: i64) {
        if let Some(shift) = self.rows.get_mut(&id) {
            shift.last_activity_time = shift.last_activity_time.max(time);
        }
    }

    /// A shift's drawer was opened without a sale.
    pub fn opened_drawer(&mut self, id: Uuid) {
        self.count(id, Counter::DrawerOpenings, 0);
    }

    /// Something that a shift counts, once and with its amount.
    pub fn count(&mut self, shift_id: Uuid, counter: Counter, amount: i64) {
        self.counters.entry(shift_id).or_default().add(counter, 1, amount);
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

    /// A shift of the journal's.
    pub fn get(&self, id: Uuid) -> Option<&shift::Model> {
        self.rows.get(&id)
    }

    /// What the reports of each register must be, and that they are what was recorded.
    fn prove_reports(&self, line: &mut CheckLine) -> (Vec<Perpetual>, Vec<shift_report::Model>) {
        let (mut totals, mut rows) = (Vec::new(), Vec::new());
        for (register_id, reports) in &self.reports {
            let mut perpetual =
                Perpetual { register_id: *register_id, last_sequence: 0, total: 0, absolute: 0 };
            for report in reports {
                self.prove_report(line, report, &mut perpetual);
                rows.push(shift_report::Model {
                    shift_id: report.shift_id,
                    supplement: 0,
                    register_id: *register_id,
                    sequence: perpetual.last_sequence,
                    document: report.document.clone(),
                    document_sha256: sha256(&report.document),
                });
            }
            totals.push(perpetual);
        }
        (totals, rows)
    }

    /// What the shift's records make must give the recorded bytes; only the names of its day are taken from the
    /// report itself.
    fn prove_report(&self, line: &mut CheckLine, reported: &Reported, perpetual: &mut Perpetual) {
        let Some(shift) = self.rows.get(&reported.shift_id) else { return };
        let (net, back) = (report::net(shift), shift.returns_total.saturating_add(shift.voids_total));
        perpetual.last_sequence = perpetual.last_sequence.saturating_add(1);
        perpetual.total = perpetual.total.saturating_add(net);
        perpetual.absolute = perpetual.absolute.saturating_add(shift.sales_total).saturating_add(back);
        let recorded = pb::ShiftReport::decode(reported.document.as_slice()).unwrap_or_default();
        let currency = recorded.net_total.as_ref().and_then(|it| Currency::from_code(&it.currency_code));
        let nothing = Counters::default();
        let counters = self.counters.get(&reported.shift_id).unwrap_or(&nothing);
        let right = currency.map(|currency| {
            let counted = &reported.counted;
            let source = Source { shift, counters, counted, perpetual, currency };
            source.report(&recorded).encode_to_vec()
        });
        if right.as_ref() != Some(&reported.document) {
            let row = format!("shift {}, supplement 0", reported.shift_id);
            line.fault("shift_reports", row, "its figures are not those of its shift");
        }
    }

    /// Compares what the journal makes of the shifts with their tables. Says what the reports add up to.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<Vec<Perpetual>, Failure> {
        one_open_at_most(line, self.rows.values());
        let (totals, reports) = self.prove_reports(line);
        Table::compare_all(database, line, reports)?;
        Table::compare_all(database, line, self.counts)?;
        Table::compare_all(database, line, self.denominations)?;
        let counters = self.counters.iter().flat_map(|(shift_id, counters)| counters.rows(*shift_id));
        Table::compare_all(database, line, counters)?;
        Table::compare_all(database, line, self.rows.into_values())?;
        Ok(totals)
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

/// The row of a shift.
pub fn shift_row(shift: &pb::Shift) -> Result<shift::Model, Unreadable> {
    let open_time = time(shift.open_time.as_ref(), "open_time")?;
    let opening_float = money(shift.opening_float.as_ref(), "opening_float")?;
    Ok(shift::Model {
        id: id(&shift.shift_id, "shift_id")?,
        number: shift.number.clone(),
        branch_id: id(&shift.branch_id, "branch_id")?,
        register_id: id(&shift.register_id, "register_id")?,
        user_id: id(&shift.user_id, "user_id")?,
        terminal_id: id(&shift.terminal_id, "terminal_id")?,
        state: shift.state,
        version: shift.version,
        open_time,
        business_date: date(shift.business_date, "business_date")?,
        opening_float,
        sale_count: shift.sale_count,
        sales_total: money(shift.sales_total.as_ref(), "sales_total")?,
        cash_received: money(shift.cash_received.as_ref(), "cash_received")?,
        change_given: money(shift.change_given.as_ref(), "change_given")?,
        // Records of shifts that were opened before there were refunds have none of these.
        return_count: shift.return_count,
        returns_total: money_or_nothing(shift.returns_total.as_ref()),
        void_count: shift.void_count,
        voids_total: money_or_nothing(shift.voids_total.as_ref()),
        cash_refunded: money_or_nothing(shift.cash_refunded.as_ref()),
        opened_by_user_id: match optional_id(&shift.opened_by_user_id, "opened_by_user_id")? {
            None => Some(id(&shift.user_id, "user_id")?),
            opened_by => opened_by,
        },
        last_activity_time: optional_time(shift.last_activity_time.as_ref(), "last_activity_time")?
            .unwrap_or(open_time),
        expected_cash: shift.expected_cash.as_ref().map_or(opening_float, |money| money.amount_minor),
        end_time: optional_time(shift.end_time.as_ref(), "end_time")?,
        ended_by_user_id: optional_id(&shift.ended_by_user_id, "ended_by_user_id")?,
        ended_automatically: shift.ended_automatically,
        close_time: optional_time(shift.close_time.as_ref(), "close_time")?,
        closed_by_user_id: optional_id(&shift.closed_by_user_id, "closed_by_user_id")?,
        forced: shift.forced,
        close_reason: shift.close_reason.clone(),
        counted_cash: shift.counted_cash.as_ref().map(|money| money.amount_minor),
        left_in_drawer: shift.left_in_drawer.as_ref().map(|money| money.amount_minor),
        to_safe: money_or_nothing(shift.to_safe.as_ref()),
        count_attempts: shift.count_attempts,
    })
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
