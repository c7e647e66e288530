//! Orders, row by row against their records, in both directions.

use std::collections::HashSet;

use kassa_proto::v1::{self as pb, discount};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::Table,
    record::{Unreadable, date, id, money, optional_id, quantity, rate, time},
};
use crate::{
    encoding::order::OrderRows,
    store::{
        cell::Cell,
        entity::{
            order,
            order_discount::{self, OrderDiscountIndex},
            order_line::{self, OrderLineIndex},
            order_tender::{self, OrderTenderIndex},
        },
    },
};

/// Orders whose parts are looked for together.
const CHUNK: usize = 256;

/// The orders that the journal has.
#[derive(Default)]
pub struct Orders {
    ids: HashSet<Uuid>,
    orders: Table<order::Model>,
    lines: Table<order_line::Model>,
    discounts: Table<order_discount::Model>,
    tenders: Table<order_tender::Model>,
}

impl Orders {
    /// Whether the journal has an order.
    pub fn contains(&self, id: Uuid) -> bool {
        self.ids.contains(&id)
    }

    /// Compares orders and their parts with their rows.
    pub fn compare(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        mut orders: Vec<OrderRows>,
    ) -> Result<(), Failure> {
        while !orders.is_empty() {
            let rest = orders.split_off(orders.len().min(CHUNK));
            self.compare_chunk(database, line, orders)?;
            orders = rest;
        }
        Ok(())
    }

    fn compare_chunk(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        orders: Vec<OrderRows>,
    ) -> Result<(), Failure> {
        let (mut headers, mut lines, mut discounts, mut tenders) = (vec![], vec![], vec![], vec![]);
        for rows in orders {
            line.examine(1);
            if !self.ids.insert(rows.order.id) {
                line.fault("orders", rows.order.id.to_string(), "stands twice in the journal");
            }
            headers.push(rows.order);
            lines.push(rows.lines);
            discounts.push(rows.discounts);
            tenders.push(rows.tenders);
        }
        let ids: Vec<Uuid> = headers.iter().map(|order| order.id).collect();
        self.orders.compare(database, line, headers)?;
        for (id, lines) in ids.iter().zip(lines) {
            self.lines.compare_group(database, line, &OrderLineIndex::Order(*id), lines)?;
        }
        for (id, discounts) in ids.iter().zip(discounts) {
            self.discounts.compare_group(database, line, &OrderDiscountIndex::Order(*id), discounts)?;
        }
        for (id, tenders) in ids.iter().zip(tenders) {
            self.tenders.compare_group(database, line, &OrderTenderIndex::Order(*id), tenders)?;
        }
        Ok(())
    }

    /// Looks for rows of orders that the journal does not have.
    pub fn others(&self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        let known = |key: &[Cell]| key.first().and_then(Cell::id).is_some_and(|id| self.ids.contains(&id));
        self.orders.others(database, line, known)?;
        self.lines.others(database, line, known)?;
        self.discounts.others(database, line, known)?;
        self.tenders.others(database, line, known)
    }
}

/// The rows of an order.
pub fn order_rows(order: &pb::Order) -> Result<OrderRows, Unreadable> {
    let id = id(&order.order_id, "order_id")?;
    let mut rows = OrderRows {
        order: header(order, id)?,
        lines: Vec::new(),
        discounts: Vec::new(),
        tenders: Vec::new(),
    };
    for (line, position) in order.lines.iter().zip(0..) {
        let row = order_row_of_line(id, line, position)?;
        for discount in &line.discounts {
            rows.discounts.push(discount_row(&rows.discounts, id, Some(row.line_id), discount)?);
        }
        rows.lines.push(row);
    }
    for discount in &order.discounts {
        rows.discounts.push(discount_row(&rows.discounts, id, None, discount)?);
    }
    for (tender, position) in order.tenders.iter().zip(0..) {
        let card = tender.card.clone().unwrap_or_default();
        rows.tenders.push(order_tender::Model {
            order_id: id,
            position,
            kind: tender.r#type,
            amount: money(tender.amount.as_ref(), "tenders.amount")?,
            tip: money(tender.tip.as_ref(), "tenders.tip")?,
            card_brand: card.brand,
            card_last_four: card.last_four,
            card_authorization_code: card.authorization_code,
        });
    }
    Ok(rows)
}

