//! What the RPCs tell of backups.

use std::{path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures_util::Stream;
use kassa_proto::v1::{self as pb, BackupPhase, BackupReason, BackupState, SecondFolderState};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{
    Backup, Backups, CreatedBackup, Manifest, Name, Phase, Reason, SecondFolder, State, Step, files,
    keeper::newest, schedule, stream,
};
use crate::{
    clock::from_micros,
    encoding::time::timestamp,
    error::Error,
    page::Page,
    readings::Reading,
    store::entity::{business, terminal},
};

/// Makes a backup, and tells how far it is.
///
/// # Errors
/// `BACKUP_RUNNING`; what comes later is the last item.
pub async fn create(
    backups: &Arc<Backups>,
) -> Result<impl Stream<Item = Result<pb::CreateBackupResponse, Error>> + use<>, Error> {
    Ok(stream::follow(backups.begin(Reason::ByHand).await?, created_step, |made| created(&made)))
}

fn created_step(step: Step) -> pb::CreateBackupResponse {
    let phase = match step.phase {
        Phase::Copying => BackupPhase::Copying,
        Phase::Verifying => BackupPhase::Verifying,
        Phase::CopyingToSecond => BackupPhase::CopyingToSecond,
    };
    pb::CreateBackupResponse {
        phase: phase.into(),
        done_bytes: count(step.done),
        total_bytes: count(step.total),
        ..pb::CreateBackupResponse::default()
    }
}

fn created(made: &CreatedBackup) -> pb::CreateBackupResponse {
    let state = match made.second {
        SecondFolder::NotConfigured => SecondFolderState::NotConfigured,
        SecondFolder::Ready => SecondFolderState::Ready,
        SecondFolder::Absent => SecondFolderState::Absent,
        SecondFolder::Failed(_) => SecondFolderState::Failed,
    };
    let bytes = count(made.backup.bytes);
    pb::CreateBackupResponse {
        phase: BackupPhase::Unspecified.into(),
        done_bytes: bytes,
        total_bytes: bytes,
        backup: Some(to_pb(&made.backup, made.second == SecondFolder::Ready)),
        second_folder_state: state.into(),
    }
}

/// Proves a backup, and tells how far it is.
///
/// # Errors
/// `INVALID_FIELD`, `BACKUP_NOT_FOUND`, `BACKUP_RUNNING`; what comes later is the last item.
pub async fn verify(
    backups: &Arc<Backups>,
    request: pb::VerifyBackupRequest,
) -> Result<impl Stream<Item = Result<pb::VerifyBackupResponse, Error>> + use<>, Error> {
    let name = named(&request.name)?;
    let running = backups.begin_to_verify(name).await?;
    let in_second = in_second(backups).await.contains(&name.to_string());
    let step = |step: Step| pb::VerifyBackupResponse {
        done_bytes: count(step.done),
        total_bytes: count(step.total),
        ..pb::VerifyBackupResponse::default()
    };
    Ok(stream::follow(running, step, move |(backup, faults)| pb::VerifyBackupResponse {
        done_bytes: count(backup.bytes),
        total_bytes: count(backup.bytes),
        backup: Some(to_pb(&backup, in_second)),
        faults,
    }))
}

/// The backup that a request names, as people say it, too: without `.db`.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn named(name: &str) -> Result<Name, Error> {
    name.parse().or_else(|_| format!("{name}.db").parse()).map_err(|_| {
        let wanted =
            "must be a backup's name, such as kassa-backup-20261120-143045.db: `kassa backups` lists them";
        Error::invalid("name", wanted)
    })
}

/// A page of the backups, newest first.
///
/// # Errors
/// `INVALID_FIELD`, `EPOCH_CHANGED`, `BACKUP_FAILED`.
pub async fn list(
    backups: &Backups,
    request: pb::ListBackupsRequest,
    epoch: i64,
) -> Result<pb::ListBackupsResponse, Error> {
    let filter = pb::ListBackupsRequest::default();
    let page = Page::parse("ListBackups", (request.page_size, &request.page_token), &filter, epoch)?;
    let mut all = backups.list().await?;
    if let Some(after) = &page.after {
        all.retain(|backup| key(backup) < *after);
    }
    let (all, next_page_token) = page.cut(all, key);
    let in_second = in_second(backups).await;
    let told = all.iter().map(|backup| to_pb(backup, in_second.contains(&backup.name.to_string())));
    Ok(pb::ListBackupsResponse { backups: told.collect(), next_page_token })
}

/// The files in the second folder, as far as it tells.
async fn in_second(backups: &Backups) -> Vec<String> {
    let names = backups.second().look(|folder: &Path| files::names(folder).unwrap_or_default()).await;
    names.unwrap_or_default()
}

