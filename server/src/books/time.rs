//! The time of the books: it goes on with their sequence, or the journal says where it went back.

use chrono::{DateTime, Utc};
use kassa_proto::v1::{self as pb, JournalKind, JournalRecord, journal_record::Entry};
use prost::Message as _;
use sea_orm::{ConnectionTrait, EntityTrait};
use uuid::Uuid;

use super::{Context, Needs, Stop, WorkingSet, journal};
use crate::{
    clock::{from_micros, to_micros},
    store::{
        Failure,
        entity::{branch, event, journal_record as record, register},
    },
    timestamp::{micros, timestamp},
};

/// What the journal calls the change of the clock.
pub(super) const METHOD: &str = "kassa.server/ClockChanged";

/// The last time in the books; the beginning of time where nothing ever happened. It is that of the branches'
/// last events: a step back is an event in each of them, so that none of those is from before it.
pub(super) async fn last(database: &impl ConnectionTrait) -> Result<DateTime<Utc>, Failure> {
    let mut last = DateTime::<Utc>::MIN_UTC;
    for branch in branch::Entity::find().all(database).await? {
        let event = event::Entity::find_by_id((branch.id, branch.last_event_sequence));
        let Some(event) = event.one(database).await? else { continue };
        let key = (event.register_id, event.journal_kind, event.journal_sequence);
        let Some(row) = record::Entity::find_by_id(key).one(database).await? else { continue };
        // What can't be read is the check's to name.
        let time = JournalRecord::decode(row.record.as_slice()).ok().and_then(|it| it.create_time);
        last = last.max(time.as_ref().and_then(micros).map_or(last, from_micros));
    }
    Ok(last)
}

/// A register of each branch that has any: in its journal stands what concerns the branch.
pub(super) async fn registers(database: &impl ConnectionTrait) -> Result<Vec<Uuid>, Failure> {
    let mut registers = register::Entity::find().all(database).await?;
    registers.sort_by_key(|register| (register.branch_id, register.id));
    registers.dedup_by_key(|register| register.branch_id);
    Ok(registers.into_iter().map(|register| register.id).collect())
}

/// Names what [`went_back`] needs besides the rows of the branches.
pub(super) fn needs(registers: &[Uuid], needs: &mut Needs) {
    for register_id in registers {
        journal::needs(needs, *register_id, JournalKind::Audit);
    }
}

/// Writes down, in every branch, that the clock went back to now.
pub(super) fn went_back(
    books: &mut WorkingSet,
    context: &Context,
    registers: &[Uuid],
    from: DateTime<Utc>,
) -> Result<(), Stop> {
    for register_id in registers {
        let entry = Entry::ClockChanged(pb::ClockChangedEntry { from_time: Some(timestamp(from)) });
        journal::append(books, context, *register_id, JournalKind::Audit, entry)?;
    }
    tracing::warn!(
        from_micros = to_micros(from),
        to_micros = to_micros(context.now),
        "the machine's clock went back; its time is taken as it is"
    );
    Ok(())
}
