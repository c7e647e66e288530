//! The simple model: it knows the documents (orders, movements, records) and what they add up to, and
//! compares every sum, number and state that the books keep with that. None of the server's arithmetic is
//! used here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, Offset as _, TimeZone as _};
use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, JournalRecord, OrderKind, ShiftReport, journal_record::Entry},
};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    counting::Counting,
    told::{Change, Told},
};
use crate::store::entity::{
    branch, business, cash_movement, cash_transfer, customer, draft, order, order_discount, order_line,
    order_tender, product, purchase, register, shift, stock_transfer,
};

/// Says what is wrong.
pub type Checked<T = ()> = Result<T, String>;

/// Fails with words unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}
pub(super) use ensure;

/// Fails unless both are the same.
pub fn same<T: PartialEq + std::fmt::Debug>(what: impl FnOnce() -> String, is: T, should: T) -> Checked {
    if is == should { Ok(()) } else { Err(format!("{} is {is:?}, and should be {should:?}", what())) }
}

pub const CASH: i32 = 1;
/// Goods that were given back pay for others.
pub const GOODS: i32 = 6;
pub const SALE: i32 = 1;
/// Why goods moved: `kassa.v1.StockCause`.
const SALE_CAUSE: i32 = 3;
const REFUND_CAUSE: i32 = 4;
const VOID_CAUSE: i32 = 5;
/// The same with purchases.
const BOUGHT_CAUSE: i32 = 6;
const SENT_BACK_CAUSE: i32 = 7;
/// A count is a fact, whatever the books say.
const COUNT_CAUSE: i32 = 9;
pub const VOID: i32 = 3;
pub const OPEN: i32 = 1;
pub const ENDED: i32 = 2;
pub const CLOSED: i32 = 3;

/// The types of movements, as domain.md signs them; 12 and 13 are what counts find.
const IN: [i32; 5] = [1, 4, 7, 11, 12];
const OUT: [i32; 8] = [2, 3, 5, 6, 8, 9, 10, 13];
const OVER: i32 = 12;
const SHORT: i32 = 13;
const SAFE_DROP: i32 = 8;

/// A sum of a shift: count, amount, tax.
pub type Figures = [i64; 3];

/// A shift: its row as the books have it, and what its documents add up to.
#[derive(Debug)]
pub struct Shift {
    pub row: shift::Model,
    pub counters: BTreeMap<(i32, String), Figures>,
    pub counted: BTreeMap<(i32, String), Figures>,
    pub expected_cash: i64,
    sales: [i64; 2],
    returns: [i64; 2],
    voids: [i64; 2],
    /// Received, change, paid back.
    cash: [i64; 3],
    attempts: i32,
}

/// A document with its parts, and what was given back of it.
#[derive(Debug)]
pub struct Document {
    pub order: order::Model,
    pub lines: Vec<order_line::Model>,
    pub discounts: Vec<order_discount::Model>,
    pub tenders: Vec<order_tender::Model>,
    /// Quantity and total that came back, by line.
    pub given_back: BTreeMap<Uuid, [i64; 2]>,
    /// What went back, by tender type.
    pub paid_back: BTreeMap<i32, i64>,
    /// What of the total went back in cash, before rounding.
    pub cash_exact: i64,
    pub voided: bool,
}

impl Document {
    /// What the shop kept of a tender type: without tips and change.
    pub fn captured(&self, kind: i32) -> i64 {
        let of_kind = self.tenders.iter().filter(|it| it.kind == kind);
        let kept: i64 = of_kind.map(|it| it.amount - it.tip).sum();
        if kind == CASH { kept - self.order.change } else { kept }
    }

    /// The tender types it was paid with.
    pub fn kinds(&self) -> BTreeSet<i32> {
        self.tenders.iter().map(|it| it.kind).collect()
    }

    /// What a quantity of a line is worth together with what came back before, less that: total and tax.
    pub fn worth(&self, line: &order_line::Model, quantity: i64) -> [i64; 2] {
        let before = self.given_back.get(&line.line_id).map_or(0, |it| it[0]);
        [line.total, line.tax].map(|amount| {
            let of = |returned: i64| {
                quotient(
                    i128::from(amount) * i128::from(returned),
                    line.quantity.into(),
                    self.order.rounding_mode,
                )
            };
            of(before + quantity) - of(before)
        })
    }
}

/// The lines of a purchase.
fn lines_of(purchase: &purchase::Model) -> Vec<pb::PurchaseLine> {
    pb::Purchase::decode(purchase.lines.as_slice()).expect("a purchase's lines").lines
}

/// The goods of a purchase, line by line: products and thousandths.
pub fn bought(purchase: &purchase::Model) -> Vec<(Uuid, i64)> {
    let goods = |line: &pb::PurchaseLine| {
        let quantity = line.quantity.as_ref().and_then(|it| Quantity::try_from(it).ok()).expect("a quantity");
        (Uuid::try_parse(&line.product_id).expect("a product"), quantity.thousandths())
    };
    lines_of(purchase).iter().map(goods).collect()
}

/// `numerator / denominator` of what is not negative, a half rounded as the mode says.
pub fn quotient(numerator: i128, denominator: i128, rounding_mode: i32) -> i64 {
    let (floor, rest) = (numerator / denominator, numerator % denominator);
    let up = 2 * rest > denominator || 2 * rest == denominator && (rounding_mode != 2 || floor % 2 == 1);
    i64::try_from(floor + i128::from(up)).expect("an amount")
}

/// Cash of a country without small coins: 1 rounds a half up, 2 down, 0 rounds nothing.
pub fn rounded(amount: i64, unit: i64, mode: i32) -> i64 {
    if unit <= 0 || mode == 0 {
        return amount;
    }
    let rest = amount % unit;
    let up = 2 * rest > unit || 2 * rest == unit && mode == 1;
    amount - rest + if up { unit } else { 0 }
}

