//! What refunds and voids share: the sale they take back, what is left of it, and the document they make.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, ErrorReason as Reason, JournalKind, MovementType, OrderKind, StockCause, TenderType},
};
use uuid::Uuid;

use super::{
    convert::{line_costs, order_to_pb},
    payback::Payback,
    queries::order_rows,
    rows::insert,
};
use crate::{
    amounts::add,
    books::{Context, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    counters,
    drawer::{Movement, convert::movement_to_pb, holds, move_cash},
    encoding::order::OrderRows,
    error::Error,
    numbers::Series,
    settings::{currency, shop},
    stock_ledger::{self, Goods, StockLedger},
    store::entity::{
        branch, business, order,
        order_discount::{self, OrderDiscountIndex},
        order_line::{self, OrderLineIndex},
        order_line_return::{self, OrderLineReturnIndex},
        order_return,
        order_tender::{self, OrderTenderIndex},
        order_tender_return::{self, OrderTenderReturnIndex},
        register, shift,
    },
};

/// A sale that stands, with what was given back of it up to now.
pub struct Original {
    /// The sale.
    pub rows: OrderRows,
    /// What was given back of the whole.
    pub given_back: order_return::Model,
    /// What was given back of its lines, by line id.
    pub lines: BTreeMap<Uuid, order_line_return::Model>,
    /// What went back to its tenders but cash, by kind.
    pub tenders: BTreeMap<i32, order_tender_return::Model>,
}

/// Names what a reversal of a sale needs.
pub fn read_set(caller: &Caller, order_id: Uuid, read_set: &mut ReadSet) {
    read_set.row::<business::Model>(caller.business_id);
    read_set.row::<branch::Model>(caller.branch_id);
    read_set.row::<order::Model>(order_id);
    read_set.all::<order_line::Model>(OrderLineIndex::Order(order_id));
    read_set.all::<order_discount::Model>(OrderDiscountIndex::Order(order_id));
    read_set.all::<order_tender::Model>(OrderTenderIndex::Order(order_id));
    read_set.row::<order_return::Model>(order_id);
    read_set.all::<order_line_return::Model>(OrderLineReturnIndex::Order(order_id));
    read_set.all::<order_tender_return::Model>(OrderTenderReturnIndex::Order(order_id));
}

/// Names what [`record`] needs of a register, and the stock of the sale's products.
pub fn document_read_set(
    known: &WorkingSet,
    caller: &Caller,
    order_id: Uuid,
    register_id: Uuid,
    read_set: &mut ReadSet,
) {
    read_set.row::<register::Model>(register_id);
    Series::Returns.read_set(register_id, read_set);
    journal::read_set(read_set, register_id, JournalKind::Sales);
    for line in known.known_all::<order_line::Model>(&OrderLineIndex::Order(order_id)) {
        stock_ledger::read_set(caller.branch_id, line.product_id, read_set);
    }
}

impl Original {
    /// The sale and what is left of it.
    ///
    /// # Errors
    /// `ORDER_NOT_FOUND`, also for another branch's; `ORDER_NOT_REVERSIBLE` if it is no sale, or voided.
    pub fn find(books: &WorkingSet, caller: &Caller, order_id: Uuid) -> Result<Self, Stop> {
        let found = books.get::<order::Model>(&order_id)?;
        if found.is_none_or(|order| order.branch_id != caller.branch_id) {
            let message = format!("there is no order {order_id}");
            return Err(Error::of_field(Reason::OrderNotFound, "order_id", message).into());
        }
        let rows = order_rows(books, order_id)?;
        let number = &rows.order.receipt_number;
        if rows.order.kind != i32::from(OrderKind::Sale) {
            return Err(not_reversible(number, "is no sale"));
        }
        if rows.order.training {
            return Err(not_reversible(number, "was rung up for training"));
        }
        let paid = rows.tenders.iter().map(|tender| (tender.kind, tender.amount, tender.tip));
        let Captured { given_back: nothing, tenders } =
            captured(order_id, rows.order.total, rows.order.change, paid)?;
        let given_back = books.get::<order_return::Model>(&order_id)?.cloned().unwrap_or(nothing);
        if given_back.voided_by_order_id.is_some() {
            return Err(not_reversible(number, "was voided"));
        }
        let mut original = Self { given_back, lines: BTreeMap::new(), tenders, rows };
        for line in &original.rows.lines {
            original.lines.insert(line.line_id, nothing_of(line));
        }
        for row in books.find::<order_line_return::Model>(&OrderLineReturnIndex::Order(order_id))? {
            original.lines.insert(row.line_id, row.clone());
        }
        for row in books.find::<order_tender_return::Model>(&OrderTenderReturnIndex::Order(order_id))? {
            original.tenders.insert(row.kind, row.clone());
        }
        Ok(original)
    }

    /// What the sale has left to pay back.
    pub fn payback(&mut self) -> Payback<'_> {
        Payback { given_back: &mut self.given_back, tenders: &mut self.tenders }
    }

    /// Writes down what was given back of the sale: rows that are there are changed, others are new.
    ///
    /// # Errors
    /// [`Stop::MissingRows`] if the rows are not loaded.
    pub fn write(self, books: &mut WorkingSet) -> Result<(), Stop> {
        books.get::<order_return::Model>(&self.given_back.order_id)?;
        books.put(self.given_back)?;
        // What was given back of an order is loaded by the order: the rows that are there are known. Both
        // counts only grow, so that a row of nothing is one that was never written.
        for line in self.lines.into_values().filter(|line| line.returned_quantity > 0) {
            books.put(line)?;
        }
        for tender in self.tenders.into_values().filter(|tender| tender.returned > 0) {
            books.put(tender)?;
        }
        Ok(())
    }
}

