//! `users`: a person who signs in.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A person who signs in.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        /// The user.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::business`].
        pub business_id: Uuid,
        /// The name to sign in with, in small letters.
        pub name: String,
        /// `kassa.v1.Role`.
        pub role: i32,
        /// The name that people read.
        pub display_name: String,
        /// Whether the user may sign in.
        pub active: bool,
        /// The only branch where the user works.
        pub branch_id: Option<Uuid>,
        /// Grows with every change.
        pub version: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserIndex {
    /// By the name to sign in with.
    Name(String),
    /// All users of a business: a new one's name is compared with each of theirs.
    Business(Uuid),
}

/// The users of a business: every read of users begins here.
pub fn of_business(business_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BusinessId.eq(business_id))
}

impl Row for Model {
    type Key = Uuid;
    type Index = UserIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![UserIndex::Name(self.name.clone()), UserIndex::Business(self.business_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            UserIndex::Name(name) => vec![is("name", name)],
            UserIndex::Business(id) => vec![is("business_id", id)],
        }
    }
}
