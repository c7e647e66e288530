//! `shift_denominations`: how many coins or notes of a value were counted.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// How many coins or notes of a value were counted.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shift_denominations")]
    pub struct Model {
        /// Of [`super::shift`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub shift_id: Uuid,
        /// The count.
        #[sea_orm(primary_key, auto_increment = false)]
        pub attempt: i32,
        /// The value of one, in minor units.
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: i64,
        /// How many.
        pub pieces: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShiftDenominationIndex {
    /// All of a shift.
    Shift(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32, i64);
    type Index = ShiftDenominationIndex;

    fn key(&self) -> Self::Key {
        (self.shift_id, self.attempt, self.value)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![ShiftDenominationIndex::Shift(self.shift_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let ShiftDenominationIndex::Shift(id) = index;
        vec![is("shift_id", id)]
    }
}
