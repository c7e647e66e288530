//! What backups there are.

use std::{
    io,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use super::{
    BackupError, Claim, Manifest, Name, Place, Reason, Watch, files,
    verify::{self, Findings},
};
use crate::clock::SharedClock;

/// A backup in a folder.
#[derive(Clone, Debug)]
pub struct Backup {
    /// Its name.
    pub name: Name,
    /// The size of its file now.
    pub bytes: u64,
    /// What is known of it, if its manifest can be read.
    pub manifest: Option<Manifest>,
    /// Whether it may be restored.
    pub state: State,
}

/// Whether a backup may be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was sound when it was looked at last.
    Verified,
    /// It is not sound.
    Damaged,
    /// Nobody looked: it has no manifest.
    Unverified,
}

impl Backup {
    /// Looks at one without reading all of it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn look(folder: &Path, name: Name) -> io::Result<Self> {
        let bytes = folder.join(name.to_string()).metadata()?.len();
        let (state, manifest) = match Manifest::read(folder, &name) {
            Ok(manifest) => (known(&manifest, &name, bytes), Some(manifest)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => (State::Unverified, None),
            Err(cause) => {
                tracing::warn!(%name, %cause, "the manifest of a backup can't be read");
                (State::Damaged, None)
            }
        };
        Ok(Self { name, bytes, manifest, state })
    }

    /// Whether it was sound when it was looked at last.
    pub fn is_good(&self) -> bool {
        self.state == State::Verified
    }
}

fn known(manifest: &Manifest, name: &Name, bytes: u64) -> State {
    if is_own(manifest, name, bytes) && !manifest.damaged { State::Verified } else { State::Damaged }
}

fn is_own(manifest: &Manifest, name: &Name, bytes: u64) -> bool {
    manifest.file == name.to_string() && manifest.bytes == bytes
}

/// All backups in a folder, newest first. It waits for the disk.
///
/// # Errors
/// What the file system says.
pub fn all(folder: &Path) -> Result<Vec<Backup>, BackupError> {
    let failed = "reading the folder of the backups";
    let files = files::names(folder).map_err(BackupError::file(failed))?;
    let mut names: Vec<Name> = files.iter().filter_map(|file| file.parse().ok()).collect();
    names.sort_unstable_by(|left, right| right.cmp(left));
    let mut backups = Vec::with_capacity(names.len());
    for name in names {
        match Backup::look(folder, name) {
            Ok(backup) => backups.push(backup),
            // Retention was faster.
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            // One bad sector must not hide the others.
            Err(cause) => {
                tracing::warn!(%name, %cause, "a backup can't be looked at");
                backups.push(Backup { name, bytes: 0, manifest: None, state: State::Damaged });
            }
        }
    }
    Ok(backups)
}

/// One backup. It waits for the disk.
///
/// # Errors
/// [`BackupError::NotFound`], and what the file system says.
pub fn one(folder: &Path, name: Name) -> Result<Backup, BackupError> {
    Backup::look(folder, name).map_err(|cause| match cause.kind() {
        io::ErrorKind::NotFound => BackupError::NotFound(name),
        _ => BackupError::file("reading the folder of the backups")(cause),
    })
}

/// Proves a backup in a folder, against its manifest where it has one, and gives what is known of it and what was
/// found. Nothing is written.
///
/// # Errors
/// As [`verify::verify`], and [`BackupError::NotFound`].
pub async fn examine(folder: PathBuf, name: Name, watch: Watch) -> Result<(Backup, Findings), BackupError> {
    let file = folder.join(name.to_string());
    let known = files::blocking(move || one(&folder, name)).await?;
    let mut found = verify::verify(file, known.manifest.clone(), watch).await?;
    // The mark of an earlier finding may be taken back; what the manifest is of does not change.
    if found.faults.is_empty()
        && known.state == State::Damaged
        && known.manifest.as_ref().is_none_or(|it| !is_own(it, &name, known.bytes))
    {
        found.faults.push("its manifest is not its own, or can't be read".to_owned());
    }
    Ok((known, found))
}

