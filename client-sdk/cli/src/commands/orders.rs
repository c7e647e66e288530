//! `kassa orders`

use std::str::FromStr;

use clap::{Args, ValueEnum};
use kassa_client::proto::v1::{ListOrdersRequest, ListOrdersResponse, Order, OrderKind};

use super::{
    customers,
    order::{kind, tender_name},
};
use crate::{amount, failure::Failure, message, output::Output, shop::Shop, table::table};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Args)]
pub struct List {
    /// Only receipt numbers that begin like this
    #[arg(long, value_name = "TEXT")]
    number: Option<String>,
    /// Only of this shift
    #[arg(long, value_name = "ID")]
    shift: Option<String>,
    /// Only sold by this user
    #[arg(long, value_name = "ID")]
    cashier: Option<String>,
    /// Only bought by this customer
    #[arg(long, value_name = "ID|CODE")]
    customer: Option<String>,
    /// Only of this kind
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Sold at this time or later, such as 2026-11-20T08:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Sold before this time
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// Only with something out of the ordinary: goods for nothing, or cash for what another tender paid
    #[arg(long)]
    exceptions: bool,
    /// Sales for training too
    #[arg(long)]
    training: bool,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Sale,
    Return,
    Void,
}

impl From<Kind> for OrderKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sale => Self::Sale,
            Kind::Return => Self::Return,
            Kind::Void => Self::Void,
        }
    }
}

/// A time as RFC 3339 writes it.
#[derive(Debug, Clone)]
pub struct Time(pub prost_types::Timestamp);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "a time looks like 2026-11-20T08:00:00Z".to_owned())
    }
}

pub async fn run(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let customer_id = customers::id(shop, list.customer.as_deref()).await?;
    let mut all = ListOrdersResponse::default();
    loop {
        let left = limit - all.orders.len();
        let request = ListOrdersRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            register_id: shop.register.clone(),
            receipt_number: list.number.clone().unwrap_or_default(),
            shift_id: list.shift.clone().unwrap_or_default(),
            customer_id: customer_id.clone(),
            user_id: list.cashier.clone().unwrap_or_default(),
            kind: list.kind.map_or(OrderKind::Unspecified, OrderKind::from).into(),
            start_time: list.from.clone().map(|Time(time)| time),
            end_time: list.to.clone().map(|Time(time)| time),
            include_training: list.training,
            with_exceptions: list.exceptions,
            ..Default::default()
        };
        let page = shop.call(shop.kassa.orders().list_orders(request)).await?.into_inner();
        all.orders.extend(page.orders);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.orders.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListOrdersResponse", &all))?;
    if all.orders.is_empty() {
        return output.text("no such orders");
    }
    let clock = shop.clock().await?;
    let mut table = table(&["receipt number", "sold", ">lines", ">total", "paid by", "kind"]);
    for order in &all.orders {
        table.add_row([
            order.receipt_number.clone(),
            clock.show(order.create_time.as_ref()),
            order.lines.len().to_string(),
            amount::show(order.total.as_ref()),
            paid_by(order),
            kind(order),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}

fn paid_by(order: &Order) -> String {
    order.tenders.iter().map(tender_name).collect::<Vec<_>>().join(", ")
}
