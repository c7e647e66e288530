//! `kassa status`

use kassa_client::proto::v1::{DiskState, GetStatusRequest, GetStatusResponse, SecondFolderState};
use prost_types::Timestamp;

use crate::{
    count,
    failure::Failure,
    message,
    output::Output,
    shop::{Clock, Shop},
    table::facts,
};

pub async fn run(shop: &Shop, output: Output) -> Result<(), Failure> {
    let status = shop.call(shop.kassa.admin().get_status(GetStatusRequest::default())).await?;
    output.json(|| message::to_json("GetStatusResponse", &*status))?;
    if status.maintenance {
        return output.text(closed(&status));
    }
    let clock = shop.clock().await?;
    let mut told = vec![
        ("shop", status.business_name.clone()),
        ("version", format!("{} (schema {})", status.version, status.schema)),
        (
            "database",
            format!("{} of {}, epoch {}", count::bytes(status.database_bytes), status.engine, status.epoch),
        ),
        ("write-ahead log", count::bytes(status.wal_bytes)),
        ("free disk", disk(&status)),
        ("products", status.product_count.to_string()),
        ("orders", status.order_count.to_string()),
        ("open shifts", status.open_shift_count.to_string()),
        ("last backup", last_backup(&status, clock)),
        ("next backup", next_backup(&status, clock)),
        ("waiting", count::show(status.queued_postings, "change")),
        ("running since", clock.show(status.start_time.as_ref())),
        ("server's clock", format!("{} {}", clock.show(status.current_time.as_ref()), clock.zone())),
    ];
    if let Some(step) = &status.clock_step {
        let (hours, minutes) = (step.seconds / 3_600, step.seconds / 60 % 60);
        let to = clock.show(status.clock_step_time.as_ref());
        told.push(("clock went back", format!("by {hours}:{minutes:02} hours, to {to}")));
    }
    output.text(facts(told))?;
    for warning in warnings(&status) {
        output.remark(format!("warning: {warning}"));
    }
    Ok(())
}

/// `3.1 GiB`, and what follows from it where there is little.
fn disk(status: &GetStatusResponse) -> String {
    let free = count::bytes(status.disk_free_bytes);
    match status.disk_state() {
        DiskState::Unspecified | DiskState::Ok => free,
        DiskState::Warn => {
            let least = count::bytes(status.disk_sales_only_bytes);
            format!("{free}: free space; below {least} only sales are taken")
        }
        DiskState::SalesOnly => {
            format!("{free}: only sales and what a till needs are taken; free space, call support")
        }
        DiskState::Full => format!("{free}: the disk is full; free space now, call support"),
    }
}

/// What can be told while the books are closed: not the shop's time zone.
fn closed(status: &GetStatusResponse) -> String {
    let clock = Clock::utc();
    let why = if status.damaged { "the database is damaged" } else { "the books are closed" };
    facts([
        ("maintenance", format!("{why}: {}", status.maintenance_reason)),
        ("since", format!("{} UTC", clock.show(status.maintenance_time.as_ref()))),
        ("version", status.version.clone()),
        ("free disk", count::bytes(status.disk_free_bytes)),
        ("running since", format!("{} UTC", clock.show(status.start_time.as_ref()))),
        ("server's clock", format!("{} UTC", clock.show(status.current_time.as_ref()))),
    ])
}

fn seconds(time: &Option<Timestamp>) -> Option<i64> {
    time.as_ref().map(|time| time.seconds)
}

fn last_backup(status: &GetStatusResponse, clock: Clock) -> String {
    match (seconds(&status.last_backup_time), seconds(&status.current_time)) {
        (Some(made), Some(now)) => {
            let age = count::ago(now.saturating_sub(made));
            format!("{} ({age})", clock.show(status.last_backup_time.as_ref()))
        }
        _ => "none yet".to_owned(),
    }
}

fn next_backup(status: &GetStatusResponse, clock: Clock) -> String {
    let due = seconds(&status.next_backup_time) <= seconds(&status.current_time);
    let next = clock.show(status.next_backup_time.as_ref());
    match (status.backup_running, due) {
        (true, _) => "one is made now".to_owned(),
        (false, true) if !next.is_empty() => "due now".to_owned(),
        (false, _) => next,
    }
}

fn warnings(status: &GetStatusResponse) -> Vec<String> {
    let mut warnings = Vec::new();
    if status.backup_overdue {
        warnings.push("no good backup of the last 26 hours: make one with `kassa backup`".to_owned());
    }
    if !status.last_backup_failure.is_empty() {
        warnings.push(format!("the last backup failed: {}", status.last_backup_failure));
    }
    match status.second_folder_state() {
        SecondFolderState::Absent => {
            warnings.push("the second folder for backups is not there: plug the drive in".to_owned());
        }
        SecondFolderState::Failed => {
            warnings
                .push("the last copy to the second folder for backups failed: see `kassa doctor`".to_owned());
        }
        SecondFolderState::Ready | SecondFolderState::NotConfigured | SecondFolderState::Unspecified => {}
    }
    warnings
}
