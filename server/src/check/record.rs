//! The journal's records as the rows that they made: the way back from the contract to the tables.

use kassa_proto::{
    decimal::{DecimalError, Quantity, Rate},
    v1::{self as pb, discount},
};
use uuid::Uuid;

use super::defaults;
use crate::{
    encoding::{
        lines::{adjustment_lines, purchase_lines, transfer_content},
        order::OrderRows,
        search::product_text,
        time::micros,
    },
    store::entity::{
        attendance, branch_price, business, cash_movement, cash_transfer, grant, order, order_discount,
        order_line, order_tender, product, purchase, role_limit, shift, stock_adjustment, stock_count,
        stock_count_line, stock_transfer,
    },
};

/// Why a record makes no rows.
#[derive(Debug, thiserror::Error)]
#[error("{field} {what}")]
pub struct Unreadable {
    field: &'static str,
    what: String,
}

impl Unreadable {
    /// A field of a record is not what it must be.
    pub fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self { field, what: what.into() }
    }
}

/// An id that must be there.
pub fn id(text: &str, field: &'static str) -> Result<Uuid, Unreadable> {
    Uuid::try_parse(text).map_err(|_| Unreadable::new(field, format!("is {text:?}, which is no UUID")))
}

/// A time that must be there, in microseconds.
pub fn time(time: Option<&prost_types::Timestamp>, field: &'static str) -> Result<i64, Unreadable> {
    time.and_then(micros).ok_or_else(|| Unreadable::new(field, "is no time"))
}

fn optional_time(
    at: Option<&prost_types::Timestamp>,
    field: &'static str,
) -> Result<Option<i64>, Unreadable> {
    at.map(|at| time(Some(at), field)).transpose()
}

/// An amount that must be there.
pub fn money(money: Option<&pb::Money>, field: &'static str) -> Result<i64, Unreadable> {
    money.map(|money| money.amount_minor).ok_or_else(|| Unreadable::new(field, "is missing"))
}

fn money_or_nothing(money: Option<&pb::Money>) -> i64 {
    money.map_or(0, |money| money.amount_minor)
}

/// A quantity in thousandths.
pub fn quantity(decimal: Option<&pb::Decimal>, field: &'static str) -> Result<i64, Unreadable> {
    let text = decimal.ok_or_else(|| Unreadable::new(field, "is missing"))?;
    Quantity::try_from(text).map(Quantity::thousandths).map_err(|error| number(error, field))
}

/// A rate in ten-thousandths of a percent.
fn rate(decimal: Option<&pb::Decimal>, field: &'static str) -> Result<i64, Unreadable> {
    let text = decimal.ok_or_else(|| Unreadable::new(field, "is missing"))?;
    Rate::try_from(text).map(Rate::ten_thousandths).map_err(|error| number(error, field))
}

fn number(error: DecimalError, field: &'static str) -> Unreadable {
    Unreadable::new(field, format!("is {error}"))
}

fn date(date: Option<pb::Date>, field: &'static str) -> Result<i32, Unreadable> {
    let number = date.and_then(|date| {
        date.year.checked_mul(10_000)?.checked_add(date.month.checked_mul(100)?)?.checked_add(date.day)
    });
    number.ok_or_else(|| Unreadable::new(field, "is no date"))
}

fn optional_date(day: Option<pb::Date>, field: &'static str) -> Result<Option<i32>, Unreadable> {
    day.map(|day| date(Some(day), field)).transpose()
}

