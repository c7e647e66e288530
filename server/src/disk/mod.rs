//! The disk that the books lie on: how much is free, what is taken while little is, and a reserve for the
//! day on which nothing is.
//!
//! A disk that is full in the middle of a sale is the worst moment to learn of it. So there is a warning
//! first; then what can wait (imports, settings, deliveries) is refused, so that the rest is left to the
//! tills; and at the very end a file that was kept for it is given up (`reserve`).

mod reserve;

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use kassa_proto::v1::{DiskState, ErrorReason as Reason};
use tokio::sync::Notify;

use self::reserve::Reserve;
use crate::{
    config::{Config, DiskConfig},
    error::Error,
    rpcs,
    store::DataFolder,
};

/// How often the free space is looked at. An import fills a few megabytes in that time, and the limits
/// are hundreds.
pub const EVERY: Duration = Duration::from_secs(5);
const MIB: u64 = 1_024 * 1_024;
/// A better state is told only when the space is back by so much of itself: a disk at the limit would
/// otherwise be told of every few seconds.
const MARGIN: u64 = 16;

/// The disk of a data folder, looked at every few seconds.
pub struct Disk {
    folder: PathBuf,
    limits: Limits,
    free: AtomicU64,
    state: Mutex<DiskState>,
    /// One look at a time: the reserve is written in it.
    reserve: tokio::sync::Mutex<Reserve>,
    look: Notify,
    #[cfg(feature = "fault-injection")]
    faults: Arc<crate::store::fault::Faults>,
}

/// Below how many free bytes there is something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A warning.
    pub warn: u64,
    /// Only what can't wait.
    pub sales_only: u64,
    /// The size of the reserve; below it the disk counts as full.
    pub reserve: u64,
}

impl Disk {
    /// The disk of a data folder. Nothing is looked at yet.
    pub fn of(folder: &DataFolder, config: &Config) -> Arc<Self> {
        let limits = Limits::of(&config.disk);
        Arc::new(Self {
            folder: folder.path().to_owned(),
            limits,
            free: AtomicU64::new(u64::MAX),
            state: Mutex::new(DiskState::Ok),
            reserve: tokio::sync::Mutex::new(Reserve::new(folder.reserve(), limits.reserve)),
            look: Notify::new(),
            #[cfg(feature = "fault-injection")]
            faults: Arc::clone(&config.faults),
        })
    }

