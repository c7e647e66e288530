//! Giving goods back: for a refund by itself, and for the return of an exchange.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Quantity,
    pricing::{Part, Rounding, returned_parts, returned_worth},
    v1::{
        self as pb, ApprovalAction, ErrorReason as Reason, OrderKind, OrderState, RoundingMode, TenderType,
    },
};
use uuid::Uuid;

use super::{
    cart::CartTender,
    payback::TooMuch,
    place::Place,
    reversal::{self, Original},
    rows::{next_sequence, tender_rows},
};
use crate::{
    access::approvals::{self, Wanted},
    amounts::add,
    books::{Context, Stop, WorkingSet},
    clock::to_micros,
    encoding::{order::OrderRows, time::utc_offset_minutes},
    error::Error,
    input,
    numbers::Series,
    settings::{currency, pricing_rules, time_zone},
    store::entity::{order, order_line, order_line_return},
};

const MOST_LINES: usize = 500;
const REASON: usize = 200;

/// What comes back of a line.
#[derive(Debug)]
pub struct ReturnedLine {
    line_id: Uuid,
    quantity: i64,
    reason: String,
    restock: bool,
}

/// What is given back, and how it is paid.
pub struct GivenBack<'a> {
    /// The document's id, which is free.
    pub id: Uuid,
    /// What [`lines`] made.
    pub lines: Vec<order_line::Model>,
    /// How the money goes back.
    pub tenders: &'a [CartTender],
    /// The cashier's note.
    pub note: &'a str,
    /// The sale that it pays for in an exchange.
    pub exchange: Option<Exchange>,
    /// Grants for what the cashier may not do alone.
    pub grant_ids: &'a [Uuid],
}

/// The sale of an exchange.
#[derive(Clone, Copy)]
pub struct Exchange {
    /// Its id.
    pub order_id: Uuid,
    /// What the goods that come back pay of it; no money moves for that.
    pub amount: i64,
}

impl GivenBack<'_> {
    /// What goods pay of another sale, instead of money that goes back.
    fn exchanged(&self) -> i64 {
        self.exchange.map_or(0, |exchange| exchange.amount)
    }
}

/// Checks what comes back.
///
/// # Errors
/// `INVALID_FIELD`, `CARD_NUMBER_REFUSED` with the field's path.
pub fn parse_lines(lines: Vec<pb::RefundLine>, field: &str) -> Result<Vec<ReturnedLine>, Error> {
    if lines.is_empty() {
        return Err(Error::invalid(field, "has no line"));
    }
    input::at_most(&lines, MOST_LINES, field)?;
    let lines = lines.into_iter().enumerate().map(|(number, line)| returned_line(line, (field, number)));
    let lines: Vec<ReturnedLine> = lines.collect::<Result<_, _>>()?;
    let ids: BTreeSet<Uuid> = lines.iter().map(|line| line.line_id).collect();
    if ids.len() < lines.len() {
        return Err(Error::invalid(field, "name a line of the sale twice"));
    }
    Ok(lines)
}

fn returned_line(line: pb::RefundLine, (field_of, number): (&str, usize)) -> Result<ReturnedLine, Error> {
    let path = |field: &str| format!("{field_of}[{number}].{field}");
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
        reason: input::free_line(line.reason, REASON, || path("reason"))?,
        restock: line.restock,
    })
}

/// Nothing that is given back has a tip.
///
/// # Errors
/// `INVALID_FIELD`.
pub fn refuse_tips(tenders: &[CartTender]) -> Result<(), Error> {
    match tenders.iter().position(|tender| tender.tip.minor != 0) {
        None => Ok(()),
        Some(number) => {
            Err(Error::invalid(format!("tenders[{number}].tip"), "a refund has no tip; void the sale"))
        }
    }
}

/// What the lines are worth together.
///
/// # Errors
/// `AMOUNT_OVERFLOW`, which no sale's lines reach.
pub fn total(lines: &[order_line::Model]) -> Result<i64, Error> {
    lines.iter().try_fold(0, |sum, line| add(sum, line.total))
}

