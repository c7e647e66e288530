//! The check of a data folder, on which a server may be running.

use std::path::{Path, PathBuf};

use sea_orm::DbErr;

use super::{Beside, CheckLine, FILE, Report, check};
use crate::store::{DataFolder, Purpose, StartError, Synchronous, pending_steps, sqlite};

/// Why a data folder can't be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The folder names a generation whose database is gone, or was emptied.
    #[error("the database {} is missing; keep the folder as it is, and restore a backup", .0.display())]
    NoDatabase(PathBuf),
    /// The database was written by a newer program.
    #[error("the database is newer than this program (it has the schema step {step}); use the newer program")]
    Newer {
        /// The first step that this program does not know.
        step: String,
    },
    /// The database was written by an older program.
    #[error(
        "the database is older than this program (it lacks the schema step {step}); start the server once"
    )]
    Older {
        /// The first step that is missing.
        step: String,
    },
    /// The folder or the database can't be opened.
    #[error("{0}")]
    Open(StartError),
    /// Anything else that the database says.
    #[error("the database can't be read: {0}")]
    Database(#[from] DbErr),
    /// The same, of what reads all of it.
    #[error("{0}")]
    Unreadable(StartError),
}

/// Proves the books of a data folder. Nothing in it is changed; a server may be running on it.
///
/// # Errors
/// [`CheckError`] if there are no books that could be checked. A database that is damaged is none:
/// it gives a report with that fault.
pub async fn check_folder(path: &Path) -> Result<Report, CheckError> {
    let folder = DataFolder::open_to_read(path).map_err(CheckError::Open)?;
    let file = folder.database();
    if !file.metadata().is_ok_and(|file| file.len() > 0) {
        return Err(CheckError::NoDatabase(file));
    }
    let database = match sqlite::connect(&file, Purpose::Inspect, Synchronous::Full).await {
        Ok(database) => database,
        Err(error) => return error.damage().map(damaged).ok_or(CheckError::Open(error)),
    };
    let report = match pending_steps(&database).await {
        Ok(steps) => match steps.into_iter().next() {
            None => check(file, Purpose::Inspect, Beside::Nobody, ()).await.map_err(CheckError::Unreadable),
            Some(step) => Err(CheckError::Older { step }),
        },
        Err(StartError::Newer { step }) => Err(CheckError::Newer { step }),
        Err(error) => error.damage().map(damaged).ok_or(CheckError::Open(error)),
    };
    database.close().await?;
    report
}

/// The report on a file that can't be read.
pub fn damaged(what: String) -> Report {
    let mut line = CheckLine::new("file");
    line.fault(FILE, "", format!("is damaged: {what}"));
    Report { lines: vec![line] }
}
