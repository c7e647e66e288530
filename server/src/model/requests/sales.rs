//! Sales, and what takes them back.

use kassa_proto::v1::{self as pb, discount::Value, line_item::Item};
use uuid::Uuid;

use super::{Maker, decimal, money};
use crate::model::{
    ledger::{CASH, Document, GOODS, SALE},
    predict::{cash_due, priced, settled},
};

impl Maker<'_> {
    pub(super) fn discounts(&mut self, of: i64) -> Vec<pb::Discount> {
        let count = if self.random.one_in(4) { self.random.below(3) } else { 0 };
        let mut one = || {
            let value = if self.random.one_in(2) {
                Value::Percent(pb::Decimal {
                    value: self.random.pick(&["5", "12.5", "33.3333", "100"]).unwrap_or("1").to_owned(),
                })
            } else {
                Value::Amount(money(self.random.from(1, of.max(2) / 2)).unwrap_or_default())
            };
            pb::Discount { name: "less".to_owned(), value: Some(value) }
        };
        (0..count).map(|_| one()).collect()
    }

    pub(super) fn line(&mut self) -> pb::LineItem {
        let place = self.random.below(self.ledger.products.len() as u64);
        let product = self.ledger.products.values().nth(usize::try_from(place).unwrap_or_default());
        let (id, sku, price) = product.map(|it| (it.id, it.sku.clone(), it.price)).unwrap_or_default();
        let weighed = sku.trim_start_matches("SKU").parse::<u64>().unwrap_or(1).is_multiple_of(4);
        let quantity = if weighed { self.random.from(1, 3_500) } else { self.random.from(1, 4) * 1_000 };
        let item = match self.random.below(40) {
            0 => Item::ProductId(self.nonsense()),
            1 | 2 => Item::Barcode("nothing".to_owned()),
            3..20 => Item::Barcode(sku),
            _ => Item::ProductId(id.to_string()),
        };
        pb::LineItem {
            line_id: self.new_id(),
            item: Some(item),
            quantity: decimal(quantity),
            unit_price_override: if self.random.one_in(8) { money(self.random.from(0, 20_00)) } else { None },
            discounts: self.discounts(price),
        }
    }

    pub(super) fn sale(&mut self) -> pb::CompleteSaleRequest {
        let count = self.random.from(1, 4);
        let mut message = pb::CompleteSaleRequest {
            order_id: self.order_id(),
            register_id: self.register(),
            shift_id: match self.random.below(30) {
                0 => self.nonsense(),
                1 => self.any_shift().map(|it| it.row.id.to_string()).unwrap_or_default(),
                _ => String::new(),
            },
            lines: (0..count).map(|_| self.line()).collect(),
            discounts: self.discounts(5_00),
            customer_id: if self.random.one_in(6) { self.customer_id() } else { String::new() },
            training: self.random.one_in(15),
            note: if self.random.one_in(9) { "ring twice".to_owned() } else { String::new() },
            ..pb::CompleteSaleRequest::default()
        };
        if self.random.one_in(10)
            && let Some((id, version)) = self.draft()
        {
            (message.draft_id, message.draft_version) = (id, version);
        }
        let total = priced(self.ledger, &message).map_or(0, |(_, totals)| totals.total);
        message.expected_total = money(if self.random.one_in(25) { total + 1 } else { total });
        message.tenders = self.tenders(total);
        message
    }

    pub(super) fn order_id(&mut self) -> String {
        match self.ledger.orders.last() {
            Some(taken) if self.random.one_in(30) => taken.to_string(),
            _ => self.new_id(),
        }
    }

    /// A way to pay so much.
    pub(super) fn tenders(&mut self, total: i64) -> Vec<pb::Tender> {
        let tender = |kind: i32, amount: i64, tip: i64| pb::Tender {
            r#type: kind,
            amount: money(amount),
            tip: (tip > 0).then(|| pb::Money { amount_minor: tip, ..pb::Money::default() }),
            card: None,
        };
        if total == 0 && !self.random.one_in(3) {
            return Vec::new();
        }
        let tip = if self.random.one_in(6) { self.random.from(1, 3_00) } else { 0 };
        let other = i32::try_from(self.random.from(2, 5)).unwrap_or(2);
        let mut tenders = match self.random.below(6) {
            0 => vec![tender(other, total + tip, tip)],
            1 | 2 => {
                let part = self.random.from(0, total);
                let third = part / 3;
                let cash = self.cash(total - part);
                let mut all = vec![tender(other, part - third + tip, tip), tender(2, third, 0)];
                all.push(tender(CASH, cash, 0));
                all
            }
            3 => {
                let (cash, tip) = (self.cash(total), self.in_coins(tip));
                vec![tender(CASH, cash + tip, tip)]
            }
            4 => {
                let cash = self.cash(total);
                let half = self.in_coins(cash / 2).min(cash);
                vec![tender(CASH, half, 0), tender(CASH, cash - half, 0)]
            }
            _ => vec![tender(CASH, self.cash(total), 0)],
        };
        if self.random.one_in(25)
            && let Some(first) = tenders.first_mut()
        {
            let wrong = self.random.from(-5, 500);
            first.amount = first.amount.as_ref().and_then(|it| money((it.amount_minor + wrong).max(1)));
        }
        tenders.retain(|it| it.amount.as_ref().is_some_and(|it| it.amount_minor > 0));
        tenders
    }

    /// Cash for so much: exact, in coins, or a note.
    pub(super) fn cash(&mut self, amount: i64) -> i64 {
        let due = |cash: i64| {
            let tender = pb::Tender { r#type: CASH, amount: money(cash), ..pb::Tender::default() };
            settled(self.ledger, amount, &[tender]).map_or(0, |it| it.amount_due)
        };
        let cash = match self.random.below(4) {
            0 => amount,
            1 if amount > 1 => 1 + due(1),
            _ => amount + self.random.from(0, 20_00),
        };
        self.in_coins(cash)
    }

    /// What coins make of it, at least as much; now and then what they don't make.
    pub(super) fn in_coins(&mut self, amount: i64) -> i64 {
        let shop = self.ledger.shop();
        if shop.cash_unit == 0 || shop.small_coins || self.random.one_in(12) {
            return amount;
        }
        (amount + shop.cash_unit - 1) / shop.cash_unit * shop.cash_unit
    }

    pub(super) fn document(&mut self) -> Option<&Document> {
        let documents = &self.ledger.documents;
        // One of the last ones most of the time.
        let orders = &self.ledger.orders;
        let recent =
            if self.random.one_in(3) { orders.as_slice() } else { &orders[orders.len().saturating_sub(6)..] };
        let sales: Vec<Uuid> = recent.iter().copied().filter(|id| documents[id].order.kind == SALE).collect();
        let id = if self.random.one_in(12) { self.random.pick(recent) } else { self.random.pick(&sales) };
        documents.get(&id?)
    }

    pub(super) fn draft(&mut self) -> Option<(String, i64)> {
        let all = self.ledger.drafts.values().filter(|it| it.state == 1 || it.version % 3 == 0);
        let id = self.random.pick(&all.map(|it| it.id).collect::<Vec<_>>())?;
        let version = self.ledger.drafts[&id].version + i64::from(self.random.one_in(12));
        Some((if self.random.one_in(25) { self.nonsense() } else { id.to_string() }, version))
    }

    pub(super) fn save_draft(&mut self) -> pb::SaveDraftRequest {
        let (draft_id, version) = match self.draft() {
            Some(draft) if self.random.one_in(2) => draft,
            _ => (self.new_id(), 0),
        };
        let count = self.random.from(0, 3);
        pb::SaveDraftRequest {
            customer_id: if self.random.one_in(6) { self.customer_id() } else { String::new() },
            draft_id,
            version,
            label: "table 4".to_owned(),
            lines: (0..count).map(|_| self.line()).collect(),
            ..pb::SaveDraftRequest::default()
        }
    }

    /// Goods of a sale for others: what differs is paid, or paid back.
    pub(super) fn exchange(&mut self) -> Option<pb::ExchangeSaleRequest> {
        let refund = self.refund()?;
        let sale = self.sale();
        let sold = sale.expected_total.map_or(0, |it| it.amount_minor);
        let returned = refund.expected_total.map_or(0, |it| it.amount_minor);
        let difference = sold - returned;
        let id = Uuid::try_parse(&refund.order_id).ok();
        let original = id.and_then(|id| self.ledger.documents.get(&id));
        let tenders =
            if difference >= 0 { self.tenders(difference) } else { self.pay_back(original?, -difference) };
        Some(pb::ExchangeSaleRequest {
            sale_id: sale.order_id,
            return_id: String::new(),
            order_id: refund.order_id,
            returned_lines: refund.lines,
            lines: sale.lines,
            discounts: sale.discounts,
            tenders,
            expected_total: money(difference),
            register_id: refund.register_id,
            ..pb::ExchangeSaleRequest::default()
        })
    }

    /// The tenders by which so much of a sale goes back.
    pub(super) fn pay_back(&mut self, sale: &Document, total: i64) -> Vec<pb::Tender> {
        let tender = |kind: i32, minor: i64| pb::Tender {
            r#type: kind,
            amount: money(minor),
            ..pb::Tender::default()
        };
        let (mut tenders, mut rest) = (Vec::new(), total);
        for kind in sale.kinds().into_iter().filter(|kind| ![CASH, GOODS].contains(kind)) {
            let left = sale.captured(kind) - sale.paid_back.others.get(&kind).copied().unwrap_or_default();
            let amount = match self.random.below(12) {
                // To cash, or to another one.
                0 => 0,
                1 => self.random.from(0, rest),
                _ => left.min(rest) + i64::from(self.random.one_in(40)),
            };
            if amount > 0 {
                rest -= amount;
                tenders.push(tender(kind, amount));
            }
        }
        if rest > 0 && self.random.one_in(20) {
            let part = self.random.from(1, rest);
            rest -= part;
            tenders.push(tender(i32::try_from(self.random.from(2, 5)).unwrap_or(2), part));
        }
        if rest > 0 {
            let due = cash_due(self.ledger, sale, rest, &tenders).unwrap_or(rest);
            let cash = due + i64::from(self.random.one_in(30));
            if cash > 0 {
                tenders.push(tender(CASH, cash));
            }
        }
        tenders
    }

    pub(super) fn refund(&mut self) -> Option<pb::RefundSaleRequest> {
        let id = self.document()?.order.id;
        let sale = &self.ledger.documents[&id];
        let mut message = pb::RefundSaleRequest {
            refund_id: self.order_id(),
            order_id: if self.random.one_in(30) { self.nonsense() } else { id.to_string() },
            register_id: self.register(),
            ..pb::RefundSaleRequest::default()
        };
        let mut total = 0;
        for line in &sale.lines {
            let back = sale.given_back.get(&line.line_id).map_or(0, |it| it[0]);
            let left = line.quantity - back;
            let asked = match self.random.below(16) {
                0..5 => continue,
                5 => left + 1_000,
                6 => line.quantity,
                7..12 => left,
                _ => self.random.from(1, left.max(1)),
            };
            if asked <= 0 {
                continue;
            }
            total += sale.worth(line, asked)[0];
            message.lines.push(pb::RefundLine {
                line_id: if self.random.one_in(40) { self.nonsense() } else { line.line_id.to_string() },
                quantity: decimal(asked),
                reason: "broken".to_owned(),
                restock: self.random.one_in(2),
            });
        }
        if message.lines.is_empty() {
            return None;
        }
        message.expected_total = money(if self.random.one_in(25) { total + 1 } else { total });
        message.tenders = self.pay_back(sale, total);
        Some(message)
    }

    pub(super) fn void(&mut self) -> Option<pb::VoidSaleRequest> {
        let order_id = self.document()?.order.id.to_string();
        let reason = if self.random.one_in(30) { "" } else { "wrong table" }.to_owned();
        Some(pb::VoidSaleRequest { void_id: self.order_id(), order_id, reason, ..Default::default() })
    }
}
