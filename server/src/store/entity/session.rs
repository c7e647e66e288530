//! `sessions`: a user who is, or was, signed in on a terminal.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, null, stored};

stored! {
    /// A user who is, or was, signed in on a terminal.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    pub struct Model {
        /// The session.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::terminal`].
        pub terminal_id: Uuid,
        /// Of [`super::user`].
        pub user_id: Uuid,
        /// The SHA-256 of its token; the token itself is never stored.
        pub token_sha256: Vec<u8>,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Microseconds UTC: when it ends at the latest.
        pub expire_time: i64,
        /// Microseconds UTC; none while nobody has ended it.
        pub end_time: Option<i64>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key: those that nobody has ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SessionIndex {
    /// The one on a terminal.
    OpenOn(Uuid),
    /// Those of a user.
    OpenBy(Uuid),
}

impl Row for Model {
    type Key = Uuid;
    type Index = SessionIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        if self.end_time.is_none() {
            vec![SessionIndex::OpenOn(self.terminal_id), SessionIndex::OpenBy(self.user_id)]
        } else {
            Vec::new()
        }
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            SessionIndex::OpenOn(terminal) => vec![is("terminal_id", terminal), null("end_time")],
            SessionIndex::OpenBy(user) => vec![is("user_id", user), null("end_time")],
        }
    }
}
