//! What the server does about its books as a whole: it opens them, closes them for maintenance, and opens
//! them again, perhaps at another generation, without ending itself.
//!
//! - [`Open`]: the books of one generation, open, with the services over them.
//! - [`Maintenance`]: the books are closed; status, backups and restoring go on. [`Offer`]: the backup to go back to.
//! - [`restore`](restore()): a backup becomes the books, step by step; [`build`]: its generation; `begin_epoch`: the first
//!   posting in it.
//! - `adopt_epoch`: what the number reservations have to know of the books.
//! - [`upgrade`]: the schema's steps, on a copy that becomes the next generation.
//! - [`set_maintenance`]: the RPC that closes and opens. [`Health`]: what the standard health check tells.
//! - `start_check`: the bounded look at the books before they are served; `first_start`: the founding of the shop.

mod adopt_epoch;
pub mod first_start;
mod health;
mod maintenance;
mod offer;
mod open;
mod restore;
pub mod set_maintenance;
mod start_check;
pub mod upgrade;

use std::{sync::Arc, time::Duration};

use axum::Router;
use chrono::{DateTime, Utc};
use kassa_proto::v1 as pb;
use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
};

use self::offer::Search;
pub use self::{
    health::Health,
    maintenance::{Cause, Maintenance, opened_meanwhile},
    offer::Offer,
    open::Open,
    restore::{Kept, Proved, RestoreError, Restored, build, keep_what_is_there, prove_file, restore},
};
use crate::{
    app::SharedApp,
    backup::{Backups, Place},
    books::NumberReservations,
    clock::SharedClock,
    config::Config,
    disk::Disk,
    encoding::time::timestamp,
    error::Error,
    readings::Turns,
    store::{DataFolder, StartError},
    telemetry::repeats::Repeats,
};

/// The lifecycle of a server's books: the phase that they are in, and what every phase needs.
pub struct Lifecycle {
    /// What is configured on the machine.
    pub config: Config,
    /// Time and randomness.
    pub clock: SharedClock,
    /// When the server started.
    pub start_time: DateTime<Utc>,
    /// The disk that the data folder lies on.
    pub disk: Arc<Disk>,
    /// Tells those who ask whether there is service.
    pub health: Health,
    /// What was told of requests lately.
    pub repeats: Arc<Repeats>,
    /// Who reads next.
    pub turns: Arc<Turns>,
    over_books: OverBooks,
    phase: watch::Sender<Phase>,
    /// One change of phase at a time.
    changing: Mutex<()>,
}

/// What works on open books. The lifecycle opens and closes them, and knows no more of them than this.
#[derive(Clone, Copy)]
pub struct OverBooks {
    /// The services.
    pub routes: fn(&SharedApp, &Arc<Lifecycle>) -> Result<Router, StartError>,
    /// The tasks that run until the books are closed.
    pub jobs: fn(&SharedApp, &Arc<Lifecycle>) -> Vec<JoinHandle<()>>,
}

/// What the server can do now.
#[derive(Clone)]
pub enum Phase {
    /// Everything.
    Open(Arc<Open>),
    /// Status, backups, restoring.
    Maintenance(Arc<Maintenance>),
}

impl Lifecycle {
    /// Opens the books of a data folder. Books that are damaged lead to maintenance: the server is there, says
    /// so, and can restore a backup.
    ///
    /// # Errors
    /// [`StartError`] if anything else is in the way.
    pub async fn start(
        folder: DataFolder,
        config: Config,
        clock: SharedClock,
        over_books: OverBooks,
    ) -> Result<Arc<Self>, StartError> {
        let start_time = clock.now();
        #[cfg(not(feature = "fault-injection"))]
        let turns = Arc::<Turns>::default();
        #[cfg(feature = "fault-injection")]
        let turns = Arc::new(Turns::with(Arc::clone(&config.faults)));
        let waiting = Maintenance {
            folder: folder.clone(),
            since: start_time,
            cause: Cause::Starting,
            reason: "the server is starting".to_owned(),
            last: None,
            backups: backups_of(&folder, &config, (&clock, &turns)),
            search: None,
        };
        let lifecycle = Arc::new(Self {
            disk: Disk::of(&folder, &config),
            repeats: Arc::new(Repeats::new(SharedClock::clone(&clock))),
            config,
            clock,
            start_time,
            health: Health::default(),
            turns,
            over_books,
            phase: watch::Sender::new(Phase::Maintenance(Arc::new(waiting))),
            changing: Mutex::default(),
        });
        // A disk that filled up while nobody watched it: the books can't be opened without some space.
        lifecycle.disk.look().await;
        match Open::open(&lifecycle, folder.clone()).await {
            Ok(open) => lifecycle.enter(Phase::Open(Arc::new(open))).await,
            Err(error) => {
                let damage = error.damage().ok_or(error)?;
                lifecycle.stay_closed(&folder, Cause::Damaged, damage, None).await;
            }
        }
        Ok(lifecycle)
    }

