//! Refunds and voids: what was given back of each sale, and that it is worth what it was sold for.

use std::collections::BTreeMap;

use kassa_proto::{
    decimal::Quantity,
    pricing::{Rounding, returned_worth},
    v1::{MovementType, OrderKind, RoundingMode, TenderType},
};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{CheckLine, compare::Table};
use crate::{
    orders::{convert::OrderRows, reversal::captured},
    store::entity::{cash_movement, order, order_line, order_line_return, order_return, order_tender, order_tender_return},
};

/// Sales that are read together.
const CHUNK: usize = 256;
const CASH: i32 = TenderType::Cash as i32;

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
    pub async fn compare(self, database: &impl ConnectionTrait, line: &mut CheckLine) -> Result<(), DbErr> {
        let mut given_back = GivenBack::default();
        let ids: Vec<Uuid> = self.by_sale.keys().copied().collect();
        for chunk in ids.chunks(CHUNK) {
            let mut sales = sales(database, chunk).await?;
            for id in chunk {
                let reversals = self.by_sale.get(id).map(Vec::as_slice).unwrap_or_default();
                match sales.remove(id) {
                    Some(sale) => given_back.add(line, &sale, reversals),
                    None => line.fault("orders", id.to_string(), "is missing, and something of it was given back"),
                }
            }
        }
        Table::compare_all(database, line, given_back.orders).await?;
        Table::compare_all(database, line, given_back.lines).await?;
        Table::compare_all(database, line, given_back.tenders).await
    }
}

async fn sales(database: &impl ConnectionTrait, ids: &[Uuid]) -> Result<BTreeMap<Uuid, OrderRows>, DbErr> {
    let ids = || ids.iter().copied();
    let orders = order::Entity::find().filter(order::Column::Id.is_in(ids())).all(database).await?;
    let lines = order_line::Entity::find().filter(order_line::Column::OrderId.is_in(ids())).all(database).await?;
    let tenders =
        order_tender::Entity::find().filter(order_tender::Column::OrderId.is_in(ids())).all(database).await?;
    let mut sales: BTreeMap<Uuid, OrderRows> = BTreeMap::new();
    for order in orders {
        let rows = OrderRows { lines: Vec::new(), discounts: Vec::new(), tenders: Vec::new(), order };
        sales.insert(rows.order.id, rows);
    }
    for line in lines {
        if let Some(sale) = sales.get_mut(&line.order_id) {
            sale.lines.push(line);
        }
    }
    for tender in tenders {
        if let Some(sale) = sales.get_mut(&tender.order_id) {
            sale.tenders.push(tender);
        }
    }
    Ok(sales)
}

impl GivenBack {
    fn add(&mut self, line: &mut CheckLine, sale: &OrderRows, reversals: &[OrderRows]) {
        let order_id = sale.order.id;
        if sale.order.kind != i32::from(OrderKind::Sale) {
            line.fault("orders", order_id.to_string(), "was given back, and is no sale");
        }
        let is_void = |rows: &&OrderRows| rows.order.kind == i32::from(OrderKind::Void);
        let void = reversals.iter().find(is_void);
        if void.is_some() && reversals.len() > 1 {
            line.fault("orders", order_id.to_string(), "was voided, and something else of it was given back");
        }
        let mut given_back = order_return::Model {
            order_id,
            sold_total: sale.order.total,
            returned_total: 0,
            returned_cash_exact: 0,
            voided_by_order_id: void.map(|void| void.order.id),
        };
        // A void marks the sale and uses nothing up.
        let refunds: Vec<&OrderRows> = reversals.iter().filter(|rows| !is_void(rows)).collect();
        for refund in &refunds {
            let others: i64 = refund.tenders.iter().filter(|tender| tender.kind != CASH).map(|it| it.amount).sum();
            given_back.returned_total = given_back.returned_total.saturating_add(refund.order.total);
            let exact = refund.order.total.saturating_sub(others);
            given_back.returned_cash_exact = given_back.returned_cash_exact.saturating_add(exact);
        }
        self.orders.push(given_back);
        self.add_lines(line, sale, &refunds);
        self.add_tenders(sale, &refunds);
    }

    fn add_lines(&mut self, line: &mut CheckLine, sale: &OrderRows, refunds: &[&OrderRows]) {
        let mut rows: BTreeMap<Uuid, order_line_return::Model> = BTreeMap::new();
        for returned in refunds.iter().flat_map(|refund| &refund.lines) {
            let sold = sale.lines.iter().find(|line| Some(line.line_id) == returned.original_line_id);
            let Some(sold) = sold else {
                let row = format!("order {}, line {}", returned.order_id, returned.line_id);
                line.fault("order_lines", row, "gives back no line of its sale");
                continue;
            };
            let row = rows.entry(sold.line_id).or_insert(order_line_return::Model {
                order_id: sold.order_id,
                line_id: sold.line_id,
                sold_quantity: sold.quantity,
                returned_quantity: 0,
                sold_total: sold.total,
                returned_total: 0,
            });
            row.returned_quantity = row.returned_quantity.saturating_add(returned.quantity);
            row.returned_total = row.returned_total.saturating_add(returned.total);
        }
        for row in rows.values() {
            let [returned, sold] = [row.returned_quantity, row.sold_quantity].map(Quantity::from_thousandths);
            let half_even = sale.order.rounding_mode == i32::from(RoundingMode::HalfEven);
            let rounding = if half_even { Rounding::HalfEven } else { Rounding::HalfAwayFromZero };
            let worth = returned_worth(row.sold_total, returned, sold, rounding);
            if worth != Ok(row.returned_total) {
                let what = format!("{returned} of {sold} were given back for {}, worth {worth:?}", row.returned_total);
                line.fault("order_lines", format!("order {}, line {}", row.order_id, row.line_id), what);
            }
        }
        self.lines.extend(rows.into_values());
    }

    fn add_tenders(&mut self, sale: &OrderRows, refunds: &[&OrderRows]) {
        let mut kept = captured(sale).unwrap_or_default();
        for tender in refunds.iter().flat_map(|refund| &refund.tenders) {
            if let Some(kept) = kept.get_mut(&tender.kind) {
                kept.returned = kept.returned.saturating_add(tender.amount);
            }
        }
        self.tenders.extend(kept.into_values().filter(|row| row.returned > 0));
    }
}

/// Proves that a reversal's movements are the cash it paid out.
pub fn prove_movements(line: &mut CheckLine, rows: &OrderRows, movements: &[cash_movement::Model]) {
    let cash: i64 = rows.tenders.iter().filter(|tender| tender.kind == CASH).map(|tender| tender.amount).sum();
    let refund = i32::from(MovementType::RefundCash);
    let right: Vec<(i32, i64)> = [(refund, cash)].into_iter().filter(|(_, amount)| *amount > 0).collect();
    super::drawer::prove_movements(line, rows, movements, &right);
}
