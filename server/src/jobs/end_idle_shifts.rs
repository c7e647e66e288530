//! Ends shifts that nobody has used for the shop's `idle_limit`. The time is the clock's, asked at the
//! start and every minute: a night with the server off, or asleep, counts like any other.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::{
    app::SharedApp,
    caller::Caller,
    clock::to_micros,
    error::Error,
    shifts::end_shift::EndIdleShift,
    store::entity::{
        business,
        shift::{Column, Entity, OPEN},
    },
};

/// More open shifts than registers there are not; the rest is ended a minute later.
const AT_ONCE: u64 = 200;

/// Looks now and again and again; ends when the server drops it.
pub async fn run(app: SharedApp, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        match end_idle(&app).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "ended shifts that nobody used"),
            Err(error) => {
                tracing::warn!(%error, "idle shifts could not be ended; the next minute tries again")
            }
        }
    }
}

async fn end_idle(app: &SharedApp) -> Result<usize, Error> {
    let now = to_micros(app.clock.now());
    let mut ended = 0;
    // Each reading ends before anything is posted.
    let businesses = business::Entity::find().all(&app.readers.begin().await?).await?;
    for business in businesses {
        if business.idle_seconds == 0 {
            continue;
        }
        let idle_before = now.saturating_sub(business.idle_seconds.saturating_mul(1_000_000));
        let idle = Entity::find()
            .filter(Column::State.eq(OPEN))
            .filter(Column::LastActivityTime.lt(idle_before))
            .limit(AT_ONCE);
        let idle = idle.all(&app.readers.begin().await?).await?;
        for shift in idle {
            let caller = Caller {
                register_id: shift.register_id,
                branch_id: shift.branch_id,
                business_id: business.id,
                terminal_id: Uuid::nil(),
                ..Caller::server()
            };
            app.books.post(caller, None, EndIdleShift { shift_id: shift.id, idle_before }).await?;
            ended += 1;
        }
    }
    Ok(ended)
}
