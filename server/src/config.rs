//! The server's configuration: defaults, then `kassa.toml`, then `KASSA_...`, then flags.
//! A key that does not exist stops the start: a typing error must not silently mean the default.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::store::Synchronous;
use chrono::NaiveTime;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

const TWO: NaiveTime = match NaiveTime::from_hms_opt(2, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Everything that can be configured on the machine. Facts of the shop are in the database
/// (`Admin.PutSettings`).
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen; a loopback address, for there is no TLS yet.
    pub listen: SocketAddr,
    /// The data folder.
    pub data_dir: PathBuf,
    /// The log.
    pub log: LogConfig,
    /// SQLite.
    pub sqlite: SqliteConfig,
    /// Idempotency keys.
    pub idempotency: IdempotencyConfig,
    /// Backups.
    pub backup: BackupConfig,
    /// The disk.
    pub disk: DiskConfig,
    /// Bounds.
    pub limits: LimitsConfig,
    /// Faults for tests.
    #[cfg(feature = "fault-injection")]
    #[serde(skip)]
    pub faults: std::sync::Arc<crate::store::fault::Faults>,
}

/// The log.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// What is logged: `off`, `error`, `warn`, `info`, `debug`, `trace`, or a filter such as
    /// `info,kassa_server=debug`.
    pub level: String,
    /// How the files are written.
    pub format: LogFormat,
    /// How many daily files are kept.
    pub keep_days: usize,
}

/// How log files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line per event, for people.
    Text,
    /// A JSON object per event, for programs.
    Json,
}

/// SQLite.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SqliteConfig {
    /// When a commit is on the disk.
    pub synchronous: Synchronous,
}

/// Idempotency keys.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IdempotencyConfig {
    /// How long a key's answer is kept byte for byte; the key itself is kept for ever.
    pub keep_hours: u32,
}

/// Backups.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BackupConfig {
    /// When the daily one is made, in the shop's local time.
    pub time: TimeOfDay,
    /// How many daily ones are kept.
    pub keep: usize,
    /// A folder on another drive, for this shop alone; each backup is copied there if it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_dir: Option<PathBuf>,
}

/// A time of the day such as `02:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(NaiveTime);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let time = NaiveTime::parse_from_str(&text, "%H:%M").ok().map(Self);
        // Two digits each: `2:5` is more likely a typing error than a time.
        let written = time.filter(|time| String::from(*time) == text);
        written.ok_or_else(|| format!("{text:?} is no time of the day such as 02:00"))
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.0.format("%H:%M").to_string()
    }
}

impl From<TimeOfDay> for NaiveTime {
    fn from(time: TimeOfDay) -> Self {
        time.0
    }
}

/// The disk: how much must be free, in megabytes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DiskConfig {
    /// Below it there is a warning.
    pub warn_mb: u64,
    /// Below it only sales, refunds and what a till needs are taken.
    pub sales_only_mb: u64,
    /// The size of a file that is given up when the disk is full; 0 makes none.
    pub reserve_mb: u64,
}

/// Bounds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Postings that may wait; one more is refused with `OVERLOADED`.
    pub queue: usize,
    /// Postings that share a commit.
    pub batch: usize,
    /// Requests that a connection may have under way.
    pub streams_per_connection: u32,
    /// How often shifts that nobody uses are looked for, and sales added up for reports, in milliseconds.
    pub idle_check_ms: u64,
    /// How often it is asked whether the daily backup is due, in milliseconds.
    pub backup_check_ms: u64,
    /// How often answers whose time is over are cleared, in milliseconds.
    pub expire_check_ms: u64,
    /// How long after the start the whole books are proved, in milliseconds.
    pub prove_after_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 50051)),
            data_dir: PathBuf::from("kassa-data"),
            log: LogConfig { level: "info".to_owned(), format: LogFormat::Text, keep_days: 30 },
            sqlite: SqliteConfig { synchronous: Synchronous::Full },
            idempotency: IdempotencyConfig { keep_hours: 24 },
            backup: BackupConfig { time: TimeOfDay(TWO), keep: 14, second_dir: None },
            disk: DiskConfig { warn_mb: 2_048, sales_only_mb: 500, reserve_mb: 64 },
            limits: LimitsConfig {
                queue: 1_024,
                batch: 128,
                streams_per_connection: 64,
                idle_check_ms: 60_000,
                backup_check_ms: 60_000,
                expire_check_ms: 3_600_000,
                prove_after_ms: 30_000,
            },
            #[cfg(feature = "fault-injection")]
            faults: std::sync::Arc::default(),
        }
    }
}

