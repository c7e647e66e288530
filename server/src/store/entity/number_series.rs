//! `number_series`: the last number of each series of documents.

use sea_orm::{Condition, entity::prelude::*};

use crate::store::row::{NoIndex, Row, any_of};

/// The last number of each series of documents.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "number_series")]
pub struct Model {
    /// The register that owns the series.
    #[sea_orm(primary_key, auto_increment = false)]
    pub register_id: Uuid,
    /// `INV`, `RET` or `SHF`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub prefix: String,
    /// The last number given out.
    pub last_number: i64,
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = (Uuid, String);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.register_id, self.prefix.clone())
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        any_of(keys, |(register_id, prefix)| {
            Condition::all().add(Column::RegisterId.eq(*register_id)).add(Column::Prefix.eq(prefix.as_str()))
        })
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        NoIndex::conditions(indexes)
    }
}
