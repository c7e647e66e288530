//! `shift_counts`: what was counted of a tender of a shift, beside what was expected.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// What was counted of a tender of a shift, beside what was expected.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shift_counts")]
    pub struct Model {
        /// Of [`super::shift`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub shift_id: Uuid,
        /// The how manieth count it was, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub attempt: i32,
        /// `kassa.v1.TenderType`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub tender_kind: i32,
        /// `kassa.v1.ShiftCountPurpose`.
        pub purpose: i32,
        /// What should have been there.
        pub expected: i64,
        /// What was there.
        pub counted: i64,
        /// Who counted.
        pub user_id: Uuid,
        /// Microseconds UTC.
        pub create_time: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShiftCountIndex {
    /// All of a shift.
    Shift(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32, i32);
    type Index = ShiftCountIndex;

    fn key(&self) -> Self::Key {
        (self.shift_id, self.attempt, self.tender_kind)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![ShiftCountIndex::Shift(self.shift_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let ShiftCountIndex::Shift(id) = index;
        vec![is("shift_id", id)]
    }
}
