//! `kassa receipt` shows a receipt, `kassa print` gives it out.

use clap::Args;
use kassa_client::proto::v1::{GetReceiptRequest, PrintReceiptRequest};

use crate::{failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Args)]
pub struct Receipt {
    /// The receipt number, such as INV-202611-R1-000042
    number: String,
    /// Characters a line, 32 to 80
    #[arg(long, default_value_t = 42, value_parser = clap::value_parser!(i32).range(32..=80))]
    width: i32,
}

pub async fn run(shop: &Shop, receipt: Receipt, output: Output) -> Result<(), Failure> {
    let request =
        GetReceiptRequest { receipt_number: receipt.number, width: receipt.width, ..Default::default() };
    let answer = shop.call(shop.kassa.orders().get_receipt(request)).await?;
    output.json(|| message::to_json("GetReceiptResponse", &*answer))?;
    output.text(answer.text.trim_end())
}

pub async fn print(shop: &Shop, receipt: Receipt, output: Output) -> Result<(), Failure> {
    let request =
        PrintReceiptRequest { receipt_number: receipt.number, width: receipt.width, ..Default::default() };
    let answer = shop.call(shop.kassa.orders().print_receipt(request)).await?;
    output.json(|| message::to_json("PrintReceiptResponse", &*answer))?;
    output.text(answer.text.trim_end())
}
