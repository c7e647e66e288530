//! `branches`: a branch and its counters.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A branch and its counters.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "branches")]
    pub struct Model {
        /// The branch.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::business`].
        pub business_id: Uuid,
        /// Such as `B1`.
        pub code: String,
        /// Its name.
        pub name: String,
        /// The sequence of its last order.
        pub last_order_sequence: i64,
        /// The sequence of its last idempotency key.
        pub last_key_sequence: i64,
        /// The sequence of its last event.
        pub last_event_sequence: i64,
        /// Grows with every change of its name.
        pub version: i64,
        /// The sequence of its last draft.
        pub last_draft_sequence: i64,
        /// How many of its drafts are open.
        pub open_drafts: i64,
        /// Grows with every batch that writes rows of the branch. No record proves it: what is kept in memory hangs on it.
        pub batch: i64,
        /// When its last event was, in microseconds UTC; none where nothing has happened since the column is there.
        pub last_time: Option<i64>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BranchIndex {
    /// By its code.
    Code(String),
    /// Every one there is: they are few.
    Any,
}

/// The branches of a business: every read of branches begins here.
pub fn of_business(business_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BusinessId.eq(business_id))
}

impl Row for Model {
    type Key = Uuid;
    type Index = BranchIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![BranchIndex::Code(self.code.clone()), BranchIndex::Any]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            BranchIndex::Code(code) => vec![is("code", code)],
            BranchIndex::Any => vec![],
        }
    }
}

impl Model {
    /// A branch in which nothing has happened, of nobody and without a name.
    pub fn unused() -> Self {
        Self {
            id: Uuid::nil(),
            business_id: Uuid::nil(),
            code: String::new(),
            name: String::new(),
            last_order_sequence: 0,
            last_key_sequence: 0,
            last_event_sequence: 0,
            version: 1,
            last_draft_sequence: 0,
            open_drafts: 0,
            batch: 0,
            last_time: None,
        }
    }
}
