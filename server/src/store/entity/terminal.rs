//! `terminals`: a program that may call.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A program that may call.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "terminals")]
    pub struct Model {
        /// The terminal.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The register it stands at.
        pub register_id: Uuid,
        /// The owner for whom the local terminal's token stands; who made the code of a paired one.
        pub user_id: Uuid,
        /// Its name.
        pub name: String,
        /// The SHA-256 of its token; the token itself is never stored.
        pub token_sha256: Vec<u8>,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Whether it is the one on the server's own machine.
        pub local: bool,
        /// Microseconds UTC; none while it may call.
        pub revoke_time: Option<i64>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TerminalIndex {
    /// The terminal on the server's own machine that stands for a user.
    LocalOf(Uuid),
}

impl Row for Model {
    type Key = Uuid;
    type Index = TerminalIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        if self.local { vec![TerminalIndex::LocalOf(self.user_id)] } else { Vec::new() }
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let TerminalIndex::LocalOf(user) = index;
        vec![is("user_id", user), is("local", &true)]
    }
}
