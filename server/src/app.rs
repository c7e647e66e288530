//! What the services share, and the two ways of an RPC: it posts or it reads.

use std::{pin::Pin, sync::Arc};

use chrono::{DateTime, Utc};
use futures_util::{Stream, StreamExt as _};
use kassa_proto::v1::ErrorReason as Reason;
use tonic::{Request, Response, Status, metadata::MetadataValue};
use tracing::Instrument as _;

use crate::{
    access::{pairing_guard::PairingGuard, pin_hash::Hasher, secrets::Pepper, session_cache::SessionCache},
    backup::Backups,
    books::{Answer, Books, Key, Posting, fingerprint},
    caller::Caller,
    clock::SharedClock,
    config::Config,
    disk::Disk,
    error::{Error, as_asked, asked},
    integrity::Integrity,
    readings::{Readers, Reading},
    sales_sums::SalesSums,
    store::DataFolder,
    storing,
};

/// The response header of an answer that was given before.
const REPLAYED: &str = "idempotent-replayed";

/// The running server, as its services see it.
pub struct App {
    /// The one write path.
    pub books: Books,
    /// What is read begins here.
    pub readers: Readers,
    /// What shifts came to, as far as it was asked for.
    pub sales_sums: SalesSums,
    /// Time and randomness.
    pub clock: SharedClock,
    /// Who the tokens stand for.
    pub session_cache: SessionCache,
    /// Slows down who tries pairing codes.
    pub pairing_guard: PairingGuard,
    /// Where PINs are hashed.
    pub hasher: Hasher,
    /// The secret beside the database.
    pub pepper: Pepper,
    /// Grows with each restore; the server opens the books anew after one.
    pub epoch: i64,
    /// When the server started.
    pub start_time: DateTime<Utc>,
    /// The data folder.
    pub folder: DataFolder,
    /// What the last proof of the books found.
    pub integrity: Integrity,
    /// Copies of the database.
    pub backups: Arc<Backups>,
    /// The configuration in force.
    pub config: Config,
    /// The disk that it lies on.
    pub disk: Arc<Disk>,
}

/// The server's state, shared by its services.
pub type SharedApp = Arc<App>;

/// The `idempotency-key` that the key layer has checked.
#[derive(Clone, Debug)]
pub struct KeyText(pub String);

impl App {
    /// An RPC that changes the books: decode, post, encode.
    ///
    /// # Errors
    /// What the fields, the rules or the database refuse.
    pub async fn post<M: prost::Message, P: Posting>(
        &self,
        request: Request<M>,
        parse: impl FnOnce(M) -> Result<P, Error>,
    ) -> Result<Response<P::Reply>, Status> {
        self.post_with_fingerprint(request, fingerprint, parse).await
    }

    /// The same with a fingerprint that leaves something out.
    ///
    /// # Errors
    /// As [`App::post`].
    pub async fn post_with_fingerprint<M: prost::Message, P: Posting>(
        &self,
        request: Request<M>,
        fingerprint: impl FnOnce(&M) -> [u8; 32],
        parse: impl FnOnce(M) -> Result<P, Error>,
    ) -> Result<Response<P::Reply>, Status> {
        let (caller, key, message) = opened(request, fingerprint)?;
        let posting = parse(message)?;
        Ok(response(self.books.post(caller, key, posting).await?))
    }

    /// An RPC that changes the books with something that was read before: what the past was can't change.
    ///
    /// # Errors
    /// As [`App::post`], and what the reading fails with.
    pub async fn post_prepared<M: prost::Message, P: Posting, F>(
        &self,
        request: Request<M>,
        prepare: impl FnOnce(Caller, M) -> F,
    ) -> Result<Response<P::Reply>, Status>
    where
        F: Future<Output = Result<P, Error>>,
    {
        let (caller, key, message) = opened(request, fingerprint)?;
        let posting = prepare(caller.clone(), message).await?;
        Ok(response(self.books.post(caller, key, posting).await?))
    }

    /// An RPC that changes who may come in: nobody is answered before the session cache knows of it.
    ///
    /// # Errors
    /// As [`App::post`].
    pub async fn post_access_change<M: prost::Message, P: Posting>(
        self: &Arc<Self>,
        request: Request<M>,
        parse: impl FnOnce(M) -> Result<P, Error>,
    ) -> Result<Response<P::Reply>, Status> {
        let (caller, key, message) = opened(request, fingerprint)?;
        let posting = parse(message)?;
        Ok(response(self.change_access(caller, key, posting).await?))
    }

