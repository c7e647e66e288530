//! How far work is, as a stream: each step, at least every second, and the outcome.

use std::time::Duration;

use futures_util::{Stream, stream};

use super::{Running, Step};
use crate::error::Error;

/// Whoever waits knows from it that the server lives.
pub const AT_LEAST_EVERY: Duration = Duration::from_secs(1);

/// Follows work to its end. What failed is the last item.
pub fn follow<T: Send + 'static, A: Send + 'static>(
    running: Running<T>,
    step: impl Fn(Step) -> A + Send + 'static,
    end: impl FnOnce(T) -> A + Send + 'static,
) -> impl Stream<Item = Result<A, Error>> + Send + 'static {
    stream::unfold(Some((running, step, end)), |state| async {
        let (mut running, step, end) = state?;
        tokio::select! {
            outcome = &mut running.outcome => {
                let outcome = outcome.unwrap_or(Err(super::BackupError::Stopped));
                Some((outcome.map(end).map_err(Error::from), None))
            }
            () = changed(&mut running.steps) => {
                let now = *running.steps.borrow_and_update();
                Some((Ok(step(now)), Some((running, step, end))))
            }
        }
    })
}

/// Ends with the next step, and after a second without one.
async fn changed(steps: &mut tokio::sync::watch::Receiver<Step>) {
    // Once nobody tells steps any more, the outcome is near.
    let next = async {
        if steps.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    // Too late is as good as changed: the step is told again.
    let _ = tokio::time::timeout(AT_LEAST_EVERY, next).await;
}
