//! Refunds and voids: what was given back of each sale, and that it is worth what it was sold for.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::Quantity,
    pricing::{Rounding, returned_worth},
    v1::{MovementType, OrderKind, RoundingMode, TenderType},
};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, load},
};
use crate::{
    encoding::order::OrderRows,
    store::{
        conditions::Found as _,
        entity::{
            cash_movement, order,
            order_line::{self, OrderLineIndex},
            order_line_return, order_return,
            order_tender::{self, OrderTenderIndex},
            order_tender_return,
        },
    },
};

/// Sales that are read together.
const CHUNK: usize = 256;
const CASH: i32 = TenderType::Cash as i32;
const EXCHANGE: i32 = TenderType::Exchange as i32;

/// The refunds and voids that the journal has, by the sale they are of.
#[derive(Default)]
pub struct Returns {
    by_sale: BTreeMap<Uuid, Vec<OrderRows>>,
}

/// What the journal makes of the sales that were given back.
#[derive(Default)]
struct GivenBack {
    orders: Vec<order_return::Model>,
    lines: Vec<order_line_return::Model>,
    tenders: Vec<order_tender_return::Model>,
}

impl Returns {
    /// A refund or a void.
    pub fn returned(&mut self, line: &mut CheckLine, rows: &OrderRows) {
        line.examine(1);
        match rows.order.original_order_id {
            Some(sale) => self.by_sale.entry(sale).or_default().push(rows.clone()),
            None => line.fault("orders", rows.order.id.to_string(), "gives back no sale"),
        }
    }

    /// Compares what the journal makes of the sales with what the books say was given back of them.
    /// The sales' own rows are compared elsewhere.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        let mut given_back = GivenBack::default();
        let ids: Vec<Uuid> = self.by_sale.keys().copied().collect();
        for chunk in ids.chunks(CHUNK) {
            let mut sales = sales(database, chunk)?;
            for id in chunk {
                let reversals = self.by_sale.get(id).map(Vec::as_slice).unwrap_or_default();
                match sales.remove(id) {
                    Some(sale) => given_back.add(line, *id, &sale, reversals),
                    None => {
                        line.fault("orders", id.to_string(), "is missing, and something of it was given back")
                    }
                }
            }
        }
        Table::compare_all(database, line, given_back.orders)?;
        Table::compare_all(database, line, given_back.lines)?;
        Table::compare_all(database, line, given_back.tenders)
    }
}

/// What of a sale its refunds depend on, as it is stored. A value that can't be read is named where the
/// sale is compared with its record, and counts as nothing here.
#[derive(Default)]
struct Sale {
    kind: i64,
    total: i64,
    change: i64,
    rounding_mode: i64,
    /// Id, quantity, total, tax, and what the goods had cost.
    lines: Vec<(Uuid, [i64; 3], Option<i64>)>,
    /// Kind, amount and tip.
    tenders: Vec<(i32, i64, i64)>,
}

