//! What backups there are.

use std::{io, path::Path};

use super::{BackupError, Claim, Manifest, Name, Place, Watch, files, verify};
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
            Err(cause) => return Err(BackupError::file(failed)(cause)),
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

/// Proves a backup in a folder, keeps in its manifest what was found, and gives the faults. The folder is
/// claimed by the caller, so that it is not removed meanwhile.
///
/// # Errors
/// As [`verify::verify`], and [`BackupError::NotFound`].
pub async fn prove(
    place: &Place,
    _claim: &Claim,
    name: Name,
    (clock, watch): (&SharedClock, &Watch),
) -> Result<(Backup, Vec<String>), BackupError> {
    let folder = place.folder.clone();
    let known = files::blocking(move || one(&folder, name)).await?;
    let mut faults = verify::verify(place.file(&name), known.manifest.clone(), watch.clone()).await?.faults;
    // The mark of an earlier finding may be taken back; what the manifest is of does not change.
    if faults.is_empty()
        && known.state == State::Damaged
        && known.manifest.as_ref().is_none_or(|it| !is_own(it, &name, known.bytes))
    {
        faults.push("its manifest is not its own, or can't be read".to_owned());
    }
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

/// The newest backup that is sound: they are proved one after the other, newest first, and those that are not
/// sound are marked. For whoever offers one to restore.
///
/// # Errors
/// As [`prove`].
pub async fn newest_sound(
    place: &Place,
    claim: &Claim,
    (clock, watch): (&SharedClock, &Watch),
) -> Result<Option<Backup>, BackupError> {
    let folder = place.folder.clone();
    for backup in files::blocking(move || all(&folder)).await? {
        if !backup.is_good() {
            continue;
        }
        match prove(place, claim, backup.name, (clock, watch)).await {
            Ok((backup, faults)) if faults.is_empty() => return Ok(Some(backup)),
            Ok(_) | Err(BackupError::Newer { .. } | BackupError::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
