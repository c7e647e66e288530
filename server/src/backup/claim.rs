//! One backup at a time, whoever makes it, and no rubbish of the one before.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{BackupError, Name, files};
use crate::store::folder::restrict;

const LOCK: &str = "lock";
/// What is not finished begins with this.
const UNFINISHED: &str = "unfinished";

/// The right to write in a folder of backups. The system takes it back even after a kill.
#[derive(Debug)]
pub struct Claim {
    folder: PathBuf,
    _lock: File,
}

impl Claim {
    /// Makes the folder if it is missing, locks it, and removes what a power cut left behind.
    ///
    /// # Errors
    /// [`BackupError::Running`] if somebody else has it, and what the file system says.
    pub fn take(folder: &Path) -> Result<Self, BackupError> {
        let made = fs::create_dir_all(folder).and_then(|()| restrict(folder, 0o700));
        made.map_err(BackupError::file("making the folder of the backups"))?;
        let open = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK));
        let lock = open.map_err(BackupError::file("locking the backups"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(BackupError::Running),
            Err(TryLockError::Error(cause)) => return Err(BackupError::file("locking the backups")(cause)),
        }
        let claim = Self { folder: folder.to_owned(), _lock: lock };
        tidy(folder).map_err(BackupError::file("removing what was not finished"))?;
        Ok(claim)
    }

    /// Where the copy is written before it has its name.
    pub fn unfinished(&self) -> PathBuf {
        unfinished(&self.folder)
    }
}

/// Whatever became of it: nothing stays that is not finished.
impl Drop for Claim {
    fn drop(&mut self) {
        if let Err(error) = tidy(&self.folder) {
            tracing::warn!(%error, "a copy that was not finished could not be removed; the next start tries again");
        }
    }
}

/// Where a copy is written in a folder before it has its name.
pub fn unfinished(folder: &Path) -> PathBuf {
    folder.join(format!("{UNFINISHED}.db"))
}

/// Removes what was not finished: temporary files, and manifests whose copy never got its name.
pub fn tidy(folder: &Path) -> io::Result<()> {
    for file in files::names(folder)? {
        let alone = Name::of_manifest(&file).is_some_and(|name| !folder.join(name.to_string()).exists());
        let half_written = file.starts_with("kassa-backup-") && file.ends_with(".new");
        if alone || half_written || file.starts_with(UNFINISHED) {
            tracing::info!(file, "removing what was left of a backup that was not finished");
            files::remove(&folder.join(file))?;
        }
    }
    Ok(())
}
