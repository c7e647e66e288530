//! Numbers of documents, and places in sequences.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Checked, Ledger, ensure, same};
use crate::model::change_set::ChangeSet;

impl Ledger {
    /// The next number of a branch's series.
    pub fn next_number(&mut self, prefix: &str, branch_id: Uuid, month: &str) -> String {
        let last = self.branch_series.entry((branch_id, prefix.to_owned())).or_default();
        *last += 1;
        format!("{prefix}-{month}-{}-{last:06}", self.branches[&branch_id].code)
    }

    pub(super) fn number(&mut self, number: &str, prefix: &str, register: Uuid, date: i32) -> Checked {
        let last = self.series.entry((register, prefix.to_owned())).or_default();
        *last += 1;
        let should = format!("{prefix}-{}-{}-{last:06}", date / 100, self.drawers[&register].row.code);
        same(|| "a number".to_owned(), number, should.as_str())
    }

    pub(super) fn numbers(&mut self, changes: &ChangeSet) -> Checked {
        for (_, row) in &changes.branch_series {
            let last = self.branch_series.get(&(row.branch_id, row.prefix.clone())).copied();
            same(|| "the series of a branch".to_owned(), Some(row.last_number), last)?;
        }
        for (before, row) in &changes.shifts {
            if before.is_none() {
                self.number(&row.number, "SHF", row.register_id, row.business_date)?;
            }
        }
        for (_, row) in &changes.series {
            let last = self.series.get(&(row.register_id, row.prefix.clone())).copied();
            same(|| format!("the series {}", row.prefix), Some(row.last_number), last)?;
        }
        let mut keys: Vec<_> = changes.keys.iter().collect();
        keys.sort_by_key(|(_, row)| row.sequence);
        for (before, row) in keys {
            ensure!(before.is_none(), "a key was changed: {row:?}");
            let last = self.key_sequences.entry(row.branch_id).or_default();
            *last += 1;
            same(|| "a key's place".to_owned(), row.sequence, *last)?;
        }
        for (_, row) in &changes.branches {
            let last = |of: &BTreeMap<Uuid, i64>| of.get(&row.id).copied().unwrap_or_default();
            let should = [&self.order_sequences, &self.key_sequences, &self.event_sequences].map(last);
            let is = [row.last_order_sequence, row.last_key_sequence, row.last_event_sequence];
            same(|| format!("the counts of {}", row.code), is, should)?;
        }
        Ok(())
    }
}
