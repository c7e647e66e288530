//! `journal_chains`: the head of a chain of the journal.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// The head of a chain of the journal.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "journal_chains")]
    pub struct Model {
        /// Of [`super::register`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub register_id: Uuid,
        /// `kassa.v1.JournalKind`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: i32,
        /// The sequence of its last record.
        pub last_sequence: i64,
        /// The hash of its last record.
        pub last_hash: Vec<u8>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = (Uuid, i32);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.register_id, self.kind)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
