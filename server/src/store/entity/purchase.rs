//! `purchases`: what suppliers deliver to a branch.

use kassa_proto::v1::PurchaseState;
use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, constant, is, stored};

stored! {
    /// What a supplier delivers to a branch.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "purchases")]
    pub struct Model {
        /// The purchase.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// `kassa.v1.PurchaseState`.
        pub state: i32,
        /// Grows with every change.
        pub version: i64,
        /// Such as `PUR-202611-B1-000042`; none if it was never approved.
        pub number: Option<String>,
        /// YYYYMMDD, of its approval.
        pub business_date: Option<i32>,
        /// Who delivers.
        pub supplier: String,
        /// The same in small letters: what it is found by.
        pub supplier_key: String,
        /// The number of the supplier's own document; may be empty.
        pub document_number: String,
        /// YYYYMMDD, of the supplier's own document.
        pub document_date: Option<i32>,
        /// A note.
        pub note: String,
        /// A `kassa.v1.Purchase` with the lines alone.
        pub lines: Vec<u8>,
        /// How many lines it has.
        pub line_count: i32,
        /// What they cost together.
        pub cost_total: i64,
        /// Why it was cancelled; none if it was not.
        pub reason: Option<String>,
        /// Who put it first.
        pub created_by_user_id: Uuid,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Microseconds UTC.
        pub update_time: i64,
        /// Who approved it.
        pub approved_by_user_id: Option<Uuid>,
        /// Microseconds UTC.
        pub approve_time: Option<i64>,
        /// Who cancelled it.
        pub cancelled_by_user_id: Option<Uuid>,
        /// Microseconds UTC.
        pub cancel_time: Option<i64>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PurchaseIndex {
    /// The approved purchases of a branch, by a document of a supplier: its number and the supplier's key.
    Document(Uuid, String, String),
}

/// The purchases of a branch: every read of purchases begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Model {
    /// The supplier's document, whether there is one in the books or not.
    pub fn document(&self) -> PurchaseIndex {
        let (number, supplier) = (self.document_number.clone(), self.supplier_key.clone());
        PurchaseIndex::Document(self.branch_id, number, supplier)
    }
}

const APPROVED: i32 = PurchaseState::Approved as i32;

impl Row for Model {
    type Key = Uuid;
    type Index = PurchaseIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        match self.state {
            APPROVED => vec![self.document()],
            _ => Vec::new(),
        }
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let PurchaseIndex::Document(branch_id, number, supplier) = index;
        vec![
            is("branch_id", branch_id),
            is("document_number", number),
            is("supplier_key", supplier),
            constant("state", APPROVED),
        ]
    }
}
