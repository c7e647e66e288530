//! Products, their barcodes and prices.

use std::collections::HashMap;

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{
    Failure, Inspection, Lines,
    compare::Table,
    record::{Unreadable, id, money, rate, time},
};
use crate::{
    encoding::search::product_text,
    store::entity::{branch_price, product, product_barcode},
};

/// The catalogue as the journal makes it.
#[derive(Default)]
pub struct Catalogue {
    products: HashMap<Uuid, product::Model>,
    /// The last record that gave a product a barcode: its version, and the barcode's position there.
    barcodes: HashMap<(Uuid, String), (i64, i32)>,
    prices: HashMap<(Uuid, Uuid), branch_price::Model>,
}

impl Catalogue {
    /// Products were created or changed. Registers have chains of their own, so the order of records
    /// says nothing: of a product the highest version holds.
    pub fn put(&mut self, entry: &pb::ProductsPutEntry) -> Result<(), Unreadable> {
        for product in &entry.products {
            let row = product_row(product)?;
            for (barcode, position) in product.barcodes.iter().zip(0..) {
                let last = self.barcodes.entry((row.id, barcode.clone())).or_insert((row.version, position));
                if row.version >= last.0 {
                    *last = (row.version, position);
                }
            }
            let newer = self.products.get(&row.id).is_none_or(|known| known.version <= row.version);
            if newer {
                self.products.insert(row.id, row);
            }
        }
        Ok(())
    }

    /// Prices of a branch were written: of each the highest version holds.
    pub fn prices_put(&mut self, entry: &pb::BranchPricesPutEntry) -> Result<(), Unreadable> {
        for price in &entry.branch_prices {
            let row = price_row(price)?;
            let key = (row.branch_id, row.product_id);
            if self.prices.get(&key).is_none_or(|known| known.version <= row.version) {
                self.prices.insert(key, row);
            }
        }
        Ok(())
    }

    /// When a product was created.
    pub fn created(&self, product_id: Uuid) -> Option<i64> {
        self.products.get(&product_id).map(|product| product.create_time)
    }

    /// Compares what the journal makes of the catalogue with its tables.
    pub fn compare(self, database: &Inspection, lines: &mut Lines) -> Result<(), Failure> {
        let Self { products, barcodes, prices } = self;
        let barcodes = barcodes.into_iter().map(|((product_id, barcode), (version, position))| {
            // A barcode that the product's last record no longer has is kept, and not active.
            let active = products.get(&product_id).is_some_and(|product| product.version == version);
            product_barcode::Model { product_id, barcode, position, active }
        });
        let barcodes: Vec<_> = barcodes.collect();
        lines.products.examine(products.len());
        Table::compare_all(database, &mut lines.products, products.into_values())?;
        Table::compare_all(database, &mut lines.products, barcodes)?;
        Table::compare_all(database, &mut lines.products, prices.into_values())
    }
}

fn product_row(product: &pb::Product) -> Result<product::Model, Unreadable> {
    Ok(product::Model {
        id: id(&product.product_id, "products.product_id")?,
        sku: product.sku.clone(),
        name: product.name.clone(),
        name_ar: product.name_ar.clone(),
        price: money(product.price.as_ref(), "products.price")?,
        tax_rate: rate(product.tax_rate.as_ref(), "products.tax_rate")?,
        category: product.category.clone(),
        unit: product.unit.clone(),
        stock_policy: product.stock_policy,
        version: product.version,
        search_text: product_text(&product.name, &product.name_ar, &product.sku),
        create_time: time(product.create_time.as_ref(), "products.create_time")?,
        update_time: time(product.update_time.as_ref(), "products.update_time")?,
    })
}

/// The row of a branch's price.
fn price_row(price: &pb::BranchPrice) -> Result<branch_price::Model, Unreadable> {
    Ok(branch_price::Model {
        branch_id: id(&price.branch_id, "branch_prices.branch_id")?,
        product_id: id(&price.product_id, "branch_prices.product_id")?,
        price: price.price.as_ref().map(|money| money.amount_minor),
        version: price.version,
        update_time: time(price.update_time.as_ref(), "branch_prices.update_time")?,
    })
}
