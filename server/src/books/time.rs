//! The time of the books: it goes on with their sequence, or the journal says where it went back.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use kassa_proto::v1::{self as pb, JournalKind, JournalRecord, journal_record::Entry};
use prost::Message as _;
use sea_orm::{ConnectionTrait, EntityTrait};
use uuid::Uuid;

use super::{Context, ReadSet, Stop, UsedCodes, WorkingSet, journal};
use crate::{
    caller::Caller,
    clock::{Clock, Moment, from_micros},
    encoding::time::{micros, timestamp},
    store::{
        Failure, FailureKind,
        entity::{branch, event, journal_record as record, register},
    },
};

/// What the journal calls the change of the clock.
const METHOD: &str = "kassa.server/ClockChanged";
/// Rounds in which rows may be asked for.
const MOST_ROUNDS: usize = 4;

/// The last time in the books; `None` until it is read, and after an outcome that nobody knows.
#[derive(Debug, Default)]
pub(super) struct Time(Option<DateTime<Utc>>);

impl Time {
    /// The time of a batch. If the clock went back, the books say so before anything that happens now.
    pub(super) async fn next(
        &mut self,
        books: &mut WorkingSet,
        clock: &dyn Clock,
        database: &impl ConnectionTrait,
    ) -> Result<DateTime<Utc>, Failure> {
        let last = match self.0 {
            Some(last) => last,
            None => *self.0.insert(last(database).await?),
        };
        let Moment { now, back_from } = Moment::after(last, clock.now());
        if let Some(from) = back_from {
            tracing::warn!(%from, to = %now, "the machine's clock went back; its time is taken as it is");
            went_back(books, (from, now), clock, database).await?;
        }
        Ok(now)
    }

    /// A batch of this time is in the books.
    pub(super) fn is_stored(&mut self, now: DateTime<Utc>) {
        self.0 = Some(now);
    }
}

/// The last time in the books; the beginning of time where nothing ever happened. It is that of the branches'
/// last events: a step back is an event in each of them, so that none of those is from before it.
async fn last(database: &impl ConnectionTrait) -> Result<DateTime<Utc>, Failure> {
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

/// Writes down, in every branch, that the clock went back.
async fn went_back(
    books: &mut WorkingSet,
    step: (DateTime<Utc>, DateTime<Utc>),
    clock: &dyn Clock,
    database: &impl ConnectionTrait,
) -> Result<(), Failure> {
    let registers = registers(database).await?;
    let mut read_set = ReadSet::default();
    registers
        .iter()
        .for_each(|register_id| journal::read_set(&mut read_set, *register_id, JournalKind::Audit));
    for _ in 0..MOST_ROUNDS {
        books.load(read_set, database).await?;
        match append(books, step, clock, &registers) {
            Ok(()) => {
                books.keep();
                return Ok(());
            }
            Err(Stop::MissingRows(more)) => {
                books.take_back();
                read_set = *more;
            }
            Err(Stop::Rejected(error)) => return Err(Failure::new(FailureKind::Other, error.to_string())),
        }
    }
    Err(Failure::new(FailureKind::Other, "the change of the clock asks for more rows again and again"))
}

/// A register of each branch that has any: in its journal stands what concerns the branch.
async fn registers(database: &impl ConnectionTrait) -> Result<Vec<Uuid>, Failure> {
    let mut registers = register::Entity::find().all(database).await?;
    registers.sort_by_key(|register| (register.branch_id, register.id));
    registers.dedup_by_key(|register| register.branch_id);
    Ok(registers.into_iter().map(|register| register.id).collect())
}

fn append(
    books: &mut WorkingSet,
    (from, now): (DateTime<Utc>, DateTime<Utc>),
    clock: &dyn Clock,
    registers: &[Uuid],
) -> Result<(), Stop> {
    let (caller, ids_made) = (Caller::server(), Cell::new(0));
    let used_codes = &UsedCodes::default();
    let context = Context {
        caller: &caller,
        now,
        method: METHOD,
        key: "",
        request_id: "",
        clock,
        ids_made,
        used_codes,
    };
    for register_id in registers {
        let entry = Entry::ClockChanged(pb::ClockChangedEntry { from_time: Some(timestamp(from)) });
        journal::append(books, &context, *register_id, entry)?;
    }
    Ok(())
}
