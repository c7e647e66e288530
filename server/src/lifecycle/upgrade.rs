//! Bringing a database up to date, so that a step that fails, or a power cut in it, leaves the shop on the old one:
//! a backup is made, the steps are applied to a copy, the copy is proved, and then it becomes the live generation.

use std::{io, path::Path};

use crate::{
    backup::{self, Name, Place, Reason, Watch},
    books::NumberReservations,
    clock::SharedClock,
    config::Config,
    integrity::prove_file,
    store::{DataFolder, Purpose, StartError, apply_steps, pending_steps, sqlite},
};

/// What an upgrade would do, or has done.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// The generation with the present schema.
    pub folder: DataFolder,
    /// The steps that the database lacked.
    pub steps: Vec<String>,
    /// The backup of before.
    pub backup: Option<Name>,
}

/// The steps that the live database lacks; nothing if no shop was founded in it yet, so that it is made as it
/// must be. The books are only read; a server may be running on them.
///
/// # Errors
/// [`StartError::Damaged`] if there is no shop where one was founded; [`StartError::Newer`] if the database is newer than the program; what the database says.
pub async fn lacking(folder: &DataFolder, config: &Config) -> Result<Option<Vec<String>>, StartError> {
    // Reading beside a write-ahead log is writing there, too; without one nobody has the database open.
    let log = folder.database().with_extension("db-wal");
    lacking_for(folder, config, if log.is_file() { Purpose::Inspect } else { Purpose::Backup }).await
}

async fn lacking_for(
    folder: &DataFolder,
    config: &Config,
    purpose: Purpose,
) -> Result<Option<Vec<String>>, StartError> {
    let file = folder.database();
    let lacking = if file.is_file() {
        let database = sqlite::connect(&file, purpose, config.sqlite.synchronous).await?;
        let is_founded = sqlite::has_row(&database, "businesses").await;
        let lacking = match is_founded {
            Ok(true) => pending_steps(&database).await.map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error.into()),
        };
        database.close().await?;
        lacking?
    } else {
        None
    };
    // A new one would begin its receipts at 1 again, and its backups would come to lie among those of the old one.
    if lacking.is_none() && was_founded(folder).map_err(|cause| StartError::folder(folder.path(), cause))? {
        let words = "no shop is in it, though one was founded in this folder; keep the folder as it is, and restore a backup";
        return Err(StartError::Damaged(words.to_owned()));
    }
    Ok(lacking)
}

/// Whether a shop was founded in a folder, as far as anything but its database tells.
fn was_founded(folder: &DataFolder) -> io::Result<bool> {
    Ok(folder.has_a_past()? || NumberReservations::read(folder)?.of_books_here)
}

/// Makes sure that the live database has the present schema.
///
/// # Errors
/// [`StartError`] says what is in the way; the live generation is then the one before, as it was.
pub async fn up_to_date(
    folder: DataFolder,
    config: &Config,
    clock: &SharedClock,
) -> Result<Upgrade, StartError> {
    let steps = match lacking_for(&folder, config, Purpose::Write).await? {
        // A database that is new, or was being made when the power was cut.
        None => {
            apply_steps(folder.database(), config.sqlite.synchronous).await?;
            return Ok(Upgrade { folder, steps: Vec::new(), backup: None });
        }
        Some(steps) if steps.is_empty() => return Ok(Upgrade { folder, steps, backup: None }),
        Some(steps) => steps,
    };
    let place = Place::of(&folder, config);
    let made = backup::create(&place, Reason::PreMigration, clock, &Watch::to_the_end().while_closed()).await;
    let made = made.map_err(|error| StartError::NoBackup(error.to_string()))?;
    tracing::info!(name = %made.backup.name, "made a backup before the upgrade");
    // Nobody has written since: the folder is locked, and the books are not open yet.
    let copy = generation_of(&folder, &place.file(&made.backup.name), config).await?;
    if let Some(fault) = first_fault(&copy).await? {
        return Err(StartError::Unsound(fault));
    }
    let folder = finish(copy).await.map_err(|cause| StartError::folder(&config.data_dir, cause))?;
    tracing::info!(generation = folder.generation(), "the database is up to date");
    Ok(Upgrade { folder, steps, backup: Some(made.backup.name) })
}

/// A generation in the making: a copy of a backup, with the present schema.
///
/// # Errors
/// What the file system says; what a step fails with.
pub(super) async fn generation_of(
    folder: &DataFolder,
    backup: &Path,
    config: &Config,
) -> Result<DataFolder, StartError> {
    let failed = |cause: io::Error| StartError::folder(folder.path(), cause);
    let (live, backup) = (folder.clone(), backup.to_owned());
    let begin = move || {
        let copy = live.begin_generation()?;
        std::fs::copy(backup, copy.database())?;
        Ok(copy)
    };
    let copy = beside_the_tasks(begin).await.map_err(failed)?;
    apply_steps(copy.database(), config.sqlite.synchronous).await?;
    Ok(copy)
}

/// Makes a generation the live one.
///
/// # Errors
/// What the file system says; the live generation is then the one before.
pub(super) async fn finish(copy: DataFolder) -> io::Result<DataFolder> {
    beside_the_tasks(move || copy.finish_generation()).await
}

/// Files of gigabytes are written, synced and removed where no task waits for it.
async fn beside_the_tasks<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// Proves the books of a generation that is not live yet. What is wrong with them first, if anything is.
///
/// # Errors
/// What the database says.
pub(super) async fn first_fault(folder: &DataFolder) -> Result<Option<String>, StartError> {
    let report = prove_file(folder.database()).await?;
    let fault = report.faults().next().map(ToString::to_string);
    Ok(fault)
}
