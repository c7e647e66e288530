//! Sales, and what takes them back.

use kassa_proto::v1::{self as pb, ApprovalAction as Action, ErrorReason as Reason};

use super::{
    Judge, Verdict, Wanted, id, no,
    till::{priced, quantity, refund_cash, settled},
};
use crate::model::ledger::{CASH, Document, OPEN, SALE, minor};

impl<'a> Judge<'a> {
    pub(super) fn free(&self, chosen: &str) -> Verdict {
        let taken = id(chosen).is_some_and(|id| self.ledger.documents.contains_key(&id));
        if taken { no(Reason::OrderExists) } else { Ok(()) }
    }

    pub(super) fn draft(&self, named: &str, version: i64) -> Verdict {
        let found = id(named).and_then(|id| self.ledger.drafts.get(&id));
        match found.filter(|it| it.branch_id == self.caller.branch_id) {
            None => no(Reason::DraftNotFound),
            Some(draft) if draft.state != 1 => no(Reason::DraftEnded),
            Some(draft) if draft.version != version => no(Reason::VersionMismatch),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn sell(&self, message: &pb::CompleteSaleRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        self.selling(&message.shift_id, register)?;
        if !message.draft_id.is_empty() {
            self.draft(&message.draft_id, message.draft_version)?;
        }
        self.free(&message.order_id)?;
        if !message.customer_id.is_empty() {
            self.customer(&message.customer_id)?;
        }
        let (products, totals) = priced(self.ledger, message)?;
        if minor(&message.expected_total) != totals.total {
            return no(Reason::TotalMismatch);
        }
        let settled = settled(self.ledger, totals.total, &message.tenders)?;
        if settled.amount_due > 0 {
            return no(Reason::TenderShort);
        }
        if message.training {
            return Ok(());
        }
        let quantities = message.lines.iter().map(|line| quantity(line.quantity.as_ref()));
        self.take(products.iter().map(|product| product.id).zip(quantities))
    }

    pub(super) fn sale(&self, named: &str) -> Result<&'a Document, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.documents.get(&id));
        match found.filter(|it| it.order.branch_id == self.caller.branch_id) {
            None => no(Reason::OrderNotFound),
            Some(document) if document.order.kind != SALE || document.voided || document.order.training => {
                no(Reason::OrderNotReversible)
            }
            Some(document) => Ok(document),
        }
    }

    pub(super) fn refund(&self, message: &pb::RefundSaleRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        self.selling(&message.shift_id, register)?;
        let sale = self.sale(&message.order_id)?;
        self.free(&message.refund_id)?;
        let mut total = 0;
        for returned in &message.lines {
            let line = sale.lines.iter().find(|it| it.line_id.to_string() == returned.line_id);
            let line = line.ok_or(Some(Reason::InvalidField))?;
            let quantity = quantity(returned.quantity.as_ref());
            let before = sale.given_back.get(&line.line_id).map_or(0, |it| it[0]);
            if before + quantity > line.quantity {
                return no(Reason::RefundExceedsSale);
            }
            total += sale.worth(line, quantity)[0];
        }
        if minor(&message.expected_total) != total {
            return no(Reason::TotalMismatch);
        }
        let (cash, another_way) = refund_cash(self.ledger, sale, total, &message.tenders)
            .ok_or(Some(Reason::RefundTenderMismatch))?;
        if another_way > 0 && self.caller.role < pb::Role::Supervisor {
            let (action, of) = (Action::RefundTender, Some(sale.order.id));
            let wanted = Wanted { action, of, movement: None, amount: another_way };
            self.granted(&message.grant_ids, wanted)?;
        }
        if self.ledger.drawers[&register].balance < cash {
            return no(Reason::InsufficientCash);
        }
        Ok(())
    }

    pub(super) fn void(&self, message: &pb::VoidSaleRequest) -> Verdict {
        let sale = self.sale(&message.order_id)?;
        if !sale.given_back.is_empty() {
            return no(Reason::RefundExceedsSale);
        }
        if sale.order.exchange_order_id.is_some() {
            return no(Reason::OrderNotReversible);
        }
        if self.ledger.shifts[&sale.order.shift_id].row.state != OPEN {
            return no(Reason::ShiftEnded);
        }
        self.stands_at(sale.order.register_id)?;
        self.free(&message.void_id)?;
        let cash: i64 = sale.tenders.iter().filter(|it| it.kind == CASH).map(|it| it.amount).sum();
        if self.ledger.drawers[&sale.order.register_id].balance < cash - sale.order.change {
            return no(Reason::InsufficientCash);
        }
        Ok(())
    }
}
