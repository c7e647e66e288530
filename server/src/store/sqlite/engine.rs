//! The books' engine on SQLite: one connection of its own, direct calls, one row a statement. Preparing a statement costs
//! more than running it, so its text is the same for every row of a table: a row is written in under three microseconds,
//! and nothing is gained by many in one statement.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use rusqlite::{
    CachedStatement, Connection, OpenFlags, OptionalExtension as _, ToSql,
    types::{ToSqlOutput, Type, ValueRef},
};
use uuid::Uuid;

use super::{Purpose, Synchronous, checkpoint::Checkpointer, settings, texts::Texts};
use crate::store::{
    Failure, FailureKind, StartError,
    engine::{
        Batch, BatchToken, Changes, CommitFailure, Engine, Finder, LookUps, Marks, Pen, Scopes, Settled,
        ShopMark,
    },
    row::{Columns, Row, Term, Value, key_terms},
};

/// So many columns has no table: which of them a change writes is a number.
const MOST_COLUMNS: usize = 128;

/// The books' only connection that writes, and what was learnt of it.
pub struct SqliteEngine {
    file: PathBuf,
    synchronous: Synchronous,
    /// `None` after an error that it may not have survived.
    connection: Option<Connection>,
    /// Whether the disk may lack something that the system's memory has: a sync has failed, and the log was not emptied
    /// since.
    is_doubtful: bool,
    checkpointer: Checkpointer,
    texts: Texts,
    /// What SQLite said the last time: it changes when another connection has written.
    data_version: Option<i64>,
    #[cfg(feature = "fault-injection")]
    page_limit: usize,
}

impl SqliteEngine {
    /// Opens the books for writing.
    ///
    /// # Errors
    /// [`StartError`] if they can't be opened, or not written.
    pub fn open(file: &Path, synchronous: Synchronous) -> Result<Self, StartError> {
        let connection = connect(file, Purpose::Write, synchronous)?;
        let checkpointer = Checkpointer::start(file.to_owned(), synchronous)?;
        // A sync may have failed before, under a writer that is gone. Another program that reads holds nobody up.
        let emptied = checkpointer.empty_the_log(&connection);
        let is_doubtful = emptied.is_err_and(|failure| {
            tracing::warn!(%failure, "the write-ahead log could not be emptied before the first batch");
            failure.kind != FailureKind::Busy
        });
        Ok(Self {
            file: file.to_owned(),
            synchronous,
            connection: Some(connection),
            is_doubtful,
            checkpointer,
            texts: Texts::default(),
            data_version: None,
            #[cfg(feature = "fault-injection")]
            page_limit: 0,
        })
    }

    /// Lets the database grow to this many pages and no further; 0 lifts the limit.
    #[cfg(feature = "fault-injection")]
    pub fn limit_pages(&mut self, pages: usize) {
        self.page_limit = pages;
    }

    /// The connection, opened anew after an error, and only once the disk is known to have what was written before.
    fn connection(&mut self) -> Result<&Connection, Failure> {
        if self.connection.is_none() {
            self.connection = Some(connect(&self.file, Purpose::Write, self.synchronous)?);
        }
        let Some(connection) = &self.connection else {
            return Err(Failure::new(FailureKind::Other, "there is no connection"));
        };
        if self.is_doubtful {
            self.checkpointer.empty_the_log(connection)?;
            self.is_doubtful = false;
        }
        #[cfg(feature = "fault-injection")]
        settings::limit_pages(connection, self.page_limit)?;
        Ok(connection)
    }

    /// An error that SQLite may have rolled back by itself costs the connection.
    fn failed(&mut self, failure: &Failure) {
        self.is_doubtful |= failure.kind == FailureKind::Io;
        if !failure.spares_the_connection() {
            self.drop_connection();
        }
    }

    fn drop_connection(&mut self) {
        // Another connection counts for itself.
        self.data_version = None;
        if let Some(Err((_, error))) = self.connection.take().map(Connection::close) {
            tracing::warn!(%error, "a broken connection did not close");
        }
    }
}

