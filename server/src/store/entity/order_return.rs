//! `order_returns`: what was given back of a sale up to now; a row from the first refund, or the void, on.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// What was given back of a sale up to now; a row from the first refund, or the void, on.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_returns")]
    pub struct Model {
        /// The sale.
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// Its total, in minor units.
        pub sold_total: i64,
        /// What was given back of it, before cash rounding.
        pub returned_total: i64,
        /// What of the total cash paid: what the other tenders left of it, before cash rounding.
        pub cash_exact: i64,
        /// The cash that the shop kept for that, without change and tips.
        pub cash_kept: i64,
        /// The part of what was given back that was in cash, before cash rounding.
        pub returned_cash_exact: i64,
        /// What was paid out in cash, after cash rounding.
        pub returned_cash: i64,
        /// What of the sale's own cash went back another way; negative where cash went back for what was
        /// paid another way. It is never both: other tenders give first, and cash only when they are empty.
        pub cash_for_others: i64,
        /// The order that took it back whole.
        pub voided_by_order_id: Option<Uuid>,
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
