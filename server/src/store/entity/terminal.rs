//! `terminals`: a program that may call, and who is signed in on it.

use sea_orm::{Condition, entity::prelude::*};

use crate::store::row::{NoIndex, Row, one_of};

/// A program that may call, and who is signed in on it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "terminals")]
pub struct Model {
    /// The terminal.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The register it stands at.
    pub register_id: Uuid,
    /// Who is signed in.
    pub user_id: Uuid,
    /// Its name.
    pub name: String,
    /// The SHA-256 of its token; the token itself is never stored.
    pub token_sha256: Vec<u8>,
    /// Microseconds UTC.
    pub create_time: i64,
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = Uuid;
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of(Column::Id, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        NoIndex::conditions(indexes)
    }
}
