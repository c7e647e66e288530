//! A file a day that can't fill the disk: each is bounded, all of them together are, and nothing is
//! written while the disk has nothing to spare.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use chrono::{NaiveDate, SecondsFormat};

use crate::{clock::SharedClock, config::LogFormat, store::FailureKind};

/// Begins a line that may not use the room that is kept for warnings and errors. It is not written; no line
/// begins with it by itself.
pub const ORDINARY: u8 = 1;

/// How much there may be.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The size of a day's file.
    pub file_bytes: u64,
    /// The part of it that [ordinary](ORDINARY) lines leave to the others.
    pub kept_bytes: u64,
    /// The size of all files of the series.
    pub series_bytes: u64,
    /// How many files are kept.
    pub files: usize,
    /// Nothing is written while less than this is free.
    pub free_bytes: u64,
}

/// The files of a series, such as `kassa.2026-11-20.log`; days are UTC's, as the lines' times are.
pub struct DailyFile {
    folder: PathBuf,
    name: &'static str,
    format: LogFormat,
    bounds: Bounds,
    clock: SharedClock,
    free: fn(&Path) -> io::Result<u64>,
    today: Option<Today>,
    dropped: u64,
    /// Ordinary lines that found their part of the file full: told when there is room for such lines again, and
    /// not before each warning.
    ordinary_dropped: u64,
}

struct Today {
    date: NaiveDate,
    file: File,
    bytes: u64,
    is_full: bool,
    is_full_for_ordinary: bool,
}

