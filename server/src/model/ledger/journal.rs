//! The journal and its events.

use std::collections::BTreeSet;

use kassa_proto::v1::{JournalRecord, journal_record::Entry};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::{Checked, Ledger, SALE, ensure, minor, same};
use crate::model::change_set::ChangeSet;

impl Ledger {
    pub(super) fn journal(&mut self, changes: &ChangeSet, now: i64) -> Checked<Vec<Entry>> {
        let mut records: Vec<_> = changes.records.iter().collect();
        records.sort_by_key(|(_, row)| (row.register_id, row.kind, row.sequence));
        let mut said: Vec<Entry> = Vec::new();
        let mut places = BTreeSet::new();
        for (before, row) in records {
            ensure!(before.is_none(), "a record was changed: {row:?}");
            let head = self.chains.entry((row.register_id, row.kind)).or_insert((0, vec![0; 32]));
            let bytes = row.bytes().map_err(|failure| failure.to_string())?;
            let mut hash = Sha256::new();
            hash.update(&head.1);
            hash.update(row.sequence.to_be_bytes());
            hash.update(&bytes);
            let hash = hash.finalize().to_vec();
            same(|| "a record's place".to_owned(), row.sequence, head.0 + 1)?;
            same(|| "a record's link".to_owned(), &row.previous_hash, &head.1)?;
            same(|| "a record's hash".to_owned(), &row.hash, &hash)?;
            *head = (row.sequence, hash);
            let record = JournalRecord::decode(bytes.as_ref()).map_err(|error| error.to_string())?;
            let place = (record.kind, record.register_id.clone(), record.sequence);
            same(
                || "where a record stands".to_owned(),
                place,
                (row.kind, row.register_id.to_string(), row.sequence),
            )?;
            let time = record.create_time.map(|it| it.seconds * 1_000_000 + i64::from(it.nanos) / 1_000);
            same(|| "a record's time".to_owned(), time, Some(now))?;
            places.insert((record.event_sequence, row.register_id, row.kind, row.sequence));
            said.extend(record.entry);
        }
        let mut events: Vec<_> = changes.events.iter().collect();
        events.sort_by_key(|(_, row)| (row.branch_id, row.sequence));
        for (before, row) in events {
            ensure!(before.is_none(), "an event was changed: {row:?}");
            let last = self.event_sequences.entry(row.branch_id).or_default();
            *last += 1;
            same(|| "an event's place".to_owned(), row.sequence, *last)?;
            let place = (row.sequence, row.register_id, row.journal_kind, row.journal_sequence);
            ensure!(places.remove(&place), "an event of no record: {row:?}");
        }
        ensure!(places.is_empty(), "a record without its event: {places:?}");
        for (_, row) in &changes.chains {
            let head = self.chains.get(&(row.register_id, row.kind)).cloned();
            same(
                || "the head of a chain".to_owned(),
                Some((row.last_sequence, row.last_hash.clone())),
                head,
            )?;
        }
        // Carts are no documents until they end.
        let own = changes.keys.len() + changes.branches.len() + changes.drafts.len();
        ensure!(changes.len() == own || !said.is_empty(), "rows were changed without a record: {changes:?}");
        Ok(said)
    }

    /// Every document of the posting stands in its records, whole.
    pub(super) fn recorded(&self, changes: &ChangeSet, said: &[Entry]) -> Checked {
        for (_, order) in &changes.orders {
            let recorded = said.iter().find_map(|entry| match entry {
                Entry::Sale(entry) if order.kind == SALE => entry.order.as_ref(),
                Entry::Return(entry) if order.kind != SALE => entry.order.as_ref(),
                _ => None,
            });
            let Some(recorded) = recorded.filter(|it| it.order_id == order.id.to_string()) else { continue };
            let figures = (minor(&recorded.total), recorded.lines.len(), recorded.receipt_number.as_str());
            let document = &self.documents[&order.id];
            same(
                || "a recorded order".to_owned(),
                figures,
                (order.total, document.lines.len(), order.receipt_number.as_str()),
            )?;
        }
        for (_, report) in &changes.reports {
            let issued =
                |entry: &Entry| matches!(entry, Entry::ShiftClosed(entry) if entry.report == report.document);
            ensure!(said.iter().any(issued), "a report that is not in the journal");
        }
        Ok(())
    }
}
