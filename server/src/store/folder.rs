//! The data folder: `CURRENT` names the generation that is live, `lock` keeps a second server out, `identity` tells it
//! from every other one.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use uuid::Uuid;

use super::StartError;

const FIRST_GENERATION: &str = "gen-000001";
/// Names the live generation.
const CURRENT: &str = "CURRENT";
/// A generation that is being filled.
const UNFINISHED: &str = "gen-unfinished";
const DATABASE: &str = "kassa.db";
const LOCAL_TOKEN: &str = "local.token";
const PEPPER: &str = "pepper";
const RESERVATIONS: &str = "ceilings";
const IDENTITY: &str = "identity";

/// A shop's data on disk, at one of its generations.
#[derive(Clone, Debug)]
pub struct DataFolder {
    path: PathBuf,
    generation: String,
    /// Held for the life of the server; the system lets go of it even after a kill.
    _lock: Option<Arc<File>>,
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
        let generation = Self::live_generation(path)?;
        Ok(Self { path: path.to_owned(), generation, _lock: Some(Arc::new(lock)) })
    }

    /// Opens the folder for a restore, which needs no live generation: where nobody knows which one it is, the newest
    /// stands in for it. Also tells why, if that is so.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_to_restore(path: &Path) -> Result<(Self, Option<StartError>), StartError> {
        Self::prepare(path).map_err(|cause| StartError::folder(path, cause))?;
        let lock = lock(path)?;
        let (generation, unknown) = match Self::live_generation(path) {
            Ok(name) => (name, None),
            Err(unknown) => {
                let newest = last_generation(path).map_err(|cause| StartError::folder(path, cause))?;
                (name_of(newest.max(1)), Some(unknown))
            }
        };
        Ok((Self { path: path.to_owned(), generation, _lock: Some(Arc::new(lock)) }, unknown))
    }

    fn live_generation(path: &Path) -> Result<String, StartError> {
        let failed = |cause| StartError::folder(path, cause);
        let Some(name) = named_generation(path)? else { return Self::begin(path).map_err(failed) };
        // It may have been renamed a moment before a crash, and the disk need not know of it yet. What is sold on these
        // books must not be on others after a power cut.
        sync_folder(Some(path)).map_err(failed)?;
        Ok(name)
    }

    /// Opens the folder to look at only; a server may be running on it.
    ///
    /// # Errors
    /// [`StartError::NoBooks`] if there are none in it; [`StartError::Folder`] if nobody knows which are live.
    pub fn open_to_read(path: &Path) -> Result<Self, StartError> {
        let no_books = || StartError::NoBooks { folder: path.to_owned() };
        let generation = named_generation(path)?.ok_or_else(no_books)?;
        Ok(Self { path: path.to_owned(), generation, _lock: None })
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
        write_durably(&path.join(CURRENT), FIRST_GENERATION.as_bytes())?;
        Ok(FIRST_GENERATION.to_owned())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The generation's name, such as `gen-000001`.
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// An empty generation in the making: nothing of the live one is touched while it is filled. What is left
    /// of one that was never finished is removed.
    ///
    /// # Errors
    /// What the file system says.
    pub fn begin_generation(&self) -> io::Result<Self> {
        let folder = self.path.join(UNFINISHED);
        match fs::remove_dir_all(&folder) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            Ok(()) | Err(_) => {}
        }
        fs::create_dir(&folder)?;
        Ok(Self { generation: UNFINISHED.to_owned(), ..self.clone() })
    }

    /// Makes a generation that is filled and closed the live one, in steps of which a power cut leaves the one
    /// before or this one. The one before stays on the disk as it is.
    ///
    /// # Errors
    /// What the file system says. The live generation is then the one before, unless the disk fails between two answers:
    /// [`live`](Self::live) tells.
    pub fn finish_generation(&self) -> io::Result<Self> {
        File::options().read(true).write(true).open(self.database())?.sync_all()?;
        sync_folder(self.database().parent())?;
        let generation = self.free_generation()?;
        fs::rename(self.path.join(&self.generation), self.path.join(&generation))?;
        sync_folder(Some(&self.path))?;
        let finished = Self { generation, ..self.clone() };
        match write_durably(&self.path.join(CURRENT), finished.generation.as_bytes()) {
            Ok(()) => Ok(finished),
            // It may have been renamed before the disk refused to keep that: then it is what everybody reads.
            Err(cause) => match self.live() {
                Ok(live) if live.generation == finished.generation => Ok(finished),
                Ok(_) | Err(_) => Err(cause),
            },
        }
    }

    /// The folder at the generation that `CURRENT` names now, and will after a power cut.
    ///
    /// # Errors
    /// [`StartError::Folder`] if nobody knows.
    pub fn live(&self) -> Result<Self, StartError> {
        Ok(Self { generation: Self::live_generation(&self.path)?, ..self.clone() })
    }

    /// The name after all that are taken: what was left once is not written over.
    fn free_generation(&self) -> io::Result<String> {
        let next = name_of(last_generation(&self.path)?.saturating_add(1));
        generation_number(&next)
            .map(|_| next)
            .ok_or_else(|| io::Error::other("there are no more generations"))
    }

    /// The live database.
    pub fn database(&self) -> PathBuf {
        self.path.join(&self.generation).join(DATABASE)
    }

    /// The daily log files.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    /// The backups. The folder appears with the first of them.
    pub fn backups(&self) -> PathBuf {
        self.path.join("backups")
    }

    /// Where the copy lies that is being proved. There is none at other times.
    pub fn proof(&self) -> PathBuf {
        self.path.join("proof")
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

    /// What tells this data folder from every other one. It is no key: keys are copied to other machines.
    ///
    /// # Errors
    /// What the file system says.
    #[expect(clippy::disallowed_methods, reason = "a test's clock makes the same ids in every folder")]
    pub fn identity(&self) -> io::Result<String> {
        let file = self.path.join(IDENTITY);
        if let Some(identity) =
            read(&file)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
        {
            return Ok(identity);
        }
        let identity = Uuid::now_v7().to_string();
        write_durably(&file, format!("{identity}\n").as_bytes())?;
        Ok(identity)
    }

    /// Reads the number reservations, or nothing if there is no file.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read_reservations(&self) -> io::Result<Option<String>> {
        read(&self.path.join("keys").join(RESERVATIONS))
    }

    /// Writes the number reservations.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write_reservations(&self, text: &str) -> io::Result<()> {
        write_durably(&self.path.join("keys").join(RESERVATIONS), text.as_bytes())
    }

    /// Whether there are backups, or was a restore or an upgrade: what no folder has in which no shop was founded.
    ///
    /// # Errors
    /// What the file system says.
    pub fn has_a_past(&self) -> io::Result<bool> {
        let has_backups = match fs::read_dir(self.backups()) {
            Ok(mut files) => files.next().is_some(),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => false,
            Err(cause) => return Err(cause),
        };
        Ok(has_backups || self.generation != FIRST_GENERATION)
    }

    /// Writes the local token so that only this user can read it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write_local_token(&self, token: &str) -> io::Result<()> {
        write_durably(&self.local_token(), format!("{token}\n").as_bytes())
    }
}

