//! `branches`: a branch and its counters.

use sea_orm::{Condition, QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, one_of};

/// A branch and its counters.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "branches")]
pub struct Model {
    /// The branch.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Of [`super::business`].
    pub business_id: Uuid,
    /// Such as `B1`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The sequence of its last order.
    pub last_order_sequence: i64,
    /// The sequence of its last idempotency key.
    pub last_key_sequence: i64,
    /// The sequence of its last event.
    pub last_event_sequence: i64,
    /// Grows with every change of its name.
    pub version: i64,
    /// The sequence of its last draft.
    pub last_draft_sequence: i64,
    /// How many of its drafts are open.
    pub open_drafts: i64,
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BranchIndex {
    /// By its code.
    Code(String),
}

/// The branches of a business: every read of branches begins here.
pub fn of_business(business_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BusinessId.eq(business_id))
}

impl Row for Model {
    type Key = Uuid;
    type Index = BranchIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![BranchIndex::Code(self.code.clone())]
    }

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of(Column::Id, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        let values: Vec<_> = indexes.iter().map(|BranchIndex::Code(value)| value.clone()).collect();
        one_of(Column::Code, &values)
    }
}
