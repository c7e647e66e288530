//! `kassa stock list`

use clap::Args;
use kassa_client::proto::v1::{ListStockRequest, ListStockResponse};

use super::decimal;
use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Args)]
pub struct List {
    /// Only what is low
    #[arg(long)]
    low: bool,
    /// Only products of this category
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    category: String,
    /// The branch [default: the terminal's]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// How many at most
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

pub async fn run(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut all = ListStockResponse::default();
    loop {
        let left = limit - all.stock.len();
        let request = ListStockRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            branch_id: list.branch.clone(),
            low_only: list.low,
            category: list.category.clone(),
        };
        let page = shop.call(shop.kassa.stock().list_stock(request)).await?.into_inner();
        all.stock.extend(page.stock);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.stock.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListStockResponse", &all))?;
    if all.stock.is_empty() {
        return output.text(if list.low { "nothing is low" } else { "nothing was ever on this shelf" });
    }
    all.stock.sort_by(|one, other| one.sku.cmp(&other.sku));
    let with_cost = all.stock.iter().any(|stock| stock.average_cost_minor.is_some());
    let mut names = vec!["sku", ">stock", "unit", ">low at", ""];
    names.extend(with_cost.then_some(">average cost"));
    names.push("name");
    let currency = shop.currency().await?;
    let mut table = table(&names);
    for stock in &all.stock {
        let mut row = vec![
            stock.sku.clone(),
            decimal(stock.quantity.as_ref()),
            stock.unit.clone(),
            decimal(stock.low_quantity.as_ref()),
            if stock.low { "low" } else { "" }.to_owned(),
        ];
        if with_cost {
            row.push(super::average_cost(stock.average_cost_minor.as_ref(), currency));
        }
        row.push(stock.name.clone());
        table.add_row(row);
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}
