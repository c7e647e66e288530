//! What was heard of an operation that tells how far it is.

use std::sync::{Arc, Mutex, PoisonError};

use kassa_client::{Error, PartsCall};
use tokio::task::JoinHandle;

type Parts<A> = Arc<Mutex<Vec<Result<A, Error>>>>;

/// The parts of its answer, as they come.
pub struct Heard<A> {
    parts: Parts<A>,
    task: JoinHandle<()>,
}

impl<A> Heard<A>
where
    A: prost::Message + Default + Clone + Send + 'static,
{
    /// Begins, and listens.
    pub fn of<Q>(call: PartsCall<Q, A>) -> Self
    where
        Q: prost::Message + Send + Sync + 'static,
    {
        let parts = Parts::<A>::default();
        let told = Arc::clone(&parts);
        let listen = async move {
            let tell = |part| told.lock().unwrap_or_else(PoisonError::into_inner).push(part);
            match call.await {
                Ok(mut answer) => loop {
                    match answer.next().await.transpose() {
                        Some(part) => tell(part),
                        None => return,
                    }
                },
                Err(error) => tell(Err(error)),
            }
        };
        Self { parts, task: tokio::spawn(listen) }
    }

    /// Whether nothing more will come.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until nothing more will come.
    pub async fn end(&mut self) {
        (&mut self.task).await.expect("listening does not panic");
    }

    /// What was heard last, or why it was refused.
    ///
    /// # Errors
    /// The refusal.
    pub fn last(&self) -> Result<Option<A>, Error> {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        match parts.pop() {
            Some(Ok(part)) => {
                parts.push(Ok(part.clone()));
                Ok(Some(part))
            }
            Some(Err(error)) => Err(error),
            None => Ok(None),
        }
    }
}
