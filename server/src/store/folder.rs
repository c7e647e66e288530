//! The data folder: `CURRENT` names the generation that is live, `lock` keeps a second server out.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::StartError;

const FIRST_GENERATION: &str = "gen-000001";
const LOCAL_TOKEN: &str = "local.token";
const PEPPER: &str = "pepper";

/// A shop's data on disk.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    generation: String,
    /// Held for the life of the server; the system lets go of it even after a kill.
    _lock: Option<File>,
}

impl DataFolder {
    /// Opens the folder for a server: makes what is missing and locks it.
    ///
    /// # Errors
    /// [`StartError::Locked`] if a server is running on it, [`StartError::Folder`] if the file system
    /// refuses.
    pub fn open(path: &Path) -> Result<Self, StartError> {
        Self::prepare(path).map_err(|cause| StartError::folder(path, cause))?;
        let lock = lock(path)?;
        let generation = match fs::read_to_string(path.join("CURRENT")) {
            Ok(name) => generation_name(path, &name)?,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                Self::begin(path).map_err(|cause| StartError::folder(path, cause))?
            }
            Err(cause) => return Err(StartError::folder(path, cause)),
        };
        Ok(Self { path: path.to_owned(), generation, _lock: Some(lock) })
    }

    /// Opens the folder to look at only; a server may be running on it.
    ///
    /// # Errors
    /// [`StartError::Folder`] if there are no books in it.
    pub fn open_to_read(path: &Path) -> Result<Self, StartError> {
        let name =
            fs::read_to_string(path.join("CURRENT")).map_err(|cause| StartError::folder(path, cause))?;
        Ok(Self { path: path.to_owned(), generation: generation_name(path, &name)?, _lock: None })
    }

    fn prepare(path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)?;
        let keys = path.join("keys");
        fs::create_dir_all(&keys)?;
        restrict(&keys, 0o700)?;
        fs::create_dir_all(path.join("logs"))
    }

    /// The first generation. The database file appears in it when it is first opened.
    fn begin(path: &Path) -> io::Result<String> {
        let generation = path.join(FIRST_GENERATION);
        fs::create_dir_all(&generation)?;
        write_durably(&path.join("CURRENT"), FIRST_GENERATION.as_bytes())?;
        Ok(FIRST_GENERATION.to_owned())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The live database.
    pub fn database(&self) -> PathBuf {
        self.path.join(&self.generation).join("kassa.db")
    }

    /// The daily log files.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// The token of the terminal on this machine.
    pub fn local_token(&self) -> PathBuf {
        self.path.join("keys").join(LOCAL_TOKEN)
    }

    /// The file that is given up when the disk is full.
    pub fn reserve(&self) -> PathBuf {
        self.path.join("reserve")
    }

    /// Reads the local token, or nothing if there is no file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read_local_token(&self) -> io::Result<Option<String>> {
        Ok(read(&self.local_token())?.map(|token| token.trim().to_owned()))
    }

    /// Reads the pepper, or nothing if there is no file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read_pepper(&self) -> io::Result<Option<String>> {
        read(&self.pepper())
    }

    /// Writes the pepper so that only this user can read it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write_pepper(&self, pepper: &str) -> io::Result<()> {
        write_durably(&self.pepper(), format!("{pepper}\n").as_bytes())
    }

    fn pepper(&self) -> PathBuf {
        self.path.join("keys").join(PEPPER)
    }

    /// Writes the local token so that only this user can read it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write_local_token(&self, token: &str) -> io::Result<()> {
        write_durably(&self.local_token(), format!("{token}\n").as_bytes())
    }
}

/// `CURRENT` is input like any other: a name that leads out of the folder is refused.
fn generation_name(path: &Path, text: &str) -> Result<String, StartError> {
    let name = text.trim();
    let digits = name.strip_prefix("gen-").unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        Ok(name.to_owned())
    } else {
        let cause = io::Error::other(format!("CURRENT names no generation: {name:?}"));
        Err(StartError::folder(path, cause))
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

fn lock(path: &Path) -> Result<File, StartError> {
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock"));
    let file = open.map_err(|cause| StartError::folder(path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Locked { folder: path.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(StartError::folder(path, cause)),
    }
}

/// Writes a small file whole or not at all: temporary name, sync, rename, sync of the folder.
/// Only the owner can read it.
fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    sync_folder(path.parent())
}

#[cfg(unix)]
fn sync_folder(folder: Option<&Path>) -> io::Result<()> {
    folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Elsewhere folders can't be synced; renames are durable by themselves there.
#[cfg(not(unix))]
fn sync_folder(_folder: Option<&Path>) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// Elsewhere the folder has the rights of its parent.
#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
