//! `kassa orders`

use clap::Args;
use kassa_client::proto::v1::{ListOrdersRequest, ListOrdersResponse, Order};

use super::order::tender_name;
use crate::{amount, failure::Failure, message, output::Output, shop::Shop, table::table};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Args)]
pub struct List {
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

pub async fn run(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut all = ListOrdersResponse::default();
    loop {
        let left = limit - all.orders.len();
        let request = ListOrdersRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            register_id: shop.register.clone(),
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
        return output.text("no orders yet");
    }
    let clock = shop.clock().await?;
    let mut table = table(&["receipt number", "sold", ">lines", ">total", "paid by", "state"]);
    for order in &all.orders {
        table.add_row([
            order.receipt_number.clone(),
            clock.show(order.create_time.as_ref()),
            order.lines.len().to_string(),
            amount::show(order.total.as_ref()),
            paid_by(order),
            message::word(order.state().as_str_name(), "ORDER_STATE_"),
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
