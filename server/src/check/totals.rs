//! The arithmetic of an order: every header is the sum of its stored parts.

use kassa_proto::{money::Currency, v1 as pb};

use super::CheckLine;
use crate::{orders::convert::OrderRows, store::entity::order_line};

/// Proves that the parts of an order add up. The prices are not computed again: what was sold under
/// older rules stays as it was sold.
pub fn prove(line: &mut CheckLine, order: &pb::Order, rows: &OrderRows, shop_currency: Option<&str>) {
    line.examine(1);
    let id = rows.order.id.to_string();
    let currency = order.total.as_ref().map(|total| total.currency_code.as_str());
    if currency != shop_currency {
        let [own, shop] = [currency, shop_currency].map(Option::unwrap_or_default);
        let what = format!("its currency is {own}, the shop's is {shop}");
        line.fault("orders", id.clone(), what);
    }
    for (what, left, right) in sums(rows) {
        if left != right {
            line.fault("orders", id.clone(), format!("{what}: {left} and {right}"));
        }
    }
    for item in &rows.lines {
        for (what, left, right) in line_sums(rows, item) {
            if left != right {
                let row = format!("order {id}, line {}", item.line_id);
                line.fault("order_lines", row, format!("{what}: {left} and {right}"));
            }
        }
    }
    // What the record says beyond the rows, such as the taxes by rate, follows from them.
    let shown = currency.and_then(Currency::from_code).map(|currency| rows.to_pb(currency));
    if shown.as_ref() != Some(order) {
        line.fault("orders", id, "its record says other than its rows would");
    }
}

type Sum = (&'static str, i128, i128);

fn sum(parts: impl Iterator<Item = i64>) -> i128 {
    parts.map(i128::from).sum()
}

fn sums(rows: &OrderRows) -> [Sum; 6] {
    let OrderRows { order, lines, discounts, tenders } = rows;
    let [total, rounding, tips] = [order.total, order.rounding_adjustment, order.tip_total].map(i128::from);
    let paid = sum(tenders.iter().map(|tender| tender.amount));
    let of_order = discounts.iter().filter(|discount| discount.line_id.is_none());
    let shares = sum(lines.iter().map(|line| line.order_discount_share));
    let own = sum(lines.iter().map(|line| line.discount_total));
    [
        (
            "tenders less change, and total with rounding and tips",
            paid - i128::from(order.change),
            total + rounding + tips,
        ),
        ("tip_total, and the tips of its tenders", tips, sum(tenders.iter().map(|tender| tender.tip))),
        (
            "subtotal, and those of its lines",
            order.subtotal.into(),
            sum(lines.iter().map(|line| line.subtotal)),
        ),
        ("discount_total, and what its lines were reduced by", order.discount_total.into(), own + shares),
        (
            "its discounts, and its lines' shares of them",
            sum(of_order.map(|discount| discount.amount)),
            shares,
        ),
        ("total, and those of its lines", total, sum(lines.iter().map(|line| line.total))),
    ]
}

fn line_sums(rows: &OrderRows, line: &order_line::Model) -> [Sum; 3] {
    let [subtotal, discounts, share, net, tax, total] =
        [line.subtotal, line.discount_total, line.order_discount_share, line.net, line.tax, line.total]
            .map(i128::from);
    let own = rows.discounts.iter().filter(|discount| discount.line_id == Some(line.line_id));
    let payable = subtotal - discounts - share;
    let priced = if rows.order.prices_include_tax { total } else { net };
    [
        ("total, and net with tax", total, net + tax),
        ("discount_total, and its discounts", discounts, sum(own.map(|discount| discount.amount))),
        ("what discounts leave of subtotal, and what was priced", payable, priced),
    ]
}
