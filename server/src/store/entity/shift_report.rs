//! `shift_reports`: a closed shift's report, as it was issued.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A closed shift's report, as it was issued.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "shift_reports")]
    pub struct Model {
        /// Of [`super::shift`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub shift_id: Uuid,
        /// 0 for the Z itself; the number of a supplement.
        #[sea_orm(primary_key, auto_increment = false)]
        pub supplement: i32,
        /// Of [`super::register`].
        pub register_id: Uuid,
        /// Its place among the register's reports, from 1 without gaps.
        pub sequence: i64,
        /// A `kassa.v1.ShiftReport`; its bytes are never encoded again.
        pub document: Vec<u8>,
        /// Their SHA-256.
        pub document_sha256: Vec<u8>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ShiftReportIndex {
    /// All of a shift.
    Shift(Uuid),
}

impl Row for Model {
    type Key = (Uuid, i32);
    type Index = ShiftReportIndex;

    fn key(&self) -> Self::Key {
        (self.shift_id, self.supplement)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![ShiftReportIndex::Shift(self.shift_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let ShiftReportIndex::Shift(id) = index;
        vec![is("shift_id", id)]
    }
}
