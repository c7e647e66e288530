//! `journal_records`: a record of the journal: its bytes are never encoded again.

use std::borrow::Cow;

use sea_orm::entity::prelude::*;

use crate::store::{
    Failure, packed,
    row::{NoIndex, Row, Term, stored},
};

stored! {
    /// A record of the journal: its bytes are never encoded again.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "journal_records")]
    pub struct Model {
        /// Of [`super::register`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub register_id: Uuid,
        /// `kassa.v1.JournalKind`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: i32,
        /// Its place in the chain, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// A `kassa.v1.JournalRecord`, packed: [`Model::bytes`] gives it as it was hashed.
        pub record: Vec<u8>,
        /// The hash of the record before it; 32 zero bytes for the first.
        pub previous_hash: Vec<u8>,
        /// SHA-256 of previous hash, sequence (8 bytes, big-endian) and the record's bytes.
        pub hash: Vec<u8>,
    }
}

impl Model {
    /// How the bytes of a record are stored.
    pub fn stored(bytes: Vec<u8>) -> Vec<u8> {
        packed::pack(bytes)
    }

    /// The bytes of a record that is stored.
    ///
    /// # Errors
    /// `Corrupt`: nobody wrote this.
    pub fn plain(stored: &[u8]) -> Result<Cow<'_, [u8]>, Failure> {
        packed::unpack(stored)
    }

    /// Its bytes, of which its hash is.
    ///
    /// # Errors
    /// `Corrupt`: nobody wrote this.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, Failure> {
        Self::plain(&self.record)
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = (Uuid, i32, i64);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.register_id, self.kind, self.sequence)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
