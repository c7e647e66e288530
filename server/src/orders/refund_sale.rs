//! Refunding: goods come back by line and quantity, for the frozen prices, discounts and taxes of their
//! sale, and the money goes back the way it came, or with approval another way.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Quantity,
    pricing::{Rounding, Rules, returned_worth},
    v1::{
        self as pb, ApprovalAction, DocumentKind, ErrorReason as Reason, OrderKind, OrderState, RoundingMode,
        TenderType,
    },
};
use uuid::Uuid;

use super::{
    cart::{CartTender, add},
    convert::{OrderRows, cart_tender},
    payback::TooMuch,
    queries::order_rows,
    reversal::{self, Original},
    rows::{check_total, free_order_id, next_sequence, tender_rows},
};
use crate::{
    access::{
        approvals::{self, Wanted},
        scope::Named,
    },
    admin::settings::{currency, pricing_rules, shop, shop_of_branch, time_zone},
    books::{Caller, Context, Decision, Document, Needs, Posting, Stop, WorkingSet},
    clock::to_micros,
    error::Error,
    input::{self, Amount},
    numbers::Series,
    shifts::selling::{self, selling_shift},
    store::entity::{business, order, order_line, order_line_return, register, shift},
    timestamp::utc_offset_minutes,
};

const MOST_LINES: usize = 500;
const MOST_TENDERS: usize = 20;
const REASON: usize = 200;
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

/// What comes back of a line.
#[derive(Debug)]
struct ReturnedLine {
    line_id: Uuid,
    quantity: i64,
    reason: String,
    restock: bool,
}

impl RefundSale {
    /// Checks the fields.
    ///
    /// # Errors
    /// `INVALID_FIELD`, `AMOUNT_OVERFLOW`, `CARD_NUMBER_REFUSED` with the field's path.
    pub fn parse(request: pb::RefundSaleRequest) -> Result<Self, Error> {
        if request.lines.is_empty() {
            return Err(Error::invalid("lines", "has no line"));
        }
        input::at_most(&request.lines, MOST_LINES, "lines")?;
        input::at_most(&request.tenders, MOST_TENDERS, "tenders")?;
        let lines = request.lines.into_iter().enumerate().map(|(number, line)| returned_line(line, number));
        let lines: Vec<ReturnedLine> = lines.collect::<Result<_, _>>()?;
        let ids: BTreeSet<Uuid> = lines.iter().map(|line| line.line_id).collect();
        if ids.len() < lines.len() {
            return Err(Error::invalid("lines", "name a line of the sale twice"));
        }
        let tenders = request.tenders.into_iter().enumerate();
        let tenders: Vec<CartTender> =
            tenders.map(|(number, tender)| cart_tender(tender, number)).collect::<Result<_, _>>()?;
        if let Some(number) = tenders.iter().position(|tender| tender.tip.minor != 0) {
            return Err(Error::invalid(
                format!("tenders[{number}].tip"),
                "a refund has no tip; void the sale",
            ));
        }
        Ok(Self {
            refund_id: input::id(&request.refund_id, || "refund_id".to_owned())?,
            order_id: input::required_id(&request.order_id, || "order_id".to_owned())?,
            lines,
            tenders,
            expected_total: input::required_amount(request.expected_total, || "expected_total".to_owned())?,
            register: Named::parse(&request.register_id),
            shift_id: input::id(&request.shift_id, || "shift_id".to_owned())?,
            note: input::free_text(request.note, NOTE, || "note".to_owned())?,
            grant_ids: approvals::parse(&request.grant_ids)?,
        })
    }
}

fn returned_line(line: pb::RefundLine, number: usize) -> Result<ReturnedLine, Error> {
    let path = |field: &str| format!("lines[{number}].{field}");
    let quantity = input::quantity(line.quantity.as_ref(), || path("quantity"))?.thousandths();
    if quantity <= 0 {
        return Err(Error::invalid(path("quantity"), "must be more than zero"));
    }
    if line.reason.trim().is_empty() {
        return Err(Error::invalid(path("reason"), "is required"));
    }
    Ok(ReturnedLine {
        line_id: input::required_id(&line.line_id, || path("line_id"))?,
        quantity,
        reason: input::free_text(line.reason, REASON, || path("reason"))?,
        restock: line.restock,
    })
}

