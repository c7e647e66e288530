//! `user_pins`: a user's PIN: a table of its own, so that signing in never touches the user's version.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// A user's PIN.
    #[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_pins")]
    pub struct Model {
        /// Of [`super::user`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_id: Uuid,
        /// Argon2id's, in PHC's form.
        pub hash: String,
        /// The wrong ones since the last right one.
        pub failed_count: i64,
        /// Microseconds UTC: until when none is taken.
        pub delay_time: Option<i64>,
        /// Grows with every change.
        pub version: i64,
    }
}

impl fmt::Debug for Model {
    /// Without the hash: it is nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("user_pin")
            .field("user_id", &self.user_id)
            .field("failed_count", &self.failed_count)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Row for Model {
    type Key = Uuid;
    type Index = NoIndex;

    fn key(&self) -> Self::Key {
        self.user_id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
