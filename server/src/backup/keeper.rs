//! The backups of a running server.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use tokio::{
    sync::{
        oneshot,
        watch::{self, Receiver},
    },
    task::JoinSet,
    time::timeout,
};
use tracing::Instrument as _;

use super::{
    Backup, BackupError, Claim, CreatedBackup, Name, Place, ProofCopy, Reason, SecondFolder, Step, Watch,
    create_in, files, list,
    schedule::{self, Known},
    second::{self, Looks},
};
use crate::{clock::SharedClock, readings::Turns};

/// How long what was told to stop may take. A copy to a share whose server is gone never comes back.
const DEADLINE: Duration = Duration::from_secs(10);

/// The backups of a running server: made one at a time, on tasks of their own, whether anybody waits or not.
pub struct Backups {
    place: Place,
    at: NaiveTime,
    clock: SharedClock,
    turns: Arc<Turns>,
    looks: Looks,
    stop: watch::Sender<bool>,
    tasks: Mutex<JoinSet<()>>,
    last: Mutex<Last>,
}

/// What became of the last ones, since the server started.
#[derive(Clone, Debug, Default)]
pub struct Last {
    /// Why the last one failed; nothing if it did not.
    pub failure: Option<String>,
    /// When the last daily one failed.
    pub daily_failed: Option<DateTime<Utc>>,
    /// Whether the last copy to the second folder failed.
    pub second_failed: bool,
    /// Whether one is made now.
    pub running: bool,
}

/// Work under way. Dropping it stops nothing.
pub struct Running<T> {
    /// How far it is.
    pub steps: Receiver<Step>,
    /// What became of it.
    pub outcome: oneshot::Receiver<Result<T, BackupError>>,
}

impl<T> Running<T> {
    /// Waits for its end.
    ///
    /// # Errors
    /// What the work failed with.
    pub async fn end(self) -> Result<T, BackupError> {
        self.outcome.await.unwrap_or(Err(BackupError::Stopped))
    }
}

impl Backups {
    /// The backups of a place, with a daily one at this time.
    pub fn new(place: Place, at: NaiveTime, (clock, turns): (SharedClock, Arc<Turns>)) -> Arc<Self> {
        let (stop, _) = watch::channel(false);
        let (tasks, last, looks) = (Mutex::default(), Mutex::default(), Looks::at(place.second.clone()));
        Arc::new(Self { place, at, clock, turns, looks, stop, tasks, last })
    }

    /// What is copied, and where to.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Looks into the second folder.
    pub fn second(&self) -> &Looks {
        &self.looks
    }

    /// Removes what the last run did not finish. Whoever makes a backup just now does the same.
    pub async fn tidy(&self) {
        if !self.place.folder.exists() {
            return;
        }
        match self.claim().await {
            Ok(_) | Err(BackupError::Running) => {}
            Err(error) => tracing::warn!(%error, "the folder of the backups can't be tidied"),
        }
    }

    /// Copies the books for a proof of them.
    ///
    /// # Errors
    /// [`BackupError`].
    pub async fn copy_to_prove(&self) -> Result<ProofCopy, BackupError> {
        let (place, watch) = (self.place.clone(), self.watch());
        files::blocking(move || ProofCopy::make(&place, &watch)).await
    }

    fn watch(&self) -> Watch {
        Watch::until(self.stop.subscribe()).in_line(Arc::clone(&self.turns))
    }

    async fn claim(&self) -> Result<Claim, BackupError> {
        let folder = self.place.folder.clone();
        files::blocking(move || Claim::take(&folder)).await
    }

    /// Begins a backup.
    ///
    /// # Errors
    /// [`BackupError::Running`], and what the file system says.
    pub async fn begin(self: &Arc<Self>, reason: Reason) -> Result<Running<CreatedBackup>, BackupError> {
        let claim = match self.claim().await {
            Ok(claim) => claim,
            Err(error) => {
                self.note(reason, &Err(&error));
                return Err(error);
            }
        };
        let (this, watch) = (Arc::clone(self), self.watch());
        self.last().running = true;
        let steps = watch.steps();
        let work = async move {
            let backup = create_in(&this.place, &claim, reason, (&this.clock, &watch)).await;
            drop(claim);
            this.last().running = false;
            let backup = backup.inspect_err(|error| this.note(reason, &Err(error)))?;
            let second = second::copy(&this.place, &backup, &watch).await;
            let made = CreatedBackup { backup, second };
            this.note(reason, &Ok(&made));
            Ok(made)
        };
        Ok(self.spawn(steps, work))
    }

    /// Begins to copy a backup to the second folder. What becomes of it is in the log.
    pub fn begin_second_copy(self: &Arc<Self>, backup: Backup) {
        let (this, watch) = (Arc::clone(self), self.watch());
        let steps = watch.steps();
        let work = async move { Ok(second::copy(&this.place, &backup, &watch).await) };
        drop(self.spawn(steps, work));
    }

