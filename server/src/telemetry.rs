//! The log: to the console for whoever watches, and to a file a day for support.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
};

use tracing_appender::{
    non_blocking::{NonBlocking, WorkerGuard},
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer as _, Registry, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{LogConfig, LogFormat};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is none.
    #[error("log.level: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// The files can't be written.
    #[error("the log can't be written: {0}")]
    Files(String),
}

/// Starts the log. What is logged until the guard is dropped is written.
///
/// # Errors
/// [`LogError`] if the level is none or the folder can't be written.
pub fn start(config: &LogConfig, folder: &Path) -> Result<WorkerGuard, LogError> {
    // What the migration library says of every step is said once by the store.
    let filter = EnvFilter::builder().parse(format!("sea_orm_migration=warn,{}", config.level))?;
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("kassa")
        .filename_suffix("log")
        .max_log_files(config.keep_days)
        .build(folder)
        .map_err(|error| LogError::Files(error.to_string()))?;
    let (writer, guard) = tracing_appender::non_blocking(files);
    let console =
        fmt::layer().with_target(false).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    Registry::default().with(filter).with(console).with(file_layer(config.format, writer)).init();
    Ok(guard)
}

fn file_layer<S>(
    format: LogFormat,
    writer: NonBlocking,
) -> Box<dyn tracing_subscriber::Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    let layer = fmt::layer().with_ansi(false).with_writer(writer);
    match format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.json().boxed(),
    }
}
