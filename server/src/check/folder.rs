//! The check of a data folder, on which a server may be running.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sea_orm::DbErr;

use super::{CheckLine, FILE, Report, check};
use crate::{
    config::Synchronous,
    store::{DataFolder, Purpose, StartError, pending_steps, sqlite},
};

/// Why a data folder can't be checked at all.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no data folder, or it is somebody else's.
    #[error("there are no books in {}; a first start makes some", .0.display())]
    NoBooks(PathBuf),
    /// There are books, and nobody knows which of them are live.
    #[error(
        "the data folder {} can't be used: its file CURRENT is not there, and there are books; keep the folder as it \
         is, and restore the newest backup with `kassa-server restore FILE`",
        .0.display()
    )]
    NotLive(PathBuf),
    /// The folder names a generation whose database is gone.
    #[error("the database {} is missing", .0.display())]
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
}

/// Opens a data folder that has books, to look at only; a server may be running on it.
///
/// # Errors
/// [`CheckError::NoBooks`], [`CheckError::NotLive`], [`CheckError::Open`].
pub fn folder_with_books(path: &Path) -> Result<DataFolder, CheckError> {
    DataFolder::open_to_read(path).map_err(|error| match error {
        StartError::Folder { cause, .. } if cause.kind() == io::ErrorKind::NotFound => {
            if has_generation(path) {
                CheckError::NotLive(path.to_owned())
            } else {
                CheckError::NoBooks(path.to_owned())
            }
        }
        error => CheckError::Open(error),
    })
}

/// Whether any generation has a database.
fn has_generation(path: &Path) -> bool {
    let is_one = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("gen-"));
        let is_numbered = number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()));
        is_numbered && entry.path().join("kassa.db").exists()
    };
    fs::read_dir(path).is_ok_and(|entries| entries.flatten().any(|entry| is_one(&entry)))
}

/// Proves the books of a data folder. Nothing in it is changed; a server may be running on it.
///
/// # Errors
/// [`CheckError`] if there are no books that could be checked. A database that is damaged is none:
/// it gives a report with that fault.
pub async fn check_folder(path: &Path) -> Result<Report, CheckError> {
    let folder = folder_with_books(path)?;
    let file = folder.database();
    if !file.is_file() {
        return Err(CheckError::NoDatabase(file));
    }
    let database = match sqlite::connect(&file, Purpose::Inspect, Synchronous::Full).await {
        Ok(database) => database,
        Err(error) => return error.damage().map(damaged).ok_or(CheckError::Open(error)),
    };
    let report = match pending_steps(&database).await {
        Ok(steps) => match steps.into_iter().next() {
            None => check(&database).await.map_err(CheckError::from),
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
