//! `kassa stock send`: goods for another branch.

use std::str::FromStr;

use clap::Args;
use kassa_client::proto::{
    decimal::Quantity,
    v1::{SendStockLine, SendStockRequest},
};

use super::{confirm, transfers::print};
use crate::{failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Args)]
pub struct Send {
    /// The branch that they go to, such as B2
    #[arg(long, value_name = "CODE")]
    to: String,
    /// How much of a product; may be given again
    #[arg(long = "line", value_name = "SKU=QUANTITY", required = true)]
    lines: Vec<Line>,
    /// A note for who receives them
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

/// How much of a product.
#[derive(Debug, Clone)]
struct Line {
    sku: String,
    quantity: Quantity,
}

impl FromStr for Line {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let looks = || "a line looks like BAK-001=12: a SKU, =, and a quantity".to_owned();
        let (sku, quantity) = text.rsplit_once('=').filter(|(sku, _)| !sku.is_empty()).ok_or_else(looks)?;
        let quantity =
            Quantity::parse(quantity).map_err(|error| format!("the quantity {quantity} is {error}"))?;
        Ok(Self { sku: sku.to_owned(), quantity })
    }
}

pub async fn run(shop: &Shop, send: Send, yes: bool, output: Output) -> Result<(), Failure> {
    let goods = send.lines.iter().map(|line| format!("{} {}", line.quantity, line.sku));
    let goods = goods.collect::<Vec<_>>().join(", ");
    confirm(shop, &format!("send {goods} to {}", send.to), yes, output).await?;
    let lines = send.lines.into_iter().map(|line| SendStockLine {
        product_id: line.sku,
        quantity: Some(line.quantity.into()),
        ..Default::default()
    });
    let request = SendStockRequest {
        to_branch_id: send.to,
        lines: lines.collect(),
        note: send.note,
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.stock().send_stock(request)).await?;
    output.json(|| message::answer_to_json("SendStockResponse", &answer))?;
    let replayed = answer.replayed();
    print(shop, &answer.into_inner().transfer.unwrap_or_default(), output).await?;
    if replayed {
        output.remark("this had been done before: nothing was sent twice");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_sku_and_a_quantity() {
        let read = |text: &str| text.parse::<Line>().map(|line| (line.sku, line.quantity.to_string()));
        assert_eq!(read("BAK-001=12"), Ok(("BAK-001".to_owned(), "12".to_owned())));
        assert_eq!(read("A=B=0.250"), Ok(("A=B".to_owned(), "0.25".to_owned())));
        for bad in ["", "BAK-001", "=3", "BAK-001=", "BAK-001=x", "BAK-001=1.2345"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