/// A drawer and its register.
#[derive(Debug)]
pub struct Drawer {
    pub row: register::Model,
    pub balance: i64,
    movements: i64,
    perpetual: [i64; 2],
    reports: i64,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct Ledger {
    pub business: Option<business::Model>,
    pub branches: BTreeMap<Uuid, branch::Model>,
    pub drawers: BTreeMap<Uuid, Drawer>,
    pub shifts: BTreeMap<Uuid, Shift>,
    pub products: BTreeMap<Uuid, product::Model>,
    /// Of a product at a branch: its changes, and what there is.
    pub stock: BTreeMap<(Uuid, Uuid), [i64; 2]>,
    /// At which quantity it is low.
    levels: BTreeMap<(Uuid, Uuid), i64>,
    pub customers: BTreeMap<Uuid, customer::Model>,
    pub counting: Counting,
    pub documents: BTreeMap<Uuid, Document>,
    /// The documents in their order.
    pub orders: Vec<Uuid>,
    order_sequences: BTreeMap<Uuid, i64>,
    event_sequences: BTreeMap<Uuid, i64>,
    key_sequences: BTreeMap<Uuid, i64>,
    pub drafts: BTreeMap<Uuid, draft::Model>,
    pub transfers: BTreeMap<Uuid, cash_transfer::Model>,
    pub purchases: BTreeMap<Uuid, purchase::Model>,
    pub stock_transfers: BTreeMap<Uuid, stock_transfer::Model>,
    /// How many numbers each branch has given out, by what they begin with.
    branch_series: BTreeMap<(Uuid, String), i64>,
    /// Movements that people recorded, by their ids.
    pub movements: BTreeMap<Uuid, cash_movement::Model>,
    reversed: BTreeSet<Uuid>,
    /// How often a receipt was given out.
    prints: BTreeMap<Uuid, i64>,
    draft_sequences: BTreeMap<Uuid, i64>,
    series: BTreeMap<(Uuid, String), i64>,
    chains: BTreeMap<(Uuid, i32), (i64, Vec<u8>)>,
}

/// The products that records say are low, and by which change.
fn told_low(said: &[Entry]) -> Vec<(String, i64)> {
    let low = said.iter().filter_map(|entry| match entry {
        Entry::LowStock(entry) => Some((entry.product_id.clone(), entry.sequence)),
        _ => None,
    });
    low.collect()
}

impl Ledger {
    /// A shop that was put into the books as it is.
    pub fn found(
        &mut self,
        business: &business::Model,
        branches: &[branch::Model],
        registers: &[register::Model],
    ) {
        self.business = Some(business.clone());
        self.branches = branches.iter().map(|row| (row.id, row.clone())).collect();
        let drawer = |row: &register::Model| Drawer {
            row: row.clone(),
            balance: 0,
            movements: 0,
            perpetual: [0; 2],
            reports: 0,
        };
        self.drawers = registers.iter().map(|row| (row.id, drawer(row))).collect();
    }

    /// The shop's settings.
    pub fn shop(&self) -> &business::Model {
        self.business.as_ref().expect("a shop")
    }

    /// A register's open shift, or the one that has ended and was not counted.
    pub fn shift_on(&self, register: Uuid, state: i32) -> Option<&Shift> {
        self.shifts.values().find(|shift| {
            let row = &shift.row;
            row.register_id == register && row.state == state && (state == OPEN || row.counted_cash.is_none())
        })
    }

    /// A user's open shift.
    pub fn shift_of(&self, user: Uuid) -> Option<&Shift> {
        self.shifts.values().find(|shift| shift.row.user_id == user && shift.row.state == OPEN)
    }

    /// Takes in what a posting of a register changed, and compares all that it touches.
    ///
    /// # Errors
    /// What does not hold.
    pub fn take(&mut self, told: &Told, now: i64, register: Uuid) -> Checked {
        self.take_masters(told);
        self.customers(told, now)?;
        for (before, row) in &told.shifts {
            self.shift_row(before.as_ref(), row, now)?;
        }
        for (order_before, order) in &told.orders {
            ensure!(order_before.is_none(), "an order was changed: {order:?}");
            self.order(told, order, now)?;
        }
        let mut movements: Vec<&Change<cash_movement::Model>> = told.movements.iter().collect();
        movements.sort_by_key(|(_, row)| (row.register_id, row.sequence));
        for (before, row) in movements {
            ensure!(before.is_none(), "a movement was changed: {row:?}");
            self.movement(told, row, now)?;
        }
        for (before, row) in &told.counts {
            ensure!(before.is_none(), "a count was changed: {row:?}");
            let shift = self.shifts.get_mut(&row.shift_id).ok_or("a count without a shift")?;
            ensure!(row.attempt > shift.attempts - 1, "a count is put beside an earlier one: {row:?}");
            shift.attempts = row.attempt;
        }
        for (before, row) in &told.denominations {
            ensure!(before.is_none(), "a denomination was changed: {row:?}");
        }
        let low = self.stock(told)?;
        self.counting.take(told, &self.stock)?;
        self.given_back(told)?;
        self.counters(told)?;
        self.reports(told)?;
        self.registers(told)?;
        self.carts(told)?;
        self.transfers(told)?;
        self.purchases(told, now)?;
        self.stock_transfers(told)?;
        self.papers(told, register)?;
        let said = self.journal(told, now)?;
        self.said(&said, register)?;
        same(|| "what is told to be low".to_owned(), told_low(&said), low)?;
        self.recorded(told, &said)?;
        self.numbers(told)?;
        let touched = told.shifts.iter().map(|(_, row)| row.id);
        let touched = touched.chain(told.orders.iter().map(|(_, row)| row.shift_id));
        let touched = touched.chain(told.counters.iter().map(|(_, row)| row.shift_id));
        let touched: BTreeSet<Uuid> =
            touched.chain(told.movements.iter().map(|(_, row)| row.shift_id)).collect();
        for id in touched {
            self.shift_adds_up(id)?;
        }
        self.one_open_shift()
    }

    fn take_masters(&mut self, told: &Told) {
        for (_, row) in &told.businesses {
            self.business = Some(row.clone());
        }
        for (_, row) in &told.products {
            self.products.insert(row.id, row.clone());
        }
        for (_, row) in &told.branches {
            self.branches.insert(row.id, row.clone());
        }
    }

    /// People come, change and are forgotten, and what they bought stays theirs.
    fn customers(&mut self, told: &Told, now: i64) -> Checked {
        for (before, row) in &told.customers {
            let known = self.customers.insert(row.id, row.clone());
            same(|| "a customer as they were".to_owned(), before.as_ref(), known.as_ref())?;
            let forgotten = known.is_some_and(|known| known.anonymize_time.is_some());
            ensure!(!forgotten, "somebody who was forgotten was changed: {row:?}");
            same(|| "a customer's version".to_owned(), row.version, self.shop().customer_version)?;
            same(|| "when a customer was changed".to_owned(), row.update_time, now)?;
        }
        for (_, order) in &told.orders {
            let original = order.original_order_id.and_then(|id| self.documents.get(&id));
            if let Some(original) = original {
                same(|| "who gives back".to_owned(), order.customer_id, original.order.customer_id)?;
            }
        }
        Ok(())
    }

