//! What it costs to have something safely on the disk. Every answer to a sale waits for that once.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::{Duration, Instant},
};

use kassa_load::latencies::{self, Latencies};

/// A page of the database.
const PAGE: [u8; 4_096] = [0x4B; 4_096];
/// As many as the file has: writing over what is there is what a write-ahead log does most of the time.
const PAGES: u32 = 256;
/// That many are enough, and on a slow disk that time.
const SYNCS: u32 = 1_000;
const TIME: Duration = Duration::from_secs(1);

/// Writes pages in a new file in a folder, each synced before the next.
pub fn syncs(folder: &Path) -> io::Result<Latencies> {
    let mut file = File::create(folder.join("syncs"))?;
    for _ in 0..PAGES {
        file.write_all(&PAGE)?;
    }
    file.sync_all()?;
    let (began, mut syncs) = (Instant::now(), latencies::none());
    for number in 0..SYNCS {
        if number % PAGES == 0 {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&PAGE)?;
        let asked = Instant::now();
        file.sync_data()?;
        latencies::count(&mut syncs, asked.elapsed());
        if began.elapsed() > TIME {
            break;
        }
    }
    Ok(syncs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sync_is_counted_and_they_end() {
        let folder = tempfile::tempdir().unwrap();
        let syncs = syncs(folder.path()).unwrap();
        assert!((1..=u64::from(SYNCS)).contains(&syncs.len()));
        let file = folder.path().join("syncs").metadata().unwrap();
        assert_eq!(file.len(), u64::from(PAGES) * PAGE.len() as u64);
    }
}
