//! `products`: something the shop sells.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// Something the shop sells.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "products")]
    pub struct Model {
        /// The product.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The shop's own code, unique.
        pub sku: String,
        /// Its name.
        pub name: String,
        /// Its Arabic name.
        pub name_ar: String,
        /// Minor units for one unit.
        pub price: i64,
        /// Ten-thousandths of a percent.
        pub tax_rate: i64,
        /// Its category.
        pub category: String,
        /// What quantities count.
        pub unit: String,
        /// `kassa.v1.StockPolicy`.
        pub stock_policy: i32,
        /// The catalogue version of its last change.
        pub version: i64,
        /// SKU and names in small letters, for searching.
        pub search_text: String,
        /// Microseconds UTC.
        pub create_time: i64,
        /// Microseconds UTC.
        pub update_time: i64,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProductIndex {
    /// By its SKU.
    Sku(String),
    /// By what its SKU has in common with those that people take for the same: [`kassa_proto::goods::sku_key`].
    SkuKey(String),
}

impl Model {
    /// The SKU in small letters, as it ends the text that is searched.
    fn sku_key(&self) -> String {
        let before = self.search_text.chars().count().saturating_sub(self.sku.chars().count());
        self.search_text.chars().skip(before).collect()
    }
}

/// The end of the text that is searched is the SKU in small letters: SQLite has none but those of ASCII. An index holds it.
const SKU_KEY: &str = "substr(search_text, -length(sku))";

impl Row for Model {
    type Key = Uuid;
    type Index = ProductIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![ProductIndex::Sku(self.sku.clone()), ProductIndex::SkuKey(self.sku_key())]
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            ProductIndex::Sku(sku) => vec![is("sku", sku)],
            ProductIndex::SkuKey(key) => vec![is(SKU_KEY, key)],
        }
    }
}
