//! An inspection: a database as it is at one moment, read row by row with direct calls, whatever its columns hold. For who
//! reads everything: through the driver of the readers, copying each value of each row between threads cost more than all
//! else.

use std::{
    cell::RefCell,
    fmt::Write as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::{
    CachedStatement, Connection, OpenFlags, Row as SqliteRow, ToSql, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};
use sea_orm::{DbBackend, Statement};

use super::{
    BUSY_TIMEOUT, Purpose, SCHEMA, Synchronous, engine::Bound, orphan, orphans_text, settings, texts::Texts,
};
use crate::store::{
    Failure, FailureKind, StartError,
    cell::Cell,
    row::{Row, Term, Value},
};

/// Statements that are kept: more than there are tables and look-ups.
const CACHED_STATEMENTS: usize = 200;
/// How often connections begin anew because a commit came between them.
const MOST_BEGINNINGS: usize = 1_000;

/// How many steps of its machine SQLite makes until it asks whether to go on: some tenths of a millisecond.
const STEPS: i32 = 10_000;

/// Tells inspections that nobody waits for them any more.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whatever they read ends with an error.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The database at one moment, until it is dropped.
pub struct Inspection {
    connection: Connection,
    texts: RefCell<Texts>,
}

/// What became of a row that is looked for.
pub enum Found {
    /// It is there, and all of it is as expected.
    Same,
    /// It is there, and this is what it holds.
    Other(Vec<Cell>),
    /// It is not there.
    Missing,
}

impl Inspection {
    /// Opens a file, which may be live unless it is a backup.
    ///
    /// # Errors
    /// A setting that was not taken, what the database says.
    pub fn begin(file: &Path, purpose: Purpose, stop: &Stop) -> Result<Self, StartError> {
        let inspection = Self::open(file, purpose, stop)?;
        inspection.enter()?;
        Ok(inspection)
    }

    /// Two of the same moment, for two threads.
    ///
    /// # Errors
    /// As [`Inspection::begin`]; `Busy` if there is a commit between the two again and again.
    pub fn begin_two(file: &Path, purpose: Purpose, stop: &Stop) -> Result<[Self; 2], StartError> {
        let watch = Self::open(file, purpose, stop)?;
        for _ in 0..MOST_BEGINNINGS {
            let both = [Self::open(file, purpose, stop)?, Self::open(file, purpose, stop)?];
            // It changes with every commit of another connection, on one that is in no transaction.
            let before = watch.version()?;
            both.iter().try_for_each(Self::enter)?;
            if watch.version()? == before {
                return Ok(both);
            }
        }
        Err(Failure::new(FailureKind::Busy, "there is always a commit between two connections").into())
    }

    fn open(file: &Path, purpose: Purpose, stop: &Stop) -> Result<Self, StartError> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = if purpose == Purpose::Backup {
            flags |= OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(immutable(file)?, flags)
        } else {
            Connection::open_with_flags(file, flags)
        };
        let connection = connection.map_err(Failure::from)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(Failure::from)?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        let stop = Arc::clone(&stop.0);
        let stops = move || stop.load(Ordering::Relaxed);
        connection.progress_handler(STEPS, Some(stops)).map_err(Failure::from)?;
        let inspection = Self { connection, texts: RefCell::default() };
        for (name, wanted) in settings::wanted(purpose, Synchronous::Full) {
            // The journal's mode is the file's.
            if name != "journal_mode" {
                inspection.pragma(&format!("{name} = {wanted}"))?;
            }
            let found = inspection.pragma(name)?.unwrap_or_default();
            if found != wanted {
                return Err(StartError::Setting { name, wanted, found });
            }
        }
        Ok(inspection)
    }

    /// The moment is that of the first reading.
    fn enter(&self) -> Result<(), Failure> {
        self.connection.execute_batch("BEGIN")?;
        self.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(())
    }

    fn version(&self) -> Result<Option<String>, Failure> {
        self.pragma("data_version")
    }

    fn pragma(&self, text: &str) -> Result<Option<String>, Failure> {
        let mut statement = self.connection.prepare(&format!("PRAGMA {text}"))?;
        let mut rows = statement.query([])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(match row.get_ref(0)? {
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        }))
    }

    /// All rows of a statement.
    ///
    /// # Errors
    /// What the database says.
    pub fn rows(&self, statement: &Statement) -> Result<Vec<Vec<Cell>>, Failure> {
        let mut prepared = self.connection.prepare_cached(&statement.sql)?;
        let columns = prepared.column_count();
        let values = statement.values.iter().flat_map(|values| &values.0).map(Asked);
        let mut rows = prepared.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(cells(row, columns)?);
        }
        Ok(found)
    }

    /// Looks for a row, and compares it.
    ///
    /// # Errors
    /// What the database says.
    pub fn compare<R: Row>(&self, expected: &R) -> Result<Found, Failure> {
        let key = expected.key();
        let mut found = Found::Missing;
        self.each::<R>(&crate::store::row::key_terms::<R>(&key), |row| {
            let mut same = true;
            for place in 0..R::COLUMNS.len() {
                same = same && holds(row.get_ref(place)?, expected.value(place));
            }
            found = if same { Found::Same } else { Found::Other(cells(row, R::COLUMNS.len())?) };
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows that a look-up finds, column by column.
    ///
    /// # Errors
    /// What the database says.
    pub fn find<R: Row>(&self, terms: &[Term<'_>]) -> Result<Vec<Vec<Cell>>, Failure> {
        let mut found = Vec::new();
        self.each::<R>(terms, |row| {
            found.push(cells(row, R::COLUMNS.len())?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Finds the rows of a look-up, and compares each with the one that is expected in its place, which it takes out of
    /// `expected`. Those that differ, and those that nobody expects, are told. Returns how many there are.
    ///
    /// # Errors
    /// What the database says.
    pub fn compare_all<R: Row>(
        &self,
        terms: &[Term<'_>],
        expected: &mut Vec<R>,
        mut differs: impl FnMut(Vec<Cell>, Option<R>),
    ) -> Result<u64, Failure> {
        let mut count: u64 = 0;
        self.each::<R>(terms, |row| {
            count = count.saturating_add(1);
            let mut place_of = None;
            for (place, candidate) in expected.iter().enumerate() {
                if is_it(row, candidate)? {
                    place_of = Some(place);
                    break;
                }
            }
            let taken = place_of.map(|place| expected.remove(place));
            let mut same = taken.is_some();
            if let Some(taken) = &taken {
                for place in 0..R::COLUMNS.len() {
                    same = same && holds(row.get_ref(place)?, taken.value(place));
                }
            }
            if !same {
                differs(cells(row, R::COLUMNS.len())?, taken);
            }
            Ok(())
        })?;
        Ok(count)
    }

    fn each<R: Row>(
        &self,
        terms: &[Term<'_>],
        mut seen: impl FnMut(&SqliteRow<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let text = self.texts.borrow_mut().select::<R>(terms, &self.connection);
        let mut statement: CachedStatement<'_> = self.connection.prepare_cached(&text)?;
        let bound = terms.iter().filter_map(|term| match term {
            Term::Is(_, value) => Some(Bound(*value)),
            Term::Constant(..) | Term::Null(_) => None,
        });
        for (place, value) in (1..).zip(bound) {
            statement.raw_bind_parameter(place, value)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            seen(row)?;
        }
        Ok(())
    }

    /// As [`super::schema`].
    ///
    /// # Errors
    /// What the database says.
    pub fn schema(&self) -> Result<Vec<Vec<Cell>>, Failure> {
        self.rows(&Statement::from_string(DbBackend::Sqlite, SCHEMA))
    }

    /// What SQLite itself finds wrong with the file: `integrity_check` and `foreign_key_check`.
    ///
    /// # Errors
    /// What the database says.
    pub fn faults_of_the_file(&self) -> Result<Vec<String>, Failure> {
        let mut faults = Vec::new();
        let mut integrity = self.connection.prepare("PRAGMA integrity_check")?;
        let mut rows = integrity.query([])?;
        while let Some(row) = rows.next()? {
            let text: String = row.get(0)?;
            if text != "ok" {
                faults.push(format!("integrity_check: {text}"));
            }
        }
        let mut orphans = self.connection.prepare(&orphans_text())?;
        let mut rows = orphans.query([])?;
        while let Some(row) = rows.next()? {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            faults.push(orphan(&table, row.get(1)?, &parent));
        }
        Ok(faults)
    }
}

/// A file's name as a URI that says that nobody writes it.
fn immutable(file: &Path) -> Result<String, Failure> {
    let absolute = std::path::absolute(file)?;
    let name =
        absolute.to_str().ok_or_else(|| Failure::new(FailureKind::Other, "the file's name is no text"))?;
    let mut uri = "file:".to_owned();
    for letter in name.chars() {
        match letter {
            '%' | '?' | '#' => {
                // Writing to a text can't fail.
                let _ = write!(uri, "%{:02X}", u32::from(letter));
            }
            letter => uri.push(letter),
        }
    }
    Ok(uri + "?immutable=1")
}

/// Whether a stored row has the primary key of another.
fn is_it<R: Row>(row: &SqliteRow<'_>, other: &R) -> Result<bool, Failure> {
    for (place, _) in R::IN_KEY.iter().enumerate().filter(|(_, in_key)| **in_key) {
        if !holds(row.get_ref(place)?, other.value(place)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether what is stored is exactly what a value is stored as.
fn holds(stored: ValueRef<'_>, value: Value<'_>) -> bool {
    match (stored, value) {
        (ValueRef::Null, Value::Null) => true,
        (ValueRef::Integer(stored), Value::Number(number)) => stored == number,
        (ValueRef::Integer(stored), Value::Flag(flag)) => stored == i64::from(flag),
        (ValueRef::Text(stored), Value::Text(text)) => stored == text.as_bytes(),
        (ValueRef::Blob(stored), Value::Bytes(bytes)) => stored == bytes,
        (ValueRef::Blob(stored), Value::Id(id)) => stored == id.as_bytes(),
        (
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Id(_) | Value::Text(_) | Value::Bytes(_),
        ) => false,
    }
}

fn cells(row: &SqliteRow<'_>, columns: usize) -> Result<Vec<Cell>, Failure> {
    let mut cells = Vec::with_capacity(columns);
    for place in 0..columns {
        cells.push(match row.get_ref(place)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Number(number),
            ValueRef::Real(real) => Cell::Real(real.to_bits()),
            ValueRef::Text(text) => Cell::Text(text.to_vec()),
            ValueRef::Blob(bytes) => Cell::of_bytes(bytes),
        });
    }
    Ok(cells)
}

/// A value of a reader's statement.
struct Asked<'a>(&'a sea_orm::Value);

impl ToSql for Asked<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::Value;
        // How many rows at most, which no column holds.
        if let sea_orm::Value::BigUnsigned(Some(number)) = self.0 {
            return Ok(ToSqlOutput::Owned(Value::Integer(i64::try_from(*number).unwrap_or(i64::MAX))));
        }
        Ok(ToSqlOutput::Owned(match Cell::of(self.0.clone()) {
            Cell::Null => Value::Null,
            Cell::Number(number) => Value::Integer(number),
            Cell::Real(bits) => Value::Real(f64::from_bits(bits)),
            Cell::Text(text) => match String::from_utf8(text) {
                Ok(text) => Value::Text(text),
                Err(error) => Value::Blob(error.into_bytes()),
            },
            Cell::Id(id) => Value::Blob(id.as_bytes().to_vec()),
            Cell::Bytes(bytes) => Value::Blob(bytes),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;

    fn database(name: &str, mode: &str) -> (TempDir, PathBuf, Connection) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        let writer = Connection::open(&file).unwrap();
        let made =
            format!("PRAGMA journal_mode = {mode}; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (0)");
        writer.execute_batch(&made).unwrap();
        (folder, file, writer)
    }

    fn asked(inspection: &Inspection, sql: &str) -> Result<Vec<Vec<Cell>>, Failure> {
        inspection.rows(&Statement::from_string(DbBackend::Sqlite, sql))
    }

    #[test]
    fn two_inspections_are_of_one_moment_whatever_is_committed_meanwhile() {
        let (_folder, file, writer) = database("kassa.db", "wal");
        let stop = Stop::default();
        std::thread::scope(|scope| {
            let ended = stop.clone();
            scope.spawn(move || {
                while !ended.0.load(Ordering::Relaxed) {
                    writer.execute("UPDATE t SET n = n + 1", []).unwrap();
                }
            });
            let mut seen = Vec::new();
            while seen.len() < 20 {
                let both = Inspection::begin_two(&file, Purpose::Inspect, &Stop::default()).unwrap();
                let [one, other] = both.map(|inspection| asked(&inspection, "SELECT n FROM t").unwrap());
                assert_eq!(one, other);
                if seen.last() != Some(&one) {
                    seen.push(one);
                }
            }
            stop.stop();
        });
    }

    #[test]
    fn an_inspection_that_nobody_waits_for_ends() {
        let (_folder, file, _writer) = database("kassa.db", "wal");
        let stop = Stop::default();
        let inspection = Inspection::begin(&file, Purpose::Inspect, &stop).unwrap();
        stop.stop();
        let endless =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
        assert!(asked(&inspection, endless).is_err());
    }

    #[test]
    fn a_backup_may_be_called_what_a_uri_may_not_and_nothing_is_written_beside_it() {
        let (folder, file, writer) = database("50% #1 قديم.db", "delete");
        writer.close().unwrap();
        let inspection = Inspection::begin(&file, Purpose::Backup, &Stop::default()).unwrap();
        assert_eq!(asked(&inspection, "SELECT n FROM t").unwrap(), [[Cell::Number(0)]]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
