//! Tells when the books' thread is gone, which only a fault of this program can end before they are closed.

use std::sync::Arc;

use crate::{app::SharedApp, lifecycle::Lifecycle};

/// Waits for it. Closing the books ends this loop before it ends their thread.
pub async fn run(app: SharedApp, lifecycle: Arc<Lifecycle>) {
    app.books.thread_ended().await;
    tracing::error!(
        "the books' thread broke: nothing is stored until the books are closed and opened, or the server is started anew"
    );
    lifecycle.health.report(false).await;
}
