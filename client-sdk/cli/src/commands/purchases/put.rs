//! `kassa purchases put`

use std::path::PathBuf;

use clap::Args;
use kassa_client::proto::v1::{Date, Purchase, PutPurchaseRequest};

use super::{
    line::{self, Line},
    read, show,
};
use crate::{commands::drawer::Asking, day::Day, failure::Failure, shop::Shop};

#[derive(Debug, Args)]
pub struct Put {
    /// A CSV file of the lines, with the columns sku,quantity,cost: the cost is the whole line's
    #[arg(value_name = "FILE", conflicts_with = "lines")]
    file: Option<PathBuf>,
    /// A line: milk=24@31.20 are 24 of milk for 31.20 together; may be given again
    #[arg(long = "line", value_name = "SKU=QUANTITY@COST")]
    lines: Vec<Line>,
    /// Who delivers; needed for a new one
    #[arg(long, value_name = "NAME")]
    supplier: Option<String>,
    /// The number of the supplier's own document
    #[arg(long, value_name = "NUMBER")]
    document: Option<String>,
    /// Its date
    #[arg(long, value_name = "DATE")]
    date: Option<Day>,
    /// A note
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The draft to change, in what is given; a new one without
    #[arg(long, value_name = "ID")]
    purchase: Option<String>,
}

pub async fn run(asking: &Asking<'_>, put: Put) -> Result<(), Failure> {
    let shop = asking.shop;
    let before = match &put.purchase {
        Some(id) => read(shop, id, "").await?.purchase.unwrap_or_default(),
        None if put.supplier.is_none() => {
            return Err(Failure::Usage("--supplier says who delivers".to_owned()));
        }
        None => Purchase::default(),
    };
    let request = request(shop, put, before).await?;
    let answer = shop.call(shop.kassa.purchases().put_purchase(request)).await?;
    asking.document("PutPurchaseResponse", &answer)?;
    asking.remark(answer.replayed());
    show::print(asking, &answer.into_inner().purchase.unwrap_or_default()).await
}

/// What is there, with what was given.
async fn request(shop: &Shop, put: Put, before: Purchase) -> Result<PutPurchaseRequest, Failure> {
    let currency = shop.currency().await?;
    let lines = match &put.file {
        Some(file) => line::read(&std::fs::read(file)?, currency)?,
        None if put.lines.is_empty() && before.lines.is_empty() => {
            return Err(Failure::Usage("give a FILE of lines, or each with --line".to_owned()));
        }
        None if put.lines.is_empty() => before.lines,
        None => put.lines.iter().map(|line| line.priced(currency)).collect::<Result<_, _>>()?,
    };
    let document_date: Option<Date> = put.date.map(Date::from);
    Ok(PutPurchaseRequest {
        purchase_id: before.purchase_id,
        version: before.version,
        supplier: put.supplier.unwrap_or(before.supplier),
        document_number: put.document.unwrap_or(before.document_number),
        document_date: document_date.or(before.document_date),
        note: put.note.unwrap_or(before.note),
        lines,
    })
}
