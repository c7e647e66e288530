//! What the records of documents that move goods are to the nouns.

use kassa_proto::v1::{self as pb, DocumentKind, journal_record::Entry};
use uuid::Uuid;

use crate::check::{
    Lines,
    approvals::Deed,
    journal::Record,
    numbers::{Numbered, of_branch},
    projection::{ChunkRows, Projection},
    record::Unreadable,
    stock::Moving,
};

impl Projection {
    pub(super) fn stock_adjusted(
        &mut self,
        lines: &mut Lines,
        (record, entry): (&Record, &pb::StockAdjustedEntry),
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let of = (record, self.shop.branch_of_register(record.register_id));
        let stock_ledgers = &mut self.stock_ledgers;
        let (row, changes) = self.stock_adjustments.adjusted(&mut lines.stock, of, entry, stock_ledgers)?;
        let deed = Deed::Adjustment(&row);
        self.approvals.used(&mut lines.approvals, record, &deed, &entry.approvals)?;
        rows_of_chunk.stock_changes.extend(changes);
        Ok((DocumentKind::StockAdjustment, row.id))
    }

    /// A purchase was put, approved or cancelled.
    pub(super) fn purchased(
        &mut self,
        lines: &mut Lines,
        record: &Record,
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<Option<(DocumentKind, Uuid)>, Unreadable> {
        let Some(recorded) = self.purchases.changed(&mut lines.purchases, record)? else { return Ok(None) };
        let row = &recorded.row;
        if matches!(record.entry, Entry::PurchaseApproved(_)) {
            let document = Numbered {
                table: "purchases",
                id: row.id,
                prefix: of_branch::PURCHASES,
                owner_id: row.branch_id,
                owner_code: self.shop.branch_code(row.branch_id).unwrap_or_default(),
                business_date: row.business_date.unwrap_or_default(),
                number: row.number.as_deref().unwrap_or_default(),
            };
            self.numbers.issued_in_branch(&mut lines.numbers, &document);
        }
        self.shop.bought(row.branch_id);
        let moving = Moving { branch_id: row.branch_id, document_id: row.id, create_time: row.update_time };
        let changes =
            self.stock_ledgers.moved(&mut lines.stock, &moving, &recorded.moved, recorded.effects)?;
        rows_of_chunk.stock_changes.extend(changes);
        Ok(Some((DocumentKind::Purchase, row.id)))
    }

    /// Goods were sent to another branch, under a number of their own branch.
    pub(super) fn stock_sent(
        &mut self,
        lines: &mut Lines,
        (record, entry): (&Record, &pb::StockSentEntry),
        rows_of_chunk: &mut ChunkRows,
    ) -> Result<(DocumentKind, Uuid), Unreadable> {
        let (place, line) = (self.place(record)?, &mut lines.stock);
        let (row, changes) = self.stock_transfers.sent(line, place, entry, &mut self.stock_ledgers)?;
        rows_of_chunk.stock_changes.extend(changes);
        let number = Numbered {
            table: "stock_transfers",
            id: row.id,
            prefix: of_branch::TRANSFERS,
            owner_id: row.from_branch_id,
            owner_code: self.shop.branch_code(row.from_branch_id).unwrap_or_default(),
            business_date: row.business_date,
            number: &row.number,
        };
        self.numbers.issued_in_branch(&mut lines.numbers, &number);
        Ok((DocumentKind::StockTransfer, row.id))
    }
}
