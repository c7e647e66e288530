//! Small loops over the same operations that everybody uses.

pub mod add_up_sales;
pub mod daily_backup;
pub mod end_idle_shifts;
pub mod expire_answers;
pub mod prove_books;
pub mod watch_writer;

use std::{sync::Arc, time::Duration};

use tokio::task::JoinHandle;

use crate::{app::SharedApp, lifecycle::Lifecycle};

/// Starts all that work on open books.
pub fn start(app: &SharedApp, lifecycle: &Arc<Lifecycle>) -> Vec<JoinHandle<()>> {
    let keep = Duration::from_secs(u64::from(app.config.idempotency.keep_hours) * 3_600);
    let clearing = Duration::from_millis(app.config.limits.expire_check_ms);
    let looking = Duration::from_millis(app.config.limits.idle_check_ms);
    let proving = Duration::from_millis(app.config.limits.prove_after_ms);
    let copying = Duration::from_millis(app.config.limits.backup_check_ms);
    vec![
        tokio::spawn(expire_answers::run(Arc::clone(app), keep, clearing)),
        tokio::spawn(end_idle_shifts::run(Arc::clone(app), looking)),
        tokio::spawn(add_up_sales::run(Arc::clone(app), looking)),
        tokio::spawn(daily_backup::run(Arc::clone(app), copying)),
        tokio::spawn(prove_books::run(Arc::clone(app), Arc::clone(lifecycle), proving)),
        tokio::spawn(watch_writer::run(Arc::clone(app), Arc::clone(lifecycle))),
    ]
}
