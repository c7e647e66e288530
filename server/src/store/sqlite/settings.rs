//! What a connection must be set to, and that it is: SQLite ignores in silence what it does not take.

use rusqlite::{Connection, config::DbConfig, types::ValueRef};

use super::{BUSY_TIMEOUT, CACHED_STATEMENTS, Purpose, Synchronous};
use crate::store::{Failure, FailureKind, StartError};

/// Before it a WAL could be reset under a reader (3.7.0 to 3.51.2); Kassa brings its own SQLite.
const OLDEST: (u32, u32, u32) = (3, 51, 3);

/// The engine opens a file that it may not write as one to read, and says so at the first sale. A transaction alone
/// does not tell: of such a file it is one to read, too.
pub const WRITE_NOTHING: &str = "BEGIN IMMEDIATE; PRAGMA user_version = 0; ROLLBACK";

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
        // Who asked to be forgotten is not to be found in the free space of a page.
        Purpose::Write | Purpose::Upgrade => {
            wanted.extend([("synchronous", synchronous), ("secure_delete", "1")]);
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
