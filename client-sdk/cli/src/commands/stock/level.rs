//! `kassa stock level`

use clap::Args;
use kassa_client::proto::v1::{Decimal, PutStockLevelsRequest, StockLevel};

use crate::{failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Args)]
pub struct Level {
    /// The product's SKU
    product: String,
    /// At this quantity and below it is low
    #[arg(required_unless_present = "none")]
    quantity: Option<String>,
    /// It is never low
    #[arg(long, conflicts_with = "quantity")]
    none: bool,
}

pub async fn run(shop: &Shop, level: Level, output: Output) -> Result<(), Failure> {
    let low_quantity = level.quantity.map(|value| Decimal { value });
    let words = match &low_quantity {
        Some(low) => format!("{} is low at {}", level.product, low.value),
        None => format!("{} is never low", level.product),
    };
    let levels = vec![StockLevel { product_id: level.product, low_quantity }];
    let answer = shop.call(shop.kassa.stock().put_stock_levels(PutStockLevelsRequest { levels })).await?;
    output.json(|| message::to_json("PutStockLevelsResponse", &*answer))?;
    output.text(if answer.changed_count == 0 { format!("{words}, as before") } else { words })
}