impl DailyFile {
    /// Opens today's file. On a disk that is full it is begun later: the shop can sell without it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(
        folder: &Path,
        name: &'static str,
        format: LogFormat,
        bounds: Bounds,
        clock: SharedClock,
    ) -> io::Result<Self> {
        let free = |folder: &Path| fs4::available_space(folder);
        let folder = folder.to_owned();
        let mut file =
            Self { folder, name, format, bounds, clock, free, today: None, dropped: 0, ordinary_dropped: 0 };
        match file.turn() {
            Err(cause) if FailureKind::of(&cause) != FailureKind::Full => Err(cause),
            Ok(_) | Err(_) => Ok(file),
        }
    }

    /// Begins the day's file if there is none yet.
    fn turn(&mut self) -> io::Result<&mut Today> {
        let date = self.clock.now().date_naive();
        if self.today.as_ref().is_none_or(|today| today.date != date) {
            let path = self.folder.join(file_name(self.name, date));
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            let mut bytes = file.metadata()?.len();
            if bytes == 0 {
                let first = self.line("INFO", &format!("Kassa {}", crate::VERSION));
                bytes = first.len() as u64;
                file.write_all(first.as_bytes())?;
            }
            self.today = Some(Today { date, file, bytes, is_full: false, is_full_for_ordinary: false });
            self.prune(date)?;
        }
        self.today.as_mut().ok_or_else(|| io::Error::other("no file"))
    }

    /// Deletes the oldest files until number and size are within the bounds, whatever today's grows to.
    fn prune(&self, today: NaiveDate) -> io::Result<()> {
        let mut older = files(&self.folder, self.name)?;
        older.retain(|(date, _)| *date != today);
        let room = self.bounds.series_bytes.saturating_sub(self.bounds.file_bytes);
        let mut bytes = 0;
        for (index, (_, path)) in older.iter().rev().enumerate() {
            bytes += path.metadata()?.len();
            if index + 1 >= self.bounds.files || bytes > room {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// A line of our own about the file itself.
    fn line(&self, level: &str, message: &str) -> String {
        let time = self.clock.now().to_rfc3339_opts(SecondsFormat::Micros, true);
        match self.format {
            LogFormat::Text => format!("{time} {level:>5} {message}\n"),
            LogFormat::Json => {
                let fields = serde_json::json!({ "message": message });
                let line = serde_json::json!({ "timestamp": time, "level": level, "fields": fields });
                format!("{line}\n")
            }
        }
    }

    fn write_line(&mut self, line: &[u8], ordinary: bool) -> io::Result<()> {
        if (self.free)(&self.folder)? < self.bounds.free_bytes {
            self.dropped += 1;
            return Ok(());
        }
        let Bounds { file_bytes: limit, kept_bytes, .. } = self.bounds;
        // Of what ordinary lines found no room, the next day's first line tells.
        let dropped = match &self.today {
            Some(today) if today.is_full_for_ordinary && today.date == self.clock.now().date_naive() => {
                self.dropped
            }
            Some(_) | None => self.dropped.saturating_add(self.ordinary_dropped),
        };
        let missing = self.line("WARN", &format!("{dropped} lines are missing before this one"));
        let nearly =
            "the rest of this day's file is kept for warnings and errors: nothing else is in it from here on";
        let nearly = self.line("WARN", nearly);
        let full = self.line("WARN", "this file is full: the rest of the day is not in it");
        let today = self.turn()?;
        let bytes = today.bytes + line.len() as u64;
        if ordinary && bytes > limit.saturating_sub(kept_bytes) {
            if !today.is_full_for_ordinary && !today.is_full {
                today.is_full_for_ordinary = true;
                today.file.write_all(nearly.as_bytes())?;
                today.bytes += nearly.len() as u64;
            }
            self.ordinary_dropped += 1;
            return Ok(());
        }
        if bytes > limit {
            if !today.is_full {
                today.is_full = true;
                today.file.write_all(full.as_bytes())?;
            }
            self.dropped += 1;
            return Ok(());
        }
        if dropped > 0 {
            today.file.write_all(missing.as_bytes())?;
            today.bytes += missing.len() as u64;
        }
        today.file.write_all(line)?;
        today.bytes += line.len() as u64;
        if !today.is_full_for_ordinary {
            self.ordinary_dropped = 0;
        }
        self.dropped = 0;
        Ok(())
    }
}

impl Write for DailyFile {
    /// Takes a whole line. What can't be written is counted, and told as soon as something can.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let (text, ordinary) = match line.strip_prefix(&[ORDINARY]) {
            Some(text) => (text, true),
            None => (line, false),
        };
        if self.write_line(text, ordinary).is_err() {
            self.dropped += 1;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.today.as_mut().map_or(Ok(()), |today| today.file.flush())
    }
}

fn file_name(name: &str, date: NaiveDate) -> String {
    let separator = if name == super::LOG { '.' } else { '-' };
    format!("{name}{separator}{date}.log")
}

/// The files of a series by their dates, oldest first.
///
/// # Errors
/// What the file system says.
pub fn files(folder: &Path, name: &str) -> io::Result<Vec<(NaiveDate, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let date = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| {
            let date = stem.strip_prefix(name)?.get(1..)?;
            date.parse::<NaiveDate>().ok().filter(|date| path.ends_with(file_name(name, *date)))
        });
        files.extend(date.map(|date| (date, path)));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    };

    use chrono::{DateTime, Utc};
    use tempfile::TempDir;

    use super::*;
    use crate::clock::Clock;

    #[derive(Default)]
    struct Days(AtomicI64);

    impl Clock for Days {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_795_176_000 + 86_400 * self.0.load(SeqCst), 0).unwrap()
        }

        fn random(&self, _bytes: &mut [u8]) {}
    }

    struct Log {
        folder: TempDir,
        days: Arc<Days>,
        file: DailyFile,
    }

    const BOUNDS: Bounds =
        Bounds { file_bytes: 2_000, kept_bytes: 500, series_bytes: 6_000, files: 30, free_bytes: 100 };

    impl Log {
        fn open(bounds: Bounds) -> Self {
            let (folder, days) = (tempfile::tempdir().unwrap(), Arc::new(Days::default()));
            let clock: SharedClock = Arc::clone(&days) as SharedClock;
            let file = DailyFile::open(folder.path(), "kassa", LogFormat::Text, bounds, clock).unwrap();
            Self { folder, days, file }
        }

        fn write(&mut self, count: usize) {
            for _ in 0..count {
                self.file.write_all(format!("{}\n", "x".repeat(99)).as_bytes()).unwrap();
            }
        }

        fn write_ordinary(&mut self, count: usize) {
            for _ in 0..count {
                let line = [&[ORDINARY], "i".repeat(99).as_bytes(), b"\n"].concat();
                self.file.write_all(&line).unwrap();
            }
        }

        fn next_day(&self) {
            self.days.0.fetch_add(1, SeqCst);
        }

        fn names(&self) -> Vec<String> {
            let files = files(self.folder.path(), "kassa").unwrap();
            files.iter().map(|(_, path)| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.folder.path().join(name)).unwrap()
        }
    }

    #[test]
    fn every_day_has_a_file_that_names_the_version_first() {
        let mut log = Log::open(BOUNDS);
        log.write(1);
        log.next_day();
        log.write(2);
        assert_eq!(log.names(), ["kassa.2026-11-20.log", "kassa.2026-11-21.log"]);
        let text = log.text("kassa.2026-11-21.log");
        assert!(text.starts_with("2026-11-21T12:00:00.000000Z  INFO Kassa "), "{text}");
        assert_eq!(text.lines().count(), 3);
    }

    #[test]
    fn a_file_at_its_bound_says_so_once_and_the_next_day_says_what_is_missing() {
        let mut log = Log::open(BOUNDS);
        log.write(500);
        let text = log.text("kassa.2026-11-20.log");
        assert!(text.len() < 2_200, "{}", text.len());
        assert_eq!(text.matches("this file is full").count(), 1);
        log.next_day();
        log.write(1);
        let text = log.text("kassa.2026-11-21.log");
        assert!(text.contains("WARN 481 lines are missing before this one\nxxx"), "{text}");
        log.write(1);
        assert_eq!(log.text("kassa.2026-11-21.log").matches("missing").count(), 1);
    }

    #[test]
    fn whatever_is_logged_of_requests_there_is_room_for_warnings_and_errors() {
        let mut log = Log::open(BOUNDS);
        log.write_ordinary(500);
        let text = log.text("kassa.2026-11-20.log");
        assert!((1_400..1_650).contains(&text.len()), "{}", text.len());
        assert_eq!(text.matches("kept for warnings and errors").count(), 1);
        assert!(!text.contains(char::from(ORDINARY)), "the mark is not written");
        log.write(1);
        log.write_ordinary(7);
        log.write(1);
        let text = log.text("kassa.2026-11-20.log");
        assert!(text.ends_with(&format!("{0}\n{0}\n", "x".repeat(99))), "{text}");
        assert!(!text.contains("missing"), "a warning is no place to tell of other lines: {text}");
        let dropped = 507 - text.matches("iii\n").count();
        log.next_day();
        log.write_ordinary(2);
        let text = log.text("kassa.2026-11-21.log");
        assert!(text.contains(&format!("WARN {dropped} lines are missing before this one\niii")), "{text}");
        assert_eq!(text.matches("missing").count(), 1);
    }

    #[test]
    fn warnings_that_fill_the_file_leave_nothing_to_other_lines_and_both_are_counted() {
        let mut log = Log::open(BOUNDS);
        log.write_ordinary(20);
        log.write(20);
        let text = log.text("kassa.2026-11-20.log");
        assert!(text.len() < 2_200, "{}", text.len());
        assert_eq!(text.matches("this file is full").count(), 1);
        let written = text.matches("iii\n").count() + text.matches("xxx\n").count();
        log.next_day();
        log.write(1);
        let text = log.text("kassa.2026-11-21.log");
        assert!(text.contains(&format!("WARN {} lines are missing", 40 - written)), "{text}");
    }

    #[test]
    fn the_oldest_files_go_by_number_and_by_size() {
        let mut log = Log::open(Bounds { files: 3, ..BOUNDS });
        fs::write(log.folder.path().join("kassa.notes.log"), "somebody's own").unwrap();
        for _ in 0..6 {
            log.next_day();
            log.write(1);
        }
        assert_eq!(log.names(), ["kassa.2026-11-24.log", "kassa.2026-11-25.log", "kassa.2026-11-26.log"]);
        assert!(log.folder.path().join("kassa.notes.log").exists());

        let mut log = Log::open(BOUNDS);
        for _ in 0..9 {
            log.write(500);
            log.next_day();
        }
        log.write(1);
        assert_eq!(log.names().len(), 2, "{:?}", log.names());
    }

    #[test]
    fn nothing_is_written_while_the_disk_has_nothing_to_spare() {
        let mut log = Log::open(BOUNDS);
        log.write(1);
        log.file.free = |_| Ok(99);
        log.write(7);
        log.file.free = |_| Ok(100);
        log.write(1);
        let text = log.text("kassa.2026-11-20.log");
        assert!(text.contains("WARN 7 lines are missing"), "{text}");
        assert_eq!(text.lines().count(), 4);
    }

    #[test]
    fn a_restart_goes_on_with_the_day_s_file() {
        let mut log = Log::open(BOUNDS);
        log.write(15);
        let clock: SharedClock = Arc::clone(&log.days) as SharedClock;
        log.file = DailyFile::open(log.folder.path(), "kassa", LogFormat::Text, BOUNDS, clock).unwrap();
        log.write(15);
        let text = log.text("kassa.2026-11-20.log");
        assert_eq!((text.matches("Kassa").count(), text.matches("xxxx\n").count()), (1, 19));
    }
}
