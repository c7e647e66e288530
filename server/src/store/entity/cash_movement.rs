//! `cash_movements`: a movement of a drawer; only ever added.

use kassa_proto::v1::MovementType;
use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A movement of a drawer; only ever added.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "cash_movements")]
    pub struct Model {
        /// Of [`super::register`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub register_id: Uuid,
        /// Its place in the drawer's history, from 1.
        #[sea_orm(primary_key, auto_increment = false)]
        pub sequence: i64,
        /// The movement.
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// `kassa.v1.MovementType`: gives the sign.
        pub kind: i32,
        /// Never negative.
        pub amount: i64,
        /// In the drawer after it.
        pub balance: i64,
        /// Of [`super::shift`].
        pub shift_id: Uuid,
        /// The order, if one caused it.
        pub order_id: Option<Uuid>,
        /// Who caused it.
        pub user_id: Uuid,
        /// YYYYMMDD of the shift.
        pub business_date: i32,
        /// Part of a shift's opening float.
        pub at_opening: bool,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Why, in people's words.
        pub reason: String,
        /// What it refers to.
        pub reference: String,
        /// The transfer that it is a half of.
        pub transfer_id: Option<Uuid>,
        /// The movement that it reverses.
        pub reverses_movement_id: Option<Uuid>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CashMovementIndex {
    /// By its id.
    Id(Uuid),
    /// What reverses a movement.
    Reversing(Uuid),
}

/// The movements of a branch: every read of movements begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = (Uuid, i64);
    type Index = CashMovementIndex;

    fn key(&self) -> Self::Key {
        (self.register_id, self.sequence)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        let reversing = self.reverses_movement_id.map(CashMovementIndex::Reversing);
        [CashMovementIndex::Id(self.id)].into_iter().chain(reversing).collect()
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            CashMovementIndex::Id(id) => vec![is("id", id)],
            CashMovementIndex::Reversing(id) => vec![is("reverses_movement_id", id)],
        }
    }
}

impl Model {
    /// What moved the cash.
    pub fn kind(&self) -> MovementType {
        MovementType::try_from(self.kind).unwrap_or_default()
    }
}
