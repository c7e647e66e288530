//! Checkpoints beside the writer: what was committed goes from the write-ahead log into the database's file on a thread of
//! its own, so that no sale waits for it. The writer does what only it can: the rest that is left, so that the log begins
//! anew, and the emptying.

use std::{
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use rusqlite::{Connection, ffi::SQLITE_IOERR_FSYNC};

use super::{Purpose, Synchronous, engine::connect};
use crate::store::{Failure, FailureKind, StartError};

/// The thread's name: what a fault is injected into, and what a profile calls it.
const NAME: &str = "kassa-checkpt";
/// So many frames of 4 KiB in the log are worth a pass: many pages are in it more than once, and are copied once.
const BULK: i64 = 1_000;
/// So few that are left the writer copies itself, and the log begins anew: of a long log a sixteenth, for the writer never
/// catches up with less than it writes meanwhile.
const FEW: i64 = 200;
const FEW_OF: i64 = 16;
/// 256 MiB: the thread does not keep up, and the writer waits for it, and copies too.
const MOST: i64 = 65_536;
/// When to try again what a reader or the disk stood in the way of.
const AGAIN: Duration = Duration::from_millis(100);
/// The exit status of a disk that failed at a sync: `EX_IOERR` of `sysexits.h`.
const DISK_FAILED: i32 = 74;

/// How far a checkpoint goes (<https://sqlite.org/c3ref/wal_checkpoint_v2.html>).
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// Nothing: only looks.
    Noop,
    /// As far as it gets without waiting for anybody.
    Passive,
    /// All, and the log is empty then.
    Truncate,
}

/// The log: so many frames are in it, and so many of them in the database's file, too.
#[derive(Clone, Copy, Debug)]
struct Frames {
    is_busy: bool,
    log: i64,
    copied: i64,
}

/// The thread that copies, and how much the writer leaves to it.
pub struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// How long the log was when the writer copied because it was too long.
    tried_at: i64,
}

#[derive(Default)]
struct Shared {
    /// One checkpoint at a time: SQLite refuses a second one at once, however long it may wait.
    turn: Mutex<()>,
    orders: Mutex<Orders>,
    ordered: Condvar,
    /// The writer may finish what the thread began.
    has_copied: AtomicBool,
    /// What the last pass failed with, until the writer asks.
    failure: Mutex<Option<Failure>>,
    /// Whether it was told already that checkpoints fail.
    is_failing: AtomicBool,
}

#[derive(Default)]
struct Orders {
    copy: bool,
    stop: bool,
}

impl Checkpointer {
    /// Starts the thread.
    ///
    /// # Errors
    /// [`StartError`] if its connection can't be opened, or the system has no thread to give.
    pub fn start(file: PathBuf, synchronous: Synchronous) -> Result<Self, StartError> {
        let shared = Arc::<Shared>::default();
        let connection = connect(&file, Purpose::Checkpoint, synchronous)?;
        let its = Arc::clone(&shared);
        // Its lines go where those of who started it go.
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let run = move || {
            let open = || connect(&file, Purpose::Checkpoint, synchronous);
            tracing::dispatcher::with_default(&dispatch, || its.run(Some(connection), open));
        };
        let thread = thread::Builder::new().name(NAME.to_owned()).spawn(run);
        let thread = thread
            .map_err(|cause| StartError::Books(format!("there is no thread for checkpoints: {cause}")))?;
        Ok(Self { shared, thread: Some(thread), tried_at: 0 })
    }

    /// After a batch: has the thread copy, or copies the little that it has left.
    ///
    /// # Errors
    /// What the thread failed with since it was asked last, or the writer itself.
    pub fn tend(&mut self, writer: &Connection) -> Result<(), Failure> {
        let frames = checkpoint(writer, Mode::Noop)?;
        if frames.log < MOST {
            self.tried_at = 0;
        }
        if frames.log >= MOST && frames.log.saturating_sub(self.tried_at) >= BULK {
            self.tried_at = frames.log;
            let _turn = self.shared.turn();
            self.shared.told(checkpoint(writer, Mode::Passive))?;
        } else if frames.left() > FEW.max(frames.log / FEW_OF) {
            if frames.left() > BULK {
                self.shared.order(|orders| orders.copy = true);
            }
        } else if self.shared.has_copied.swap(false, SeqCst)
            && frames.left() > 0
            // Whoever is at it copies as much.
            && let Ok(_turn) = self.shared.turn.try_lock()
        {
            self.shared.told(checkpoint(writer, Mode::Passive))?;
        }
        lock(&self.shared.failure).take().map_or(Ok(()), Err)
    }

