//! `products`: something the shop sells.

use sea_orm::{
    Condition,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use crate::store::row::{Row, one_of, padded};

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

/// How many keys are asked for at once: as many as a call puts. Each look reads the whole catalogue.
const KEYS_AT_ONCE: usize = 1_000;

/// Products by the end of the text that is searched: SQLite has no small letters but those of ASCII.
fn by_sku_keys(keys: &[String]) -> Vec<Condition> {
    let end = || Expr::cust("substr(search_text, -length(sku))");
    padded(keys, KEYS_AT_ONCE).into_iter().map(|keys| Condition::all().add(end().is_in(keys))).collect()
}

impl Row for Model {
    type Key = Uuid;
    type Index = ProductIndex;

    fn key(&self) -> Self::Key {
        self.id
    }

    fn indexes(&self) -> Vec<Self::Index> {
        vec![ProductIndex::Sku(self.sku.clone()), ProductIndex::SkuKey(self.sku_key())]
    }

    fn by_keys(keys: &[Self::Key]) -> Vec<Condition> {
        one_of(Column::Id, keys)
    }

    fn by_indexes(indexes: &[Self::Index]) -> Vec<Condition> {
        let (mut skus, mut keys) = (Vec::new(), Vec::new());
        for index in indexes {
            match index {
                ProductIndex::Sku(sku) => skus.push(sku.clone()),
                ProductIndex::SkuKey(key) => keys.push(key.clone()),
            }
        }
        one_of(Column::Sku, &skus).into_iter().chain(by_sku_keys(&keys)).collect()
    }
}
