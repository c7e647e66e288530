//! A backup becomes the next generation: whole, proved, and on the disk before it is the live one.

use std::{io, path::Path, sync::Arc};

use sea_orm::{DbErr, EntityTrait as _};

use super::begin_epoch::{BeginEpoch, gaps};
use crate::{
    backup::{
        self, Backup, BackupError, Claim, Name, Place, Reason, Watch,
        list::examine,
        verify::{Facts, verify},
    },
    books::{Books, NumberReservations},
    clock::SharedClock,
    config::Config,
    disk::Disk,
    error::Error,
    lifecycle::{
        first_start::{local_terminal_of, owner_of},
        upgrade,
    },
    store::{DataFolder, Purpose, StartError, entity::business, sqlite},
};

/// What a restore has made.
#[derive(Clone, Debug)]
pub struct Restored {
    /// The folder at its new live generation.
    pub folder: DataFolder,
    /// The epoch that began.
    pub epoch: i64,
    /// What the series leave out, such as `INV 43 to 1000`.
    pub gaps: Vec<String>,
}

/// Why a backup was not restored. The live generation is the one before, as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The file system refuses.
    #[error("the backup can't be copied: {0}")]
    Copy(#[from] io::Error),
    /// The copy can't be opened or brought up to date.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The copy's database fails.
    #[error("the restored database fails: {0}")]
    Database(#[from] DbErr),
    /// The new epoch was refused.
    #[error("the new epoch can't be begun: {0}")]
    Epoch(Error),
    /// There is no backup of the books of before, or no space.
    #[error("the books of before can't be kept: {0}")]
    Backup(#[from] BackupError),
    /// Nothing can be said of the backup.
    #[error("the backup can't be restored: {0}")]
    Unreadable(BackupError),
    /// The backup is not sound.
    #[error("the backup is damaged, and nothing was changed: {}", .0.join("; "))]
    Damaged(Vec<String>),
    /// The books that were made of it do not hold.
    #[error("the books made of the backup do not hold, and those of before were left as they are: {0}")]
    Unsound(String),
    /// The backup holds no shop.
    #[error("the backup holds no shop")]
    NoShop,
}

/// What is known of a backup's file.
#[derive(Clone, Debug)]
pub struct Proved {
    facts: Facts,
    /// Whether its PINs were hashed with another machine's secret.
    pub pins_void: bool,
}

impl Proved {
    /// What is in it, such as `12 orders, 2 shifts, 6 products`.
    pub fn words(&self) -> String {
        let count = |table: &str| self.facts.rows.get(table).copied().unwrap_or_default();
        format!("orders {}, shifts {}, products {}", count("orders"), count("shifts"), count("products"))
    }
}

/// Proves a backup's file, which may lie on any drive, with its manifest beside it or without.
///
/// # Errors
/// [`RestoreError::Damaged`] and [`RestoreError::Unreadable`].
pub async fn prove_file(folder: &DataFolder, config: &Config, file: &Path) -> Result<Proved, RestoreError> {
    let name = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<Name>().ok());
    let proved = match (name, file.parent()) {
        (Some(name), Some(folder)) => examine(folder.to_owned(), name, Watch::to_the_end())
            .await
            .map(|(backup, found)| (backup.manifest.map(|manifest| manifest.pepper_id), found)),
        _ => verify(file.to_owned(), None, Watch::to_the_end()).await.map(|found| (None, found)),
    };
    let (pepper_id, found) = proved.map_err(RestoreError::Unreadable)?;
    let facts = match found.facts {
        Some(facts) if found.faults.is_empty() => facts,
        _ => return Err(RestoreError::Damaged(found.faults)),
    };
    Ok(Proved { facts, pins_void: pepper_id != Some(Place::of(folder, config).pepper_id) })
}

/// How the books of before are kept.
#[derive(Clone, Debug)]
pub enum Kept {
    /// As a backup, which is not in the second folder yet.
    Backup(Box<Backup>),
    /// As they are: they are damaged, or a newer program's.
    Generation,
    /// There are none.
    Nothing,
}

/// Keeps the books of before as a backup. If they are damaged, or a newer program's, their generation stays as it
/// is, which is all that can be kept. The backups are claimed by the caller, until the new books are built.
///
/// # Errors
/// [`RestoreError::Backup`] if there is no backup, and not because of what they are.
pub async fn keep_what_is_there(
    folder: &DataFolder,
    claim: &Claim,
    config: &Config,
    clock: &SharedClock,
) -> Result<Kept, RestoreError> {
    let place = Place::of(folder, config);
    if !place.database.is_file() {
        return Ok(Kept::Nothing);
    }
    let watch = Watch::to_the_end().while_closed();
    match backup::create_in(&place, claim, Reason::PreRestore, (clock, &watch)).await {
        Ok(backup) => Ok(Kept::Backup(Box::new(backup))),
        Err(error) if error.is_of_the_database() => {
            tracing::warn!(%error, "the books of before can't be proved: they stay as they are, without a backup");
            Ok(Kept::Generation)
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a backup the live generation of a folder whose books are closed. `last_epoch` is that of the books that
/// were open last, if that is known.
///
/// # Errors
/// [`RestoreError`]; nothing of the live generation is touched before the new one is whole.
pub async fn build(
    folder: &DataFolder,
    backup: &Path,
    config: &Config,
    clock: &SharedClock,
    last_epoch: i64,
) -> Result<Restored, RestoreError> {
    Place::of(folder, config).has_room(folder.path(), needed(std::fs::metadata(backup)?.len()))?;
    let copy = upgrade::generation_of(folder, backup, config).await?;
    let (epoch, gaps) = begin_epoch(&copy, backup, config, clock, last_epoch).await?;
    if let Some(fault) = upgrade::first_fault(&copy).await? {
        return Err(RestoreError::Unsound(fault));
    }
    let folder = upgrade::finish(copy).await?;
    tracing::info!(generation = folder.generation(), epoch, ?gaps, "a backup was restored");
    Ok(Restored { folder, epoch, gaps })
}

/// How much space a backup of this size takes to become books: the copy, and as much again while it is brought up to
/// date and proved.
pub(super) fn needed(bytes: u64) -> u64 {
    bytes.saturating_mul(2)
}

/// Begins an epoch after all that this folder and the backup know of.
async fn begin_epoch(
    copy: &DataFolder,
    backup: &Path,
    config: &Config,
    clock: &SharedClock,
    last_epoch: i64,
) -> Result<(i64, Vec<String>), RestoreError> {
    let mut reservations = NumberReservations::read(copy)?;
    let readers = sqlite::connect(&copy.database(), Purpose::Read(1), config.sqlite.synchronous).await?;
    let business = business::Entity::find().one(&readers).await?.ok_or(RestoreError::NoShop)?;
    let terminal = local_terminal_of(&readers).await?.ok_or(RestoreError::NoShop)?;
    let caller = owner_of(&readers, &terminal).await?;
    let gaps = gaps(&readers, &reservations, &business).await?;
    readers.close().await?;

    let epoch = business.epoch.max(reservations.epoch).max(last_epoch).saturating_add(1);
    // A restore that fails from here on has used the epoch up, as it may have numbers.
    let begun = tokio::task::spawn_blocking(move || reservations.begin_epoch(epoch)).await;
    begun.map_err(io::Error::other)??;
    let name = backup.file_name().and_then(|name| name.to_str()).unwrap_or("a backup").to_owned();
    let words = gaps.iter().map(super::begin_epoch::Gap::words).collect();
    let (books, task) = Books::open(config, copy, Arc::clone(clock), Disk::of(copy, config)).await?;
    let begun = books.post(caller, None, BeginEpoch { backup: name, epoch, gaps }).await;
    task.close().await;
    begun.map_err(RestoreError::Epoch)?;
    Ok((epoch, words))
}
