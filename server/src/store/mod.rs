//! Where the books are kept: the data folder, the connections, the tables.
//!
//! The books are written through an [`engine`]; engines differ in [`sqlite`] and nowhere else.

pub mod cell;
pub mod conditions;
pub mod engine;
pub mod entity;
pub mod failure;
#[cfg(feature = "fault-injection")]
pub mod fault;
pub mod folder;
mod packed;
pub mod row;
pub mod sqlite;

use std::{
    io,
    path::{Path, PathBuf},
};

use futures_util::future::BoxFuture;
use kassa_migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryOrder};
use sea_orm_migration::{MigratorTrait, seaql_migrations};
use tokio::sync::OnceCell;

use self::cell::Cell;
pub use self::{
    failure::{Failure, FailureKind},
    folder::DataFolder,
    sqlite::{Purpose, Synchronous},
};

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The file system refuses.
    #[error("the data folder {} can't be used: {cause}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What it says.
        cause: io::Error,
    },
    /// There is no data folder, or it is somebody else's.
    #[error("there are no books in {}; a first start makes some", folder.display())]
    NoBooks {
        /// The folder.
        folder: PathBuf,
    },
    /// A server is running already.
    #[error("another Kassa server is running on the data folder {}; stop it first", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The database does not do what it must.
    #[error("the database does not take {name} = {wanted}: it says {found}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// The database can be read and not written.
    #[error("the database may not be written by the user who runs this program")]
    ReadOnly,
    /// The database was written by a newer program.
    #[error("the database is newer than this program (it has the schema step {step}); use the newer program")]
    Newer {
        /// The first step that this program does not know.
        step: String,
    },
    /// There is no backup of the database as it is.
    #[error("the database is not brought up to date without a backup of it, and there is none: {0}")]
    NoBackup(String),
    /// The upgraded copy of the database does not hold; the live one was not touched.
    #[error("the upgraded database does not hold, and the old one was left as it is: {0}")]
    Unsound(String),
    /// A schema step failed.
    #[error("the database can't be brought up to date: {0}")]
    Upgrade(DbErr),
    /// The books do not hold.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Anything else that the database says.
    #[error("the database can't be opened: {0}")]
    Database(#[from] DbErr),
    /// The same, of the books' own engine.
    #[error("the database can't be opened: {0}")]
    Engine(#[from] Failure),
    /// The contract that the program was built with can't be read or told.
    #[error("the contract can't be read: {0}")]
    Contract(String),
    /// The first postings failed.
    #[error("the books can't be opened: {0}")]
    Books(String),
}

const UNREADABLE: &str = "its file can't be read as books any more; the log says where";

impl StartError {
    /// The file system refuses.
    pub fn folder(folder: &Path, cause: io::Error) -> Self {
        Self::Folder { folder: folder.to_owned(), cause }
    }

    /// What is damaged, if that is why.
    pub fn damage(&self) -> Option<String> {
        match self {
            Self::Damaged(what) => Some(what.clone()),
            Self::Database(cause) | Self::Upgrade(cause) if is_damage(cause) => {
                // The engine's words name tables and files, and help nobody who reads them at a till.
                tracing::error!(%cause, "the database is damaged");
                Some(UNREADABLE.to_owned())
            }
            Self::Engine(failure) if failure.kind == FailureKind::Corrupt => {
                tracing::error!(%failure, "the database is damaged");
                Some(UNREADABLE.to_owned())
            }
            _ => None,
        }
    }

    /// Whether the user who runs the program may not do what it has to.
    pub fn is_of_permission(&self) -> bool {
        match self {
            Self::Folder { cause, .. } => cause.kind() == io::ErrorKind::PermissionDenied,
            Self::ReadOnly => true,
            _ => false,
        }
    }
}

/// The schema steps of this program, oldest first.
pub fn known_steps() -> Vec<String> {
    Migrator::get_migration_files().iter().map(|file| file.name().to_owned()).collect()
}

/// Whether the database says that its file is damaged.
pub fn is_damage(error: &DbErr) -> bool {
    Failure::from(error.clone()).kind == FailureKind::Corrupt
}

/// The schema steps that a database still lacks.
///
/// # Errors
/// [`StartError::Newer`] if there is a step that this program does not know.
pub async fn pending_steps(database: &DatabaseConnection) -> Result<Vec<String>, StartError> {
    let known = known_steps();
    let applied = applied_steps(database).await?;
    if let Some(step) = applied.iter().find(|step| !known.contains(step)) {
        return Err(StartError::Newer { step: step.clone() });
    }
    Ok(known.into_iter().filter(|step| !applied.contains(step)).collect())
}

/// The schema steps that a database has, oldest first.
///
/// # Errors
/// What the database says; a database without books has no such table.
pub async fn applied_steps(database: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let steps = seaql_migrations::Entity::find().order_by_asc(seaql_migrations::Column::Version);
    Ok(steps.all(database).await?.into_iter().map(|step| step.version).collect())
}

/// Applies the steps that a database lacks, to a file that nobody else has open.
///
/// # Errors
/// [`StartError::Upgrade`] if a step fails, [`StartError::Newer`] if the database is newer than the program.
pub async fn apply_steps(file: PathBuf, synchronous: Synchronous) -> Result<Vec<String>, StartError> {
    let database = sqlite::connect(&file, Purpose::Upgrade, synchronous).await?;
    // Boxed: the compiler can't see by itself that the library's future may move between threads.
    let applied: BoxFuture<Result<Vec<String>, StartError>> = Box::pin(apply_to(database.clone()));
    let applied = applied.await;
    let truncated = sqlite::truncate_wal(&database).await;
    database.close().await?;
    let applied = applied?;
    truncated?;
    Ok(applied)
}

async fn apply_to(database: DatabaseConnection) -> Result<Vec<String>, StartError> {
    Migrator::install(&database).await.map_err(StartError::Upgrade)?;
    let pending = pending_steps(&database).await?;
    if pending.is_empty() {
        return Ok(pending);
    }
    tracing::info!(steps = ?pending, "bringing the database up to date");
    Migrator::up(&database, None).await.map_err(StartError::Upgrade)?;
    match sqlite::orphans(&database).await?.into_iter().next() {
        None => Ok(pending),
        Some(orphan) => Err(StartError::Upgrade(DbErr::Custom(orphan))),
    }
}

/// In what a database's schema is not as this program's steps make it.
#[derive(Debug, Default)]
pub struct SchemaFaults {
    /// Tables and indexes that are missing, or are not as a step made them.
    pub damaged: Vec<String>,
    /// What somebody else put there.
    pub foreign: Vec<String>,
}

/// Holds the tables and indexes of a database against those that this program makes.
///
/// # Errors
/// What the database says.
pub async fn faults_of_the_schema(database: &impl ConnectionTrait) -> Result<SchemaFaults, DbErr> {
    Ok(schema_faults(schema_as_made().await?, &sqlite::schema(database).await?))
}

/// The same of a schema that was read: as it was made, and as it was found.
pub fn schema_faults(made: &[Vec<Cell>], found: &[Vec<Cell>]) -> SchemaFaults {
    let lacking = made.iter().filter(|made| !found.contains(made));
    let damaged = lacking.map(|made| format!("the schema has no {} as its step makes it", told(made)));
    let names: Vec<String> = made.iter().map(|made| told(made)).collect();
    let foreign = found.iter().map(|found| told(found)).filter(|name| !names.contains(name));
    let foreign = foreign.map(|name| format!("the schema has a {name} that is not Kassa's"));
    SchemaFaults { damaged: damaged.collect(), foreign: foreign.collect() }
}

/// The tables and indexes that this program makes.
///
/// # Errors
/// What the database in which they are made says.
pub async fn schema_as_made() -> Result<&'static [Vec<Cell>], DbErr> {
    static MADE: OnceCell<Vec<Vec<Cell>>> = OnceCell::const_new();
    Ok(MADE.get_or_try_init(make_schema).await?)
}

fn make_schema() -> BoxFuture<'static, Result<Vec<Vec<Cell>>, DbErr>> {
    Box::pin(async {
        let database = sqlite::in_memory().await?;
        Migrator::up(&database, None).await?;
        let made = sqlite::schema(&database).await?;
        database.close().await?;
        Ok(made)
    })
}

/// The kind and the name of a table or an index.
fn told(row: &[Cell]) -> String {
    row.iter().take(2).map(|cell| cell.to_string().replace('"', "")).collect::<Vec<_>>().join(" ")
}