/// Proves a backup in a folder, keeps in its manifest what was found, and gives the faults. The folder is
/// claimed by the caller, so that it is not removed meanwhile.
///
/// # Errors
/// As [`examine`].
pub async fn prove(
    place: &Place,
    _claim: &Claim,
    name: Name,
    (clock, watch): (&SharedClock, &Watch),
) -> Result<(Backup, Vec<String>), BackupError> {
    let (known, Findings { faults, .. }) = examine(place.folder.clone(), name, watch.clone()).await?;
    let (damaged, now, folder) = (!faults.is_empty(), clock.now(), place.folder.clone());
    if damaged {
        tracing::error!(%name, ?faults, "a backup is damaged");
    }
    let backup = files::blocking(move || {
        if let Some(manifest) = known.manifest {
            let manifest = Manifest { verify_time: now, damaged, ..manifest };
            // A medium that can't be written keeps no marks; the finding is told all the same.
            if let Err(error) = manifest.write(&folder, &name) {
                tracing::warn!(%name, %error, "what was found of a backup can't be kept beside it");
            }
        }
        one(&folder, name)
    });
    let mut backup = backup.await?;
    if damaged {
        backup.state = State::Damaged;
    }
    Ok((backup, faults))
}

/// The backup to go back to: the good ones are proved one after the other, the one nearest to the books that were live
/// first, and those that are not sound are marked. `begun` is the last epoch that books of this folder have begun.
///
/// # Errors
/// [`BackupError::Stopped`], and what the file system says of the folder. A backup that can't be read is passed over.
pub async fn newest_sound(
    place: &Place,
    claim: &Claim,
    begun: i64,
    (clock, watch): (&SharedClock, &Watch),
) -> Result<Option<Backup>, BackupError> {
    let folder = place.folder.clone();
    let all = files::blocking(move || all(&folder)).await?;
    for name in ranked(&all, begun, clock.now()) {
        match prove(place, claim, name, (clock, watch)).await {
            Ok((backup, faults)) if faults.is_empty() => return Ok(Some(backup)),
            Ok(_) | Err(BackupError::Newer { .. } | BackupError::NotFound(_)) => {}
            Err(BackupError::Stopped) => return Err(BackupError::Stopped),
            Err(error) => {
                tracing::warn!(%name, %error, "a backup can't be proved; the next one is looked at")
            }
        }
    }
    Ok(None)
}

/// The good ones, the nearest to the books that were live first. The epoch comes before the time, which may be that of
/// a clock that was wrong: one of the future comes after the others of its epoch. The last of an epoch that is over
/// are the books that a restore replaced: somebody did not want them.
fn ranked(all: &[Backup], begun: i64, now: DateTime<Utc>) -> Vec<Name> {
    let rank = |backup: &Backup| {
        let Manifest { facts, create_time, .. } = backup.manifest.as_ref()?;
        let replaced = backup.name.reason == Reason::PreRestore && facts.epoch < begun;
        Some((facts.epoch, !replaced, *create_time <= now, *create_time))
    };
    let good = all.iter().filter(|backup| backup.is_good());
    let mut good: Vec<_> = good.filter_map(|backup| Some((rank(backup)?, backup.name))).collect();
    good.sort_unstable_by(|left, right| right.cmp(left));
    good.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::verify::Facts;

    fn backup(name: &str, epoch: i64, day: i64) -> Backup {
        let name: Name = name.parse().unwrap();
        let time = DateTime::from_timestamp(day * 86_400, 0).unwrap();
        let manifest = Manifest {
            file: name.to_string(),
            sha256: String::new(),
            bytes: 0,
            facts: Facts { epoch, ..Facts::default() },
            program: String::new(),
            create_time: time,
            reason: name.reason,
            pepper_id: String::new(),
            verify_time: time,
            damaged: false,
        };
        Backup { name, bytes: 0, manifest: Some(manifest), state: State::Verified }
    }

    #[test]
    fn the_epoch_comes_first_then_what_no_restore_replaced_then_the_time_that_is_not_of_the_future() {
        let now = DateTime::from_timestamp(100 * 86_400, 0).unwrap();
        let ordered = [
            backup("kassa-backup-20261101-120000.db", 3, 90),
            backup("kassa-backup-20261101-120001.db", 3, 80),
            backup("kassa-backup-20300101-120000.db", 3, 1_200),
            backup("kassa-backup-20261102-120000-daily-scheduled.db", 2, 95),
            backup("kassa-backup-20261103-120000-pre-restore.db", 2, 96),
            backup("kassa-backup-20261104-120000.db", 1, 97),
        ];
        let mut others = vec![
            backup("kassa-backup-20261105-120000.db", 3, 98),
            backup("kassa-backup-20261106-120000.db", 3, 99),
        ];
        others[0].state = State::Damaged;
        (others[1].state, others[1].manifest) = (State::Unverified, None);
        let names: Vec<Name> = ordered.iter().map(|backup| backup.name).collect();
        let all: Vec<Backup> = ordered.into_iter().rev().chain(others).collect();
        assert_eq!(ranked(&all, 3, now), names);
        let replaced_by_nothing = ranked(&all, 2, now);
        assert_eq!(replaced_by_nothing[3], names[4], "the restore failed, and the books went on");
    }
}
