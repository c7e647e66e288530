//! What a sale, a refund, a void and an exchange are to the nouns.

use kassa_proto::v1::{self as pb, DocumentKind};
use uuid::Uuid;

use crate::{
    check::{
        Lines,
        approvals::Deed,
        drawer::{self, movement_rows},
        journal::Record,
        numbers::{Numbered, of_register},
        orders::order_rows,
        projection::{ChunkRows, Projection},
        record::Unreadable,
        returns, stock, totals,
    },
    encoding::order::OrderRows,
};

impl Projection {
    pub(super) fn sold(
        &mut self,
        lines: &mut Lines,
        entry: &pb::SaleEntry,
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<OrderRows, Unreadable> {
        let training = entry.order.as_ref().is_some_and(|order| order.training);
        let prefix = if training { of_register::TRAINING } else { of_register::SALES };
        let mut rows = self.ordered(lines, entry.order.as_ref(), prefix)?;
        stock::costs(&mut rows, &entry.costs)?;
        let movements = movement_rows(&entry.movements)?;
        self.shifts.sold(&mut lines.shifts, &rows);
        if training {
            drawer::prove_movements(&mut lines.drawer, &rows, &movements, &[]);
            let cost = rows.lines.iter().find_map(|line| line.cost);
            if let Some(cost) = cost {
                let what = format!("cost {cost}, and was only for training");
                lines.stock.fault("orders", rows.order.id.to_string(), what);
            }
        } else {
            drawer::prove_sale(&mut lines.drawer, &rows, &movements);
            rows_of_chunk.stock_changes.extend(self.stock_ledgers.sold(
                &mut lines.stock,
                &rows,
                &entry.stock,
            )?);
        }
        self.moved(movements, rows_of_chunk);
        self.drafts.sold(&mut lines.drafts, entry, rows.order.id)?;
        Ok(rows)
    }

    pub(super) fn returned(
        &mut self,
        lines: &mut Lines,
        entry: &pb::ReturnEntry,
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<OrderRows, Unreadable> {
        let mut rows = self.ordered(lines, entry.order.as_ref(), of_register::RETURNS)?;
        stock::costs(&mut rows, &entry.costs)?;
        let movements = movement_rows(&entry.movements)?;
        returns::prove_movements(&mut lines.drawer, &rows, &movements);
        self.returns.returned(&mut lines.returns, &rows);
        self.shifts.returned(&mut lines.shifts, &rows);
        rows_of_chunk.stock_changes.extend(self.stock_ledgers.returned(
            &mut lines.stock,
            &rows,
            &entry.stock,
        )?);
        self.moved(movements, rows_of_chunk);
        Ok(rows)
    }

    /// Two orders of one record; its key made the sale.
    pub(super) fn exchanged(
        &mut self,
        lines: &mut Lines,
        (record, entry): (&Record, &pb::ExchangeEntry),
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let missing = || Unreadable::new("exchange", "lacks one of its orders");
        let (of_return, of_sale) =
            (entry.returned.as_ref().ok_or_else(missing)?, entry.sold.as_ref().ok_or_else(missing)?);
        let returned = self.returned(lines, of_return, rows_of_chunk)?;
        let sold = self.sold(lines, of_sale, rows_of_chunk)?;
        let approved =
            [(Deed::Return(&returned), &of_return.approvals), (Deed::Sale(&sold), &of_sale.approvals)];
        for (deed, approvals) in approved {
            self.approvals.used(&mut lines.approvals, record, &deed, approvals)?;
        }
        returns::prove_exchange(&mut lines.returns, Some(&returned), Some(&sold));
        rows_of_chunk.order(returned);
        Ok(rows_of_chunk.order(sold))
    }

    /// What is the same for every order: its sums, its number, its place in the branch.
    fn ordered(
        &mut self,
        lines: &mut Lines,
        order: Option<&pb::Order>,
        prefix: &'static str,
    ) -> Result<OrderRows, Unreadable> {
        let order = order.ok_or_else(|| Unreadable::new("order", "is missing"))?;
        let rows = order_rows(order)?;
        totals::prove(&mut lines.totals, order, &rows, self.shop.currency(rows.order.branch_id));
        let number = Numbered {
            table: "orders",
            id: rows.order.id,
            prefix,
            owner_id: rows.order.register_id,
            owner_code: self.shop.register_code(rows.order.register_id).unwrap_or_default(),
            business_date: rows.order.business_date,
            number: &rows.order.receipt_number,
        };
        self.numbers.issued(&mut lines.numbers, &number);
        self.numbers.sold(&rows.order);
        self.shop.sold(&rows.order);
        Ok(rows)
    }
}
