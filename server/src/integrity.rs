//! Whether the books hold, as far as anybody has proved it since they were opened.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use kassa_proto::v1::{self as pb, IntegrityState};
use tokio::sync::Notify;

use crate::{
    check::{self, Beside, CheckLine, Report},
    clock::Clock,
    encoding::time::timestamp,
    readings::Turn,
    store::{DataFolder, Purpose, StartError},
};

/// What the last proof found, and whether somebody has met damage since.
#[derive(Debug, Default)]
pub struct Integrity {
    found: Mutex<Option<(DateTime<Utc>, u64)>>,
    suspicion: Notify,
}

impl Integrity {
    /// Proves the whole books of a folder while the shop sells, and keeps what was found.
    ///
    /// # Errors
    /// What the database says.
    pub async fn prove(
        &self,
        folder: &DataFolder,
        clock: &dyn Clock,
        turn: Turn,
    ) -> Result<Report, StartError> {
        let report = prove_in(folder.database(), Some(turn)).await?;
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

/// Proves the books in a file, which may be live. On a thread of its own: it is all work and hardly any waiting.
///
/// # Errors
/// What the database says.
pub async fn prove_file(file: PathBuf) -> Result<Report, StartError> {
    prove_in(file, None).await
}

async fn prove_in(file: PathBuf, turn: Option<Turn>) -> Result<Report, StartError> {
    check::check(file, Purpose::Inspect, Beside::Tills, turn).await
}