/// Opens a connection that may write, sets it up and reads back what was set.
///
/// # Errors
/// [`StartError`] if the file can't be opened, or does not take a setting.
pub(super) fn connect(
    file: &Path,
    purpose: Purpose,
    synchronous: Synchronous,
) -> Result<Connection, StartError> {
    // Books that are gone are not to be taken for new ones: they are not created here.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(Failure::from)?;
    settings::set(&connection, purpose, synchronous)?;
    Ok(connection)
}

impl Engine for SqliteEngine {
    type Batch<'engine> = SqliteBatch<'engine>;

    fn begin(
        &mut self,
        scopes: &Scopes,
        first: &mut impl LookUps,
    ) -> Result<(SqliteBatch<'_>, Marks), Failure> {
        let begun = self.connection().and_then(|connection| {
            // A transaction that an earlier batch left open would swallow this one.
            if !connection.is_autocommit() {
                return Err(Failure::new(FailureKind::Other, "the connection is inside a transaction"));
            }
            run(connection, "BEGIN IMMEDIATE")
        });
        if let Err(failure) = begun {
            self.failed(&failure);
            return Err(failure);
        }
        let mut batch = SqliteBatch { engine: self };
        match batch.load(first).and_then(|()| batch.marks(scopes)) {
            Ok(marks) => Ok((batch, marks)),
            Err(failure) => {
                batch.roll_back(&failure);
                Err(failure)
            }
        }
    }

    fn settle(&mut self, token: Option<&BatchToken>, failure: &Failure) -> Settled {
        self.drop_connection();
        // After a failed sync the system's memory tells what the disk may not have. A full disk is told by a write, before
        // any sync.
        self.is_doubtful |= failure.kind != FailureKind::Full;
        let Some(token) = token else { return Settled::Unreachable };
        let found = self.connection().and_then(|connection| {
            let mut batch = connection.prepare("SELECT batch FROM branches WHERE id = ?1")?;
            let mut rows = batch.query([Bound(Value::Id(token.branch_id))])?;
            let found = rows.next()?.map(|row| row.get::<_, i64>(0)).transpose()?;
            Ok(found)
        });
        match found {
            Ok(Some(batch)) if batch == token.batch => Settled::Stored,
            Ok(None) => Settled::Absent,
            Ok(Some(batch)) if batch < token.batch => Settled::Absent,
            Ok(Some(batch)) => {
                tracing::error!(batch, ?token, "the books have a batch that nobody wrote");
                Settled::Unreachable
            }
            Err(failure) => {
                tracing::error!(%failure, "looking for the batch failed too");
                self.failed(&failure);
                Settled::Unreachable
            }
        }
    }

    fn tend(&mut self) -> Result<(), Failure> {
        let Self { checkpointer, connection, .. } = self;
        connection.as_ref().map_or(Ok(()), |connection| checkpointer.tend(connection))
    }

    fn close(self) {
        let Self { connection, checkpointer, .. } = self;
        if let Some(connection) = &connection
            && let Err(error) = checkpointer.empty_the_log(connection)
        {
            tracing::warn!(%error, "the write-ahead log could not be emptied; the next start does it");
        }
        checkpointer.stop();
        let Some(connection) = connection else { return };
        if let Err((_, error)) = connection.close() {
            tracing::warn!(%error, "the database did not close");
        }
    }
}

/// A transaction that has begun.
pub struct SqliteBatch<'engine> {
    engine: &'engine mut SqliteEngine,
}

