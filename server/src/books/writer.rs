//! The writer: takes a batch from what waits, loads, decides, commits, answers. It is the same on every engine, and
//! synchronous: it has a thread of its own (`thread`).

use std::{
    collections::{BTreeSet, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use kassa_proto::v1::ErrorReason as Reason;
use tokio::sync::oneshot;
use tracing::Span;
use uuid::Uuid;

use super::{
    Key, KeyCounts, ReadSet, UsedCodes, WorkingSet,
    breakers::Breakers,
    deciding::{Answered, Ask, Asked, MOST_STOPS, READ_ROUNDS, Terms},
    posting::AnyPosting,
    time::Time,
    working_set::{Loading, TableClass},
};
use crate::{
    caller::Caller,
    clock::{SharedClock, to_micros},
    config::Config,
    error::{self, Error},
    store::{
        Failure, FailureKind,
        engine::{Batch as _, BatchToken, CommitFailure, Engine, Marks, Scope, Scopes, Settled, ShopMark},
        entity::{branch, business},
    },
    telemetry::money_log,
};

/// Deciding stops after the posting that passes this many rows; the rest waits for the next batch.
const MOST_ROWS: usize = 4_000;
/// A batch that takes longer is worth a warning.
const SLOW: Duration = Duration::from_millis(500);

/// A posting in the queue.
pub(super) struct Entry {
    pub posting: Arc<dyn AnyPosting>,
    pub caller: Caller,
    pub key: Option<Key>,
    pub scope: Scope,
    pub answer: oneshot::Sender<Result<Stored, Error>>,
    pub request_id: String,
    pub span: Span,
}

/// A posting's answer as it is stored.
#[derive(Debug)]
pub(super) struct Stored {
    pub bytes: Vec<u8>,
    pub replayed: bool,
}

type Outcome = Result<Stored, Error>;

/// What the books stand on besides their rows: the room on the disk, and the numbers that are reserved there.
pub(super) trait Ground {
    /// Whether a new posting of a method is taken just now.
    ///
    /// # Errors
    /// Why it is not.
    fn admit(&self, method: &'static str) -> Result<(), Error>;

    /// The codes that stand in numbers on paper.
    fn used_codes(&self) -> &UsedCodes;

    /// Reserves the numbers of a batch: none is given out that a restore would not know of.
    ///
    /// # Errors
    /// What the disk says; the batch is not stored then.
    fn reserve_numbers(&mut self, set: &WorkingSet) -> Result<(), Failure>;

    /// Gives the reserve of a full disk up; says whether there was one.
    fn make_room(&self) -> bool;

    /// A posting is decided: its answer, and what it changed, which is not kept yet. Only tests look.
    fn decided(&self, entry: &Entry, answered: &Answered, set: &mut WorkingSet) {
        let _ = (entry, answered, set);
    }
}

/// What a batch decided: an outcome for each of the first postings; the rest was not looked at.
#[derive(Default)]
struct Decided {
    outcomes: Vec<Outcome>,
    /// The scope that the next posting needs. It begins the next batch.
    next_needs: Option<Scope>,
}

/// What became of a batch.
enum Batch {
    /// Decided and stored.
    Stored(Decided),
    /// A row broke a constraint: all of it is undone.
    Broken(Failure),
    /// All of it is undone, or nobody knows: the same answer for everybody.
    Failed(Error),
}

/// Writes the books, and nobody else does.
pub(super) struct Writer<E, G> {
    engine: E,
    desk: Desk<G>,
    /// The rows that are kept from batch to batch, as the database has them.
    set: WorkingSet,
    largest_batch: usize,
    key_counts: Arc<KeyCounts>,
    breakers: Breakers,
}

/// What deciding needs besides the rows.
struct Desk<G> {
    ground: G,
    clock: SharedClock,
    time: Time,
    keep_answers_micros: i64,
}

impl<E: Engine, G: Ground> Writer<E, G> {
    /// A writer on an engine.
    pub fn new(
        engine: E,
        ground: G,
        clock: SharedClock,
        config: &Config,
        key_counts: Arc<KeyCounts>,
    ) -> Self {
        let keep_answers_micros = i64::from(config.idempotency.keep_hours) * 3_600 * 1_000_000;
        Self {
            engine,
            desk: Desk { ground, clock, time: Time::default(), keep_answers_micros },
            set: WorkingSet::default(),
            largest_batch: config.limits.batch,
            key_counts,
            breakers: Breakers::default(),
        }
    }

    #[cfg(test)]
    pub fn engine(&mut self) -> &mut E {
        &mut self.engine
    }

    #[cfg(test)]
    pub fn ground(&self) -> &G {
        &self.desk.ground
    }

    pub fn largest_batch(&self) -> usize {
        self.largest_batch
    }

    /// Nobody writes any more.
    pub fn close(self) {
        self.engine.close();
    }

    /// Stores a batch from the front of `waiting` and answers it; what it did not get to stays.
    pub fn work(&mut self, waiting: &mut VecDeque<Entry>) {
        let entries = waiting.make_contiguous();
        let together = self.together(entries);
        let entries = entries.get(..together).unwrap_or_default();
        let alike = |outcomes| Decided { outcomes, next_needs: None };
        let decided = match self.store_with_the_reserve(entries) {
            Batch::Stored(decided) => decided,
            Batch::Failed(error) => alike(entries.iter().map(|_| Err(error.clone())).collect()),
            Batch::Broken(failure) => match entries {
                // It ran alone, and would break again.
                [entry] => alike(vec![Err(self.broke(entry, &failure))]),
                _ => {
                    tracing::warn!(%failure, postings = entries.len(), "a batch broke a constraint; its postings run one by one");
                    self.one_by_one(entries)
                }
            },
        };
        for outcome in decided.outcomes {
            if let Some(entry) = waiting.pop_front() {
                if entry.key.is_some() {
                    let answered = outcome.as_ref().map(|stored| stored.replayed);
                    self.key_counts.count(entry.posting.method(), answered);
                }
                // Nobody is there to hear it if the caller went away; the posting is done all the same.
                let _ = entry.answer.send(outcome);
            }
        }
        if let (Some(scope), Some(next)) = (decided.next_needs, waiting.front_mut()) {
            next.scope = scope;
        }
        if let Err(failure) = self.engine.tend()
            && failure.kind == FailureKind::Full
        {
            // The engine has said what failed. It goes on with the room.
            self.desk.ground.make_room();
        }
    }

    /// How many of the first postings make a batch: as many as there are, but who breaks batches again and again
    /// is one by itself, in its turn.
    fn together(&self, entries: &[Entry]) -> usize {
        if self.breakers.is_empty() {
            return entries.len();
        }
        let now = self.desk.clock.now();
        let alone =
            |entry: &Entry| self.breakers.run_alone(entry.caller.terminal_id, entry.posting.method(), now);
        entries.iter().position(alone).map_or(entries.len(), |before| before.max(1))
    }

    /// A posting broke a constraint by itself.
    fn broke(&mut self, entry: &Entry, failure: &Failure) -> Error {
        let method = entry.posting.method();
        self.breakers.broke(entry.caller.terminal_id, method, self.desk.clock.now());
        entry.fault(format_args!("broke a constraint: {failure}"))
    }

    /// Only the posting that broke the batch fails: a rule should have caught it.
    fn one_by_one(&mut self, entries: &[Entry]) -> Decided {
        let mut all = Decided::default();
        for entry in entries {
            match self.store(std::slice::from_ref(entry)) {
                Batch::Stored(one) => {
                    all.outcomes.extend(one.outcomes);
                    all.next_needs = one.next_needs;
                    if all.next_needs.is_some() {
                        break;
                    }
                }
                Batch::Failed(error) => all.outcomes.push(Err(error)),
                Batch::Broken(failure) => all.outcomes.push(Err(self.broke(entry, &failure))),
            }
        }
        all
    }

    /// A full disk gives its reserve up, and then there is room for the batch.
    fn store_with_the_reserve(&mut self, entries: &[Entry]) -> Batch {
        match self.store(entries) {
            Batch::Failed(error) if error.reason() == Reason::DiskFull && self.desk.ground.make_room() => {
                self.store(entries)
            }
            stored => stored,
        }
    }

    /// One transaction. The rows that it had are kept for the next one, unless it failed: then nothing that is kept is
    /// sure to be the database's.
    fn store(&mut self, entries: &[Entry]) -> Batch {
        let stored = self.transaction(entries);
        match stored {
            Batch::Stored(_) => self.set.batch_is_over(),
            Batch::Broken(_) | Batch::Failed(_) => self.set = WorkingSet::default(),
        }
        stored
    }

    /// Load, decide, write, commit.
    fn transaction(&mut self, entries: &[Entry]) -> Batch {
        let started = Instant::now();
        let Self { engine, desk, set, .. } = self;
        let mut scopes = Scopes::default();
        entries.iter().for_each(|entry| scopes.add(&entry.scope));
        let read_set = name_read_sets(entries, set);
        let (mut batch, marks) = match engine.begin(&scopes, &mut Loading { set, read_set }) {
            Ok(begun) => begun,
            Err(failure) => return Batch::of(failure),
        };
        set.forget_what_is_not_of(&marks);
        let decided = desk.decide_all(set, entries, &mut batch).and_then(|decided| {
            if set.dirty() > 0 {
                desk.ground.reserve_numbers(set)?;
            }
            Ok(decided)
        });
        let (now, decided) = match decided {
            Ok(decided) => decided,
            Err(failure) => {
                if let Err(error) = batch.undo() {
                    tracing::warn!(%error, "a batch was not rolled back");
                }
                return Batch::of(failure);
            }
        };
        if set.dirty() == 0 {
            // Only refusals and replays: there is nothing to sync.
            return batch.undo().map_or_else(Batch::of, |()| Batch::Stored(decided));
        }
        let postings = decided.outcomes.len();
        let token = match number_the_batch(set, &marks) {
            Ok(token) => token,
            Err(failure) => {
                // What it fails with is told by the first failure.
                let _ = batch.undo();
                return Batch::of(failure);
            }
        };
        let is_decided = Instant::now();
        let failure = match batch.commit(set) {
            Ok(rows) => {
                tracing::debug!(postings, rows, "a batch is stored");
                None
            }
            Err(CommitFailure::Undone(failure)) => return Batch::of(failure),
            Err(CommitFailure::Unknown(failure)) => Some(failure),
        };
        warn_if_slow(started, is_decided, postings);
        if let Some(failure) = failure {
            tracing::error!(%failure, postings, "a commit failed");
            match engine.settle(token.as_ref(), &failure) {
                Settled::Stored => {}
                Settled::Absent => return Batch::of(failure),
                Settled::Unreachable => {
                    desk.time = Time::default();
                    return Batch::Failed(error::outcome_unknown());
                }
            }
        }
        desk.time.is_stored(now);
        set.money_lines().iter().for_each(|line| money_log::write(line));
        set.is_stored();
        Batch::Stored(decided)
    }
}

impl Batch {
    /// Of a batch of which nothing is stored.
    fn of(failure: Failure) -> Self {
        match failure.kind {
            FailureKind::Constraint => Self::Broken(failure),
            FailureKind::Busy
            | FailureKind::Full
            | FailureKind::Corrupt
            | FailureKind::Io
            | FailureKind::ReadOnly
            | FailureKind::Other => Self::Failed(failure.into()),
        }
    }
}

/// Gives the batch its number in each branch that it may have written rows of: by that of one of them it is known whether
/// it was stored. What was done to people is counted here, for every posting that does it.
fn number_the_batch(set: &mut WorkingSet, marks: &Marks) -> Result<Option<BatchToken>, Failure> {
    let failed = |_| Failure::new(FailureKind::Other, "a row that was loaded is not there");
    // No posting can forget that others keep what it has changed.
    debug_assert!(
        !set.is_changed(TableClass::Shop)
            || marks.shop.is_none()
            || set.shop().is_some_and(|business| marks.shop != Some(ShopMark::of(business))),
        "rows that all branches share are changed, and no version of theirs is"
    );
    if set.is_changed(TableClass::People)
        && let Some(business_id) = set.shop().map(|business| business.id)
    {
        let raise = |business: &mut business::Model| {
            business.people_version = next(business.people_version);
            Ok(())
        };
        set.update(&business_id, raise).map_err(failed)?;
    }
    // A branch that is new has no mark yet.
    let new = set.changed::<branch::Model>().map(|branch| branch.id);
    let branches: BTreeSet<Uuid> = marks.branches.keys().copied().chain(new).collect();
    let mut token = None;
    for branch_id in branches {
        let batch = set.update::<branch::Model, _>(&branch_id, |branch| {
            branch.batch = next(branch.batch);
            Ok(branch.batch)
        });
        token = Some(BatchToken { branch_id, batch: batch.map_err(failed)? });
    }
    set.keep();
    Ok(token)
}

/// Another number. Only damage brings a count to its end; begun anew it still tells one batch from the one before.
fn next(count: i64) -> i64 {
    count.checked_add(1).unwrap_or_default()
}

/// What the postings want, as far as is known.
fn name_read_sets(entries: &[Entry], known: &WorkingSet) -> ReadSet {
    let mut read_set = ReadSet::default();
    entries.iter().for_each(|entry| entry.name_read_set(known, &mut read_set));
    read_set
}

impl<G: Ground> Desk<G> {
    /// Loads what the batch names, then decides each in the order of arrival. Says nothing of the
    /// postings it did not get to.
    fn decide_all(
        &mut self,
        set: &mut WorkingSet,
        entries: &[Entry],
        batch: &mut impl crate::store::engine::Batch,
    ) -> Result<(DateTime<Utc>, Decided), Failure> {
        for _ in 1..READ_ROUNDS {
            let read_set = name_read_sets(entries, set);
            if set.has(&read_set) {
                break;
            }
            batch.load(&mut Loading { set, read_set })?;
        }
        // A posting of the whole shop is its caller's as well.
        let branches: BTreeSet<Uuid> = entries.iter().map(|entry| entry.caller.branch_id).collect();
        let now = self.time.next(set, &branches, self.clock.as_ref(), batch)?;
        let mut decided = Decided::default();
        for entry in entries {
            match self.decide(set, entry, now, batch)? {
                Ok(outcome) => decided.outcomes.push(outcome),
                Err(scope) => decided.next_needs = Some(scope),
            }
            if set.dirty() > MOST_ROWS || decided.next_needs.is_some() {
                break;
            }
        }
        Ok((now, decided))
    }

    /// Decides a posting, or says the scope that it needs.
    fn decide(
        &self,
        set: &mut WorkingSet,
        entry: &Entry,
        now: DateTime<Utc>,
        batch: &mut impl crate::store::engine::Batch,
    ) -> Result<Result<Outcome, Scope>, Failure> {
        let terms = Terms {
            now,
            clock: self.clock.as_ref(),
            answers_since: to_micros(now).saturating_sub(self.keep_answers_micros),
            used_codes: self.ground.used_codes(),
            admit: &|method| self.ground.admit(method),
        };
        for _ in 0..MOST_STOPS {
            let see = |answered: &Answered, set: &mut WorkingSet| self.ground.decided(entry, answered, set);
            let decided = catch_unwind(AssertUnwindSafe(|| {
                entry.span.in_scope(|| entry.asked().decide(set, &terms, see))
            }));
            match decided {
                Ok(Ok(Answered::Done(bytes))) => return Ok(Ok(Ok(Stored { bytes, replayed: false }))),
                Ok(Ok(Answered::Replayed(bytes))) => return Ok(Ok(Ok(Stored { bytes, replayed: true }))),
                Ok(Ok(Answered::RejectedAndCommitted(error) | Answered::Rejected(error))) => {
                    return Ok(Ok(Err(error)));
                }
                Ok(Err(Ask::Rows(read_set))) => {
                    if set.has(&read_set) {
                        break;
                    }
                    batch.load(&mut Loading { set, read_set: *read_set })?;
                }
                Ok(Err(Ask::Scope(scope))) if scope == entry.scope => break,
                Ok(Err(Ask::Scope(scope))) => return Ok(Err(scope)),
                Err(panic) => {
                    set.take_back();
                    let text = panic_text(panic.as_ref());
                    return Ok(Ok(Err(entry.fault(format_args!("panicked: {text}")))));
                }
            }
        }
        Ok(Ok(Err(entry.fault(format_args!("asks for more again and again")))))
    }
}

/// A disk that is slow, or a batch that was too much at once: every till has waited for it.
fn warn_if_slow(started: Instant, decided: Instant, postings: usize) {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    if started.elapsed() > SLOW {
        let (took_ms, commit_ms) = (milliseconds(started.elapsed()), milliseconds(decided.elapsed()));
        tracing::warn!(took_ms, commit_ms, postings, "a slow batch");
    }
}

impl Entry {
    fn asked(&self) -> Asked<'_> {
        let (posting, key) = (self.posting.as_ref(), self.key.as_ref());
        Asked { posting, caller: &self.caller, key, request_id: &self.request_id, scope: &self.scope }
    }

    /// A panic here names nothing; it comes again, and is caught, when the posting is decided.
    fn name_read_set(&self, known: &WorkingSet, read_set: &mut ReadSet) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.asked().read_set(known, read_set)));
    }

    fn fault(&self, what: std::fmt::Arguments) -> Error {
        self.span.in_scope(|| Error::internal(format_args!("{} {what}", self.posting.method())))
    }
}

pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text")
}
