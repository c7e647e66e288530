//! Putting a sale into the books: for a sale by itself, and for the one of an exchange.

use kassa_proto::{
    decimal::Quantity,
    money::Currency,
    pricing,
    v1::{
        self as pb, ErrorReason as Reason, JournalKind, MovementType, OrderKind, OrderState, SaleWarningKind,
        StockCause, StockPolicy, TenderType,
    },
};
use uuid::Uuid;

use super::{
    approval,
    cart::{Cart, PricedCart},
    convert::{line_costs, order_to_pb},
    place::Place,
    rows::{insert, next_sequence, tender_rows},
};
use crate::{
    amounts::add,
    books::{Context, ReadSet, Stop, WorkingSet, journal},
    caller::Caller,
    clock::to_micros,
    counters,
    drawer::{Movement, convert::movement_to_pb, move_cash},
    encoding::{order::OrderRows, time::utc_offset_minutes},
    error::Error,
    numbers::Series,
    settings::{currency, rounding_numbers, time_zone},
    stock_ledger::{self, Goods, StockLedger, cost},
    store::entity::{branch, business, cash_movement, order, order_line, product, shift},
};

/// A sale whose prices are known.
pub struct Sale<'a> {
    /// Its id, which is free.
    pub order_id: Uuid,
    /// What is sold and how it is paid.
    pub cart: &'a Cart,
    /// What it costs.
    pub priced: PricedCart,
    /// The cashier's note.
    pub note: &'a str,
    /// Who buys.
    pub customer_id: Option<Uuid>,
    /// The return that pays a part of it.
    pub exchange_order_id: Option<Uuid>,
    /// Whether it is in no total, no drawer and no stock.
    pub training: bool,
    /// Grants for what the cashier may not do alone.
    pub grant_ids: &'a [Uuid],
}

/// Names what [`sell`] needs of a cart.
pub fn read_set(cart: &Cart, known: &WorkingSet, caller: &Caller, read_set: &mut ReadSet) {
    cart.read_set(known, caller, read_set);
    read_set.row::<branch::Model>(caller.branch_id);
    for product in cart.known_products(known) {
        stock_ledger::read_set(caller.branch_id, product, read_set);
    }
}

/// The series of a sale's number.
fn series(training: bool) -> Series {
    if training { Series::Training } else { Series::Sales }
}

/// Names what [`sell`] needs of a register.
pub fn register_read_set(register_id: Uuid, training: bool, read_set: &mut ReadSet) {
    series(training).read_set(register_id, read_set);
    journal::read_set(read_set, register_id, JournalKind::Sales);
}

/// Sells: number and rows, goods off the shelf, cash into the drawer, the shift's counters. Returns what
/// is to be recorded of it, and what the cashier should know.
///
/// # Errors
/// `TENDER_SHORT`, `INSUFFICIENT_STOCK`; what the arithmetic and the counters refuse, and what somebody
/// else has to approve.
pub fn sell(
    books: &mut WorkingSet,
    context: &Context,
    place: &Place,
    sale: Sale,
) -> Result<(pb::SaleEntry, Vec<pb::SaleWarning>), Stop> {
    let (business, shift, caller) = (&place.business, &place.shift, context.caller);
    let Sale { order_id, cart, priced, .. } = &sale;
    let settlement = cart.settle(priced, &business.currency_code)?;
    if settlement.amount_due > 0 {
        return Err(tender_short(priced.totals.total, &settlement, business).into());
    }
    let line_ids = cart.line_ids(|| context.new_id());
    let mut lines = cart.line_rows(*order_id, priced, &line_ids);
    let mut ledger = StockLedger::of(place.register.id, caller.branch_id, Some(*order_id));
    let (approvals, warnings) = if sale.training {
        Default::default()
    } else {
        let approvals = approval::approve(books, context, &sale, &line_ids)?;
        (approvals, take_from_stock(books, context, &mut ledger, &priced.products, &mut lines)?)
    };
    let receipt_number = series(sale.training).next(books, &place.register, shift.business_date)?;
    let sequence = next_sequence(books, caller.branch_id)?;
    let rows = OrderRows {
        lines,
        discounts: cart.discount_rows(*order_id, priced, &line_ids),
        tenders: tender_rows(&cart.tenders, cart.exchanged, *order_id),
        order: order_row(context, place, &sale, &settlement, (receipt_number, sequence))?,
    };
    let movements = if sale.training {
        count_training(books, shift, &rows)?;
        Vec::new()
    } else {
        take_cash(books, context, shift, &rows)?
    };
    if !business.has_orders {
        books.update::<business::Model, _>(&business.id, |business| {
            business.has_orders = true;
            Ok(())
        })?;
    }
    let currency = currency(business)?;
    let entry = pb::SaleEntry {
        order: Some(order_to_pb(&rows, currency)),
        movements: movements.iter().map(|row| movement_to_pb(row, currency)).collect(),
        approvals,
        stock: ledger.effects(),
        costs: line_costs(&rows.lines, currency),
        ..pb::SaleEntry::default()
    };
    insert(rows, books)?;
    Ok((entry, warnings))
}