impl SqliteBatch<'_> {
    /// There is one writer, so nothing is locked. That nobody else has written SQLite itself says; the marks are read all
    /// the same, for they have to be right where there are more.
    fn marks(&mut self, scopes: &Scopes) -> Result<Marks, Failure> {
        let (connection, _) = self.parts()?;
        let mut statement = connection.prepare_cached("PRAGMA data_version")?;
        let version: i64 = statement.query_row([], |row| row.get(0))?;
        drop(statement);
        let (shop, branches) = (shop_mark(connection)?, branch_marks(connection, scopes)?);
        let foreign = self.engine.data_version.replace(version) != Some(version);
        Ok(Marks { foreign, shop, branches })
    }

    fn parts(&mut self) -> Result<(&Connection, &mut Texts), Failure> {
        let engine = &mut *self.engine;
        let gone = || Failure::new(FailureKind::Other, "the connection is gone");
        Ok((engine.connection.as_ref().ok_or_else(gone)?, &mut engine.texts))
    }

    fn roll_back(self, failure: &Failure) {
        self.engine.failed(failure);
        let Some(connection) = &self.engine.connection else { return };
        if let Err(error) = run(connection, "ROLLBACK") {
            tracing::warn!(%error, "a batch was not rolled back; its connection is dropped");
            self.engine.drop_connection();
        }
    }
}

impl Batch for SqliteBatch<'_> {
    fn load(&mut self, wanted: &mut impl LookUps) -> Result<(), Failure> {
        let (connection, texts) = self.parts()?;
        wanted.each(&mut Reader { connection, texts })
    }

    fn commit(mut self, changes: &impl Changes) -> Result<usize, CommitFailure> {
        let written = self.parts().and_then(|(connection, texts)| {
            let mut writer = Writer { connection, texts, written: 0 };
            changes.each(&mut writer)?;
            Ok(writer.written)
        });
        let written = match written {
            Ok(written) => written,
            Err(failure) => {
                self.roll_back(&failure);
                return Err(CommitFailure::Undone(failure));
            }
        };
        let committed = self.parts().and_then(|(connection, _)| {
            run(connection, "COMMIT")?;
            match connection.is_autocommit() {
                true => Ok(()),
                false => Err(Failure::new(FailureKind::Other, "the transaction goes on after its commit")),
            }
        });
        committed.map(|()| written).map_err(CommitFailure::Unknown)
    }

    fn undo(mut self) -> Result<(), Failure> {
        let undone = self.parts().and_then(|(connection, _)| run(connection, "ROLLBACK"));
        if undone.is_err() {
            self.engine.drop_connection();
        }
        undone
    }
}

fn shop_mark(connection: &Connection) -> Result<Option<ShopMark>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT epoch, version, catalog_version, customer_version, people_version, has_orders FROM businesses",
    )?;
    let mut rows = statement.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(ShopMark {
        epoch: row.get(0)?,
        version: row.get(1)?,
        catalog_version: row.get(2)?,
        customer_version: row.get(3)?,
        people_version: row.get(4)?,
        has_orders: row.get(5)?,
    }))
}

fn branch_marks(connection: &Connection, scopes: &Scopes) -> Result<BTreeMap<Uuid, i64>, Failure> {
    let of = |row: &rusqlite::Row| {
        let id = Uuid::from_slice(row.get_ref(0)?.as_blob()?);
        Ok((
            id.map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, error.into()))?,
            row.get(1)?,
        ))
    };
    if scopes.shop {
        let mut statement = connection.prepare_cached("SELECT id, batch FROM branches")?;
        return Ok(statement.query_map([], of)?.collect::<Result<_, _>>()?);
    }
    let mut statement = connection.prepare_cached("SELECT id, batch FROM branches WHERE id = ?1")?;
    let mut marks = BTreeMap::new();
    for branch_id in &scopes.branches {
        marks.extend(statement.query_row([Bound(Value::Id(*branch_id))], of).optional()?);
    }
    Ok(marks)
}

fn run(connection: &Connection, text: &str) -> Result<(), Failure> {
    connection.prepare_cached(text)?.raw_execute()?;
    Ok(())
}

struct Reader<'a> {
    connection: &'a Connection,
    texts: &'a mut Texts,
}