impl Posting for RefundSale {
    const METHOD: &'static str = "kassa.v1.Orders/RefundSale";
    type Reply = pb::RefundSaleResponse;

    fn needs(&self, known: &WorkingSet, caller: &Caller, needs: &mut Needs) {
        reversal::needs(caller, self.order_id, needs);
        approvals::needs(&self.grant_ids, known, caller, needs);
        if let Some(id) = self.refund_id {
            needs.row::<order::Model>(id);
        }
        self.register.register_needs(caller, needs);
        if let Some(register) = self.register.known_register(known, caller) {
            selling::needs(known, register.id, self.shift_id, needs);
            reversal::document_needs(known, caller, self.order_id, register.id, needs);
        }
    }

    fn decide(&self, books: &mut WorkingSet, context: &mut Context) -> Result<Decision<Self::Reply>, Stop> {
        let caller = context.caller;
        let business = shop(books, caller)?.clone();
        let register = self.register.register(books, caller)?.clone();
        let shift = selling_shift(books, &register, self.shift_id)?.clone();
        let mut original = Original::find(books, caller, self.order_id)?;
        let id = free_order_id(books, context, self.refund_id, "refund_id")?;

        let lines = self.give_back_lines(&mut original, id, context)?;
        let mut total = 0;
        for line in &lines {
            total = add(total, line.total)?;
        }
        check_total(&self.expected_total, total, &business)?;
        original.given_back.returned_total = add(original.given_back.returned_total, total)?;
        let rules = pricing_rules(&business);
        let (rounding, another_way) = self.give_back_money(&mut original, &rules, total, &business)?;
        let approval = self.approve(books, context, id, another_way)?;

        let rows = self.document(books, context, &original, (&register, &shift), (id, lines, rounding))?;
        original.write(books)?;
        let order = reversal::record(books, context, &shift, rows, approval)?;
        Ok(Decision::Done {
            reply: pb::RefundSaleResponse { order: Some(order) },
            made: Some(Document { kind: DocumentKind::Order, id }),
        })
    }

    fn again(&self, made: Document, books: &WorkingSet) -> Result<Self::Reply, Stop> {
        let rows = order_rows(books, made.id)?;
        let currency = currency(shop_of_branch(books, rows.order.branch_id)?)?;
        Ok(pb::RefundSaleResponse { order: Some(rows.to_pb(currency)) })
    }
}

impl RefundSale {
    /// Takes the quantities off what is left of the sale's lines, and says what they are worth.
    fn give_back_lines(
        &self,
        original: &mut Original,
        order_id: Uuid,
        context: &Context,
    ) -> Result<Vec<order_line::Model>, Error> {
        let mut rows = Vec::with_capacity(self.lines.len());
        for ((number, returned), position) in self.lines.iter().enumerate().zip(0..) {
            let sold = original.rows.lines.iter().find(|line| line.line_id == returned.line_id);
            let left = original.lines.get_mut(&returned.line_id);
            let (Some(sold), Some(left)) = (sold, left) else {
                return Err(Error::invalid(format!("lines[{number}].line_id"), "is no line of this sale"));
            };
            let before = left.returned_quantity;
            let after = before.checked_add(returned.quantity).filter(|after| *after <= left.sold_quantity);
            let after = after.ok_or_else(|| exceeds(number, sold, left))?;
            let rounding = rounding(original.rows.order.rounding_mode);
            let worth = |amount: i64| -> Result<i64, Error> {
                let of = |returned| {
                    let sold = Quantity::from_thousandths(left.sold_quantity);
                    returned_worth(amount, Quantity::from_thousandths(returned), sold, rounding)
                };
                Ok(of(after).map_err(Error::internal)?.saturating_sub(of(before).map_err(Error::internal)?))
            };
            let (total, tax) = (worth(sold.total)?, worth(sold.tax)?);
            let net = total.saturating_sub(tax);
            rows.push(order_line::Model {
                order_id,
                line_id: context.new_id(),
                position,
                quantity: returned.quantity,
                // What comes back is the price that was paid: its discounts are in it already.
                subtotal: if original.rows.order.prices_include_tax { total } else { net },
                discount_total: 0,
                order_discount_share: 0,
                net,
                tax,
                total,
                original_line_id: Some(sold.line_id),
                reason: returned.reason.clone(),
                restocked: returned.restock,
                ..sold.clone()
            });
            left.returned_quantity = after;
            left.returned_total = add(left.returned_total, total)?;
        }
        Ok(rows)
    }