/// What the command line says; it wins over everything else.
#[derive(Debug, Default, Serialize)]
pub struct Flags {
    /// `--data-dir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// Why the configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A key or a value is wrong.
    #[error("{}", told(.0))]
    Invalid(Box<figment::Error>),
    /// What should say how much is logged is no level: it would be taken for a module's name, and log nothing.
    #[error("log.level = {0:?}: must be off, error, warn, info, debug or trace")]
    Level(String),
    /// The address can be reached from other machines.
    #[error(
        "listen = {0} can be reached from other machines, and Kassa has no encryption yet: \
         use a loopback address such as 127.0.0.1:50051"
    )]
    NotLoopback(SocketAddr),
    /// A bound of zero would let nothing through.
    #[error("{0} must be at least 1")]
    Zero(&'static str),
    /// The second folder is the first, or none at all.
    #[error("backup.second_dir must be a folder of its own, best on another drive")]
    SecondFolder,
    /// Of two limits, what should come first comes second.
    #[error("{0} must not be less than {1}")]
    Order(&'static str, &'static str),
    /// The file named with `--config` is not there.
    #[error("there is no configuration file {}", .0.display())]
    NoFile(PathBuf),
}

/// These belong to the `kassa` program, which shares the prefix.
const CLIENT_VARIABLES: [&str; 2] = ["server", "token_file"];

impl Config {
    /// Reads the configuration. Without `file` it is `kassa.toml` in the data folder, if that exists.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and where it stands.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let without_file = Figment::from(Serialized::defaults(Self::default()));
        let over = |figment: Figment| {
            let environment = Env::prefixed("KASSA_").split("__").ignore(&CLIENT_VARIABLES);
            figment.merge(environment).merge(Serialized::defaults(flags))
        };
        let path = match file {
            Some(path) if !path.is_file() => return Err(ConfigError::NoFile(path.to_owned())),
            Some(path) => path.to_owned(),
            None => {
                let folder = over(without_file.clone()).extract_inner::<PathBuf>("data_dir");
                folder.map_err(ConfigError::invalid)?.join("kassa.toml")
            }
        };
        let with_file =
            if path.is_file() { without_file.merge(Toml::file_exact(path)) } else { without_file };
        let config: Self = over(with_file).extract().map_err(ConfigError::invalid)?;
        config.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        if !self.listen.ip().is_loopback() {
            return Err(ConfigError::NotLoopback(self.listen));
        }
        if let Some(folder) = &self.backup.second_dir
            && (folder.as_os_str().is_empty() || folder.starts_with(&self.data_dir))
        {
            return Err(ConfigError::SecondFolder);
        }
        if !self.log.level.split(',').all(is_directive) {
            return Err(ConfigError::Level(self.log.level));
        }
        if self.disk.warn_mb < self.disk.sales_only_mb {
            return Err(ConfigError::Order("disk.warn_mb", "disk.sales_only_mb"));
        }
        if self.disk.sales_only_mb < self.disk.reserve_mb {
            return Err(ConfigError::Order("disk.sales_only_mb", "disk.reserve_mb"));
        }
        let bounds = [
            ("backup.keep", self.backup.keep),
            ("log.keep_days", self.log.keep_days),
            ("limits.queue", self.limits.queue),
            ("limits.batch", self.limits.batch),
            ("limits.streams_per_connection", self.limits.streams_per_connection as usize),
            ("limits.idle_check_ms", milliseconds(self.limits.idle_check_ms)),
            ("limits.backup_check_ms", milliseconds(self.limits.backup_check_ms)),
            ("limits.expire_check_ms", milliseconds(self.limits.expire_check_ms)),
        ];
        match bounds.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(ConfigError::Zero(name)),
            None => Ok(self),
        }
    }
}

/// Whether a part of `log.level` is a level, or has one for a module: `info,kassa_server=debug`.
fn is_directive(part: &str) -> bool {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    part.contains('=') || LEVELS.iter().any(|level| part.trim().eq_ignore_ascii_case(level))
}

/// What is wrong and where, in words for whoever wrote it.
fn told(error: &figment::Error) -> String {
    let told: Vec<String> = error.clone().into_iter().map(|error| told_one(&error)).collect();
    told.join("\n")
}

fn told_one(error: &figment::Error) -> String {
    let mut told = error.kind.to_string();
    let Some(metadata) = &error.metadata else { return told };
    let (key, place) = match (&metadata.source, &error.profile) {
        (Some(file), _) => (error.path.join("."), file.to_string()),
        (None, Some(profile)) => (metadata.interpolate(profile, &error.path), metadata.name.to_string()),
        (None, None) => (error.path.join("."), metadata.name.to_string()),
    };
    if !key.is_empty() {
        told += &format!(" for key {key:?}");
    }
    told + " in " + &place
}

fn milliseconds(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl ConfigError {
    fn invalid(error: figment::Error) -> Self {
        Self::Invalid(Box::new(error))
    }
}