    fn shift_row(&mut self, before: Option<&shift::Model>, row: &shift::Model, now: i64) -> Checked {
        let Some(before) = before else {
            ensure!(row.state == OPEN, "a shift begins in the state {}", row.state);
            ensure!(self.drawers.contains_key(&row.register_id), "a shift on no register");
            let zone: chrono_tz::Tz = self.shop().time_zone.parse().expect("a zone");
            let local = zone.timestamp_micros(row.open_time).single().ok_or("no time")?;
            let date =
                local.year() * 10_000 + i32::try_from(local.month() * 100 + local.day()).expect("a date");
            same(|| "a business date".to_owned(), row.business_date, date)?;
            let shift = Shift {
                expected_cash: row.opening_float,
                row: row.clone(),
                counters: BTreeMap::new(),
                counted: BTreeMap::new(),
                sales: [0; 2],
                returns: [0; 2],
                voids: [0; 2],
                cash: [0; 3],
                attempts: 0,
            };
            self.shifts.insert(row.id, shift);
            return Ok(());
        };
        ensure!(row.state >= before.state, "a shift goes back from {} to {}", before.state, row.state);
        ensure!(row.version >= before.version, "a version goes back");
        ensure!(row.last_activity_time >= before.last_activity_time, "activity goes back");
        ensure!(row.last_activity_time <= now, "activity of tomorrow");
        ensure!(row.state == before.state || row.version > before.version, "a state without a version");
        let frozen = |row: &shift::Model| {
            (
                row.number.clone(),
                row.branch_id,
                row.register_id,
                row.open_time,
                row.business_date,
                row.opening_float,
                row.opened_by_user_id,
            )
        };
        same(|| "what a shift began with".to_owned(), frozen(row), frozen(before))?;
        if before.state != OPEN {
            same(|| "the owner of an ended shift".to_owned(), row.user_id, before.user_id)?;
        }
        ensure!(before.state != CLOSED, "a closed shift was changed: {before:?} {row:?}");
        let shift = self.shifts.get_mut(&row.id).ok_or("a shift out of nowhere")?;
        same(|| "a shift as it was".to_owned(), before, &shift.row)?;
        shift.row = row.clone();
        Ok(())
    }

    fn order(&mut self, told: &Told, order: &order::Model, now: i64) -> Checked {
        let mine = |id: Uuid| id == order.id;
        let mut lines: Vec<_> =
            told.lines.iter().map(|(_, row)| row).filter(|it| mine(it.order_id)).cloned().collect();
        let mut tenders: Vec<_> =
            told.tenders.iter().map(|(_, row)| row).filter(|it| mine(it.order_id)).cloned().collect();
        let mut discounts: Vec<_> =
            told.discounts.iter().map(|(_, row)| row).filter(|it| mine(it.order_id)).cloned().collect();
        lines.sort_by_key(|row| row.position);
        tenders.sort_by_key(|row| row.position);
        discounts.sort_by_key(|row| row.position);

        let shift = self.shifts.get(&order.shift_id).ok_or("an order without a shift")?;
        same(|| "the state of an order's shift".to_owned(), shift.row.state, OPEN)?;
        same(|| "an order's register".to_owned(), order.register_id, shift.row.register_id)?;
        same(|| "an order's business date".to_owned(), order.business_date, shift.row.business_date)?;
        same(|| "an order's time".to_owned(), order.create_time, now)?;
        let zone: chrono_tz::Tz = self.shop().time_zone.parse().expect("a zone");
        let local = zone.timestamp_micros(now).single().ok_or("no time")?;
        let offset = local.offset().fix().local_minus_utc() / 60;
        same(|| "an order's offset".to_owned(), order.utc_offset_minutes, offset)?;

        let next = self.order_sequences.entry(order.branch_id).or_default();
        *next += 1;
        same(|| "an order's place".to_owned(), order.sequence, *next)?;
        let is_sale = order.kind == SALE;
        let prefix = match is_sale {
            true if order.training => "TRN",
            true => "INV",
            false => "RET",
        };
        self.number(&order.receipt_number, prefix, order.register_id, order.business_date)?;

        let sum = |part: fn(&order_line::Model) -> i64| lines.iter().map(part).sum::<i64>();
        same(|| "an order's total".to_owned(), order.total, sum(|line| line.total))?;
        same(|| "an order's subtotal".to_owned(), order.subtotal, sum(|line| line.subtotal))?;
        let off = sum(|line| line.discount_total + line.order_discount_share);
        same(|| "an order's discounts".to_owned(), order.discount_total, off)?;
        let named: i64 = discounts.iter().map(|it| it.amount).sum();
        same(|| "the sum of the discounts".to_owned(), order.discount_total, named)?;
        let (paid, tips) = tenders.iter().fold((0, 0), |(paid, tips), it| (paid + it.amount, tips + it.tip));
        let asked = order.total + order.rounding_adjustment + order.tip_total;
        same(|| "what was paid, less change".to_owned(), paid - order.change, asked)?;
        same(|| "an order's tips".to_owned(), order.tip_total, tips)?;
        for line in &lines {
            let after = line.subtotal - line.discount_total - line.order_discount_share;
            let of = if order.prices_include_tax { line.total } else { line.net };
            same(|| format!("a line's worth {line:?}"), of, after)?;
            ensure!([line.net, line.tax, after].iter().all(|it| *it >= 0), "a line is negative: {line:?}");
            if is_sale {
                self.sold_line(order, line)?;
            }
        }
        let cash: i64 = tenders.iter().filter(|it| it.kind == CASH).map(|it| it.amount).sum();
        let moved: Vec<(i32, i64)> = told
            .movements
            .iter()
            .map(|(_, row)| row)
            .filter(|it| it.order_id == Some(order.id))
            .map(|it| (it.kind, it.amount))
            .collect();
        let should: Vec<(i32, i64)> =
            if is_sale { vec![(1, cash), (2, order.change)] } else { vec![(3, cash)] };
        let should = if order.training { Vec::new() } else { should };
        let should: BTreeSet<(i32, i64)> = should.into_iter().filter(|(_, amount)| *amount > 0).collect();
        same(|| "what an order moves".to_owned(), moved.into_iter().collect(), should)?;

        let document = Document {
            order: order.clone(),
            lines,
            discounts,
            tenders,
            given_back: BTreeMap::new(),
            paid_back: BTreeMap::new(),
            cash_exact: 0,
            voided: false,
        };
        if !is_sale {
            self.reverses(&document)?;
        }
        if let Some(other) = order.exchange_order_id {
            let both = told.orders.iter().map(|(_, it)| it);
            let other = both.clone().find(|it| it.id == other).ok_or("half an exchange")?;
            same(|| "the other half of an exchange".to_owned(), other.exchange_order_id, Some(order.id))?;
            let goods: i64 = document.tenders.iter().filter(|it| it.kind == GOODS).map(|it| it.amount).sum();
            same(|| "what goods pay".to_owned(), goods, order.total.min(other.total))?;
        } else {
            ensure!(document.tenders.iter().all(|it| it.kind != GOODS), "goods pay for no exchange");
        }
        self.count_order(&document, cash);
        self.orders.push(order.id);
        self.documents.insert(order.id, document);
        Ok(())
    }

