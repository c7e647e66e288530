//! The one write path. Every change of the books is a [`Posting`]: it is decided from rows in
//! memory, and a batch of postings is written in one transaction before anybody is answered.
//!
//! - [`WorkingSet`]: the rows in memory.
//! - `deciding`: how a posting is decided.
//! - `writer`: batch, load, decide, commit, answer; `thread`: the queue before it.
//! - `keys`: what a repeated request gets.
//! - [`journal`]: the chained records that prove the rows.

pub mod belongs;
mod breakers;
mod consult;
mod deciding;
mod ground;
pub mod journal;
mod key_counts;
pub(crate) mod keys;
#[cfg(test)]
pub mod memory;
mod number_reservations;
mod posting;
mod table;
#[cfg(test)]
pub mod testing;
mod thread;
mod time;
mod working_set;
mod writer;

use std::{sync::Arc, time::Duration};

use kassa_proto::v1::{DocumentKind, ErrorReason as Reason};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

pub use self::{
    consult::consult,
    key_counts::KeyCounts,
    keys::{Key, fingerprint},
    number_reservations::{EpochMark, Issued, NumberReservations, SeriesKey, UsedCodes, first_epoch},
    posting::{Context, Decision, Posting, Stop},
    working_set::{Member, ReadSet, WorkingSet},
};
use self::{
    ground::DiskGround,
    posting::AnyPosting,
    thread::Order,
    writer::{Entry, Writer},
};
use crate::{
    caller::Caller,
    clock::SharedClock,
    config::Config,
    disk::Disk,
    error::{Error, current_request_id},
    store::{DataFolder, StartError, sqlite::engine::SqliteEngine},
    storing,
};

/// What a posting made: the answer is rebuilt from it once the stored bytes have expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: DocumentKind,
    /// Its id.
    pub id: Uuid,
}

/// An answer and whether it was given before.
#[derive(Debug)]
pub struct Answer<R> {
    /// The response.
    pub reply: R,
    /// Whether the key was used before, so that nothing was done now.
    pub replayed: bool,
}

/// The way into the books. Cheap to clone.
#[derive(Clone)]
pub struct Books {
    queue: mpsc::Sender<Order>,
    key_counts: Arc<KeyCounts>,
}

/// The books' thread.
pub struct BooksThread {
    queue: mpsc::Sender<Order>,
    ended: oneshot::Receiver<()>,
}

impl BooksThread {
    /// Takes no more postings, answers those that wait, and closes the database.
    pub async fn close(self) {
        // An error says that the thread has ended already.
        let _ = self.queue.send(Order::Stop).await;
        let _ = self.ended.await;
    }
}

impl Books {
    /// Opens the books and starts their thread.
    ///
    /// # Errors
    /// [`StartError`] if the database can't be opened for writing.
    pub async fn open(
        config: &Config,
        folder: &DataFolder,
        clock: SharedClock,
        disk: Arc<Disk>,
    ) -> Result<(Self, BooksThread), StartError> {
        let key_counts = Arc::<KeyCounts>::default();
        let (queue, waiting) = mpsc::channel(config.limits.queue);
        let open = {
            let (config, folder, key_counts) = (config.clone(), folder.clone(), Arc::clone(&key_counts));
            move || {
                let failed = |cause| StartError::folder(folder.path(), cause);
                let ground = DiskGround::new(disk, NumberReservations::read(&folder).map_err(failed)?);
                let engine = SqliteEngine::open(&folder.database(), config.sqlite.synchronous)?;
                #[cfg(feature = "fault-injection")]
                let engine = crate::store::fault::FaultyEngine::of(engine, Arc::clone(&config.faults));
                Ok(Writer::new(engine, ground, clock, &config, key_counts))
            }
        };
        let ended = thread::start(open, waiting).await?;
        Ok((Self { queue: queue.clone(), key_counts }, BooksThread { queue, ended }))
    }

    /// Has a posting decided, stored and answered.
    ///
    /// The posting runs on the books' thread: a caller that goes away does not undo it.
    ///
    /// # Errors
    /// What the rules refuse; `OVERLOADED` at once if the queue is full; what the database fails with.
    pub async fn post<P: Posting>(
        &self,
        caller: Caller,
        key: Option<Key>,
        posting: P,
    ) -> Result<Answer<P::Reply>, Error> {
        let posting: Arc<dyn AnyPosting> = Arc::new(posting);
        let (answer, answered) = oneshot::channel();
        let span = tracing::Span::current();
        let request_id = current_request_id();
        storing::begins();
        let scope = posting.scope(&caller);
        let entry = Entry { posting, caller, key, scope, answer, request_id, span };
        self.queue.try_send(Order::Post(entry)).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => {
                Error::new(Reason::Overloaded, "too many requests are waiting; try again")
                    .retry_after(Duration::from_millis(250))
            }
            mpsc::error::TrySendError::Closed(_) => stopping(),
        })?;
        let stored = answered.await.map_err(|_| stopping())??;
        let reply = prost::Message::decode(stored.bytes.as_slice()).map_err(Error::internal)?;
        Ok(Answer { reply, replayed: stored.replayed })
    }

    /// How often keys came, and came again, since the books were opened.
    pub fn key_counts(&self) -> &KeyCounts {
        &self.key_counts
    }

    /// Whether their thread is there, which it is until they are closed.
    pub fn take_postings(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Waits until their thread has ended.
    pub async fn thread_ended(&self) {
        self.queue.closed().await;
    }

    /// How many postings wait now.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }
}

fn stopping() -> Error {
    Error::new(Reason::Stopping, "the server is stopping; repeat the request with the same key")
        .retry_after(Duration::from_secs(2))
}
