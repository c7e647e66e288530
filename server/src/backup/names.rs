//! The names of backups, which tell when and why each was made.

use std::{fmt, str::FromStr};

use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};

const PREFIX: &str = "kassa-backup-";
const EXTENSION: &str = ".db";
const TIME: &str = "%Y%m%d-%H%M%S";
/// As long as `20261120-143045`.
const TIME_LENGTH: usize = 15;

/// Why a backup is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Somebody asked for it.
    ByHand,
    /// The day's own.
    Daily,
    /// Before the database is brought up to date.
    PreMigration,
    /// Before another backup is restored.
    PreRestore,
}

impl Reason {
    const ALL: [Self; 4] = [Self::ByHand, Self::Daily, Self::PreMigration, Self::PreRestore];

    fn suffix(self) -> &'static str {
        match self {
            Self::ByHand => "",
            Self::Daily => "-daily-scheduled",
            Self::PreMigration => "-pre-migration",
            Self::PreRestore => "-pre-restore",
        }
    }
}

/// The name of a backup's file, such as `kassa-backup-20261120-143045-daily-scheduled.db`. Names sort by
/// their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The shop's local time.
    pub time: NaiveDateTime,
    /// Why it was made.
    pub reason: Reason,
}

impl Name {
    /// The same a second later.
    pub fn next(self) -> Self {
        Self { time: self.time.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(self.time), ..self }
    }

    /// The name of its manifest.
    pub fn manifest(&self) -> String {
        self.to_string().replace(EXTENSION, ".json")
    }

    /// The backup that a manifest is named after.
    pub fn of_manifest(file: &str) -> Option<Self> {
        Self::beside(file, ".json")
    }

    /// The backup that a manifest is named after while it is written.
    pub fn of_half_a_manifest(file: &str) -> Option<Self> {
        Self::beside(file, ".new")
    }

    fn beside(file: &str, extension: &str) -> Option<Self> {
        format!("{}{EXTENSION}", file.strip_suffix(extension)?).parse().ok()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}{}{EXTENSION}", self.time.format(TIME), self.reason.suffix())
    }
}

/// A text that is no name of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoName;

impl FromStr for Name {
    type Err = NoName;

    /// Names are input like any other: only what [`Name`] itself would write is one.
    fn from_str(text: &str) -> Result<Self, NoName> {
        let rest = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(EXTENSION)).ok_or(NoName)?;
        let (time, suffix) = rest.split_at_checked(TIME_LENGTH).ok_or(NoName)?;
        let time = NaiveDateTime::parse_from_str(time, TIME).map_err(|_| NoName)?;
        let reason = Reason::ALL.into_iter().find(|reason| reason.suffix() == suffix).ok_or(NoName)?;
        let name = Self { time, reason };
        if name.to_string() == text { Ok(name) } else { Err(NoName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_when_and_why() {
        let texts = [
            ("kassa-backup-20261120-143045.db", Reason::ByHand),
            ("kassa-backup-20261120-143045-daily-scheduled.db", Reason::Daily),
            ("kassa-backup-20261120-143045-pre-migration.db", Reason::PreMigration),
            ("kassa-backup-20261120-143045-pre-restore.db", Reason::PreRestore),
        ];
        for (text, reason) in texts {
            let name: Name = text.parse().unwrap();
            assert_eq!((name.reason, name.time.to_string().as_str()), (reason, "2026-11-20 14:30:45"));
            assert_eq!(name.to_string(), text);
            assert_eq!(Name::of_manifest(&name.manifest()), Some(name));
        }
    }

    #[test]
    fn a_name_that_is_taken_gives_way_to_the_next_second() {
        let name: Name = "kassa-backup-20261231-235959.db".parse().unwrap();
        assert_eq!(name.next().to_string(), "kassa-backup-20270101-000000.db");
        assert!(name < name.next());
    }

    #[test]
    fn no_other_text_is_a_name() {
        for text in [
            "",
            "kassa.db",
            "kassa-backup-20261120-143045",
            "kassa-backup-20261120-143045.json",
            "kassa-backup-20261120-143045-monthly.db",
            "kassa-backup-20261320-143045.db",
            "kassa-backup-20261120-1430450.db",
            "kassa-backup-+2612011-43045..db",
            "../kassa-backup-20261120-143045.db",
            "kassa-backup-20261120-143045/../../keys/pepper.db",
            "kassa-backup-٢٠٢٦١١٢٠-143045.db",
        ] {
            assert_eq!(text.parse::<Name>(), Err(NoName), "{text}");
        }
    }
}
