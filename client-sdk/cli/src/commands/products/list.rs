//! `kassa products list`

use clap::Args;
use kassa_client::proto::v1::{ListProductsRequest, ListProductsResponse};

use super::{COLUMNS, PAGE, cells, explain_stars};
use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Args)]
pub struct List {
    /// How many at most
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

pub async fn run(shop: &Shop, list: &List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut all = ListProductsResponse::default();
    loop {
        let left = limit - all.products.len();
        let request = ListProductsRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            ..Default::default()
        };
        let page = shop.call(shop.kassa.catalog().list_products(request)).await?.into_inner();
        all.products.extend(page.products);
        all.next_page_token = page.next_page_token;
        all.catalog_version = page.catalog_version;
        if all.next_page_token.is_empty() || all.products.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListProductsResponse", &all))?;
    if all.products.is_empty() {
        return output.text("no products yet: `kassa products import FILE.csv`, or `kassa demo`");
    }
    let mut table = table(&[COLUMNS.as_slice(), &["policy", "unit", "name", "arabic name"]].concat());
    // The server's order is that of changes; people look for a SKU.
    all.products.sort_by(|one, other| one.sku.cmp(&other.sku));
    for product in &all.products {
        let mut row = cells(product);
        let policy = message::word(product.stock_policy().as_str_name(), "STOCK_POLICY_");
        row.extend([policy, product.unit.clone(), product.name.clone(), product.name_ar.clone()]);
        table.add_row(row);
    }
    output.text(table.trim_fmt())?;
    explain_stars(all.products.iter(), output);
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}
