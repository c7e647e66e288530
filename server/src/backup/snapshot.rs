//! The copy of a live database as it was at one moment.

use std::{fs::File, path::Path};

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use super::{BackupError, Phase, Place, Watch, files};

/// Pages between two looks around: 1 MiB.
const PAGES: i32 = 256;

/// Copies the live database to a file that stands by itself. The copy is on the disk when this returns.
///
/// # Errors
/// [`BackupError`]; whatever is left of the file is no backup.
pub fn copy(place: &Place, target: &Path, watch: &Watch) -> Result<(), BackupError> {
    // Open until SQLite has closed the file: closing it in between would drop SQLite's locks.
    let file = files::create(target).map_err(BackupError::file("making the copy"))?;
    copy_pages(&place.database, target, &file, watch)?;
    let copy = open(target, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // A copy in WAL mode could be read neither alone nor from a medium that can't be written.
    let mode: String = copy.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0))?;
    if mode != "delete" {
        return Err(BackupError::Fault(format!("the copy stays in journal mode {mode}")));
    }
    drop(copy);
    file.sync_all().map_err(BackupError::file("syncing the copy"))
}

/// Damages a copy.
///
/// # Errors
/// [`BackupError`].
#[cfg(feature = "fault-injection")]
pub fn damage(copy: &Path) -> Result<(), BackupError> {
    let copy = open(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    Ok(copy.execute_batch("UPDATE journal_records SET hash = zeroblob(32)")?)
}

/// The steps are made inside an open read transaction: without it each sale in between would make the copy
/// begin anew, for ever in a busy shop.
fn copy_pages(source: &Path, target: &Path, file: &File, watch: &Watch) -> Result<(), BackupError> {
    let from = open(source, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    from.execute_batch("BEGIN")?;
    let page_bytes: i64 = from.query_row("SELECT page_size FROM pragma_page_size", [], |row| row.get(0))?;
    from.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mut to = open(target, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // Nothing of it counts before it is whole: it needs no journal, and is synced below.
    to.pragma_update(None, "journal_mode", "OFF")?;
    to.pragma_update(None, "synchronous", "OFF")?;
    let backup = Backup::new(&from, &mut to)?;
    let bytes = |pages: i32| u64::try_from(i64::from(pages).saturating_mul(page_bytes)).unwrap_or_default();
    loop {
        let step = backup.step(PAGES)?;
        let progress = backup.progress();
        let done = progress.pagecount.saturating_sub(progress.remaining);
        watch.tell(Phase::Copying, bytes(done), bytes(progress.pagecount))?;
        match step {
            StepResult::Done => return Ok(()),
            // Little by little: one large sync at the end would hold up the sales' own.
            StepResult::More => file.sync_data().map_err(BackupError::file("syncing the copy"))?,
            other => return Err(BackupError::Fault(format!("the copy came to a stop: {other:?}"))),
        }
    }
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, BackupError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}
