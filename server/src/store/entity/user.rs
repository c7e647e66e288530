//! `users`: a person who signs in.

use sea_orm::{Condition, entity::prelude::*};

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
    /// The name to sign in with.
    pub name: String,
    /// `kassa.v1.Role`.
    pub role: i32,
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