    /// Looks every few seconds, and at once when a commit found the disk full; ends when it is dropped.
    pub async fn watch(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.look.notified() => {}
            }
            self.look().await;
        }
    }

    /// Looks at the free space now: gives the reserve up or makes it anew, and says what has changed.
    pub async fn look(&self) -> DiskState {
        let mut reserve = self.reserve.lock().await;
        if let Err(error) = self.tend(&mut reserve).await {
            // What was known before still stands; an outage of the disk shows in the commits.
            tracing::debug!(%error, "the free space can't be read");
        }
        let free = self.free();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *state;
        *state = self.limits.next(before, free);
        if *state != before {
            tell(before, *state, free);
        }
        *state
    }

    async fn tend(&self, reserve: &mut Reserve) -> io::Result<()> {
        let free = self.measure().await?;
        let changed = if free < self.limits.reserve {
            reserve.release_beside().await?
        } else {
            reserve.make(free).await?
        };
        let free = if changed { self.measure().await? } else { free };
        self.free.store(free, Relaxed);
        Ok(())
    }

    async fn measure(&self) -> io::Result<u64> {
        #[cfg(feature = "fault-injection")]
        if let Some(free) = self.faults.free_bytes() {
            return Ok(free);
        }
        let folder = self.folder.clone();
        // A disk that is ill or far away may take its time.
        tokio::task::spawn_blocking(move || fs4::available_space(folder)).await?
    }

    /// A commit found the disk full: gives the reserve up, and says whether there was one. Then the same
    /// commit is worth another try. Not to be called where tasks run.
    pub fn make_room(&self) -> bool {
        let released = self.reserve.blocking_lock().release().unwrap_or_else(|error| {
            tracing::error!(%error, "the reserve can't be given up");
            false
        });
        self.look.notify_one();
        released
    }

    /// Whether so little is free that what can wait has to.
    pub fn is_low(&self) -> bool {
        self.state() >= DiskState::SalesOnly
    }

    /// Lets a method's change through, by its stored name, if there is space for it.
    ///
    /// # Errors
    /// `DISK_LOW` for what can wait.
    pub fn admit(&self, stored_name: &str) -> Result<(), Error> {
        if !self.is_low() || !rpcs::can_wait(stored_name) {
            return Ok(());
        }
        let free = self.free() / MIB;
        let message = format!(
            "the server's disk is nearly full ({free} MB are left): only sales, refunds and what a till needs are \
             taken. Free space on the server's disk, call support"
        );
        Err(Error::new(Reason::DiskLow, message).with("free_mb", free))
    }

    /// How the disk was at the last look.
    pub fn state(&self) -> DiskState {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The free bytes at the last look.
    pub fn free(&self) -> u64 {
        self.free.load(Relaxed)
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How many bytes the reserve holds now.
    pub async fn reserved(&self) -> u64 {
        self.reserve.lock().await.held()
    }
}

/// Once for every crossing of a limit.
fn tell(before: DiskState, now: DiskState, free: u64) {
    let free_mb = free / MIB;
    match now {
        DiskState::Full => {
            tracing::error!(free_mb, "the disk is full, free space now: sales go on while they find any")
        }
        DiskState::SalesOnly if before < now => tracing::error!(
            free_mb,
            "the disk is nearly full, free space: only sales, refunds and what a till needs are taken"
        ),
        DiskState::SalesOnly => tracing::warn!(free_mb, "there is a little space on the disk again"),
        DiskState::Warn if before < now => {
            tracing::warn!(free_mb, "the disk is filling up; free space before it is full");
        }
        DiskState::Warn => tracing::warn!(free_mb, "there is space on the disk again; everything is taken"),
        DiskState::Ok | DiskState::Unspecified => tracing::info!(free_mb, "there is space on the disk again"),
    }
}

impl Limits {
    fn of(config: &DiskConfig) -> Self {
        let bytes = |mb: u64| mb.saturating_mul(MIB);
        Self {
            warn: bytes(config.warn_mb),
            sales_only: bytes(config.sales_only_mb),
            reserve: bytes(config.reserve_mb),
        }
    }

    fn state(self, free: u64) -> DiskState {
        match free {
            // Without a reserve, too, nothing is left below this.
            _ if free < self.reserve.max(MIB) => DiskState::Full,
            _ if free < self.sales_only => DiskState::SalesOnly,
            _ if free < self.warn => DiskState::Warn,
            _ => DiskState::Ok,
        }
    }

    /// What follows a state: something worse at once, something better when it is clear of the limit.
    fn next(self, before: DiskState, free: u64) -> DiskState {
        let now = self.state(free);
        if now >= before { now } else { self.state(free - free / MARGIN).min(before) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { warn: 2_048 * MIB, sales_only: 500 * MIB, reserve: 64 * MIB };

    #[test]
    fn a_limit_that_is_passed_is_told_at_once_and_space_that_is_back_when_it_is_clear() {
        let mut state = DiskState::Ok;
        for (free_mb, expected) in [
            (2_048, DiskState::Ok),
            (2_047, DiskState::Warn),
            (500, DiskState::Warn),
            (499, DiskState::SalesOnly),
            (501, DiskState::SalesOnly),
            (499, DiskState::SalesOnly),
            (63, DiskState::Full),
            (65, DiskState::Full),
            (70, DiskState::SalesOnly),
            (540, DiskState::Warn),
            (2_100, DiskState::Warn),
            (2_200, DiskState::Ok),
            (10, DiskState::Full),
            (9_000, DiskState::Ok),
        ] {
            state = LIMITS.next(state, free_mb * MIB);
            assert_eq!(state, expected, "{free_mb} MB");
        }
    }
}