    /// What the server can do now.
    pub fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }

    /// Tells each change of it.
    pub fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// How the server is while the books are closed.
    pub fn status(&self) -> pb::GetStatusResponse {
        let common = pb::GetStatusResponse {
            version: crate::VERSION.to_owned(),
            start_time: Some(timestamp(self.start_time)),
            current_time: Some(timestamp(self.clock.now())),
            ..pb::GetStatusResponse::default()
        };
        let Phase::Maintenance(maintenance) = self.phase() else { return common };
        let offer = maintenance.offer();
        pb::GetStatusResponse {
            epoch: maintenance.last.as_ref().map_or(0, |app| app.epoch),
            disk_free_bytes: i64::try_from(self.disk.free()).unwrap_or(i64::MAX),
            maintenance: true,
            maintenance_reason: maintenance.reason.clone(),
            maintenance_time: Some(timestamp(maintenance.since)),
            damaged: maintenance.cause == Cause::Damaged,
            looking_for_backup: offer == Offer::Looking,
            last_backup_name: offer.backup().map(|name| name.to_string()).unwrap_or_default(),
            ..common
        }
    }

    /// The backups.
    pub fn backups(&self) -> Arc<Backups> {
        match self.phase() {
            Phase::Open(open) => Arc::clone(&open.app.backups),
            Phase::Maintenance(maintenance) => Arc::clone(&maintenance.backups),
        }
    }

    /// The epoch of the books that are open, or were last.
    pub fn epoch(&self) -> Option<i64> {
        match self.phase() {
            Phase::Open(open) => Some(open.app.epoch),
            Phase::Maintenance(maintenance) => maintenance.last.as_ref().map(|app| app.epoch),
        }
    }

    /// Closes the books: what is under way is finished, what comes is refused with the reason.
    ///
    /// # Errors
    /// `MAINTENANCE` if somebody else is at it.
    async fn begin_maintenance(&self, reason: &str) -> Result<(), Error> {
        let _alone = self.alone()?;
        if let Phase::Open(open) = self.phase() {
            self.close(&open, Cause::Asked, reason).await;
        }
        Ok(())
    }

    /// Closes the books because their file is damaged.
    pub async fn close_damaged(&self, reason: &str) {
        let _alone = self.changing.lock().await;
        let Phase::Open(open) = self.phase() else { return };
        tracing::error!(reason, "the database is damaged");
        self.close(&open, Cause::Damaged, reason).await;
    }

    /// Opens the books again.
    ///
    /// # Errors
    /// `MAINTENANCE` if somebody else is at it; what is wrong with the books, which stay closed.
    async fn end_maintenance(self: &Arc<Self>) -> Result<(), Error> {
        let _alone = self.alone()?;
        let Phase::Maintenance(maintenance) = self.phase() else { return Ok(()) };
        self.reopen(maintenance.folder.clone(), maintenance.last.clone()).await
    }

    /// Closes the books at the server's end.
    pub async fn stop(&self) {
        let _last = self.changing.lock().await;
        if let Phase::Open(open) = self.phase() {
            self.close(&open, Cause::Stopping, "the server is stopping").await;
        }
    }

    fn alone(&self) -> Result<tokio::sync::MutexGuard<'_, ()>, Error> {
        self.changing.try_lock().map_err(|_| maintenance::refused("the books are being closed or opened"))
    }

    async fn close(&self, open: &Open, cause: Cause, reason: &str) {
        let last = Some(Arc::clone(&open.app));
        let closed = self.closed(&open.app.folder, cause, reason.to_owned(), last);
        // Nobody comes in from here on; then those who are in come out.
        self.enter(Phase::Maintenance(Arc::new(closed))).await;
        open.close().await;
        tracing::info!(reason, "the books are closed");
    }

    /// Opens the books of the live generation; if they can't be opened it stays in maintenance and says why.
    async fn reopen(self: &Arc<Self>, folder: DataFolder, last: Option<SharedApp>) -> Result<(), Error> {
        let opened = match folder.live() {
            Ok(live) => Open::open(self, live).await,
            Err(unknown) => Err(unknown),
        };
        match opened {
            Ok(open) => {
                self.enter(Phase::Open(Arc::new(open))).await;
                tracing::info!("the books are open");
                Ok(())
            }
            Err(error) => {
                let (cause, reason) = match error.damage() {
                    Some(what) => (Cause::Damaged, what),
                    None => (Cause::Failed, error.to_string()),
                };
                Err(self.stay_closed(&folder, cause, reason, last).await)
            }
        }
    }

    /// The books are closed and stay so, for this reason; gives what everybody hears.
    async fn stay_closed(
        &self,
        folder: &DataFolder,
        cause: Cause,
        reason: String,
        last: Option<SharedApp>,
    ) -> Error {
        tracing::error!(reason, "the books stay closed; only status, backups and restoring are served");
        let closed = self.closed(folder, cause, reason, last);
        let refusal = closed.refusal();
        self.enter(Phase::Maintenance(Arc::new(closed))).await;
        refusal
    }

    fn closed(
        &self,
        folder: &DataFolder,
        cause: Cause,
        reason: String,
        last: Option<SharedApp>,
    ) -> Maintenance {
        let backups = backups_of(folder, &self.config, (&self.clock, &self.turns));
        let search = (cause == Cause::Damaged).then(|| {
            let every = Duration::from_millis(self.config.limits.backup_check_ms);
            Search::begin(Arc::clone(&backups), last_epoch(folder), every)
        });
        Maintenance { folder: folder.clone(), since: self.clock.now(), cause, reason, last, backups, search }
    }

    async fn enter(&self, phase: Phase) {
        let serving = matches!(phase, Phase::Open(_));
        self.phase.send_replace(phase);
        self.health.report(serving).await;
    }
}

/// The last epoch that books of a folder have begun, as far as that can be told without them.
pub fn last_epoch(folder: &DataFolder) -> i64 {
    NumberReservations::read(folder).map_or(0, |reservations| reservations.epoch)
}

/// The backups of a generation.
fn backups_of(
    folder: &DataFolder,
    config: &Config,
    (clock, turns): (&SharedClock, &Arc<Turns>),
) -> Arc<Backups> {
    let place = Place::of(folder, config);
    Backups::new(place, config.backup.time.into(), (Arc::clone(clock), Arc::clone(turns)))
}
