//! Why there is no backup.

use std::io;

use kassa_proto::v1::ErrorReason;
use rusqlite::{
    ErrorCode::{DatabaseCorrupt, NotADatabase, Unknown},
    ffi,
};
use sea_orm::DbErr;

use super::Name;
use crate::{error::Error, store::is_damage};

const MIB: u64 = 1_024 * 1_024;

/// Why there is no backup. What the texts of `cause` say may name files: they are for the log.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// One at a time.
    #[error("another backup is being made or verified")]
    Running,
    /// There is no such backup.
    #[error("there is no backup {0}")]
    NotFound(Name),
    /// The disk has no space for it.
    #[error("a backup needs {} MB of free space, and there are {}", needed.div_ceil(MIB), free / MIB)]
    NoSpace {
        /// How many bytes it needs.
        needed: u64,
        /// How many there are.
        free: u64,
    },
    /// The copy is not sound.
    #[error("the copy is not sound: {}", .0.join("; "))]
    Damaged(Vec<String>),
    /// It was made by a newer program.
    #[error("the backup was made by a newer program (it has the schema step {step})")]
    Newer {
        /// The first step that this program does not know.
        step: String,
    },
    /// The server stops.
    #[error("the server stops")]
    Stopped,
    /// The file system refused.
    #[error("{doing} failed: {cause}{}", next_step(cause))]
    File {
        /// What was tried.
        doing: &'static str,
        /// What the file system says.
        cause: io::Error,
    },
    /// The live database can't be copied.
    #[error("the database can't be copied: {0}")]
    Copy(#[from] rusqlite::Error),
    /// The copy can't be read.
    #[error("the copy can't be read: {0}")]
    Read(#[from] DbErr),
    /// A fault of ours.
    #[error("a fault in Kassa: {0}")]
    Fault(String),
}

/// What whoever runs the server can do about it, where that is known.
fn next_step(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => "; it must belong to the user the server runs as",
        _ => "",
    }
}

impl BackupError {
    /// What the file system said when something was tried.
    pub fn file(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::File { doing, cause }
    }

    /// Whether it lies in the database itself, so that it can't be helped: it is damaged, its disk does not read it,
    /// or it is a newer program's. A disk that is full, a lock, memory that is short: these pass.
    pub fn is_of_the_database(&self) -> bool {
        match self {
            Self::Damaged(_) | Self::Newer { .. } => true,
            Self::Read(cause) => is_damage(cause),
            Self::Copy(cause) => cause.sqlite_error().is_some_and(|error| {
                // What SQLite has no code for is a file that it does not understand.
                matches!(error.code, DatabaseCorrupt | NotADatabase | Unknown)
                    || [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_SHORT_READ].contains(&error.extended_code)
            }),
            Self::Running
            | Self::NotFound(_)
            | Self::NoSpace { .. }
            | Self::Stopped
            | Self::File { .. }
            | Self::Fault(_) => false,
        }
    }

    /// The words for people: no paths, no SQL.
    pub fn words(&self) -> String {
        match self {
            Self::Running
            | Self::NotFound(_)
            | Self::NoSpace { .. }
            | Self::Damaged(_)
            | Self::Newer { .. }
            | Self::Stopped => self.to_string(),
            Self::File { doing, cause } => format!("{doing} failed: {}{}", cause.kind(), next_step(cause)),
            Self::Copy(_) => "the database can't be copied; the server's log says why".to_owned(),
            Self::Read(_) => "the copy can't be read; the server's log says why".to_owned(),
            Self::Fault(_) => "a fault in Kassa; the server's log says more".to_owned(),
        }
    }
}

impl From<BackupError> for Error {
    fn from(error: BackupError) -> Self {
        let reason = match &error {
            BackupError::Running => ErrorReason::BackupRunning,
            BackupError::NotFound(_) => ErrorReason::BackupNotFound,
            BackupError::NoSpace { .. } => ErrorReason::BackupNoSpace,
            BackupError::Damaged(_) => ErrorReason::BackupDamaged,
            BackupError::Newer { .. } => ErrorReason::BackupNewer,
            BackupError::Stopped => ErrorReason::Stopping,
            BackupError::File { .. }
            | BackupError::Copy(_)
            | BackupError::Read(_)
            | BackupError::Fault(_) => ErrorReason::BackupFailed,
        };
        let words = Self::new(reason, error.words());
        match error {
            BackupError::NoSpace { needed, free } => {
                words.with("needed_bytes", needed).with("free_bytes", free)
            }
            BackupError::NotFound(name) => words.with("name", name),
            BackupError::Newer { step } => words.with("step", step),
            _ => words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_what_they_can_do() {
        let denied =
            BackupError::file("making the folder of the backups")(io::ErrorKind::PermissionDenied.into());
        assert_eq!(
            denied.words(),
            "making the folder of the backups failed: permission denied; it must belong to the user the server runs as"
        );
        let full = BackupError::NoSpace { needed: 69_189_992, free: 35_885_056 };
        assert_eq!(full.words(), "a backup needs 66 MB of free space, and there are 34");
    }

    #[test]
    fn what_passes_is_no_fault_of_the_database() {
        let copy = |code| {
            BackupError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
                .is_of_the_database()
        };
        let passing = [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_LOCKED,
            ffi::SQLITE_FULL,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_NOMEM,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_PERM,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_INTERRUPT,
        ];
        assert_eq!(passing.map(copy), [false; 11]);
        let of_the_database =
            [ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB, ffi::SQLITE_ERROR, ffi::SQLITE_IOERR_READ];
        assert_eq!(of_the_database.map(copy), [true; 4]);
        let busy = DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        assert!(!BackupError::from(busy).is_of_the_database());
        assert!(BackupError::Newer { step: String::new() }.is_of_the_database());
    }
}
