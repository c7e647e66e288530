//! `users`: a person who signs in.

use sea_orm::{Condition, QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, one_of};

/// A person who signs in.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// The user.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The business.
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

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UserIndex {
    /// By the name to sign in with.
    Name(String),
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
        vec![UserIndex::Name(self.name.clone())]
    }

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of(Column::Id, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        let values: Vec<_> = indexes.iter().map(|UserIndex::Name(value)| value.clone()).collect();
        one_of(Column::Name, &values)
    }
}