    /// What a line of a sale is made of.
    fn sold_line(&self, order: &order::Model, line: &order_line::Model) -> Checked {
        let product = self.products.get(&line.product_id).ok_or("a line without a product")?;
        same(|| "a line's list price".to_owned(), line.list_price, product.price)?;
        same(|| "a line's rate".to_owned(), line.tax_rate, product.tax_rate)?;
        let exact = i128::from(line.unit_price) * i128::from(line.quantity);
        same(
            || format!("a line's subtotal {line:?}"),
            line.subtotal,
            quotient(exact, 1_000, order.rounding_mode),
        )?;
        if order.tax_rounding == 1 {
            let (rate, whole) = (i128::from(line.tax_rate), 1_000_000);
            if order.prices_include_tax {
                let net = quotient(i128::from(line.total) * whole, whole + rate, order.rounding_mode);
                // A half may lie with the net or with the tax.
                ensure!((net - line.net).abs() <= 1, "the net of {line:?} is {net}");
            } else {
                let tax = quotient(i128::from(line.net) * rate, whole, order.rounding_mode);
                same(|| format!("a line's tax {line:?}"), line.tax, tax)?;
            }
        }
        Ok(())
    }

    /// What a refund or a void takes back of its sale, within what is left.
    fn reverses(&mut self, back: &Document) -> Checked {
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
            ensure!(so_far[0] <= sold.quantity, "more comes back than was sold: {so_far:?} of {sold:?}");
            ensure!(so_far[1] <= sold.total, "more is paid back than was paid: {so_far:?} of {sold:?}");
        }
        let mut not_cash = 0;
        for tender in &back.tenders {
            let mut amount = tender.amount - tender.tip;
            not_cash += if tender.kind == CASH { 0 } else { amount };
            // What goods pay in an exchange is no money of the sale's; what is left of its cash goes first.
            let kinds = match tender.kind {
                GOODS => &[][..],
                CASH => &[CASH, GOODS][..],
                ref other => std::slice::from_ref(other),
            };
            for kind in kinds {
                let captured = sale.captured(*kind);
                let so_far = sale.paid_back.entry(*kind).or_default();
                let part = amount.min(captured - *so_far);
                *so_far += part;
                amount -= part;
            }
            ensure!(
                kinds.is_empty() || amount == 0,
                "{amount} more goes back than the sale's {kinds:?} gave"
            );
        }
        sale.cash_exact += back.order.total - not_cash;
        Ok(())
    }

    fn count_order(&mut self, document: &Document, cash: i64) {
        let order = &document.order;
        let shift = self.shifts.get_mut(&order.shift_id).expect("looked up before");
        if order.training {
            let so_far = shift.counters.entry((14, String::new())).or_default();
            so_far[0] += 1;
            so_far[1] += order.total;
            return;
        }
        let is_sale = order.kind == SALE;
        let sign = if is_sale { 1 } else { -1 };
        let mut count = |kind: i32, key: String, figures: Figures| {
            let so_far = shift.counters.entry((kind, key)).or_default();
            for (sum, figure) in so_far.iter_mut().zip(figures) {
                *sum += figure;
            }
        };
        for tender in &document.tenders {
            count(if is_sale { 1 } else { 2 }, tender.kind.to_string(), [1, tender.amount, 0]);
        }
        if is_sale && order.change > 0 {
            count(1, CASH.to_string(), [0, -order.change, 0]);
        }
        for line in &document.lines {
            count(3, line.tax_rate.to_string(), [sign, sign * line.net, sign * line.tax]);
            count(4, line.category.clone(), [sign, sign * line.total, 0]);
            if is_sale && line.unit_price != line.list_price {
                count(8, String::new(), [1, line.subtotal, 0]);
            }
        }
        if is_sale {
            for discount in &document.discounts {
                count(7, String::new(), [1, discount.amount, 0]);
            }
        }
        if order.rounding_adjustment != 0 {
            count(9, String::new(), [1, sign * order.rounding_adjustment, 0]);
        }
        if order.tip_total != 0 {
            count(10, String::new(), [sign, sign * order.tip_total, 0]);
        }
        let offset = order.utc_offset_minutes;
        let hour = (order.create_time / 60_000_000 + i64::from(offset)) / 60;
        count(5, format!("{hour}{offset:+}"), [i64::from(is_sale), sign * order.total, 0]);
        let sums = match OrderKind::try_from(order.kind) {
            Ok(OrderKind::Sale) => &mut shift.sales,
            Ok(OrderKind::Void) => &mut shift.voids,
            _ => &mut shift.returns,
        };
        sums[0] += 1;
        sums[1] += order.total;
        if is_sale {
            shift.cash[0] += cash;
            shift.cash[1] += order.change;
        } else {
            shift.cash[2] += cash;
        }
    }

