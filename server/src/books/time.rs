//! The time of the books: it goes on with their sequence, or the journal says where it went back.

use std::{cell::Cell, collections::BTreeSet};

use chrono::{DateTime, Utc};
use kassa_proto::v1::{self as pb, JournalKind, JournalRecord, journal_record::Entry};
use prost::Message as _;
use uuid::Uuid;

use super::{Context, ReadSet, Stop, UsedCodes, WorkingSet, journal, working_set::Loading};
use crate::{
    caller::Caller,
    clock::{Clock, Moment, from_micros},
    encoding::time::{micros, timestamp},
    store::{
        Failure, FailureKind,
        engine::{Batch, Scope},
        entity::{branch, event, journal_record, register, register::RegisterIndex},
    },
};

/// What the journal calls the change of the clock.
const METHOD: &str = "kassa.server/ClockChanged";
/// Rounds in which rows may be asked for.
const MOST_ROUNDS: usize = 8;

/// The last time of this writer's own batches: what they do is not always an event. None where nobody knows whether the last
/// of them is stored; the branches do.
#[derive(Debug, Default)]
pub(super) struct Time(Option<DateTime<Utc>>);

impl Time {
    /// The time of a batch of these branches: after the last event of each. If the clock went back from one of them, and
    /// too far to be smoothed, that branch's books say so before anything that happens now.
    pub(super) fn next(
        &mut self,
        set: &mut WorkingSet,
        branches: &BTreeSet<Uuid>,
        clock: &dyn Clock,
        batch: &mut impl Batch,
    ) -> Result<DateTime<Utc>, Failure> {
        let machine = clock.now();
        let mut last_times = Vec::new();
        for branch_id in branches {
            let last = load_until(set, batch, |set| last_time(set, *branch_id))?;
            last_times.extend(last.map(|last| (*branch_id, last)));
        }
        // In the order of time: what is smoothed for one may be what another is smoothed from.
        let mut all: Vec<_> = last_times.iter().map(|(_, last)| *last).chain(self.0).collect();
        all.sort_unstable();
        let now = all.into_iter().fold(machine, |now, last| {
            let moment = Moment::after(last, now);
            if moment.back_from.is_none() { moment.now } else { now }
        });
        for (branch_id, last) in last_times {
            // What was done under another clock need not have been an event.
            let last = self.0.map_or(last, |own| own.max(last));
            if let Some(from) = Moment::after(last, now).back_from {
                tracing::warn!(%from, to = %now, %branch_id, "the machine's clock went back; its time is taken as it is");
                load_until(set, batch, |set| went_back(set, branch_id, (from, now), clock))?;
                set.keep();
            }
        }
        Ok(now)
    }

    /// A batch of this time is in the books.
    pub(super) fn is_stored(&mut self, now: DateTime<Utc>) {
        self.0 = Some(now);
    }
}

/// Has rows loaded until a rule has all that it asks for.
fn load_until<T>(
    set: &mut WorkingSet,
    batch: &mut impl Batch,
    mut rule: impl FnMut(&mut WorkingSet) -> Result<T, Stop>,
) -> Result<T, Failure> {
    for _ in 0..MOST_ROUNDS {
        match rule(set) {
            Ok(result) => return Ok(result),
            Err(Stop::MissingRows(read_set)) => {
                set.take_back();
                batch.load(&mut Loading { set, read_set: *read_set })?;
            }
            Err(Stop::NeedScope(_)) => return Err(Failure::new(FailureKind::Other, "the time has no scope")),
            Err(Stop::Rejected(error)) => return Err(Failure::new(FailureKind::Other, error.to_string())),
        }
    }
    Err(Failure::new(FailureKind::Other, "the time of the books asks for more rows again and again"))
}

/// The last time in a branch's books; none where nothing ever happened, or there is no such branch.
fn last_time(set: &WorkingSet, branch_id: Uuid) -> Result<Option<DateTime<Utc>>, Stop> {
    let Some(branch) = set.get::<branch::Model>(&branch_id)? else { return Ok(None) };
    if branch.last_time.is_some() {
        return Ok(branch.last_time.map(from_micros));
    }
    // Nothing has happened since the books know it by themselves: its last event says it.
    let Some(event) = set.get::<event::Model>(&(branch_id, branch.last_event_sequence))? else {
        return Ok(None);
    };
    let key = (event.register_id, event.journal_kind, event.journal_sequence);
    let record = set.get::<journal_record::Model>(&key)?;
    // What can't be read is the check's to name.
    let time = record.and_then(|row| JournalRecord::decode(row.bytes().ok()?.as_ref()).ok()?.create_time);
    Ok(time.as_ref().and_then(micros).map(from_micros))
}

/// Writes down in a branch that the clock went back: in the journal of one of its registers stands what concerns it.
fn went_back(
    set: &mut WorkingSet,
    branch_id: Uuid,
    (from, now): (DateTime<Utc>, DateTime<Utc>),
    clock: &dyn Clock,
) -> Result<(), Stop> {
    let registers = set.find::<register::Model>(&RegisterIndex::Any)?;
    let registers = registers.into_iter().filter(|register| register.branch_id == branch_id);
    let Some(register_id) = registers.map(|register| register.id).min() else { return Ok(()) };
    let mut read_set = ReadSet::default();
    journal::read_set(&mut read_set, register_id, JournalKind::Audit);
    if !set.has(&read_set) {
        return Err(Stop::MissingRows(Box::new(read_set)));
    }
    let (caller, ids_made, scope) = (Caller::server(), Cell::new(0), Scope::Branch(branch_id));
    let used_codes = &UsedCodes::default();
    let context = Context {
        caller: &caller,
        scope: &scope,
        now,
        method: METHOD,
        key: "",
        request_id: "",
        clock,
        ids_made,
        used_codes,
    };
    let entry = Entry::ClockChanged(pb::ClockChangedEntry { from_time: Some(timestamp(from)) });
    journal::append(set, &context, register_id, entry)
}
