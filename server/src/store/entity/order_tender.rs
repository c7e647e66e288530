//! `order_tenders`: a part of a payment.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A part of a payment.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_tenders")]
    pub struct Model {
        /// Of [`super::order`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// Its place in the order, from 0.
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i32,
        /// `kassa.v1.TenderType`.
        pub kind: i32,
        /// Handed over, the tip included.
        pub amount: i64,
        /// The tip, in minor units.
        pub tip: i64,
        /// The scheme; may be empty.
        pub card_brand: String,
        /// The last four digits; may be empty.
        pub card_last_four: String,
        /// The authorisation code; may be empty.
        pub card_authorization_code: String,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderTenderIndex {
    /// The tenders of an order.
    Order(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32);
    type Index = OrderTenderIndex;

    fn key(&self) -> Self::Key {
        (self.order_id, self.position)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![OrderTenderIndex::Order(self.order_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let OrderTenderIndex::Order(id) = index;
        vec![is("order_id", id)]
    }
}
