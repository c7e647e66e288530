//! Drawers besides sales and shifts: what was put in and taken out, sent, counted, or only opened.

use std::collections::HashMap;

use kassa_proto::v1::{self as pb, DocumentKind, journal_record::Entry};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    approvals::Deed,
    compare::table_name,
    drawer::{movement_row, row},
    journal::Record,
    movement_kinds::{is_difference, reversal, signed},
    record::{self, Unreadable},
    shifts::Shifts,
    transfers::Transfers,
};
use crate::store::entity::{cash_movement::Model, shift};

/// What the journal has of the drawers besides sales and shifts.
#[derive(Default)]
pub struct Cash {
    moved: HashMap<Uuid, Moved>,
    transfers: Transfers,
}

/// A movement that may be reversed later.
struct Moved {
    kind: i32,
    amount: i64,
    shift_id: Uuid,
    /// Whether it was reversed, or is a reversal itself.
    is_settled: bool,
}

/// What a record made: a document, and a movement.
type DocumentAndRow = (Option<(DocumentKind, Uuid)>, Option<Model>);

/// What was approved of a record, which made the movement that is given.
pub fn approved<'a>(
    record: &'a Record,
    movement: Option<&'a Model>,
) -> Result<Option<(Deed<'a>, &'a [pb::Approval])>, Unreadable> {
    Ok(match (&record.entry, movement) {
        (Entry::CashMoved(entry), Some(movement)) => Some((Deed::Movement(movement), &entry.approvals)),
        (Entry::CashSent(entry), Some(movement)) => Some((Deed::Movement(movement), &entry.approvals)),
        (Entry::DrawerReconciled(entry), Some(movement)) => {
            Some((Deed::Movement(movement), &entry.approvals))
        }
        (Entry::DrawerReconciled(entry), None) => {
            let shift_id = record::id(&entry.shift_id, "shift_id")?;
            Some((Deed::Count { shift_id, register_id: record.register_id }, &entry.approvals))
        }
        (Entry::DrawerOpened(entry), _) => {
            let shift_id = record::id(&entry.shift_id, "shift_id")?;
            Some((Deed::Opening { shift_id }, &entry.approvals))
        }
        _ => None,
    })
}

impl Cash {
    /// Reads a record of a drawer's chain, and proves that it agrees with itself and with what came
    /// before it.
    pub fn apply(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        shifts: &mut Shifts,
    ) -> Result<DocumentAndRow, Unreadable> {
        match &record.entry {
            Entry::CashMoved(entry) => {
                let movement = read(entry.movement.as_ref())?;
                self.proves_its_kind(line, &movement);
                let document = Some((DocumentKind::CashMovement, movement.id));
                Ok((document, Some(self.own(line, record, shifts, movement)?)))
            }
            Entry::DrawerOpened(entry) => {
                let id = shift(line, record, shifts, &entry.shift_id)?;
                shifts.opened_drawer(id);
                line.examine(1);
                Ok((None, None))
            }
            Entry::CashSent(entry) => {
                let movement = self.own(line, record, shifts, read(entry.movement.as_ref())?)?;
                let id = self.transfers.sent(line, record.register_id, entry, &movement)?;
                Ok((Some((DocumentKind::CashTransfer, id)), Some(movement)))
            }
            Entry::CashReceived(entry) => {
                let movement = self.own(line, record, shifts, read(entry.movement.as_ref())?)?;
                let id = self.transfers.received(line, record.register_id, entry, &movement)?;
                Ok((Some((DocumentKind::CashTransfer, id)), Some(movement)))
            }
            Entry::DrawerReconciled(entry) => self.reconciled(line, record, shifts, entry),
            _ => Err(Unreadable::new("entry", "is not of a drawer")),
        }
    }

