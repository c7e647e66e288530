//! Reading what the operations of people and terminals begin with.

use std::collections::{HashMap, HashSet};

use kassa_proto::v1::{self as pb, ErrorReason as Reason, Role};
use sea_orm::{ColumnTrait as _, EntityTrait, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use super::{
    named_user::NamedUser,
    pair_terminal::PairTerminal,
    pin::{Typed, wait},
    pin_hash::{Hasher, Pin},
    scope::Named,
};
use crate::{
    books::{ReadSet, WorkingSet, consult},
    caller::{Caller, Class},
    clock::Clock,
    encoding::time::stored_timestamp,
    error::Error,
    hashes::sha256,
    readings::Reading,
    settings::queries::business,
    store::entity::{branch, pairing_code, register, session, terminal, user, user_pin},
};

impl Named {
    /// Reads the register for a reading.
    ///
    /// # Errors
    /// As [`Named::register`]; what the database fails with.
    pub async fn read_register(&self, database: &Reading, caller: &Caller) -> Result<register::Model, Error> {
        let read_set = |_: &WorkingSet, read_set: &mut ReadSet| self.register_read_set(caller, read_set);
        consult(database, read_set, |books| Ok(self.register(books, caller)?.clone())).await
    }

    /// Reads the branch for a reading.
    ///
    /// # Errors
    /// As [`Named::branch`]; what the database fails with.
    pub async fn read_branch(&self, database: &Reading, caller: &Caller) -> Result<branch::Model, Error> {
        let read_set = |_: &WorkingSet, read_set: &mut ReadSet| self.branch_read_set(caller, read_set);
        consult(database, read_set, |books| Ok(self.branch(books, caller)?.clone())).await
    }
}

impl NamedUser {
    /// Reads the user for a reading.
    ///
    /// # Errors
    /// As [`NamedUser::user`]; what the database fails with.
    pub async fn read(&self, database: &Reading) -> Result<user::Model, Error> {
        consult(database, |_, read_set| self.read_set(read_set), |books| Ok(self.user(books)?.clone())).await
    }
}

impl PairTerminal {
    /// Who is calling: the terminal that it will be, at the register that the code is for.
    ///
    /// # Errors
    /// `PAIRING_CODE_INVALID`; what the database fails with.
    pub async fn caller(&self, database: &Reading, clock: &dyn Clock) -> Result<Caller, Error> {
        let now = clock.now();
        let read_set =
            |_: &WorkingSet, read_set: &mut ReadSet| read_set.all::<pairing_code::Model>(self.code.clone());
        let rule = |books: &WorkingSet| {
            let code = self.good_code(books, now)?;
            let missing = || Error::internal("a pairing code's register or branch is gone");
            let register = books.require::<register::Model>(&code.register_id, missing)?;
            let branch = books.require::<branch::Model>(&register.branch_id, missing)?;
            Ok((register.id, branch.clone()))
        };
        let (register_id, branch) = consult(database, read_set, rule).await?;
        Ok(Caller {
            terminal_id: clock.new_id(),
            register_id,
            branch_id: branch.id,
            business_id: branch.business_id,
            user_id: Uuid::nil(),
            role: Role::Unspecified,
            any_branch: false,
            works_in: None,
            session_id: None,
            class: Class::LookUp,
        })
    }
}

impl Typed {
    /// Compares a PIN with the stored one. While the user must wait there is nothing to compare: the
    /// books will say so. The reading ends here: hashing takes long.
    ///
    /// # Errors
    /// `OVERLOADED`; what the database fails with.
    pub async fn compare(
        reading: Reading,
        hasher: &Hasher,
        (user_id, pin): (Uuid, Pin),
        now: i64,
    ) -> Result<Self, Error> {
        let row = user_pin::Entity::find_by_id(user_id).one(&reading).await?;
        drop(reading);
        let Some(row) = row.filter(|row| wait(row, now).is_none()) else {
            return Ok(Self { user_id, hash_sha256: None, right: false });
        };
        let right = hasher.is_right(pin, &row.hash).await?;
        Ok(Self { user_id, hash_sha256: Some(sha256(&row.hash)), right })
    }
}

/// Users whose names are read with one statement.
const NAMES: usize = 500;

/// The names of users now.
///
/// # Errors
/// What the database fails with.
pub async fn user_names(
    database: &Reading,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, Error> {
    let ids: Vec<Uuid> = ids.into_iter().collect::<HashSet<_>>().into_iter().collect();
    let mut names = HashMap::new();
    for ids in ids.chunks(NAMES) {
        let find = user::Entity::find().select_only().column(user::Column::Id).column(user::Column::Name);
        let found: Vec<(Uuid, String)> =
            find.filter(user::Column::Id.is_in(ids.iter().copied())).into_tuple().all(database).await?;
        names.extend(found);
    }
    Ok(names)
}

/// Who the caller is.
///
/// # Errors
/// What the database fails with.
pub async fn who_is(reading: &Reading, caller: &Caller) -> Result<pb::WhoAmIResponse, Error> {
    let missing = || Error::internal("the caller's rows are gone");
    let terminal =
        terminal::Entity::find_by_id(caller.terminal_id).one(reading).await?.ok_or_else(missing)?;
    let register =
        register::Entity::find_by_id(caller.register_id).one(reading).await?.ok_or_else(missing)?;
    let branch = branch::Entity::find_by_id(caller.branch_id).one(reading).await?.ok_or_else(missing)?;
    let user = user::Entity::find_by_id(caller.user_id).one(reading).await?;
    let session = match caller.session_id {
        Some(id) => session::Entity::find_by_id(id).one(reading).await?,
        None => None,
    };
    let (user_name, user_display_name) =
        user.as_ref().map(|user| (user.name.clone(), user.display_name.clone())).unwrap_or_default();
    Ok(pb::WhoAmIResponse {
        terminal_id: terminal.id.to_string(),
        terminal_name: terminal.name,
        register_id: register.id.to_string(),
        register_code: register.code,
        branch_id: branch.id.to_string(),
        branch_code: branch.code,
        user_id: user.map(|user| user.id.to_string()).unwrap_or_default(),
        user_name,
        role: caller.role.into(),
        user_display_name,
        session_expire_time: session.map(|session| stored_timestamp(session.expire_time)),
    })
}

/// Refuses whoever may not see what is in a drawer before it is counted.
///
/// # Errors
/// `FIGURES_WITHHELD`.
pub async fn refuse_to_tell(database: &Reading, caller: &Caller) -> Result<(), Error> {
    if caller.role >= Role::Supervisor || !business(database, caller).await?.blind_close {
        return Ok(());
    }
    let message = "this shop counts blind: ask a supervisor what should be in the drawer";
    Err(Error::new(Reason::FiguresWithheld, message))
}
