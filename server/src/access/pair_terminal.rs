//! Making a caller a terminal.

use chrono::{DateTime, Utc};
use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, journal_record::Entry};

use super::{
    create_pairing_code::GOOD_FOR,
    secrets::{Pepper, new_token, typed_code},
    session_cache::hash,
};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::{Clock, from_micros, is_good, to_micros},
    error::Error,
    store::{
        engine::Scope,
        entity::{
            pairing_code::{self, PairingCodeIndex},
            register, terminal,
        },
    },
};

/// A terminal to be paired. It has no `Debug`: the token is a secret.
pub struct PairTerminal {
    pub(super) code: PairingCodeIndex,
    token: String,
}

impl PairTerminal {
    /// Checks the code's form, and draws the terminal's token.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(
        request: &pb::PairTerminalRequest,
        clock: &dyn Clock,
        pepper: &Pepper,
    ) -> Result<Self, Error> {
        let code = typed_code(&request.code);
        let code = code.ok_or_else(|| Error::invalid("code", "is no pairing code such as 7K4M-PW2R"))?;
        Ok(Self { code: PairingCodeIndex::Code(pepper.hash(&code)), token: new_token(clock) })
    }

    /// The code, if a terminal can be paired with it now.
    pub(super) fn good_code<'a>(
        &self,
        books: &'a WorkingSet,
        now: DateTime<Utc>,
    ) -> Result<&'a pairing_code::Model, Stop> {
        let code = books.find_one::<pairing_code::Model>(&self.code)?;
        let is_good = |code: &&pairing_code::Model| is_good(from_micros(code.expire_time), now, GOOD_FOR);
        let good = code.filter(|code| code.terminal_id.is_none()).filter(is_good);
        good.ok_or_else(|| {
            let message = "the code is wrong, was used, or is older than ten minutes; have a new one made";
            Error::new(Reason::PairingCodeInvalid, message).field("code", "pairs no terminal").into()
        })
    }
}

impl Posting for PairTerminal {
    const METHOD: &'static str = "kassa.v1.Access/PairTerminal";
    type Reply = pb::PairTerminalResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.all::<pairing_code::Model>(self.code.clone());
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let now = to_micros(context.now);
        // Somebody else may have used it since the caller was made.
        let code = self.good_code(books, context.now)?.clone();
        let missing = || Error::internal("a pairing code's register is gone");
        let register = books.require::<register::Model>(&code.register_id, missing)?.clone();
        let (id, token_sha256) = (context.caller.terminal_id, hash(&self.token).to_vec());
        books.update::<pairing_code::Model, _>(&code.id, |code| {
            code.terminal_id = Some(id);
            Ok(())
        })?;
        let entry = pb::TerminalPairedEntry {
            terminal_id: id.to_string(),
            terminal_name: code.terminal_name.clone(),
            token_sha256: token_sha256.clone(),
            pairing_code_id: code.id.to_string(),
            user_id: code.user_id.to_string(),
        };
        books.insert(terminal::Model {
            id,
            register_id: register.id,
            user_id: code.user_id,
            name: code.terminal_name.clone(),
            token_sha256,
            create_time: now,
            local: false,
            revoke_time: None,
        })?;
        journal::append(books, context, register.id, Entry::TerminalPaired(entry))?;
        let reply = pb::PairTerminalResponse {
            token: self.token.clone(),
            terminal_id: id.to_string(),
            terminal_name: code.terminal_name,
            register_id: register.id.to_string(),
            register_code: register.code,
        };
        Ok(Decision::Done(reply))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        access::{create_pairing_code::CreatePairingCode, secrets::Pepper},
        books::testing::{NOON, TestShop},
        clock::SystemClock,
    };

    fn code(shop: &mut TestShop, pepper: &Pepper) -> String {
        let request = pb::CreatePairingCodeRequest { terminal_name: "Till".to_owned(), ..Default::default() };
        shop.decide(&CreatePairingCode::parse(request, &SystemClock, pepper).unwrap()).unwrap().code
    }

    fn pair(shop: &mut TestShop, code: &str, pepper: &Pepper) -> Result<pb::PairTerminalResponse, Error> {
        let request = pb::PairTerminalRequest { code: code.to_owned() };
        let posting = PairTerminal::parse(&request, &SystemClock, pepper)?;
        let owner = shop.caller.clone();
        shop.caller = Caller { terminal_id: Uuid::from_u128(77), ..owner.clone() };
        let paired = shop.decide(&posting);
        shop.caller = owner;
        paired
    }

    #[test]
    fn a_code_pairs_one_terminal_once_and_neither_it_nor_the_token_is_stored() {
        let (mut shop, pepper) = (TestShop::founded(), Pepper::new(&SystemClock));
        let code = code(&mut shop, &pepper);
        let paired = pair(&mut shop, &code, &pepper).unwrap();
        assert_eq!(shop.stops, 0);
        let terminal = shop.row::<terminal::Model>(&Uuid::from_u128(77));
        assert_eq!(terminal.token_sha256, hash(&paired.token).to_vec());
        assert_eq!((terminal.name.as_str(), terminal.user_id), ("Till", shop.caller.user_id));
        let Entry::TerminalPaired(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.terminal_id, paired.terminal_id);
        let again = pair(&mut shop, &code, &pepper).unwrap_err();
        assert_eq!(again.reason(), Reason::PairingCodeInvalid);
    }

    #[test]
    fn a_code_is_good_for_ten_minutes_and_with_its_own_pepper() {
        let (mut shop, pepper) = (TestShop::founded(), Pepper::new(&SystemClock));
        let code = code(&mut shop, &pepper);
        let other = Pepper::new(&SystemClock);
        let refused = |refused: Result<pb::PairTerminalResponse, Error>| refused.unwrap_err().reason();
        assert_eq!(refused(pair(&mut shop, &code, &other)), Reason::PairingCodeInvalid);
        assert_eq!(refused(pair(&mut shop, "7K4M", &pepper)), Reason::InvalidField);
        let Entry::PairingCodeCreated(made) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        let id = Uuid::try_parse(&made.pairing_code_id).unwrap();
        assert_eq!(shop.row::<pairing_code::Model>(&id).expire_time, NOON + 600_000_000);
        shop.change::<pairing_code::Model>(&id, |code| code.expire_time = NOON);
        assert_eq!(refused(pair(&mut shop, &code, &pepper)), Reason::PairingCodeInvalid);
    }
}
