//! The copy on another drive. That it is missing, or fails, is a warning: the backup itself is made.

use std::{fs, io::Write as _, path::Path};

use super::{Backup, BackupError, Phase, Place, Reason, Watch, claim, files, retain};
use crate::store::folder::sync_folder;

/// What became of the copy in the second folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondFolder {
    /// There is none in the configuration.
    NotConfigured,
    /// It has the copy.
    Ready,
    /// The folder is not there. It is never made: where a drive is missing, its folder would be one on the
    /// system's own disk.
    Absent,
    /// The copy failed; the words name no paths.
    Failed(String),
}

/// Copies a backup to the second folder.
pub fn copy(place: &Place, backup: &Backup, watch: &Watch) -> SecondFolder {
    let Some(folder) = place.second.as_deref() else { return SecondFolder::NotConfigured };
    if !folder.is_dir() {
        tracing::warn!(folder = %folder.display(), "the second folder for backups is not there; plug the drive in");
        return SecondFolder::Absent;
    }
    let copied = copy_to(place, backup, (folder, watch));
    if let Err(error) = claim::tidy(folder) {
        tracing::warn!(%error, "the second folder for backups could not be tidied");
    }
    match copied {
        Ok(()) => {
            if backup.name.reason == Reason::Daily {
                retain::daily(folder, backup.name, place.keep);
            }
            SecondFolder::Ready
        }
        Err(error) => {
            tracing::warn!(name = %backup.name, %error, "the backup could not be copied to the second folder");
            SecondFolder::Failed(error.words())
        }
    }
}

fn copy_to(place: &Place, backup: &Backup, (folder, watch): (&Path, &Watch)) -> Result<(), BackupError> {
    let missing = || BackupError::Fault("a backup without a manifest".to_owned());
    let manifest = backup.manifest.as_ref().ok_or_else(missing)?;
    let name = backup.name.to_string();
    claim::tidy(folder).map_err(BackupError::file("tidying the second folder"))?;
    if folder.join(&name).exists() {
        return Err(BackupError::Fault(format!("the second folder has another {name}")));
    }
    place.has_room(folder, backup.bytes)?;
    let unfinished = claim::unfinished(folder);
    let mut file = files::create(&unfinished).map_err(BackupError::file("making the second copy"))?;
    let phase = (watch, Phase::CopyingToSecond);
    files::sha256(&place.file(&backup.name), phase, |bytes| {
        file.write_all(bytes)?;
        file.sync_data()
    })?;
    file.sync_all().map_err(BackupError::file("syncing the second copy"))?;
    drop(file);
    if files::sha256(&unfinished, phase, |_| Ok(()))? != manifest.sha256 {
        return Err(BackupError::Damaged(vec!["the second folder gives back other bytes".to_owned()]));
    }
    let named = manifest
        .write(folder, &backup.name)
        .and_then(|()| fs::rename(&unfinished, folder.join(&name)))
        .and_then(|()| sync_folder(Some(folder)));
    named.map_err(BackupError::file("giving the second copy its name"))
}
