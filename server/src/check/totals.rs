//! The arithmetic of an order: every header is the sum of its stored parts.

use std::collections::BTreeSet;

use kassa_proto::{
    decimal::Rate,
    money::Currency,
    v1::{self as pb, OrderExceptionKind as ExceptionKind, OrderKind, TenderType},
};
use uuid::Uuid;

use super::CheckLine;
use crate::{
    encoding::order::{Derived, OrderRows},
    store::entity::order_line,
};

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
    // What the record says beyond the rows follows from them.
    let currency = currency.and_then(Currency::from_code);
    let shown = currency.map(|currency| rows.to_pb(currency, derived(rows, currency)));
    if shown.as_ref() != Some(order) {
        line.fault("orders", id, "its record says other than its rows would");
    }
}

/// What follows from the rows of an order, and stands in none.
fn derived(rows: &OrderRows, currency: Currency) -> Derived {
    let money = |minor| Some(pb::Money::new(currency, minor));
    let rates: BTreeSet<i64> = rows.lines.iter().map(|line| line.tax_rate).collect();
    let tax_totals = rates.into_iter().map(|rate| {
        let own = || rows.lines.iter().filter(|line| line.tax_rate == rate);
        pb::TaxTotal {
            rate: Some(Rate::from_ten_thousandths(rate).into()),
            base: money(own().fold(0, |sum: i64, line| sum.saturating_add(line.net))),
            tax: money(own().fold(0, |sum: i64, line| sum.saturating_add(line.tax))),
        }
    });
    Derived { tax_totals: tax_totals.collect(), exceptions: exceptions(rows, currency) }
}

