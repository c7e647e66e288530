//! What a connection must be set to, and that it is: SQLite ignores in silence what it does not take.

use rusqlite::{Connection, config::DbConfig, types::ValueRef};

use super::{BUSY_TIMEOUT, CACHED_STATEMENTS, Purpose, Synchronous};
use crate::store::{Failure, FailureKind, StartError};

/// Before it a WAL could be reset under a reader (3.7.0 to 3.51.2); Kassa brings its own SQLite.
const OLDEST: (u32, u32, u32) = (3, 51, 3);

/// The engine opens a file that it may not write as one to read, and says so at the first sale. A transaction alone
/// does not tell: of such a file it is one to read, too.
pub const WRITE_NOTHING: &str = "BEGIN IMMEDIATE; PRAGMA user_version = 0; ROLLBACK";

/// What stays of the log's file when the log begins anew, 64 MiB: a sync of what is written over is cheaper than of what is
/// added, and a log that grew under a long reading gives the rest back.
const KEPT_LOG: &str = "67108864";

/// What a connection that writes must be set to besides.
pub fn of_writing(purpose: Purpose) -> impl Iterator<Item = (&'static str, &'static str)> {
    // Who asked to be forgotten is not to be found in the free space of a page.
    let always = [("secure_delete", "1")];
    // Checkpoints are made beside the writer: none comes in the middle of a sale.
    let live = (purpose != Purpose::Upgrade).then_some(("wal_autocheckpoint", "0"));
    let writer = (purpose == Purpose::Write).then_some(("journal_size_limit", KEPT_LOG));
    always.into_iter().chain(live).chain(writer)
}

/// The settings of a purpose, as they are read back.
pub fn wanted(purpose: Purpose, synchronous: Synchronous) -> Vec<(&'static str, &'static str)> {
    let synchronous = match synchronous {
        Synchronous::Full => "2",
        Synchronous::Normal => "1",
    };
    let foreign_keys = if purpose == Purpose::Upgrade { "0" } else { "1" };
    let journal = if purpose == Purpose::Backup { "delete" } else { "wal" };
    let mut wanted = vec![
        ("journal_mode", journal),
        ("foreign_keys", foreign_keys),
        ("busy_timeout", "5000"),
        ("mmap_size", "0"),
    ];
    match purpose {
        Purpose::Write | Purpose::Checkpoint | Purpose::Upgrade => {
            wanted.push(("synchronous", synchronous));
            wanted.extend(of_writing(purpose));
        }
        Purpose::Read(_) => wanted.push(("query_only", "1")),
        Purpose::Inspect | Purpose::Backup => {}
    }
    wanted
}

/// Sets a connection of the engine's up, and reads everything back.
///
/// # Errors
/// A setting that was not taken, a file that may not be written, what the database says.
pub fn set(connection: &Connection, purpose: Purpose, synchronous: Synchronous) -> Result<(), StartError> {
    // A name that is no column is an error then, and not a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false).map_err(Failure::from)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(Failure::from)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    is_new_enough(rusqlite::version())?;
    let settings = wanted(purpose, synchronous);
    for (name, wanted) in &settings {
        pragma(connection, &format!("{name} = {wanted}"))?;
    }
    for (name, wanted) in settings {
        let found = pragma(connection, name)?.unwrap_or_default();
        if found != wanted {
            return Err(StartError::Setting { name, wanted, found });
        }
    }
    if purpose == Purpose::Checkpoint {
        return Ok(());
    }
    connection.execute_batch(WRITE_NOTHING).map_err(|error| match Failure::from(error) {
        failure if failure.kind == FailureKind::ReadOnly => StartError::ReadOnly,
        failure => failure.into(),
    })
}

/// What a pragma says, if anything.
fn pragma(connection: &Connection, text: &str) -> Result<Option<String>, Failure> {
    let mut statement = connection.prepare(&format!("PRAGMA {text}"))?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(match row.get_ref(0)? {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        other => format!("{other:?}"),
    }))
}

/// Whether SQLite is new enough.
///
/// # Errors
/// If it is not.
pub fn is_new_enough(version: &str) -> Result<(), StartError> {
    let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() >= [OLDEST.0, OLDEST.1, OLDEST.2].as_slice() {
        return Ok(());
    }
    let (name, wanted, found) = ("sqlite_version", "3.51.3 or newer", version.to_owned());
    Err(StartError::Setting { name, wanted, found })
}

/// Lets the database grow to this many pages and no further; 0 lifts the limit.
///
/// # Errors
/// What the database says.
#[cfg(feature = "fault-injection")]
pub fn limit_pages(writer: &Connection, pages: usize) -> Result<(), Failure> {
    let pages = if pages == 0 { 0xffff_fffe } else { pages };
    pragma(writer, &format!("max_page_count = {pages}")).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `fdatasync` is called the library does not tell; it is asked for in the same place.
    #[test]
    fn the_library_is_compiled_as_the_workspace_wants_it() {
        let connection = Connection::open_in_memory().unwrap();
        let mut options = connection.prepare("PRAGMA compile_options").unwrap();
        let options = options.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let options: Vec<String> = options.map(Result::unwrap).collect();
        assert!(options.contains(&"DEFAULT_MEMSTATUS=0".to_owned()), "{options:?}");
        assert!(!options.contains(&"ENABLE_MEMORY_MANAGEMENT".to_owned()), "{options:?}");
    }
}
