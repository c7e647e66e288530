//! Goods on the shelves.

use kassa_proto::v1::journal_record::Entry;
use uuid::Uuid;

use super::{Ledger, SALE, ensure, same};
use crate::model::change_set::ChangeSet;

/// Why goods moved: `kassa.v1.StockCause`.
const SALE_CAUSE: i32 = 3;
const REFUND_CAUSE: i32 = 4;
const VOID_CAUSE: i32 = 5;

/// A count is a fact, whatever the books say.
const COUNT_CAUSE: i32 = 9;

/// The products that records say are low, and by which change.
pub(super) fn told_low(said: &[Entry]) -> Vec<(String, i64)> {
    let low = said.iter().filter_map(|entry| match entry {
        Entry::LowStock(entry) => Some((entry.product_id.clone(), entry.sequence)),
        _ => None,
    });
    low.collect()
}

impl Ledger {
    /// Every change follows the one before, and what orders moved is what their lines say.
    /// Returns the products that came down to their level, and by which change.
    pub(super) fn stock(&mut self, changes: &ChangeSet) -> Result<Vec<(String, i64)>, String> {
        let mut low = Vec::new();
        let mut moved: Vec<(Uuid, Uuid, i64)> = Vec::new();
        for (before, row) in &changes.stock_changes {
            ensure!(before.is_none(), "a change of the stock was changed: {row:?}");
            let [count, quantity] = self.stock.entry((row.branch_id, row.product_id)).or_default();
            let level = self.levels.get(&(row.branch_id, row.product_id));
            if level.is_some_and(|level| *quantity > *level && *quantity + row.quantity <= *level) {
                low.push((row.product_id.to_string(), row.sequence));
            }
            *count += 1;
            *quantity += row.quantity;
            same(|| format!("the place of {row:?}"), row.sequence, *count)?;
            same(|| format!("the balance of {row:?}"), row.balance, *quantity)?;
            if [SALE_CAUSE, REFUND_CAUSE, VOID_CAUSE].contains(&row.cause) {
                let document = row.document_id.ok_or("goods of no order")?;
                moved.push((document, row.product_id, row.quantity));
            }
            let product = self.products.get(&row.product_id).ok_or("goods of no product")?;
            let is_count = row.cause == COUNT_CAUSE;
            let blocked = product.stock_policy == 3 && row.quantity < 0 && !is_count;
            ensure!(!blocked || row.balance >= 0, "{} is taken below zero", product.sku);
        }
        let mut right = Vec::new();
        for (_, line) in &changes.lines {
            let order = &self.documents.get(&line.order_id).ok_or("a line of no order")?.order;
            if order.training || (order.kind != SALE && !line.restocked) {
                continue;
            }
            let sign = if order.kind == SALE { -1 } else { 1 };
            right.push((order.id, line.product_id, sign * line.quantity));
        }
        moved.sort_unstable();
        right.sort_unstable();
        same(|| "the goods that orders moved".to_owned(), moved, right)?;
        for (_, row) in &changes.stock {
            let known = self.stock.entry((row.branch_id, row.product_id)).or_default();
            same(|| format!("the stock of {}", row.product_id), [row.change_count, row.quantity], *known)?;
            match row.low_quantity {
                Some(level) => self.levels.insert((row.branch_id, row.product_id), level),
                None => self.levels.remove(&(row.branch_id, row.product_id)),
            };
        }
        Ok(low)
    }
}
