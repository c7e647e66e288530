//! `stock_counts`: counts of what is on the shelves.

use kassa_proto::v1::StockCountState;
use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, constant, is, stored};

/// The state of a count into which people enter.
const OPEN: i32 = StockCountState::Open as i32;

stored! {
    /// A count of what is on the shelves.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_counts")]
    pub struct Model {
        /// The count.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// `kassa.v1.StockCountState`.
        pub state: i32,
        /// What is counted; may be empty.
        pub note: String,
        /// Grows with every change.
        pub version: i64,
        /// How many products were entered.
        pub line_count: i32,
        /// Who started it.
        pub start_user_id: Uuid,
        /// Microseconds UTC.
        pub start_time: i64,
        /// Who finished or cancelled it.
        pub end_user_id: Option<Uuid>,
        /// Microseconds UTC.
        pub end_time: Option<i64>,
        /// Why it was cancelled; else empty.
        pub cancel_reason: String,
        /// How many products' stock it changed.
        pub changed_count: i32,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The counts of a branch: every read of counts begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Model {
    /// Whether people enter into it.
    pub fn is_open(&self) -> bool {
        self.state == OPEN
    }
}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StockCountIndex {
    /// The one that is open at a branch.
    OpenAt(Uuid),
}

impl Row for Model {
    type Key = Uuid;
    type Index = StockCountIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        if self.is_open() { vec![StockCountIndex::OpenAt(self.branch_id)] } else { Vec::new() }
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let StockCountIndex::OpenAt(branch) = index;
        vec![is("branch_id", branch), constant("state", OPEN)]
    }
}
