//! `receipt_prints`: how often an order's receipt was given out.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// How often an order's receipt was given out; none for an order whose receipt never was.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "receipt_prints")]
    pub struct Model {
        /// Of [`super::order`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// The original and its copies.
        pub print_count: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = Uuid;
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        self.order_id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
