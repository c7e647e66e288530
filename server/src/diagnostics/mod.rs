//! What support needs to know of a server, in one answer: its state, its configuration, its files, the end
//! of its log. No secrets and nothing of customers: what is here may be pasted into a ticket.

mod log_tail;
mod old_rows;

use std::{fmt::Write as _, fs, io, path::Path};

use chrono::TimeDelta;
use kassa_proto::v1::{self as pb, OrderState, ShiftState};
use sea_orm::{ColumnTrait as _, PaginatorTrait as _, QueryFilter as _};

use self::{log_tail::LogTail, old_rows::OldRows};
use crate::{
    admin::queries,
    app::App,
    caller::Caller,
    clock::to_micros,
    config::Config,
    error::Error,
    store::{
        applied_steps,
        entity::{draft, shift},
    },
};

/// Files that are listed; backups alone may be many.
const MOST_FILES: usize = 500;

/// Collects it.
///
/// # Errors
/// What the database fails with.
pub async fn collect(app: &App, caller: &Caller) -> Result<pb::CollectDiagnosticsResponse, Error> {
    let now = app.clock.now();
    let yesterday = to_micros(now - TimeDelta::days(1));
    let old_shifts = shift::in_branch(caller.branch_id)
        .filter(shift::Column::State.eq(i32::from(ShiftState::Open)))
        .filter(shift::Column::OpenTime.lt(yesterday));
    let drafts = draft::in_branch(caller.branch_id)
        .filter(draft::Column::State.eq(i32::from(OrderState::Draft)))
        .filter(draft::Column::UpdateTime.lt(yesterday));
    let status = queries::status(app, caller).await?;
    let reading = app.reading(caller).await?;
    let steps = applied_steps(&reading).await?;
    let (old_shifts, old_drafts) = (old_shifts.count(&reading).await?, drafts.count(&reading).await?);
    let old_rows = OldRows::read(&reading).await?;
    drop(reading);
    let (logs, data) = (app.folder.logs(), app.folder.path().to_owned());
    let read = move || (LogTail::read(&logs, now), files(&data));
    let (log, files) = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
    let part = |name: &str, text: String| pb::DiagnosticPart { name: name.to_owned(), text };
    let unreadable = |error: io::Error| format!("can't be read: {error}\n");
    let log = log.unwrap_or_else(|error| LogTail { end: unreadable(error), ..LogTail::default() });
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    Ok(pb::CollectDiagnosticsResponse {
        parts: vec![
            part("status", describe(&status)),
            part("configuration", configuration(&app.config)),
            part("schema", steps.join("\n") + "\n"),
            part("files", files.unwrap_or_else(unreadable)),
            part("warnings and errors of the last day", log.problems),
            part("end of the log", log.end),
        ],
        log_error_count: log.errors,
        log_warning_count: log.warnings,
        old_shift_count: count(old_shifts),
        old_draft_count: count(old_drafts),
        old_row_count: old_rows.count,
        old_rows: old_rows.listed,
    })
}

fn describe(status: &pb::GetStatusResponse) -> String {
    let time = |time: Option<prost_types::Timestamp>| {
        let at = time.and_then(|at| chrono::DateTime::from_timestamp(at.seconds, 0));
        at.map_or_else(String::new, |at| at.to_rfc3339())
    };
    let disk = status.disk_state().as_str_name().trim_start_matches(DISK_STATE).to_lowercase();
    let facts = [
        ("Kassa", status.version.clone()),
        ("engine", status.engine.clone()),
        ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("epoch", status.epoch.to_string()),
        ("server's clock", time(status.current_time)),
        ("running since", time(status.start_time)),
        ("database bytes", status.database_bytes.to_string()),
        ("write-ahead log bytes", status.wal_bytes.to_string()),
        ("disk", disk),
        ("free disk bytes", status.disk_free_bytes.to_string()),
        ("reserve bytes", status.disk_reserve_bytes.to_string()),
        ("products", status.product_count.to_string()),
        ("orders of the branch", status.order_count.to_string()),
        ("open shifts of the branch", status.open_shift_count.to_string()),
        ("waiting changes", status.queued_postings.to_string()),
    ];
    facts.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

/// What `DiskState`'s values begin with.
const DISK_STATE: &str = "DISK_STATE_";

/// The configuration in force. A key that may hold a secret one day is not shown on that day.
fn configuration(config: &Config) -> String {
    let text = toml::to_string(config).unwrap_or_else(|error| format!("can't be written: {error}\n"));
    text.lines().fold(String::new(), |mut shown, line| {
        let name = line.split('=').next().unwrap_or_default().to_lowercase();
        let is_secret =
            ["secret", "token", "password", "private", "pepper"].iter().any(|word| name.contains(word));
        // Writing to a string can't fail.
        let _ = if is_secret { writeln!(shown, "{}= not shown", name) } else { writeln!(shown, "{line}") };
        shown
    })
}

/// The files of the data folder with their sizes. Only sizes are asked for: opening the live database
/// would drop SQLite's locks on it.
fn files(data: &Path) -> io::Result<String> {
    let mut found = Vec::new();
    list(data, data, &mut found)?;
    found.sort();
    let more = found.len().saturating_sub(MOST_FILES);
    let shown = found.iter().take(MOST_FILES);
    let mut text: String = shown.map(|(name, bytes)| format!("{bytes:>14}  {name}\n")).collect();
    if more > 0 {
        let _ = writeln!(text, "and {more} more");
    }
    Ok(text)
}

fn list(folder: &Path, data: &Path, found: &mut Vec<(String, u64)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // A file may go while it is looked at, and links lead out of the folder.
        match entry.metadata() {
            Ok(it) if it.is_dir() && folder == data => list(&path, data, found)?,
            Ok(it) if it.is_file() => {
                let name = path.strip_prefix(data).unwrap_or(&path);
                found.push((name.display().to_string(), it.len()));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::DiskState;

    use super::*;

    #[test]
    fn the_configuration_is_shown_and_has_no_secret() {
        let shown = configuration(&Config::default());
        assert!(shown.contains("listen = \"127.0.0.1:50051\"") && shown.contains("[disk]"), "{shown}");
        assert!(!shown.contains("not shown"), "{shown}");
    }

    #[test]
    fn files_are_listed_with_their_sizes_and_links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("logs")).unwrap();
        fs::write(folder.path().join("logs").join("kassa.2026-11-20.log"), "four").unwrap();
        fs::write(folder.path().join("CURRENT"), "gen-000001").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/", folder.path().join("everything")).unwrap();
        let text = files(folder.path()).unwrap();
        assert_eq!(text, "            10  CURRENT\n             4  logs/kassa.2026-11-20.log\n");
    }

    #[test]
    fn states_of_the_disk_lose_their_prefix() {
        assert_eq!(DiskState::SalesOnly.as_str_name().trim_start_matches(DISK_STATE), "SALES_ONLY");
    }
}
