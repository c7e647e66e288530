//! `shift_counters`: what a shift has had of one thing: a sum that its postings keep.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// What a shift has had of one thing: a sum that its postings keep.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shift_counters")]
    pub struct Model {
        /// Of [`super::shift`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub shift_id: Uuid,
        /// Of what: `encoding::counter::Counter`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: i32,
        /// Of which, such as the number of a tender type or the name of a category.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// How many.
        pub count: i64,
        /// Their sum, in minor units.
        pub amount: i64,
        /// Their tax, for tax rates.
        pub tax: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShiftCounterIndex {
    /// All of a shift.
    Shift(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32, String);
    type Index = ShiftCounterIndex;

    fn key(&self) -> Self::Key {
        (self.shift_id, self.kind, self.key.clone())
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![ShiftCounterIndex::Shift(self.shift_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let ShiftCounterIndex::Shift(id) = index;
        vec![is("shift_id", id)]
    }
}