/// The place of a backup in the list.
fn key(backup: &Backup) -> Vec<i64> {
    vec![backup.name.time.and_utc().timestamp(), backup.name.reason as i64]
}

/// What the books say of when a backup is due.
pub struct Founded {
    /// When the shop was opened.
    time: Option<DateTime<Utc>>,
    /// Where its nights are.
    zone: Tz,
}

impl Founded {
    /// Reads it.
    ///
    /// # Errors
    /// What the database fails with.
    pub async fn read(database: &Reading) -> Result<Self, Error> {
        let local = terminal::Entity::find().filter(terminal::Column::Local.eq(true)).one(database).await?;
        let time = local.map(|terminal| from_micros(terminal.create_time));
        Ok(Self { time, zone: time_zone(database).await? })
    }
}

/// What the state of the backups depends on besides them.
pub struct Present {
    /// The epoch of the books.
    pub epoch: i64,
    /// When the server started.
    pub start: DateTime<Utc>,
    /// When it is.
    pub now: DateTime<Utc>,
}

/// Adds to the status how the backups are. A folder that can't be read must not hide the rest.
pub async fn add_to_status(
    backups: &Backups,
    founded: Founded,
    Present { epoch, start, now }: Present,
    status: &mut pb::GetStatusResponse,
) {
    let last = backups.last_known();
    status.backup_running = last.running;
    status.last_backup_failure = last.failure.unwrap_or_default();
    status.second_folder_state = second_folder(backups, last.second_failed).await.into();
    let all = match backups.list().await {
        Ok(all) => all,
        Err(error) => {
            tracing::warn!(%error, "the status has no backups");
            status.last_backup_failure = error.words();
            return;
        }
    };
    let good = newest(all.iter(), epoch, now);
    if let Some((time, backup)) = good {
        status.last_backup_name = backup.name.to_string();
        status.last_backup_time = Some(timestamp(time));
    }
    let opened = founded.time.unwrap_or(start);
    status.backup_overdue = schedule::is_overdue(now, good.map(|(time, _)| time), opened);
    status.next_backup_time = Some(timestamp(backups.next_run(founded.zone, epoch, &all)));
}

async fn second_folder(backups: &Backups, failed: bool) -> SecondFolderState {
    if backups.place().second.is_none() {
        return SecondFolderState::NotConfigured;
    }
    match backups.second().look(|folder: &Path| folder.is_dir()).await {
        Some(true) if !failed => SecondFolderState::Ready,
        Some(true) => SecondFolderState::Failed,
        // One that does not answer is as good as none.
        Some(false) | None => SecondFolderState::Absent,
    }
}

/// The shop's time zone.
///
/// # Errors
/// What the database fails with.
pub async fn time_zone(database: &Reading) -> Result<Tz, Error> {
    let business = business::Entity::find().one(database).await?;
    Ok(business.and_then(|business| business.time_zone.parse().ok()).unwrap_or(Tz::UTC))
}

/// A backup as callers see it.
pub fn to_pb(backup: &Backup, in_second_folder: bool) -> pb::Backup {
    let reason = match backup.name.reason {
        Reason::ByHand => BackupReason::ByHand,
        Reason::Daily => BackupReason::Daily,
        Reason::PreMigration => BackupReason::PreMigration,
        Reason::PreRestore => BackupReason::PreRestore,
    };
    let state = match backup.state {
        State::Verified => BackupState::Verified,
        State::Damaged => BackupState::Damaged,
        State::Unverified => BackupState::Unverified,
    };
    let known = pb::Backup {
        in_second_folder,
        name: backup.name.to_string(),
        reason: reason.into(),
        size_bytes: count(backup.bytes),
        state: state.into(),
        ..pb::Backup::default()
    };
    backup.manifest.as_ref().map_or(known.clone(), |manifest| with_manifest(known, manifest))
}

fn with_manifest(backup: pb::Backup, manifest: &Manifest) -> pb::Backup {
    let rows = |table: &str| manifest.facts.rows.get(table).copied().unwrap_or_default();
    pb::Backup {
        create_time: Some(timestamp(manifest.create_time)),
        verify_time: Some(timestamp(manifest.verify_time)),
        sha256: manifest.sha256.clone(),
        schema: manifest.facts.schema.clone(),
        epoch: manifest.facts.epoch,
        order_count: rows("orders"),
        shift_count: rows("shifts"),
        product_count: rows("products"),
        journal_record_count: rows("journal_records"),
        program_version: manifest.program.clone(),
        pepper_id: manifest.pepper_id.clone(),
        ..backup
    }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
