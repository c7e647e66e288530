//! `branch_prices`: what a product costs at a branch that has its own price for it.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// What a product costs at a branch that has its own price for it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "branch_prices")]
    pub struct Model {
        /// Of [`super::branch`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub branch_id: Uuid,
        /// Of [`super::product`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: Uuid,
        /// Minor units for one unit; none once it was taken away, and the product's own holds again.
        pub price: Option<i64>,
        /// The catalogue version of its last change.
        pub version: i64,
        /// Microseconds UTC.
        pub update_time: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The prices of a branch, those that were taken away among them: every read of them begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = (Uuid, Uuid);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.branch_id, self.product_id)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
