//! Creating and changing users: all of a call, or none.

use kassa_proto::v1::{self as pb, ErrorReason as Reason, JournalKind, Role, journal_record::Entry};
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;
use uuid::Uuid;

use super::once::Once;
use crate::{
    access::{convert::user_to_pb, scope::Named, sessions::end_all},
    books::{Context, Decision, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::{Caller, role_name},
    clock::to_micros,
    error::Error,
    input,
    store::{
        engine::Scope,
        entity::{
            session::{self, SessionIndex},
            terminal::{self, TerminalIndex},
            user::{self, UserIndex},
        },
    },
};

const MOST_USERS: usize = 100;
const NAME: usize = 40;
const DISPLAY_NAME: usize = 200;

/// Users to be written.
#[derive(Debug)]
pub struct PutUsers(Vec<Draft>);

#[derive(Debug)]
struct Draft {
    path: String,
    id: Option<Uuid>,
    name: String,
    display_name: String,
    role: Role,
    active: Option<bool>,
    /// Where the user works; everywhere if none is named.
    branch: Option<Named>,
    version: i64,
}

impl PutUsers {
    /// Checks the users.
    ///
    /// # Errors
    /// `INVALID_FIELD`.
    pub fn parse(request: pb::PutUsersRequest) -> Result<Self, Error> {
        let mut once = Once::of(&request.users, MOST_USERS, "users")?;
        let drafts = request.users.into_iter().enumerate().map(|(number, user)| {
            let draft = Draft::parse(user, format!("users[{number}]"))?;
            once.id(draft.id, || draft.path("user_id"))?;
            once.name(&draft.name, || draft.path("name"))?;
            Ok(draft)
        });
        drafts.collect::<Result<_, _>>().map(Self)
    }
}

/// A name to sign in with, in small letters.
///
/// # Errors
/// `INVALID_FIELD`.
fn login_name(text: &str, path: impl FnOnce() -> String) -> Result<String, Error> {
    let name = text.to_lowercase();
    let may_stand = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_');
    // What looks like an id could not be told from one.
    let is_id = Uuid::try_parse(&name).is_ok();
    if (1..=NAME).contains(&name.chars().count()) && name.chars().all(may_stand) && !is_id {
        return Ok(name);
    }
    Err(Error::invalid(path(), "must be 1 to 40 letters, digits, dots, dashes and underscores"))
}

/// The same for names that look alike: in capitals, in wide letters, in letters of other alphabets (Unicode
/// Technical Standard 39).
pub fn look_of(name: &str) -> String {
    let capitals_aside = name.to_lowercase();
    // What stands for the same letters (NFKC) comes first: a wide letter has no look of its own in the tables.
    skeleton(&capitals_aside.nfkc().collect::<String>().to_lowercase()).collect()
}

impl Draft {
    fn parse(user: pb::User, path: String) -> Result<Self, Error> {
        let id = input::id(&user.user_id, || format!("{path}.user_id"))?;
        let name = login_name(&user.name, || format!("{path}.name"))?;
        let role = match user.role() {
            Role::Unspecified => return Err(Error::invalid(format!("{path}.role"), "is required")),
            role => role,
        };
        let branch = (!user.branch_id.is_empty()).then(|| Named::parse(&user.branch_id));
        if role == Role::Owner && branch.is_some() {
            return Err(Error::invalid(
                format!("{path}.branch_id"),
                "must be empty: an owner works everywhere",
            ));
        }
        let shown = if user.display_name.trim().is_empty() { name.clone() } else { user.display_name };
        let display_name = input::name(shown, DISPLAY_NAME, || format!("{path}.display_name"))?;
        let (active, version) = (user.active, user.version);
        Ok(Self { path, id, name, display_name, role, active, branch, version })
    }

    fn path(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }

    /// The user that it changes, if there is one: the one it names, or the one with its name.
    fn existing<'a>(&self, books: &'a WorkingSet) -> Result<Option<&'a user::Model>, Stop> {
        let by_name = books.find_one::<user::Model>(&UserIndex::Name(self.name.clone()))?;
        let existing = match self.id {
            None => by_name,
            Some(id) => {
                if by_name.is_some_and(|other| other.id != id) {
                    return Err(Error::invalid(self.path("name"), "belongs to another user").into());
                }
                let path = self.path("user_id");
                let missing =
                    || Error::of_field(Reason::UserNotFound, path, format!("there is no user {id}"));
                Some(books.require::<user::Model>(&id, missing)?)
            }
        };
        let version = existing.map_or(0, |user| user.version);
        if self.version != 0 && self.version != version {
            let what = format!("the user {} is", self.name);
            return Err(Error::version_mismatch(self.path("version"), &what, self.version, version).into());
        }
        Ok(existing)
    }

    /// The user as it is to be; at the version it has.
    fn row(
        &self,
        books: &WorkingSet,
        context: &Context,
        existing: Option<&user::Model>,
    ) -> Result<user::Model, Stop> {
        let branch = self.branch.as_ref().map(|branch| branch.branch(books, context.caller)).transpose()?;
        Ok(user::Model {
            id: existing.map_or_else(|| context.new_id(), |user| user.id),
            business_id: context.caller.business_id,
            name: self.name.clone(),
            role: self.role.into(),
            display_name: self.display_name.clone(),
            active: self.active.unwrap_or_else(|| existing.is_none_or(|user| user.active)),
            branch_id: branch.map(|branch| branch.id),
            version: existing.map_or(1, |user| user.version),
        })
    }

    /// Who signs in is told apart by a name; one that looks like another's signs in the wrong person's place.
    /// Names that users have already stay theirs.
    fn looks_like_nobody(&self, books: &WorkingSet, after: &user::Model) -> Result<(), Stop> {
        let look = look_of(&after.name);
        let all = books.find::<user::Model>(&UserIndex::Business(after.business_id))?;
        match all.into_iter().find(|other| other.id != after.id && look_of(&other.name) == look) {
            None => Ok(()),
            Some(other) => {
                let description = format!("looks like {}, which is another user's", other.name);
                Err(Error::invalid(self.path("name"), description).into())
            }
        }
    }

    /// Nobody makes or changes a user of a higher role than their own.
    fn within_role(
        &self,
        caller: &Caller,
        (before, after): (Option<&user::Model>, &user::Model),
    ) -> Result<(), Stop> {
        let role = |user: &user::Model| Role::try_from(user.role).unwrap_or_default();
        let highest = role(after).max(before.map_or(Role::Unspecified, role));
        if highest <= caller.role {
            return Ok(());
        }
        let name = role_name(highest);
        let message = format!("{} is, or would be, {name}: that is more than you are", after.name);
        let error = Error::new(Reason::RoleRequired, message).with("role", name);
        Err(error.field(self.path("role"), "is higher than yours").into())
    }

    /// The terminal on the server's own machine stands for an owner, so that the shop never loses its last.
    fn keeps_the_owner(&self, books: &WorkingSet, after: &user::Model) -> Result<(), Stop> {
        let is_owner = after.active && after.role == i32::from(Role::Owner);
        if is_owner || books.find_one::<terminal::Model>(&TerminalIndex::LocalOf(after.id))?.is_none() {
            return Ok(());
        }
        let message = format!(
            "{} must stay an active owner: the terminal on the server's own machine stands for them",
            after.name
        );
        let error = Error::new(Reason::OwnerRequired, message);
        Err(error.field(self.path("role"), "must stay owner, and active").into())
    }
}

