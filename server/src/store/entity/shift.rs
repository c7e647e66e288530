//! `shifts`: a shift with the counters that its postings keep.

use sea_orm::{Condition, QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, one_of};

/// The value of `state` that takes sales.
pub const OPEN: i32 = kassa_proto::v1::ShiftState::Open as i32;

/// A shift with the counters that its postings keep.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shifts")]
pub struct Model {
    /// The shift.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Such as `SHF-202611-R1-000007`.
    pub number: String,
    /// The branch.
    pub branch_id: Uuid,
    /// The register.
    pub register_id: Uuid,
    /// Who opened it.
    pub user_id: Uuid,
    /// Where it was opened.
    pub terminal_id: Uuid,
    /// `kassa.v1.ShiftState`.
    pub state: i32,
    /// Grows with every change but sales.
    pub version: i64,
    /// Microseconds UTC.
    pub open_time: i64,
    /// YYYYMMDD, local date of the opening.
    pub business_date: i32,
    /// The cash counted at the opening.
    pub opening_float: i64,
    /// How many sales.
    pub sale_count: i64,
    /// The sum of their totals.
    pub sales_total: i64,
    /// The cash handed over.
    pub cash_received: i64,
    /// The change given.
    pub change_given: i64,
    /// How many refunds.
    pub return_count: i64,
    /// The sum of their totals.
    pub returns_total: i64,
    /// How many voids.
    pub void_count: i64,
    /// The sum of their totals.
    pub voids_total: i64,
    /// The cash paid back for both.
    pub cash_refunded: i64,
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShiftIndex {
    /// The open shift of a register.
    OpenOn(Uuid),
    /// The open shift of a user.
    OpenBy(Uuid),
}

/// The shifts of a branch: every read of shifts begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = Uuid;
    type Index = ShiftIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        if self.state == OPEN {
            vec![ShiftIndex::OpenOn(self.register_id), ShiftIndex::OpenBy(self.user_id)]
        } else {
            Vec::new()
        }
    }

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of(Column::Id, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        let mut registers = Vec::new();
        let mut users = Vec::new();
        for index in indexes {
            match index {
                ShiftIndex::OpenOn(register) => registers.push(*register),
                ShiftIndex::OpenBy(user) => users.push(*user),
            }
        }
        let both = [one_of(Column::RegisterId, &registers), one_of(Column::UserId, &users)].concat();
        both.into_iter().map(|condition| condition.add(Column::State.eq(OPEN))).collect()
    }
}