    fn movement(&mut self, told: &Told, row: &cash_movement::Model, now: i64) -> Checked {
        let sign = i64::from(IN.contains(&row.kind)) - i64::from(OUT.contains(&row.kind));
        ensure!(row.amount >= 0, "a negative movement: {row:?}");
        ensure!(sign != 0 || row.amount == 0, "a movement of no type moves cash: {row:?}");
        let drawer = self.drawers.get_mut(&row.register_id).ok_or("a movement in no drawer")?;
        drawer.movements += 1;
        drawer.balance += sign * row.amount;
        same(|| "a movement's place".to_owned(), row.sequence, drawer.movements)?;
        same(|| format!("the balance beside {row:?}"), row.balance, drawer.balance)?;
        same(|| "a movement's time".to_owned(), row.create_time, now)?;
        if let Some(id) = row.reverses_movement_id {
            let original = self.movements.get(&id).ok_or("a reversal of no movement")?;
            let both = (row.register_id, row.shift_id, row.amount);
            same(
                || "what is reversed".to_owned(),
                both,
                (original.register_id, original.shift_id, original.amount),
            )?;
            ensure!(IN.contains(&original.kind) == OUT.contains(&row.kind), "a reversal goes the same way");
            ensure!(
                original.reverses_movement_id.is_none() && self.reversed.insert(id),
                "reversed twice: {row:?}"
            );
        }
        if row.order_id.is_none() && !row.at_opening {
            self.movements.insert(row.id, row.clone());
        }
        let shift = self.shifts.get_mut(&row.shift_id).ok_or("a movement without a shift")?;
        same(|| "a movement's register".to_owned(), row.register_id, shift.row.register_id)?;
        if row.at_opening {
            return Ok(());
        }
        let so_far = shift.counters.entry((6, row.kind.to_string())).or_default();
        so_far[0] += 1;
        so_far[1] += row.amount;
        // What a close takes out was counted before.
        let closing = |(before, after): &Change<shift::Model>| {
            after.id == row.shift_id
                && after.state == CLOSED
                && before.as_ref().is_some_and(|it| it.state != CLOSED)
        };
        let at_close = row.kind == SAFE_DROP && told.shifts.iter().any(closing);
        if ![OVER, SHORT].contains(&row.kind) && !at_close {
            shift.expected_cash += sign * row.amount;
        }
        Ok(())
    }

    /// Every change follows the one before, and what orders moved is what their lines say.
    /// Returns the products that came down to their level, and by which change.
    fn stock(&mut self, told: &Told) -> Result<Vec<(String, i64)>, String> {
        let mut low = Vec::new();
        let mut moved: Vec<(Uuid, Uuid, i64)> = Vec::new();
        for (before, row) in &told.stock_changes {
            ensure!(before.is_none(), "a change of the stock was changed: {row:?}");
            let [count, quantity] = self.stock.entry((row.branch_id, row.product_id)).or_default();
            let level = self.levels.get(&(row.branch_id, row.product_id));
            if level.is_some_and(|level| *quantity > *level && *quantity + row.quantity <= *level) {
                low.push((row.product_id.to_string(), row.sequence));
            }
            *count += 1;
            *quantity += row.quantity;
            same(|| format!("the place of {row:?}"), row.sequence, *count)?;
            same(|| format!("the balance of {row:?}"), row.balance, *quantity)?;
            if [SALE_CAUSE, REFUND_CAUSE, VOID_CAUSE].contains(&row.cause) {
                let document = row.document_id.ok_or("goods of no order")?;
                moved.push((document, row.product_id, row.quantity));
            }
            let product = self.products.get(&row.product_id).ok_or("goods of no product")?;
            let is_count = row.cause == COUNT_CAUSE;
            let blocked = product.stock_policy == 3 && row.quantity < 0 && !is_count;
            ensure!(!blocked || row.balance >= 0, "{} is taken below zero", product.sku);
        }
        let mut right = Vec::new();
        for (_, line) in &told.lines {
            let order = &self.documents.get(&line.order_id).ok_or("a line of no order")?.order;
            if order.training || (order.kind != SALE && !line.restocked) {
                continue;
            }
            let sign = if order.kind == SALE { -1 } else { 1 };
            right.push((order.id, line.product_id, sign * line.quantity));
        }
        moved.sort_unstable();
        right.sort_unstable();
        same(|| "the goods that orders moved".to_owned(), moved, right)?;
        for (_, row) in &told.stock {
            let known = self.stock.entry((row.branch_id, row.product_id)).or_default();
            same(|| format!("the stock of {}", row.product_id), [row.change_count, row.quantity], *known)?;
            match row.low_quantity {
                Some(level) => self.levels.insert((row.branch_id, row.product_id), level),
                None => self.levels.remove(&(row.branch_id, row.product_id)),
            };
        }
        Ok(low)
    }

