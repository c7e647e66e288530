//! Whether the books hold, as far as anybody has proved it since they were opened.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use kassa_proto::v1::{self as pb, IntegrityState};
use tokio::sync::Notify;

use crate::{
    backup::{BackupError, Backups},
    check::{self, Beside, CheckLine, Report},
    clock::Clock,
    encoding::time::timestamp,
    readings::Turn,
    store::{Purpose, StartError},
};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The server stops.
    #[error("the server is stopping")]
    Stopped,
    /// The books can't be read.
    #[error(transparent)]
    Read(#[from] StartError),
}

/// What the last proof found, and whether somebody has met damage since.
#[derive(Debug, Default)]
pub struct Integrity {
    found: Mutex<Option<(DateTime<Utc>, u64)>>,
    suspicion: Notify,
}

impl Integrity {
    /// Proves the whole books while the shop sells, and keeps what was found. A copy of them is proved; where there can
    /// be none they are read themselves, and the write-ahead log grows meanwhile.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn prove(
        &self,
        backups: &Backups,
        clock: &dyn Clock,
        turn: Turn,
    ) -> Result<Report, ProofError> {
        let report = match backups.copy_to_prove().await {
            Ok(copy) => prove_in(copy.file(), Purpose::Backup, (turn, copy)).await?,
            Err(BackupError::Stopped) => return Err(ProofError::Stopped),
            Err(error) => {
                tracing::warn!(%error, "the books are proved without a copy of them");
                prove_in(backups.place().database.clone(), Purpose::Inspect, turn).await?
            }
        };
        self.keep(clock.now(), &report);
        for fault in report.faults() {
            tracing::error!(%fault, "the books do not hold");
        }
        Ok(report)
    }

    fn keep(&self, time: DateTime<Utc>, report: &Report) {
        let faults = report.lines.iter().map(CheckLine::fault_count).sum();
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((time, faults));
    }

    /// Somebody met what looks like damage: the books are to be proved.
    pub fn suspect(&self) {
        self.suspicion.notify_one();
    }

    /// Ends when somebody suspects damage, or has since this was asked last.
    pub async fn suspected(&self) {
        self.suspicion.notified().await;
    }

    /// Adds it to the status.
    pub fn add_to_status(&self, status: &mut pb::GetStatusResponse) {
        let Some((time, faults)) = *self.found.lock().unwrap_or_else(PoisonError::into_inner) else {
            status.set_integrity_state(IntegrityState::Unproved);
            return;
        };
        status.set_integrity_state(if faults == 0 { IntegrityState::Sound } else { IntegrityState::Faults });
        status.integrity_time = Some(timestamp(time));
        status.integrity_fault_count = i64::try_from(faults).unwrap_or(i64::MAX);
    }
}

/// Proves the books in a file while the shop is closed. On threads of its own: it is all work and hardly any waiting.
///
/// # Errors
/// What the database says.
pub async fn prove_file(file: PathBuf) -> Result<Report, StartError> {
    check::check(file, Purpose::Inspect, Beside::Nobody, ()).await
}

/// What is held stays as long as it takes.
async fn prove_in(file: PathBuf, purpose: Purpose, held: impl Send + 'static) -> Result<Report, StartError> {
    check::check(file, purpose, Beside::Tills, held).await
}
