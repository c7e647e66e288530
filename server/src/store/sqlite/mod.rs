//! SQLite: how connections are made, what they must answer, and the guard that keeps a broken one out.
//!
//! Everything that only SQLite understands stands in this folder: [`engine`] is the books' own.

mod checkpoint;
pub mod engine;
pub mod inspection;
mod settings;
mod texts;

use std::{path::Path, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, QueryResult, Statement,
    sqlx::{
        Connection as _, Decode as _, Row as _, TypeInfo as _, ValueRef as _,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous},
    },
};

use super::{Failure, FailureKind, StartError, cell::Cell};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Above what readers ask in their few sizes, and the books of each table, so that no statement is ever prepared twice.
const CACHED_STATEMENTS: usize = 1_000;
/// As many as `integrity_check` names of its faults.
const MOST_ORPHANS: u32 = 100;
const SCHEMA: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE '%seaql_migrations%' ORDER BY 1, 2";
/// Rows that an inspection has the engine read ahead: waking each other for every few rows costs more
/// than reading them.
const INSPECTED_ROWS: usize = 2_048;

/// When a commit is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// Before anybody is answered: a power cut loses nothing that was acknowledged.
    Full,
    /// At the next checkpoint: a power cut loses the last sales, although they were acknowledged.
    /// For test machines only.
    Normal,
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The books: one connection.
    Write,
    /// What was committed, from the log into the file, beside the books: one connection.
    Checkpoint,
    /// Schema steps: one connection, which makes the file if there is none. A table that a step builds anew must not take
    /// its children's rows along, so foreign keys are proved at the end instead.
    Upgrade,
    /// RPCs that read, on the server's own machine: so many connections.
    Read(u32),
    /// A backup, which nobody writes: nothing is written beside it either.
    Backup,
    /// `check`, on a folder that may be live: the file is opened read-only.
    Inspect,
}

impl Purpose {
    fn connections(self) -> u32 {
        match self {
            Self::Write | Self::Checkpoint | Self::Upgrade | Self::Inspect | Self::Backup => 1,
            Self::Read(connections) => connections,
        }
    }
}

/// Opens a pool and proves that its connections are what they should be.
///
/// # Errors
/// [`StartError`] if the file can't be opened or a setting did not take.
pub async fn connect(
    file: &Path,
    purpose: Purpose,
    synchronous: Synchronous,
) -> Result<DatabaseConnection, StartError> {
    let pool = Database::connect(options(file, purpose, synchronous)).await?;
    prove(&pool, purpose, synchronous).await?;
    prove_schema(&pool).await?;
    if matches!(purpose, Purpose::Write | Purpose::Upgrade) {
        prove_writable(&pool).await?;
    }
    Ok(pool)
}

async fn prove_writable(pool: &impl ConnectionTrait) -> Result<(), StartError> {
    let written = pool.execute_unprepared(settings::WRITE_NOTHING).await;
    written.map(|_| ()).map_err(|error| match Failure::from(error.clone()).kind {
        FailureKind::ReadOnly => StartError::ReadOnly,
        _ => error.into(),
    })
}

/// The settings stand in the connect options because SeaORM's `after_connect` runs once per pool,
/// not once per connection.
fn options(file: &Path, purpose: Purpose, synchronous: Synchronous) -> ConnectOptions {
    let file = file.to_owned();
    // The name in the URL is replaced below: a path may hold characters that a URL may not.
    let mut options = ConnectOptions::new("sqlite:kassa.db?mode=rw");
    options
        .max_connections(purpose.connections())
        .acquire_timeout(BUSY_TIMEOUT)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| pragmas(sqlite.filename(&file), purpose, synchronous))
        .map_sqlx_sqlite_pool_opts(|pool| guard(without_maintenance(pool)));
    options
}

fn pragmas(sqlite: SqliteConnectOptions, purpose: Purpose, synchronous: Synchronous) -> SqliteConnectOptions {
    let sqlite = sqlite
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(purpose != Purpose::Upgrade)
        .pragma("mmap_size", "0")
        .statement_cache_capacity(CACHED_STATEMENTS);
    match purpose {
        Purpose::Write | Purpose::Checkpoint | Purpose::Upgrade => {
            let sqlite = sqlite
                // Books that are gone are not to be taken for new ones.
                .create_if_missing(purpose == Purpose::Upgrade)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(match synchronous {
                    Synchronous::Full => SqliteSynchronous::Full,
                    Synchronous::Normal => SqliteSynchronous::Normal,
                });
            settings::of_writing(purpose).fold(sqlite, |sqlite, (name, value)| sqlite.pragma(name, value))
        }
        Purpose::Read(_) => sqlite.pragma("query_only", "ON"),
        Purpose::Inspect => sqlite.read_only(true).row_buffer_size(INSPECTED_ROWS),
        Purpose::Backup => sqlite.read_only(true).immutable(true).row_buffer_size(INSPECTED_ROWS),
    }
}

