//! `kassa order`

use std::collections::BTreeSet;

use clap::Args;
use comfy_table::Table;
use kassa_client::proto::{
    decimal::Quantity,
    pricing::{Rounding, full_price},
    v1::{GetOrderByNumberRequest, Money, Order, OrderException, OrderKind, OrderLine, Tender},
};

use super::returned_lines;
use crate::{
    amount,
    failure::Failure,
    message,
    output::Output,
    shop::{Clock, Shop, date},
    table::{amounts, facts, table},
};

#[derive(Debug, Args)]
pub struct Show {
    /// The receipt number, such as INV-202611-R1-000042
    number: String,
}

pub async fn run(shop: &Shop, show: Show, output: Output) -> Result<(), Failure> {
    let request = GetOrderByNumberRequest { receipt_number: show.number };
    let answer = shop.call(shop.kassa.orders().get_order_by_number(request)).await?;
    output.json(|| message::to_json("GetOrderByNumberResponse", &*answer))?;
    let order = answer.into_inner().order.unwrap_or_default();
    output.text(head(&order, shop.clock().await?))?;
    output.text("")?;
    output.text(lines(&order.lines, returned_lines::rounding(&order)).trim_fmt())?;
    output.text("")?;
    output.text(totals(&order))
}

fn head(order: &Order, clock: Clock) -> String {
    let voided = !order.voided_by_order_id.is_empty();
    let state = message::word(order.state().as_str_name(), "ORDER_STATE_");
    let made = match order.kind() {
        OrderKind::Sale | OrderKind::Unspecified => "sold",
        OrderKind::Return => "given back",
        OrderKind::Void => "voided",
    };
    let mut rows = vec![
        ("receipt number", order.receipt_number.clone()),
        ("order id", order.order_id.clone()),
        ("kind", kind(order)),
        ("state", if voided { "voided".to_owned() } else { state }),
        (made, clock.show(order.create_time.as_ref())),
        ("business date", date(order.business_date.as_ref())),
    ];
    if !order.customer_id.is_empty() {
        rows.push(("customer id", order.customer_id.clone()));
    }
    if !order.note.is_empty() {
        rows.push(("note", order.note.clone()));
    }
    facts(rows)
}

/// What an order is, and what it has to do with another: `VOID OF INV-202611-R1-000042`.
pub fn kind(order: &Order) -> String {
    let Order { original_receipt_number: original, voided_by_receipt_number: void, .. } = order;
    let mut kind = match order.kind() {
        OrderKind::Sale | OrderKind::Unspecified if void.is_empty() => "sale".to_owned(),
        OrderKind::Sale | OrderKind::Unspecified => format!("sale, VOIDED BY {void}"),
        OrderKind::Return => format!("REFUND OF {original}"),
        OrderKind::Void => format!("VOID OF {original}"),
    };
    if order.training {
        kind.push_str(", training");
    }
    let words = |it: &OrderException| {
        let what = message::word(it.kind().as_str_name(), "ORDER_EXCEPTION_KIND_");
        if it.allowed_by_user_name.is_empty() {
            what
        } else {
            format!("{what} ({})", it.allowed_by_user_name)
        }
    };
    let exceptions: BTreeSet<String> = order.exceptions.iter().map(words).collect();
    for exception in exceptions {
        kind = format!("{kind}, {exception}");
    }
    kind
}

/// The lines of an order or a quote. Price times quantity less the discount is the total, or what the tax comes on
/// top of.
pub fn lines(lines: &[OrderLine], rounding: Rounding) -> Table {
    let came_back = lines.iter().any(|line| returned_lines::returned(line) > 0);
    let mut names = vec!["line", ">quantity", "unit", ">price", ">discount", ">tax", ">total"];
    names.extend(came_back.then_some(">came back"));
    names.extend(["name", "arabic name"]);
    let mut table = table(&names);
    for (line, number) in lines.iter().zip(1..) {
        let (full, paid) = (full(line, rounding), paid(line));
        let money = |minor| line.total.clone().map(|total| Money { amount_minor: minor, ..total });
        let discount = money(paid.saturating_sub(full));
        let rate = line.tax_rate.as_ref().map_or("0", |rate| rate.value.as_str());
        let on_top = amount::minor(line.total.as_ref()).saturating_sub(paid);
        let tax =
            if on_top == 0 { String::new() } else { format!(": {}", amount::show(money(on_top).as_ref())) };
        let mut cells = vec![
            returned_lines::name(number),
            line.quantity.clone().unwrap_or_default().value,
            line.unit.clone(),
            amount::show(line.unit_price.as_ref()),
            if paid == full { String::new() } else { amount::show(discount.as_ref()) },
            format!("{rate}%{tax}"),
            amount::show(line.total.as_ref()),
        ];
        if came_back {
            cells.push(line.returned_quantity.clone().unwrap_or_default().value);
        }
        cells.extend([line.name.clone(), line.name_ar.clone()]);
        table.add_row(cells);
    }
    table
}

/// Price times quantity. What comes back has discounts off its subtotal already.
fn full(line: &OrderLine, rounding: Rounding) -> i64 {
    let subtotal = amount::minor(line.subtotal.as_ref());
    let quantity = line.quantity.as_ref().and_then(|quantity| Quantity::try_from(quantity).ok());
    let price = amount::minor(line.unit_price.as_ref());
    let full = quantity
        .filter(|_| !line.original_line_id.is_empty())
        .and_then(|quantity| full_price(price, quantity, rounding).ok());
    full.unwrap_or(subtotal)
}

/// What is left of that after all discounts; tax may come on top.
fn paid(line: &OrderLine) -> i64 {
    [&line.discount_total, &line.order_discount_share]
        .into_iter()
        .fold(amount::minor(line.subtotal.as_ref()), |left, off| {
            left.saturating_sub(amount::minor(off.as_ref()))
        })
}

fn totals(order: &Order) -> String {
    let rounding = returned_lines::rounding(order);
    let sum = |part: &dyn Fn(&OrderLine) -> i64| {
        let minor = order.lines.iter().map(part).fold(0, i64::saturating_add);
        order.total.clone().map(|total| Money { amount_minor: minor, ..total })
    };
    let mut rows = Vec::new();
    let mut add = |name: &str, amount: &Option<Money>| rows.push((name.to_owned(), amount.clone()));
    add("subtotal", &sum(&|line| full(line, rounding)));
    add("discounts", &sum(&|line| paid(line).saturating_sub(full(line, rounding))));
    for tax in &order.tax_totals {
        let rate = tax.rate.as_ref().map_or("0", |rate| rate.value.as_str());
        let included = if order.prices_include_tax { "included " } else { "" };
        add(&format!("{included}tax {rate}%"), &tax.tax);
    }
    add("total", &order.total);
    add("cash rounding", &order.rounding_adjustment);
    add("tip", &order.tip_total);
    for tender in &order.tenders {
        add(&tender_name(tender), &tender.amount);
    }
    add("change", &order.change);
    // What did not happen needs no line; a total of nothing does.
    rows.retain(|(name, amount)| name.ends_with("total") || amount::minor(amount.as_ref()) != 0);
    amounts(rows.iter().map(|(name, amount)| (name.as_str(), amount::show(amount.as_ref()))))
}

/// `cash`, `card visa 4242`.
pub fn tender_name(tender: &Tender) -> String {
    let mut name = message::word(tender.r#type().as_str_name(), "TENDER_TYPE_");
    if let Some(card) = &tender.card {
        for part in [&card.brand, &card.last_four] {
            if !part.is_empty() {
                name = format!("{name} {part}");
            }
        }
    }
    name
}
