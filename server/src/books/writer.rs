//! The books' task: takes what waits, loads, decides, flushes, commits, answers.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use kassa_proto::v1::ErrorReason as Reason;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, EntityTrait, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use super::{
    Key, KeyCounts, NumberReservations, ReadSet, WorkingSet,
    breakers::Breakers,
    deciding::{Answered, Asked, KeyRow, MOST_STOPS, READ_ROUNDS, Terms},
    posting::AnyPosting,
    time::Time,
};
use crate::{
    caller::Caller,
    clock::{SharedClock, to_micros},
    config::Config,
    disk::Disk,
    error::{self, Error},
    store::{
        DataFolder, Failure, FailureKind, Purpose, StartError, Synchronous, entity::idempotency_key, sqlite,
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
    pub answer: oneshot::Sender<Result<Stored, Error>>,
    pub request_id: String,
    pub span: Span,
}

/// A posting's answer as it is stored.
pub(super) struct Stored {
    pub bytes: Vec<u8>,
    pub replayed: bool,
}

type Outcome = Result<Stored, Error>;

/// What became of a batch.
enum Batch {
    /// Decided and stored: an outcome for each of the first postings; the rest was not looked at.
    Stored(Vec<Outcome>),
    /// A row broke a constraint: all of it is undone.
    Broken(Failure),
    /// All of it is undone, or nobody knows: the same answer for everybody.
    Failed(Error),
}

/// Owns the only connection that writes.
pub(super) struct Writer {
    database: PathBuf,
    reservations: NumberReservations,
    synchronous: Synchronous,
    largest_batch: usize,
    clock: SharedClock,
    time: Time,
    disk: Arc<Disk>,
    keep_answers_micros: i64,
    key_counts: Arc<KeyCounts>,
    breakers: Breakers,
    /// `None` after an error that the connection may not have survived.
    connection: Option<DatabaseConnection>,
    #[cfg(feature = "fault-injection")]
    faults: Arc<crate::store::fault::Faults>,
}

impl Writer {
    pub(super) async fn open(
        config: &Config,
        folder: &DataFolder,
        clock: SharedClock,
        disk: Arc<Disk>,
    ) -> Result<Self, StartError> {
        let reservations =
            NumberReservations::read(folder).map_err(|cause| StartError::folder(folder.path(), cause))?;
        let database = folder.database();
        let synchronous = config.sqlite.synchronous;
        let connection = sqlite::connect(&database, Purpose::Write, synchronous).await?;
        Ok(Self {
            database,
            reservations,
            synchronous,
            largest_batch: config.limits.batch,
            clock,
            time: Time::default(),
            disk,
            keep_answers_micros: i64::from(config.idempotency.keep_hours) * 3_600 * 1_000_000,
            key_counts: Arc::default(),
            breakers: Breakers::default(),
            connection: Some(connection),
            #[cfg(feature = "fault-injection")]
            faults: Arc::clone(&config.faults),
        })
    }

    pub(super) fn key_counts(&self) -> Arc<KeyCounts> {
        Arc::clone(&self.key_counts)
    }

    /// Works until it is stopped and the queue is empty, then empties the write-ahead log and closes.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Entry>, mut stop: oneshot::Receiver<()>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                let mut taken = Vec::with_capacity(self.largest_batch);
                tokio::select! {
                    biased;
                    // Refuses new postings; those in the queue are still received.
                    _ = &mut stop, if !queue.is_closed() => queue.close(),
                    count = queue.recv_many(&mut taken, self.largest_batch) => {
                        if count == 0 {
                            break;
                        }
                    }
                }
                waiting.extend(taken);
                if waiting.is_empty() {
                    continue;
                }
            }
            // What an earlier batch left over goes first, so that order is kept.
            while waiting.len() < self.largest_batch {
                match queue.try_recv() {
                    Ok(entry) => waiting.push_back(entry),
                    Err(_) => break,
                }
            }
            self.work(&mut waiting).await;
        }
        self.close().await;
    }

    /// Stores a batch from the front of `waiting` and answers it; what it did not get to stays.
    async fn work(&mut self, waiting: &mut VecDeque<Entry>) {
        let entries = waiting.make_contiguous();
        let together = self.together(entries);
        let entries = entries.get(..together).unwrap_or_default();
        let outcomes = match self.store_with_the_reserve(entries).await {
            Batch::Stored(outcomes) => outcomes,
            Batch::Failed(error) => entries.iter().map(|_| Err(error.clone())).collect(),
            Batch::Broken(failure) => match entries {
                // It ran alone, and would break again.
                [entry] => vec![Err(self.broke(entry, &failure))],
                _ => {
                    tracing::warn!(%failure, postings = entries.len(), "a batch broke a constraint; its postings run one by one");
                    self.one_by_one(entries).await
                }
            },
        };
        for outcome in outcomes {
            if let Some(entry) = waiting.pop_front() {
                if entry.key.is_some() {
                    let answered = outcome.as_ref().map(|stored| stored.replayed);
                    self.key_counts.count(entry.posting.method(), answered);
                }
                // Nobody is there to hear it if the caller went away; the posting is done all the same.
                let _ = entry.answer.send(outcome);
            }
        }
    }

    /// How many of the first postings make a batch: as many as there are, but who breaks batches again and again
    /// is one by itself, in its turn.
    fn together(&self, entries: &[Entry]) -> usize {
        if self.breakers.is_empty() {
            return entries.len();
        }
        let now = self.clock.now();
        let alone =
            |entry: &Entry| self.breakers.run_alone(entry.caller.terminal_id, entry.posting.method(), now);
        entries.iter().position(alone).map_or(entries.len(), |before| before.max(1))
    }

    /// A posting broke a constraint by itself.
    fn broke(&mut self, entry: &Entry, failure: &Failure) -> Error {
        let method = entry.posting.method();
        self.breakers.broke(entry.caller.terminal_id, method, self.clock.now());
        entry.fault(format_args!("broke a constraint: {failure}"))
    }

    /// Only the posting that broke the batch fails: a rule should have caught it.
    async fn one_by_one(&mut self, entries: &[Entry]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            let outcome = match self.store(std::slice::from_ref(entry)).await {
                Batch::Stored(outcomes) => {
                    outcomes.into_iter().next().unwrap_or_else(|| Err(error::outcome_unknown()))
                }
                Batch::Failed(error) => Err(error),
                Batch::Broken(failure) => Err(self.broke(entry, &failure)),
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    /// A full disk gives its reserve up, and then there is room for the batch.
    async fn store_with_the_reserve(&mut self, entries: &[Entry]) -> Batch {
        match self.store(entries).await {
            Batch::Failed(error) if error.reason() == Reason::DiskFull && self.disk.make_room().await => {
                self.store(entries).await
            }
            stored => stored,
        }
    }

    /// One transaction: load, decide, flush, commit.
    async fn store(&mut self, entries: &[Entry]) -> Batch {
        let started = Instant::now();
        let transaction = match self.begin().await {
            Ok(transaction) => transaction,
            Err(failure) => return self.failed(failure).await,
        };
        let mut books = WorkingSet::default();
        let now = match self.time.next(&mut books, self.clock.as_ref(), &transaction).await {
            Ok(now) => now,
            Err(failure) => return self.undone(transaction, failure).await,
        };
        let decided = self.decide_all(&mut books, entries, now, &transaction).await;
        #[cfg(feature = "fault-injection")]
        let decided = self.faults.take_batch().map_or(decided, Err);
        let outcomes = match decided {
            Ok(outcomes) => outcomes,
            Err(failure) => return self.undone(transaction, failure).await,
        };
        if books.dirty() == 0 {
            // Only refusals and replays: there is nothing to sync.
            return match transaction.rollback().await {
                Ok(()) => Batch::Stored(outcomes),
                Err(error) => self.failed(error.into()).await,
            };
        }
        if let Err(cause) = self.reserve_numbers(&books).await {
            return self.undone(transaction, cause).await;
        }
        let flushed = books.flush(&transaction).await;
        #[cfg(feature = "fault-injection")]
        let flushed = match flushed {
            Ok(_) if self.faults.take_constraint(entries.len()) => {
                // The same new rows again: SQLite itself finds the key that is taken.
                books.flush(&transaction).await
            }
            flushed => flushed,
        };
        match flushed {
            Ok(flushed) => {
                tracing::debug!(
                    postings = outcomes.len(),
                    rows = flushed.rows,
                    statements = flushed.statements,
                    "a batch is decided"
                );
            }
            Err(failure) => return self.undone(transaction, failure).await,
        }
        let decided = Instant::now();
        match self.commit(transaction).await {
            Ok(()) => {
                self.time.is_stored(now);
                warn_if_slow(started, decided, outcomes.len());
                books.money_lines().iter().for_each(|line| money_log::write(line));
                Batch::Stored(outcomes)
            }
            Err(failure) => {
                let key = key_in(entries, &outcomes);
                tracing::error!(%failure, postings = outcomes.len(), "a commit failed");
                Batch::Failed(self.after_failed_commit(failure, key).await)
            }
        }
    }

    async fn begin(&mut self) -> Result<DatabaseTransaction, Failure> {
        let connection = match &self.connection {
            Some(connection) => connection,
            None => {
                let opened = sqlite::connect(&self.database, Purpose::Write, self.synchronous).await;
                let opened = opened.map_err(|error| match error {
                    StartError::Database(error) => Failure::from(error),
                    other => Failure::new(FailureKind::Other, other.to_string()),
                })?;
                self.connection.insert(opened)
            }
        };
        #[cfg(feature = "fault-injection")]
        sqlite::limit_pages(connection, self.faults.page_limit()).await?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(connection.begin_with_options(options).await?)
    }

    /// No number is given out that a restore would not know of.
    async fn reserve_numbers(&mut self, books: &WorkingSet) -> Result<(), Failure> {
        // Once in a thousand numbers, and then the commit waits for the disk as well.
        self.reservations.cover_batch(books).await.map_err(Failure::from)
    }

    async fn commit(&self, transaction: DatabaseTransaction) -> Result<(), Failure> {
        #[cfg(feature = "fault-injection")]
        use crate::store::fault::{CommitFault, NOTHING_STORED};
        #[cfg(feature = "fault-injection")]
        match self.faults.take_commit() {
            None => {}
            #[expect(clippy::panic, reason = "injected: a fault of this program's")]
            Some(CommitFault::Panic) => panic!("injected: the books' task breaks"),
            Some(fault @ (CommitFault::Lost | CommitFault::Full)) => {
                transaction.rollback().await?;
                let kind = if fault == CommitFault::Full { FailureKind::Full } else { FailureKind::Io };
                return Err(Failure::new(kind, NOTHING_STORED));
            }
            Some(CommitFault::Stored) => {
                transaction.commit().await?;
                return Err(Failure::new(FailureKind::Io, "injected: all was stored"));
            }
        }
        Ok(transaction.commit().await?)
    }

    /// Rolls back. An error that SQLite may have rolled back by itself costs the connection.
    async fn undone(&mut self, transaction: DatabaseTransaction, failure: Failure) -> Batch {
        let rolled_back = transaction.rollback().await;
        if !failure.spares_the_connection() || rolled_back.is_err() {
            self.drop_connection().await;
        }
        match failure.kind {
            FailureKind::Constraint => Batch::Broken(failure),
            _ => Batch::Failed(failure.into()),
        }
    }

    async fn failed(&mut self, failure: Failure) -> Batch {
        if !failure.spares_the_connection() {
            self.drop_connection().await;
        }
        Batch::Failed(failure.into())
    }

    async fn drop_connection(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "a broken connection did not close");
        }
    }

    /// An error of COMMIT means unknown: whether the batch is there is seen only from a new connection.
    async fn after_failed_commit(&mut self, failure: Failure, key: Option<KeyRow>) -> Error {
        self.time = Time::default();
        self.drop_connection().await;
        if failure.kind != FailureKind::Full {
            return error::outcome_unknown();
        }
        let found = async {
            let Some(key) = key else { return Ok(true) };
            let transaction = self.begin().await?;
            let row = idempotency_key::Entity::find_by_id(key).one(&transaction).await?;
            transaction.rollback().await?;
            Ok::<_, Failure>(row.is_some())
        };
        match found.await {
            Ok(false) => error::disk_full(),
            Ok(true) => error::outcome_unknown(),
            Err(failure) => {
                tracing::error!(%failure, "looking for the batch failed too");
                self.drop_connection().await;
                error::outcome_unknown()
            }
        }
    }

    /// Loads what the batch names, then decides each in the order of arrival. Says nothing of the
    /// postings it did not get to.
    async fn decide_all(
        &self,
        books: &mut WorkingSet,
        entries: &[Entry],
        now: DateTime<Utc>,
        transaction: &DatabaseTransaction,
    ) -> Result<Vec<Outcome>, Failure> {
        for _ in 0..READ_ROUNDS {
            let mut read_set = ReadSet::default();
            for entry in entries {
                entry.name_read_set(books, &mut read_set);
            }
            if !books.load(read_set, transaction).await? {
                break;
            }
        }
        let mut outcomes = Vec::with_capacity(entries.len());
        for entry in entries {
            outcomes.push(self.decide(books, entry, now, transaction).await?);
            if books.dirty() > MOST_ROWS {
                break;
            }
        }
        Ok(outcomes)
    }

    async fn decide(
        &self,
        books: &mut WorkingSet,
        entry: &Entry,
        now: DateTime<Utc>,
        transaction: &DatabaseTransaction,
    ) -> Result<Outcome, Failure> {
        let terms = Terms {
            now,
            clock: self.clock.as_ref(),
            answers_since: to_micros(now).saturating_sub(self.keep_answers_micros),
            used_codes: self.reservations.codes(),
            admit: &|method| self.disk.admit(method),
        };
        for _ in 0..MOST_STOPS {
            let decided = catch_unwind(AssertUnwindSafe(|| {
                entry.span.in_scope(|| entry.asked().decide(books, &terms, |_| ()))
            }));
            match decided {
                Ok(Ok(Answered::Done(bytes))) => return Ok(Ok(Stored { bytes, replayed: false })),
                Ok(Ok(Answered::Replayed(bytes))) => return Ok(Ok(Stored { bytes, replayed: true })),
                Ok(Ok(Answered::RejectedAndCommitted(error) | Answered::Rejected(error))) => {
                    return Ok(Err(error));
                }
                Ok(Err(read_set)) => {
                    if !books.load(*read_set, transaction).await? {
                        break;
                    }
                }
                Err(panic) => {
                    books.take_back();
                    let text = panic_text(panic.as_ref());
                    return Ok(Err(entry.fault(format_args!("panicked: {text}"))));
                }
            }
        }
        Ok(Err(entry.fault(format_args!("asks for more rows again and again"))))
    }

    async fn close(self) {
        let Some(connection) = self.connection else { return };
        if let Err(error) = sqlite::truncate_wal(&connection).await {
            tracing::warn!(%error, "the write-ahead log could not be emptied; the next start does it");
        }
        if let Err(error) = connection.close().await {
            tracing::warn!(%error, "the database did not close");
        }
    }
}

/// A key whose row the batch wrote: it is there if and only if the batch is. A posting that was refused wrote none.
fn key_in(entries: &[Entry], outcomes: &[Outcome]) -> Option<KeyRow> {
    entries.iter().zip(outcomes).find_map(|(entry, outcome)| match outcome {
        Ok(stored) if !stored.replayed => entry.asked().key_row(),
        _ => None,
    })
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
        Asked { posting, caller: &self.caller, key, request_id: &self.request_id }
    }

    /// A panic here names nothing; it comes again, and is caught, when the posting is decided.
    fn name_read_set(&self, known: &WorkingSet, read_set: &mut ReadSet) {
        let _ = catch_unwind(AssertUnwindSafe(|| self.asked().read_set(known, read_set)));
    }

    fn fault(&self, what: std::fmt::Arguments) -> Error {
        self.span.in_scope(|| Error::internal(format_args!("{} {what}", self.posting.method())))
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text")
}
