//! `drafts`: a cart that is kept on the server while it is rung up.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// A cart that is kept on the server while it is rung up. It is saved too often for a record of the
    /// journal each time: its place and its seal prove it, and the journal has its end.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "drafts")]
    pub struct Model {
        /// The draft.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Its place among the branch's drafts, without gaps.
        pub sequence: i64,
        /// `kassa.v1.OrderState`.
        pub state: i32,
        /// Grows with every change.
        pub version: i64,
        /// What people call it.
        pub label: String,
        /// The terminal that holds it.
        pub terminal_id: Uuid,
        /// Who saved it or took it over last.
        pub user_id: Uuid,
        /// A `kassa.v1.Draft` with the lines, the discounts and the customer alone.
        pub content: Vec<u8>,
        /// A note for the order.
        pub note: String,
        /// The sale that it became.
        pub order_id: Option<Uuid>,
        /// Why it was discarded.
        pub reason: String,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Microseconds UTC.
        pub update_time: i64,
        /// The SHA-256 of the other columns.
        pub seal: Vec<u8>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The drafts of a branch: every read of drafts begins here.
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
