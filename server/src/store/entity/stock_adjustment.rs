//! `stock_adjustments`: goods that went or came without a sale or a purchase.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// An adjustment of the stock. Rows are only ever added.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_adjustments")]
    pub struct Model {
        /// The adjustment.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Who adjusted.
        pub user_id: Uuid,
        /// The date of the branch's day, YYYYMMDD.
        pub business_date: i32,
        /// A `kassa.v1.StockAdjustment` with the lines alone; what they moved is in `stock_changes`.
        pub lines: Vec<u8>,
        /// How many they are.
        pub line_count: i32,
        /// A note; may be empty.
        pub note: String,
        /// What the goods are worth at their prices, whether they went or came.
        pub value: i64,
        /// Microseconds UTC.
        pub create_time: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The adjustments of a branch: every read of adjustments begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = Uuid;
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
