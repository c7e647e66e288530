//! `product_barcodes`: a barcode of a product; one barcode may have several products.

use sea_orm::entity::prelude::*;

use crate::store::row::{Row, Term, is, stored};

stored! {
    /// A barcode of a product; one barcode may have several products.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "product_barcodes")]
    pub struct Model {
        /// Of [`super::product`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub product_id: Uuid,
        /// The digits.
        #[sea_orm(primary_key, auto_increment = false)]
        pub barcode: String,
        /// Its place in the product's list.
        pub position: i32,
        /// False once the product no longer has it.
        pub active: bool,
    }
}

/// Joins are not used: the books load what they need by key.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How the books find these rows besides their key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProductBarcodeIndex {
    /// The products that have a barcode now.
    Barcode(String),
    /// All barcodes a product ever had.
    Product(Uuid),
}

impl Row for Model {
    type Key = (Uuid, String);
    type Index = ProductBarcodeIndex;

    fn key(&self) -> Self::Key {
        (self.product_id, self.barcode.clone())
    }

    fn indexes(&self) -> Vec<Self::Index> {
        let product = ProductBarcodeIndex::Product(self.product_id);
        if self.active {
            vec![product, ProductBarcodeIndex::Barcode(self.barcode.clone())]
        } else {
            vec![product]
        }
    }

    fn terms(index: &Self::Index) -> Vec<Term<'_>> {
        match index {
            ProductBarcodeIndex::Barcode(barcode) => vec![is("barcode", barcode), is("active", &true)],
            ProductBarcodeIndex::Product(product) => vec![is("product_id", product)],
        }
    }
}