    /// Moves all of the log into the database and empties it: what was committed is in the file then, and synced.
    ///
    /// # Errors
    /// `Busy` if somebody reads from the log; what the disk says.
    pub fn empty_the_log(&self, writer: &Connection) -> Result<(), Failure> {
        let _turn = self.shared.turn();
        match checkpoint(writer, Mode::Truncate)?.is_busy {
            true => Err(Failure::new(FailureKind::Busy, "readers hold the log")),
            false => Ok(()),
        }
    }

    /// Ends the thread, and closes its connection.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.shared.order(|orders| orders.stop = true);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the checkpoints' thread broke");
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.turn)
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut lock(&self.orders));
        self.ordered.notify_one();
    }

    /// Copies whenever it is told to, until it is stopped.
    fn run(&self, mut connection: Option<Connection>, open: impl Fn() -> Result<Connection, StartError>) {
        let mut try_again = false;
        while self.is_told_to_copy(try_again) {
            let passed = self.told(self.pass(&mut connection, &open));
            try_again = passed.as_ref().map_or(true, |frames| frames.left() > BULK);
            *lock(&self.failure) = passed.err();
        }
    }

    /// Tells once of checkpoints that fail, and once that they are made again.
    fn told(&self, made: Result<Frames, Failure>) -> Result<Frames, Failure> {
        match (&made, self.is_failing.swap(made.is_err(), SeqCst)) {
            (Err(failure), false) => {
                tracing::error!(%failure, "the write-ahead log can't be copied into the database; sales go on while it can grow");
            }
            (Ok(_), true) => tracing::info!("the write-ahead log is copied into the database again"),
            (Ok(_), false) | (Err(_), true) => {}
        }
        made
    }

    fn is_told_to_copy(&self, again: bool) -> bool {
        let mut orders = lock(&self.orders);
        if again {
            let waited = self.ordered.wait_timeout_while(orders, AGAIN, |orders| !orders.stop);
            orders = waited.unwrap_or_else(PoisonError::into_inner).0;
        } else {
            let waited = self.ordered.wait_while(orders, |orders| !orders.copy && !orders.stop);
            orders = waited.unwrap_or_else(PoisonError::into_inner);
        }
        orders.copy = false;
        !orders.stop
    }

    fn pass(
        &self,
        connection: &mut Option<Connection>,
        open: impl Fn() -> Result<Connection, StartError>,
    ) -> Result<Frames, Failure> {
        let copying = match connection.take() {
            Some(connection) => connection,
            None => open().map_err(Failure::from)?,
        };
        let frames = {
            let _turn = self.turn();
            checkpoint(&copying, Mode::Passive)?
        };
        // After an error it is opened anew.
        *connection = Some(copying);
        self.has_copied.store(true, SeqCst);
        Ok(frames)
    }
}

impl Frames {
    fn left(&self) -> i64 {
        self.log.saturating_sub(self.copied)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn checkpoint(connection: &Connection, mode: Mode) -> Result<Frames, Failure> {
    let text = match mode {
        Mode::Noop => "PRAGMA wal_checkpoint(NOOP)",
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
        Mode::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
    };
    let mut statement = connection.prepare_cached(text)?;
    let frames = statement
        .query_row([], |row| Ok(Frames { is_busy: row.get(0)?, log: row.get(1)?, copied: row.get(2)? }));
    drop(statement);
    frames.map_err(|error| {
        if error.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_IOERR_FSYNC) {
            end_if_pages_may_be_lost(connection, &error);
        }
        error.into()
    })
}

/// Ends the program if a sync that failed may have cost more than the pass that it was made for.
fn end_if_pages_may_be_lost(connection: &Connection, error: &rusqlite::Error) {
    if !pages_may_be_lost(connection) {
        return;
    }
    let what = "the disk failed while sales were moved into the database's file; nothing is lost, but the program has to \
                start again to be sure. If this comes back, replace the disk";
    tracing::error!(%error, "{what}");
    // The log is written by a thread that may not get to it any more.
    #[expect(clippy::print_stderr, reason = "these are its last words")]
    {
        eprintln!("kassa-server: {what}");
    }
    // Nothing is closed: closing would copy the rest, and drop the log.
    std::process::exit(DISK_FAILED);
}

/// After a sync that failed, Linux may have dropped pages that were written before it, and the next sync succeeds without
/// them (<https://wiki.postgresql.org/wiki/Fsync_Errors>). Frames of the pass that failed are copied again; those of
/// passes before it, which nobody had synced, would not be: SQLite has counted them as copied. Only a start that reads the
/// log from its beginning copies them again; the log itself has them, synced.
fn pages_may_be_lost(connection: &Connection) -> bool {
    let looked = connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get::<_, i64>(2));
    !looked.is_ok_and(|copied| copied == 0)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const KEPT_LOG: u64 = 64 << 20;

