//! `events`: what happened in a branch, in the order of the commits.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// What happened in a branch; the record of the journal says all of it.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "events")]
    pub struct Model {
        /// Of [`super::branch`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub branch_id: Uuid,
        /// Its place among the branch's events, from 1 without gaps.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// `kassa.v1.EventKind`.
        pub kind: i32,
        /// The record's chain: its register,
        pub register_id: Uuid,
        /// and its `kassa.v1.JournalKind`.
        pub journal_kind: i32,
        /// The record's place in its chain.
        pub journal_sequence: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The events of a branch.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = (Uuid, i64);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.branch_id, self.sequence)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