    /// Takes the money off what the sale's tenders have left; says what cash rounding added, and how much
    /// goes another way than it was paid.
    fn give_back_money(
        &self,
        original: &mut Original,
        rules: &Rules,
        total: i64,
        business: &business::Model,
    ) -> Result<(i64, i64), Error> {
        let (mut cash, mut others) = (0, Vec::with_capacity(self.tenders.len()));
        let mut exact = total;
        for (number, tender) in self.tenders.iter().enumerate() {
            let path = || format!("tenders[{number}].amount");
            let amount = tender.amount.in_currency(&business.currency_code, path)?;
            if tender.kind == TenderType::Cash {
                cash = add(cash, amount)?;
            } else {
                let left = exact.checked_sub(amount).filter(|left| *left >= 0);
                exact = left.ok_or_else(|| mismatch(number, "the tenders are more than the refund"))?;
                others.push((i32::from(tender.kind), amount));
            }
        }
        let mut payback = original.payback();
        let another_way = payback.take(&others, exact);
        let another_way = another_way.map_err(|TooMuch| mismatch(0, "more would go back than was paid"))?;
        let right = if exact == 0 { 0 } else { payback.cash_now(rules)? };
        if cash != right {
            let number =
                self.tenders.iter().position(|tender| tender.kind == TenderType::Cash).unwrap_or_default();
            let currency = currency(business)?;
            let words = format!("{} goes back in cash", currency.format(right));
            return Err(mismatch(number, &words).with("cash_minor", right));
        }
        payback.pay_cash(right);
        Ok((right.saturating_sub(exact), another_way))
    }

    /// To another tender than paid, money goes back with a role or a grant for it.
    fn approve(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        refund_id: Uuid,
        another_way: i64,
    ) -> Result<Option<pb::Approval>, Stop> {
        if another_way == 0 {
            return Ok(None);
        }
        let wanted = Wanted {
            action: ApprovalAction::RefundTender,
            order_id: Some(self.order_id),
            line_id: None,
            amount: another_way,
            of: &[],
            document_id: refund_id,
        };
        approvals::require(books, context, &self.grant_ids, &wanted)
    }

    fn document(
        &self,
        books: &mut WorkingSet,
        context: &Context,
        original: &Original,
        (register, shift): (&register::Model, &shift::Model),
        (id, lines, rounding_adjustment): (Uuid, Vec<order_line::Model>, i64),
    ) -> Result<OrderRows, Stop> {
        let sum = |part: fn(&order_line::Model) -> i64| lines.iter().map(part).sum::<i64>();
        let order = order::Model {
            id,
            kind: OrderKind::Return.into(),
            state: OrderState::Completed.into(),
            receipt_number: Series::Returns.next(books, register, shift.business_date)?,
            sequence: next_sequence(books, context.caller.branch_id)?,
            register_id: register.id,
            shift_id: shift.id,
            user_id: context.caller.user_id,
            terminal_id: context.caller.terminal_id,
            subtotal: sum(|line| line.subtotal),
            discount_total: 0,
            total: sum(|line| line.total),
            rounding_adjustment,
            tip_total: 0,
            change: 0,
            note: self.note.clone(),
            business_date: shift.business_date,
            create_time: to_micros(context.now),
            original_order_id: Some(original.rows.order.id),
            utc_offset_minutes: utc_offset_minutes(context.now, time_zone(shop(books, context.caller)?)?),
            ..original.rows.order.clone()
        };
        Ok(OrderRows { order, lines, discounts: Vec::new(), tenders: tender_rows(&self.tenders, id) })
    }
}

/// The rounding that the sale was made with.
fn rounding(number: i32) -> Rounding {
    match RoundingMode::try_from(number) {
        Ok(RoundingMode::HalfEven) => Rounding::HalfEven,
        Ok(RoundingMode::HalfAwayFromZero | RoundingMode::Unspecified) | Err(_) => Rounding::HalfAwayFromZero,
    }
}

