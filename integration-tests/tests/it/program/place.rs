//! Where a server's data lie.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// How long what must happen may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A place for a data folder, which does not exist yet.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// The folder around the data folder.
    pub fn around(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("kassa-data")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.data().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.file("gen-000001/kassa.db")
    }

    /// All that the log files hold.
    pub fn log(&self) -> String {
        let files = std::fs::read_dir(self.file("logs")).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    /// Waits until the log has a line with all of these; gives it. The log is written behind the requests'
    /// backs.
    pub fn wait_for_log(&self, texts: &[&str]) -> String {
        let began = Instant::now();
        loop {
            let log = self.log();
            if let Some(line) = log.lines().find(|line| texts.iter().all(|text| line.contains(text))) {
                return line.to_owned();
            }
            assert!(began.elapsed() < PATIENCE, "the log never says {texts:?}:\n{log}");
            std::thread::yield_now();
        }
    }
}
