//! `kassa stock receive` and `kassa stock take-back`: goods that another branch sent, and own ones that
//! nobody has received.

use std::str::FromStr;

use clap::Args;
use kassa_client::proto::{
    decimal::Quantity,
    v1::{
        ListStockTransfersRequest, ReceiveStockLine, ReceiveStockRequest, StockTransfer,
        StockTransferDirection, StockTransferState, WhoAmIRequest,
    },
};

use super::{
    confirm,
    transfers::{find, print},
};
use crate::{failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Args)]
#[command(after_help = "What is not named with --line arrived as it was sent.")]
pub struct Receive {
    /// The transfer's number or id [default: the one that is on its way to this branch]
    #[arg(value_name = "NUMBER")]
    transfer: Option<String>,
    #[command(flatten)]
    counted: CountedLines,
}

#[derive(Debug, Args)]
pub struct TakeBack {
    /// The transfer's number or id
    #[arg(value_name = "NUMBER")]
    transfer: String,
    #[command(flatten)]
    counted: CountedLines,
}

#[derive(Debug, Args)]
struct CountedLines {
    /// What goes on the shelf of a product, and how much more arrived damaged; may be given again
    #[arg(long = "line", value_name = "SKU=GOOD[/DAMAGED]")]
    lines: Vec<Counted>,
    /// Why it is not what was sent
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

/// What arrived of a product.
#[derive(Debug, Clone)]
struct Counted {
    sku: String,
    received: Quantity,
    damaged: Quantity,
}

impl FromStr for Counted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let looks = || "a line looks like BAK-001=11/1: a SKU, =, what is good, / and what is damaged";
        let (sku, counted) = text.rsplit_once('=').filter(|(sku, _)| !sku.is_empty()).ok_or_else(looks)?;
        let (received, damaged) = counted.split_once('/').unwrap_or((counted, "0"));
        let read = |number: &str| {
            Quantity::parse(number).map_err(|error| format!("the quantity {number} is {error}"))
        };
        Ok(Self { sku: sku.to_owned(), received: read(received)?, damaged: read(damaged)? })
    }
}

pub async fn run(shop: &Shop, receive: Receive, yes: bool, output: Output) -> Result<(), Failure> {
    let transfer = match receive.transfer {
        Some(name) => find(shop, &name).await?,
        None => find(shop, &expected(shop).await?).await?,
    };
    if is_from_here(shop, &transfer).await? {
        let StockTransfer { number, to_branch_code, .. } = transfer;
        return Err(Failure::Refused(format!(
            "{number} goes from here to {to_branch_code}; `kassa stock take-back {number}` takes it back"
        )));
    }
    let what = format!("receive {} from {}", transfer.number, transfer.from_branch_code);
    put(shop, &transfer, receive.counted, (&what, yes), output).await
}

pub async fn take_back(shop: &Shop, asked: TakeBack, yes: bool, output: Output) -> Result<(), Failure> {
    let transfer = find(shop, &asked.transfer).await?;
    if !is_from_here(shop, &transfer).await? {
        let StockTransfer { number, .. } = transfer;
        return Err(Failure::Refused(format!(
            "{number} was not sent from here; `kassa stock receive {number}` receives it"
        )));
    }
    let what = format!("take back {}, sent to {}", transfer.number, transfer.to_branch_code);
    put(shop, &transfer, asked.counted, (&what, yes), output).await
}

async fn put(
    shop: &Shop,
    transfer: &StockTransfer,
    counted: CountedLines,
    (what, yes): (&str, bool),
    output: Output,
) -> Result<(), Failure> {
    let lines = counted.lines.iter().map(|counted| line(transfer, counted)).collect::<Result<_, _>>()?;
    confirm(shop, what, yes, output).await?;
    let transfer_id = transfer.transfer_id.clone();
    let request = ReceiveStockRequest { transfer_id, lines, reason: counted.reason };
    let answer = shop.call(shop.kassa.stock().receive_stock(request)).await?;
    output.json(|| message::answer_to_json("ReceiveStockResponse", &answer))?;
    let replayed = answer.replayed();
    print(shop, &answer.into_inner().transfer.unwrap_or_default(), output).await?;
    if replayed {
        output.remark("this had been done before: nothing was received twice");
    }
    Ok(())
}

/// The line of a transfer that has this product.
fn line(transfer: &StockTransfer, counted: &Counted) -> Result<ReceiveStockLine, Failure> {
    let mut lines = transfer.lines.iter().filter(|line| line.sku == counted.sku);
    let wrong = |how: &str| {
        let Counted { sku, .. } = counted;
        Failure::Refused(format!(
            "{number} has {how} {sku}; see `kassa stock transfer {number}`",
            number = transfer.number
        ))
    };
    let only = lines.next().ok_or_else(|| wrong("no"))?;
    if lines.next().is_some() {
        return Err(wrong("more than one line of"));
    }
    Ok(ReceiveStockLine {
        line_id: only.line_id.clone(),
        received_quantity: Some(counted.received.into()),
        damaged_quantity: Some(counted.damaged.into()),
        ..Default::default()
    })
}

async fn is_from_here(shop: &Shop, transfer: &StockTransfer) -> Result<bool, Failure> {
    let me = shop.call(shop.kassa.access().who_am_i(WhoAmIRequest::default())).await?;
    Ok(me.into_inner().branch_code == transfer.from_branch_code)
}

/// The number of the one transfer that is on its way to this branch.
async fn expected(shop: &Shop) -> Result<String, Failure> {
    let request = ListStockTransfersRequest {
        page_size: 2,
        direction: StockTransferDirection::In.into(),
        state: StockTransferState::Sent.into(),
        ..Default::default()
    };
    let page = shop.call(shop.kassa.stock().list_stock_transfers(request)).await?.into_inner();
    let mut here = page.transfers.into_iter();
    match (here.next(), here.next()) {
        (Some(only), None) => Ok(only.number),
        (None, _) => Err(Failure::Refused("nothing is on its way to this branch".to_owned())),
        (Some(_), Some(_)) => {
            let words = "more than one transfer is on its way: give its number, see `kassa stock transfers`";
            Err(Failure::Refused(words.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_what_is_good_and_what_is_damaged() {
        let read = |text: &str| {
            text.parse::<Counted>()
                .map(|line| (line.sku, line.received.to_string(), line.damaged.to_string()))
        };
        let counted =
            |sku: &str, good: &str, damaged: &str| Ok((sku.to_owned(), good.to_owned(), damaged.to_owned()));
        assert_eq!(read("BAK-001=11"), counted("BAK-001", "11", "0"));
        assert_eq!(read("BAK-001=10.5/0.5"), counted("BAK-001", "10.5", "0.5"));
        assert_eq!(read("1/2=3/4"), counted("1/2", "3", "4"));
        for bad in ["", "BAK-001", "=3", "BAK-001=/1", "BAK-001=1/", "BAK-001=1/2/3"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
