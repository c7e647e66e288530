//! `kassa products`

mod find;
mod import;
mod list;

use clap::Subcommand;
use kassa_client::proto::v1::Product;

use crate::{amount, failure::Failure, output::Output, shop::Shop};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create and change products from a CSV file
    Import(import::Import),
    /// Find products by barcode, SKU, or words of their names
    Find(find::Find),
    /// List the products
    List(list::List),
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::Import(import) => import::run(shop, &import, yes, output).await,
        Command::Find(find) => find::run(shop, find, output).await,
        Command::List(list) => list::run(shop, &list, output).await,
    }
}

/// What all lists of products show first.
fn cells(product: &Product) -> Vec<String> {
    let barcode = match product.barcodes.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
    };
    let tax = product.tax_rate.as_ref().map_or("0", |rate| rate.value.as_str());
    vec![
        product.sku.clone(),
        barcode,
        amount::show(product.price.as_ref()),
        format!("{tax}%"),
        product.category.clone(),
    ]
}

/// The names of those columns.
const COLUMNS: [&str; 5] = ["sku", "barcode", ">price", ">tax", "category"];
