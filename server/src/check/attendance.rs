//! Attendance: who came and left as their two records say.

use std::collections::BTreeMap;

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, table_name},
    journal::Record,
    record::{Unreadable, id, optional_id, optional_time, time},
};
use crate::store::entity::attendance::Model;

/// The attendance that the journal has: as it began, and as it ended. Somebody may leave at another
/// register than they came at, whose chain is read before.
#[derive(Default)]
pub struct Attendances {
    began: BTreeMap<Uuid, Model>,
    ended: BTreeMap<Uuid, Model>,
}

impl Attendances {
    /// Somebody came.
    pub fn clocked_in(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        branch_id: Uuid,
        entry: &pb::ClockedInEntry,
    ) -> Result<Uuid, Unreadable> {
        line.examine(1);
        let row = read(entry.attendance.as_ref())?;
        let right = Model {
            branch_id,
            clock_in_time: record.time()?,
            in_terminal_id: id(&record.header.terminal_id, "terminal_id")?,
            in_by_user_id: id(&record.header.user_id, "user_id")?,
            ..row.clone().before_leaving()
        };
        if row != right {
            fault(line, row.id, "did not begin as its record says");
        }
        let id = row.id;
        if self.began.insert(id, row).is_some() {
            fault(line, id, "began twice");
        }
        Ok(id)
    }

    /// Somebody left.
    pub fn clocked_out(
        &mut self,
        line: &mut CheckLine,
        record: &Record,
        branch_id: Uuid,
        entry: &pb::ClockedOutEntry,
    ) -> Result<Uuid, Unreadable> {
        let row = read(entry.attendance.as_ref())?;
        let (by, now) = (id(&record.header.user_id, "user_id")?, record.time()?);
        let (came, left) = (row.clock_in_time, row.clock_out_time.unwrap_or_default());
        let in_time = match row.corrected {
            true => left > came && left <= now && by != row.user_id && !row.reason.is_empty(),
            false => left == now.max(came),
        };
        let right = Model {
            branch_id,
            clock_out_time: Some(left),
            out_terminal_id: Some(id(&record.header.terminal_id, "terminal_id")?),
            out_by_user_id: Some(by),
            ..row.clone()
        };
        if row != right || !in_time {
            fault(line, row.id, "did not end as its record says");
        }
        let id = row.id;
        if self.ended.insert(id, row).is_some() {
            fault(line, id, "ended twice");
        }
        Ok(id)
    }

    /// Whether the journal has an attendance.
    pub fn contains(&self, id: Uuid) -> bool {
        self.began.contains_key(&id) || self.ended.contains_key(&id)
    }

    /// Puts beginnings and ends together, and compares them with their table.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        let Self { began: mut rows, ended } = self;
        for (id, row) in ended {
            match rows.insert(id, row.clone()) {
                None => fault(line, id, "ended, and never began"),
                Some(began) if began != row.before_leaving() => {
                    fault(line, id, "ended as another one than began");
                }
                Some(_) => {}
            }
        }
        Table::compare_all(database, line, rows.into_values())
    }
}

fn read(attendance: Option<&pb::Attendance>) -> Result<Model, Unreadable> {
    attendance_row(attendance.ok_or_else(|| Unreadable::new("attendance", "is missing"))?)
}

fn fault(line: &mut CheckLine, id: Uuid, what: &str) {
    line.fault(table_name::<Model>(), id.to_string(), what);
}

/// The row of a time at work.
fn attendance_row(attendance: &pb::Attendance) -> Result<Model, Unreadable> {
    Ok(Model {
        id: id(&attendance.attendance_id, "attendance_id")?,
        branch_id: id(&attendance.branch_id, "branch_id")?,
        user_id: id(&attendance.user_id, "user_id")?,
        clock_in_time: time(attendance.clock_in_time.as_ref(), "clock_in_time")?,
        clock_out_time: optional_time(attendance.clock_out_time.as_ref(), "clock_out_time")?,
        in_terminal_id: id(&attendance.in_terminal_id, "in_terminal_id")?,
        out_terminal_id: optional_id(&attendance.out_terminal_id, "out_terminal_id")?,
        in_by_user_id: id(&attendance.in_by_user_id, "in_by_user_id")?,
        out_by_user_id: optional_id(&attendance.out_by_user_id, "out_by_user_id")?,
        note: attendance.note.clone(),
        reason: attendance.reason.clone(),
        corrected: attendance.corrected,
    })
}