fn header(order: &pb::Order, order_id: Uuid) -> Result<order::Model, Unreadable> {
    let is_in_cash = |it: &&pb::OrderException| it.kind() == pb::OrderExceptionKind::PaidBackInCash;
    let in_cash = order.exceptions.iter().find(is_in_cash);
    let in_cash_by = in_cash.map(|it| id(&it.allowed_by_user_id, "exceptions.allowed_by_user_id"));
    Ok(order::Model {
        id: order_id,
        kind: order.kind,
        state: order.state,
        receipt_number: order.receipt_number.clone(),
        branch_id: id(&order.branch_id, "branch_id")?,
        sequence: order.sequence,
        register_id: id(&order.register_id, "register_id")?,
        shift_id: id(&order.shift_id, "shift_id")?,
        user_id: id(&order.user_id, "user_id")?,
        terminal_id: id(&order.terminal_id, "terminal_id")?,
        subtotal: money(order.subtotal.as_ref(), "subtotal")?,
        discount_total: money(order.discount_total.as_ref(), "discount_total")?,
        total: money(order.total.as_ref(), "total")?,
        rounding_adjustment: money(order.rounding_adjustment.as_ref(), "rounding_adjustment")?,
        tip_total: money(order.tip_total.as_ref(), "tip_total")?,
        change: money(order.change.as_ref(), "change")?,
        note: order.note.clone(),
        prices_include_tax: order.prices_include_tax,
        tax_rounding: order.tax_rounding,
        rounding_mode: order.rounding_mode,
        business_date: date(order.business_date, "business_date")?,
        create_time: time(order.create_time.as_ref(), "create_time")?,
        original_order_id: optional_id(&order.original_order_id, "original_order_id")?,
        training: order.training,
        exchange_order_id: optional_id(&order.exchange_order_id, "exchange_order_id")?,
        utc_offset_minutes: order.utc_offset_minutes,
        customer_id: optional_id(&order.customer_id, "customer_id")?,
        paid_back_in_cash: in_cash.map_or(Ok(0), |it| money(it.amount.as_ref(), "exceptions.amount"))?,
        paid_back_in_cash_by_user_id: in_cash_by.transpose()?,
    })
}

fn order_row_of_line(
    order_id: Uuid,
    line: &pb::OrderLine,
    position: i32,
) -> Result<order_line::Model, Unreadable> {
    Ok(order_line::Model {
        order_id,
        line_id: id(&line.line_id, "lines.line_id")?,
        position,
        product_id: id(&line.product_id, "lines.product_id")?,
        sku: line.sku.clone(),
        name: line.name.clone(),
        name_ar: line.name_ar.clone(),
        category: line.category.clone(),
        barcode: line.barcode.clone(),
        unit: line.unit.clone(),
        quantity: quantity(line.quantity.as_ref(), "lines.quantity")?,
        list_price: money(line.list_price.as_ref(), "lines.list_price")?,
        unit_price: money(line.unit_price.as_ref(), "lines.unit_price")?,
        subtotal: money(line.subtotal.as_ref(), "lines.subtotal")?,
        discount_total: money(line.discount_total.as_ref(), "lines.discount_total")?,
        order_discount_share: money(line.order_discount_share.as_ref(), "lines.order_discount_share")?,
        tax_rate: rate(line.tax_rate.as_ref(), "lines.tax_rate")?,
        net: money(line.net.as_ref(), "lines.net")?,
        tax: money(line.tax.as_ref(), "lines.tax")?,
        total: money(line.total.as_ref(), "lines.total")?,
        original_line_id: optional_id(&line.original_line_id, "lines.original_line_id")?,
        reason: line.reason.clone(),
        restocked: line.restocked,
        // Recorded beside the order.
        cost: None,
    })
}

/// Positions go on through the order: those of the lines come first.
fn discount_row(
    before: &[order_discount::Model],
    order_id: Uuid,
    line_id: Option<Uuid>,
    applied: &pb::AppliedDiscount,
) -> Result<order_discount::Model, Unreadable> {
    let missing = || Unreadable::new("discounts.discount", "is missing");
    let discount = applied.discount.as_ref().ok_or_else(missing)?;
    let (fixed_amount, percent) = match &discount.value {
        Some(discount::Value::Amount(amount)) => (Some(amount.amount_minor), None),
        Some(discount::Value::Percent(percent)) => (None, Some(rate(Some(percent), "discounts.percent")?)),
        None => return Err(missing()),
    };
    Ok(order_discount::Model {
        order_id,
        position: i32::try_from(before.len()).unwrap_or(i32::MAX),
        line_id,
        name: discount.name.clone(),
        fixed_amount,
        percent,
        amount: money(applied.amount.as_ref(), "discounts.amount")?,
    })
}
