//! What comes back of a sale, within what is left of it.

use std::collections::BTreeSet;

use super::{CASH, Checked, Document, GOODS, Ledger, SALE, VOID, ensure, same};
use crate::model::change_set::ChangeSet;

impl Ledger {
    /// What a refund or a void takes back of its sale, within what is left.
    pub(super) fn reverses(&mut self, back: &Document) -> Checked {
        let shop = self.business.as_ref().ok_or("no shop")?;
        let id = back.order.original_order_id.ok_or("a return of nothing")?;
        let sale = self.documents.get_mut(&id).ok_or("a return of no order")?;
        same(|| "what is returned".to_owned(), sale.order.kind, SALE)?;
        same(|| "the branch of a return".to_owned(), back.order.branch_id, sale.order.branch_id)?;
        ensure!(!sale.voided && !sale.order.training, "a voided sale is returned, or one for training");
        let is_void = back.order.kind == VOID;
        if is_void {
            ensure!(sale.given_back.is_empty(), "a refunded sale is voided");
            same(|| "a void's total".to_owned(), back.order.total, sale.order.total)?;
            same(|| "a void's lines".to_owned(), back.lines.len(), sale.lines.len())?;
            same(|| "the shift of a void".to_owned(), back.order.shift_id, sale.order.shift_id)?;
            sale.voided = true;
        }
        for line in &back.lines {
            let original = line.original_line_id.ok_or("a line returns nothing")?;
            let sold =
                sale.lines.iter().find(|it| it.line_id == original).ok_or("a line returns no line")?.clone();
            let worth = if is_void { [sold.total, sold.tax] } else { sale.worth(&sold, line.quantity) };
            same(|| format!("what comes back of {sold:?}"), [line.total, line.tax], worth)?;
            let so_far = sale.given_back.entry(original).or_default();
            so_far[0] += line.quantity;
            so_far[1] += line.total;
            so_far[2] += line.tax;
            ensure!(so_far[0] <= sold.quantity, "more comes back than was sold: {so_far:?} of {sold:?}");
            ensure!(so_far[1] <= sold.total, "more is paid back than was paid: {so_far:?} of {sold:?}");
        }
        if is_void {
            for kind in sale.kinds() {
                same(
                    || format!("what a void gives back of {kind}"),
                    back.captured(kind),
                    sale.captured(kind),
                )?;
            }
            return Ok(());
        }
        let before = sale.paid_back.clone();
        let paid = &mut sale.paid_back;
        paid.cash_exact += back.order.total;
        for tender in &back.tenders {
            match tender.kind {
                // What goods pay in an exchange is no money of the sale's.
                GOODS => paid.cash_exact -= tender.amount,
                CASH => paid.cash += tender.amount,
                other => {
                    paid.cash_exact -= tender.amount;
                    *paid.others.entry(other).or_default() += tender.amount;
                }
            }
        }
        let due = sale.cash_due(&before, &sale.paid_back, shop).ok_or("more goes back than was paid")?;
        same(|| "the coins of a refund".to_owned(), sale.paid_back.cash - before.cash, due)?;
        let over = sale.sources(&sale.paid_back).over - sale.sources(&before).over;
        let of_others = if sale.paid_back.cash > before.cash { over } else { 0 };
        same(
            || "what a refund says of others' money".to_owned(),
            (back.order.paid_back_in_cash, back.order.paid_back_in_cash_by_user_id.is_some()),
            (of_others, of_others > 0),
        )
    }

    /// What a tender of a sale but cash has left to give back, as the books attributed what went another way: by the
    /// order in which it went, which no sums tell.
    pub fn tender_left(&self, sale: &Document, kind: i32) -> i64 {
        let changes = self.tender_returns.get(&sale.order.id).and_then(|rows| rows.get(&kind)).copied();
        changes.unwrap_or_else(|| sale.captured(kind))
    }

    pub(super) fn given_back(&mut self, changes: &ChangeSet) -> Checked {
        let mut documents = BTreeSet::new();
        for (_, order) in &changes.orders {
            documents.extend(order.original_order_id);
        }
        for (_, row) in &changes.returns {
            let sale = self.documents.get(&row.order_id).ok_or("a return of no order")?;
            let total: i64 = sale.given_back.values().map(|it| it[1]).sum();
            let total = if sale.voided { 0 } else { total };
            same(
                || "what came back of a sale".to_owned(),
                (row.sold_total, row.returned_total),
                (sale.order.total, total),
            )?;
            same(|| "whether a sale was voided".to_owned(), row.voided_by_order_id.is_some(), sale.voided)?;
            if !sale.voided {
                let sources = sale.sources(&sale.paid_back);
                same(
                    || "the cash that came back".to_owned(),
                    [
                        row.cash_exact,
                        row.cash_kept,
                        row.returned_cash_exact,
                        row.returned_cash,
                        row.cash_for_others,
                    ],
                    [
                        sale.cash_exact(),
                        sale.captured(CASH),
                        sale.paid_back.cash_exact,
                        sale.paid_back.cash,
                        sources.cash_elsewhere - sources.over,
                    ],
                )?;
            }
            documents.remove(&row.order_id);
        }
        for id in documents {
            // A refund of nothing (free goods) leaves the totals as they were, and a row the first time.
            let worth: i64 = changes
                .orders
                .iter()
                .filter(|(_, it)| it.original_order_id == Some(id))
                .map(|(_, it)| it.total)
                .sum();
            ensure!(worth == 0, "nobody wrote down what came back of {id}");
        }
        for (_, row) in &changes.line_returns {
            let sale = self.documents.get(&row.order_id).ok_or("a return of no order")?;
            let so_far = sale.given_back.get(&row.line_id).copied().unwrap_or_default();
            same(
                || "what came back of a line".to_owned(),
                [row.returned_quantity, row.returned_total, row.returned_tax],
                so_far,
            )?;
        }
        for (_, row) in &changes.tender_returns {
            let sale = self.documents.get(&row.order_id).ok_or("a return of no order")?;
            same(|| "what a tender paid".to_owned(), row.captured, sale.captured(row.kind))?;
            let own = sale.paid_back.others.get(&row.kind).copied().unwrap_or_default().min(row.captured);
            ensure!(
                (own..=row.captured).contains(&row.returned),
                "a tender gives back {row:?}, and got {own}"
            );
            let rows = self.tender_returns.entry(row.order_id).or_default();
            rows.insert(row.kind, row.captured - row.returned);
        }
        for (_, row) in &changes.returns {
            let sale = self.documents.get(&row.order_id).ok_or("a return of no order")?;
            let others = sale.kinds().into_iter().filter(|kind| *kind != CASH);
            let left: i64 = others.map(|kind| self.tender_left(sale, kind)).sum();
            let right = sale.sources(&sale.paid_back).others_left;
            same(|| "what the other tenders have left".to_owned(), left, right)?;
        }
        let returned = changes.lines.iter().filter(|(_, line)| line.original_line_id.is_some());
        let refunded = returned.filter(|(_, line)| self.documents[&line.order_id].order.kind != VOID).count();
        ensure!(changes.line_returns.len() >= refunded, "nobody wrote down what came back of a line");
        Ok(())
    }
}