fn exceeds(number: usize, sold: &order_line::Model, left: &order_line_return::Model) -> Error {
    let left = Quantity::from_thousandths(left.sold_quantity.saturating_sub(left.returned_quantity));
    let message = format!("{}: {left} {} left to return", sold.name, sold.unit);
    Error::new(Reason::RefundExceedsSale, message)
        .field(format!("lines[{number}].quantity"), format!("{left} left"))
        .with("returnable", left)
}

fn mismatch(number: usize, words: &str) -> Error {
    Error::of_field(Reason::RefundTenderMismatch, format!("tenders[{number}].amount"), words)
}

#[cfg(test)]
mod tests {
    use kassa_proto::v1::{JournalKind, StockPolicy, journal_record::Entry};

    use super::*;
    use crate::{
        books::testing::Desk, orders::complete_sale::CompleteSale, store::entity::order_tender_return,
    };

    fn money(minor: i64) -> Option<pb::Money> {
        Some(pb::Money { amount_minor: minor, ..Default::default() })
    }

    fn cash(minor: i64) -> Vec<pb::Tender> {
        vec![pb::Tender { r#type: TenderType::Cash.into(), amount: money(minor), ..Default::default() }]
    }

    /// Two breads, sold for 4.00 in cash.
    fn sold(desk: &mut Desk) -> pb::Order {
        let product_id = desk.put_product("bread", 2_00, StockPolicy::Allow, 10).to_string();
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
        desk.decide(&CompleteSale::parse(sale).unwrap()).unwrap().order.unwrap()
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
        let mut desk = Desk::with_shift();
        let sale = sold(&mut desk);
        let back = one_back(&sale);
        desk.decide(&back).unwrap();
        desk.decide(&back).unwrap();
        assert_eq!(desk.stops, 0, "what is not named costs a round trip of the whole batch");
        let dirty = desk.books.dirty();
        assert_eq!(desk.decide(&back).unwrap_err().reason(), Reason::RefundExceedsSale);
        assert_eq!(desk.books.dirty(), dirty, "a refusal leaves nothing behind");
    }

    #[test]
    fn a_drawer_never_pays_out_what_it_does_not_hold() {
        let mut desk = Desk::with_shift();
        let sale = sold(&mut desk);
        let register = desk.caller.register_id;
        desk.change::<register::Model>(&register, |register| register.drawer_balance = 1_99);
        let refused = desk.decide(&one_back(&sale)).unwrap_err();
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
        let mut desk = Desk::with_shift();
        let sale = sold(&mut desk);
        desk.seat_cashier();
        assert_eq!(desk.decide(&by_card(&sale, Vec::new())).unwrap_err().reason(), Reason::ApprovalRequired);
        let grant = desk.grant(ApprovalAction::RefundTender, &sale.order_id, 2_00, |_| ());
        let granted = by_card(&sale, vec![grant.clone()]);
        desk.decide(&granted).unwrap();
        assert_eq!(desk.stops, 0, "what is not named costs a round trip of the whole batch");
        let Entry::Return(recorded) = desk.last_entry(JournalKind::Sales) else { panic!("no refund") };
        assert_eq!((recorded.approvals.len(), recorded.approvals[0].grant_id.as_str()), (1, grant.as_str()));
        assert_eq!(desk.decide(&granted).unwrap_err().reason(), Reason::ApprovalUsed);
        // The way it came needs no grant, and what went another way is gone from it.
        desk.decide(&one_back(&sale)).unwrap();
        let of_cash: &order_tender_return::Model =
            desk.row(&(Uuid::try_parse(&sale.order_id).unwrap(), i32::from(TenderType::Cash)));
        assert_eq!((of_cash.captured, of_cash.returned), (4_00, 4_00));
    }

    #[test]
    fn a_supervisor_refunds_to_another_tender_alone() {
        let mut desk = Desk::with_shift();
        let sale = sold(&mut desk);
        desk.caller.role = kassa_proto::v1::Role::Supervisor;
        desk.decide(&by_card(&sale, Vec::new())).unwrap();
    }
}
