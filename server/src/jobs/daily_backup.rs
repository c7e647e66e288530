//! Makes the day's backup when it is due. The time is the clock's, asked every minute: a machine that was
//! off or asleep at two o'clock makes it when it is back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::{
    app::SharedApp,
    backup::{BackupError, Reason, queries::time_zone},
    error::Error,
};

/// Looks again and again; ends when the server drops it. The first look waits, too: a start has better things
/// to do.
pub async fn run(app: SharedApp, every: Duration) {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = None;
    loop {
        ticks.tick().await;
        if let Err(error) = look(&app, &mut told).await {
            tracing::warn!(%error, "whether a backup is due can't be told; the next minute tries again");
        }
    }
}

async fn look(app: &SharedApp, told: &mut Option<DateTime<Utc>>) -> Result<(), Error> {
    let zone = time_zone(&app.readers.begin().await?).await?;
    let next = app.backups.next_run(zone, app.epoch, &app.backups.list().await?);
    if *told != Some(next) {
        tracing::info!(next = %next.with_timezone(&zone), "the next daily backup");
        *told = Some(next);
    }
    if next > app.clock.now() {
        return Ok(());
    }
    // What becomes of it is logged and kept where it is made. While another is made it waits a minute.
    match app.backups.begin(Reason::Daily).await {
        Ok(running) => {
            // A copy that does not hold is most often one of books that do not.
            if let Err(BackupError::Damaged(_)) = running.end().await {
                app.integrity.suspect();
            }
        }
        Err(BackupError::Running) => tracing::debug!("the daily backup waits for another one"),
        Err(_) => {}
    }
    Ok(())
}
