//! The books' thread: what waits, and the end of it.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use tokio::sync::{mpsc, oneshot};
use tracing::dispatcher;

use super::writer::{Entry, Ground, Writer, panic_text};
use crate::store::{StartError, engine::Engine};

/// The thread's name: what a fault is injected into, and what a profile calls it.
const NAME: &str = "kassa-books";

/// What the thread is sent.
#[expect(clippy::large_enum_variant, reason = "there is one stop, and all others are postings")]
pub(super) enum Order {
    /// Store this, and answer it.
    Post(Entry),
    /// Take nothing more; store what waits, and end.
    Stop,
}

/// Starts the thread of a writer, which is opened there. What is returned is told when it has ended.
///
/// # Errors
/// What the writer is not opened for; the system has no thread to give.
pub(super) async fn start<E: Engine, G: Ground>(
    open: impl FnOnce() -> Result<Writer<E, G>, StartError> + Send + 'static,
    queue: mpsc::Receiver<Order>,
) -> Result<oneshot::Receiver<()>, StartError> {
    let (opened, is_open) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    // Its lines go where those of who started it go.
    let dispatch = dispatcher::get_default(Clone::clone);
    thread::Builder::new()
        .name(NAME.to_owned())
        .spawn(move || {
            dispatcher::with_default(&dispatch, || {
                let writer = match open() {
                    Ok(writer) => writer,
                    Err(error) => {
                        let _ = opened.send(Err(error));
                        return;
                    }
                };
                let _ = opened.send(Ok(()));
                // The queue goes with it: whoever waits in it is told that the books are closed, and health says so.
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(writer, queue))) {
                    let text = panic_text(panic.as_ref());
                    tracing::error!(
                        text,
                        "the books' thread broke; no more is stored until the server is started again"
                    );
                }
            });
            // Nobody may be waiting for it.
            let _ = end.send(());
        })
        .map_err(|cause| StartError::Books(format!("there is no thread for them: {cause}")))?;
    is_open.await.map_err(|_| StartError::Books("their thread broke".to_owned()))??;
    Ok(ended)
}

/// Works until it is stopped and the queue is empty.
fn run<E: Engine, G: Ground>(mut writer: Writer<E, G>, mut queue: mpsc::Receiver<Order>) {
    let most = writer.largest_batch();
    let mut waiting = VecDeque::new();
    let mut taken = Vec::with_capacity(most);
    loop {
        if waiting.is_empty() && queue.blocking_recv_many(&mut taken, most) == 0 {
            break;
        }
        // What an earlier batch left over goes first, so that order is kept.
        while waiting.len() + taken.len() < most {
            match queue.try_recv() {
                Ok(order) => taken.push(order),
                Err(_) => break,
            }
        }
        for order in taken.drain(..) {
            match order {
                Order::Post(entry) => waiting.push_back(entry),
                // Refuses new postings; those in the queue are still received.
                Order::Stop => queue.close(),
            }
        }
        if !waiting.is_empty() {
            writer.work(&mut waiting);
        }
    }
    writer.close();
}
