//! `cash_transfers`: cash on its way from one drawer to another.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{NoIndex, Row, Term, stored};

stored! {
    /// Cash on its way from one drawer to another.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "cash_transfers")]
    pub struct Model {
        /// The transfer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Where it comes from.
        pub from_register_id: Uuid,
        /// Where it goes to.
        pub to_register_id: Uuid,
        /// More than zero.
        pub amount: i64,
        /// `kassa.v1.CashTransferState`.
        pub state: i32,
        /// The movement out of the one drawer.
        pub out_movement_id: Uuid,
        /// The movement into the other, or back.
        pub in_movement_id: Option<Uuid>,
        /// Who sent it.
        pub sender_user_id: Uuid,
        /// Who received it or took it back.
        pub receiver_user_id: Option<Uuid>,
        /// Microseconds UTC.
        pub send_time: i64,
        /// Microseconds UTC.
        pub receive_time: Option<i64>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The transfers of a branch: every read of transfers begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

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
