//! Which register and which branch a request means, and that they are the caller's: who acts at which register, and for
//! whose shift.

use kassa_proto::v1::{ErrorReason as Reason, Role};
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    caller::Caller,
    error::Error,
    store::entity::{
        branch::{self, BranchIndex},
        register::{self, RegisterIndex},
        shift,
    },
};

/// A register or a branch as a request names it: by id, by code, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// The caller's own.
    Own,
    /// By its id.
    Id(Uuid),
    /// By its code, such as `R1`.
    Code(String),
}

impl Named {
    /// Reads a `register_id` or `branch_id`.
    pub fn parse(text: &str) -> Self {
        match Uuid::try_parse(text) {
            _ if text.is_empty() => Self::Own,
            Ok(id) => Self::Id(id),
            Err(_) => Self::Code(text.to_owned()),
        }
    }

    /// Names what [`Named::register`] needs.
    pub fn register_read_set(&self, caller: &Caller, read_set: &mut ReadSet) {
        match self {
            Self::Own => read_set.row::<register::Model>(caller.register_id),
            Self::Id(id) => read_set.row::<register::Model>(*id),
            Self::Code(code) => read_set.all::<register::Model>(RegisterIndex::Code(code.clone())),
        }
    }

    /// The register, if it is of a branch that the caller may name.
    ///
    /// # Errors
    /// `REGISTER_NOT_FOUND`, `WRONG_BRANCH`.
    pub fn register<'a>(&self, books: &'a WorkingSet, caller: &Caller) -> Result<&'a register::Model, Stop> {
        self.register_at("register_id", books, caller)
    }

    /// The same for a register that stands in another field.
    ///
    /// # Errors
    /// As [`Named::register`], with the field's path.
    pub fn register_at<'a>(
        &self,
        path: &str,
        books: &'a WorkingSet,
        caller: &Caller,
    ) -> Result<&'a register::Model, Stop> {
        let found = match self {
            Self::Own => books.get::<register::Model>(&caller.register_id)?,
            Self::Id(id) => books.get::<register::Model>(id)?,
            Self::Code(code) => books.find_one::<register::Model>(&RegisterIndex::Code(code.clone()))?,
        };
        let register = found.ok_or_else(|| {
            Error::of_field(Reason::RegisterNotFound, path, format!("there is no register {self}"))
        })?;
        in_reach(caller, register.branch_id, path)?;
        Ok(register)
    }

    /// The register, if it is loaded: for naming further needs.
    pub fn known_register<'a>(&self, known: &'a WorkingSet, caller: &Caller) -> Option<&'a register::Model> {
        match self {
            Self::Own => known.known(&caller.register_id),
            Self::Id(id) => known.known(id),
            Self::Code(code) => known.known_all(&RegisterIndex::Code(code.clone())).into_iter().next(),
        }
    }

    /// Names what [`Named::branch`] needs.
    pub fn branch_read_set(&self, caller: &Caller, read_set: &mut ReadSet) {
        match self {
            Self::Own => read_set.row::<branch::Model>(caller.branch_id),
            Self::Id(id) => read_set.row::<branch::Model>(*id),
            Self::Code(code) => read_set.all::<branch::Model>(BranchIndex::Code(code.clone())),
        }
    }

    /// The branch, if it is loaded: for naming further needs.
    pub fn known_branch(&self, known: &WorkingSet, caller: &Caller) -> Option<Uuid> {
        match self {
            Self::Own => Some(caller.branch_id),
            Self::Id(id) => Some(*id),
            Self::Code(code) => {
                known.known_all::<branch::Model>(&BranchIndex::Code(code.clone())).first().map(|row| row.id)
            }
        }
    }

    /// The branch, if the caller may name it.
    ///
    /// # Errors
    /// `BRANCH_NOT_FOUND`, `WRONG_BRANCH`.
    pub fn branch<'a>(&self, books: &'a WorkingSet, caller: &Caller) -> Result<&'a branch::Model, Stop> {
        let branch = self.any_branch("branch_id", books, caller)?;
        in_reach(caller, branch.id, "branch_id")?;
        Ok(branch)
    }

    /// Any branch of the business, where something goes to it and nothing of it is told.
    ///
    /// # Errors
    /// `BRANCH_NOT_FOUND` with the field's path.
    pub fn any_branch<'a>(
        &self,
        path: &str,
        books: &'a WorkingSet,
        caller: &Caller,
    ) -> Result<&'a branch::Model, Stop> {
        let found = match self {
            Self::Own => books.get::<branch::Model>(&caller.branch_id)?,
            Self::Id(id) => books.get::<branch::Model>(id)?,
            Self::Code(code) => books.find_one::<branch::Model>(&BranchIndex::Code(code.clone()))?,
        };
        let not_found =
            || Error::of_field(Reason::BranchNotFound, path, format!("there is no branch {self}"));
        found.ok_or_else(|| not_found().into())
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own => f.write_str("of this terminal"),
            Self::Id(id) => id.fmt(f),
            Self::Code(code) => code.fmt(f),
        }
    }
}

/// Refuses what belongs to a branch that the caller may not name in this request.
///
/// # Errors
/// `WRONG_BRANCH`.
pub fn in_reach(caller: &Caller, branch_id: Uuid, path: &str) -> Result<(), Error> {
    if branch_id == caller.branch_id || caller.any_branch {
        return Ok(());
    }
    Err(Error::of_field(Reason::WrongBranch, path, "belongs to another branch than this terminal"))
}

/// Whether the caller answers for a shift: as its owner, or as a supervisor.
pub fn is_owners_or_supervisors(caller: &Caller, shift: &shift::Model) -> bool {
    caller.user_id == shift.user_id || caller.role >= Role::Supervisor
}

/// Refuses a cashier at another register's terminal: they move the drawer in front of them. A supervisor acts
/// from any terminal of the branch, and the server from none.
///
/// # Errors
/// `WRONG_BRANCH`.
pub fn at_its_register(caller: &Caller, register_id: Uuid) -> Result<(), Error> {
    if caller.register_id == register_id || caller.role >= Role::Supervisor {
        return Ok(());
    }
    let message = "a cashier works at the register of this terminal; do it there, or ask a supervisor";
    Err(Error::of_field(Reason::WrongBranch, "register_id", message))
}
