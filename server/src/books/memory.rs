//! The books without a disk: an engine in memory, on which the writer's own loop runs. It can lose a commit, or what
//! became of one.

use std::{
    any::{Any, TypeId},
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use chrono::{DateTime, Utc};
use kassa_proto::v1::ErrorReason as Reason;
use tokio::sync::oneshot;

pub use super::deciding::Answered;
use super::{
    Key, Member, Posting, UsedCodes, WorkingSet,
    posting::AnyPosting,
    table::Table,
    working_set::Visitor,
    writer::{Entry, Ground, Stored as Answer, Writer},
};
use crate::{
    caller::Caller,
    clock::{Clock, SharedClock, from_micros},
    config::Config,
    error::Error,
    store::{
        Failure, FailureKind,
        engine::{
            Batch, BatchToken, Changes, CommitFailure, Engine, Finder, LookUps, Marks, Pen, Scopes, Settled,
            ShopMark,
        },
        entity::{branch, business},
        row::{Row, Term, Value},
    },
};

/// A posting that waits.
pub struct Waiting {
    posting: Arc<dyn AnyPosting>,
    caller: Caller,
    key: Option<Key>,
}

impl Waiting {
    /// A posting of a caller.
    pub fn new<P: Posting>(posting: P, caller: Caller, key: Option<Key>) -> Self {
        Self { posting: Arc::new(posting), caller, key }
    }
}

/// Learns what a posting changed.
pub trait Sink {
    /// A row as it was, if it was, and as it is.
    fn changed<R: Member>(&mut self, before: Option<&R>, after: &R);
}

/// What became of a posting.
pub struct Decided<S> {
    /// What it was answered, or would have been if its batch had been stored.
    pub answered: Answered,
    /// What it changed.
    pub changes: S,
    /// Whether its batch was stored.
    pub is_stored: bool,
}

/// A clock that stands where it is put, and random bytes that are always the same.
pub struct Standing {
    micros: AtomicI64,
    drawn: AtomicU64,
}

impl Clock for Standing {
    fn now(&self) -> DateTime<Utc> {
        from_micros(self.micros.load(Relaxed))
    }

    fn random(&self, bytes: &mut [u8]) {
        let number = self.drawn.fetch_add(1, Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        for (byte, random) in bytes.iter_mut().zip(number.iter().cycle()) {
            *byte = *random;
        }
    }
}

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// It fails, and nothing is stored.
    Undone,
    /// Nobody sees its end, and nothing is stored.
    Lost,
    /// Nobody sees its end, and all is stored.
    Unseen,
    /// The same, and nobody finds it out either.
    Unreachable,
}

/// The rows of a table that are committed.
struct Stored<R: Row> {
    rows: HashMap<R::Key, R>,
    by_index: HashMap<R::Index, BTreeSet<R::Key>>,
}

impl<R: Row> Default for Stored<R> {
    fn default() -> Self {
        Self { rows: HashMap::new(), by_index: HashMap::new() }
    }
}

impl<R: Row> Stored<R> {
    fn put(&mut self, row: R) {
        let key = row.key();
        let after = row.indexes();
        if let Some(before) = self.rows.insert(key.clone(), row) {
            for index in before.indexes() {
                if !after.contains(&index)
                    && let Some(keys) = self.by_index.get_mut(&index)
                {
                    keys.remove(&key);
                }
            }
        }
        for index in after {
            self.by_index.entry(index).or_default().insert(key.clone());
        }
    }
}

/// All tables by the type of their rows.
#[derive(Default)]
struct Tables(HashMap<TypeId, Box<dyn Any + Send>>);

impl Tables {
    fn of<R: Row>(&mut self) -> &mut Stored<R> {
        let table = self.0.entry(TypeId::of::<R>()).or_insert_with(|| Box::new(Stored::<R>::default()));
        table.downcast_mut().expect("the table of these rows")
    }
}

/// The engine.
#[derive(Default)]
pub struct MemoryEngine {
    tables: Tables,
    faults: VecDeque<CommitFault>,
    is_unreachable: bool,
    /// Whether somebody else has written.
    foreign: bool,
    /// Whether the last batch that wrote anything is stored.
    is_stored: bool,
    /// How often rows were asked for after a batch had begun.
    loads: usize,
}

impl Engine for MemoryEngine {
    type Batch<'engine> = MemoryBatch<'engine>;

    fn begin(
        &mut self,
        scopes: &Scopes,
        first: &mut impl LookUps,
    ) -> Result<(MemoryBatch<'_>, Marks), Failure> {
        first.each(&mut Finding(&mut self.tables))?;
        let business = self.tables.of::<business::Model>().rows.values().next();
        let shop = business.map(ShopMark::of);
        let branches = self.tables.of::<branch::Model>().rows.values();
        let branches = branches.filter(|branch| scopes.shop || scopes.branches.contains(&branch.id));
        let branches = branches.map(|branch| (branch.id, branch.batch)).collect();
        let marks = Marks { foreign: std::mem::take(&mut self.foreign), shop, branches };
        Ok((MemoryBatch(self), marks))
    }

    fn settle(&mut self, token: Option<&BatchToken>, _failure: &Failure) -> Settled {
        let is_unreachable = std::mem::take(&mut self.is_unreachable);
        let Some(token) = token.filter(|_| !is_unreachable) else { return Settled::Unreachable };
        let batch = self.tables.of::<branch::Model>().rows.get(&token.branch_id).map(|branch| branch.batch);
        if batch == Some(token.batch) { Settled::Stored } else { Settled::Absent }
    }

    fn tend(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    fn close(self) {}
}

/// A batch in memory.
pub struct MemoryBatch<'engine>(&'engine mut MemoryEngine);

impl Batch for MemoryBatch<'_> {
    fn load(&mut self, wanted: &mut impl LookUps) -> Result<(), Failure> {
        self.0.loads += 1;
        wanted.each(&mut Finding(&mut self.0.tables))
    }

    fn commit(self, changes: &impl Changes) -> Result<usize, CommitFailure> {
        let fault = self.0.faults.pop_front();
        let failure = || Failure::new(FailureKind::Io, format!("injected: {fault:?}"));
        self.0.is_stored = false;
        match fault {
            Some(CommitFault::Undone) => return Err(CommitFailure::Undone(failure())),
            Some(CommitFault::Lost) => return Err(CommitFailure::Unknown(failure())),
            None | Some(CommitFault::Unseen | CommitFault::Unreachable) => {}
        }
        // What does not fit is found before anything is stored, as a transaction would have it.
        changes.each(&mut Proving(&mut self.0.tables)).map_err(CommitFailure::Undone)?;
        let mut storing = Storing(&mut self.0.tables, 0);
        changes.each(&mut storing).map_err(CommitFailure::Undone)?;
        let written = storing.1;
        self.0.is_stored = true;
        self.0.is_unreachable = fault == Some(CommitFault::Unreachable);
        if fault.is_none() { Ok(written) } else { Err(CommitFailure::Unknown(failure())) }
    }

    fn undo(self) -> Result<(), Failure> {
        // Nothing was written that would have to be stored.
        self.0.is_stored = true;
        Ok(())
    }
}

