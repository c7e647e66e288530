//! A copy of the books that is proved in their place: a proof takes long, and as long as it read from the books themselves
//! the write-ahead log could not begin anew.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{BackupError, Place, Watch, snapshot};
use crate::store::folder::restrict;

/// A copy of the live books as they were at one moment. It is gone when it is dropped.
#[derive(Debug)]
pub struct ProofCopy {
    folder: PathBuf,
}

impl ProofCopy {
    /// Makes it. What a power cut left of the one before is removed; there is one proof at a time.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn make(place: &Place, watch: &Watch) -> Result<Self, BackupError> {
        let beside = place.proof.parent().unwrap_or(&place.proof);
        place.has_room(beside, place.live_bytes())?;
        let copy = Self { folder: place.proof.clone() };
        let begun = remove(&copy.folder)
            .and_then(|()| fs::create_dir(&copy.folder))
            .and_then(|()| restrict(&copy.folder, 0o700));
        begun.map_err(BackupError::file("making a folder for the proof"))?;
        snapshot::copy(place, &copy.file(), watch)?;
        Ok(copy)
    }

    /// The database.
    pub fn file(&self) -> PathBuf {
        self.folder.join("kassa.db")
    }
}

impl Drop for ProofCopy {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.folder) {
            tracing::warn!(%error, "the copy that was proved could not be removed; the next proof tries again");
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        Ok(()) | Err(_) => Ok(()),
    }
}