impl Posting for PutUsers {
    const METHOD: &'static str = "kassa.v1.Admin/PutUsers";
    type Reply = pb::PutUsersResponse;

    fn scope(&self, _caller: &Caller) -> Scope {
        Scope::Shop
    }

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        journal::read_set(read_set, caller.register_id, JournalKind::Audit);
        for draft in &self.0 {
            let by_name = UserIndex::Name(draft.name.clone());
            let found = known.known_all::<user::Model>(&by_name).first().map(|user| user.id);
            read_set.all::<user::Model>(by_name);
            read_set.all::<user::Model>(UserIndex::Business(caller.business_id));
            if let Some(id) = draft.id {
                read_set.row::<user::Model>(id);
            }
            if let Some(id) = draft.id.or(found) {
                read_set.all::<terminal::Model>(TerminalIndex::LocalOf(id));
                read_set.all::<session::Model>(SessionIndex::OpenBy(id));
            }
            if let Some(branch) = &draft.branch {
                branch.branch_read_set(caller, read_set);
            }
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let (mut all, mut changed, mut ended_session_ids) = (Vec::new(), Vec::new(), Vec::new());
        for draft in &self.0 {
            let existing = draft.existing(books)?.cloned();
            let mut row = draft.row(books, context, existing.as_ref())?;
            if existing.as_ref() == Some(&row) {
                all.push(user_to_pb(&row));
                continue;
            }
            draft.within_role(context.caller, (existing.as_ref(), &row))?;
            if existing.as_ref().is_none_or(|before| before.name != row.name) {
                draft.looks_like_nobody(books, &row)?;
            }
            if existing.is_some() {
                draft.keeps_the_owner(books, &row)?;
                row.version = row.version.saturating_add(1);
                if moves_out(existing.as_ref(), &row) {
                    let open = SessionIndex::OpenBy(row.id);
                    ended_session_ids.extend(end_all(books, &open, to_micros(context.now))?);
                }
            }
            let put = user_to_pb(&row);
            changed.push(put.clone());
            all.push(put);
            books.put(row)?;
        }
        if !changed.is_empty() {
            let business_id = context.caller.business_id.to_string();
            let entry = Entry::UsersPut(pb::UsersPutEntry { users: changed, business_id, ended_session_ids });
            journal::append(books, context, context.caller.register_id, entry)?;
        }
        Ok(Decision::Done(pb::PutUsersResponse { users: all }))
    }
}

