//! What orders and movements count in their shift, read from the journal alone: the rules of the postings are not
//! asked, they are what is proved.

use std::collections::BTreeMap;

use kassa_proto::v1::{OrderKind, TenderType};

use crate::{
    encoding::{
        counter::{Counter, Figures},
        order::OrderRows,
    },
    store::entity::shift_counter,
};

const SALE: i32 = OrderKind::Sale as i32;
const CASH: i32 = TenderType::Cash as i32;

/// What a shift has counted.
#[derive(Clone, Default)]
pub struct Counters(BTreeMap<Counter, Figures>);

impl Counters {
    /// Counts something so often, with this amount.
    pub fn add(&mut self, counter: Counter, count: i64, amount: i64) {
        self.add_taxed(counter, count, (amount, 0));
    }

    fn add_taxed(&mut self, counter: Counter, count: i64, (amount, tax): (i64, i64)) {
        let sum = self.0.entry(counter).or_default();
        sum.count = sum.count.saturating_add(count);
        sum.amount = sum.amount.saturating_add(amount);
        sum.tax = sum.tax.saturating_add(tax);
    }

    /// Counts an order. What comes back is taken off again, but for the tenders, whose two ways are counted apart.
    pub fn add_order(&mut self, rows: &OrderRows) {
        let order = &rows.order;
        if order.training {
            return self.add(Counter::Training, 1, order.total);
        }
        let is_sale = order.kind == SALE;
        let signed = |amount: i64| if is_sale { amount } else { amount.saturating_neg() };
        for tender in &rows.tenders {
            let way = if is_sale { Counter::TenderIn(tender.kind) } else { Counter::TenderOut(tender.kind) };
            self.add(way, 1, tender.amount);
        }
        if order.change != 0 {
            self.add(Counter::TenderIn(CASH), 0, order.change.saturating_neg());
        }
        for line in &rows.lines {
            let parts = (signed(line.net), signed(line.tax));
            self.add_taxed(Counter::TaxRate(line.tax_rate), signed(1), parts);
            self.add(Counter::Category(line.category.clone()), signed(1), signed(line.total));
        }
        let overridden = rows.lines.iter().filter(|line| is_sale && line.unit_price != line.list_price);
        overridden.for_each(|line| self.add(Counter::PriceOverrides, 1, line.subtotal));
        let discounts = rows.discounts.iter().filter(|_| is_sale);
        discounts.for_each(|discount| self.add(Counter::Discounts, 1, discount.amount));
        if order.rounding_adjustment != 0 {
            self.add(Counter::Rounding, 1, signed(order.rounding_adjustment));
        }
        if order.tip_total != 0 {
            self.add(Counter::Tips, signed(1), signed(order.tip_total));
        }
        let offset = order.utc_offset_minutes;
        let local_seconds = order.create_time.div_euclid(1_000_000).saturating_add(i64::from(offset) * 60);
        let hour = Counter::Hour(local_seconds.div_euclid(3_600), offset);
        self.add(hour, i64::from(is_sale), signed(order.total));
    }

    /// What was counted of one thing.
    pub fn of(&self, counter: &Counter) -> Figures {
        self.0.get(counter).copied().unwrap_or_default()
    }

    /// All of it, in the order of the counters.
    pub fn iter(&self) -> impl Iterator<Item = (&Counter, &Figures)> {
        self.0.iter()
    }

    /// The rows of a shift's counters.
    pub fn rows(&self, shift_id: uuid::Uuid) -> impl Iterator<Item = shift_counter::Model> {
        self.0.iter().map(move |(counter, Figures { count, amount, tax })| {
            let (kind, key) = counter.stored();
            shift_counter::Model { shift_id, kind, key, count: *count, amount: *amount, tax: *tax }
        })
    }
}
