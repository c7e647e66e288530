//! `sessions`: a user who is, or was, signed in on a terminal.

use sea_orm::{Condition, entity::prelude::*};

use crate::store::row::{Row, one_of};

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

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of(Column::Id, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        let mut terminals = Vec::new();
        let mut users = Vec::new();
        for index in indexes {
            match index {
                SessionIndex::OpenOn(terminal) => terminals.push(*terminal),
                SessionIndex::OpenBy(user) => users.push(*user),
            }
        }
        let both = [one_of(Column::TerminalId, &terminals), one_of(Column::UserId, &users)].concat();
        both.into_iter().map(|condition| condition.add(Column::EndTime.is_null())).collect()
    }
}
