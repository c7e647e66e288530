//! Tells when the books' task is gone, which only a fault of this program can end before they are closed.

use std::sync::Arc;

use crate::{app::SharedApp, lifecycle::Lifecycle};

/// Waits for it. Closing the books ends this loop before it ends their task.
pub async fn run(app: SharedApp, lifecycle: Arc<Lifecycle>) {
    app.books.task_ended().await;
    tracing::error!(
        "the books' task broke: nothing is stored until the books are closed and opened, or the server is started anew"
    );
    lifecycle.health.report(false).await;
}
