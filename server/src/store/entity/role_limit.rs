//! `role_limits`: what a role may do without somebody's approval.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// What a role may do without somebody's approval.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "role_limits")]
    pub struct Model {
        /// Of [`super::business`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub business_id: Uuid,
        /// `kassa.v1.Role`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub role: i32,
        /// The most that discounts may take off, in ten-thousandths of a percent.
        pub most_discount: i64,
        /// Whether it may sell at another price than the product's.
        pub price_override: bool,
        /// Whether it may take back a whole sale.
        pub void_sale: bool,
        /// Whether it may open the drawer without a sale.
        pub open_drawer: bool,
        /// Whether it may refund to another tender than those that paid.
        pub refund_other_tender: bool,
        /// The most that it may pay out of the drawer at once.
        pub most_paid_out: i64,
        /// The most by which a count may differ without a reason, or a cashier's of an open shift without a grant.
        pub most_variance: i64,
        /// The most that one adjustment of the stock may be worth.
        pub most_stock_adjustment: i64,
        /// The most that it may take to the safe, the bank or another drawer at once.
        pub most_drop: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RoleLimitIndex {
    /// All roles of a business.
    Business(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32);
    type Index = RoleLimitIndex;

    fn key(&self) -> Self::Key {
        (self.business_id, self.role)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![RoleLimitIndex::Business(self.business_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let RoleLimitIndex::Business(id) = index;
        vec![is("business_id", id)]
    }
}