fn order_row(
    context: &Context,
    Place { business, shift, register }: &Place,
    sale: &Sale,
    settlement: &pricing::Settlement,
    (receipt_number, sequence): (String, i64),
) -> Result<order::Model, Error> {
    let (totals, caller) = (&sale.priced.totals, context.caller);
    let [tax_rounding, rounding_mode] = rounding_numbers(business);
    Ok(order::Model {
        id: sale.order_id,
        kind: OrderKind::Sale.into(),
        state: OrderState::Completed.into(),
        receipt_number,
        branch_id: caller.branch_id,
        sequence,
        register_id: register.id,
        shift_id: shift.id,
        user_id: caller.user_id,
        terminal_id: caller.terminal_id,
        subtotal: totals.subtotal,
        discount_total: totals.discount_total,
        total: totals.total,
        rounding_adjustment: settlement.rounding_adjustment,
        tip_total: settlement.tip_total,
        change: settlement.change,
        note: sale.note.to_owned(),
        prices_include_tax: business.prices_include_tax,
        tax_rounding,
        rounding_mode,
        business_date: shift.business_date,
        create_time: to_micros(context.now),
        original_order_id: None,
        exchange_order_id: sale.exchange_order_id,
        training: sale.training,
        utc_offset_minutes: utc_offset_minutes(context.now, time_zone(business)?),
        customer_id: sale.customer_id,
        paid_back_in_cash: 0,
        paid_back_in_cash_by_user_id: None,
    })
}

/// Training is activity, and counted by itself.
fn count_training(books: &mut WorkingSet, shift: &shift::Model, rows: &OrderRows) -> Result<(), Stop> {
    books.update::<shift::Model, _>(&shift.id, |shift| {
        shift.last_activity_time = shift.last_activity_time.max(rows.order.create_time);
        Ok(())
    })?;
    counters::count_order(books, rows)
}

/// Cash goes into the drawer whole, and change out of it is a movement of its own.
fn take_cash(
    books: &mut WorkingSet,
    context: &Context,
    shift: &shift::Model,
    rows: &OrderRows,
) -> Result<Vec<cash_movement::Model>, Stop> {
    let mut cash = 0;
    for tender in rows.tenders.iter().filter(|tender| tender.kind == i32::from(TenderType::Cash)) {
        cash = add(cash, tender.amount)?;
    }
    let (total, change) = (rows.order.total, rows.order.change);
    let mut movements = Vec::with_capacity(2);
    for (kind, amount) in [(MovementType::SaleCash, cash), (MovementType::Change, change)] {
        if amount > 0 {
            let order_id = Some(rows.order.id);
            let movement = Movement { kind, amount, order_id, ..Movement::default() };
            movements.push(move_cash(books, context, shift, movement)?);
        }
    }
    books.update::<shift::Model, _>(&shift.id, |shift| {
        shift.sale_count = add(shift.sale_count, 1)?;
        shift.sales_total = add(shift.sales_total, total)?;
        shift.cash_received = add(shift.cash_received, cash)?;
        shift.change_given = add(shift.change_given, change)?;
        shift.last_activity_time = shift.last_activity_time.max(rows.order.create_time);
        Ok(())
    })?;
    counters::count_order(books, rows)?;
    Ok(movements)
}

/// Takes every line off the shelf, and notes what it had cost. What is missing is refused, warned of or
/// let through, as the product's policy says; the stock is the one that the sales before this one left.
fn take_from_stock(
    books: &mut WorkingSet,
    context: &Context,
    ledger: &mut StockLedger,
    products: &[product::Model],
    lines: &mut [order_line::Model],
) -> Result<Vec<pb::SaleWarning>, Stop> {
    let mut warnings = Vec::new();
    for (number, (line, product)) in lines.iter_mut().zip(products).enumerate() {
        let quantity = Quantity::from_thousandths(line.quantity);
        let goods = Goods { product_id: product.id, cause: StockCause::Sale, quantity, reason: "" };
        let path = || format!("lines[{number}].quantity");
        let stock = ledger.take(books, context, (product, &goods), path)?;
        line.cost = stock.average_cost.map(|average| cost::worth(average, quantity));
        if stock.quantity < 0 && product.stock_policy == i32::from(StockPolicy::Warn) {
            warnings.push(pb::SaleWarning {
                kind: SaleWarningKind::StockBelowZero.into(),
                line_id: line.line_id.to_string(),
                message: format!("{}: {} in stock", product.name, Quantity::from_thousandths(stock.quantity)),
            });
        }
    }
    Ok(warnings)
}

fn tender_short(total: i64, settlement: &pricing::Settlement, business: &business::Model) -> Error {
    let due = settlement.amount_due;
    let text =
        |minor| Currency::from_code(&business.currency_code).map_or_else(String::new, |it| it.format(minor));
    let mut words = format!("{} of {} is still to be paid", text(due), text(total));
    if settlement.cash_due == 0 {
        words.push_str("; coins make nothing of it: add a cash tender of 0 to settle it");
    }
    Error::new(Reason::TenderShort, words.clone())
        .field("tenders", words)
        .with("amount_due_minor", due)
        .with("cash_due_minor", settlement.cash_due)
        .with("total_minor", total)
        .with("currency", &business.currency_code)
}
