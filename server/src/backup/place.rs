//! What is copied, and where to.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{BackupError, Name};
use crate::{access::secrets::Pepper, config::Config, store::DataFolder};

/// Kept free beside a backup, so that the shop can go on selling: also the room that the write-ahead log may
/// take meanwhile.
const MARGIN: u64 = 64 << 20;

/// What is copied, and where to.
#[derive(Clone, Debug)]
pub struct Place {
    /// The live database.
    pub database: PathBuf,
    /// The folder of the backups.
    pub folder: PathBuf,
    /// Where the copy lies that is being proved.
    pub proof: PathBuf,
    /// A folder on another drive, for this shop alone.
    pub second: Option<PathBuf>,
    /// How many daily backups stay.
    pub keep: usize,
    /// Tells the secret with which the PINs are hashed from others; empty if there is none yet.
    pub pepper_id: String,
    #[cfg(feature = "fault-injection")]
    faults: std::sync::Arc<crate::store::fault::Faults>,
}

impl Place {
    /// That of a data folder.
    pub fn of(folder: &DataFolder, config: &Config) -> Self {
        // Without it a backup is as good; only whether its PINs will count is not known.
        let pepper = folder.read_pepper().ok().flatten();
        Self {
            database: folder.database(),
            folder: folder.backups(),
            proof: folder.proof(),
            second: config.backup.second_dir.clone(),
            keep: config.backup.keep,
            pepper_id: pepper.and_then(|text| Pepper::from_text(&text)).map(|it| it.id()).unwrap_or_default(),
            #[cfg(feature = "fault-injection")]
            faults: std::sync::Arc::clone(&config.faults),
        }
    }

    /// A backup's file.
    pub fn file(&self, name: &Name) -> PathBuf {
        self.folder.join(name.to_string())
    }

    /// The first name from this one on that no file has.
    ///
    /// # Errors
    /// What the file system says: where it can't tell, a backup might be written over.
    pub fn free_name(&self, mut name: Name) -> io::Result<Name> {
        while self.file(&name).try_exists()? {
            name = name.next();
        }
        Ok(name)
    }

    /// What the live database takes on the disk, with its write-ahead log. Only sizes are read: opening the
    /// live file would drop SQLite's locks on it.
    pub fn live_bytes(&self) -> u64 {
        let size = |path: &Path| path.metadata().map_or(0, |data| data.len());
        size(&self.database).saturating_add(size(&self.database.with_extension("db-wal")))
    }

    /// Proves that a copy of so many bytes fits into a folder.
    ///
    /// # Errors
    /// [`BackupError::NoSpace`], and what the file system says.
    pub fn has_room(&self, folder: &Path, bytes: u64) -> Result<(), BackupError> {
        let needed = bytes.saturating_add(MARGIN);
        let free = self.free_bytes(folder).map_err(BackupError::file("asking for free space"))?;
        if free < needed { Err(BackupError::NoSpace { needed, free }) } else { Ok(()) }
    }

    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        #[cfg(feature = "fault-injection")]
        if let Some(bytes) = self.faults.free_bytes() {
            return Ok(bytes);
        }
        fs4::available_space(folder)
    }

    /// Whether a test wants the next copy to be damaged.
    #[cfg(feature = "fault-injection")]
    pub fn take_damage(&self) -> bool {
        self.faults.take_backup_damage()
    }
}