    /// Begins to prove a backup, and gives it with its faults.
    ///
    /// # Errors
    /// [`BackupError::Running`], [`BackupError::NotFound`], and what the file system says.
    pub async fn begin_to_verify(
        self: &Arc<Self>,
        name: Name,
    ) -> Result<Running<(Backup, Vec<String>)>, BackupError> {
        let claim = self.claim_with(name).await?;
        let (this, watch) = (Arc::clone(self), self.watch());
        let steps = watch.steps();
        let work = async move { list::prove(&this.place, &claim, name, (&this.clock, &watch)).await };
        Ok(self.spawn(steps, work))
    }

    /// Proves a backup that is about to be restored. Until the claim is dropped it stays as it was found.
    ///
    /// # Errors
    /// As [`Self::begin_to_verify`], and [`BackupError::Damaged`].
    pub async fn claim_proved(&self, name: Name) -> Result<(Claim, Backup), BackupError> {
        let claim = self.claim_with(name).await?;
        let watch = self.watch();
        let (backup, faults) = list::prove(&self.place, &claim, name, (&self.clock, &watch)).await?;
        if faults.is_empty() { Ok((claim, backup)) } else { Err(BackupError::Damaged(faults)) }
    }

    async fn claim_with(&self, name: Name) -> Result<Claim, BackupError> {
        let folder = self.place.folder.clone();
        files::blocking(move || list::one(&folder, name)).await?;
        self.claim().await
    }

    fn spawn<T: Send + 'static>(
        &self,
        steps: Receiver<Step>,
        work: impl Future<Output = Result<T, BackupError>> + Send + 'static,
    ) -> Running<T> {
        let (tell, outcome) = oneshot::channel();
        let task = async move {
            // An error only says that nobody waits any more.
            let _ = tell.send(work.await);
        };
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task.instrument(tracing::Span::current()));
        Running { steps, outcome }
    }

    /// Logs what became of a backup, and keeps it for the status.
    fn note(&self, reason: Reason, result: &Result<&CreatedBackup, &BackupError>) {
        let mut last = self.last();
        match result {
            Ok(made) => {
                let (name, bytes) = (made.backup.name, made.backup.bytes);
                tracing::info!(%name, bytes, second = ?made.second, "made a backup");
                last.failure = None;
                last.second_failed = matches!(made.second, SecondFolder::Failed(_));
                if reason == Reason::Daily {
                    last.daily_failed = None;
                }
            }
            Err(BackupError::Running | BackupError::Stopped) => {}
            Err(error) => {
                tracing::error!(%error, ?reason, "there is no backup");
                last.failure = Some(error.words());
                if reason == Reason::Daily {
                    last.daily_failed = Some(self.clock.now());
                }
            }
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What became of the last ones.
    pub fn last_known(&self) -> Last {
        self.last().clone()
    }

    /// All backups, newest first.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn list(&self) -> Result<Vec<Backup>, BackupError> {
        let folder = self.place.folder.clone();
        files::blocking(move || list::all(&folder)).await
    }

    /// The one to go back to, proved now, if there is one. `begun` is the last epoch that books of this folder have
    /// begun.
    ///
    /// # Errors
    /// [`BackupError::Running`], [`BackupError::Stopped`], and what the file system says.
    pub async fn newest_sound(&self, begun: i64, watch: &Watch) -> Result<Option<Name>, BackupError> {
        let claim = self.claim().await?;
        let watch = &watch.clone().in_line(Arc::clone(&self.turns));
        let newest = list::newest_sound(&self.place, &claim, begun, (&self.clock, watch)).await?;
        Ok(newest.map(|backup| backup.name))
    }

    /// When the next daily one is due, in a shop in this time zone that has these, and whose books are of this epoch.
    pub fn next_run(&self, zone: Tz, epoch: i64, backups: &[Backup]) -> DateTime<Utc> {
        let now = self.clock.now();
        let daily = backups.iter().filter(|backup| backup.name.reason == Reason::Daily);
        let last = newest(daily, epoch, now).map(|(time, _)| time);
        schedule::next_run(now, (zone, self.at), Known { last, failed: self.last().daily_failed })
    }

    /// Stops what is under way; it leaves nothing behind.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until nothing is under way, or hangs.
    pub async fn ended(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let ended = timeout(DEADLINE, async { while tasks.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!("a backup does not end; closing all the same");
            tasks.detach_all();
        }
    }
}

/// The newest good backup of the books of an epoch that is not of the future, and when it was made. One of another
/// epoch holds other books.
pub fn newest<'a>(
    backups: impl Iterator<Item = &'a Backup>,
    epoch: i64,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, &'a Backup)> {
    let good = backups.filter(|backup| backup.is_good());
    let known = good.filter_map(|backup| Some((backup.manifest.as_ref()?, backup)));
    let ours = known.filter(|(manifest, _)| manifest.facts.epoch == epoch && manifest.create_time <= now);
    ours.map(|(manifest, backup)| (manifest.create_time, backup)).max_by_key(|(time, _)| *time)
}
