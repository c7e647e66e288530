//! What went wrong in the database, told apart by what to do about it.

use sea_orm::{DbErr, RuntimeErr, sqlx};

use super::StartError;

/// A failure of the database. The text is for the log; it names tables and files.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind:?}: {text}")]
pub struct Failure {
    /// What to do about it.
    pub kind: FailureKind,
    text: String,
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Locked past the wait, or no connection free in time.
    Busy,
    /// The disk is full.
    Full,
    /// The file is damaged, or a value in it is none that its column can have: nobody wrote it.
    Corrupt,
    /// The disk did not read or write.
    Io,
    /// The file may not be written: another user's, or on a disk that the system took the writing from.
    ReadOnly,
    /// A row broke a constraint.
    Constraint,
    /// Anything else: a fault of ours.
    Other,
}

impl FailureKind {
    /// What the file system means.
    pub fn of(error: &std::io::Error) -> Self {
        let full = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded];
        if full.contains(&error.kind()) { Self::Full } else { Self::Io }
    }

    /// SQLite's result codes (<https://sqlite.org/rescode.html>); the low byte is the primary code.
    pub fn of_sqlite(code: i32) -> Self {
        match code & 0xff {
            5 | 6 => Self::Busy,
            13 => Self::Full,
            11 | 26 => Self::Corrupt,
            8 => Self::ReadOnly,
            // CANTOPEN comes from a disk that is gone.
            10 | 14 => Self::Io,
            19 => Self::Constraint,
            _ => Self::Other,
        }
    }
}

impl Failure {
    /// A failure that the database did not report itself.
    pub fn new(kind: FailureKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// Whether the connection can go on after a rollback. After the others SQLite may have rolled back by itself, and what is
    /// believed of the connection is no longer true.
    pub fn spares_the_connection(&self) -> bool {
        matches!(self.kind, FailureKind::Busy | FailureKind::Constraint)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(FailureKind::of(&error), error.to_string())
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self { kind: kind(&error), text: error.to_string() }
    }
}

/// Of a connection that is opened while the server runs.
impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Engine(failure) => failure,
            StartError::ReadOnly => Self::new(FailureKind::ReadOnly, "the file may not be written any more"),
            other => Self::new(FailureKind::Other, other.to_string()),
        }
    }
}

fn kind(error: &DbErr) -> FailureKind {
    match error {
        DbErr::ConnectionAcquire(_) => FailureKind::Busy,
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => match cause.as_ref() {
            sqlx::Error::Database(database) => database
                .code()
                .and_then(|code| code.parse().ok())
                .map_or(FailureKind::Other, FailureKind::of_sqlite),
            sqlx::Error::Io(_) => FailureKind::Io,
            sqlx::Error::PoolTimedOut => FailureKind::Busy,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => FailureKind::Corrupt,
            _ => FailureKind::Other,
        },
        DbErr::Type(_) => FailureKind::Corrupt,
        _ => FailureKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_codes_are_told_apart_by_what_to_do() {
        let extended = [(5, FailureKind::Busy), (261, FailureKind::Busy), (13, FailureKind::Full)];
        let more = [
            (11, FailureKind::Corrupt),
            (26, FailureKind::Corrupt),
            (778, FailureKind::Io),
            (8, FailureKind::ReadOnly),
        ];
        let rest = [(2067, FailureKind::Constraint), (787, FailureKind::Constraint), (1, FailureKind::Other)];
        for (code, expected) in extended.into_iter().chain(more).chain(rest) {
            assert_eq!(FailureKind::of_sqlite(code), expected, "code {code}");
        }
    }
}
