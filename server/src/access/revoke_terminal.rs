//! Taking a terminal's token away.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, journal_record::Entry};
use uuid::Uuid;

use super::{convert::terminal_to_pb, scope::in_reach, sessions::end_all};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    error::Error,
    input,
    store::{
        engine::Scope,
        entity::{
            register,
            session::{self, SessionIndex},
            terminal,
        },
    },
};

/// A terminal to be revoked.
#[derive(Debug)]
pub struct RevokeTerminal {
    terminal_id: Uuid,
}

impl RevokeTerminal {
    /// Checks the terminal's id.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::RevokeTerminalRequest) -> Result<Self, Error> {
        let terminal_id = input::required_id(&request.terminal_id, || "terminal_id".to_owned())?;
        Ok(Self { terminal_id })
    }
}

impl Posting for RevokeTerminal {
    const METHOD: &'static str = "kassa.v1.Admin/RevokeTerminal";
    type Reply = pb::RevokeTerminalResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<terminal::Model>(self.terminal_id);
        read_set.all::<session::Model>(SessionIndex::OpenOn(self.terminal_id));
        if let Some(terminal) = known.known::<terminal::Model>(&self.terminal_id) {
            read_set.row::<register::Model>(terminal.register_id);
        }
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let path = "terminal_id";
        let terminal = books.require::<terminal::Model>(&self.terminal_id, || {
            let message = format!("there is no terminal {}", self.terminal_id);
            Error::new(Reason::TerminalNotFound, message).field(path, "is of no terminal")
        })?;
        let missing = || Error::internal("a terminal's register is gone");
        let register = books.require::<register::Model>(&terminal.register_id, missing)?.clone();
        in_reach(context.caller, register.branch_id, path)?;
        if terminal.local {
            let what = "is the terminal on the server's own machine: delete keys/local.token and restart the \
                        server to give it another token";
            return Err(Error::invalid(path, what).into());
        }
        if terminal.revoke_time.is_none() {
            let now = to_micros(context.now);
            books.update::<terminal::Model, _>(&self.terminal_id, |terminal| {
                terminal.revoke_time = Some(now);
                Ok(())
            })?;
            let ended_session_ids = end_all(books, &SessionIndex::OpenOn(self.terminal_id), now)?;
            let terminal_id = self.terminal_id.to_string();
            let entry = pb::TerminalRevokedEntry { terminal_id, ended_session_ids };
            let entry = Entry::TerminalRevoked(entry);
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        let revoked = books.get::<terminal::Model>(&self.terminal_id)?;
        let terminal = revoked.map(|terminal| terminal_to_pb(terminal, &register));
        Ok(Decision::Done(pb::RevokeTerminalResponse { terminal }))
    }
}