/// Gives lines back that were taken off what is left of the sale. Returns what is to be recorded of it.
///
/// # Errors
/// `REFUND_TENDER_MISMATCH`, `INSUFFICIENT_CASH`; what the counters refuse, and what somebody else has to
/// approve.
pub fn give_back(
    books: &mut WorkingSet,
    context: &Context,
    place: &Place,
    mut original: Original,
    given_back: GivenBack,
) -> Result<pb::ReturnEntry, Stop> {
    let total = total(&given_back.lines)?;
    original.given_back.returned_total = add(original.given_back.returned_total, total)?;
    let paid = money(&mut original, place, total, &given_back)?;
    let approval = approve(books, context, original.rows.order.id, &given_back, paid.to_approve)?;
    let allowed_by = match &approval {
        Some(approval) => Uuid::try_parse(&approval.approver_user_id).map_err(Error::internal)?,
        None => context.caller.user_id,
    };
    let mut rows = document(books, context, place, &original, given_back, paid.rounding)?;
    if paid.of_others_in_cash > 0 {
        rows.order.paid_back_in_cash = paid.of_others_in_cash;
        rows.order.paid_back_in_cash_by_user_id = Some(allowed_by);
    }
    original.write(books)?;
    let mut entry = reversal::record(books, context, &place.shift, rows)?;
    entry.approvals.extend(approval);
    Ok(entry)
}

/// Takes the quantities off what is left of the sale's lines, and says what they are worth.
///
/// # Errors
/// `REFUND_EXCEEDS_SALE`; `INVALID_FIELD` for a line of another sale.
pub fn lines(
    (field, asked): (&str, &[ReturnedLine]),
    original: &mut Original,
    order_id: Uuid,
    context: &Context,
) -> Result<Vec<order_line::Model>, Error> {
    let mut rows = Vec::with_capacity(asked.len());
    for ((number, returned), position) in asked.iter().enumerate().zip(0..) {
        let sold = original.rows.lines.iter().find(|line| line.line_id == returned.line_id);
        let left = original.lines.get_mut(&returned.line_id);
        let (Some(sold), Some(left)) = (sold, left) else {
            return Err(Error::invalid(format!("{field}[{number}].line_id"), "is no line of this sale"));
        };
        let before = left.returned_quantity;
        let after = before.checked_add(returned.quantity).filter(|after| *after <= left.sold_quantity);
        let after = after.ok_or_else(|| exceeds(format!("{field}[{number}].quantity"), sold, left))?;
        let rounding = rounding(original.rows.order.rounding_mode);
        let worth = |amount: i64| -> Result<i64, Error> {
            let of = |returned| {
                let sold = Quantity::from_thousandths(left.sold_quantity);
                returned_worth(amount, Quantity::from_thousandths(returned), sold, rounding)
            };
            Ok(of(after).map_err(Error::internal)?.saturating_sub(of(before).map_err(Error::internal)?))
        };
        let total = worth(sold.total)?;
        let tax = Part { sold: left.sold_tax, returned: left.returned_tax };
        let net = Part {
            sold: left.sold_total.saturating_sub(left.sold_tax),
            returned: left.returned_total.saturating_sub(left.returned_tax),
        };
        let parts = returned_parts(&[tax, net], total, rounding).map_err(Error::internal)?;
        let tax = parts.first().copied().unwrap_or_default();
        // Goods that do not go back on the shelf are still paid for.
        let cost = sold.cost.map(|cost| if returned.restock { worth(cost) } else { Ok(0) }).transpose()?;
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
            cost,
            ..sold.clone()
        });
        left.returned_quantity = after;
        left.returned_total = add(left.returned_total, total)?;
        left.returned_tax = add(left.returned_tax, tax)?;
    }
    Ok(rows)
}

/// How the money of a refund goes back.
struct Paid {
    /// What cash rounding added.
    rounding: i64,
    /// What goes back in cash of what other tenders had paid, before rounding.
    of_others_in_cash: i64,
    /// How much has to be approved because it goes another way than it was paid.
    to_approve: i64,
}

