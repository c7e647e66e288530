//! Clears the stored answers of keys whose time is over. The keys stay for ever, and an answer that is
//! over is not given any more whether or not it is cleared: this only frees space.

use std::{collections::BTreeMap, time::Duration};

use kassa_proto::v1 as pb;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    app::SharedApp,
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet},
    caller::Caller,
    clock::to_micros,
    error::Error,
    store::entity::idempotency_key::{Column, Entity, Model},
};

/// Few enough to hold up no sale.
const AT_ONCE: u64 = 200;

/// Clears now and every so often; ends when the server drops it.
pub async fn run(app: SharedApp, keep: Duration, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    loop {
        ticks.tick().await;
        // It writes, and the space is the tills'.
        if app.disk.is_low() {
            continue;
        }
        match expire(&app, keep).await {
            Ok(0) => {}
            Ok(cleared) => tracing::info!(cleared, "cleared the answers of old idempotency keys"),
            Err(error) => {
                tracing::warn!(%error, "old answers could not be cleared; the next look tries again")
            }
        }
    }
}

async fn expire(app: &SharedApp, keep: Duration) -> Result<usize, Error> {
    let before =
        to_micros(app.clock.now()).saturating_sub(i64::try_from(keep.as_micros()).unwrap_or(i64::MAX));
    let mut cleared = 0;
    loop {
        let old = Entity::find()
            .filter(Column::CreateTime.lt(before))
            .filter(Column::Answer.is_not_null())
            .order_by_asc(Column::CreateTime)
            .limit(AT_ONCE);
        let old = old.all(&app.readers.begin().await?).await?;
        if old.is_empty() {
            return Ok(cleared);
        }
        cleared += old.len();
        let mut by_branch: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
        for row in old {
            by_branch.entry(row.branch_id).or_default().push((row.terminal_id, row.method, row.key));
        }
        for (branch_id, keys) in by_branch {
            let caller = Caller { branch_id, ..Caller::server() };
            app.books.post(caller, None, ExpireAnswers { keys }).await?;
        }
    }
}

/// Clears the answers of these keys.
struct ExpireAnswers {
    keys: Vec<(Uuid, String, String)>,
}

impl Posting for ExpireAnswers {
    const METHOD: &'static str = "kassa.server/ExpireAnswers";
    /// Nobody waits for an answer.
    type Reply = pb::WhoAmIResponse;

    fn read_set(&self, _known: &WorkingSet, _caller: &Caller, read_set: &mut ReadSet) {
        for key in &self.keys {
            read_set.row::<Model>(key.clone());
        }
    }

    fn decide(&self, books: &mut WorkingSet, _context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        for key in &self.keys {
            books.update::<Model, _>(key, |row| {
                row.answer = None;
                Ok(())
            })?;
        }
        Ok(Decision::Done(pb::WhoAmIResponse::default()))
    }
}
