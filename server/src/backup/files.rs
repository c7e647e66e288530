//! Work on files: off the tasks that serve, and on the disk before it counts.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    path::Path,
};

use sha2::{Digest as _, Sha256};

use super::{BackupError, Phase, Watch};

/// What is read or written before the next look around.
const CHUNK: usize = 1 << 20;

/// Runs what waits for the disk where no request waits for it.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(BackupError::Fault(error.to_string())),
    }
}

/// The same for work that waits for a database: a runtime of its own keeps its computing off the tasks that
/// sell.
pub async fn apart<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, BackupError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, BackupError>>,
{
    blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(BackupError::file("a runtime of its own"))?.block_on(work())
    })
    .await
}

/// Makes a file that only this user can read. On a drive that knows no users it is like the others.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The SHA-256 of a file in hexadecimal. Each piece goes to `each` too.
pub fn sha256(
    path: &Path,
    (watch, phase): (&Watch, Phase),
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> Result<String, BackupError> {
    let failed = BackupError::file("reading the copy");
    let read = || -> io::Result<(File, u64)> {
        let file = File::open(path)?;
        let total = file.metadata()?.len();
        Ok((file, total))
    };
    let (mut file, total) = match read() {
        Ok(opened) => opened,
        Err(cause) => return Err(failed(cause)),
    };
    let mut digest = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut done = 0_u64;
    loop {
        watch.tell(phase, done, total)?;
        let length = file.read(&mut chunk).map_err(BackupError::file("reading the copy"))?;
        let Some(bytes) = chunk.get(..length).filter(|bytes| !bytes.is_empty()) else { break };
        digest.update(bytes);
        each(bytes).map_err(BackupError::file("writing the copy"))?;
        done = done.saturating_add(length as u64);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The names in a folder; none where there is no folder.
pub fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(cause),
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Removes a file; one that is not there is removed already.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
        _ => Ok(()),
    }
}
