//! `products`: something the shop sells.

use sea_orm::{Condition, entity::prelude::*};

use crate::store::row::{Row, one_of};

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

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProductIndex {
    /// By its SKU.
    Sku(String),
}

impl Row for Model {
    type Key = Uuid;
    type Index = ProductIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![ProductIndex::Sku(self.sku.clone())]
    }

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of(Column::Id, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        let values: Vec<_> = indexes.iter().map(|ProductIndex::Sku(value)| value.clone()).collect();
        one_of(Column::Sku, &values)
    }
}
