//! A call that is answered in parts.

use std::{fmt, future::IntoFuture, marker::PhantomData, pin::Pin, time::Duration};

use bytes::Bytes;
use prost::Message;
use tonic::Streaming;

use crate::{Error, Kassa, answer::About, attempt::open, call::EncodedRequest};

/// A call to await, whose answer comes in [`Parts`]. Nothing is sent before, and it is sent once: a second
/// time would be another call.
#[must_use = "a call does nothing until it is awaited"]
pub struct PartsCall<Q, A> {
    kassa: Kassa,
    method: &'static str,
    request: Q,
    answer: PhantomData<fn() -> A>,
}

impl<Q, A> PartsCall<Q, A> {
    pub(crate) fn new(kassa: &Kassa, method: &'static str, request: Q) -> Self {
        Self { kassa: kassa.clone(), method, request, answer: PhantomData }
    }

    /// The method's path, such as `/kassa.v1.Backups/CreateBackup`.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }
}

impl<Q, A> IntoFuture for PartsCall<Q, A>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    type Output = Result<Parts<A>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let body = Bytes::from(self.request.encode_to_vec());
        let encoded =
            EncodedRequest { method: self.method, body, key: None, chosen: None, repeatable: false };
        Box::pin(async move {
            let connection = self.kassa.connection();
            let stream = open(connection, &encoded, connection.timeout).await.map_err(failed)?;
            let about = About::read(stream.metadata(), None);
            let (stream, patience) = (stream.into_inner(), connection.timeout);
            Ok(Parts { stream, about, patience, answer: PhantomData })
        })
    }
}

impl<Q: fmt::Debug, A> fmt::Debug for PartsCall<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartsCall")
            .field("method", &self.method)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// The parts of an answer. Dropping them stops nothing on the server.
pub struct Parts<A> {
    stream: Streaming<Bytes>,
    about: About,
    patience: Duration,
    answer: PhantomData<fn() -> A>,
}

impl<A: Message + Default> Parts<A> {
    /// The next part; nothing after the last.
    ///
    /// # Errors
    /// What the server failed with; that no part came within the time that
    /// [`Builder::timeout`](crate::Builder::timeout) allows.
    pub async fn next(&mut self) -> Result<Option<A>, Error> {
        let part = match tokio::time::timeout(self.patience, self.stream.message()).await {
            Ok(part) => part.map_err(failed)?,
            Err(_) => {
                let message = format!("no part of the answer within {:.1?}", self.patience);
                return Err(failed(tonic::Status::deadline_exceeded(message)));
            }
        };
        let decoded = part.map(A::decode).transpose();
        decoded.map_err(|_| Error::unreadable(self.about.clone()))
    }

    /// Waits for the last part.
    ///
    /// # Errors
    /// As [`Parts::next`].
    pub async fn last(mut self) -> Result<A, Error> {
        let mut last = A::default();
        while let Some(part) = self.next().await? {
            last = part;
        }
        Ok(last)
    }
}

impl<A> fmt::Debug for Parts<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

fn failed(status: tonic::Status) -> Error {
    Error::from_status(status).of_call(None, 1, false)
}
