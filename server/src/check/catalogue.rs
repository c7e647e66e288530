//! Products, their barcodes and prices, and what is on the shelf.

use std::collections::HashMap;

use kassa_proto::v1 as pb;
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    Lines,
    compare::Table,
    record::{self, Unreadable, id, quantity},
};
use crate::{
    orders::convert::OrderRows,
    store::entity::{branch_price, product, product_barcode, stock},
};

/// The catalogue and the stock as the journal makes them.
#[derive(Default)]
pub struct Catalogue {
    products: HashMap<Uuid, product::Model>,
    /// The last record that gave a product a barcode: its version, and the barcode's position there.
    barcodes: HashMap<(Uuid, String), (i64, i32)>,
    prices: HashMap<(Uuid, Uuid), branch_price::Model>,
    stock: HashMap<(Uuid, Uuid), stock::Model>,
}

impl Catalogue {
    /// Products were created or changed. Registers have chains of their own, so the order of records
    /// says nothing: of a product the highest version holds.
    pub fn put(&mut self, entry: &pb::ProductsPutEntry) -> Result<(), Unreadable> {
        for product in &entry.products {
            let row = record::product(product)?;
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
        for opening in &entry.opening_stock {
            let branch_id = id(&opening.branch_id, "opening_stock.branch_id")?;
            let product_id = id(&opening.product_id, "opening_stock.product_id")?;
            let quantity = quantity(opening.quantity.as_ref(), "opening_stock.quantity")?;
            let stock = self.stock_of(branch_id, product_id);
            stock.opening_quantity = stock.opening_quantity.saturating_add(quantity);
            stock.quantity = stock.quantity.saturating_add(quantity);
        }
        Ok(())
    }

    /// Prices of a branch were written: of each the highest version holds.
    pub fn prices_put(&mut self, entry: &pb::BranchPricesPutEntry) -> Result<(), Unreadable> {
        for price in &entry.branch_prices {
            let row = record::branch_price(price)?;
            let key = (row.branch_id, row.product_id);
            if self.prices.get(&key).is_none_or(|known| known.version <= row.version) {
                self.prices.insert(key, row);
            }
        }
        Ok(())
    }

    /// Goods left the shelf.
    pub fn sold(&mut self, rows: &OrderRows) {
        for line in &rows.lines {
            let stock = self.stock_of(rows.order.branch_id, line.product_id);
            stock.quantity = stock.quantity.saturating_sub(line.quantity);
        }
    }

    /// Goods came back, where they went on the shelf again.
    pub fn returned(&mut self, rows: &OrderRows) {
        for line in rows.lines.iter().filter(|line| line.restocked) {
            let stock = self.stock_of(rows.order.branch_id, line.product_id);
            stock.quantity = stock.quantity.saturating_add(line.quantity);
        }
    }

    fn stock_of(&mut self, branch_id: Uuid, product_id: Uuid) -> &mut stock::Model {
        let none = stock::Model { branch_id, product_id, opening_quantity: 0, quantity: 0 };
        self.stock.entry((branch_id, product_id)).or_insert(none)
    }

    /// Compares what the journal makes of catalogue and stock with their tables.
    pub async fn compare(self, database: &impl ConnectionTrait, lines: &mut Lines) -> Result<(), DbErr> {
        let Self { products, barcodes, prices, stock } = self;
        let barcodes = barcodes.into_iter().map(|((product_id, barcode), (version, position))| {
            // A barcode that the product's last record no longer has is kept, and not active.
            let active = products.get(&product_id).is_some_and(|product| product.version == version);
            product_barcode::Model { product_id, barcode, position, active }
        });
        let barcodes: Vec<_> = barcodes.collect();
        lines.products.examine(products.len());
        Table::compare_all(database, &mut lines.products, products.into_values()).await?;
        Table::compare_all(database, &mut lines.products, barcodes).await?;
        Table::compare_all(database, &mut lines.products, prices.into_values()).await?;
        lines.stock.examine(stock.len());
        Table::compare_all(database, &mut lines.stock, stock.into_values()).await
    }
}
