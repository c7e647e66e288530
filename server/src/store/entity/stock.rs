//! `stock`: What is on the shelf: a table of its own, so that selling never touches the catalogue.

use sea_orm::{Condition, QueryFilter as _, entity::prelude::*};

use crate::store::row::{NoIndex, Row, one_of_each};

/// What is on the shelf: a table of its own, so that selling never touches the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock")]
pub struct Model {
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub branch_id: Uuid,
    /// The product.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: Uuid,
    /// Thousandths, when the product was created.
    pub opening_quantity: i64,
    /// Thousandths, now.
    pub quantity: i64,
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

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of_each(Column::BranchId, Column::ProductId, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        NoIndex::conditions(indexes)
    }
}
