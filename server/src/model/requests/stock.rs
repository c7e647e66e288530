//! Goods that come, are counted and corrected.

use kassa_proto::v1 as pb;

use super::{Maker, decimal, money};
use crate::model::shop::PRODUCTS;

impl Maker<'_> {
    /// A delivery: a new one, or another word on one that is known.
    pub(super) fn purchase(&mut self) -> pb::PutPurchaseRequest {
        let known = if self.random.one_in(3) { self.known_purchase(1) } else { None };
        let (purchase_id, version) = known.unwrap_or_else(|| (self.new_id(), 0));
        let skus: Vec<String> = self.ledger.products.values().map(|it| it.sku.clone()).collect();
        let count = self.random.from(1, 4);
        let mut line = || pb::PurchaseLine {
            product_id: match self.random.one_in(40) {
                true => "nothing".to_owned(),
                false => self.random.pick(&skus).unwrap_or_default(),
            },
            quantity: decimal(self.random.from(1, 20) * if self.random.one_in(3) { 125 } else { 1_000 }),
            cost: money(self.random.from(0, 90_00)),
            ..pb::PurchaseLine::default()
        };
        let lines = (0..count).map(|_| line()).collect();
        let suppliers = ["Nile Dairy", "nile dairy", "Delta Farms"];
        pb::PutPurchaseRequest {
            purchase_id,
            version,
            supplier: self.random.pick(&suppliers).unwrap_or_default().to_owned(),
            document_number: self.random.pick(&["", "", "77", "78", "79"]).unwrap_or_default().to_owned(),
            lines,
            ..pb::PutPurchaseRequest::default()
        }
    }

    /// A purchase that is known, most of the time in a state.
    pub(super) fn known_purchase(&mut self, state: i32) -> Option<(String, i64)> {
        let any = self.random.one_in(4);
        let fitting = self.ledger.purchases.values().filter(|it| any || it.state == state);
        let id = self.random.pick(&fitting.map(|it| it.id).collect::<Vec<_>>())?;
        let version = self.ledger.purchases[&id].version + i64::from(self.random.one_in(12));
        Some((if self.random.one_in(25) { self.nonsense() } else { id.to_string() }, version))
    }

    pub(super) fn levels(&mut self) -> pb::PutStockLevelsRequest {
        let count = self.random.from(1, 4);
        let levels = (0..count).map(|_| pb::StockLevel {
            product_id: format!("SKU{:02}", self.random.below(PRODUCTS + 1)),
            low_quantity: match self.random.from(-1, 12) {
                -1 => None,
                low => Some(pb::Decimal { value: low.to_string() }),
            },
        });
        pb::PutStockLevelsRequest { levels: levels.collect() }
    }

    pub(super) fn adjustment(&mut self) -> pb::AdjustStockRequest {
        let count = self.random.from(1, 3);
        let lines = (0..count).map(|_| pb::AdjustStockLine {
            product_id: format!("SKU{:02}", self.random.below(PRODUCTS)),
            quantity: decimal(self.random.from(1, 12_000)),
            reason: pb::StockAdjustmentReason::Correction.into(),
            note: "the books were wrong".to_owned(),
        });
        let mut lines: Vec<_> = lines.collect();
        for line in lines.iter_mut().filter(|_| self.random.one_in(2)) {
            let went = line.quantity.take().unwrap_or_default().value;
            line.quantity = Some(pb::Decimal { value: format!("-{went}") });
        }
        pb::AdjustStockRequest { adjustment_id: self.new_id(), lines, ..pb::AdjustStockRequest::default() }
    }

    /// A stock count and its version: most often the one that is open here.
    pub(super) fn stock_count(&mut self) -> Option<(String, i64)> {
        let counting = &self.ledger.counting;
        let here = counting.open_at(self.caller.branch_id).filter(|_| !self.random.one_in(6));
        let all: Vec<_> = counting.counts.values().collect();
        let count = here.or_else(|| self.random.pick(&all))?;
        let id = if self.random.one_in(15) { self.nonsense() } else { count.id.to_string() };
        Some((id, count.version))
    }

    pub(super) fn counted(&mut self) -> Option<pb::EnterStockCountRequest> {
        let (count_id, _) = self.stock_count()?;
        let count = self.random.from(1, 4);
        let lines = (0..count).map(|_| pb::EnterStockCountLine {
            product_id: format!("SKU{:02}", self.random.below(PRODUCTS + 1)),
            counted: decimal(self.random.from(0, 60) * 500),
            count_time: None,
        });
        Some(pb::EnterStockCountRequest { lines: lines.collect(), count_id })
    }
}