struct Finding<'a>(&'a mut Tables);

impl Finder for Finding<'_> {
    fn find<R: Row>(
        &mut self,
        keys: &[R::Key],
        indexes: &[R::Index],
        found: &mut Vec<R>,
    ) -> Result<(), Failure> {
        let stored = self.0.of::<R>();
        found.extend(keys.iter().filter_map(|key| stored.rows.get(key).cloned()));
        for index in indexes {
            let of_index = stored.by_index.get(index).into_iter().flatten();
            let of_index: Vec<&R> = of_index.filter_map(|key| stored.rows.get(key)).collect();
            // What the engines' texts ask for is what the rows say of themselves.
            let strange = of_index.iter().find(|row| !R::terms(index).iter().all(|term| fits(**row, term)));
            assert!(strange.is_none(), "{strange:?} is found by {index:?} and has not what that asks for");
            found.extend(of_index.into_iter().cloned());
        }
        Ok(())
    }
}

/// Whether a row has what a look-up asks for; of an expression only an engine can tell.
fn fits<R: Row>(row: &R, term: &Term) -> bool {
    let (column, wanted) = match term {
        Term::Is(column, value) => (column, *value),
        Term::Constant(column, number) => (column, Value::Number((*number).into())),
        Term::Null(column) => (column, Value::Null),
    };
    let place = R::COLUMNS.iter().position(|name| name == column);
    place.map_or(column.contains('('), |place| row.value(place) == wanted)
}

struct Proving<'a>(&'a mut Tables);

impl Pen for Proving<'_> {
    fn insert<R: Row>(&mut self, row: &R) -> Result<(), Failure> {
        if self.0.of::<R>().rows.contains_key(&row.key()) {
            return Err(Failure::new(FailureKind::Constraint, format!("there is such a row: {row:?}")));
        }
        Ok(())
    }

    fn update<R: Row>(&mut self, before: &R, _after: &R) -> Result<(), Failure> {
        let stored = self.0.of::<R>().rows.get(&before.key());
        if stored != Some(before) {
            let text = format!("{before:?} is to be changed, and stored is {stored:?}");
            return Err(Failure::new(FailureKind::Corrupt, text));
        }
        Ok(())
    }
}

/// And how many rows were stored.
struct Storing<'a>(&'a mut Tables, usize);

impl Pen for Storing<'_> {
    fn insert<R: Row>(&mut self, row: &R) -> Result<(), Failure> {
        self.0.of::<R>().put(row.clone());
        self.1 += 1;
        Ok(())
    }

    fn update<R: Row>(&mut self, _before: &R, after: &R) -> Result<(), Failure> {
        self.insert(after)
    }
}

/// Endless room, and what each posting of a batch changed.
struct Watching<S> {
    used_codes: UsedCodes,
    seen: Mutex<HashMap<String, (Answered, S)>>,
}

