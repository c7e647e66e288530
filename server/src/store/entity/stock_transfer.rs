//! `stock_transfers`: goods on their way from one branch to another.

use sea_orm::{Condition, QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// Goods on their way from one branch to another.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_transfers")]
    pub struct Model {
        /// The transfer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Such as `TRF-202611-B1-000042`.
        pub number: String,
        /// Where it comes from.
        pub from_branch_id: Uuid,
        /// Where it goes to.
        pub to_branch_id: Uuid,
        /// `kassa.v1.StockTransferState`.
        pub state: i32,
        /// The local date on which it was sent.
        pub business_date: i32,
        /// A `kassa.v1.StockTransfer` with the lines alone.
        pub content: Vec<u8>,
        /// The sender's note.
        pub note: String,
        /// What was said when it was received or taken back.
        pub reason: String,
        /// Who sent it.
        pub sender_user_id: Uuid,
        /// Who received it or took it back.
        pub receiver_user_id: Option<Uuid>,
        /// Microseconds UTC.
        pub send_time: i64,
        /// Microseconds UTC.
        pub receive_time: Option<i64>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StockTransferIndex {
    /// By its number.
    Number(String),
}

/// The transfers that a branch sent or gets: every read of transfers begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    let either =
        Condition::any().add(Column::FromBranchId.eq(branch_id)).add(Column::ToBranchId.eq(branch_id));
    Entity::find().filter(either)
}

impl Row for Model {
    type Key = Uuid;
    type Index = StockTransferIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![StockTransferIndex::Number(self.number.clone())]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let StockTransferIndex::Number(number) = index;
        vec![is("number", number)]
    }
}
