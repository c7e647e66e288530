//! A file that is there to be deleted.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Of the free space, the reserve takes a third at most: what was made must not have to be given up again.
const SHARE: u64 = 3;
/// Looks that go by before another try, once the file could not be written: a disk with a quota says that
/// there is space where there is none.
const PAUSE: u32 = 60;
const CHUNK: usize = 1_024 * 1_024;

/// Space that nobody else can take.
pub struct Reserve {
    file: PathBuf,
    bytes: u64,
    pause: u32,
}

impl Reserve {
    /// A reserve of this size; it may lie there from the last run.
    pub fn new(file: PathBuf, bytes: u64) -> Self {
        Self { file, bytes, pause: 0 }
    }

    /// How many bytes it holds now.
    pub fn held(&self) -> u64 {
        self.file.metadata().map_or(0, |file| file.len())
    }

    /// Gives it up; says whether there was anything to give. It takes its time, and is not for where tasks run.
    pub fn release(&self) -> io::Result<bool> {
        release(&self.file)
    }

    /// The same, where tasks run.
    pub async fn release_beside(&self) -> io::Result<bool> {
        let file = self.file.clone();
        blocking(move || release(&file)).await
    }

    /// Makes it, if it is missing or of another size, and there is space for it; says whether it did.
    pub async fn make(&mut self, free: u64) -> io::Result<bool> {
        let held = self.held();
        if held == self.bytes || (free + held) / SHARE < self.bytes {
            return Ok(false);
        }
        if self.pause > 0 {
            self.pause -= 1;
            return Ok(false);
        }
        let (file, bytes) = (self.file.clone(), self.bytes);
        let made = blocking(move || fill(&file, bytes)).await;
        match &made {
            Ok(()) => tracing::info!(mb = bytes_in_mb(bytes), "a reserve is set aside on the disk"),
            Err(_) => self.pause = PAUSE,
        }
        made.map(|()| true)
    }
}

fn release(file: &Path) -> io::Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => {
            tracing::error!("the disk is full: its reserve is given up for sales");
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn bytes_in_mb(bytes: u64) -> u64 {
    bytes / (1_024 * 1_024)
}

/// Writes every byte: a file that was only made longer holds nothing, and zeros hold nothing where the
/// file system compresses.
fn fill(path: &Path, bytes: u64) -> io::Result<()> {
    // What another size has left goes first.
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    if bytes == 0 {
        return Ok(());
    }
    let filled = write(path, bytes);
    if filled.is_err() {
        // Half a reserve is space that is missing elsewhere.
        fs::remove_file(path)?;
    }
    filled
}

fn write(path: &Path, bytes: u64) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut left = bytes;
    let mut noise = Noise(1);
    while left > 0 {
        let size = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        file.write_all(&noise.next_bytes(size))?;
        left -= size as u64;
    }
    file.sync_all()
}

/// Bytes that do not compress (xorshift; G. Marsaglia, "Xorshift RNGs", 2003). They keep no secret.
struct Noise(u64);

impl Noise {
    fn next_bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            bytes.extend_from_slice(&self.0.to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1_024 * 1_024;

    #[tokio::test]
    async fn a_reserve_is_made_once_given_up_once_and_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::new(folder.path().join("reserve"), 2 * MIB);
        assert!(!reserve.make(6 * MIB - 1).await.unwrap(), "it would take more than a third");
        assert!(reserve.make(6 * MIB).await.unwrap());
        assert!(!reserve.make(100 * MIB).await.unwrap(), "it is there");
        assert_eq!(reserve.held(), 2 * MIB);
        assert!(reserve.release().unwrap());
        assert!(!reserve.release().unwrap());
        assert_eq!(reserve.held(), 0);
        assert!(reserve.make(100 * MIB).await.unwrap());
    }

    #[tokio::test]
    async fn a_reserve_of_another_size_is_replaced_and_none_takes_it_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("reserve");
        assert!(Reserve::new(file.clone(), 3 * MIB).make(100 * MIB).await.unwrap());
        let mut smaller = Reserve::new(file.clone(), MIB);
        assert!(smaller.make(100 * MIB).await.unwrap());
        assert_eq!(smaller.held(), MIB);
        assert!(Reserve::new(file.clone(), 0).make(100 * MIB).await.unwrap());
        assert!(!file.exists());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_reserve_takes_the_space_that_it_promises() {
        use std::os::unix::fs::MetadataExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("reserve");
        Reserve::new(file.clone(), 4 * MIB).make(100 * MIB).await.unwrap();
        assert!(file.metadata().unwrap().blocks() * 512 >= 4 * MIB, "the file has holes");
    }

    #[tokio::test]
    async fn what_can_not_be_written_is_not_tried_at_every_look() {
        let folder = tempfile::tempdir().unwrap();
        let mut reserve = Reserve::new(folder.path().join("missing").join("reserve"), MIB);
        assert!(reserve.make(100 * MIB).await.is_err());
        for _ in 0..PAUSE {
            assert!(!reserve.make(100 * MIB).await.unwrap());
        }
        assert!(reserve.make(100 * MIB).await.is_err());
    }
}
