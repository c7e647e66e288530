//! Voiding: a whole sale is taken back, with its tips, while its shift is open.

use kassa_proto::v1::{
    self as pb, ApprovalAction, ErrorReason as Reason, OrderKind, TenderType, journal_record::Entry,
};
use uuid::Uuid;

use super::{
    convert::order_to_pb,
    queries::order_rows,
    reversal::{self, Original, not_reversible},
    rows::{free_order_id, next_sequence},
};
use crate::{
    access::{
        approvals::{self, Wanted},
        scope::at_its_register,
    },
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    counters,
    encoding::{order::OrderRows, time::utc_offset_minutes},
    error::Error,
    input,
    numbers::Series,
    settings::{currency, shop, shop_of_branch, time_zone},
    shifts::selling::still_open,
    store::entity::{order, order_discount, order_line, order_tender, register, shift},
};

const REASON: usize = 200;

/// A sale to be taken back.
#[derive(Debug)]
pub struct VoidSale {
    void_id: Option<Uuid>,
    order_id: Uuid,
    reason: String,
    grant_ids: Vec<Uuid>,
}

impl VoidSale {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::VoidSaleRequest) -> Result<Self, Error> {
        if request.reason.trim().is_empty() {
            return Err(Error::invalid("reason", "is required"));
        }
        Ok(Self {
            void_id: input::id(&request.void_id, || "void_id".to_owned())?,
            order_id: input::required_id(&request.order_id, || "order_id".to_owned())?,
            reason: input::free_line(request.reason, REASON, || "reason".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }
}

impl Posting for VoidSale {
    const METHOD: &'static str = "kassa.v1.Orders/VoidSale";
    type Reply = pb::VoidSaleResponse;
    const ANSWER_IS_REBUILT: bool = true;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        reversal::read_set(caller, self.order_id, read_set);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        if let Some(id) = self.void_id {
            read_set.row::<order::Model>(id);
        }
        if let Some(sale) = known.known::<order::Model>(&self.order_id) {
            read_set.row::<shift::Model>(sale.shift_id);
            counters::read_set(sale.shift_id, read_set);
            reversal::document_read_set(known, caller, self.order_id, sale.register_id, read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let mut original = Original::find(books, context.caller, self.order_id)?;
        let sale = &original.rows.order;
        if original.given_back.returned_total > 0
            || original.lines.values().any(|line| line.returned_quantity > 0)
        {
            let message = format!("a part of {} is refunded already; refund the rest", sale.receipt_number);
            return Err(Error::new(Reason::RefundExceedsSale, message).into());
        }
        if sale.exchange_order_id.is_some() {
            return Err(not_reversible(&sale.receipt_number, "is of an exchange; give its goods back"));
        }
        let missing = || Error::internal("a sale's shift or register is gone");
        let shift = books.require::<shift::Model>(&sale.shift_id, missing)?.clone();
        still_open(&shift)?;
        at_its_register(context.caller, shift.register_id)?;
        let register = books.require::<register::Model>(&sale.register_id, missing)?.clone();
        let id = free_order_id(books, context, self.void_id, "void_id")?;
        let wanted = Wanted {
            action: ApprovalAction::VoidSale,
            order_id: Some(self.order_id),
            amount: original.rows.order.total,
            document_id: id,
            ..Wanted::default()
        };
        let approval = approvals::require(books, context, &self.grant_ids, &wanted)?;
        let number = Series::Returns.next(books, &register, shift.business_date)?;
        let sequence = next_sequence(books, context.caller.branch_id)?;
        let mut rows = self.document(&original.rows, context, (id, number, sequence));
        let zone = time_zone(shop(books, context.caller)?)?;
        rows.order.utc_offset_minutes = utc_offset_minutes(context.now, zone);

        // The mark alone: of a sale that is voided nothing more can be given back.
        original.given_back.voided_by_order_id = Some(id);
        original.write(books)?;
        let mut entry = reversal::record(books, context, &shift, rows)?;
        entry.approvals.extend(approval);
        let order = entry.order.clone();
        journal::append(books, context, register.id, Entry::Return(entry))?;
        Ok(Decision::Done(pb::VoidSaleResponse { order }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let rows = order_rows(books, document.id)?;
        let currency = currency(shop_of_branch(books, rows.order.branch_id)?)?;
        Ok(pb::VoidSaleResponse { order: Some(order_to_pb(&rows, currency)) })
    }
}

impl VoidSale {
    /// The sale once more, the other way round: lines and discounts as they were, all goods back on the
    /// shelf, and of the cash what was kept.
    fn document(
        &self,
        sale: &OrderRows,
        context: &Context,
        (id, number, sequence): (Uuid, String, i64),
    ) -> OrderRows {
        let new_ids: Vec<(Uuid, Uuid)> =
            sale.lines.iter().map(|line| (line.line_id, context.new_id())).collect();
        let new_id = |old: Uuid| new_ids.iter().find(|(line, _)| *line == old).map_or(old, |(_, new)| *new);
        let lines = sale.lines.iter().map(|line| order_line::Model {
            order_id: id,
            line_id: new_id(line.line_id),
            original_line_id: Some(line.line_id),
            reason: self.reason.clone(),
            restocked: true,
            ..line.clone()
        });
        let discounts = sale.discounts.iter().map(|discount| order_discount::Model {
            order_id: id,
            line_id: discount.line_id.map(new_id),
            ..discount.clone()
        });
        OrderRows {
            lines: lines.collect(),
            discounts: discounts.collect(),
            tenders: kept_tenders(sale, id),
            order: order::Model {
                id,
                kind: OrderKind::Void.into(),
                receipt_number: number,
                sequence,
                user_id: context.caller.user_id,
                terminal_id: context.caller.terminal_id,
                change: 0,
                note: String::new(),
                create_time: to_micros(context.now),
                original_order_id: Some(sale.order.id),
                ..sale.order.clone()
            },
        }
    }
}

/// The sale's tenders without the change, which was given back at the sale: it comes off the cash.
fn kept_tenders(sale: &OrderRows, order_id: Uuid) -> Vec<order_tender::Model> {
    let mut change = sale.order.change;
    let mut kept = Vec::with_capacity(sale.tenders.len());
    for tender in &sale.tenders {
        let mut tender = order_tender::Model { order_id, ..tender.clone() };
        if tender.kind == i32::from(TenderType::Cash) {
            let off = change.min(tender.amount.saturating_sub(tender.tip));
            tender.amount = tender.amount.saturating_sub(off);
            change = change.saturating_sub(off);
        }
        if tender.amount > 0 {
            tender.position = i32::try_from(kept.len()).unwrap_or(i32::MAX);
            kept.push(tender);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{JournalKind, StockPolicy, journal_record::Entry, line_item::Item};

    use super::*;
    use crate::{books::testing::TestShop, orders::complete_sale::CompleteSale};

    /// A bread, sold for 2.00 in cash.
    fn sold(shop: &mut TestShop) -> pb::Order {
        let product_id = shop.put_product("bread", 2_00, StockPolicy::Allow, 10).to_string();
        let money = || Some(pb::Money { amount_minor: 2_00, ..Default::default() });
        let line = pb::LineItem {
            item: Some(Item::ProductId(product_id)),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            ..Default::default()
        };
        let cash = pb::Tender { r#type: TenderType::Cash.into(), amount: money(), ..Default::default() };
        let sale = pb::CompleteSaleRequest {
            lines: vec![line],
            tenders: vec![cash],
            expected_total: money(),
            ..Default::default()
        };
        shop.decide(&CompleteSale::parse(sale).unwrap()).unwrap().order.unwrap()
    }

    fn void(sale: &pb::Order, grant_ids: Vec<String>) -> VoidSale {
        let (order_id, reason) = (sale.order_id.clone(), "rang up the wrong cart".to_owned());
        VoidSale::parse(pb::VoidSaleRequest { void_id: String::new(), order_id, reason, grant_ids }).unwrap()
    }

    #[test]
    fn a_cashier_takes_a_sale_back_with_a_grant_for_all_of_it() {
        let mut shop = TestShop::with_shift();
        let sale = sold(&mut shop);
        shop.seat_cashier();
        let refused = shop.decide(&void(&sale, Vec::new())).unwrap_err();
        assert_eq!(refused.reason(), Reason::ApprovalRequired);
        let too_small = shop.grant(ApprovalAction::VoidSale, &sale.order_id, 1_99, |_| ());
        let refused = shop.decide(&void(&sale, vec![too_small])).unwrap_err();
        assert_eq!(refused.reason(), Reason::ApprovalInvalid);
        let grant = shop.grant(ApprovalAction::VoidSale, &sale.order_id, 2_00, |_| ());
        shop.decide(&void(&sale, vec![grant.clone()])).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        let Entry::Return(recorded) = shop.last_entry(JournalKind::Sales) else { panic!("no void") };
        assert_eq!(recorded.approvals[0].grant_id, grant);
    }

    #[test]
    fn who_may_take_sales_back_needs_no_grant() {
        let mut shop = TestShop::with_shift();
        let sale = sold(&mut shop);
        shop.caller.role = kassa_proto::v1::Role::Supervisor;
        shop.decide(&void(&sale, Vec::new())).unwrap();
    }
}