/// An order with its parts.
pub fn order(order: &pb::Order) -> Result<OrderRows, Unreadable> {
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

/// An id that may be missing.
pub fn optional_id(text: &str, field: &'static str) -> Result<Option<Uuid>, Unreadable> {
    if text.is_empty() { Ok(None) } else { id(text, field).map(Some) }
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

/// A drawer's movement.
pub fn movement(movement: &pb::CashMovement) -> Result<cash_movement::Model, Unreadable> {
    let order_id = optional_id(&movement.order_id, "movements.order_id")?;
    Ok(cash_movement::Model {
        register_id: id(&movement.register_id, "movements.register_id")?,
        sequence: movement.sequence,
        id: id(&movement.movement_id, "movements.movement_id")?,
        branch_id: id(&movement.branch_id, "movements.branch_id")?,
        kind: movement.r#type,
        amount: money(movement.amount.as_ref(), "movements.amount")?,
        balance: money(movement.balance.as_ref(), "movements.balance")?,
        shift_id: id(&movement.shift_id, "movements.shift_id")?,
        order_id,
        user_id: id(&movement.user_id, "movements.user_id")?,
        business_date: date(movement.business_date, "movements.business_date")?,
        at_opening: movement.at_opening,
        create_time: time(movement.create_time.as_ref(), "movements.create_time")?,
        reason: movement.reason.clone(),
        reference: movement.reference.clone(),
        transfer_id: optional_id(&movement.transfer_id, "movements.transfer_id")?,
        reverses_movement_id: optional_id(&movement.reverses_movement_id, "movements.reverses_movement_id")?,
    })
}

/// A transfer between drawers.
pub fn transfer(transfer: &pb::CashTransfer) -> Result<cash_transfer::Model, Unreadable> {
    Ok(cash_transfer::Model {
        id: id(&transfer.transfer_id, "transfer.transfer_id")?,
        branch_id: id(&transfer.branch_id, "transfer.branch_id")?,
        from_register_id: id(&transfer.from_register_id, "transfer.from_register_id")?,
        to_register_id: id(&transfer.to_register_id, "transfer.to_register_id")?,
        amount: money(transfer.amount.as_ref(), "transfer.amount")?,
        state: transfer.state,
        out_movement_id: id(&transfer.out_movement_id, "transfer.out_movement_id")?,
        in_movement_id: optional_id(&transfer.in_movement_id, "transfer.in_movement_id")?,
        sender_user_id: id(&transfer.sender_user_id, "transfer.sender_user_id")?,
        receiver_user_id: optional_id(&transfer.receiver_user_id, "transfer.receiver_user_id")?,
        send_time: time(transfer.send_time.as_ref(), "transfer.send_time")?,
        receive_time: optional_time(transfer.receive_time.as_ref(), "transfer.receive_time")?,
    })
}

/// A transfer of goods.
pub fn stock_transfer(transfer: &pb::StockTransfer) -> Result<stock_transfer::Model, Unreadable> {
    Ok(stock_transfer::Model {
        id: id(&transfer.transfer_id, "transfer.transfer_id")?,
        number: transfer.number.clone(),
        from_branch_id: id(&transfer.from_branch_id, "transfer.from_branch_id")?,
        to_branch_id: id(&transfer.to_branch_id, "transfer.to_branch_id")?,
        state: transfer.state,
        business_date: date(transfer.business_date, "transfer.business_date")?,
        content: transfer_content(transfer.lines.clone()),
        note: transfer.note.clone(),
        reason: transfer.reason.clone(),
        sender_user_id: id(&transfer.sender_user_id, "transfer.sender_user_id")?,
        receiver_user_id: optional_id(&transfer.receiver_user_id, "transfer.receiver_user_id")?,
        send_time: time(transfer.send_time.as_ref(), "transfer.send_time")?,
        receive_time: optional_time(transfer.receive_time.as_ref(), "transfer.receive_time")?,
    })
}

/// A shift.
pub fn shift(shift: &pb::Shift) -> Result<shift::Model, Unreadable> {
    let open_time = time(shift.open_time.as_ref(), "open_time")?;
    let opening_float = money(shift.opening_float.as_ref(), "opening_float")?;
    Ok(shift::Model {
        id: id(&shift.shift_id, "shift_id")?,
        number: shift.number.clone(),
        branch_id: id(&shift.branch_id, "branch_id")?,
        register_id: id(&shift.register_id, "register_id")?,
        user_id: id(&shift.user_id, "user_id")?,
        terminal_id: id(&shift.terminal_id, "terminal_id")?,
        state: shift.state,
        version: shift.version,
        open_time,
        business_date: date(shift.business_date, "business_date")?,
        opening_float,
        sale_count: shift.sale_count,
        sales_total: money(shift.sales_total.as_ref(), "sales_total")?,
        cash_received: money(shift.cash_received.as_ref(), "cash_received")?,
        change_given: money(shift.change_given.as_ref(), "change_given")?,
        // Records of shifts that were opened before there were refunds have none of these.
        return_count: shift.return_count,
        returns_total: money_or_nothing(shift.returns_total.as_ref()),
        void_count: shift.void_count,
        voids_total: money_or_nothing(shift.voids_total.as_ref()),
        cash_refunded: money_or_nothing(shift.cash_refunded.as_ref()),
        opened_by_user_id: match optional_id(&shift.opened_by_user_id, "opened_by_user_id")? {
            None => Some(id(&shift.user_id, "user_id")?),
            opened_by => opened_by,
        },
        last_activity_time: optional_time(shift.last_activity_time.as_ref(), "last_activity_time")?
            .unwrap_or(open_time),
        expected_cash: shift.expected_cash.as_ref().map_or(opening_float, |money| money.amount_minor),
        end_time: optional_time(shift.end_time.as_ref(), "end_time")?,
        ended_by_user_id: optional_id(&shift.ended_by_user_id, "ended_by_user_id")?,
        ended_automatically: shift.ended_automatically,
        close_time: optional_time(shift.close_time.as_ref(), "close_time")?,
        closed_by_user_id: optional_id(&shift.closed_by_user_id, "closed_by_user_id")?,
        forced: shift.forced,
        close_reason: shift.close_reason.clone(),
        counted_cash: shift.counted_cash.as_ref().map(|money| money.amount_minor),
        left_in_drawer: shift.left_in_drawer.as_ref().map(|money| money.amount_minor),
        to_safe: money_or_nothing(shift.to_safe.as_ref()),
        count_attempts: shift.count_attempts,
    })
}

/// An adjustment of the stock.
pub fn stock_adjustment(adjustment: &pb::StockAdjustment) -> Result<stock_adjustment::Model, Unreadable> {
    Ok(stock_adjustment::Model {
        id: id(&adjustment.adjustment_id, "adjustment.adjustment_id")?,
        branch_id: id(&adjustment.branch_id, "adjustment.branch_id")?,
        user_id: id(&adjustment.user_id, "adjustment.user_id")?,
        business_date: date(adjustment.business_date, "adjustment.business_date")?,
        lines: adjustment_lines(&adjustment.lines),
        line_count: adjustment.line_count,
        note: adjustment.note.clone(),
        value: money(adjustment.value.as_ref(), "adjustment.value")?,
        create_time: time(adjustment.create_time.as_ref(), "adjustment.create_time")?,
    })
}

/// A stock count.
pub fn stock_count(count: &pb::StockCount) -> Result<stock_count::Model, Unreadable> {
    Ok(stock_count::Model {
        id: id(&count.count_id, "count.count_id")?,
        branch_id: id(&count.branch_id, "count.branch_id")?,
        state: count.state,
        note: count.note.clone(),
        version: count.version,
        line_count: count.line_count,
        start_user_id: id(&count.start_user_id, "count.start_user_id")?,
        start_time: time(count.start_time.as_ref(), "count.start_time")?,
        end_user_id: optional_id(&count.end_user_id, "count.end_user_id")?,
        end_time: optional_time(count.end_time.as_ref(), "count.end_time")?,
        cancel_reason: count.cancel_reason.clone(),
        changed_count: count.changed_count,
    })
}

/// A line of a stock count.
pub fn stock_count_line(
    count_id: Uuid,
    line: &pb::StockCountLine,
) -> Result<stock_count_line::Model, Unreadable> {
    Ok(stock_count_line::Model {
        count_id,
        product_id: id(&line.product_id, "count.lines.product_id")?,
        counted: quantity(line.counted.as_ref(), "count.lines.counted")?,
        expected: quantity(line.expected.as_ref(), "count.lines.expected")?,
        stock_sequence: line.stock_sequence,
        user_id: id(&line.user_id, "count.lines.user_id")?,
        count_time: time(line.count_time.as_ref(), "count.lines.count_time")?,
    })
}

/// What a grant was given for.
pub fn grant(approval: &pb::Approval) -> Result<grant::Model, Unreadable> {
    let nobody = Uuid::nil();
    Ok(grant::Model {
        id: id(&approval.grant_id, "approval.grant_id")?,
        action: approval.action,
        order_id: optional_id(&approval.order_id, "approval.order_id")?,
        line_id: optional_id(&approval.line_id, "approval.line_id")?,
        movement: Some(approval.movement_type).filter(|kind| *kind != 0),
        amount: money(approval.amount.as_ref(), "approval.amount")?,
        requester_user_id: id(&approval.requester_user_id, "approval.requester_user_id")?,
        approver_user_id: id(&approval.approver_user_id, "approval.approver_user_id")?,
        branch_id: nobody,
        register_id: nobody,
        terminal_id: nobody,
        create_time: 0,
        expire_time: 0,
        used_time: None,
        used_by_id: None,
    })
}

/// The limits of a role.
pub fn role_limits(business_id: Uuid, limits: &pb::RoleLimits) -> Result<role_limit::Model, Unreadable> {
    Ok(role_limit::Model {
        business_id,
        role: limits.role,
        most_discount: rate(limits.most_discount_percent.as_ref(), "role_limits.most_discount_percent")?,
        price_override: limits.price_override,
        void_sale: limits.void_sale,
        open_drawer: limits.open_drawer,
        refund_other_tender: limits.refund_other_tender,
        most_paid_out: money(limits.most_paid_out.as_ref(), "role_limits.most_paid_out")?,
        most_variance: money(limits.most_variance.as_ref(), "role_limits.most_variance")?,
        // Records of before there were adjustments have none: that of the schema step.
        most_stock_adjustment: limits
            .most_stock_adjustment
            .as_ref()
            .map_or_else(|| defaults::most_stock_adjustment(limits.role()), |money| money.amount_minor),
        // The same of records of before there was a limit of drops.
        most_drop: limits.most_drop.as_ref().map_or(defaults::MOST_DROP, |money| money.amount_minor),
    })
}

/// A purchase.
pub fn purchase(purchase: &pb::Purchase) -> Result<purchase::Model, Unreadable> {
    let optional = |text: &String| (!text.is_empty()).then(|| text.clone());
    Ok(purchase::Model {
        id: id(&purchase.purchase_id, "purchase.purchase_id")?,
        branch_id: id(&purchase.branch_id, "purchase.branch_id")?,
        state: purchase.state,
        version: purchase.version,
        number: optional(&purchase.number),
        business_date: optional_date(purchase.business_date, "purchase.business_date")?,
        supplier: purchase.supplier.clone(),
        supplier_key: purchase.supplier.to_lowercase(),
        document_number: purchase.document_number.clone(),
        document_date: optional_date(purchase.document_date, "purchase.document_date")?,
        note: purchase.note.clone(),
        lines: purchase_lines(purchase.lines.clone()),
        line_count: purchase.line_count,
        cost_total: money(purchase.cost_total.as_ref(), "purchase.cost_total")?,
        reason: optional(&purchase.reason),
        created_by_user_id: id(&purchase.created_by_user_id, "purchase.created_by_user_id")?,
        create_time: time(purchase.create_time.as_ref(), "purchase.create_time")?,
        update_time: time(purchase.update_time.as_ref(), "purchase.update_time")?,
        approved_by_user_id: optional_id(&purchase.approved_by_user_id, "purchase.approved_by_user_id")?,
        approve_time: optional_time(purchase.approve_time.as_ref(), "purchase.approve_time")?,
        cancelled_by_user_id: optional_id(&purchase.cancelled_by_user_id, "purchase.cancelled_by_user_id")?,
        cancel_time: optional_time(purchase.cancel_time.as_ref(), "purchase.cancel_time")?,
    })
}

/// A product.
pub fn product(product: &pb::Product) -> Result<product::Model, Unreadable> {
    Ok(product::Model {
        id: id(&product.product_id, "products.product_id")?,
        sku: product.sku.clone(),
        name: product.name.clone(),
        name_ar: product.name_ar.clone(),
        price: money(product.price.as_ref(), "products.price")?,
        tax_rate: rate(product.tax_rate.as_ref(), "products.tax_rate")?,
        category: product.category.clone(),
        unit: product.unit.clone(),
        stock_policy: product.stock_policy,
        version: product.version,
        search_text: product_text(&product.name, &product.name_ar, &product.sku),
        create_time: time(product.create_time.as_ref(), "products.create_time")?,
        update_time: time(product.update_time.as_ref(), "products.update_time")?,
    })
}

/// A time at work, as its row.
pub fn attendance(attendance: &pb::Attendance) -> Result<attendance::Model, Unreadable> {
    Ok(attendance::Model {
        id: id(&attendance.attendance_id, "attendance_id")?,
        branch_id: id(&attendance.branch_id, "branch_id")?,
        user_id: id(&attendance.user_id, "user_id")?,
        clock_in_time: time(attendance.clock_in_time.as_ref(), "clock_in_time")?,
        clock_out_time: optional_time(attendance.clock_out_time.as_ref(), "clock_out_time")?,
        in_terminal_id: id(&attendance.in_terminal_id, "in_terminal_id")?,
        out_terminal_id: optional_id(&attendance.out_terminal_id, "out_terminal_id")?,
        in_by_user_id: id(&attendance.in_by_user_id, "in_by_user_id")?,
        out_by_user_id: optional_id(&attendance.out_by_user_id, "out_by_user_id")?,
        note: attendance.note.clone(),
        reason: attendance.reason.clone(),
        corrected: attendance.corrected,
    })
}

/// A price of a branch.
pub fn branch_price(price: &pb::BranchPrice) -> Result<branch_price::Model, Unreadable> {
    Ok(branch_price::Model {
        branch_id: id(&price.branch_id, "branch_prices.branch_id")?,
        product_id: id(&price.product_id, "branch_prices.product_id")?,
        price: price.price.as_ref().map(|money| money.amount_minor),
        version: price.version,
        update_time: time(price.update_time.as_ref(), "branch_prices.update_time")?,
    })
}

/// Writes settings into a business.
pub fn write_settings(business: &mut business::Model, settings: &pb::Settings) -> Result<(), Unreadable> {
    let cash = settings.cash_rounding.unwrap_or_default();
    // Records of before a module could be switched off do not name it: it is on.
    let modules = settings.modules.unwrap_or_default();
    *business = business::Model {
        name: settings.name.clone(),
        currency_code: settings.currency_code.clone(),
        time_zone: settings.time_zone.clone(),
        prices_include_tax: settings.prices_include_tax,
        tax_rounding: settings.tax_rounding,
        rounding_mode: settings.rounding_mode,
        cash_unit: cash.unit_minor,
        cash_total_mode: cash.total,
        cash_change_mode: cash.change,
        cash_refund_mode: cash.refund,
        small_coins: cash.small_coins,
        receipt_header: settings.receipt_header.clone(),
        receipt_footer: settings.receipt_footer.clone(),
        version: settings.version,
        blind_close: settings.blind_close,
        // Books that were opened before there was a limit have the one that the schema gave them.
        idle_seconds: settings.idle_limit.as_ref().map_or(defaults::IDLE_SECONDS, |limit| limit.seconds),
        update_time: time(settings.update_time.as_ref(), "settings.update_time")?,
        customers_on: modules.customers.unwrap_or(true),
        purchasing_on: modules.purchasing.unwrap_or(true),
        stock_transfers_on: modules.stock_transfers.unwrap_or(true),
        attendance_on: modules.attendance.unwrap_or(true),
        ..business.clone()
    };
    Ok(())
}
