//! `attendance`: a time that somebody was at work.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, null, stored};

stored! {
    /// A time that somebody was at work.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "attendance")]
    pub struct Model {
        /// The attendance.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Who was at work.
        pub user_id: Uuid,
        /// Microseconds UTC.
        pub clock_in_time: i64,
        /// Microseconds UTC; none while they are in.
        pub clock_out_time: Option<i64>,
        /// Where they were clocked in.
        pub in_terminal_id: Uuid,
        /// Where they were clocked out.
        pub out_terminal_id: Option<Uuid>,
        /// Who clocked them in.
        pub in_by_user_id: Uuid,
        /// Who clocked them out.
        pub out_by_user_id: Option<Uuid>,
        /// What was noted when they came.
        pub note: String,
        /// What was said when they left.
        pub reason: String,
        /// Whether it was said afterwards when they left.
        pub corrected: bool,
    }
}

impl Model {
    /// The same as it was while they were in.
    pub fn before_leaving(self) -> Self {
        Self {
            clock_out_time: None,
            out_terminal_id: None,
            out_by_user_id: None,
            reason: String::new(),
            corrected: false,
            ..self
        }
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttendanceIndex {
    /// Of a user who is in.
    OpenOf(Uuid),
}

/// The attendance of a branch: every read of attendance begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = Uuid;
    type Index = AttendanceIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        if self.clock_out_time.is_none() { vec![AttendanceIndex::OpenOf(self.user_id)] } else { Vec::new() }
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let AttendanceIndex::OpenOf(user) = index;
        vec![is("user_id", user), null("clock_out_time")]
    }
}