impl<S: Sink + Default> Ground for Watching<S> {
    fn admit(&self, _method: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn used_codes(&self) -> &UsedCodes {
        &self.used_codes
    }

    fn reserve_numbers(&mut self, _set: &WorkingSet) -> Result<(), Failure> {
        Ok(())
    }

    fn make_room(&self) -> bool {
        false
    }

    fn decided(&self, entry: &Entry, answered: &Answered, set: &mut WorkingSet) {
        let mut telling = Telling(S::default());
        set.each_table(&mut telling);
        // One that is decided again has changed nothing before.
        self.seen.lock().unwrap().insert(entry.request_id.clone(), (answered.clone(), telling.0));
    }
}

struct Telling<S>(S);

impl<S: Sink> Visitor for Telling<S> {
    fn visit<R: Member>(&mut self, table: &mut Table<R>) {
        for (before, after) in table.touched() {
            if let Some(after) = after.filter(|after| before != Some(*after)) {
                self.0.changed(before, after);
            }
        }
    }
}

/// Books in memory, whose changes go to `S`.
pub struct Memory<S> {
    writer: Writer<MemoryEngine, Watching<S>>,
    clock: Arc<Standing>,
}

impl<S: Sink + Default> Memory<S> {
    /// Empty books at a time.
    pub fn at(micros: i64) -> Self {
        let clock = Arc::new(Standing { micros: AtomicI64::new(micros), drawn: AtomicU64::new(1) });
        let shared: SharedClock = Arc::<Standing>::clone(&clock);
        let watching = Watching { used_codes: UsedCodes::default(), seen: Mutex::default() };
        let writer =
            Writer::new(MemoryEngine::default(), watching, shared, &Config::default(), Arc::default());
        Self { writer, clock }
    }

    /// The time.
    pub fn now(&self) -> i64 {
        self.clock.micros.load(Relaxed)
    }

    /// Lets time pass.
    pub fn wait(&mut self, micros: i64) {
        self.clock.micros.fetch_add(micros, Relaxed);
    }

    /// Puts a row as the database would have it.
    pub fn put<R: Member>(&mut self, row: R) {
        self.writer.engine().tables.of::<R>().put(row);
        self.writer.engine().foreign = true;
    }

    /// Has a fault happen to the next commit.
    pub fn fail_commit(&mut self, fault: CommitFault) {
        self.writer.engine().faults.push_back(fault);
    }

    /// How often rows were asked for that were not named before a batch began.
    pub fn loads(&mut self) -> usize {
        self.writer.engine().loads
    }

    /// Has a batch decided and stored.
    ///
    /// # Errors
    /// What is wrong with the books themselves, or with what the callers are told.
    pub fn batch(&mut self, batch: Vec<Waiting>) -> Result<Vec<Decided<S>>, String> {
        let count = batch.len();
        let mut answers = Vec::new();
        let mut waiting: VecDeque<Entry> = VecDeque::new();
        for (number, Waiting { posting, caller, key }) in batch.into_iter().enumerate() {
            let (answer, answered) = oneshot::channel();
            let (request_id, span) = (number.to_string(), tracing::Span::none());
            let scope = posting.scope(&caller);
            waiting.push_back(Entry { posting, caller, key, scope, answer, request_id, span });
            answers.push(answered);
        }
        self.writer.ground().seen.lock().unwrap().clear();
        for _ in 0..=count {
            if !waiting.is_empty() {
                self.writer.work(&mut waiting);
            }
        }
        if !waiting.is_empty() {
            return Err(format!("{} of {count} postings are left", waiting.len()));
        }
        let is_stored = self.writer.engine().is_stored;
        let mut seen = std::mem::take(&mut *self.writer.ground().seen.lock().unwrap());
        let mut all = Vec::new();
        for (number, mut told) in answers.into_iter().enumerate() {
            let (answered, changes) = seen
                .remove(&number.to_string())
                .ok_or_else(|| format!("posting {number} was not decided"))?;
            let told =
                told.try_recv().map_err(|error| format!("posting {number} was not answered: {error}"))?;
            is_told(&answered, &told, is_stored)?;
            all.push(Decided { answered, changes, is_stored });
        }
        Ok(all)
    }
}

/// Whether a caller is told what was decided, if that is stored; otherwise they are told of an error.
fn is_told(answered: &Answered, told: &Result<Answer, Error>, is_stored: bool) -> Result<(), String> {
    let is_right = match (answered, told) {
        (Answered::Done(bytes), Ok(told)) => is_stored && *bytes == told.bytes && !told.replayed,
        (Answered::Replayed(bytes), Ok(told)) => is_stored && *bytes == told.bytes && told.replayed,
        (Answered::RejectedAndCommitted(_) | Answered::Rejected(_), Ok(_)) => false,
        (_, Err(told)) if told.reason() == Reason::OutcomeUnknown => true,
        (_, Err(_)) if !is_stored => true,
        (Answered::Done(_) | Answered::Replayed(_), Err(_)) => false,
        (Answered::RejectedAndCommitted(error) | Answered::Rejected(error), Err(told)) => {
            error.to_string() == told.to_string()
        }
    };
    if is_right { Ok(()) } else { Err(format!("{answered:?} was decided, {told:?} is told ({is_stored})")) }
}
