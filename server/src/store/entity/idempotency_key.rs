//! `idempotency_keys`: a key that was used: kept for ever, so that nothing happens twice.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// A key that was used: kept for ever, so that nothing happens twice.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_keys")]
    pub struct Model {
        /// Whose key it is.
        #[sea_orm(primary_key, auto_increment = false)]
        pub terminal_id: Uuid,
        /// Such as `kassa.v1.Orders/CompleteSale`.
        #[sea_orm(primary_key, auto_increment = false)]
        pub method: String,
        /// The key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Its place among the branch's keys, without gaps.
        pub sequence: i64,
        /// The SHA-256 of the request.
        pub fingerprint: Vec<u8>,
        /// `kassa.v1.DocumentKind`.
        pub document_kind: i32,
        /// The document it made.
        pub document_id: Option<Uuid>,
        /// The response; cleared when it expires.
        pub answer: Option<Vec<u8>>,
        /// The SHA-256 of the response.
        pub answer_sha256: Vec<u8>,
        /// The SHA-256 of the other columns but `answer`.
        pub seal: Vec<u8>,
        /// Microseconds UTC.
        pub create_time: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = (Uuid, String, String);
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        (self.terminal_id, self.method.clone(), self.key.clone())
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
