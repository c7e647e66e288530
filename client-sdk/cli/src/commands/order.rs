//! `kassa order`

use clap::Args;
use comfy_table::Table;
use kassa_client::proto::v1::{GetOrderByNumberRequest, Money, Order, OrderLine, Tender};

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
    output.text(lines(&order.lines).trim_fmt())?;
    output.text("")?;
    output.text(totals(&order))
}

fn head(order: &Order, clock: Clock) -> String {
    let mut rows = vec![
        ("receipt number", order.receipt_number.clone()),
        ("order id", order.order_id.clone()),
        ("state", message::word(order.state().as_str_name(), "ORDER_STATE_")),
        ("sold", clock.show(order.create_time.as_ref())),
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

/// The lines of an order or a quote.
pub fn lines(lines: &[OrderLine]) -> Table {
    let mut table =
        table(&[">quantity", "unit", ">price", ">discount", ">tax", ">total", "name", "arabic name"]);
    for line in lines {
        let off =
            amount::minor(line.discount_total.as_ref()) + amount::minor(line.order_discount_share.as_ref());
        let discount = line.total.clone().map(|total| Money { amount_minor: -off, ..total });
        table.add_row([
            line.quantity.clone().unwrap_or_default().value,
            line.unit.clone(),
            amount::show(line.unit_price.as_ref()),
            if off == 0 { String::new() } else { amount::show(discount.as_ref()) },
            format!("{}%", line.tax_rate.as_ref().map_or("0", |rate| rate.value.as_str())),
            amount::show(line.total.as_ref()),
            line.name.clone(),
            line.name_ar.clone(),
        ]);
    }
    table
}

fn totals(order: &Order) -> String {
    let mut rows = Vec::new();
    let mut add = |name: &str, amount: &Option<Money>| rows.push((name.to_owned(), amount.clone()));
    add("subtotal", &order.subtotal);
    add("discounts", &order.discount_total.as_ref().map(negated));
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

fn negated(amount: &Money) -> Money {
    Money { amount_minor: amount.amount_minor.saturating_neg(), ..amount.clone() }
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
