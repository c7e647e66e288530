//! Faults that can't occur naturally, for tests: an engine that has them.
//!
//! Compiled with the feature `fault-injection` only; no shop's program contains it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use tokio::sync::watch;

use super::{
    Failure, FailureKind,
    engine::{Batch, BatchToken, Changes, CommitFailure, Engine, LookUps, Marks, Pen, Scopes, Settled},
    entity::idempotency_key,
    row::{Row, Stored as _},
    sqlite::engine::{SqliteBatch, SqliteEngine},
};
use crate::caller::Class;

/// What is said of a fault that stored nothing. It stands in every program that is built with the feature, and so tells
/// it from those that are not.
pub const NOTHING_STORED: &str = "injected: nothing was stored";

/// What happens to a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    /// The disk failed before anything was stored.
    Lost,
    /// Everything was stored, but the answer of the disk was an error.
    Stored,
    /// The disk was full when the commit was written: nothing was stored.
    Full,
    /// Everything was stored, the answer of the disk was an error, and so is every later one to what became of it.
    StoredUnseen,
    /// The books' thread panics.
    Panic,
}

/// What happens to a batch before its commit: nothing of it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchFault {
    /// The database was locked past the wait.
    Busy,
    /// SQLite found the file damaged.
    Corrupt,
    /// The disk failed to read or write.
    Io,
}

/// The faults that are still to happen, and those that did.
#[derive(Debug, Default)]
pub struct Faults {
    constraint: AtomicUsize,
    constraint_done: AtomicUsize,
    batch: Mutex<VecDeque<BatchFault>>,
    batch_done: AtomicUsize,
    commit: Mutex<VecDeque<CommitFault>>,
    commit_done: AtomicUsize,
    page_limit: AtomicUsize,
    backup_damage: AtomicUsize,
    free_bytes: Mutex<Option<u64>>,
    held: watch::Sender<Held>,
}

/// What is read of a class that is held up, and waits to be let go.
#[derive(Debug, Default)]
struct Held {
    class: Option<Class>,
    standing: usize,
    most: usize,
}

impl Faults {
    /// Makes the next `count` batches of two keyed postings or more break a UNIQUE constraint.
    pub fn break_batches(&self, count: usize) {
        self.constraint.store(count, SeqCst);
    }

    /// How many batches broke.
    pub fn broken_batches(&self) -> usize {
        self.constraint_done.load(SeqCst)
    }

