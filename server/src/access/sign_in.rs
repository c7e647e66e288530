//! Signing in and out.

use kassa_proto::v1::{self as pb, JournalKind, journal_record::Entry};

use super::{
    named_user::NamedUser,
    pin::{Settled, Typed, settle},
    scope::in_reach,
    secrets::new_token,
    session_cache::hash,
    sessions::{LONGEST, end_all},
};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::{Clock, to_micros},
    encoding::time::timestamp,
    store::{
        engine::Scope,
        entity::session::{self, SessionIndex},
    },
};

/// A user who signs in. It has no `Debug`: the token is a secret.
pub struct SignIn {
    typed: Typed,
    token: String,
}

impl SignIn {
    /// Somebody with a PIN that was compared; the session's token is drawn.
    pub fn new(typed: Typed, clock: &dyn Clock) -> Self {
        Self { typed, token: new_token(clock) }
    }
}

impl Posting for SignIn {
    const METHOD: &'static str = "kassa.v1.Access/SignIn";
    type Reply = pb::SignInResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        Scope::People(vec![self.typed.user_id], caller.branch_id)
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.typed.read_set(read_set);
        read_set.all::<session::Model>(SessionIndex::OpenOn(caller.terminal_id));
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let user = NamedUser::Id(self.typed.user_id).user(books)?.clone();
        // Said before the PIN is looked at, so that it says nothing of it.
        if let Some(branch_id) = user.branch_id {
            in_reach(caller, branch_id, "user_id")?;
        }
        let pin = match settle(books, context, &self.typed)? {
            Settled::Right(forgiven) => forgiven,
            Settled::Wrong(error) => return Ok(Decision::RejectedAndCommitted(error)),
        };
        let (now, expires) = (to_micros(context.now), context.now + LONGEST);
        let ended_session_ids = end_all(books, &SessionIndex::OpenOn(caller.terminal_id), now)?;
        let (id, token_sha256) = (context.new_id(), hash(&self.token).to_vec());
        let entry = pb::SignedInEntry {
            session_id: id.to_string(),
            user_id: user.id.to_string(),
            token_sha256: token_sha256.clone(),
            expire_time: Some(timestamp(expires)),
            ended_session_ids,
            pin,
        };
        books.insert(session::Model {
            id,
            terminal_id: caller.terminal_id,
            user_id: user.id,
            token_sha256,
            create_time: now,
            expire_time: to_micros(expires),
            end_time: None,
        })?;
        journal::append(books, context, caller.register_id, Entry::SignedIn(entry))?;
        let reply = pb::SignInResponse {
            token: self.token.clone(),
            user_id: user.id.to_string(),
            user_name: user.name,
            user_display_name: user.display_name,
            role: user.role,
            expire_time: Some(timestamp(expires)),
        };
        Ok(Decision::Done(reply))
    }
}

/// The end of the session on the calling terminal.
#[derive(Debug)]
pub struct SignOut;

impl Posting for SignOut {
    const METHOD: &'static str = "kassa.v1.Access/SignOut";
    type Reply = pb::SignOutResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        Scope::People(vec![caller.user_id], caller.branch_id)
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.all::<session::Model>(SessionIndex::OpenOn(caller.terminal_id));
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let (caller, now) = (context.caller, to_micros(context.now));
        let ended_session_ids = end_all(books, &SessionIndex::OpenOn(caller.terminal_id), now)?;
        if !ended_session_ids.is_empty() {
            let entry = Entry::SignedOut(pb::SignedOutEntry { ended_session_ids });
            journal::append(books, context, caller.register_id, entry)?;
        }
        Ok(Decision::Done(pb::SignOutResponse {}))
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{ErrorReason as Reason, Role};
    use uuid::Uuid;

    use super::*;
    use crate::{
        books::testing::{NOON, TestShop},
        clock::SystemClock,
        error::Error,
        store::entity::{user, user_pin},
    };

    const AMAL: Uuid = Uuid::from_u128(41);

    /// A shop where Amal has a PIN, and a terminal on which nobody is signed in.
    fn shop() -> TestShop {
        let mut shop = TestShop::founded();
        shop.put_user(AMAL, "amal", Role::Cashier);
        shop.put_pin(AMAL);
        (shop.caller.user_id, shop.caller.role) = (Uuid::nil(), Role::Unspecified);
        shop
    }