/// What is out of the ordinary: goods that cost something and went for nothing, a rest that no coin paid, cash for
/// what another tender had paid.
fn exceptions(rows: &OrderRows, currency: Currency) -> Vec<pb::OrderException> {
    let order = &rows.order;
    let exception =
        |kind: ExceptionKind, line_id: String, allowed_by: Option<Uuid>, minor| pb::OrderException {
            kind: kind.into(),
            line_id,
            allowed_by_user_id: allowed_by.map(|id| id.to_string()).unwrap_or_default(),
            amount: Some(pb::Money::new(currency, minor)),
            allowed_by_user_name: String::new(),
        };
    let mut exceptions = Vec::new();
    if order.kind == i32::from(OrderKind::Sale) {
        let of_nothing = rows.lines.iter().filter(|line| line.unit_price > 0 && line.subtotal == 0);
        exceptions.extend(of_nothing.map(|line| {
            exception(ExceptionKind::LineOfNothing, line.line_id.to_string(), None, line.unit_price)
        }));
    }
    let in_cash = rows.tenders.iter().any(|tender| tender.kind == i32::from(TenderType::Cash));
    let no_coins = !in_cash && order.change == 0 && order.kind != i32::from(OrderKind::Void);
    if no_coins && order.rounding_adjustment != 0 {
        let forgone = order.rounding_adjustment.saturating_neg();
        exceptions.push(exception(ExceptionKind::SettledByRounding, String::new(), None, forgone));
    }
    if let allowed_by @ Some(_) = order.paid_back_in_cash_by_user_id {
        let (kind, minor) = (ExceptionKind::PaidBackInCash, order.paid_back_in_cash);
        exceptions.push(exception(kind, String::new(), allowed_by, minor));
    }
    exceptions
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{
        drawer::{movement_row, prove_sale},
        orders::order_rows,
    };

    fn usd(text: &str) -> Option<pb::Money> {
        let currency = Currency::from_code("USD").unwrap();
        Some(pb::Money::new(currency, currency.parse(text).unwrap()))
    }

    fn decimal(text: &str) -> Option<pb::Decimal> {
        Some(pb::Decimal { value: text.to_owned() })
    }

    fn discount(amount: &str) -> pb::AppliedDiscount {
        let value = pb::discount::Value::Amount(usd(amount).unwrap());
        let discount = pb::Discount { name: "Friends".to_owned(), value: Some(value) };
        pb::AppliedDiscount { discount: Some(discount), amount: usd(amount) }
    }

    /// 10.00, less 1.00 of its own and 0.50 of the order's, and 15% on top: 9.78, paid with 11 and a tip.
    fn sold() -> OrderRows {
        let id = Uuid::from_u128(1).to_string();
        let line = pb::OrderLine {
            line_id: id.clone(),
            product_id: id.clone(),
            quantity: decimal("2"),
            list_price: usd("5.00"),
            unit_price: usd("5.00"),
            subtotal: usd("10.00"),
            discounts: vec![discount("1.00")],
            discount_total: usd("1.00"),
            order_discount_share: usd("0.50"),
            tax_rate: decimal("15"),
            net: usd("8.50"),
            tax: usd("1.28"),
            total: usd("9.78"),
            ..pb::OrderLine::default()
        };
        let tender = |amount, tip| pb::Tender {
            r#type: TenderType::Cash.into(),
            amount: usd(amount),
            tip: usd(tip),
            card: None,
        };
        let order = pb::Order {
            order_id: id.clone(),
            branch_id: id.clone(),
            register_id: id.clone(),
            shift_id: id.clone(),
            user_id: id.clone(),
            terminal_id: id,
            lines: vec![line],
            subtotal: usd("10.00"),
            discount_total: usd("1.50"),
            discounts: vec![discount("0.50")],
            total: usd("9.78"),
            rounding_adjustment: usd("0.02"),
            tip_total: usd("0.20"),
            tenders: vec![tender("10.00", "0.20"), tender("1.00", "0")],
            change: usd("1.00"),
            business_date: Some(pb::Date { year: 2026, month: 11, day: 20 }),
            create_time: Some(prost_types::Timestamp::default()),
            ..pb::Order::default()
        };
        order_rows(&order).unwrap()
    }

    fn recorded(rows: &OrderRows) -> pb::Order {
        let currency = Currency::from_code("USD").unwrap();
        rows.to_pb(currency, derived(rows, currency))
    }

    fn faults(rows: &OrderRows) -> u64 {
        let mut line = CheckLine::new("totals");
        let order = recorded(rows);
        prove(&mut line, &order, rows, Some("USD"));
        line.fault_count()
    }

    #[test]
    fn an_order_adds_up_and_no_amount_of_it_can_be_another() {
        let sold = sold();
        assert_eq!(faults(&sold), 0);
        type Change = fn(&mut OrderRows) -> &mut i64;
        let changes: [Change; 15] = [
            |rows| &mut rows.order.subtotal,
            |rows| &mut rows.order.discount_total,
            |rows| &mut rows.order.total,
            |rows| &mut rows.order.rounding_adjustment,
            |rows| &mut rows.order.tip_total,
            |rows| &mut rows.order.change,
            |rows| &mut rows.lines[0].subtotal,
            |rows| &mut rows.lines[0].discount_total,
            |rows| &mut rows.lines[0].order_discount_share,
            |rows| &mut rows.lines[0].net,
            |rows| &mut rows.lines[0].tax,
            |rows| &mut rows.lines[0].total,
            |rows| &mut rows.discounts[0].amount,
            |rows| &mut rows.discounts[1].amount,
            |rows| &mut rows.tenders[1].amount,
        ];
        for (place, change) in changes.into_iter().enumerate() {
            let mut rows = sold.clone();
            *change(&mut rows) += 1;
            assert_ne!(faults(&rows), 0, "change {place}");
        }
        let mut with_tax_inside = sold.clone();
        with_tax_inside.order.prices_include_tax = true;
        assert_ne!(faults(&with_tax_inside), 0);
    }

    #[test]
    fn a_record_says_no_more_than_its_rows_and_in_the_shops_currency() {
        let rows = sold();
        let mut order = recorded(&rows);
        let mut line = CheckLine::new("totals");
        prove(&mut line, &order, &rows, Some("EUR"));
        assert_eq!(line.fault_count(), 1);
        order.tax_totals[0].tax = usd("1.29");
        prove(&mut line, &order, &rows, Some("USD"));
        assert_eq!(line.fault_count(), 2);
    }

    #[test]
    fn the_rows_of_a_record_are_those_that_give_it() {
        let rows = sold();
        let again = order_rows(&recorded(&rows)).unwrap();
        assert_eq!(again.order, rows.order);
        assert_eq!((again.lines, again.discounts, again.tenders), (rows.lines, rows.discounts, rows.tenders));
    }

    #[test]
    fn a_sale_moves_its_cash_and_its_change_and_nothing_else() {
        let rows = sold();
        let movement = |kind: pb::MovementType, amount, sequence| pb::CashMovement {
            movement_id: rows.order.id.to_string(),
            register_id: rows.order.register_id.to_string(),
            branch_id: rows.order.branch_id.to_string(),
            shift_id: rows.order.shift_id.to_string(),
            order_id: rows.order.id.to_string(),
            user_id: rows.order.user_id.to_string(),
            sequence,
            r#type: kind.into(),
            amount: usd(amount),
            balance: usd("0"),
            business_date: Some(pb::Date { year: 2026, month: 11, day: 20 }),
            create_time: Some(prost_types::Timestamp::default()),
            ..Default::default()
        };
        let right =
            [movement(pb::MovementType::SaleCash, "11.00", 1), movement(pb::MovementType::Change, "1.00", 2)];
        let faults = |movements: &[pb::CashMovement]| {
            let movements: Vec<_> = movements.iter().map(|it| movement_row(it).unwrap()).collect();
            let mut line = CheckLine::new("drawers");
            prove_sale(&mut line, &rows, &movements);
            line.fault_count()
        };
        assert_eq!(faults(&right), 0);
        assert_ne!(faults(&right[..1]), 0);
        assert_ne!(
            faults(&[right[0].clone(), pb::CashMovement { amount: usd("1.01"), ..right[1].clone() }]),
            0
        );
        let other = Uuid::from_u128(2).to_string();
        assert_ne!(faults(&[right[0].clone(), pb::CashMovement { order_id: other, ..right[1].clone() }]), 0);
    }
}
