//! Which user a request means.

use kassa_proto::v1::ErrorReason as Reason;
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    caller::Caller,
    error::Error,
    store::{
        engine::Scope,
        entity::user::{self, UserIndex},
    },
};

/// Where a request names a user, unless it says otherwise.
const OWN_PATH: &str = "user_id";

/// A user as a request names them: by id, or by the name to sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedUser {
    /// By the id.
    Id(Uuid),
    /// By the name, in small letters.
    Name(String),
}

impl NamedUser {
    /// What a posting writes that is done to them and to its caller. Who is known by name alone may be anybody.
    pub fn scope(&self, caller: &Caller) -> Scope {
        match self {
            Self::Id(id) => Scope::People(vec![*id, caller.user_id], caller.branch_id),
            Self::Name(_) => Scope::Shop,
        }
    }

    /// Reads a `user_id`.
    ///
    /// # Errors
    /// `INVALID_FIELD` if it is empty.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::parse_at(OWN_PATH, text)
    }

    /// The same for a user who stands in another field.
    ///
    /// # Errors
    /// As [`NamedUser::parse`], with the field's path.
    pub fn parse_at(path: &str, text: &str) -> Result<Self, Error> {
        match Uuid::try_parse(text) {
            _ if text.is_empty() => Err(Error::invalid(path, "is required: a user's id or name")),
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => Ok(Self::Name(text.to_lowercase())),
        }
    }

    /// Names what [`NamedUser::user`] needs.
    pub fn read_set(&self, read_set: &mut ReadSet) {
        match self {
            Self::Id(id) => read_set.row::<user::Model>(*id),
            Self::Name(name) => read_set.all::<user::Model>(UserIndex::Name(name.clone())),
        }
    }

    /// The user.
    ///
    /// # Errors
    /// `USER_NOT_FOUND`.
    pub fn user<'a>(&self, books: &'a WorkingSet) -> Result<&'a user::Model, Stop> {
        self.user_at(OWN_PATH, books)
    }

    /// The same for a user who stands in another field.
    ///
    /// # Errors
    /// As [`NamedUser::user`], with the field's path.
    pub fn user_at<'a>(&self, path: &str, books: &'a WorkingSet) -> Result<&'a user::Model, Stop> {
        let found = match self {
            Self::Id(id) => books.get::<user::Model>(id)?,
            Self::Name(name) => books.find_one::<user::Model>(&UserIndex::Name(name.clone()))?,
        };
        let missing = || Error::of_field(Reason::UserNotFound, path, format!("there is no user {self}"));
        Ok(found.ok_or_else(missing)?)
    }

    /// The user, if it is an active one of the caller's business.
    ///
    /// # Errors
    /// `USER_NOT_FOUND`.
    pub fn colleague_at<'a>(
        &self,
        path: &str,
        books: &'a WorkingSet,
        caller: &Caller,
    ) -> Result<&'a user::Model, Stop> {
        let user = self.user_at(path, books)?;
        if user.active && user.business_id == caller.business_id {
            return Ok(user);
        }
        Err(Error::of_field(Reason::UserNotFound, path, format!("{self} does not work here")).into())
    }

    /// The user, if they are loaded: for naming further needs.
    pub fn known(&self, known: &WorkingSet) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Name(name) => {
                known.known_all::<user::Model>(&UserIndex::Name(name.clone())).first().map(|user| user.id)
            }
        }
    }
}

impl std::fmt::Display for NamedUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => write!(f, "{name:?}"),
        }
    }
}
