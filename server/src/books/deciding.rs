//! How a posting is decided over rows in memory: its key is looked up; repeated, it is answered as before; a new one
//! is admitted, decided and recorded, and what it changed is kept or taken back. The writer, the tests of the rules and
//! the model decide by this. What differs between them is where the rows come from.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Context, Decision, Key, ReadSet, Stop, UsedCodes, WorkingSet,
    keys::{self, Before},
    posting::AnyPosting,
};
use crate::{
    caller::Caller,
    clock::{Clock, to_micros},
    error::Error,
    store::entity::{branch, idempotency_key},
};

/// Rounds in which a batch names its needs before it is decided.
pub(super) const READ_ROUNDS: usize = 4;
/// Times that one posting may ask for more rows while it is decided.
pub(super) const MOST_STOPS: usize = 16;

/// Names the row of a key.
pub(super) type KeyRow = (Uuid, String, String);

/// A posting, and whose it is.
pub(super) struct Asked<'a> {
    pub posting: &'a dyn AnyPosting,
    pub caller: &'a Caller,
    pub key: Option<&'a Key>,
    /// Empty where it came with no request.
    pub request_id: &'a str,
}

/// What a decision depends on besides the posting and the rows.
pub(super) struct Terms<'a> {
    pub now: DateTime<Utc>,
    pub clock: &'a dyn Clock,
    /// Answers given from then on are kept; in microseconds.
    pub answers_since: i64,
    pub used_codes: &'a UsedCodes,
    /// Whether a new posting of a method is taken just now.
    pub admit: &'a (dyn Fn(&'static str) -> Result<(), Error> + Sync),
}

/// What a posting was answered.
#[derive(Debug)]
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
    /// The row of its key.
    pub fn key_row(&self) -> Option<KeyRow> {
        self.key.map(|key| keys::row_key(self.caller, self.posting.method(), key))
    }

    /// Names the rows that it wants.
    pub fn read_set(&self, known: &WorkingSet, read_set: &mut ReadSet) {
        if let Some(key) = self.key_row() {
            read_set.row::<idempotency_key::Model>(key);
        }
        read_set.row::<branch::Model>(self.caller.branch_id);
        self.posting.read_set(known, self.caller, read_set);
    }

    /// Decides it, and keeps what it changed or takes it back. `see` is shown the changes before they are kept.
    ///
    /// # Errors
    /// The rows that it asks for; nothing of it is left behind.
    pub fn decide(
        &self,
        books: &mut WorkingSet,
        terms: &Terms,
        see: impl FnOnce(&mut WorkingSet),
    ) -> Result<Answered, Box<ReadSet>> {
        match self.answer(books, terms) {
            Ok(answered) => {
                see(books);
                books.keep();
                Ok(answered)
            }
            Err(Stop::Rejected(error)) => {
                books.take_back();
                Ok(Answered::Rejected(error))
            }
            Err(Stop::MissingRows(read_set)) => {
                books.take_back();
                Err(read_set)
            }
        }
    }

    fn answer(&self, books: &mut WorkingSet, terms: &Terms) -> Result<Answered, Stop> {
        let Self { posting, caller, key, request_id } = *self;
        let method = posting.method();
        if let Some(key) = key {
            match keys::before(books, caller, method, key, terms.answers_since)? {
                Before::New => {}
                Before::Answered(bytes) if posting.is_again(&bytes, books)? => {
                    return Ok(Answered::Replayed(bytes));
                }
                Before::Answered(_) => return Err(keys::reused(key).into()),
                Before::Expired(document) => return posting.again(document, books).map(Answered::Replayed),
            }
        }
        (terms.admit)(method)?;
        let mut context = Context {
            caller,
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
                    keys::record(
                        books,
                        caller,
                        (method, key),
                        (&reply, books.document()),
                        to_micros(terms.now),
                    )?;
                }
                Ok(Answered::Done(reply))
            }
        }
    }
}
