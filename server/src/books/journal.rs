//! The journal: chained records of everything that happened, written with what they record.
//!
//! `hash = SHA-256(previous hash, sequence as 8 bytes big-endian, bytes)`, so that a record that is
//! changed, taken out or put in breaks the chain for everybody who checks it.

use chrono::SecondsFormat;
use kassa_proto::v1::{JournalKind, JournalRecord, journal_record::Entry};
use prost::Message as _;
use uuid::Uuid;

use super::{Context, Document, ReadSet, Stop, WorkingSet};
use crate::{
    clock::to_micros,
    encoding::time::timestamp,
    error::Error,
    hashes::{NO_HASH, record_hash},
    journal::entries::{About, about},
    store::entity::{branch, event, journal_chain as chain, journal_record, register},
    telemetry::money_log,
};

/// Names the rows that [`append`] needs.
pub fn read_set(read_set: &mut ReadSet, register_id: Uuid, kind: JournalKind) {
    read_set.row::<chain::Model>((register_id, kind.into()));
    read_set.row::<register::Model>(register_id);
}

/// Appends a record to the chain of a register that is its entry's: an event of the register's branch. The entry's
/// document is what the posting made, unless it made another before. A posting that records nothing and has made
/// something all the same says so by [`WorkingSet::note_document`].
///
/// # Errors
/// [`Stop::MissingRows`] if the head of the chain, the register or its branch is not loaded.
pub fn append(
    books: &mut WorkingSet,
    context: &Context,
    register_id: Uuid,
    entry: Entry,
) -> Result<(), Stop> {
    let About { chain: kind, event, document, .. } = about(&entry);
    if let Some((kind, id)) = document {
        let id = Uuid::try_parse(id).map_err(Error::internal)?;
        books.note_document(Document { kind, id });
    }
    let key = (register_id, i32::from(kind));
    let head = books.get::<chain::Model>(&key)?;
    let (last_sequence, previous) =
        head.map_or((0, NO_HASH.to_vec()), |head| (head.last_sequence, head.last_hash.clone()));
    let sequence = last_sequence.saturating_add(1);
    let missing = || Error::internal(format_args!("the register {register_id} of a chain is gone"));
    let register = books.require::<register::Model>(&register_id, missing)?;
    let (branch_id, register_code) = (register.branch_id, register.code.clone());
    let event_sequence = books.update::<branch::Model, _>(&branch_id, |branch| {
        branch.last_event_sequence = branch.last_event_sequence.saturating_add(1);
        branch.last_time = Some(to_micros(context.now));
        Ok(branch.last_event_sequence)
    })?;
    books.insert(event::Model {
        branch_id,
        sequence: event_sequence,
        kind: event.into(),
        register_id,
        journal_kind: kind.into(),
        journal_sequence: sequence,
    })?;
    let record = JournalRecord {
        kind: kind.into(),
        register_id: register_id.to_string(),
        sequence,
        create_time: Some(timestamp(context.now)),
        terminal_id: text(context.caller.terminal_id),
        user_id: text(context.caller.user_id),
        method: context.method.to_owned(),
        idempotency_key: context.key.to_owned(),
        event_sequence,
        entry: Some(entry),
    };
    if money_log::is_kept() {
        let time = context.now.to_rfc3339_opts(SecondsFormat::Millis, true);
        books.tell_of_money(money_log::lines(&record, &time, context.request_id, &register_code));
    }
    let bytes = record.encode_to_vec();
    let hash = record_hash(&previous, sequence, &bytes);
    books.insert(journal_record::Model {
        register_id,
        kind: kind.into(),
        sequence,
        record: journal_record::Model::stored(bytes),
        previous_hash: previous,
        hash: hash.clone(),
    })?;
    books.put(chain::Model { register_id, kind: kind.into(), last_sequence: sequence, last_hash: hash })
}

/// An id, or nothing where there is nobody.
fn text(id: Uuid) -> String {
    if id.is_nil() { String::new() } else { id.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_the_contract_publishes() {
        // printf of 32 zero bytes, 0000000000000001 and "abc", through sha256sum.
        let hash = record_hash(&NO_HASH, 1, b"abc");
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "328976acf07e9b1c4a8967f2d63902c9a724235b6363ac83087246ad84cd222a");
    }
}
