//! `order_lines`: a line of an order, frozen at the sale.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A line of an order, frozen at the sale.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_lines")]
    pub struct Model {
        /// Of [`super::order`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub order_id: Uuid,
        /// The line.
        #[sea_orm(primary_key, auto_increment = false)]
        pub line_id: Uuid,
        /// Its place in the order, from 0.
        pub position: i32,
        /// Of [`super::product`].
        pub product_id: Uuid,
        /// The SKU at the sale.
        pub sku: String,
        /// The name at the sale.
        pub name: String,
        /// The Arabic name at the sale.
        pub name_ar: String,
        /// The category at the sale.
        pub category: String,
        /// What was scanned; may be empty.
        pub barcode: String,
        /// What the quantity counts.
        pub unit: String,
        /// Thousandths.
        pub quantity: i64,
        /// The product's price at the sale.
        pub list_price: i64,
        /// What was charged for one unit.
        pub unit_price: i64,
        /// Before discounts.
        pub subtotal: i64,
        /// The line's own discounts.
        pub discount_total: i64,
        /// Its share of the order's discounts.
        pub order_discount_share: i64,
        /// Ten-thousandths of a percent.
        pub tax_rate: i64,
        /// What the tax is on.
        pub net: i64,
        /// The tax, in minor units.
        pub tax: i64,
        /// Net and tax.
        pub total: i64,
        /// The line of the sale that is given back; none in a sale.
        pub original_line_id: Option<Uuid>,
        /// Why it is given back; empty in a sale.
        pub reason: String,
        /// Whether it went back on the shelf.
        pub restocked: bool,
        /// What the goods had cost, of a return what came back on the shelf with them; none where it is not
        /// known.
        pub cost: Option<i64>,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OrderLineIndex {
    /// The lines of an order.
    Order(Uuid),
}

impl Row for Model {
    type Key = (Uuid, Uuid);
    type Index = OrderLineIndex;

    fn key(&self) -> Self::Key {
        (self.order_id, self.line_id)
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![OrderLineIndex::Order(self.order_id)]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        let OrderLineIndex::Order(id) = index;
        vec![is("order_id", id)]
    }
}
