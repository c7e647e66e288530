//! The logs: to the console for whoever watches, to a file a day for support ([`daily_file`]), and what
//! happened to money to files of their own ([`money_log`]). What repeats itself is told once a minute
//! ([`repeats`]), faults of ours ten times (`faults.rs`). However much is logged, it can't fill the disk.

pub mod daily_file;
pub mod money_log;
pub mod repeats;

use std::{
    io::{self, IsTerminal as _, Write},
    path::Path,
};

use tracing::{Level, Metadata};
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::filter_fn, fmt, fmt::MakeWriter, layer::SubscriberExt as _,
    registry::LookupSpan, util::SubscriberInitExt as _,
};

use self::{
    daily_file::{Bounds, DailyFile},
    money_log::MoneyLog,
};
use crate::{
    clock::SharedClock,
    config::{Config, LogFormat},
};

/// The beginning of the log files' names.
pub const LOG: &str = "kassa";
/// The beginning of the names of the files that tell of money.
pub const AUDIT: &str = "audit";
const MIB: u64 = 1_024 * 1_024;
/// At most a file of this size a day, and so much in all: a fault that repeats itself all day must not
/// take the tills' space.
const LARGEST_FILE: u64 = 50 * MIB;
const LARGEST_SERIES: u64 = 500 * MIB;
/// The part of a day's file that only warnings and errors may use: what is logged of every request must not take
/// the place of what somebody has to do something about.
const FOR_WARNINGS: u64 = 10 * MIB;
/// A year and the weeks until its books are closed, space permitting: a copy for convenience, for the
/// journal has it all for ever.
const AUDIT_DAYS: usize = 400;

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is none.
    #[error("log.level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// The files can't be written.
    #[error("the log can't be written: {0}")]
    Files(#[from] io::Error),
}

/// Starts the logs. What is logged until the guards are dropped is written.
///
/// # Errors
/// [`LogError`] if the level is none or the folder can't be written.
pub fn start(config: &Config, folder: &Path, clock: SharedClock) -> Result<[WorkerGuard; 2], LogError> {
    // What the migration library says of every step is said once by the store.
    let directives = format!("sea_orm_migration=warn,{},{}=off", config.log.level, money_log::TARGET);
    let filter = EnvFilter::builder().parse(directives)?;
    let bounds = Bounds {
        file_bytes: LARGEST_FILE,
        kept_bytes: FOR_WARNINGS,
        series_bytes: LARGEST_SERIES,
        files: config.log.keep_days,
        free_bytes: config.disk.reserve_mb.saturating_mul(MIB),
    };
    let file =
        |name, bounds, format| DailyFile::open(folder, name, format, bounds, SharedClock::clone(&clock));
    let (log, log_guard) = tracing_appender::non_blocking(file(LOG, bounds, config.log.format)?);
    let bounds = Bounds { files: AUDIT_DAYS, kept_bytes: 0, ..bounds };
    let (audit, audit_guard) = tracing_appender::non_blocking(file(AUDIT, bounds, LogFormat::Json)?);

    let console =
        fmt::layer().with_target(false).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    let of_money = filter_fn(|metadata| metadata.target() == money_log::TARGET);
    Registry::default()
        .with(console.and_then(file_layer(config.log.format, Ranked(log))).with_filter(filter))
        .with(MoneyLog::new(audit).with_filter(of_money))
        .init();
    Ok([log_guard, audit_guard])
}

fn file_layer<S>(format: LogFormat, writer: Ranked) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    let layer = fmt::layer().with_ansi(false).with_writer(writer);
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().boxed(),
    }
}

/// Marks the lines that may not use the whole of a day's file: behind the queue nobody knows their level any more.
struct Ranked(NonBlocking);

impl<'a> MakeWriter<'a> for Ranked {
    type Writer = RankedLine;

    fn make_writer(&'a self) -> RankedLine {
        RankedLine { file: self.0.clone(), ordinary: false }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> RankedLine {
        RankedLine { file: self.0.clone(), ordinary: *metadata.level() > Level::WARN }
    }
}

struct RankedLine {
    file: NonBlocking,
    ordinary: bool,
}

impl Write for RankedLine {
    /// Takes a whole line, as the layers write them.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.ordinary {
            self.file.write_all(&[&[daily_file::ORDINARY], line].concat())?;
        } else {
            self.file.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