type PoolOptions = sea_orm::sqlx::pool::PoolOptions<sea_orm::sqlx::Sqlite>;

/// Connections to a file need no renewal, and the pool's own renewal has a fault: it counts idle
/// connections apart from the queue that holds them, the count can be one below zero for a moment, and
/// a renewal that begins in that moment loops 2^64 times, on a core of its own for ever (sqlx 0.9,
/// `spawn_maintenance_tasks`). Without the two times there is no such task.
fn without_maintenance(pool: PoolOptions) -> PoolOptions {
    pool.idle_timeout(None).max_lifetime(None)
}

/// Lets no connection back into the pool that is still inside a transaction.
///
/// On a full disk SQLite rolls back by itself, the pool's own ROLLBACK then fails, and its count of
/// open transactions stays at one: every later BEGIN quietly becomes a SAVEPOINT and every later
/// COMMIT stores nothing. A test of this module shows the fault and the cure.
fn guard(pool: PoolOptions) -> PoolOptions {
    pool.after_release(|connection, _| {
        Box::pin(async move {
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

async fn prove(
    pool: &DatabaseConnection,
    purpose: Purpose,
    synchronous: Synchronous,
) -> Result<(), StartError> {
    let version = version(pool).await?;
    settings::is_new_enough(&version)?;
    for (name, wanted) in settings::wanted(purpose, synchronous) {
        let found = pragma(pool, name).await?;
        if found != wanted {
            return Err(StartError::Setting { name, wanted, found });
        }
    }
    Ok(())
}

/// Proves that the schema is text. A column whose declared type is none ends the driver's thread, and who waits for
/// its answer may wait for ever (sqlx 0.9, `column_decltype`).
async fn prove_schema(pool: &impl ConnectionTrait) -> Result<(), StartError> {
    let schema = "SELECT CAST(sql AS BLOB) FROM sqlite_schema WHERE sql IS NOT NULL";
    for row in pool.query_all_raw(Statement::from_string(DbBackend::Sqlite, schema)).await? {
        let sql: Vec<u8> = row.try_get_by_index(0)?;
        if std::str::from_utf8(&sql).is_err() {
            return Err(StartError::Damaged("its schema is no text".to_owned()));
        }
    }
    Ok(())
}

async fn pragma(pool: &impl ConnectionTrait, name: &str) -> Result<String, DbErr> {
    let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
    let row = pool.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::Custom(format!("PRAGMA {name} says nothing")))?;
    match row.try_get_by_index::<i64>(0) {
        Ok(number) => Ok(number.to_string()),
        Err(_) => row.try_get_by_index(0),
    }
}

/// The engine's version, such as `3.51.3`.
///
/// # Errors
/// What the database says.
pub async fn version(pool: &impl ConnectionTrait) -> Result<String, DbErr> {
    let statement = Statement::from_string(DbBackend::Sqlite, "SELECT sqlite_version()");
    let row = pool.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::Custom("no version".to_owned()))?.try_get_by_index(0)
}

/// Whether there is such a table, and a row in it.
///
/// # Errors
/// What the database says.
pub async fn has_row(database: &DatabaseConnection, table: &'static str) -> Result<bool, DbErr> {
    let known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
    let known = Statement::from_sql_and_values(DbBackend::Sqlite, known, [table.into()]);
    if database.query_one_raw(known).await?.is_none() {
        return Ok(false);
    }
    let row = Statement::from_string(DbBackend::Sqlite, format!("SELECT 1 FROM {table} LIMIT 1"));
    Ok(database.query_one_raw(row).await?.is_some())
}

/// A database in memory, with one connection.
///
/// # Errors
/// What the database says.
pub async fn in_memory() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false).map_sqlx_sqlite_pool_opts(without_maintenance);
    Database::connect(options).await
}

/// What the database says of its tables and indexes: kind, name, table, and the statement that made it. Not of the
/// migrator's own table, whose statement is the library's. Values are as they are stored: a damaged one may be no text.
///
/// # Errors
/// What the database says.
pub async fn schema(pool: &impl ConnectionTrait) -> Result<Vec<Vec<Cell>>, DbErr> {
    let rows = pool.query_all_raw(Statement::from_string(DbBackend::Sqlite, SCHEMA)).await?;
    rows.iter().map(cells).collect()
}

/// Moves the write-ahead log into the database and empties it.
///
/// # Errors
/// What the database says.
pub async fn truncate_wal(writer: &DatabaseConnection) -> Result<(), DbErr> {
    writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.map(|_| ())
}

/// Rows whose parents are not there, as far as `foreign_key_check` names them: of a parents' table that is lost every row
/// is one, and there may be millions.
///
/// # Errors
/// What the database says.
pub async fn orphans(pool: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let mut faults = Vec::new();
    let foreign = Statement::from_string(DbBackend::Sqlite, orphans_text());
    for row in pool.query_all_raw(foreign).await? {
        let (table, row_id, parent): (String, Option<i64>, String) =
            (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        faults.push(orphan(&table, row_id, &parent));
    }
    Ok(faults)
}

fn orphans_text() -> String {
    format!(r#"SELECT "table", rowid, parent FROM pragma_foreign_key_check LIMIT {MOST_ORPHANS}"#)
}

fn orphan(table: &str, row_id: Option<i64>, parent: &str) -> String {
    format!("foreign_key_check: {table} row {row_id:?} has no parent in {parent}")
}

/// All values of a row as they are stored, in the order of the statement's columns.
///
/// # Errors
/// What the database says.
pub fn cells(row: &QueryResult) -> Result<Vec<Cell>, DbErr> {
    let row = row.try_as_sqlite_row().ok_or_else(|| DbErr::Custom("not a row of SQLite".to_owned()))?;
    (0..row.len()).map(|index| cell(row, index)).collect()
}

fn cell(row: &SqliteRow, index: usize) -> Result<Cell, DbErr> {
    let value = row.try_get_raw(index).map_err(|error| DbErr::Custom(error.to_string()))?;
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info();
    let cell = match kind.name() {
        "INTEGER" => i64::decode(value).map(Cell::Number),
        "REAL" => f64::decode(value).map(|real| Cell::Real(real.to_bits())),
        "TEXT" => Vec::decode(value).map(Cell::Text),
        _ => <&[u8]>::decode(value).map(Cell::of_bytes),
    };
    cell.map_err(|error| DbErr::Custom(error.to_string()))
}

#[cfg(test)]
mod tests {
    use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};

    use super::*;

    const IMMEDIATE: TransactionOptions = TransactionOptions {
        isolation_level: None,
        access_mode: None,
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
    };

    /// Fills the disk, has one more sale refused, frees the disk, then sells five times. Returns how
    /// many of the five a second connection sees after their acknowledgement.
    async fn kept_after_a_full_disk(options: ConnectOptions, file: &Path) -> i64 {
        let db = Database::connect(options).await.unwrap();
        db.execute_unprepared("CREATE TABLE sale (id INTEGER PRIMARY KEY, b BLOB)").await.unwrap();
        db.execute_unprepared("PRAGMA max_page_count = 30").await.unwrap();
        let tx = db.begin_with_options(IMMEDIATE).await.unwrap();
        let mut full = false;
        for _ in 0..100 {
            full |= tx.execute_unprepared("INSERT INTO sale (b) VALUES (randomblob(3000))").await.is_err();
            if full {
                break;
            }
        }
        assert!(full, "the disk was never full");
        drop(tx);
        db.execute_unprepared("PRAGMA max_page_count = 100000").await.unwrap();
        let refused = db.begin_with_options(IMMEDIATE).await.unwrap();
        refused.execute_unprepared("INSERT INTO sale (b) VALUES ('refused')").await.unwrap();
        let _ = refused.rollback().await;
        for n in 0..5 {
            let tx = db.begin_with_options(IMMEDIATE).await.unwrap();
            tx.execute_unprepared(&format!("INSERT INTO sale (b) VALUES ('sold {n}')")).await.unwrap();
            tx.commit().await.expect("every one of the five is acknowledged");
        }
        let other =
            Database::connect(super::options(file, Purpose::Inspect, Synchronous::Full)).await.unwrap();
        let sold = "SELECT count(*) FROM sale WHERE b LIKE 'sold%'";
        let row = other.query_one_raw(Statement::from_string(DbBackend::Sqlite, sold)).await.unwrap();
        row.unwrap().try_get_by_index(0).unwrap()
    }

    #[tokio::test]
    async fn without_the_guard_a_full_disk_turns_later_commits_into_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kassa.db");
        let mut options = options(&file, Purpose::Upgrade, Synchronous::Full);
        options.map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|_, _| Box::pin(async { Ok(true) })));
        assert_eq!(
            kept_after_a_full_disk(options, &file).await,
            0,
            "the library's fault is gone: so may the guard"
        );
    }

    #[tokio::test]
    async fn with_the_guard_every_acknowledged_sale_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kassa.db");
        let options = options(&file, Purpose::Upgrade, Synchronous::Full);
        assert_eq!(kept_after_a_full_disk(options, &file).await, 5);
    }

    #[tokio::test]
    async fn a_setting_that_did_not_take_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kassa.db");
        connect(&file, Purpose::Upgrade, Synchronous::Full).await.unwrap().close().await.unwrap();
        let writer = connect(&file, Purpose::Write, Synchronous::Full).await.unwrap();
        writer.execute_unprepared("PRAGMA synchronous = NORMAL").await.unwrap();
        let refused = prove(&writer, Purpose::Write, Synchronous::Full).await.unwrap_err();
        assert_eq!(refused.to_string(), "the database does not take synchronous = 2: it says 1");
    }
}
