//! The end of the log, and what went wrong in the last day.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::telemetry::{self, daily_file};

/// What is read of a day's file, from its end.
const MOST_READ: u64 = 4 * 1_024 * 1_024;
/// What is shown of each.
const MOST_SHOWN: usize = 64 * 1_024;

/// What the log says.
#[derive(Debug, Default)]
pub struct LogTail {
    /// Its last lines.
    pub end: String,
    /// Its last warnings and errors, not older than a day.
    pub problems: String,
    /// How many errors there were in the last day.
    pub errors: i64,
    /// How many warnings.
    pub warnings: i64,
}

impl LogTail {
    /// Reads the last two days' files.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read(folder: &Path, now: DateTime<Utc>) -> io::Result<Self> {
        let files = daily_file::files(folder, telemetry::LOG)?;
        let since = now - TimeDelta::days(1);
        let (mut end, mut problems, mut tail) = (Last::default(), Last::default(), Self::default());
        for (_, path) in files.iter().rev().take(2).rev() {
            for line in end_of(path)?.lines() {
                end.push(line);
                let Some((time, level)) = head(line) else { continue };
                let counter = match level.as_str() {
                    "ERROR" => &mut tail.errors,
                    "WARN" => &mut tail.warnings,
                    _ => continue,
                };
                if time >= since {
                    *counter += 1;
                    problems.push(line);
                }
            }
        }
        Ok(Self { end: end.into_text(), problems: problems.into_text(), ..tail })
    }
}

/// The end of a file, from the beginning of a line.
fn end_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let start = length.saturating_sub(MOST_READ);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(MOST_READ).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first line of what was read may have lost its head.
    let first = if start > 0 { text.find('\n').map_or(0, |end| end + 1) } else { 0 };
    Ok(text.get(first..).unwrap_or_default().to_owned())
}

/// The time and the level of a line, in either format.
fn head(line: &str) -> Option<(DateTime<Utc>, String)> {
    let (time, level) = if line.starts_with('{') {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| line.get(name).and_then(|text| text.as_str()).map(str::to_owned);
        (text("timestamp")?, text("level")?)
    } else {
        let mut words = line.split_whitespace();
        (words.next()?.to_owned(), words.next()?.to_owned())
    };
    Some((DateTime::parse_from_rfc3339(&time).ok()?.to_utc(), level))
}

/// The last lines that fit.
#[derive(Default)]
struct Last {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Last {
    fn push(&mut self, line: &str) {
        // One line alone may be longer than all that is shown.
        let end = line.floor_char_boundary(MOST_SHOWN / 8);
        let line = line.get(..end).unwrap_or_default().to_owned();
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
        while self.bytes > MOST_SHOWN {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len() + 1;
        }
    }

    fn into_text(self) -> String {
        self.lines.into_iter().map(|line| line + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(text: &str) -> LogTail {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("kassa.2026-11-20.log"), text).unwrap();
        fs::write(folder.path().join("audit-2026-11-20.log"), "2026-11-20T11:00:00Z ERROR no log\n").unwrap();
        LogTail::read(folder.path(), DateTime::from_timestamp(1_795_176_000, 0).unwrap()).unwrap()
    }

    #[test]
    fn warnings_and_errors_of_the_last_day_are_counted_in_both_formats() {
        let tail = read(
            "2026-11-19T11:59:59.000000Z ERROR too old\n\
             2026-11-19T12:00:01.000000Z ERROR disk\n\
             \x20   of many lines\n\
             2026-11-20T11:00:00.000000Z  INFO started\n\
             2026-11-20T11:00:01.000000Z  WARN slow\n\
             {\"timestamp\":\"2026-11-20T11:00:02Z\",\"level\":\"WARN\",\"fields\":{\"message\":\"slow\"}}\n",
        );
        assert_eq!((tail.errors, tail.warnings), (1, 2));
        assert_eq!(tail.problems.lines().count(), 3);
        assert_eq!(tail.end.lines().count(), 6);
    }

    #[test]
    fn of_a_long_log_the_end_is_shown() {
        let line = |number: usize| format!("2026-11-20T11:00:00Z ERROR {number} {}\n", "x".repeat(900));
        let tail = read(&(0..6_000).map(line).collect::<String>());
        assert!(tail.end.len() <= MOST_SHOWN && tail.problems.len() <= MOST_SHOWN);
        assert!(tail.end.ends_with(&line(5_999)) && tail.end.starts_with("2026-11-20T11:00:00Z ERROR 59"));
        assert!(tail.errors > 4_000, "{}", tail.errors);
    }
}