fn sales(database: &Inspection, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Sale>, Failure> {
    let mut sales: BTreeMap<Uuid, Sale> = BTreeMap::new();
    for row in load::<order::Model>(database, order::Model::by_keys(ids))? {
        use order::Column;
        let Some(id) = row.get::<order::Model>(Column::Id).id() else { continue };
        let number = |column| row.get::<order::Model>(column).number().unwrap_or_default();
        let (kind, total) = (number(Column::Kind), number(Column::Total));
        let (change, rounding_mode) = (number(Column::Change), number(Column::RoundingMode));
        sales.insert(id, Sale { kind, total, change, rounding_mode, ..Sale::default() });
    }
    let of: Vec<_> = ids.iter().copied().map(OrderLineIndex::Order).collect();
    for row in load::<order_line::Model>(database, order_line::Model::by_indexes(&of))? {
        use order_line::Column;
        let id = |column| row.get::<order_line::Model>(column).id();
        let number = |column| row.get::<order_line::Model>(column).number().unwrap_or_default();
        let sale = id(Column::OrderId).and_then(|order| sales.get_mut(&order));
        if let (Some(sale), Some(line)) = (sale, id(Column::LineId)) {
            let [quantity, total, tax] = [Column::Quantity, Column::Total, Column::Tax].map(number);
            let cost = row.get::<order_line::Model>(Column::Cost).number();
            sale.lines.push((line, [quantity, total, tax], cost));
        }
    }
    let of: Vec<_> = ids.iter().copied().map(OrderTenderIndex::Order).collect();
    for row in load::<order_tender::Model>(database, order_tender::Model::by_indexes(&of))? {
        use order_tender::Column;
        let number = |column| row.get::<order_tender::Model>(column).number().unwrap_or_default();
        let order = row.get::<order_tender::Model>(Column::OrderId).id();
        if let Some(sale) = order.and_then(|order| sales.get_mut(&order)) {
            let kind = i32::try_from(number(Column::Kind)).unwrap_or_default();
            sale.tenders.push((kind, number(Column::Amount), number(Column::Tip)));
        }
    }
    Ok(sales)
}

impl GivenBack {
    fn add(&mut self, line: &mut CheckLine, order_id: Uuid, sale: &Sale, reversals: &[OrderRows]) {
        if sale.kind != i64::from(i32::from(OrderKind::Sale)) {
            line.fault("orders", order_id.to_string(), "was given back, and is no sale");
        }
        let is_void = |rows: &&OrderRows| rows.order.kind == i32::from(OrderKind::Void);
        let void = reversals.iter().find(is_void);
        if void.is_some() && reversals.len() > 1 {
            line.fault("orders", order_id.to_string(), "was voided, and something else of it was given back");
        }
        if void.is_some_and(|void| !sale.is_whole_in(void)) {
            line.fault(
                "orders",
                order_id.to_string(),
                "was voided, and not all of it as it was sold came back",
            );
        }
        // A void marks the sale and uses nothing up.
        let mut refunds: Vec<&OrderRows> = reversals.iter().filter(|rows| !is_void(rows)).collect();
        // They may stand in the chains of several registers.
        refunds.sort_by_key(|refund| refund.order.sequence);
        self.add_lines(line, order_id, sale, &refunds);
        let mut money = sale.money(order_id);
        money.given_back.voided_by_order_id = void.map(|void| void.order.id);
        for refund in &refunds {
            if let Err(why) = money.pay(refund) {
                line.fault("orders", refund.order.id.to_string(), why);
            }
        }
        self.tenders.extend(money.tenders.into_values().filter(|row| row.returned > 0));
        self.orders.push(money.given_back);
    }

    fn add_lines(&mut self, line: &mut CheckLine, order_id: Uuid, sale: &Sale, refunds: &[&OrderRows]) {
        let mut rows: BTreeMap<Uuid, order_line_return::Model> = BTreeMap::new();
        for returned in refunds.iter().flat_map(|refund| &refund.lines) {
            let sold = sale.lines.iter().find(|(line_id, ..)| Some(*line_id) == returned.original_line_id);
            let Some((line_id, [sold_quantity, sold_total, sold_tax], cost)) = sold.copied() else {
                let row = format!("order {}, line {}", returned.order_id, returned.line_id);
                line.fault("order_lines", row, "gives back no line of its sale");
                continue;
            };
            let row = rows.entry(line_id).or_insert(order_line_return::Model {
                order_id,
                line_id,
                sold_quantity,
                returned_quantity: 0,
                sold_total,
                returned_total: 0,
                sold_tax,
                returned_tax: 0,
            });
            let quantity = row.returned_quantity.saturating_add(returned.quantity);
            let parts = [row.returned_quantity, quantity, sold_quantity];
            let cost = cost.map(|cost| cost_of(cost, parts, returned.restocked, sale.rounding()));
            if returned.cost != cost {
                let row = format!("order {}, line {}", returned.order_id, returned.line_id);
                let what = format!("cost {:?}, which is {cost:?} of what its sale had cost", returned.cost);
                line.fault("order_lines", row, what);
            }
            row.returned_quantity = quantity;
            row.returned_total = row.returned_total.saturating_add(returned.total);
            row.returned_tax = row.returned_tax.saturating_add(returned.tax);
        }
        for row in rows.values() {
            let [returned, sold] = [row.returned_quantity, row.sold_quantity].map(Quantity::from_thousandths);
            let whole = row.returned_quantity == row.sold_quantity;
            if row.returned_tax > row.sold_tax || whole && row.returned_tax != row.sold_tax {
                let what = format!("{} of its tax of {} came back", row.returned_tax, row.sold_tax);
                line.fault("order_lines", format!("order {}, line {}", row.order_id, row.line_id), what);
            }
            let worth = returned_worth(row.sold_total, returned, sold, sale.rounding());
            if worth != Ok(row.returned_total) {
                let what = format!(
                    "{returned} of {sold} were given back for {}, worth {worth:?}",
                    row.returned_total
                );
                line.fault("order_lines", format!("order {}, line {}", row.order_id, row.line_id), what);
            }
        }
        self.lines.extend(rows.into_values());
    }
}

/// The money of a sale, as its refunds used it up. The rules of refunds are not asked: they are what is proved.
struct Money {
    given_back: order_return::Model,
    tenders: BTreeMap<i32, order_tender_return::Model>,
}

/// What of the cost of sold goods comes back with a part of them, after another part came back. Goods that do not go
/// back on the shelf bring nothing.
fn cost_of(cost: i64, parts: [i64; 3], restocked: bool, rounding: Rounding) -> i64 {
    let [before, after, sold] = parts.map(Quantity::from_thousandths);
    let of = |part| returned_worth(cost, part, sold, rounding).unwrap_or_default();
    if restocked { of(after).saturating_sub(of(before)) } else { 0 }
}

impl Sale {
    /// Whether an order takes back just what was sold.
    fn is_whole_in(&self, void: &OrderRows) -> bool {
        let mut back: Vec<_> = void
            .lines
            .iter()
            .map(|line| (line.original_line_id, [line.quantity, line.total, line.tax], line.cost))
            .collect();
        let mut sold: Vec<_> =
            self.lines.iter().map(|(id, parts, cost)| (Some(*id), *parts, *cost)).collect();
        back.sort_unstable();
        sold.sort_unstable();
        void.order.total == self.total && back == sold && void.lines.iter().all(|line| line.restocked)
    }

    fn rounding(&self) -> Rounding {
        let half_even = self.rounding_mode == i64::from(i32::from(RoundingMode::HalfEven));
        if half_even { Rounding::HalfEven } else { Rounding::HalfAwayFromZero }
    }

    /// What was kept of it, and nothing given back.
    fn money(&self, order_id: Uuid) -> Money {
        let mut tenders = BTreeMap::new();
        let (mut cash_kept, mut cash_exact) = (-i128::from(self.change), i128::from(self.total));
        for (kind, amount, tip) in &self.tenders {
            let kept = i128::from(*amount) - i128::from(*tip);
            if *kind == CASH {
                cash_kept += kept;
                continue;
            }
            cash_exact -= kept;
            let nothing = order_tender_return::Model { order_id, kind: *kind, captured: 0, returned: 0 };
            let row = tenders.entry(*kind).or_insert(nothing);
            row.captured = row.captured.saturating_add(amount.saturating_sub(*tip));
        }
        let given_back = order_return::Model {
            order_id,
            sold_total: self.total,
            returned_total: 0,
            cash_exact: i64::try_from(cash_exact).unwrap_or(i64::MAX),
            cash_kept: i64::try_from(cash_kept).unwrap_or(i64::MAX),
            returned_cash_exact: 0,
            returned_cash: 0,
            cash_for_others: 0,
            voided_by_order_id: None,
        };
        Money { given_back, tenders }
    }
}

impl Money {
    /// Pays a refund as it was paid. What no tender of its kind paid comes from goods, then from the other
    /// tenders by their numbers, and from the sale's cash last.
    fn pay(&mut self, refund: &OrderRows) -> Result<(), &'static str> {
        // What is exchanged for other goods is no money of the sale's.
        let (mut paid_out, mut not_cash, mut homeless) = (0, 0, 0);
        for tender in &refund.tenders {
            let amount = i128::from(tender.amount);
            if tender.kind == CASH {
                paid_out += amount;
                continue;
            }
            not_cash += amount;
            if tender.kind != EXCHANGE {
                homeless += amount - self.draw(tender.kind, amount);
            }
        }
        let exact = i128::from(refund.order.total) - not_cash;
        if paid_out != exact + i128::from(refund.order.rounding_adjustment) {
            return Err("pays out other cash than its total and its rounding say");
        }
        let row = &self.given_back;
        let own = [row.cash_exact, -row.returned_cash_exact, -row.cash_for_others].map(i128::from);
        let own = own.iter().sum::<i128>().clamp(0, exact.max(0));
        let others = exact - own;
        // Refunds of before it was written down say nothing of it, and one that pays nothing has nothing to say.
        let others_in_cash = if paid_out > 0 { others } else { 0 };
        if ![0, others_in_cash].contains(&i128::from(refund.order.paid_back_in_cash)) {
            return Err("says of another amount that it was paid back in cash");
        }
        let mut rest = homeless + others;
        let kinds: Vec<i32> = self.tenders.keys().copied().filter(|kind| *kind != EXCHANGE).collect();
        for kind in [EXCHANGE].into_iter().chain(kinds) {
            rest -= self.draw(kind, rest);
        }
        let row = &mut self.given_back;
        let plus = |count: i64, more: i128| i64::try_from(i128::from(count) + more).unwrap_or(i64::MAX);
        row.returned_total = row.returned_total.saturating_add(refund.order.total);
        row.returned_cash_exact = plus(row.returned_cash_exact, exact);
        row.returned_cash = plus(row.returned_cash, paid_out);
        row.cash_for_others = plus(row.cash_for_others, rest - others);
        let used = i128::from(row.returned_cash_exact) + i128::from(row.cash_for_others);
        let too_much = used > i128::from(row.cash_exact) || row.cash_for_others > row.cash_kept;
        if too_much || row.returned_total > row.sold_total {
            return Err("gives back more than was paid");
        }
        Ok(())
    }

    /// Draws on a kind of tender as far as it goes.
    fn draw(&mut self, kind: i32, amount: i128) -> i128 {
        let Some(row) = self.tenders.get_mut(&kind) else { return 0 };
        let drawn = amount.min(i128::from(row.captured.saturating_sub(row.returned))).max(0);
        row.returned = row.returned.saturating_add(i64::try_from(drawn).unwrap_or_default());
        drawn
    }
}

