//! `kassa products find`

use clap::Args;
use kassa_client::proto::v1::FindProductsRequest;

use super::{COLUMNS, cells, explain_stars};
use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Args)]
pub struct Find {
    /// A barcode, a SKU, or words of a name
    #[arg(required = true)]
    query: Vec<String>,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
}

pub async fn run(shop: &Shop, find: Find, output: Output) -> Result<(), Failure> {
    let query = find.query.join(" ");
    let request = FindProductsRequest { query: query.clone(), page_size: find.limit };
    let found = shop.call(shop.kassa.catalog().find_products(request)).await?;
    output.json(|| message::to_json("FindProductsResponse", &*found))?;
    if found.products.is_empty() {
        return output.text(format!("nothing is like `{query}`"));
    }
    let mut table = table(&[COLUMNS.as_slice(), &[">stock", "unit", "name", "arabic name"]].concat());
    for found in &found.products {
        let product = found.product.clone().unwrap_or_default();
        let mut row = cells(&product);
        let stock = found.stock.clone().unwrap_or_default().value;
        row.extend([stock, product.unit, product.name, product.name_ar]);
        table.add_row(row);
    }
    output.text(table.trim_fmt())?;
    explain_stars(found.products.iter().filter_map(|found| found.product.as_ref()), output);
    if found.truncated {
        output.remark("there are more: give more words, or --limit");
    }
    Ok(())
}
