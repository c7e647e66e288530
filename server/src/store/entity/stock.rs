//! `stock`: What is on the shelf: a table of its own, so that selling never touches the catalogue.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// What is on the shelf: a table of its own, so that selling never touches the catalogue.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock")]
    pub struct Model {
        /// Of [`super::branch`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub branch_id: Uuid,
        /// Of [`super::product`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: Uuid,
        /// Thousandths: the sum of its changes.
        pub quantity: i64,
        /// How many changes it has.
        pub change_count: i64,
        /// Thousandths of a minor unit for one unit; none where no cost is known.
        pub average_cost: Option<i64>,
        /// Thousandths: at this quantity and below it is low; none where nobody said.
        pub low_quantity: Option<i64>,
        /// Grows with every change of `low_quantity`.
        pub low_version: i64,
    }
}

impl Model {
    /// The stock of a product that never was at a branch.
    pub fn nothing(branch_id: Uuid, product_id: Uuid) -> Self {
        Self {
            branch_id,
            product_id,
            quantity: 0,
            change_count: 0,
            average_cost: None,
            low_quantity: None,
            low_version: 0,
        }
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The stock of a branch: every read of stock begins here.
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
