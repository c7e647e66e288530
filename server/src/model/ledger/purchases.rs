//! Purchases.

use chrono::{Datelike as _, TimeZone as _};
use kassa_proto::{decimal::Quantity, v1 as pb};
use prost::Message as _;
use uuid::Uuid;

use super::{Checked, Ledger, minor, same};
use crate::{model::change_set::ChangeSet, store::entity::purchase};

/// Why goods moved: `kassa.v1.StockCause`.
const BOUGHT_CAUSE: i32 = 6;
const SENT_BACK_CAUSE: i32 = 7;

/// The lines of a purchase.
fn lines_of(purchase: &purchase::Model) -> Vec<pb::PurchaseLine> {
    pb::Purchase::decode(purchase.lines.as_slice()).expect("a purchase's lines").lines
}

/// The goods of a purchase, line by line: products and thousandths.
pub fn bought(purchase: &purchase::Model) -> Vec<(Uuid, i64)> {
    let goods = |line: &pb::PurchaseLine| {
        let quantity = line.quantity.as_ref().and_then(|it| Quantity::try_from(it).ok()).expect("a quantity");
        (Uuid::try_parse(&line.product_id).expect("a product"), quantity.thousandths())
    };
    lines_of(purchase).iter().map(goods).collect()
}

impl Ledger {
    /// Purchases go from draft to approval to their end, and move their goods once each way.
    pub(super) fn purchases(&mut self, changes: &ChangeSet, now: i64) -> Checked {
        let mut should = Vec::new();
        for (before, row) in &changes.purchases {
            let before = before.as_ref().map(|it| (it.version, it.state));
            let (version, from) = before.unwrap_or((0, 1));
            same(|| "a purchase's version".to_owned(), row.version, version + 1)?;
            let known = self.purchases.get(&row.id).map(|it| (it.version, it.state));
            same(|| "a purchase as it was".to_owned(), before, known)?;
            let goods = bought(row);
            let cost: i64 = lines_of(row).iter().map(|line| minor(&line.cost)).sum();
            same(|| "what a purchase costs".to_owned(), row.cost_total, cost)?;
            let moved = match (from, row.state) {
                (1, 1) | (1, 3) => None,
                (1, 2) => {
                    self.purchase_number(row, now)?;
                    Some((BOUGHT_CAUSE, 1))
                }
                (2, 3) => Some((SENT_BACK_CAUSE, -1)),
                (from, to) => return Err(format!("a purchase goes from {from} to {to}")),
            };
            if let Some((cause, sign)) = moved {
                should.extend(goods.iter().map(|(id, quantity)| (row.id, cause, *id, sign * quantity)));
            }
            self.purchases.insert(row.id, row.clone());
        }
        let changes = changes.stock_changes.iter().map(|(_, row)| row);
        let of_purchases = changes.filter(|it| [BOUGHT_CAUSE, SENT_BACK_CAUSE].contains(&it.cause));
        let mut moved: Vec<_> = of_purchases
            .map(|it| (it.document_id.unwrap_or_default(), it.cause, it.product_id, it.quantity))
            .collect();
        moved.sort_unstable();
        should.sort_unstable();
        same(|| "the goods that purchases moved".to_owned(), moved, should)
    }

    pub(super) fn purchase_number(&mut self, row: &purchase::Model, now: i64) -> Checked {
        let zone: chrono_tz::Tz = self.shop().time_zone.parse().expect("a zone");
        let local = zone.timestamp_micros(now).single().ok_or("no time")?;
        let month = format!("{}{:02}", local.year(), local.month());
        let should = self.next_number("PUR", row.branch_id, &month);
        same(|| "a purchase's number".to_owned(), row.number.as_deref(), Some(should.as_str()))
    }
}
