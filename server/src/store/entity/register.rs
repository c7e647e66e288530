//! `registers`: a register and its drawer.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A register and its drawer.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "registers")]
    pub struct Model {
        /// The register.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Of [`super::branch`].
        pub branch_id: Uuid,
        /// Such as `R1`.
        pub code: String,
        /// Its name.
        pub name: String,
        /// The sum of its movements, in minor units.
        pub drawer_balance: i64,
        /// The sequence of its last movement.
        pub last_movement_sequence: i64,
        /// What all its closed shifts sold, less what they gave back.
        pub perpetual_total: i64,
        /// The same with what was given back added instead.
        pub perpetual_absolute_total: i64,
        /// The sequence of its last Z report.
        pub last_report_sequence: i64,
        /// Grows with every change of its name.
        pub version: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterIndex {
    /// By its code.
    Code(String),
    /// Every one there is: they are few.
    Any,
}

/// The registers of a branch: every read of registers begins here.
pub fn in_branch(branch_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::BranchId.eq(branch_id))
}

impl Row for Model {
    type Key = Uuid;
    type Index = RegisterIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![RegisterIndex::Code(self.code.clone()), RegisterIndex::Any]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            RegisterIndex::Code(code) => vec![is("code", code)],
            RegisterIndex::Any => vec![],
        }
    }
}

impl Model {
    /// A register on which nothing has happened, of nowhere.
    pub fn unused() -> Self {
        Self {
            id: Uuid::nil(),
            branch_id: Uuid::nil(),
            code: String::new(),
            name: String::new(),
            drawer_balance: 0,
            last_movement_sequence: 0,
            perpetual_total: 0,
            perpetual_absolute_total: 0,
            last_report_sequence: 0,
            version: 1,
        }
    }
}
