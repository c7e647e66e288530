//! What the services share, and the two ways of an RPC: it posts or it reads.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::DatabaseConnection;
use tonic::{Request, Response, Status, metadata::MetadataValue};

use crate::{
    access::doorkeeper::Doorkeeper,
    books::{Books, Caller, Key, Posting, fingerprint},
    clock::SharedClock,
    error::Error,
    store::DataFolder,
};

/// The response header of an answer that was given before.
const REPLAYED: &str = "idempotent-replayed";

/// The running server, as its services see it.
pub struct App {
    /// The one write path.
    pub books: Books,
    /// Connections that only read.
    pub readers: DatabaseConnection,
    /// Time and randomness.
    pub clock: SharedClock,
    /// Who the tokens stand for.
    pub doorkeeper: Doorkeeper,
    /// Grows with each restore; the server opens the books anew after one.
    pub epoch: i64,
    /// When the server started.
    pub start_time: DateTime<Utc>,
    /// The data folder.
    pub folder: DataFolder,
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
        let (_, mut extensions, message) = request.into_parts();
        let caller = caller(&mut extensions)?;
        let key = extensions.remove::<KeyText>();
        let key = key.map(|KeyText(text)| Key { text, fingerprint: fingerprint(&message) });
        let posting = parse(message)?;
        let answer = self.books.post(caller, key, posting).await?;
        let mut response = Response::new(answer.reply);
        if answer.replayed {
            response.metadata_mut().insert(REPLAYED, MetadataValue::from_static("true"));
        }
        Ok(response)
    }

    /// An RPC that reads: who asks, and for what.
    ///
    /// # Errors
    /// `TOKEN_INVALID`; the layers let no such call come here.
    pub fn read<M>(&self, request: Request<M>) -> Result<(Caller, M), Error> {
        let (_, mut extensions, message) = request.into_parts();
        Ok((caller(&mut extensions)?, message))
    }
}

fn caller(extensions: &mut tonic::Extensions) -> Result<Caller, Error> {
    extensions.remove::<Caller>().ok_or_else(|| Error::internal("a call came past the access layer"))
}