    fn sign_in(shop: &mut TestShop, right: bool) -> Result<pb::SignInResponse, Error> {
        let typed = Typed::of(shop.row::<user_pin::Model>(&AMAL), right);
        shop.decide(&SignIn::new(typed, &SystemClock))
    }

    fn open(shop: &TestShop) -> Vec<Uuid> {
        let of = SessionIndex::OpenOn(shop.caller.terminal_id);
        shop.books.known_all::<session::Model>(&of).iter().map(|session| session.id).collect()
    }

    #[test]
    fn a_terminal_has_one_session_and_the_token_is_not_stored() {
        let mut shop = shop();
        let first = sign_in(&mut shop, true).unwrap();
        assert_eq!((first.user_name.as_str(), first.role()), ("amal", Role::Cashier));
        let before = open(&shop);
        let second = sign_in(&mut shop, true).unwrap();
        assert_eq!(shop.stops, 0);
        let [now] = open(&shop)[..] else { panic!("one session") };
        assert_ne!(before, [now]);
        assert_eq!(shop.row::<session::Model>(&now).token_sha256, hash(&second.token));
        let Entry::SignedIn(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.ended_session_ids, [before[0].to_string()]);
        shop.decide(&SignOut).unwrap();
        assert!(open(&shop).is_empty());
        assert!(matches!(shop.last_entry(JournalKind::Audit), Entry::SignedOut(_)));
    }

    #[test]
    fn three_wrong_pins_make_the_user_wait_and_a_right_one_forgives_them() {
        let mut shop = shop();
        let mut delays = Vec::new();
        for _ in 0..9 {
            assert_eq!(sign_in(&mut shop, false).unwrap_err().reason(), Reason::PinWrong);
            assert!(matches!(shop.last_entry(JournalKind::Audit), Entry::PinFailed(_)));
            let row = shop.row::<user_pin::Model>(&AMAL).clone();
            delays.push(row.delay_time.map_or(0, |until| (until - NOON) / 1_000_000));
            if row.delay_time.is_some() {
                // The right one does not help before its time.
                for right in [true, false] {
                    assert_eq!(sign_in(&mut shop, right).unwrap_err().reason(), Reason::PinDelayed);
                }
                shop.change::<user_pin::Model>(&AMAL, |row| row.delay_time = Some(NOON));
            }
        }
        assert_eq!(delays, [0, 0, 30, 60, 120, 240, 480, 900, 900]);
        sign_in(&mut shop, true).unwrap();
        let row = shop.row::<user_pin::Model>(&AMAL);
        assert_eq!((row.failed_count, row.delay_time), (0, None));
        let Entry::SignedIn(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.pin.unwrap().failed_count, 0);
        assert_eq!(shop.stops, 0);
    }

    #[test]
    fn who_has_no_pin_or_left_or_works_elsewhere_does_not_come_in() {
        let mut shop = shop();
        shop.change::<user::Model>(&AMAL, |user| user.branch_id = Some(Uuid::from_u128(99)));
        for right in [true, false] {
            assert_eq!(sign_in(&mut shop, right).unwrap_err().reason(), Reason::WrongBranch);
        }
        shop.change::<user::Model>(&AMAL, |user| (user.branch_id, user.active) = (None, false));
        assert_eq!(sign_in(&mut shop, true).unwrap_err().reason(), Reason::UserInactive);
        let new = Uuid::from_u128(42);
        shop.put_user(new, "new", Role::Cashier);
        let other = user_pin::Model { user_id: new, ..shop.row::<user_pin::Model>(&AMAL).clone() };
        let unset = shop.decide(&SignIn::new(Typed::of(&other, true), &SystemClock)).unwrap_err();
        assert_eq!(unset.reason(), Reason::PinNotSet);
    }

    #[test]
    fn a_pin_that_was_changed_since_it_was_compared_opens_nothing() {
        let mut shop = shop();
        let typed = Typed::of(shop.row::<user_pin::Model>(&AMAL), true);
        shop.change::<user_pin::Model>(&AMAL, |row| row.hash = "$argon2id$another".to_owned());
        let refused = shop.decide(&SignIn::new(typed, &SystemClock)).unwrap_err();
        assert_eq!(refused.reason(), Reason::PinWrong);
        assert_eq!(shop.row::<user_pin::Model>(&AMAL).failed_count, 0);
    }
}
