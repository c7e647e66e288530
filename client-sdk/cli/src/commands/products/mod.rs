//! `kassa products`

mod categories;
mod export;
mod find;
mod import;
mod list;
mod price;

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
    /// Write the products to a CSV file
    Export(export::Export),
    /// List the categories
    Categories,
    /// What a product costs at a branch: `kassa products price bread 2.50 --branch B2` changes it there
    Price(price::Price),
    /// List the prices that a branch has for itself
    Prices(price::Prices),
}

impl Command {
    /// The RPC by which it changes the shop; none where it changes nothing.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self {
            Self::Import(_) => Some("PutProducts"),
            Self::Price(price) => price.is_change().then_some("PutBranchPrices"),
            Self::Find(_) | Self::List(_) | Self::Export(_) | Self::Categories | Self::Prices(_) => None,
        }
    }
}

/// The contract's largest page.
const PAGE: i32 = 500;

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::Import(import) => import::run(shop, &import, yes, output).await,
        Command::Find(find) => find::run(shop, find, output).await,
        Command::List(list) => list::run(shop, &list, output).await,
        Command::Export(export) => export::run(shop, &export, output).await,
        Command::Categories => categories::run(shop, output).await,
        Command::Price(price) => price::one(shop, price, output).await,
        Command::Prices(prices) => price::all(shop, prices, output).await,
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
    vec![product.sku.clone(), barcode, price(product), format!("{tax}%"), product.category.clone()]
}

/// What a sale here charges; a star says that it is the branch's own price.
fn price(product: &Product) -> String {
    match &product.branch_price {
        Some(own) => format!("*{}", amount::show(Some(own))),
        None => amount::show(product.price.as_ref()),
    }
}

/// Says what the stars mean, where there is one.
fn explain_stars<'a>(mut products: impl Iterator<Item = &'a Product>, output: Output) {
    if products.any(|product| product.branch_price.is_some()) {
        output.remark("* the branch's own price: see `kassa products prices`");
    }
}

/// The names of those columns.
const COLUMNS: [&str; 5] = ["sku", "barcode", ">price", ">tax", "category"];