    /// Posts what changes who may come in, and has the session cache learn it. It is a task of its own: a
    /// caller that goes away must not leave a revoked token behind in memory.
    ///
    /// # Errors
    /// What the rules or the database refuse.
    pub async fn change_access<P: Posting>(
        self: &Arc<Self>,
        caller: Caller,
        key: Option<Key>,
        posting: P,
    ) -> Result<Answer<P::Reply>, Error> {
        // The task goes on whatever becomes of the request.
        storing::begins();
        let app = Arc::clone(self);
        let change = async move {
            let answer = app.books.post(caller, key, posting).await;
            let refused = answer.as_ref().err().map(Error::reason);
            if refused.is_none_or(|reason| reason == Reason::OutcomeUnknown) {
                app.session_cache.reload(&app.readers).await?;
            }
            answer
        };
        tokio::spawn(change.instrument(tracing::Span::current())).await.map_err(Error::internal)?
    }

    /// Who asks.
    ///
    /// # Errors
    /// `TOKEN_INVALID`; the layers let no such call come here.
    pub fn caller<M>(&self, request: &Request<M>) -> Result<Caller, Error> {
        caller(request)
    }

    /// An RPC that reads: the books as they are at one moment, who asks, and for what. All of its answer comes of
    /// that one reading.
    ///
    /// # Errors
    /// `TOKEN_INVALID`; the layers let no such call come here. `OVERLOADED`, `STOPPING`; what the database fails with.
    pub async fn read<M>(&self, request: Request<M>) -> Result<(Reading, Caller, M), Error> {
        let (caller, message) = self.accept(request)?;
        Ok((self.reading(&caller).await?, caller, message))
    }

    /// The books as they are at one moment, for what is read beside a change.
    ///
    /// # Errors
    /// `OVERLOADED`, `STOPPING`; what the database fails with.
    pub async fn reading(&self, caller: &Caller) -> Result<Reading, Error> {
        self.readers.begin_for(caller).await
    }

    /// An RPC that does more than to read or to post: who asks, and for what.
    ///
    /// # Errors
    /// `TOKEN_INVALID`; the layers let no such call come here.
    pub fn accept<M>(&self, request: Request<M>) -> Result<(Caller, M), Error> {
        let (_, mut extensions, message) = request.into_parts();
        Ok((take_caller(&mut extensions)?, message))
    }
}

/// A request as its posting needs it.
fn opened<M: prost::Message>(
    request: Request<M>,
    fingerprint: impl FnOnce(&M) -> [u8; 32],
) -> Result<(Caller, Option<Key>, M), Error> {
    let (_, mut extensions, message) = request.into_parts();
    let caller = take_caller(&mut extensions)?;
    let key = extensions.remove::<KeyText>();
    let key = key.map(|KeyText(text)| Key { text, fingerprint: fingerprint(&message) });
    Ok((caller, key, message))
}

/// An answer in parts.
pub type Parts<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// The response of an RPC that answers in parts. It is read after the request's own task has ended: an error in
/// it has the request's id and language all the same.
pub fn parts<A>(answers: impl Stream<Item = Result<A, Error>> + Send + 'static) -> Response<Parts<A>> {
    let asked = asked();
    let parts = answers.map(move |answer| answer.map_err(|error| as_asked(asked.clone(), || error.into())));
    Response::new(Box::pin(parts))
}

fn response<R>(answer: Answer<R>) -> Response<R> {
    let mut response = Response::new(answer.reply);
    if answer.replayed {
        response.metadata_mut().insert(REPLAYED, MetadataValue::from_static("true"));
    }
    response
}

/// Who asks.
///
/// # Errors
/// `TOKEN_INVALID`; the layers let no such call come so far.
pub fn caller<M>(request: &Request<M>) -> Result<Caller, Error> {
    request.extensions().get::<Caller>().cloned().ok_or_else(no_caller)
}

fn take_caller(extensions: &mut tonic::Extensions) -> Result<Caller, Error> {
    extensions.remove::<Caller>().ok_or_else(no_caller)
}

fn no_caller() -> Error {
    Error::internal("a call came past the access layer")
}