/// The order is no sale that can be taken back.
pub fn not_reversible(number: &str, why: &str) -> Stop {
    Error::new(Reason::OrderNotReversible, format!("{number} {why}")).with("receipt_number", number).into()
}

fn nothing_of(line: &order_line::Model) -> order_line_return::Model {
    order_line_return::Model {
        order_id: line.order_id,
        line_id: line.line_id,
        sold_quantity: line.quantity,
        returned_quantity: 0,
        sold_total: line.total,
        returned_total: 0,
        sold_tax: line.tax,
        returned_tax: 0,
    }
}

/// What the shop kept of a sale's tenders, with nothing given back of it.
pub struct Captured {
    /// The whole, and its cash.
    pub given_back: order_return::Model,
    /// The other tenders, by kind.
    pub tenders: BTreeMap<i32, order_tender_return::Model>,
}

/// What the shop kept of each kind of tender of a sale: without tips, and cash without its change.
/// A tender is its kind, its amount and the tip in it.
///
/// # Errors
/// `AMOUNT_OVERFLOW` for sums that no sale has.
pub fn captured(
    order_id: Uuid,
    sold_total: i64,
    change: i64,
    paid: impl Iterator<Item = (i32, i64, i64)>,
) -> Result<Captured, Error> {
    let (mut tenders, mut cash_kept, mut cash_exact) = (BTreeMap::new(), 0_i64, sold_total);
    for (kind, amount, tip) in paid {
        let kept = amount.saturating_sub(tip);
        if kind == i32::from(TenderType::Cash) {
            cash_kept = add(cash_kept, kept)?;
            continue;
        }
        let nothing = order_tender_return::Model { order_id, kind, captured: 0, returned: 0 };
        let row = tenders.entry(kind).or_insert(nothing);
        row.captured = add(row.captured, kept)?;
        cash_exact = cash_exact.saturating_sub(kept);
    }
    let given_back = order_return::Model {
        order_id,
        sold_total,
        returned_total: 0,
        cash_exact,
        cash_kept: cash_kept.saturating_sub(change),
        returned_cash_exact: 0,
        returned_cash: 0,
        cash_for_others: 0,
        voided_by_order_id: None,
    };
    Ok(Captured { given_back, tenders })
}

/// Puts a refund or a void into the books: its rows, goods on the shelf, cash out of the drawer, the
/// shift's counters. Returns what is to be recorded of it.
///
/// # Errors
/// `INSUFFICIENT_CASH`; what the counters refuse.
pub fn record(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    rows: OrderRows,
) -> Result<pb::ReturnEntry, Stop> {
    let currency = currency(shop(books, context.caller)?)?;
    let stock = restock(books, context, &rows)?;
    let cash = i32::from(TenderType::Cash);
    let mut paid_out = 0;
    for tender in rows.tenders.iter().filter(|tender| tender.kind == cash) {
        paid_out = add(paid_out, tender.amount)?;
    }
    let mut movements = Vec::with_capacity(1);
    if paid_out > 0 {
        holds(books, context.caller, shift, paid_out)?;
        let order_id = Some(rows.order.id);
        let kind = MovementType::RefundCash;
        let movement = Movement { kind, amount: paid_out, order_id, ..Movement::default() };
        movements.push(movement_to_pb(&move_cash(books, context, shift, movement)?, currency));
    }
    let (total, is_void) = (rows.order.total, rows.order.kind == i32::from(OrderKind::Void));
    books.update::<shift::Model, _>(&shift.id, |shift| {
        let (count, sum) = if is_void {
            (&mut shift.void_count, &mut shift.voids_total)
        } else {
            (&mut shift.return_count, &mut shift.returns_total)
        };
        *count = add(*count, 1)?;
        *sum = add(*sum, total)?;
        shift.cash_refunded = add(shift.cash_refunded, paid_out)?;
        shift.last_activity_time = shift.last_activity_time.max(rows.order.create_time);
        Ok(())
    })?;
    counters::count_order(books, &rows)?;
    let entry = pb::ReturnEntry {
        order: Some(order_to_pb(&rows, currency)),
        movements,
        approvals: Vec::new(),
        stock,
        costs: line_costs(&rows.lines, currency),
    };
    insert(rows, books)?;
    Ok(entry)
}

/// Puts goods back on the shelf, where the reversal says so, at what they had cost.
fn restock(
    books: &mut WorkingSet,
    context: &Context,
    rows: &OrderRows,
) -> Result<Vec<pb::StockEffect>, Stop> {
    let order = &rows.order;
    let is_void = order.kind == i32::from(OrderKind::Void);
    let cause = if is_void { StockCause::Void } else { StockCause::Refund };
    let mut ledger = StockLedger::of(order.register_id, order.branch_id, Some(order.id));
    for (number, line) in rows.lines.iter().enumerate().filter(|(_, line)| line.restocked) {
        let quantity = Quantity::from_thousandths(line.quantity);
        let goods = Goods { product_id: line.product_id, cause, quantity, reason: "" };
        ledger.put(books, context, &goods, line.cost, || format!("lines[{number}].quantity"))?;
    }
    Ok(ledger.effects())
}