    /// Makes a coming batch fail while it is decided.
    pub fn fail_batch(&self, fault: BatchFault) {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// How many batches failed.
    pub fn failed_batches(&self) -> usize {
        self.batch_done.load(SeqCst)
    }

    /// Makes a coming commit fail.
    pub fn fail_commit(&self, fault: CommitFault) {
        self.commit.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// How many commits failed.
    pub fn failed_commits(&self) -> usize {
        self.commit_done.load(SeqCst)
    }

    /// Lets the database grow to this many pages and no further, as a full disk would; 0 lifts it.
    pub fn limit_pages(&self, pages: usize) {
        self.page_limit.store(pages, SeqCst);
    }

    /// Damages the next `count` copies that are made for backups.
    pub fn damage_backups(&self, count: usize) {
        self.backup_damage.store(count, SeqCst);
    }

    pub(crate) fn take_backup_damage(&self) -> bool {
        self.backup_damage.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    /// Has the disk say that so many bytes are free; nothing has it tell the truth again.
    pub fn report_free(&self, bytes: impl Into<Option<u64>>) {
        *self.free_bytes.lock().unwrap_or_else(PoisonError::into_inner) = bytes.into();
    }

    pub(crate) fn free_bytes(&self) -> Option<u64> {
        *self.free_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds up what is read of a class from now on: it has its turn, and gets no further.
    pub fn hold_up(&self, class: Class) {
        self.held.send_modify(|held| held.class = Some(class));
    }

    /// Lets go what is held up, and holds up nothing more. Gives how many stood there at once.
    pub fn let_go(&self) -> usize {
        self.held.send_modify(|held| held.class = None);
        self.held.borrow().most
    }

    /// Waits until so many are held up at once.
    pub async fn are_held_up(&self, count: usize) {
        // The sender is here: it is not gone.
        let _ = self.held.subscribe().wait_for(|held| held.standing == count).await;
    }

    /// Stands as long as the class is held up.
    pub(crate) async fn stand(&self, class: Class) {
        let mut held = self.held.subscribe();
        if held.borrow().class != Some(class) {
            return;
        }
        let standing = Standing(&self.held);
        self.held.send_modify(|held| {
            held.standing += 1;
            held.most = held.most.max(held.standing);
        });
        let _ = held.wait_for(|held| held.class != Some(class)).await;
        drop(standing);
    }

    fn take_constraint(&self, postings: usize) -> bool {
        let take = |left: usize| left.checked_sub(1);
        let taken = postings > 1 && self.constraint.fetch_update(SeqCst, SeqCst, take).is_ok();
        if taken {
            self.constraint_done.fetch_add(1, SeqCst);
        }
        taken
    }

    fn take_batch(&self) -> Option<Failure> {
        let kind = match take(&self.batch, &self.batch_done)? {
            BatchFault::Busy => FailureKind::Busy,
            BatchFault::Corrupt => FailureKind::Corrupt,
            BatchFault::Io => FailureKind::Io,
        };
        Some(Failure::new(kind, NOTHING_STORED))
    }

    fn take_commit(&self) -> Option<CommitFault> {
        take(&self.commit, &self.commit_done)
    }
}

/// The books' engine, to which faults happen.
pub struct FaultyEngine {
    engine: SqliteEngine,
    faults: Arc<Faults>,
    is_unreachable: bool,
}

impl FaultyEngine {
    /// An engine to which these faults happen.
    pub fn of(engine: SqliteEngine, faults: Arc<Faults>) -> Self {
        Self { engine, faults, is_unreachable: false }
    }
}

impl Engine for FaultyEngine {
    type Batch<'engine> = FaultyBatch<'engine>;

    fn begin(
        &mut self,
        scopes: &Scopes,
        first: &mut impl LookUps,
    ) -> Result<(FaultyBatch<'_>, Marks), Failure> {
        let Self { engine, faults, is_unreachable } = self;
        engine.limit_pages(faults.page_limit.load(SeqCst));
        let (batch, marks) = engine.begin(scopes, first)?;
        Ok((FaultyBatch { batch, faults, is_unreachable }, marks))
    }

    fn settle(&mut self, token: Option<&BatchToken>, failure: &Failure) -> Settled {
        let settled = self.engine.settle(token, failure);
        if std::mem::take(&mut self.is_unreachable) { Settled::Unreachable } else { settled }
    }

    fn tend(&mut self) -> Result<(), Failure> {
        self.engine.tend()
    }

    fn close(self) {
        self.engine.close();
    }
}

/// A batch to which faults happen.
pub struct FaultyBatch<'engine> {
    batch: SqliteBatch<'engine>,
    faults: &'engine Faults,
    is_unreachable: &'engine mut bool,
}

impl Batch for FaultyBatch<'_> {
    fn load(&mut self, wanted: &mut impl LookUps) -> Result<(), Failure> {
        self.batch.load(wanted)
    }

    fn commit(self, changes: &impl Changes) -> Result<usize, CommitFailure> {
        let Self { batch, faults, is_unreachable } = self;
        let injected = |text: &str| CommitFailure::Unknown(Failure::new(FailureKind::Io, text));
        if let Some(failure) = faults.take_batch() {
            batch.undo().map_err(CommitFailure::Undone)?;
            return Err(CommitFailure::Undone(failure));
        }
        if faults.take_constraint(keyed_postings(changes)) {
            return batch.commit(&Twice(changes));
        }
        match faults.take_commit() {
            None => batch.commit(changes),
            #[expect(clippy::panic, reason = "injected: a fault of this program's")]
            Some(CommitFault::Panic) => panic!("injected: the books' thread breaks"),
            Some(fault @ (CommitFault::Lost | CommitFault::Full)) => {
                batch.undo().map_err(CommitFailure::Undone)?;
                let kind = if fault == CommitFault::Full { FailureKind::Full } else { FailureKind::Io };
                Err(CommitFailure::Unknown(Failure::new(kind, NOTHING_STORED)))
            }
            Some(fault @ (CommitFault::Stored | CommitFault::StoredUnseen)) => {
                batch.commit(changes)?;
                *is_unreachable = fault == CommitFault::StoredUnseen;
                Err(injected("injected: all was stored"))
            }
        }
    }

    fn undo(self) -> Result<(), Failure> {
        self.batch.undo()
    }
}

/// How many postings with a key a batch carries out.
fn keyed_postings(changes: &impl Changes) -> usize {
    struct Keys(usize);
    impl Pen for Keys {
        fn insert<R: Row>(&mut self, _row: &R) -> Result<(), Failure> {
            self.0 += usize::from(R::TABLE == idempotency_key::Model::TABLE);
            Ok(())
        }

        fn update<R: Row>(&mut self, _before: &R, _after: &R) -> Result<(), Failure> {
            Ok(())
        }
    }
    let mut keys = Keys(0);
    // It fails at nothing.
    let _ = changes.each(&mut keys);
    keys.0
}

/// The same changes twice: the database itself finds the keys that are taken.
struct Twice<'a, C>(&'a C);

impl<C: Changes> Changes for Twice<'_, C> {
    fn each(&self, pen: &mut impl Pen) -> Result<(), Failure> {
        self.0.each(pen)?;
        self.0.each(pen)
    }
}

/// Whoever gives up while it is held up stands there no longer.
struct Standing<'a>(&'a watch::Sender<Held>);

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|held| held.standing -= 1);
    }
}

/// The next fault of a queue, counted as done.
fn take<F>(queue: &Mutex<VecDeque<F>>, done: &AtomicUsize) -> Option<F> {
    let fault = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    if fault.is_some() {
        done.fetch_add(1, SeqCst);
    }
    fault
}
