//! A code with which one terminal is paired, once.

use chrono::TimeDelta;
use kassa_proto::v1::{self as pb, JournalKind, journal_record::Entry};

use super::{
    scope::Named,
    secrets::{Pepper, new_code, shown_code},
};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::{Clock, to_micros},
    encoding::time::timestamp,
    error::Error,
    input,
    store::{engine::Scope, entity::pairing_code},
};

/// Long enough to walk to the terminal.
pub(super) const GOOD_FOR: TimeDelta = TimeDelta::minutes(10);
const TERMINAL_NAME: usize = 200;

/// A code to be made. It has no `Debug`: the code is a secret.
pub struct CreatePairingCode {
    register: Named,
    terminal_name: String,
    code: String,
    code_sha256: Vec<u8>,
}

impl CreatePairingCode {
    /// Checks the terminal's name, and draws the code.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(
        request: pb::CreatePairingCodeRequest,
        clock: &dyn Clock,
        pepper: &Pepper,
    ) -> Result<Self, Error> {
        let code = new_code(clock);
        Ok(Self {
            register: Named::parse(&request.register_id),
            terminal_name: input::name(request.terminal_name, TERMINAL_NAME, || "terminal_name".to_owned())?,
            code_sha256: pepper.hash(&code),
            code,
        })
    }
}

impl Posting for CreatePairingCode {
    const METHOD: &'static str = "kassa.v1.Admin/CreatePairingCode";
    type Reply = pb::CreatePairingCodeResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.register.register_read_set(caller, read_set);
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let register_id = self.register.register(books, context.caller)?.id;
        let (id, expires) = (context.new_id(), context.now + GOOD_FOR);
        let entry = pb::PairingCodeCreatedEntry {
            pairing_code_id: id.to_string(),
            code_sha256: self.code_sha256.clone(),
            register_id: register_id.to_string(),
            terminal_name: self.terminal_name.clone(),
            expire_time: Some(timestamp(expires)),
        };
        books.insert(pairing_code::Model {
            id,
            code_sha256: self.code_sha256.clone(),
            register_id,
            terminal_name: self.terminal_name.clone(),
            user_id: context.caller.user_id,
            create_time: to_micros(context.now),
            expire_time: to_micros(expires),
            terminal_id: None,
        })?;
        let register_id = context.caller.register_id;
        journal::append(books, context, register_id, Entry::PairingCodeCreated(entry))?;
        let reply = pb::CreatePairingCodeResponse {
            code: shown_code(&self.code),
            expire_time: Some(timestamp(expires)),
        };
        Ok(Decision::Done(reply))
    }
}
