//! `kassa order`

use clap::Args;
use comfy_table::Table;
use kassa_client::proto::v1::{GetOrderByNumberRequest, Order, OrderLine, Tender};

use crate::{
    amount,
    failure::Failure,
    message,
    output::Output,
    shop::{Clock, Shop, date},
    table::{facts, table},
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
        let discount =
            line.total.clone().map(|total| kassa_client::proto::v1::Money { amount_minor: -off, ..total });
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
    let mut table = table(&["", ">"]);
    let mut add = |name: &str, amount: String| {
        table.add_row([name.to_owned(), amount]);
    };
    let not_zero = |money: &Option<kassa_client::proto::v1::Money>| amount::minor(money.as_ref()) != 0;
    add("subtotal", amount::show(order.subtotal.as_ref()));
    if not_zero(&order.discount_total) {
        add("discounts", format!("-{}", amount::show(order.discount_total.as_ref())));
    }
    for tax in &order.tax_totals {
        let rate = tax.rate.as_ref().map_or("0", |rate| rate.value.as_str());
        add(&format!("tax {rate}%"), amount::show(tax.tax.as_ref()));
    }
    add("total", amount::show(order.total.as_ref()));
    if not_zero(&order.rounding_adjustment) {
        add("cash rounding", amount::show(order.rounding_adjustment.as_ref()));
    }
    if not_zero(&order.tip_total) {
        add("tip", amount::show(order.tip_total.as_ref()));
    }
    for tender in &order.tenders {
        add(&tender_name(tender), amount::show(tender.amount.as_ref()));
    }
    if not_zero(&order.change) {
        add("change", amount::show(order.change.as_ref()));
    }
    table.set_header(Vec::<String>::new());
    table.trim_fmt()
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
