//! The file system that a folder lies on: in memory, a commit costs nothing.

use std::{fmt, fs, path::Path};

/// A mounted file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// Its type, such as `ext4`.
    pub kind: String,
    /// What it lies on.
    pub device: String,
}

impl FileSystem {
    /// Whether what is synced to it is on no disk.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        matches!(self.kind.as_str(), "tmpfs" | "ramfs")
    }
}

impl fmt::Display for FileSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.kind, self.device)
    }
}

/// That of a folder: the longest path that leads to it. None where the system does not tell, as all but Linux.
#[must_use]
pub fn file_system(folder: &Path) -> Option<FileSystem> {
    let folder = folder.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (device, place, kind) = (words.next()?, words.next()?, words.next()?);
        folder.starts_with(place).then_some((place.len(), kind, device))
    });
    let (_, kind, device) = mounts.max_by_key(|(length, ..)| *length)?;
    Some(FileSystem { kind: kind.to_owned(), device: device.to_owned() })
}
