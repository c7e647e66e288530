//! Refunding: goods come back by line and quantity, for the frozen prices, discounts and taxes of their
//! sale, and the money goes back the way it came, or with approval another way.

use kassa_proto::v1::{self as pb, journal_record::Entry};
use uuid::Uuid;

use super::{
    cart::CartTender,
    convert::{order_to_pb, parse_tenders},
    give_back::{self, GivenBack, ReturnedLine, refuse_tips},
    place::Place,
    queries::order_rows,
    reversal::{self, Original},
    rows::{check_total, free_order_id},
};
use crate::{
    access::{approvals, scope::Named},
    books::{Context, Decision, Document, Posting, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    error::Error,
    input::{self, Amount},
    settings::{currency, shop_of_branch},
    shifts::selling,
    store::entity::order,
};

const NOTE: usize = 1_000;

/// Goods to be taken back.
#[derive(Debug)]
pub struct RefundSale {
    refund_id: Option<Uuid>,
    order_id: Uuid,
    lines: Vec<ReturnedLine>,
    tenders: Vec<CartTender>,
    expected_total: Amount,
    register: Named,
    shift_id: Option<Uuid>,
    note: String,
    grant_ids: Vec<Uuid>,
}

impl RefundSale {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::RefundSaleRequest) -> Result<Self, Error> {
        let lines = give_back::parse_lines(request.lines, "lines")?;
        let tenders = parse_tenders(request.tenders)?;
        refuse_tips(&tenders)?;
        Ok(Self {
            refund_id: input::id(&request.refund_id, || "refund_id".to_owned())?,
            order_id: input::required_id(&request.order_id, || "order_id".to_owned())?,
            lines,
            tenders,
            expected_total: input::required_amount(request.expected_total, || "expected_total".to_owned())?,
            register: Named::parse(&request.register_id),
            shift_id: input::id(&request.shift_id, || "shift_id".to_owned())?,
            note: input::free_lines(request.note, NOTE, || "note".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }
}

impl Posting for RefundSale {
    const METHOD: &'static str = "kassa.v1.Orders/RefundSale";
    type Reply = pb::RefundSaleResponse;
    const ANSWER_IS_REBUILT: bool = true;

    fn read_set(&self, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
        reversal::read_set(caller, self.order_id, read_set);
        approvals::read_set(&self.grant_ids, known, caller, read_set);
        if let Some(id) = self.refund_id {
            read_set.row::<order::Model>(id);
        }
        self.register.register_read_set(caller, read_set);
        if let Some(register) = self.register.known_register(known, caller) {
            selling::read_set(known, register.id, self.shift_id, read_set);
            reversal::document_read_set(known, caller, self.order_id, register.id, read_set);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let place = Place::find(books, caller, &self.register, self.shift_id)?;
        let mut original = Original::find(books, caller, self.order_id)?;
        let id = free_order_id(books, context, self.refund_id, "refund_id")?;
        let lines = give_back::lines(("lines", &self.lines), &mut original, id, context)?;
        let total = give_back::total(&lines)?;
        check_total(&self.expected_total, total, &place.business)?;
        let given_back = GivenBack {
            id,
            lines,
            tenders: &self.tenders,
            note: &self.note,
            exchange: None,
            grant_ids: &self.grant_ids,
        };
        let entry = give_back::give_back(books, context, &place, original, given_back)?;
        let order = entry.order.clone();
        journal::append(books, context, place.register.id, Entry::Return(entry))?;
        Ok(Decision::Done(pb::RefundSaleResponse { order }))
    }

    fn again(&self, document: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let rows = order_rows(books, document.id)?;
        let currency = currency(shop_of_branch(books, rows.order.branch_id)?)?;
        Ok(pb::RefundSaleResponse { order: Some(order_to_pb(&rows, currency)) })
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{ApprovalAction, ErrorReason as Reason, JournalKind, StockPolicy, TenderType};

    use super::*;
    use crate::{
        books::testing::TestShop,
        orders::complete_sale::CompleteSale,
        store::entity::{order_return, register},
    };

    fn money(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { amount_minor: minor, ..Default::default() })
    }

    fn cash(minor: i64) -> Vec<pb::Tender> {
        vec![pb::Tender { r#type: TenderType::Cash.into(), amount: money(minor), ..Default::default() }]
    }

    /// Two breads, sold for 4.00 in cash.
    fn sold(shop: &mut TestShop) -> pb::Order {
        let product_id = shop.put_product("bread", 2_00, StockPolicy::Allow, 10).to_string();
        let line = pb::LineItem {
            item: Some(kassa_proto::v1::line_item::Item::ProductId(product_id)),
            quantity: Some(pb::Decimal { value: "2".to_owned() }),
            ..Default::default()
        };
        let sale = pb::CompleteSaleRequest {
            lines: vec![line],
            tenders: cash(4_00),
            expected_total: money(4_00),
            ..Default::default()
        };
        shop.decide(&CompleteSale::parse(sale).unwrap()).unwrap().order.unwrap()
    }

    fn one_back(sale: &pb::Order) -> RefundSale {
        let line = pb::RefundLine {
            line_id: sale.lines[0].line_id.clone(),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            reason: "stale".to_owned(),
            restock: true,
        };
        RefundSale::parse(pb::RefundSaleRequest {
            order_id: sale.order_id.clone(),
            lines: vec![line],
            tenders: cash(2_00),
            expected_total: money(2_00),
            ..Default::default()
        })
        .unwrap()
    }

    #[test]
    fn a_refund_names_all_it_needs_and_sees_the_one_before_it_in_the_batch() {
        let mut shop = TestShop::with_shift();
        let sale = sold(&mut shop);
        let back = one_back(&sale);
        shop.decide(&back).unwrap();
        shop.decide(&back).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        let dirty = shop.books.dirty();
        assert_eq!(shop.decide(&back).unwrap_err().reason(), Reason::RefundExceedsSale);
        assert_eq!(shop.books.dirty(), dirty, "a refusal leaves nothing behind");
    }

    #[test]
    fn a_drawer_never_pays_out_what_it_does_not_hold() {
        let mut shop = TestShop::with_shift();
        let sale = sold(&mut shop);
        let register = shop.caller.register_id;
        shop.change::<register::Model>(&register, |register| register.drawer_balance = 1_99);
        let refused = shop.decide(&one_back(&sale)).unwrap_err();
        assert_eq!(refused.reason(), Reason::InsufficientCash);
        assert_eq!(refused.message(), "the drawer holds 1.99, and 2.00 is to be paid out");
    }

    fn by_card(sale: &pb::Order, grant_ids: Vec<String>) -> RefundSale {
        let mut request = pb::RefundSaleRequest {
            order_id: sale.order_id.clone(),
            expected_total: money(2_00),
            grant_ids,
            ..Default::default()
        };
        request.lines.push(pb::RefundLine {
            line_id: sale.lines[0].line_id.clone(),
            quantity: Some(pb::Decimal { value: "1".to_owned() }),
            reason: "stale".to_owned(),
            restock: true,
        });
        request.tenders.push(pb::Tender {
            r#type: TenderType::Card.into(),
            amount: money(2_00),
            ..Default::default()
        });
        RefundSale::parse(request).unwrap()
    }

    #[test]
    fn to_another_tender_a_role_or_a_grant_is_needed_and_a_grant_is_good_for_once() {
        let mut shop = TestShop::with_shift();
        let sale = sold(&mut shop);
        shop.seat_cashier();
        assert_eq!(shop.decide(&by_card(&sale, Vec::new())).unwrap_err().reason(), Reason::ApprovalRequired);
        let grant = shop.grant(ApprovalAction::RefundTender, &sale.order_id, 2_00, |_| ());
        let granted = by_card(&sale, vec![grant.clone()]);
        shop.decide(&granted).unwrap();
        assert_eq!(shop.stops, 0, "what is not named costs a round trip of the whole batch");
        let Entry::Return(recorded) = shop.last_entry(JournalKind::Sales) else { panic!("no refund") };
        assert_eq!((recorded.approvals.len(), recorded.approvals[0].grant_id.as_str()), (1, grant.as_str()));
        assert_eq!(shop.decide(&granted).unwrap_err().reason(), Reason::ApprovalUsed);
        // The way it came needs no grant, and what went another way is gone from it.
        shop.decide(&one_back(&sale)).unwrap();
        let row: &order_return::Model = shop.row(&Uuid::try_parse(&sale.order_id).unwrap());
        assert_eq!((row.cash_kept, row.returned_cash, row.cash_for_others), (4_00, 2_00, 2_00));
    }

    #[test]
    fn a_supervisor_refunds_to_another_tender_alone() {
        let mut shop = TestShop::with_shift();
        let sale = sold(&mut shop);
        shop.caller.role = kassa_proto::v1::Role::Supervisor;
        shop.decide(&by_card(&sale, Vec::new())).unwrap();
    }
}
