//! One backup at a time, whoever makes it, and no rubbish of the one before.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{BackupError, Name, files};
use crate::store::folder::{lock_file, restrict};

const LOCK: &str = "lock";
const LOCK_OF_SECOND: &str = "lock-of-second";
/// A copy that has no name yet, and what SQLite may put beside it.
const UNFINISHED: &str = "unfinished.db";
const BESIDE: [&str; 4] = ["", "-journal", "-wal", "-shm"];

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
        let claim = Self { folder: folder.to_owned(), _lock: lock(&folder.join(LOCK))? };
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

/// The right to write in the second folder. It lies in the first one, on a disk of this machine: the second may lie
/// where nobody answers any more.
///
/// # Errors
/// [`BackupError::Running`] if the copy before is still under way, and what the file system says.
pub fn claim_second(folder: &Path) -> Result<File, BackupError> {
    lock(&folder.join(LOCK_OF_SECOND))
}

fn lock(path: &Path) -> Result<File, BackupError> {
    lock_file(path).map_err(BackupError::file("locking the backups"))?.ok_or(BackupError::Running)
}

/// Where a copy is written in a folder before it has its name.
pub fn unfinished(folder: &Path) -> PathBuf {
    folder.join(UNFINISHED)
}

/// Removes what was not finished: temporary files, and manifests whose copy never got its name. Everything else in
/// the folder is somebody's.
pub fn tidy(folder: &Path) -> io::Result<()> {
    for file in files::names(folder)? {
        let unfinished = file.strip_prefix(UNFINISHED).is_some_and(|rest| BESIDE.contains(&rest));
        let half_written = Name::of_half_a_manifest(&file).is_some();
        if unfinished || half_written || is_manifest_alone(folder, &file) {
            tracing::info!(file, "removing what was left of a backup that was not finished");
            files::remove(&folder.join(file))?;
        }
    }
    Ok(())
}

/// Where the drive can't say whether the copy is there, its manifest stays.
fn is_manifest_alone(folder: &Path, file: &str) -> bool {
    let copy = Name::of_manifest(file).map(|name| folder.join(name.to_string()).try_exists());
    matches!(copy, Some(Ok(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_stays_and_so_does_a_manifest_whose_copy_the_drive_cant_tell() {
        let folder = tempfile::tempdir().unwrap();
        let put = |file: &str| fs::write(folder.path().join(file), "").unwrap();
        for ours in [
            "unfinished.db",
            "unfinished.db-journal",
            "unfinished.db-wal",
            "unfinished.db-shm",
            "kassa-backup-20261120-120000.json",
            "kassa-backup-20261120-120000-daily-scheduled.new",
        ] {
            put(ours);
        }
        let mut rest = Vec::new();
        for other in
            ["kassa-backup-notes.new", "unfinished-accounts.xlsx", "unfinished.db.bak", "unfinished.txt"]
        {
            put(other);
            rest.push(other.to_owned());
        }
        fs::create_dir(folder.path().join("unfinished pictures")).unwrap();
        rest.push("unfinished pictures".to_owned());
        #[cfg(unix)]
        {
            // A file of which the system can't say whether it is there.
            let name = "kassa-backup-20251120-120000.db";
            std::os::unix::fs::symlink(name, folder.path().join(name)).unwrap();
            put("kassa-backup-20251120-120000.json");
            rest.extend([name.to_owned(), "kassa-backup-20251120-120000.json".to_owned()]);
        }
        tidy(folder.path()).unwrap();
        let mut left = files::names(folder.path()).unwrap();
        left.sort();
        rest.sort();
        assert_eq!(left, rest);
    }
}