    /// Books that are one table, the writer of them, and its checkpoints.
    struct Shop {
        folder: tempfile::TempDir,
        writer: Connection,
        checkpointer: Checkpointer,
    }

    impl Shop {
        fn open() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("kassa.db");
            let made = Connection::open(&file).unwrap();
            made.execute_batch(
                "PRAGMA journal_mode = WAL; CREATE TABLE sale (id INTEGER PRIMARY KEY, b BLOB)",
            )
            .unwrap();
            drop(made);
            let writer = connect(&file, Purpose::Write, Synchronous::Normal).unwrap();
            let checkpointer = Checkpointer::start(file, Synchronous::Normal).unwrap();
            Self { folder, writer, checkpointer }
        }

        fn file(&self) -> PathBuf {
            self.folder.path().join("kassa.db")
        }

        fn log_bytes(&self) -> u64 {
            self.file().with_extension("db-wal").metadata().unwrap().len()
        }

        /// Stores so many pages, as a batch does. Gives the frames that are in the log then.
        fn sell(&mut self, pages: i64) -> i64 {
            let sale = "INSERT INTO sale (b) VALUES (zeroblob(?1))";
            self.writer.prepare_cached(sale).unwrap().execute([pages * 4_096]).unwrap();
            self.checkpointer.tend(&self.writer).unwrap();
            checkpoint(&self.writer, Mode::Noop).unwrap().log
        }

        /// Sells until something is so.
        fn sell_until(&mut self, pages: i64, is_so: impl Fn(&Self, i64) -> bool) {
            let so = (0..100_000).any(|_| {
                let log = self.sell(pages);
                is_so(self, log)
            });
            assert!(so, "it never came to be so");
        }
    }

    /// Reads the books as they were when it began, until it is dropped.
    fn reading(file: &Path) -> Connection {
        let reader = Connection::open(file).unwrap();
        reader.execute_batch("BEGIN").unwrap();
        reader.query_row("SELECT count(*) FROM sale", [], |_| Ok(())).unwrap();
        reader
    }

    #[test]
    fn the_log_begins_anew_while_sales_go_on() {
        let mut shop = Shop::open();
        for _ in 0..3 {
            shop.sell_until(20, |_, log| log > BULK);
            shop.sell_until(20, |_, log| log < BULK);
        }
    }

    #[test]
    fn a_log_that_grew_under_a_reading_gives_its_room_back_after_it() {
        let mut shop = Shop::open();
        shop.sell(20);
        let reader = reading(&shop.file());
        shop.sell_until(1_000, |shop, log| log > MOST && shop.log_bytes() > 4 * KEPT_LOG);
        // It can be read to the end as it was, however much was sold meanwhile.
        let count: i64 = reader.query_row("SELECT count(*) FROM sale", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1);
        drop(reader);
        shop.sell_until(20, |shop, log| log < BULK && shop.log_bytes() <= KEPT_LOG);
    }

    #[test]
    fn emptying_waits_for_the_thread_s_own_pass() {
        let mut shop = Shop::open();
        for _ in 0..20 {
            // The thread is told to copy, and may be at it.
            shop.sell(BULK + 1);
            shop.checkpointer.empty_the_log(&shop.writer).unwrap();
            assert_eq!(shop.log_bytes(), 0);
        }
    }

    #[test]
    fn after_a_sync_that_failed_only_passes_before_it_are_in_doubt() {
        let mut shop = Shop::open();
        shop.checkpointer.empty_the_log(&shop.writer).unwrap();
        shop.sell(20);
        assert!(!pages_may_be_lost(&shop.writer), "nothing was copied, so all is copied again");
        let reader = reading(&shop.file());
        shop.sell(20);
        let frames = checkpoint(&shop.writer, Mode::Passive).unwrap();
        assert!(frames.copied > 0 && frames.left() > 0, "{frames:?}");
        assert!(pages_may_be_lost(&shop.writer), "of the first pages nobody had synced any");
        drop(reader);
        shop.checkpointer.empty_the_log(&shop.writer).unwrap();
        assert!(!pages_may_be_lost(&shop.writer), "all is in the file, synced");
    }
}
