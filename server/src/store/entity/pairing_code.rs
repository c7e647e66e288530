//! `pairing_codes`: a code with which one terminal is paired, once.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A code with which one terminal is paired, once.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "pairing_codes")]
    pub struct Model {
        /// The code's id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The SHA-256 of the pepper and the code.
        pub code_sha256: Vec<u8>,
        /// Where the terminal will stand.
        pub register_id: Uuid,
        /// The terminal's name.
        pub terminal_name: String,
        /// Who made it.
        pub user_id: Uuid,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Microseconds UTC.
        pub expire_time: i64,
        /// The terminal that was paired with it.
        pub terminal_id: Option<Uuid>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PairingCodeIndex {
    /// By the code's hash.
    Code(Vec<u8>),
}

impl Row for Model {
    type Key = Uuid;
    type Index = PairingCodeIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![PairingCodeIndex::Code(self.code_sha256.clone())]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let PairingCodeIndex::Code(hash) = index;
        vec![is("code_sha256", hash)]
    }
}