/// Whether the user may not stay where they are signed in. (What they may do there is read anew.)
fn moves_out(before: Option<&user::Model>, after: &user::Model) -> bool {
    let elsewhere = after.branch_id.is_some() && before.map(|user| user.branch_id) != Some(after.branch_id);
    !after.active || elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::testing::TestShop;

    fn user(name: &str, role: Role) -> pb::User {
        pb::User { name: name.to_owned(), role: role.into(), ..Default::default() }
    }

    fn put(shop: &mut TestShop, users: Vec<pb::User>) -> Result<Vec<pb::User>, Error> {
        let posting = PutUsers::parse(pb::PutUsersRequest { users })?;
        shop.decide(&posting).map(|reply| reply.users)
    }

    #[test]
    fn a_user_is_made_changed_and_recorded() {
        let mut shop = TestShop::founded();
        let made = put(&mut shop, vec![user("Amal", Role::Cashier)]).unwrap().remove(0);
        assert_eq!(
            (made.name.as_str(), made.display_name.as_str(), made.active),
            ("amal", "amal", Some(true))
        );
        let promoted = pb::User { role: Role::Supervisor.into(), active: None, ..made.clone() };
        let promoted = put(&mut shop, vec![promoted]).unwrap().remove(0);
        assert_eq!((promoted.version, promoted.role(), promoted.active), (2, Role::Supervisor, Some(true)));
        let Entry::UsersPut(recorded) = shop.last_entry(JournalKind::Audit) else { panic!("no entry") };
        assert_eq!(recorded.users, std::slice::from_ref(&promoted));
        assert_eq!(
            put(&mut shop, vec![pb::User { version: 1, ..promoted.clone() }]).unwrap_err().reason(),
            Reason::VersionMismatch
        );
        assert_eq!(put(&mut shop, vec![promoted.clone()]).unwrap(), [promoted]);
        assert_eq!(shop.stops, 0);
    }

    #[test]
    fn nobody_makes_or_changes_a_user_of_a_higher_role() {
        let mut shop = TestShop::founded();
        put(&mut shop, vec![user("nur", Role::Owner), user("amal", Role::Admin)]).unwrap();
        shop.caller.role = Role::Admin;
        for users in [
            vec![user("new", Role::Owner)],
            vec![user("nur", Role::Cashier)],
            vec![user("amal", Role::Owner)],
        ] {
            let refused = put(&mut shop, users).unwrap_err();
            assert_eq!(
                (refused.reason(), refused.fields()[0].0.as_str()),
                (Reason::RoleRequired, "users[0].role")
            );
        }
        put(&mut shop, vec![user("amal", Role::Cashier), user("ziad", Role::Admin)]).unwrap();
    }

    #[test]
    fn the_owner_of_the_local_terminal_stays_one() {
        let mut shop = TestShop::founded();
        let id = shop.caller.user_id;
        shop.put_user(id, "owner", Role::Owner);
        shop.put_local_terminal();
        let off = pb::User { active: Some(false), ..user("owner", Role::Owner) };
        for change in [user("owner", Role::Admin), off] {
            assert_eq!(put(&mut shop, vec![change]).unwrap_err().reason(), Reason::OwnerRequired);
        }
        let renamed = pb::User { user_id: id.to_string(), ..user("nadia", Role::Owner) };
        assert_eq!(put(&mut shop, vec![renamed]).unwrap()[0].name, "nadia");
        assert_eq!(shop.stops, 0);
    }

    #[test]
    fn a_name_that_looks_like_another_users_is_refused_and_an_old_one_may_stay() {
        let mut shop = TestShop::founded();
        let amal = put(&mut shop, vec![user("amal", Role::Cashier), user("paypal", Role::Cashier)])
            .unwrap()
            .remove(0);
        // Cyrillic and wide letters, and one of a Greek alphabet; the last is a digit for a letter.
        for name in ["\u{430}mal", "\u{ff41}mal", "am\u{3b1}l", "ama1", "\u{440}aypal"] {
            let refused = put(&mut shop, vec![user(name, Role::Cashier)]).unwrap_err();
            let (path, description) = &refused.fields()[0];
            assert_eq!(path, "users[0].name", "{name}");
            assert!(description.contains("looks like"), "{description}");
        }
        let both =
            vec![user("nur", Role::Cashier), user("noor", Role::Cashier), user("\u{578}ur", Role::Cashier)];
        assert_eq!(put(&mut shop, both).unwrap_err().fields()[0].0, "users[2].name");
        let old = Uuid::from_u128(7);
        shop.put_user(old, "\u{430}mal", Role::Cashier);
        put(&mut shop, vec![pb::User { role: Role::Supervisor.into(), version: 0, ..amal }]).unwrap();
        put(&mut shop, vec![pb::User { user_id: old.to_string(), ..user("\u{430}mal", Role::Supervisor) }])
            .unwrap();
    }

    #[test]
    fn what_can_be_no_user_is_refused_by_name() {
        let mut shop = TestShop::founded();
        let path =
            |shop: &mut TestShop, users: Vec<pb::User>| put(shop, users).unwrap_err().fields()[0].0.clone();
        for name in ["", "two words", &"x".repeat(41), "01980e3a-5f00-7000-8000-000000000000", "a@b"] {
            assert_eq!(path(&mut shop, vec![user(name, Role::Cashier)]), "users[0].name", "{name}");
        }
        assert_eq!(path(&mut shop, vec![user("amal", Role::Unspecified)]), "users[0].role");
        let confined = pb::User { branch_id: "B1".to_owned(), ..user("amal", Role::Owner) };
        assert_eq!(path(&mut shop, vec![confined]), "users[0].branch_id");
        assert_eq!(
            path(&mut shop, vec![user("amal", Role::Cashier), user("AMAL", Role::Admin)]),
            "users[1].name"
        );
        let unknown = pb::User { user_id: Uuid::from_u128(99).to_string(), ..user("amal", Role::Cashier) };
        assert_eq!(put(&mut shop, vec![unknown]).unwrap_err().reason(), Reason::UserNotFound);
        put(&mut shop, vec![user("amal", Role::Cashier), user("أمل", Role::Cashier)]).unwrap();
        let thief = put(&mut shop, vec![user("ziad", Role::Cashier)]).unwrap().remove(0);
        assert_eq!(path(&mut shop, vec![pb::User { name: "amal".to_owned(), ..thief }]), "users[0].name");
    }
}
