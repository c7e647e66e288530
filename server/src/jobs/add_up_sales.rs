//! Adds up what the newest shifts came to before anybody asks, so that a report of a month does not wait for it. It
//! reads beside the tills, so it takes a shift at a time, and rests.

use std::time::{Duration, Instant};

use tokio::time::{interval_at, sleep};

use crate::{app::SharedApp, caller::Class, error::Error};

/// Four months of eight tills.
const SHIFTS: u64 = 1_000;
/// It rests so many times as long as it read: no more than a tenth of a core.
const REST: u32 = 9;

/// Looks every so often, for the first time when a start is over; ends when the server drops it.
pub async fn run(app: SharedApp, every: Duration) {
    let mut ticks = interval_at(tokio::time::Instant::now() + every, every);
    loop {
        ticks.tick().await;
        if let Err(error) = add_up(&app).await {
            // Who asks for a report is told, or has it added up then.
            tracing::debug!(%error, "the sales were not added up; the next look tries again");
        }
    }
}

async fn add_up(app: &SharedApp) -> Result<(), Error> {
    let newest = app.sales_sums.behind(&app.readers.begin_as(Class::Report).await?, SHIFTS).await?;
    for shift in newest {
        let began = Instant::now();
        app.sales_sums.catch_up(&app.readers.begin_as(Class::Report).await?, shift).await?;
        sleep(began.elapsed().saturating_mul(REST)).await;
    }
    Ok(())
}