/// Takes the money off what the sale's tenders have left. What an exchange takes of the total is no money.
fn money(original: &mut Original, place: &Place, total: i64, given_back: &GivenBack) -> Result<Paid, Error> {
    let (business, tenders) = (&place.business, given_back.tenders);
    let (mut cash, mut others) = (0, Vec::with_capacity(tenders.len()));
    let mut exact = total.saturating_sub(given_back.exchanged());
    for (number, tender) in tenders.iter().enumerate() {
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
    let right = if exact == 0 { 0 } else { payback.cash_now(&pricing_rules(business))? };
    if cash != right {
        let number = tenders.iter().position(|tender| tender.kind == TenderType::Cash).unwrap_or_default();
        let currency = currency(business)?;
        let words = format!("{} goes back in cash", currency.format(right));
        return Err(mismatch(number, &words).with("cash_minor", right).with("currency", currency.code()));
    }
    payback.pay_cash(right);
    let rounding = right.saturating_sub(exact);
    // Who approves it approves the coins that go out, too.
    let to_approve =
        if another_way.sum() > 0 { another_way.sum().saturating_add(rounding.max(0)) } else { 0 };
    // What coins make nothing of goes back to nobody.
    let of_others_in_cash = if right > 0 { another_way.in_cash } else { 0 };
    Ok(Paid { rounding, of_others_in_cash, to_approve })
}

/// Another way than it was paid, money goes back with a role or a grant for it.
fn approve(
    books: &mut WorkingSet,
    context: &Context,
    order_id: Uuid,
    given_back: &GivenBack,
    another_way: i64,
) -> Result<Option<pb::Approval>, Stop> {
    if another_way == 0 {
        return Ok(None);
    }
    let wanted = Wanted {
        action: ApprovalAction::RefundTender,
        order_id: Some(order_id),
        amount: another_way,
        document_id: given_back.id,
        ..Wanted::default()
    };
    approvals::require(books, context, given_back.grant_ids, &wanted)
}

/// The document of what is given back.
fn document(
    books: &mut WorkingSet,
    context: &Context,
    place: &Place,
    original: &Original,
    given_back: GivenBack,
    rounding_adjustment: i64,
) -> Result<OrderRows, Stop> {
    let exchanged = given_back.exchanged();
    let GivenBack { id, lines, tenders, note, exchange, .. } = given_back;
    let sum = |part: fn(&order_line::Model) -> i64| lines.iter().map(part).sum::<i64>();
    let order = order::Model {
        id,
        kind: OrderKind::Return.into(),
        state: OrderState::Completed.into(),
        receipt_number: Series::Returns.next(books, &place.register, place.shift.business_date)?,
        sequence: next_sequence(books, context.caller.branch_id)?,
        register_id: place.register.id,
        shift_id: place.shift.id,
        user_id: context.caller.user_id,
        terminal_id: context.caller.terminal_id,
        subtotal: sum(|line| line.subtotal),
        discount_total: 0,
        total: sum(|line| line.total),
        rounding_adjustment,
        tip_total: 0,
        change: 0,
        note: note.to_owned(),
        business_date: place.shift.business_date,
        create_time: to_micros(context.now),
        original_order_id: Some(original.rows.order.id),
        exchange_order_id: exchange.map(|exchange| exchange.order_id),
        utc_offset_minutes: utc_offset_minutes(context.now, time_zone(&place.business)?),
        ..original.rows.order.clone()
    };
    Ok(OrderRows { order, lines, discounts: Vec::new(), tenders: tender_rows(tenders, exchanged, id) })
}

/// The rounding that the sale was made with.
pub fn rounding(number: i32) -> Rounding {
    match RoundingMode::try_from(number) {
        Ok(RoundingMode::HalfEven) => Rounding::HalfEven,
        Ok(RoundingMode::HalfAwayFromZero | RoundingMode::Unspecified) | Err(_) => Rounding::HalfAwayFromZero,
    }
}

fn exceeds(path: String, sold: &order_line::Model, left: &order_line_return::Model) -> Error {
    let left = Quantity::from_thousandths(left.sold_quantity.saturating_sub(left.returned_quantity));
    let message = format!("{}: {left} {} left to return", sold.name, sold.unit);
    Error::new(Reason::RefundExceedsSale, message)
        .field(path, format!("{left} left"))
        .with("returnable", left)
}

fn mismatch(number: usize, words: &str) -> Error {
    Error::of_field(Reason::RefundTenderMismatch, format!("tenders[{number}].amount"), words)
}