/// The generation that `CURRENT` names, or nothing in a folder without books.
fn named_generation(path: &Path) -> Result<Option<String>, StartError> {
    let failed = |cause| StartError::folder(path, cause);
    match fs::read_to_string(path.join(CURRENT)) {
        Ok(name) => generation_name(path, &name).map(Some),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            match path.is_dir() && has_books(path).map_err(failed)? {
                true => Err(failed(unknown_generation("is not there, and there are books"))),
                false => Ok(None),
            }
        }
        // Nothing is damaged, and a restore would only lose sales.
        Err(cause) if cause.kind() == io::ErrorKind::PermissionDenied => Err(failed(cause)),
        Err(cause) => Err(failed(unknown_generation(&format!("can't be read: {cause}")))),
    }
}

/// `CURRENT` is input like any other: a name that leads out of the folder is refused.
fn generation_name(path: &Path, text: &str) -> Result<String, StartError> {
    let name = text.trim();
    if generation_number(name).is_some() {
        return Ok(name.to_owned());
    }
    Err(StartError::folder(path, unknown_generation(&format!("names no generation: {name:?}"))))
}

/// Nobody knows which books are live. Whoever guesses may sell on with those of last year.
fn unknown_generation(what: &str) -> io::Error {
    let advice = "keep the folder as it is, and restore the newest backup with `kassa-server restore FILE`";
    io::Error::other(format!("its file {CURRENT} {what}; {advice}"))
}

/// Whether any generation has a database.
fn has_books(path: &Path) -> io::Result<bool> {
    Ok((1..=last_generation(path)?).any(|number| path.join(name_of(number)).join(DATABASE).exists()))
}

/// The number of the newest generation, and 0 if there is none.
fn last_generation(path: &Path) -> io::Result<u32> {
    let mut last = 0;
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        last = last.max(name.to_str().and_then(generation_number).unwrap_or_default());
    }
    Ok(last)
}

fn name_of(generation: u32) -> String {
    format!("gen-{generation:06}")
}

fn generation_number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("gen-")?;
    (digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

fn lock(path: &Path) -> Result<File, StartError> {
    let locked = lock_file(&path.join("lock")).map_err(|cause| StartError::folder(path, cause))?;
    locked.ok_or_else(|| StartError::Locked { folder: path.to_owned() })
}

/// Locks a file, which it makes, for as long as it is held; nothing if somebody else has it.
pub(crate) fn lock_file(path: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(cause),
    }
}

/// Writes a small file whole or not at all: temporary name, sync, rename, sync of the folder.
/// Only the owner can read it.
pub(crate) fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
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
pub(crate) fn sync_folder(folder: Option<&Path>) -> io::Result<()> {
    folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Elsewhere folders can't be synced; renames are durable by themselves there.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: Option<&Path>) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(crate) fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// Elsewhere the folder has the rights of its parent.
#[cfg(not(unix))]
pub(crate) fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
