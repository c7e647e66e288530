//! The counters of shifts, which their reports are made of.

use kassa_proto::v1::{OrderKind, journal_record::Entry};
use uuid::Uuid;

use super::{CASH, Checked, Document, Ledger, OPEN, SALE, same};
use crate::model::change_set::ChangeSet;

/// A sum of a shift: count, amount, tax.
pub type Figures = [i64; 3];

impl Ledger {
    pub(super) fn count_order(&mut self, document: &Document, cash: i64) {
        let order = &document.order;
        let shift = self.shifts.get_mut(&order.shift_id).expect("looked up before");
        if order.training {
            let so_far = shift.counters.entry((14, String::new())).or_default();
            so_far[0] += 1;
            so_far[1] += order.total;
            return;
        }
        let is_sale = order.kind == SALE;
        let sign = if is_sale { 1 } else { -1 };
        let mut count = |kind: i32, key: String, figures: Figures| {
            let so_far = shift.counters.entry((kind, key)).or_default();
            for (sum, figure) in so_far.iter_mut().zip(figures) {
                *sum += figure;
            }
        };
        for tender in &document.tenders {
            count(if is_sale { 1 } else { 2 }, tender.kind.to_string(), [1, tender.amount, 0]);
        }
        if is_sale && order.change > 0 {
            count(1, CASH.to_string(), [0, -order.change, 0]);
        }
        for line in &document.lines {
            count(3, line.tax_rate.to_string(), [sign, sign * line.net, sign * line.tax]);
            count(4, line.category.clone(), [sign, sign * line.total, 0]);
            if is_sale && line.unit_price != line.list_price {
                count(8, String::new(), [1, line.subtotal, 0]);
            }
        }
        if is_sale {
            for discount in &document.discounts {
                count(7, String::new(), [1, discount.amount, 0]);
            }
        }
        if order.rounding_adjustment != 0 {
            count(9, String::new(), [1, sign * order.rounding_adjustment, 0]);
        }
        if order.tip_total != 0 {
            count(10, String::new(), [sign, sign * order.tip_total, 0]);
        }
        let offset = order.utc_offset_minutes;
        let hour = (order.create_time / 60_000_000 + i64::from(offset)) / 60;
        count(5, format!("{hour}{offset:+}"), [i64::from(is_sale), sign * order.total, 0]);
        let sums = match OrderKind::try_from(order.kind) {
            Ok(OrderKind::Sale) => &mut shift.sales,
            Ok(OrderKind::Void) => &mut shift.voids,
            _ => &mut shift.returns,
        };
        sums[0] += 1;
        sums[1] += order.total;
        if is_sale {
            shift.cash[0] += cash;
            shift.cash[1] += order.change;
        } else {
            shift.cash[2] += cash;
        }
    }

    /// The first paper is the receipt, the others are counted where they are printed.
    pub(super) fn papers(&mut self, changes: &ChangeSet, register: Uuid) -> Checked {
        for (_, row) in &changes.prints {
            let count = self.prints.entry(row.order_id).or_default();
            *count += 1;
            same(|| "the papers of an order".to_owned(), row.print_count, *count)?;
            if *count > 1 {
                let total = self.documents.get(&row.order_id).ok_or("a paper of no order")?.order.total;
                self.count_at(register, 12, [1, total, 0]);
            }
        }
        Ok(())
    }

    /// What is counted of what was said.
    pub(super) fn said(&mut self, said: &[Entry], register: Uuid) -> Checked {
        for entry in said {
            match entry {
                Entry::DraftDiscarded(_) => self.count_at(register, 13, [1, 0, 0]),
                Entry::DrawerOpened(entry) => {
                    let id = Uuid::try_parse(&entry.shift_id).map_err(|error| error.to_string())?;
                    let shift = self.shifts.get_mut(&id).ok_or("a drawer is opened in no shift")?;
                    same(|| "the shift of an opening".to_owned(), shift.row.state, OPEN)?;
                    shift.counters.entry((11, String::new())).or_default()[0] += 1;
                }
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn count_at(&mut self, register: Uuid, kind: i32, figures: Figures) {
        let mut shifts = self.shifts.values_mut();
        if let Some(shift) = shifts.find(|it| it.row.register_id == register && it.row.state == OPEN) {
            let so_far = shift.counters.entry((kind, String::new())).or_default();
            for (sum, figure) in so_far.iter_mut().zip(figures) {
                *sum += figure;
            }
        }
    }

    pub(super) fn counters(&mut self, changes: &ChangeSet) -> Checked {
        for (_, row) in &changes.counters {
            let shift = self.shifts.get_mut(&row.shift_id).ok_or("a counter without a shift")?;
            shift.counted.insert((row.kind, row.key.clone()), [row.count, row.amount, row.tax]);
        }
        Ok(())
    }
}
