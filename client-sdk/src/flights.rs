//! The same request in flight is sent once.
//!
//! A double click, two views that refresh at the same moment, a caller that gave up and asked again:
//! whoever asks what is being asked already waits for that answer. Each call runs on a task of its
//! own, so that the first caller may go away without taking the others' answer along.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, timeout_at},
};

use crate::{Code, Error, Reason, answer::Raw, call::EncodedRequest, kassa::Connection, retry};

/// How many calls may be in flight; further ones wait for a place as long as their time lasts.
const MOST: usize = 1024;

type Landing = watch::Receiver<Option<Result<Raw, Error>>>;
type Board = Arc<Mutex<HashMap<Route, Landing>>>;

pub(crate) struct Flights {
    board: Board,
    places: Arc<Semaphore>,
    changes: Arc<AtomicU64>,
}

/// What makes two calls the same one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Route {
    method: &'static str,
    body: Bytes,
    /// The key that the caller gave; one made here is no difference.
    chosen: Option<String>,
    /// For reads, how many changes had ended when it began: whoever reads after his sale must see it,
    /// and so can't share an answer that may be older.
    changes: u64,
}

impl Flights {
    pub(crate) fn new() -> Self {
        Self { board: Board::default(), places: Arc::new(Semaphore::new(MOST)), changes: Arc::default() }
    }

    /// Waits for the answer to a request, sending it unless it is on its way.
    pub(crate) async fn join(&self, connection: &Connection, encoded: EncodedRequest) -> Result<Raw, Error> {
        let deadline = Instant::now() + connection.total_time;
        let changes = if encoded.key.is_some() { 0 } else { self.changes.load(Ordering::Acquire) };
        let route = Route {
            method: encoded.method,
            body: encoded.body.clone(),
            chosen: encoded.chosen.clone(),
            changes,
        };
        let key = encoded.key.clone();
        let mut landing = match self.find(&route) {
            Some(landing) => landing,
            None => {
                let place = timeout_at(deadline, Arc::clone(&self.places).acquire_owned()).await;
                let Ok(Ok(place)) = place else { return Err(no_place(key.as_deref())) };
                self.launch(connection, encoded, route, deadline, place)
            }
        };
        match landing.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(result)) => result.clone(),
            // The call's task is gone with its runtime, or it panicked.
            _ => Err(Error::lost(key)),
        }
    }

    fn find(&self, route: &Route) -> Option<Landing> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner).get(route).cloned()
    }

    fn launch(
        &self,
        connection: &Connection,
        encoded: EncodedRequest,
        route: Route,
        deadline: Instant,
        place: OwnedSemaphorePermit,
    ) -> Landing {
        let mut board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have sent it while this one waited for its place.
        if let Some(landing) = board.get(&route) {
            return landing.clone();
        }
        let (tell, landing) = watch::channel(None);
        board.insert(route.clone(), landing.clone());
        drop(board);
        let entry = Entry { board: Arc::clone(&self.board), route };
        let changes = Arc::clone(&self.changes);
        let connection = connection.clone();
        tokio::spawn(async move {
            let result = retry::carry(&connection, &encoded, deadline).await;
            if encoded.key.is_some() {
                changes.fetch_add(1, Ordering::Release);
            }
            // Off the board first: whoever asks after somebody has the answer gets a newer one.
            drop(entry);
            drop(place);
            // Fails when nobody waits any more.
            tell.send(Some(result)).ok();
        });
        landing
    }
}

/// Takes a call off the board, however its task ends.
struct Entry {
    board: Board,
    route: Route,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.board.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.route);
    }
}

fn no_place(key: Option<&str>) -> Error {
    let message = format!("{MOST} calls of this program are waiting for their answers");
    Error::local(Code::ResourceExhausted, Reason::Overloaded, message).of_call(key, 0, false)
}
