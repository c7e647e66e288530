//! `order_discounts`: a discount of a line or of a whole order, as it was applied.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A discount of a line or of a whole order, as it was applied.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_discounts")]
    pub struct Model {
        /// Of [`super::order`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// Its place in the order, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        /// The line; none for the whole order.
        pub line_id: Option<Uuid>,
        /// What it is called.
        pub name: String,
        /// What was asked for as an amount.
        pub fixed_amount: Option<i64>,
        /// What was asked for as ten-thousandths of a percent.
        pub percent: Option<i64>,
        /// What it took off.
        pub amount: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderDiscountIndex {
    /// The discounts of an order.
    Order(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32);
    type Index = OrderDiscountIndex;

    fn key(&self) -> Self::Key {
        (self.order_id, self.position)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![OrderDiscountIndex::Order(self.order_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let OrderDiscountIndex::Order(id) = index;
        vec![is("order_id", id)]
    }
}
