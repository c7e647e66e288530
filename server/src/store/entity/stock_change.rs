//! `stock_changes`: the journal of the stock: every change with its cause.

use kassa_proto::v1::StockCause;
use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// A change of a product's stock at a branch. Rows are only ever added.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_changes")]
    pub struct Model {
        /// Of [`super::branch`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub branch_id: Uuid,
        /// Of [`super::product`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: Uuid,
        /// Its place among the changes of this product at this branch, from 1 without gaps.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// `kassa.v1.StockCause`.
        pub cause: i32,
        /// Thousandths; below zero if goods left.
        pub quantity: i64,
        /// Thousandths: what there is since.
        pub balance: i64,
        /// Thousandths of a minor unit for one unit, since; none where no cost is known.
        pub average_cost: Option<i64>,
        /// What moved the goods; none for an opening.
        pub document_id: Option<Uuid>,
        /// The reason that somebody gave; may be empty.
        pub reason: String,
        /// Microseconds UTC.
        pub create_time: i64,
    }
}

impl Model {
    /// What was there when the product was created.
    pub fn opening((branch_id, product_id): (Uuid, Uuid), quantity: i64, create_time: i64) -> Self {
        Self {
            branch_id,
            product_id,
            sequence: 1,
            cause: StockCause::Opening.into(),
            quantity,
            balance: quantity,
            average_cost: None,
            document_id: None,
            reason: String::new(),
            create_time,
        }
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The changes of a branch: every read of changes begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = (Uuid, Uuid, i64);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.branch_id, self.product_id, self.sequence)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
