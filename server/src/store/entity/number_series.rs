//! `number_series`: the last number of each series of documents.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
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

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
