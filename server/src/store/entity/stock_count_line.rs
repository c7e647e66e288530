//! `stock_count_lines`: what was counted of a product, and what the books had at that moment.

use sea_orm::{QueryFilter as _, entity::prelude::*};

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// What was counted of a product.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stock_count_lines")]
    pub struct Model {
        /// Of [`super::stock_count`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub count_id: Uuid,
        /// Of [`super::product`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: Uuid,
        /// Thousandths: what was on the shelf.
        pub counted: i64,
        /// Thousandths: what the books had at that moment.
        pub expected: i64,
        /// The last change of the product's stock before that moment; zero if there was none.
        pub stock_sequence: i64,
        /// Who entered it.
        pub user_id: Uuid,
        /// When it was counted; microseconds UTC.
        pub count_time: i64,
    }
}

impl Model {
    /// By how much the shelf differs from the books, in thousandths.
    pub fn difference(&self) -> i64 {
        self.counted.saturating_sub(self.expected)
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The lines of a count, which was read in its branch.
pub fn of_count(count_id: Uuid) -> Select<Entity> {
    Entity::find().filter(Column::CountId.eq(count_id))
}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StockCountLineIndex {
    /// All lines of a count.
    Count(Uuid),
}

impl Row for Model {
    type Key = (Uuid, Uuid);
    type Index = StockCountLineIndex;

    fn key(&self) -> Self::Key {
        (self.count_id, self.product_id)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![StockCountLineIndex::Count(self.count_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let StockCountLineIndex::Count(id) = index;
        vec![is("count_id", id)]
    }
}
