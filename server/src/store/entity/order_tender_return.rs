//! `order_tender_returns`: what went back to a kind of tender of a sale up to now.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// What went back to a kind of tender of a sale up to now. Cash has no row: [`order_return`](super::order_return)
    /// has what came back of it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_tender_returns")]
    pub struct Model {
        /// The sale.
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// `kassa.v1.TenderType`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: i32,
        /// What the shop kept of it at the sale, without tips and change.
        pub captured: i64,
        /// What went back.
        pub returned: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderTenderReturnIndex {
    /// The tenders of a sale.
    Order(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32);
    type Index = OrderTenderReturnIndex;

    fn key(&self) -> Self::Key {
        (self.order_id, self.kind)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![OrderTenderReturnIndex::Order(self.order_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let OrderTenderReturnIndex::Order(id) = index;
        vec![is("order_id", id)]
    }
}
