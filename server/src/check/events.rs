//! Events: every record's, in its branch's order.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::{CheckLine, Failure, Inspection, compare::Table, entries, journal::Record};
use crate::store::entity::event::Model;

/// The last event of a branch.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastEvent {
    /// Its sequence.
    pub sequence: i64,
    /// When it was, in microseconds UTC, if that can be read: where it can't, its own record is at fault.
    pub time: Option<i64>,
}

/// The events that the journal has.
#[derive(Default)]
pub struct Events {
    sequences: BTreeMap<Uuid, HashSet<i64>>,
    last: BTreeMap<Uuid, LastEvent>,
    table: Table<Model>,
}

impl Events {
    /// The event of a record of a branch; none for a record from before there were events.
    pub fn of(&mut self, line: &mut CheckLine, record: &Record, branch_id: Uuid) -> Option<Model> {
        let header = &record.header;
        if header.event_sequence == 0 {
            return None;
        }
        line.examine(1);
        if !self.sequences.entry(branch_id).or_default().insert(header.event_sequence) {
            line.fault("events", row(branch_id, header.event_sequence), "stands in two records");
        }
        let last = self.last.entry(branch_id).or_default();
        if header.event_sequence > last.sequence {
            *last = LastEvent { sequence: header.event_sequence, time: record.time().ok() };
        }
        Some(Model {
            branch_id,
            sequence: header.event_sequence,
            kind: entries::place(&record.entry).1.into(),
            register_id: record.register_id,
            journal_kind: header.kind,
            journal_sequence: header.sequence,
        })
    }

    /// Compares events with their rows.
    pub fn compare(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        events: Vec<Model>,
    ) -> Result<(), Failure> {
        self.table.compare(database, line, events)
    }

    /// The last event of each branch; names those that are missing before it.
    pub fn last(&self, line: &mut CheckLine) -> Vec<(Uuid, LastEvent)> {
        for (branch_id, sequences) in &self.sequences {
            let last = sequences.iter().copied().max().unwrap_or_default();
            for sequence in (1..=last).filter(|sequence| !sequences.contains(sequence)).take(20) {
                line.fault("events", row(*branch_id, sequence), "stands in no record");
            }
        }
        self.last.iter().map(|(branch_id, last)| (*branch_id, *last)).collect()
    }

    /// Finds events that no record has.
    pub fn others(&self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        let known = |key: &[crate::store::cell::Cell]| match key {
            [branch, sequence] => branch.id().zip(sequence.number()).is_some_and(|(branch, sequence)| {
                self.sequences.get(&branch).is_some_and(|known| known.contains(&sequence))
            }),
            _ => false,
        };
        self.table.others(database, line, known)
    }
}

fn row(branch_id: Uuid, sequence: i64) -> String {
    format!("branch {branch_id}, sequence {sequence}")
}