    fn given_back(&mut self, told: &Told) -> Checked {
        let mut documents = BTreeSet::new();
        for (_, order) in &told.orders {
            documents.extend(order.original_order_id);
        }
        for (_, row) in &told.returns {
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
                same(
                    || "the exact cash that came back".to_owned(),
                    row.returned_cash_exact,
                    sale.cash_exact,
                )?;
            }
            documents.remove(&row.order_id);
        }
        for id in documents {
            // A refund of nothing (free goods) leaves the totals as they were, and a row the first time.
            let worth: i64 = told
                .orders
                .iter()
                .filter(|(_, it)| it.original_order_id == Some(id))
                .map(|(_, it)| it.total)
                .sum();
            ensure!(worth == 0, "nobody wrote down what came back of {id}");
        }
        for (_, row) in &told.line_returns {
            let sale = self.documents.get(&row.order_id).ok_or("a return of no order")?;
            let so_far = sale.given_back.get(&row.line_id).copied().unwrap_or_default();
            same(
                || "what came back of a line".to_owned(),
                [row.returned_quantity, row.returned_total],
                so_far,
            )?;
        }
        for (_, row) in &told.tender_returns {
            let sale = self.documents.get(&row.order_id).ok_or("a return of no order")?;
            let so_far = sale.paid_back.get(&row.kind).copied().unwrap_or_default();
            same(
                || "what went back to a tender".to_owned(),
                (row.captured, row.returned),
                (sale.captured(row.kind), so_far),
            )?;
        }
        let returned = told.lines.iter().filter(|(_, line)| line.original_line_id.is_some());
        let refunded = returned.filter(|(_, line)| self.documents[&line.order_id].order.kind != VOID).count();
        ensure!(told.line_returns.len() >= refunded, "nobody wrote down what came back of a line");
        Ok(())
    }

    fn counters(&mut self, told: &Told) -> Checked {
        for (_, row) in &told.counters {
            let shift = self.shifts.get_mut(&row.shift_id).ok_or("a counter without a shift")?;
            shift.counted.insert((row.kind, row.key.clone()), [row.count, row.amount, row.tax]);
        }
        Ok(())
    }

    fn shift_adds_up(&self, id: Uuid) -> Checked {
        let shift = &self.shifts[&id];
        let row = &shift.row;
        let what = |what: &str| format!("{what} of {}", row.number);
        same(|| what("the sales"), [row.sale_count, row.sales_total], shift.sales)?;
        same(|| what("the returns"), [row.return_count, row.returns_total], shift.returns)?;
        same(|| what("the voids"), [row.void_count, row.voids_total], shift.voids)?;
        same(|| what("the cash"), [row.cash_received, row.change_given, row.cash_refunded], shift.cash)?;
        same(|| what("the expected cash"), row.expected_cash, shift.expected_cash)?;
        same(|| what("the counts"), row.count_attempts, shift.attempts)?;
        same(|| what("the counters"), &shift.counted, &shift.counters)?;
        if row.state == OPEN {
            ensure!(row.end_time.is_none() && row.close_time.is_none(), "an open shift has ended: {row:?}");
        }
        Ok(())
    }

    fn reports(&mut self, told: &Told) -> Checked {
        let closed = told.shifts.iter().filter(|(before, row)| {
            row.state == CLOSED && before.as_ref().is_some_and(|before| before.state != CLOSED)
        });
        let closed: BTreeSet<Uuid> = closed.map(|(_, row)| row.id).collect();
        same(|| "how many reports are issued".to_owned(), told.reports.len(), closed.len())?;
        for (before, row) in &told.reports {
            ensure!(
                before.is_none() && closed.contains(&row.shift_id),
                "a report of {} is written again",
                row.shift_id
            );
            same(
                || "a report's hash".to_owned(),
                row.document_sha256.clone(),
                Sha256::digest(&row.document).to_vec(),
            )?;
            let z = ShiftReport::decode(row.document.as_slice()).map_err(|error| error.to_string())?;
            let shift = &self.shifts[&row.shift_id];
            let drawer = self.drawers.get_mut(&row.register_id).ok_or("a report of no register")?;
            drawer.reports += 1;
            let back = shift.returns[1] + shift.voids[1];
            drawer.perpetual[0] += shift.sales[1] - back;
            drawer.perpetual[1] += shift.sales[1] + back;
            same(
                || "a report's place".to_owned(),
                (row.sequence, z.sequence),
                (drawer.reports, drawer.reports),
            )?;
            let perpetual = [minor(&z.perpetual_total), minor(&z.perpetual_absolute_total)];
            same(|| "the perpetual totals of a Z".to_owned(), perpetual, drawer.perpetual)?;
            z_adds_up(&z, shift)?;
            if let (Some(left), Some(z_left)) = (shift.row.left_in_drawer, z.left_in_drawer.as_ref()) {
                same(|| "what a Z leaves in the drawer".to_owned(), z_left.amount_minor, left)?;
            }
        }
        Ok(())
    }

    fn registers(&mut self, told: &Told) -> Checked {
        for (_, row) in &told.registers {
            self.drawers.get_mut(&row.id).ok_or("a register out of nowhere")?.row = row.clone();
        }
        for drawer in self.drawers.values() {
            let row = &drawer.row;
            same(|| format!("the drawer of {}", row.code), row.drawer_balance, drawer.balance)?;
            same(|| format!("the movements of {}", row.code), row.last_movement_sequence, drawer.movements)?;
            same(|| format!("the reports of {}", row.code), row.last_report_sequence, drawer.reports)?;
            let perpetual = [row.perpetual_total, row.perpetual_absolute_total];
            same(|| format!("the perpetual totals of {}", row.code), perpetual, drawer.perpetual)?;
        }
        // A drawer that was counted holds what was left in it.
        for (before, row) in &told.shifts {
            let counted = before.as_ref().is_some_and(|before| before.left_in_drawer.is_none());
            if let (true, Some(left)) = (counted, row.left_in_drawer) {
                same(
                    || "the drawer after the count".to_owned(),
                    self.drawers[&row.register_id].balance,
                    left,
                )?;
            }
        }
        Ok(())
    }

    /// Carts are kept, taken over, and end once.
    fn carts(&mut self, told: &Told) -> Checked {
        let mut drafts: Vec<_> = told.drafts.iter().collect();
        drafts.sort_by_key(|(_, row)| row.sequence);
        for (before, row) in drafts {
            if let Some(before) = before {
                ensure!(before.state == 1, "a cart that has ended is changed: {row:?}");
                ensure!(row.version > before.version, "a cart changes without a version");
                same(|| "a cart's place".to_owned(), row.sequence, before.sequence)?;
            } else {
                let last = self.draft_sequences.entry(row.branch_id).or_default();
                *last += 1;
                same(|| "a cart's place".to_owned(), row.sequence, *last)?;
            }
            let sold = row.order_id.is_some_and(|id| self.documents.contains_key(&id));
            same(|| "whether a cart was sold".to_owned(), sold, row.state == 2)?;
            self.drafts.insert(row.id, row.clone());
        }
        for (_, row) in &told.branches {
            let of_branch = self.drafts.values().filter(|it| it.branch_id == row.id);
            let open = of_branch.filter(|it| it.state == 1).count();
            same(
                || "the carts that are open".to_owned(),
                row.open_drafts,
                i64::try_from(open).expect("few"),
            )?;
            let last = self.draft_sequences.get(&row.id).copied().unwrap_or_default();
            same(|| "the carts of a branch".to_owned(), row.last_draft_sequence, last)?;
        }
        Ok(())
    }

    /// Cash that is sent is in transit until it comes in once.
    /// Purchases go from draft to approval to their end, and move their goods once each way.
    fn purchases(&mut self, told: &Told, now: i64) -> Checked {
        let mut should = Vec::new();
        for (before, row) in &told.purchases {
            let before = before.as_ref().map(|it| (it.version, it.state));
            let (version, from) = before.unwrap_or((0, 1));
            same(|| "a purchase's version".to_owned(), row.version, version + 1)?;
            let known = self.purchases.get(&row.id).map(|it| (it.version, it.state));
            same(|| "a purchase as it was".to_owned(), before, known)?;
            let goods = bought(row);
            let cost: i64 = lines_of(row).iter().map(|line| minor(&line.cost)).sum();
            same(|| "what a purchase costs".to_owned(), row.cost_total, cost)?;
            let moved = match (from, row.state) {
                (1, 1) | (1, 3) => None,
                (1, 2) => {
                    self.purchase_number(row, now)?;
                    Some((BOUGHT_CAUSE, 1))
                }
                (2, 3) => Some((SENT_BACK_CAUSE, -1)),
                (from, to) => return Err(format!("a purchase goes from {from} to {to}")),
            };
            if let Some((cause, sign)) = moved {
                should.extend(goods.iter().map(|(id, quantity)| (row.id, cause, *id, sign * quantity)));
            }
            self.purchases.insert(row.id, row.clone());
        }
        let changes = told.stock_changes.iter().map(|(_, row)| row);
        let of_purchases = changes.filter(|it| [BOUGHT_CAUSE, SENT_BACK_CAUSE].contains(&it.cause));
        let mut moved: Vec<_> = of_purchases
            .map(|it| (it.document_id.unwrap_or_default(), it.cause, it.product_id, it.quantity))
            .collect();
        moved.sort_unstable();
        should.sort_unstable();
        same(|| "the goods that purchases moved".to_owned(), moved, should)
    }

    fn purchase_number(&mut self, row: &purchase::Model, now: i64) -> Checked {
        let zone: chrono_tz::Tz = self.shop().time_zone.parse().expect("a zone");
        let local = zone.timestamp_micros(now).single().ok_or("no time")?;
        let month = format!("{}{:02}", local.year(), local.month());
        let should = self.next_number("PUR", row.branch_id, &month);
        same(|| "a purchase's number".to_owned(), row.number.as_deref(), Some(should.as_str()))
    }

    /// The next number of a branch's series.
    pub fn next_number(&mut self, prefix: &str, branch_id: Uuid, month: &str) -> String {
        let last = self.branch_series.entry((branch_id, prefix.to_owned())).or_default();
        *last += 1;
        format!("{prefix}-{month}-{}-{last:06}", self.branches[&branch_id].code)
    }

    fn transfers(&mut self, told: &Told) -> Checked {
        for (before, row) in &told.transfers {
            let of_transfer =
                told.movements.iter().map(|(_, it)| it).filter(|it| it.transfer_id == Some(row.id));
            let moved: Vec<_> = of_transfer.map(|it| (it.kind, it.amount, it.register_id)).collect();
            match before {
                None => {
                    same(|| "what is sent".to_owned(), moved, vec![(10, row.amount, row.from_register_id)])?;
                    same(|| "the state of what is sent".to_owned(), row.state, 1)?;
                }
                Some(before) => {
                    ensure!(before.state == 1 && row.state != 1, "a transfer is received twice: {row:?}");
                    let to = if row.state == 2 { row.to_register_id } else { row.from_register_id };
                    same(|| "what is received".to_owned(), moved, vec![(11, before.amount, to)])?;
                }
            }
            self.transfers.insert(row.id, row.clone());
        }
        let halves = told.movements.iter().filter(|(_, row)| row.transfer_id.is_some()).count();
        same(|| "the halves of transfers".to_owned(), halves, told.transfers.len())
    }

    /// The first paper is the receipt, the others are counted where they are printed.
    fn papers(&mut self, told: &Told, register: Uuid) -> Checked {
        for (_, row) in &told.prints {
            let count = self.prints.entry(row.order_id).or_default();
            *count += 1;
            same(|| "the papers of an order".to_owned(), row.print_count, *count)?;
            if *count > 1 {
                let total = self.documents.get(&row.order_id).ok_or("a paper of no order")?.order.total;
                self.count_at(register, 12, [1, total, 0]);
            }
        }
        Ok(())
    }

    /// What is counted of what was said.
    fn said(&mut self, said: &[Entry], register: Uuid) -> Checked {
        for entry in said {
            match entry {
                Entry::DraftDiscarded(_) => self.count_at(register, 13, [1, 0, 0]),
                Entry::DrawerOpened(entry) => {
                    let id = Uuid::try_parse(&entry.shift_id).map_err(|error| error.to_string())?;
                    let shift = self.shifts.get_mut(&id).ok_or("a drawer is opened in no shift")?;
                    same(|| "the shift of an opening".to_owned(), shift.row.state, OPEN)?;
                    shift.counters.entry((11, String::new())).or_default()[0] += 1;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn count_at(&mut self, register: Uuid, kind: i32, figures: Figures) {
        let mut shifts = self.shifts.values_mut();
        if let Some(shift) = shifts.find(|it| it.row.register_id == register && it.row.state == OPEN) {
            let so_far = shift.counters.entry((kind, String::new())).or_default();
            for (sum, figure) in so_far.iter_mut().zip(figures) {
                *sum += figure;
            }
        }
    }

    fn journal(&mut self, told: &Told, now: i64) -> Checked<Vec<Entry>> {
        let mut records: Vec<_> = told.records.iter().collect();
        records.sort_by_key(|(_, row)| (row.register_id, row.kind, row.sequence));
        let mut said: Vec<Entry> = Vec::new();
        let mut places = BTreeSet::new();
        for (before, row) in records {
            ensure!(before.is_none(), "a record was changed: {row:?}");
            let head = self.chains.entry((row.register_id, row.kind)).or_insert((0, vec![0; 32]));
            let mut hash = Sha256::new();
            hash.update(&head.1);
            hash.update(row.sequence.to_be_bytes());
            hash.update(&row.record);
            let hash = hash.finalize().to_vec();
            same(|| "a record's place".to_owned(), row.sequence, head.0 + 1)?;
            same(|| "a record's link".to_owned(), &row.previous_hash, &head.1)?;
            same(|| "a record's hash".to_owned(), &row.hash, &hash)?;
            *head = (row.sequence, hash);
            let record = JournalRecord::decode(row.record.as_slice()).map_err(|error| error.to_string())?;
            let place = (record.kind, record.register_id.clone(), record.sequence);
            same(
                || "where a record stands".to_owned(),
                place,
                (row.kind, row.register_id.to_string(), row.sequence),
            )?;
            let time = record.create_time.map(|it| it.seconds * 1_000_000 + i64::from(it.nanos) / 1_000);
            same(|| "a record's time".to_owned(), time, Some(now))?;
            places.insert((record.event_sequence, row.register_id, row.kind, row.sequence));
            said.extend(record.entry);
        }
        let mut events: Vec<_> = told.events.iter().collect();
        events.sort_by_key(|(_, row)| (row.branch_id, row.sequence));
        for (before, row) in events {
            ensure!(before.is_none(), "an event was changed: {row:?}");
            let last = self.event_sequences.entry(row.branch_id).or_default();
            *last += 1;
            same(|| "an event's place".to_owned(), row.sequence, *last)?;
            let place = (row.sequence, row.register_id, row.journal_kind, row.journal_sequence);
            ensure!(places.remove(&place), "an event of no record: {row:?}");
        }
        ensure!(places.is_empty(), "a record without its event: {places:?}");
        for (_, row) in &told.chains {
            let head = self.chains.get(&(row.register_id, row.kind)).cloned();
            same(
                || "the head of a chain".to_owned(),
                Some((row.last_sequence, row.last_hash.clone())),
                head,
            )?;
        }
        // Carts are no documents until they end.
        let own = told.keys.len() + told.branches.len() + told.drafts.len();
        ensure!(told.len() == own || !said.is_empty(), "rows were changed without a record: {told:?}");
        Ok(said)
    }

    /// Every document of the posting stands in its records, whole.
    fn recorded(&self, told: &Told, said: &[Entry]) -> Checked {
        for (_, order) in &told.orders {
            let recorded = said.iter().find_map(|entry| match entry {
                Entry::Sale(entry) if order.kind == SALE => entry.order.as_ref(),
                Entry::Return(entry) if order.kind != SALE => entry.order.as_ref(),
                _ => None,
            });
            let Some(recorded) = recorded.filter(|it| it.order_id == order.id.to_string()) else { continue };
            let figures = (minor(&recorded.total), recorded.lines.len(), recorded.receipt_number.as_str());
            let document = &self.documents[&order.id];
            same(
                || "a recorded order".to_owned(),
                figures,
                (order.total, document.lines.len(), order.receipt_number.as_str()),
            )?;
        }
        for (_, report) in &told.reports {
            let issued =
                |entry: &Entry| matches!(entry, Entry::ShiftClosed(entry) if entry.report == report.document);
            ensure!(said.iter().any(issued), "a report that is not in the journal");
        }
        Ok(())
    }

    fn number(&mut self, number: &str, prefix: &str, register: Uuid, date: i32) -> Checked {
        let last = self.series.entry((register, prefix.to_owned())).or_default();
        *last += 1;
        let should = format!("{prefix}-{}-{}-{last:06}", date / 100, self.drawers[&register].row.code);
        same(|| "a number".to_owned(), number, should.as_str())
    }

    fn numbers(&mut self, told: &Told) -> Checked {
        for (_, row) in &told.branch_series {
            let last = self.branch_series.get(&(row.branch_id, row.prefix.clone())).copied();
            same(|| "the series of a branch".to_owned(), Some(row.last_number), last)?;
        }
        for (before, row) in &told.shifts {
            if before.is_none() {
                self.number(&row.number, "SHF", row.register_id, row.business_date)?;
            }
        }
        for (_, row) in &told.series {
            let last = self.series.get(&(row.register_id, row.prefix.clone())).copied();
            same(|| format!("the series {}", row.prefix), Some(row.last_number), last)?;
        }
        let mut keys: Vec<_> = told.keys.iter().collect();
        keys.sort_by_key(|(_, row)| row.sequence);
        for (before, row) in keys {
            ensure!(before.is_none(), "a key was changed: {row:?}");
            let last = self.key_sequences.entry(row.branch_id).or_default();
            *last += 1;
            same(|| "a key's place".to_owned(), row.sequence, *last)?;
        }
        for (_, row) in &told.branches {
            let last = |of: &BTreeMap<Uuid, i64>| of.get(&row.id).copied().unwrap_or_default();
            let should = [&self.order_sequences, &self.key_sequences, &self.event_sequences].map(last);
            let is = [row.last_order_sequence, row.last_key_sequence, row.last_event_sequence];
            same(|| format!("the counts of {}", row.code), is, should)?;
        }
        Ok(())
    }

    fn one_open_shift(&self) -> Checked {
        let (mut registers, mut users, mut uncounted) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for shift in self.shifts.values() {
            let row = &shift.row;
            if row.state == OPEN {
                ensure!(registers.insert(row.register_id), "a register has two open shifts");
                ensure!(users.insert(row.user_id), "a user has two open shifts");
            }
            if row.state == ENDED && row.counted_cash.is_none() {
                ensure!(uncounted.insert(row.register_id), "a register has two uncounted shifts");
            }
        }
        Ok(())
    }
}

/// An amount of a message; none is zero.
pub fn minor(money: &Option<kassa_proto::v1::Money>) -> i64 {
    money.as_ref().map_or(0, |money| money.amount_minor)
}

/// The figures of a Z are the sums of the shift's documents.
fn z_adds_up(z: &ShiftReport, shift: &Shift) -> Checked {
    let what = |what: &str| format!("{what} of the Z of {}", z.shift_number);
    same(|| what("the sales"), [z.sale_count, minor(&z.gross_total)], shift.sales)?;
    same(|| what("the returns"), [z.return_count, minor(&z.returns_total)], shift.returns)?;
    same(|| what("the voids"), [z.void_count, minor(&z.voids_total)], shift.voids)?;
    let net = shift.sales[1] - shift.returns[1] - shift.voids[1];
    same(|| what("the net"), minor(&z.net_total), net)?;
    let of = |kind: i32, key: &str| shift.counters.get(&(kind, key.to_owned())).copied().unwrap_or_default();
    same(
        || what("the discounts"),
        [z.discount_count, minor(&z.discount_total)],
        of(7, "")[..2].try_into().expect("two"),
    )?;
    same(|| what("the rounding"), minor(&z.rounding_total), of(9, "")[1])?;
    same(|| what("the tips"), minor(&z.tip_total), of(10, "")[1])?;
    let sum = |kind: i32, place: usize| -> i64 {
        shift.counters.iter().filter(|((it, _), _)| *it == kind).map(|(_, figures)| figures[place]).sum()
    };
    let base: i64 = z.tax_totals.iter().map(|row| minor(&row.base)).sum();
    let tax: i64 = z.tax_totals.iter().map(|row| minor(&row.tax)).sum();
    same(|| what("the taxes"), [base, tax], [sum(3, 1), sum(3, 2)])?;
    same(|| what("base and tax"), base + tax, net)?;
    same(|| what("the categories"), z.categories.iter().map(|row| minor(&row.total)).sum::<i64>(), net)?;
    same(|| what("the hours"), z.hours.iter().map(|row| minor(&row.total)).sum::<i64>(), net)?;
    same(|| what("the float"), minor(&z.opening_float), shift.row.opening_float)?;
    same(|| what("what went to the safe"), minor(&z.to_safe), shift.row.to_safe)?;
    for row in &z.tenders {
        let (taken, back) = (of(1, &row.r#type.to_string()), of(2, &row.r#type.to_string()));
        let expected = if row.r#type == CASH { shift.expected_cash } else { taken[1] - back[1] };
        let is = [minor(&row.received), minor(&row.returned), minor(&row.expected), row.count];
        same(|| what("a tender"), is, [taken[1], back[1], expected, taken[0] + back[0]])?;
        if row.counted.is_some() {
            same(|| what("a variance"), minor(&row.variance), minor(&row.counted) - expected)?;
        }
    }
    let tenders = z.tenders.iter().map(|row| minor(&row.received) - minor(&row.returned)).sum::<i64>();
    same(|| what("all tenders"), tenders, net + of(9, "")[1] + of(10, "")[1])?;
    for row in &z.movements {
        let figures = of(6, &row.r#type.to_string());
        same(|| what("the movements"), [row.count, minor(&row.total)], [figures[0], figures[1]])?;
    }
    Ok(())
}
