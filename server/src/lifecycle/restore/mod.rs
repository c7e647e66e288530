//! Restoring a backup while the server runs: proved, closed, backed up, swapped, opened.

mod begin_epoch;
mod generation;

use std::sync::Arc;

use futures_util::{Stream, stream};
use kassa_proto::v1::{self as pb, ErrorReason as Reason, RestorePhase};
use tokio::{sync::mpsc, time::timeout};

use self::generation::needed;
pub use self::generation::{Kept, Proved, RestoreError, Restored, build, keep_what_is_there, prove_file};
use super::{Cause, Lifecycle, Phase};
use crate::{
    app::SharedApp,
    backup::{self, Backup, BackupError, Claim, Name, Place, stream::AT_LEAST_EVERY},
    error::Error,
    store::DataFolder,
};

type Progress = Result<pb::RestoreBackupResponse, Error>;

/// Restores a backup, and tells each step. It goes on if nobody listens: books are not left half restored.
///
/// # Errors
/// `INVALID_FIELD`; what comes later is the last item.
pub fn restore(
    lifecycle: &Arc<Lifecycle>,
    request: &pb::RestoreBackupRequest,
) -> Result<impl Stream<Item = Progress> + Send + use<>, Error> {
    let name = backup::queries::named(&request.name)?;
    let (report, progress) = mpsc::unbounded_channel();
    let (lifecycle, dry_run) = (Arc::clone(lifecycle), request.dry_run);
    tokio::spawn(async move {
        let reporter = Reporter(report);
        let done = lifecycle.restore(name, dry_run, &reporter).await;
        reporter.send(done);
    });
    Ok(again_and_again(progress))
}

/// What is told, and the phase again for as long as it lasts: whoever waits knows from it that the server lives.
fn again_and_again(progress: mpsc::UnboundedReceiver<Progress>) -> impl Stream<Item = Progress> + Send {
    stream::unfold((progress, RestorePhase::Verifying), |(mut progress, last)| async move {
        let part = match timeout(AT_LEAST_EVERY, progress.recv()).await {
            Ok(part) => part?,
            Err(_) => Ok(at(last)),
        };
        let now = part.as_ref().map_or(last, pb::RestoreBackupResponse::phase);
        Some((part, (progress, now)))
    })
}

fn at(phase: RestorePhase) -> pb::RestoreBackupResponse {
    pb::RestoreBackupResponse { phase: phase.into(), ..Default::default() }
}

/// Tells whoever listens, if anybody does. There are no more steps than phases.
struct Reporter(mpsc::UnboundedSender<Progress>);

impl Reporter {
    fn at(&self, phase: RestorePhase) {
        self.send(Ok(at(phase)));
    }

    fn send(&self, progress: Progress) {
        // Nobody listens any more.
        let _ = self.0.send(progress);
    }
}

impl Lifecycle {
    async fn restore(self: &Arc<Self>, name: Name, dry_run: bool, report: &Reporter) -> Progress {
        let _alone = self.alone()?;
        report.at(RestorePhase::Verifying);
        let backups = self.backups();
        // Nobody else makes one before the new books are built: the pre-restore backup would fail, the books closed.
        let (claim, backup) = backups.claim_proved(name).await?;
        let pins_void = backup.manifest.as_ref().is_none_or(|it| it.pepper_id != backups.place().pepper_id);
        let response = pb::RestoreBackupResponse {
            backup: Some(backup::queries::to_pb(&backup, false)),
            pins_void,
            ..pb::RestoreBackupResponse::default()
        };
        if dry_run {
            return Ok(response);
        }
        let (folder, last, sound) = self.before();
        has_room(&Place::of(&folder, &self.config), &folder, (&backup, sound))?;
        self.close_to_restore().await;
        let restored = self.swap((&claim, &backup), &folder, (last.as_ref(), sound), report).await;
        drop(claim);
        match restored {
            Ok(restored) => {
                report.at(RestorePhase::Opening);
                self.reopen(restored.folder, last).await?;
                Ok(pb::RestoreBackupResponse { epoch: restored.epoch, gaps: restored.gaps, ..response })
            }
            Err(error) => {
                let message = "the backup was not restored; the books of before are untouched, and closed";
                tracing::error!(%error, message);
                let folder = folder.live().unwrap_or(folder);
                self.stay_closed(&folder, Cause::Failed, format!("{message}: {error}"), last).await;
                Err(Error::new(
                    Reason::RestoreFailed,
                    format!("{message}. Open them with `kassa maintenance off`"),
                ))
            }
        }
    }

    /// The books of before, and whether they are sound as far as anybody knows.
    fn before(&self) -> (DataFolder, Option<SharedApp>, bool) {
        match self.phase() {
            Phase::Open(open) => (open.app.folder.clone(), Some(Arc::clone(&open.app)), true),
            Phase::Maintenance(maintenance) => {
                (maintenance.folder.clone(), maintenance.last.clone(), maintenance.cause != Cause::Damaged)
            }
        }
    }

    async fn close_to_restore(&self) {
        if let Phase::Open(open) = self.phase() {
            self.close(&open, Cause::Restoring, "a backup is being restored").await;
        }
    }

    async fn swap(
        &self,
        (claim, backup): (&Claim, &Backup),
        folder: &DataFolder,
        (last, sound): (Option<&SharedApp>, bool),
        report: &Reporter,
    ) -> Result<Restored, RestoreError> {
        let place = Place::of(folder, &self.config);
        if sound {
            report.at(RestorePhase::BackingUp);
            let kept = keep_what_is_there(folder, claim, &self.config, &self.clock).await?;
            if let Kept::Backup(backup) = kept {
                // The shop is closed: it does not wait for a drive.
                self.backups().begin_second_copy(*backup);
            }
        }
        report.at(RestorePhase::Restoring);
        let last_epoch = last.map_or(0, |app| app.epoch);
        build(folder, &place.file(&backup.name), &self.config, &self.clock, last_epoch).await
    }
}

/// Proves that there is space for all of it while the shop still sells.
fn has_room(place: &Place, folder: &DataFolder, (backup, sound): (&Backup, bool)) -> Result<(), BackupError> {
    let kept = if sound { place.live_bytes() } else { 0 };
    place.has_room(folder.path(), needed(backup.bytes).saturating_add(kept))
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_phase_that_takes_long_is_told_again_and_the_end_once() {
        let (report, progress) = mpsc::unbounded_channel();
        let reporter = Reporter(report);
        let mut parts = Box::pin(again_and_again(progress));
        let mut next = async || parts.next().await.map(|part| part.unwrap().phase());
        reporter.at(RestorePhase::BackingUp);
        reporter.at(RestorePhase::Restoring);
        assert_eq!(next().await, Some(RestorePhase::BackingUp));
        assert_eq!(next().await, Some(RestorePhase::Restoring));
        assert_eq!(next().await, Some(RestorePhase::Restoring), "nothing came for a second");
        reporter.at(RestorePhase::Unspecified);
        drop(reporter);
        assert_eq!((next().await, next().await), (Some(RestorePhase::Unspecified), None));
    }
}
