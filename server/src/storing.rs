//! Whether the request that runs now may have stored something: what a caller has to know whose time has passed.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

tokio::task_local! {
    static STORING: Storing;
}

/// What is known of one request. It never goes back: that something was not stored is told only where it can't be.
#[derive(Clone, Debug, Default)]
pub struct Storing(Arc<AtomicBool>);

impl Storing {
    /// Runs a request, so that it is known whether it [began](begins) to store something.
    pub async fn watch<F: Future>(self, request: F) -> F::Output {
        STORING.scope(self, request).await
    }

    /// Whether something was, or may still be, stored.
    pub fn has_begun(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// From here on the request's own end does not undo what it asked for: it is said *before* the posting is
/// queued or the task is started. What the server does by itself is nobody's request.
pub fn begins() {
    // An error only says that nobody asked.
    let _ = STORING.try_with(|storing| storing.0.store(true, Relaxed));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_only_reads_stores_nothing_and_its_neighbour_is_none_of_its_business() {
        let (reading, changing) = (Storing::default(), Storing::default());
        tokio::join!(reading.clone().watch(async {}), changing.clone().watch(async { begins() }));
        assert!(!reading.has_begun());
        assert!(changing.has_begun());
        begins();
    }
}
