//! What a change of the books is.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use kassa_proto::v1::ErrorReason as Reason;
use prost::Message as _;
use uuid::Uuid;

use super::{
    Document, ReadSet, UsedCodes, WorkingSet,
    belongs::{within_reach, within_scope},
};
use crate::{caller::Caller, clock::Clock, error::Error, rpcs, store::engine::Scope};

/// A change of the books, decided from rows that are already in memory.
pub trait Posting: Send + Sync + 'static {
    /// The method's name in the contract, such as `kassa.v1.Orders/CompleteSale`. It is stored as
    /// [`rpcs::stored_name`] says.
    const METHOD: &'static str;
    /// The response message: the queue carries its bytes, so first answer and replay take one path.
    type Reply: prost::Message + Default;
    /// Whether [`Posting::again`] tells of what it made the same for ever, so that the answer need not be kept: only of
    /// documents that never change, and only where [`Posting::is_again`] needs no answer.
    const ANSWER_IS_REBUILT: bool = false;

    /// What it writes: rows of its caller's branch, unless it says more. Pure: it is asked before anything is read.
    fn scope(&self, caller: &Caller) -> Scope {
        Scope::Branch(caller.branch_id)
    }

    /// Names the rows it wants, given those that are known; asked for a whole batch until nothing new
    /// is named, at most four times. What it does not name, [`Posting::decide`] may still ask for.
    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet);

    /// Decides and changes the rows. Pure: no I/O, no clock, no randomness but the context's.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] to be asked again with more rows, [`Stop::Rejected`] for the caller; both
    /// leave nothing behind.
    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop>;

    /// Whether this is the request again that was answered like this, as far as its fingerprint can't tell:
    /// one that is kept for ever says nothing of what is to be forgotten one day.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] to be asked again with more rows.
    fn is_again(&self, answer: &Self::Reply, books: &WorkingSet) -> Result<bool, Stop> {
        let _ = (answer, books);
        Ok(true)
    }

    /// The answer to a key whose bytes are not stored, or not any more, from the document it made.
    ///
    /// # Errors
    /// `KEY_EXPIRED` where nothing can be rebuilt.
    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let _ = (document, books);
        Err(key_expired().into())
    }
}

/// The key was used, its answer is gone, and nothing is done twice.
pub fn key_expired() -> Error {
    Error::new(
        Reason::KeyExpired,
        "this key was carried out before, and its answer has expired; it is not carried out again",
    )
}

/// What a posting decided.
#[derive(Debug)]
pub enum Decision<R> {
    /// It is done, once what it changed is stored: the response.
    Done(R),
    /// The caller is refused, but what it changed is stored: a failed PIN raises its counter.
    RejectedAndCommitted(Error),
}

/// Why a posting decided nothing. Nothing of it is left behind.
pub enum Stop {
    /// Rows that were never loaded.
    MissingRows(Box<ReadSet>),
    /// The caller is refused.
    Rejected(Error),
    /// It has changed rows that are not in its scope: it is decided again in this one.
    NeedScope(Scope),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Rejected(error)
    }
}

/// What a posting may know besides the rows.
pub struct Context<'a> {
    /// Who is asking.
    pub caller: &'a Caller,
    /// What it may write.
    pub(super) scope: &'a Scope,
    /// The time at which it is decided.
    pub now: DateTime<Utc>,
    /// The posting's method, by its stored name.
    pub method: &'static str,
    /// The idempotency key; empty where there is none.
    pub key: &'a str,
    /// The id of the request that it came with; empty where there is none.
    pub request_id: &'a str,
    pub(super) clock: &'a dyn Clock,
    pub(super) ids_made: Cell<u16>,
    /// What stands in numbers on paper.
    pub used_codes: &'a UsedCodes,
}

impl Context<'_> {
    /// A new id for a document; those of one posting sort in the order in which they are made.
    pub fn new_id(&self) -> Uuid {
        // The id has 12 bits for the count; beyond them only the order is lost.
        let count = self.ids_made.get();
        self.ids_made.set(count.wrapping_add(1));
        self.clock.new_id_at(self.now, count % 4_096)
    }

    /// Random bytes that nobody can guess.
    pub fn random<const COUNT: usize>(&self) -> [u8; COUNT] {
        let mut bytes = [0; COUNT];
        self.clock.random(&mut bytes);
        bytes
    }
}

/// A posting whose reply is bytes: what the queue carries.
pub(super) trait AnyPosting: Send + Sync {
    /// The method's stored name: part of an idempotency key's scope.
    fn method(&self) -> &'static str;
    fn scope(&self, caller: &Caller) -> Scope;
    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet);
    /// As [`Posting::decide`], and refuses what changed something out of its caller's reach. This is the only way
    /// to a decision.
    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Vec<u8>>, Stop>;
    fn answer_is_rebuilt(&self) -> bool;
    fn is_again(&self, answer: &[u8], books: &WorkingSet) -> Result<bool, Stop>;
    fn again(&self, document: Document, books: &WorkingSet) -> Result<Vec<u8>, Stop>;
}

impl<P: Posting> AnyPosting for P {
    fn method(&self) -> &'static str {
        rpcs::stored_name(P::METHOD)
    }

    fn scope(&self, caller: &Caller) -> Scope {
        Posting::scope(self, caller)
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        Posting::read_set(self, known, caller, read_set);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Vec<u8>>, Stop> {
        let decision = Posting::decide(self, books, context)?;
        within_reach(books, context.caller)?;
        within_scope(books, context.scope)?;
        Ok(match decision {
            Decision::Done(reply) => Decision::Done(reply.encode_to_vec()),
            Decision::RejectedAndCommitted(error) => Decision::RejectedAndCommitted(error),
        })
    }

    fn answer_is_rebuilt(&self) -> bool {
        P::ANSWER_IS_REBUILT
    }

    fn is_again(&self, answer: &[u8], books: &WorkingSet) -> Result<bool, Stop> {
        Posting::is_again(self, &P::Reply::decode(answer).map_err(Error::internal)?, books)
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Vec<u8>, Stop> {
        Posting::again(self, document, books).map(|reply| reply.encode_to_vec())
    }
}
