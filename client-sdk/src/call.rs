//! A call that is ready to be made.

use std::{fmt, future::IntoFuture, marker::PhantomData, pin::Pin};

use bytes::Bytes;
use prost::Message;

use crate::{Answer, Code, Error, Kassa, Reason, answer::Raw, key};

/// A call to await. Nothing is sent before.
///
/// ```no_run
/// # use kassa_client::{Kassa, proto::v1};
/// # async fn open(kassa: Kassa) -> Result<(), kassa_client::Error> {
/// let request = v1::OpenShiftRequest::default();
/// let opened = kassa.shifts().open_shift(request).key("morning-2026-11-20").await?;
/// assert!(!opened.joined || opened.replayed());
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<Q, A> {
    kassa: Kassa,
    method: &'static str,
    request: Q,
    kind: Kind<Q>,
    key: Option<String>,
    answer: PhantomData<fn() -> A>,
}

/// What a method does to the books.
enum Kind<Q> {
    /// Nothing.
    Read,
    /// It changes them at a version, which keeps it from happening twice.
    Save(fn(&mut Q) -> &mut String),
    /// It changes them without a key: a second time may be another thing.
    Once,
    /// It changes them under a key.
    Change,
    /// It makes a document whose id the client may choose.
    Make(fn(&mut Q) -> &mut String),
}

impl<Q, A> Call<Q, A> {
    pub(crate) fn read(kassa: &Kassa, method: &'static str, request: Q) -> Self {
        Self::new(kassa, method, request, Kind::Read)
    }

    pub(crate) fn save(
        kassa: &Kassa,
        method: &'static str,
        request: Q,
        id: fn(&mut Q) -> &mut String,
    ) -> Self {
        Self::new(kassa, method, request, Kind::Save(id))
    }

    pub(crate) fn once(kassa: &Kassa, method: &'static str, request: Q) -> Self {
        Self::new(kassa, method, request, Kind::Once)
    }

    pub(crate) fn change(kassa: &Kassa, method: &'static str, request: Q) -> Self {
        Self::new(kassa, method, request, Kind::Change)
    }

    pub(crate) fn make(
        kassa: &Kassa,
        method: &'static str,
        request: Q,
        id: fn(&mut Q) -> &mut String,
    ) -> Self {
        Self::new(kassa, method, request, Kind::Make(id))
    }

    fn new(kassa: &Kassa, method: &'static str, request: Q, kind: Kind<Q>) -> Self {
        Self { kassa: kassa.clone(), method, request, kind, key: None, answer: PhantomData }
    }

    /// Sends it under this idempotency key: 1 to 255 visible ASCII characters.
    ///
    /// Without one, the key is the document's id where the client chooses it (a sale's `order_id`),
    /// and a new UUIDv7 otherwise. Give one to repeat a call whose outcome is unknown
    /// ([`Error::key`]), or to make a program's second run repeat its first one's calls.
    /// Reads, and saves that carry a version, have no key and ignore it.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The method's path, such as `/kassa.v1.Orders/CompleteSale`.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }
}

impl<Q: Message, A> Call<Q, A> {
    /// Completes the request (ids, key) and encodes it once, for all attempts.
    fn seal(mut self) -> Result<(Kassa, EncodedRequest), Error> {
        let chosen = self.key.as_deref();
        let repeatable = !matches!(self.kind, Kind::Once);
        let key = match &self.kind {
            Kind::Read | Kind::Once => None,
            Kind::Save(id) => {
                // The id is kept through all attempts, and a key has no meaning.
                key::settle(None, Some(id(&mut self.request)));
                None
            }
            _ if chosen.is_some_and(|key| !key::is_key(key)) => {
                return Err(Error::local(
                    Code::InvalidArgument,
                    Reason::InvalidMetadata,
                    "an idempotency key is 1 to 255 visible ASCII characters",
                ));
            }
            Kind::Change => Some(key::settle(chosen, None)),
            Kind::Make(id) => Some(key::settle(chosen, Some(id(&mut self.request)))),
        };
        let body = Bytes::from(self.request.encode_to_vec());
        let chosen = key.is_some().then_some(self.key).flatten();
        Ok((self.kassa, EncodedRequest { method: self.method, body, key, chosen, repeatable }))
    }
}

impl<Q, A> IntoFuture for Call<Q, A>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    type Output = Result<Answer<A>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (kassa, encoded) = self.seal()?;
            let Raw { body, about } = kassa.send(encoded).await?;
            match A::decode(body) {
                Ok(message) => Ok(Answer::new(message, about)),
                Err(_) => Err(Error::unreadable(about)),
            }
        })
    }
}

impl<Q: fmt::Debug, A> fmt::Debug for Call<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", &self.method)
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

/// An encoded request on its way to a method. Two that are equal but for a key made here are the same call.
#[derive(Debug, Clone)]
pub(crate) struct EncodedRequest {
    pub(crate) method: &'static str,
    pub(crate) body: Bytes,
    /// What it is sent under; none for reads.
    pub(crate) key: Option<String>,
    /// The key that the caller gave.
    pub(crate) chosen: Option<String>,
    /// Whether it may be sent again although it may have been carried out.
    pub(crate) repeatable: bool,
}
