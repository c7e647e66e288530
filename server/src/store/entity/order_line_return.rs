//! `order_line_returns`: what was given back of a line of a sale up to now.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// What was given back of a line of a sale up to now.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_line_returns")]
    pub struct Model {
        /// The sale.
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// Its line.
        #[sea_orm(primary_key, auto_increment = false)]
        pub line_id: Uuid,
        /// Thousandths.
        pub sold_quantity: i64,
        /// Thousandths.
        pub returned_quantity: i64,
        /// The total of the line.
        pub sold_total: i64,
        /// What was given back of it.
        pub returned_total: i64,
        /// The tax of the line.
        pub sold_tax: i64,
        /// What of what was given back was tax.
        pub returned_tax: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderLineReturnIndex {
    /// The lines of a sale.
    Order(Uuid),
}

impl Row for Model {
    type Key = (Uuid, Uuid);
    type Index = OrderLineReturnIndex;

    fn key(&self) -> Self::Key {
        (self.order_id, self.line_id)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![OrderLineReturnIndex::Order(self.order_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let OrderLineReturnIndex::Order(id) = index;
        vec![is("order_id", id)]
    }
}
