//! `number_gaps`: numbers of a series that may have been given out, and whose documents are not in the books.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// Numbers of a series that may have been given out, and whose documents are not in the books: after a restore
    /// the series goes on behind them, so that no number comes twice.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "number_gaps")]
    pub struct Model {
        /// The register or the branch that owns the series.
        #[sea_orm(primary_key, auto_increment = false)]
        pub owner_id: Uuid,
        /// `INV`, `RET`, `TRN`, `SHF`, `PUR` or `TRF`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub prefix: String,
        /// The first number of the gap.
        #[sea_orm(primary_key, auto_increment = false)]
        pub first_number: i64,
        /// The last number of the gap.
        pub last_number: i64,
        /// The epoch that began with the restore.
        pub epoch: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = (Uuid, String, i64);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.owner_id, self.prefix.clone(), self.first_number)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
