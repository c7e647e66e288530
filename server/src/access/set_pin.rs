//! Setting a PIN, and forgiving wrong ones.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, Role, journal_record::Entry};
use uuid::Uuid;

use super::{
    named_user::NamedUser,
    pin::{Settled, Typed, pin_to_pb, reset, settle},
    sessions::end_all,
};
use crate::{
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, belongs::colleague, journal},
    caller::{Caller, role_name},
    clock::to_micros,
    error::Error,
    store::{
        engine::Scope,
        entity::{
            session::{self, SessionIndex},
            user, user_pin,
        },
    },
};

/// A PIN to be set. It has no `Debug`: the hash is nobody's business.
pub struct SetPin {
    /// Whose it is.
    pub user_id: Uuid,
    /// The new one's hash.
    pub hash: String,
    /// The old one, where it was typed.
    pub old: Option<Typed>,
}

impl SetPin {
    /// Whether the caller may set it, and must have typed the old one.
    fn needs_the_old_one(&self, caller: &Caller, user: &user::Model, has_one: bool) -> Result<bool, Error> {
        if user.id == caller.user_id {
            // A token without a session that stands for a user is the one on the server's own machine.
            return Ok(has_one && caller.session_id.is_some());
        }
        let role = Role::try_from(user.role).unwrap_or_default();
        let needed = role.max(Role::Admin);
        if caller.role >= needed { Ok(false) } else { Err(more_than_you(user, needed)) }
    }
}

/// The caller is nobody who may do this to that user.
fn more_than_you(user: &user::Model, needed: Role) -> Error {
    let name = role_name(needed);
    let message = format!("for {} this needs the role {name} or a higher one", user.name);
    Error::new(Reason::RoleRequired, message).with("role", name)
}

impl Posting for SetPin {
    const METHOD: &'static str = "kassa.v1.Access/SetPin";
    type Reply = pb::SetPinResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        Scope::People(vec![self.user_id, caller.user_id], caller.branch_id)
    }

    fn read_set(&self, _known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        read_set.row::<user::Model>(self.user_id);
        read_set.row::<user_pin::Model>(self.user_id);
        read_set.all::<session::Model>(SessionIndex::OpenBy(self.user_id));
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let (caller, id) = (context.caller, self.user_id);
        let user = NamedUser::Id(id).user(books)?.clone();
        let before = books.get::<user_pin::Model>(&id)?.map(|row| row.version);
        if self.needs_the_old_one(caller, &user, before.is_some())? {
            let missing = || Error::invalid("old_pin", "is required: it is your own PIN that you set");
            let old = self.old.as_ref().ok_or_else(missing)?;
            if let Settled::Wrong(error) = settle(books, context, old)? {
                return Ok(Decision::RejectedAndCommitted(error));
            }
        }
        let version = books.get::<user_pin::Model>(&id)?.map_or(1, |row| row.version.saturating_add(1));
        let (hash, failed_count, delay_time) = (self.hash.clone(), 0, None);
        let row = user_pin::Model { user_id: id, hash, failed_count, delay_time, version };
        // Who sets another's PIN may do so because it is known to somebody: out with them.
        let ended_session_ids = if user.id == caller.user_id {
            Vec::new()
        } else {
            end_all(books, &SessionIndex::OpenBy(id), to_micros(context.now))?
        };
        let entry = Entry::PinSet(pb::PinSetEntry { pin: Some(pin_to_pb(&row)), ended_session_ids });
        books.put(row)?;
        journal::append(books, context, caller.register_id, entry)?;
        Ok(Decision::Done(pb::SetPinResponse {}))
    }
}

/// A user whose wrong PINs are forgiven.
#[derive(Debug)]
pub struct UnlockUser(NamedUser);

impl UnlockUser {
    /// Reads whom.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::UnlockUserRequest) -> Result<Self, Error> {
        NamedUser::parse(&request.user_id).map(Self)
    }
}

impl Posting for UnlockUser {
    const METHOD: &'static str = "kassa.v1.Access/UnlockUser";
    type Reply = pb::UnlockUserResponse;