impl Finder for Reader<'_> {
    fn find<R: Row>(
        &mut self,
        keys: &[R::Key],
        indexes: &[R::Index],
        found: &mut Vec<R>,
    ) -> Result<(), Failure> {
        if !keys.is_empty() {
            let terms = keys.first().map(key_terms::<R>).unwrap_or_default();
            let text = self.texts.select::<R>(&terms, self.connection);
            let mut statement = self.connection.prepare_cached(&text)?;
            for key in keys {
                read(&mut statement, &key_terms::<R>(key), found)?;
            }
        }
        for index in indexes {
            let terms = R::terms(index);
            let text = self.texts.select::<R>(&terms, self.connection);
            read(&mut self.connection.prepare_cached(&text)?, &terms, found)?;
        }
        Ok(())
    }
}

fn read<R: Row>(statement: &mut CachedStatement, terms: &[Term], found: &mut Vec<R>) -> Result<(), Failure> {
    let bound = terms.iter().filter_map(|term| match term {
        Term::Is(_, value) => Some(Bound(*value)),
        Term::Constant(..) | Term::Null(_) => None,
    });
    for (place, value) in (1..).zip(bound) {
        statement.raw_bind_parameter(place, value)?;
    }
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        found.push(R::read(row)?);
    }
    Ok(())
}

struct Writer<'a> {
    connection: &'a Connection,
    texts: &'a mut Texts,
    written: usize,
}

impl Pen for Writer<'_> {
    fn insert<R: Row>(&mut self, row: &R) -> Result<(), Failure> {
        let text = self.texts.insert::<R>();
        let mut statement = self.connection.prepare_cached(&text)?;
        for place in 0..R::COLUMNS.len() {
            statement.raw_bind_parameter(place + 1, Bound(row.value(place)))?;
        }
        statement.raw_execute()?;
        self.written += 1;
        Ok(())
    }

    fn update<R: Row>(&mut self, before: &R, after: &R) -> Result<(), Failure> {
        const { assert!(R::COLUMNS.len() <= MOST_COLUMNS) };
        let changed = (0..R::COLUMNS.len()).filter(|place| before.value(*place) != after.value(*place));
        let mask = changed.clone().fold(0_u128, |mask, place| mask | 1 << place);
        if mask == 0 {
            return Ok(());
        }
        let text = self.texts.update::<R>(mask);
        let mut statement = self.connection.prepare_cached(&text)?;
        let key = after.key();
        let values = changed.map(|place| after.value(place));
        let key_values = crate::store::row::Key::values(&key);
        for (place, value) in (1..).zip(values.chain(key_values)) {
            statement.raw_bind_parameter(place, Bound(value))?;
        }
        self.written += 1;
        match statement.raw_execute()? {
            1 => Ok(()),
            count => {
                let text = format!("{count} rows of {} have the key {key:?}, where one was", R::TABLE);
                Err(Failure::new(FailureKind::Corrupt, text))
            }
        }
    }
}

/// A value as SQLite keeps it: ids as sixteen bytes, flags as 0 and 1.
pub(super) struct Bound<'a>(pub Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match &self.0 {
            Value::Null => ValueRef::Null,
            Value::Flag(flag) => ValueRef::Integer((*flag).into()),
            Value::Number(number) => ValueRef::Integer(*number),
            Value::Id(id) => ValueRef::Blob(id.as_bytes()),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Columns for rusqlite::Row<'_> {
    fn column(&self, place: usize) -> Result<Value<'_>, Failure> {
        let wrong = |what: &str| Failure::new(FailureKind::Corrupt, format!("a column holds {what}"));
        Ok(match self.get_ref(place)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Number(number),
            ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(|_| wrong("no UTF-8"))?),
            ValueRef::Blob(bytes) => Value::Bytes(bytes),
            ValueRef::Real(_) => return Err(wrong("a fraction")),
        })
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let kind = match &error {
            rusqlite::Error::SqliteFailure(failure, _) => FailureKind::of_sqlite(failure.extended_code),
            // A value that its column can't have: nobody wrote it.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => FailureKind::Corrupt,
            _ => FailureKind::Other,
        };
        Self::new(kind, error.to_string())
    }
}