/// Proves that the orders of a record are the two of an exchange, or are of none.
pub fn prove_exchange(line: &mut CheckLine, returned: Option<&OrderRows>, sold: Option<&OrderRows>) {
    let id = |rows: Option<&OrderRows>| rows.map(|rows| rows.order.id);
    let paid = |rows: Option<&OrderRows>| {
        let goods = rows.into_iter().flat_map(|rows| &rows.tenders).filter(|it| it.kind == EXCHANGE);
        goods.fold(0, |sum: i64, tender| sum.saturating_add(tender.amount))
    };
    let total = |rows: Option<&OrderRows>| rows.map_or(0, |rows| rows.order.total);
    let right = total(returned).min(total(sold));
    for (rows, other) in [(returned, sold), (sold, returned)] {
        let Some(rows) = rows else { continue };
        if rows.order.exchange_order_id != id(other) {
            line.fault("orders", rows.order.id.to_string(), "names another order than it is recorded with");
        }
        let paid = paid(Some(rows));
        if paid != right {
            let what = format!("{paid} of it was paid in goods, and {right} came back for it");
            line.fault("orders", rows.order.id.to_string(), what);
        }
    }
}

/// Proves that a reversal's movements are the cash it paid out.
pub fn prove_movements(line: &mut CheckLine, rows: &OrderRows, movements: &[cash_movement::Model]) {
    let cash: i64 =
        rows.tenders.iter().filter(|tender| tender.kind == CASH).map(|tender| tender.amount).sum();
    let refund = i32::from(MovementType::RefundCash);
    let right: Vec<(i32, i64)> = [(refund, cash)].into_iter().filter(|(_, amount)| *amount > 0).collect();
    super::drawer::prove_movements(line, rows, movements, &right);
}