    /// A count, and the movement that brought the books to it.
    fn reconciled(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        shifts: &mut Shifts,
        entry: &pb::DrawerReconciledEntry,
    ) -> Result<DocumentAndRow, Unreadable> {
        let expected = record::money(entry.expected.as_ref(), "expected")?;
        let counted = record::money(entry.counted.as_ref(), "counted")?;
        let Some(movement) = &entry.movement else {
            let id = shift(line, record, shifts, &entry.shift_id)?;
            line.examine(1);
            if counted != expected {
                let what = format!("counted {counted} where {expected} was expected, and nothing was moved");
                line.fault("shifts", id.to_string(), what);
            }
            return Ok((None, None));
        };
        let movement = self.own(line, record, shifts, movement_row(movement)?)?;
        let is = signed(&movement).map(|signed| (signed, movement.balance, movement.reason.as_str()));
        let right = (counted.saturating_sub(expected), counted, entry.reason.as_str());
        if is != Some(right) || !is_difference(movement.kind()) {
            fault(line, &movement, &format!("does not bring {expected} to the {counted} that was counted"));
        }
        Ok((Some((DocumentKind::CashMovement, movement.id)), Some(movement)))
    }

    /// What people record is of a kind that they may record, and reverses what can be reversed.
    fn proves_its_kind(&mut self, line: &mut CheckLine, movement: &Model) {
        if reversal(movement.kind).is_none() || movement.transfer_id.is_some() {
            fault(line, movement, "is recorded as a movement of its own, which its kind is not");
        }
        let Some(id) = movement.reverses_movement_id else { return };
        let right = self.moved.get_mut(&id).filter(|moved| !moved.is_settled).is_some_and(|moved| {
            moved.is_settled = true;
            let own = (Some(movement.kind), movement.amount, movement.shift_id);
            own == (reversal(moved.kind), moved.amount, moved.shift_id)
        });
        if !right {
            fault(line, movement, &format!("reverses {id}, which it can't"));
        }
    }

    /// A movement that belongs to the record that it stands in.
    fn own(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        shifts: &Shifts,
        movement: Model,
    ) -> Result<Model, Unreadable> {
        let header = &record.header;
        let by = (
            record::id(&header.user_id, "user_id")?,
            record::time(header.create_time.as_ref(), "create_time")?,
            record.register_id,
        );
        let is_own = (movement.user_id, movement.create_time, movement.register_id) == by;
        let place = shifts.get(movement.shift_id).map(place);
        let of = (movement.branch_id, movement.register_id, movement.business_date);
        if !is_own || place != Some(of) || movement.order_id.is_some() || movement.at_opening {
            fault(line, &movement, "does not belong to the record that it stands in, or to its shift");
        }
        let moved = Moved {
            kind: movement.kind,
            amount: movement.amount,
            shift_id: movement.shift_id,
            is_settled: movement.reverses_movement_id.is_some(),
        };
        self.moved.insert(movement.id, moved);
        Ok(movement)
    }

    /// Whether the journal has a movement of its own.
    pub fn has_moved(&self, id: Uuid) -> bool {
        self.moved.contains_key(&id)
    }

    /// Whether the journal has a transfer.
    pub fn has_sent(&self, id: Uuid) -> bool {
        self.transfers.contains(id)
    }

    /// Compares the transfers with their table.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        self.transfers.compare(database, line)
    }
}

fn read(movement: Option<&pb::CashMovement>) -> Result<Model, Unreadable> {
    movement_row(movement.ok_or_else(|| Unreadable::new("movement", "is missing"))?)
}

fn place(shift: &shift::Model) -> (Uuid, Uuid, i32) {
    (shift.branch_id, shift.register_id, shift.business_date)
}

/// The shift that a record without a movement names, one of the chain's register: somebody was at work.
fn shift(
    line: &mut CheckLine,
    record: &Record,
    shifts: &mut Shifts,
    shift_id: &str,
) -> Result<Uuid, Unreadable> {
    let id = record::id(shift_id, "shift_id")?;
    let shift = shifts.get(id).ok_or_else(|| Unreadable::new("shift_id", "is no shift of the journal's"))?;
    if shift.register_id != record.register_id {
        line.fault("shifts", id.to_string(), "is named by a record of another register's drawer");
    }
    shifts.worked_in(id, record::time(record.header.create_time.as_ref(), "create_time")?);
    Ok(id)
}

fn fault(line: &mut CheckLine, movement: &Model, what: &str) {
    line.fault(table_name::<Model>(), row(movement), what);
}
