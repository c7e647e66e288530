//! How a posting is decided over rows in memory: its key is looked up; repeated, it is answered as before; a new one
//! is admitted, decided and recorded, and what it changed is kept or taken back. The writer, the tests of the rules and
//! the model decide by this. What differs between them is where the rows come from.

use std::cell::Cell;

use chrono::{DateTime, Utc};

use super::{
    Context, Decision, Key, ReadSet, Stop, UsedCodes, WorkingSet,
    keys::{self, Before, Given},
    posting::AnyPosting,
};
use crate::{
    caller::Caller,
    clock::{Clock, to_micros},
    error::Error,
    store::{
        engine::Scope,
        entity::{branch, branch::BranchIndex, business, idempotency_key},
    },
};

/// Rounds in which a batch names its needs before it is decided.
pub(super) const READ_ROUNDS: usize = 4;
/// Times that one posting may ask for more rows while it is decided.
pub(super) const MOST_STOPS: usize = 16;

/// A posting, and whose it is.
pub(super) struct Asked<'a> {
    pub posting: &'a dyn AnyPosting,
    pub caller: &'a Caller,
    pub key: Option<&'a Key>,
    /// Empty where it came with no request.
    pub request_id: &'a str,
    /// What it may write: its own scope, or the larger one that it was found to need.
    pub scope: &'a Scope,
}

/// What a decision depends on besides the posting and the rows.
pub(super) struct Terms<'a> {
    pub now: DateTime<Utc>,
    pub clock: &'a dyn Clock,
    /// Answers given from then on are kept; in microseconds.
    pub answers_since: i64,
    pub used_codes: &'a UsedCodes,
    /// Whether a new posting of a method is taken just now.
    pub admit: &'a dyn Fn(&'static str) -> Result<(), Error>,
}

/// What a posting asks for before it can be decided.
pub enum Ask {
    /// More rows.
    Rows(Box<ReadSet>),
    /// To write more than it said.
    Scope(Scope),
}

/// What a posting was answered.
#[derive(Clone, Debug)]
pub enum Answered {
    /// It is done, and this is the encoded reply.
    Done(Vec<u8>),
    /// The key was used before: the reply of then.
    Replayed(Vec<u8>),
    /// Rejected; what it changed is kept.
    RejectedAndCommitted(Error),
    /// Rejected, and nothing is changed.
    Rejected(Error),
}

impl Asked<'_> {
    /// Names the rows that it wants.
    pub fn read_set(&self, known: &WorkingSet, read_set: &mut ReadSet) {
        if let Some(key) = self.key {
            read_set.row::<idempotency_key::Model>(keys::row_key(self.caller, self.posting.method(), key));
        }
        read_set.row::<branch::Model>(self.caller.branch_id);
        match self.scope {
            Scope::Branch(_) => {}
            // What is done to people is counted there.
            Scope::People(..) => read_set.row::<business::Model>(self.caller.business_id),
            Scope::Shop => {
                read_set.row::<business::Model>(self.caller.business_id);
                read_set.all::<branch::Model>(BranchIndex::Any);
            }
        }
        self.posting.read_set(known, self.caller, read_set);
    }

    /// Decides it, and keeps what it changed or takes it back. `see` is shown the answer and the changes before they are
    /// kept.
    ///
    /// # Errors
    /// What it asks for: more rows, or a larger scope. Nothing of it is left behind.
    pub fn decide(
        &self,
        books: &mut WorkingSet,
        terms: &Terms,
        see: impl FnOnce(&Answered, &mut WorkingSet),
    ) -> Result<Answered, Ask> {
        let answered = match self.answer(books, terms) {
            Ok(answered) => answered,
            Err(Stop::Rejected(error)) => {
                books.take_back();
                Answered::Rejected(error)
            }
            Err(Stop::MissingRows(read_set)) => {
                books.take_back();
                return Err(Ask::Rows(read_set));
            }
            Err(Stop::NeedScope(scope)) => {
                books.take_back();
                return Err(Ask::Scope(scope));
            }
        };
        see(&answered, books);
        books.keep();
        Ok(answered)
    }

    fn answer(&self, books: &mut WorkingSet, terms: &Terms) -> Result<Answered, Stop> {
        let Self { posting, caller, key, request_id, scope } = *self;
        let method = posting.method();
        if let Some(key) = key {
            match keys::before(books, caller, method, key, terms.answers_since)? {
                Before::New => {}
                Before::Answered(bytes) if posting.is_again(&bytes, books)? => {
                    return Ok(Answered::Replayed(bytes));
                }
                Before::Answered(_) => return Err(keys::reused(key).into()),
                Before::Made(document) => return posting.again(document, books).map(Answered::Replayed),
            }
        }
        (terms.admit)(method)?;
        let mut context = Context {
            caller,
            scope,
            now: terms.now,
            method,
            key: key.map_or("", |key| key.text.as_str()),
            request_id,
            clock: terms.clock,
            ids_made: Cell::new(0),
            used_codes: terms.used_codes,
        };
        match posting.decide(books, &mut context)? {
            Decision::RejectedAndCommitted(error) => Ok(Answered::RejectedAndCommitted(error)),
            Decision::Done(reply) => {
                if let Some(key) = key {
                    let document = books.document();
                    // Proved here and now, on the rows that are stored with it.
                    let is_rebuilt = posting.answer_is_rebuilt()
                        && document.is_some_and(|document| {
                            posting.again(document, books).is_ok_and(|again| again == reply)
                        });
                    let given = Given { answer: &reply, document, is_stored: !is_rebuilt };
                    keys::record(books, caller, (method, key), given, to_micros(terms.now))?;
                }
                Ok(Answered::Done(reply))
            }
        }
    }
}