    fn scope(&self, caller: &Caller) -> Scope {
        self.0.scope(caller)
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        self.0.read_set(read_set);
        if let Some(id) = self.0.known(known) {
            read_set.row::<user_pin::Model>(id);
        }
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let user = self.0.user(books)?;
        let needed = match Role::try_from(user.role).unwrap_or_default() {
            Role::Unspecified | Role::Cashier => Role::Supervisor,
            Role::Supervisor => Role::Admin,
            Role::Admin | Role::Owner => Role::Owner,
        };
        if caller.role < needed {
            return Err(more_than_you(user, needed).into());
        }
        // No row tells a forgiving from a right PIN, which anybody's till may see.
        colleague(caller, user)?;
        let id = user.id;
        let forgiven_count = books.get::<user_pin::Model>(&id)?.map_or(0, |row| row.failed_count);
        if forgiven_count > 0 {
            let entry = Entry::UserUnlocked(pb::UserUnlockedEntry { pin: Some(reset(books, id)?) });
            journal::append(books, context, caller.register_id, entry)?;
        }
        Ok(Decision::Done(pb::UnlockUserResponse { forgiven_count }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::testing::TestShop;

    const AMAL: Uuid = Uuid::from_u128(41);
    const NUR: Uuid = Uuid::from_u128(42);

    /// Amal the cashier and Nur the supervisor, both with PINs; the caller is Nur with a session.
    fn shop() -> TestShop {
        let mut shop = TestShop::founded();
        shop.put_user(AMAL, "amal", Role::Cashier);
        shop.put_user(NUR, "nur", Role::Supervisor);
        shop.put_pin(AMAL);
        shop.put_pin(NUR);
        become_user(&mut shop, NUR, Role::Supervisor);
        shop
    }

    fn become_user(shop: &mut TestShop, user_id: Uuid, role: Role) {
        let session_id = Some(Uuid::from_u128(7));
        shop.caller = Caller { user_id, role, session_id, ..shop.caller.clone() };
    }

    fn set(shop: &mut TestShop, user_id: Uuid, old: Option<bool>) -> Result<pb::SetPinResponse, Error> {
        let old = old.map(|right| Typed::of(shop.row::<user_pin::Model>(&user_id), right));
        shop.decide(&SetPin { user_id, hash: "$new".to_owned(), old })
    }

    #[test]
    fn ones_own_pin_needs_the_old_one_and_a_wrong_one_counts() {
        let mut shop = shop();
        assert_eq!(set(&mut shop, NUR, None).unwrap_err().fields()[0].0, "old_pin");
        assert_eq!(set(&mut shop, NUR, Some(false)).unwrap_err().reason(), Reason::PinWrong);
        assert_eq!(shop.row::<user_pin::Model>(&NUR).failed_count, 1);
        set(&mut shop, NUR, Some(true)).unwrap();
        let row = shop.row::<user_pin::Model>(&NUR);
        assert_eq!((row.hash.as_str(), row.failed_count), ("$new", 0));
        let Entry::PinSet(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.pin, Some(pin_to_pb(row)));
        assert_eq!(shop.stops, 0);
    }

    #[test]
    fn admins_set_the_pins_of_users_of_no_higher_role_whose_sessions_end() {
        let mut shop = shop();
        let owner = Uuid::from_u128(44);
        shop.put_user(owner, "nadia", Role::Owner);
        assert_eq!(set(&mut shop, AMAL, None).unwrap_err().reason(), Reason::RoleRequired);
        become_user(&mut shop, Uuid::from_u128(43), Role::Admin);
        assert_eq!(set(&mut shop, owner, None).unwrap_err().reason(), Reason::RoleRequired);
        shop.put(session::Model {
            id: Uuid::from_u128(8),
            terminal_id: shop.caller.terminal_id,
            user_id: AMAL,
            token_sha256: vec![8; 32],
            create_time: 0,
            expire_time: i64::MAX,
            end_time: None,
        });
        set(&mut shop, AMAL, None).unwrap();
        assert!(shop.row::<session::Model>(&Uuid::from_u128(8)).end_time.is_some());
        // The token of the server's own machine is proof enough.
        shop.caller = Caller { user_id: owner, role: Role::Owner, session_id: None, ..shop.caller.clone() };
        set(&mut shop, owner, None).unwrap();
        set(&mut shop, owner, None).unwrap();
    }

    #[test]
    fn a_supervisor_unlocks_cashiers_and_an_owner_everybody() {
        let mut shop = shop();
        let unlock = |shop: &mut TestShop, name: &str| {
            let request = pb::UnlockUserRequest { user_id: name.to_owned() };
            shop.decide(&UnlockUser::parse(request).unwrap()).map(|reply| reply.forgiven_count)
        };
        for user in [AMAL, NUR] {
            shop.change::<user_pin::Model>(&user, |row| (row.failed_count, row.delay_time) = (5, Some(1)));
        }
        assert_eq!(unlock(&mut shop, "AMAL").unwrap(), 5);
        assert!(matches!(shop.last_entry(JournalKind::Audit), Entry::UserUnlocked(_)));
        assert_eq!(unlock(&mut shop, "amal").unwrap(), 0);
        assert_eq!(unlock(&mut shop, "nur").unwrap_err().reason(), Reason::RoleRequired);
        assert_eq!(unlock(&mut shop, "nobody").unwrap_err().reason(), Reason::UserNotFound);
        shop.caller.role = Role::Owner;
        assert_eq!(unlock(&mut shop, &NUR.to_string()).unwrap(), 5);
        assert_eq!(shop.stops, 0);
    }
}
