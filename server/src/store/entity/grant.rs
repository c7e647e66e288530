//! `grants`: somebody's word that somebody else may do one thing, once.

use sea_orm::entity::prelude::*;

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// Somebody's word that somebody else may do one thing, once.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "grants")]
    pub struct Model {
        /// The grant.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// `kassa.v1.ApprovalAction`.
        pub action: i32,
        /// The order it is for, which may not be there yet; or the stock adjustment, the drawer's register, or the shift.
        pub order_id: Option<Uuid>,
        /// The line it is for; none is the whole order.
        pub line_id: Option<Uuid>,
        /// How the drawer may be moved, if it is for that: `kassa.v1.MovementType`.
        pub movement: Option<i32>,
        /// The most it covers.
        pub amount: i64,
        /// Who may do it.
        pub requester_user_id: Uuid,
        /// Who said so.
        pub approver_user_id: Uuid,
        /// The register at which it was said.
        pub register_id: Uuid,
        /// The terminal on which it was said.
        pub terminal_id: Uuid,
        /// Microseconds UTC.
        pub create_time: i64,
        /// From then on it is worth nothing; microseconds UTC.
        pub expire_time: i64,
        /// When it was used; microseconds UTC.
        pub used_time: Option<i64>,
        /// The document it was used for.
        pub used_by_id: Option<Uuid>,
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
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        Vec::new()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match *index {}
    }
}
