//! `shifts`: a shift with the counters that its postings keep.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, constant, is, null, stored};

/// The value of `state` that takes sales.
pub const OPEN: i32 = kassa_proto::v1::ShiftState::Open as i32;
/// The value of `state` that waits for its close.
pub const ENDED: i32 = kassa_proto::v1::ShiftState::Ended as i32;

stored! {
    /// A shift with the counters that its postings keep.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shifts")]
    pub struct Model {
        /// The shift.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Such as `SHF-202611-R1-000007`.
        pub number: String,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Of [`super::register`].
        pub register_id: Uuid,
        /// Whose it is now.
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
        /// The change given, in minor units.
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
        /// Who opened it.
        pub opened_by_user_id: Option<Uuid>,
        /// When it was last used; never goes back.
        pub last_activity_time: i64,
        /// The cash that its movements make of the opening float.
        pub expected_cash: i64,
        /// When it took its last sale, if it has ended.
        pub end_time: Option<i64>,
        /// Who ended it; nobody where the server did.
        pub ended_by_user_id: Option<Uuid>,
        /// Whether the server ended it, after nobody had used it.
        pub ended_automatically: bool,
        /// When it was closed.
        pub close_time: Option<i64>,
        /// Who closed it.
        pub closed_by_user_id: Option<Uuid>,
        /// Whether a supervisor closed it by force.
        pub forced: bool,
        /// Why its counts differ, or why it was closed by force.
        pub close_reason: String,
        /// The cash that was counted at its end.
        pub counted_cash: Option<i64>,
        /// What was left in the drawer, in minor units.
        pub left_in_drawer: Option<i64>,
        /// What went to the safe.
        pub to_safe: i64,
        /// How many times it was counted.
        pub count_attempts: i32,
    }
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
    /// The shift of a register that has ended and whose cash nobody has counted.
    UncountedOn(Uuid),
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
        match self.state {
            OPEN => vec![ShiftIndex::OpenOn(self.register_id), ShiftIndex::OpenBy(self.user_id)],
            ENDED if self.counted_cash.is_none() => vec![ShiftIndex::UncountedOn(self.register_id)],
            _ => Vec::new(),
        }
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            ShiftIndex::OpenOn(register) => vec![is("register_id", register), constant("state", OPEN)],
            ShiftIndex::OpenBy(user) => vec![is("user_id", user), constant("state", OPEN)],
            ShiftIndex::UncountedOn(register) => {
                vec![is("register_id", register), constant("state", ENDED), null("counted_cash")]
            }
        }
    }
}

impl Model {
    /// An open shift in which nothing has happened, of nobody and nowhere.
    pub fn unused() -> Self {
        Self {
            id: Uuid::nil(),
            number: String::new(),
            branch_id: Uuid::nil(),
            register_id: Uuid::nil(),
            user_id: Uuid::nil(),
            terminal_id: Uuid::nil(),
            state: OPEN,
            version: 1,
            open_time: 0,
            business_date: 0,
            opening_float: 0,
            sale_count: 0,
            sales_total: 0,
            cash_received: 0,
            change_given: 0,
            return_count: 0,
            returns_total: 0,
            void_count: 0,
            voids_total: 0,
            cash_refunded: 0,
            opened_by_user_id: None,
            last_activity_time: 0,
            expected_cash: 0,
            end_time: None,
            ended_by_user_id: None,
            ended_automatically: false,
            close_time: None,
            closed_by_user_id: None,
            forced: false,
            close_reason: String::new(),
            counted_cash: None,
            left_in_drawer: None,
            to_safe: 0,
            count_attempts: 0,
        }
    }
}
