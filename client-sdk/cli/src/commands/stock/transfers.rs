//! `kassa stock transfers` and `kassa stock transfer`: goods on their way, and what arrived of them.

use clap::{Args, ValueEnum};
use kassa_client::proto::v1::{
    Decimal, GetStockTransferRequest, GetStockTransferResponse, ListStockTransfersRequest,
    ListStockTransfersResponse, StockTransfer, StockTransferDirection, StockTransferState,
};

use super::decimal;
use crate::{
    amount,
    failure::Failure,
    message,
    output::Output,
    shop::Shop,
    table::{facts, table},
};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Args)]
pub struct Show {
    /// Its number or id
    #[arg(value_name = "NUMBER")]
    transfer: String,
}

#[derive(Debug, Args)]
pub struct List {
    /// Only those to this branch, or from it
    #[arg(long, value_enum)]
    direction: Option<Direction>,
    /// Those that were received or taken back, too
    #[arg(long)]
    all: bool,
    /// Of another branch [default: the terminal's]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// How many of the last
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Direction {
    In,
    Out,
}

/// Reads a transfer by its number or id.
pub async fn find(shop: &Shop, name: &str) -> Result<StockTransfer, Failure> {
    Ok(read(shop, name).await?.transfer.unwrap_or_default())
}

async fn read(shop: &Shop, name: &str) -> Result<GetStockTransferResponse, Failure> {
    let request = GetStockTransferRequest { transfer_id: name.to_owned(), ..Default::default() };
    Ok(shop.call(shop.kassa.stock().get_stock_transfer(request)).await?.into_inner())
}

pub async fn show(shop: &Shop, show: &Show, output: Output) -> Result<(), Failure> {
    let answer = read(shop, &show.transfer).await?;
    output.json(|| message::to_json("GetStockTransferResponse", &answer))?;
    print(shop, &answer.transfer.unwrap_or_default(), output).await
}

/// Prints a transfer with its lines.
pub async fn print(shop: &Shop, transfer: &StockTransfer, output: Output) -> Result<(), Failure> {
    let clock = shop.clock().await?;
    let arrived = if transfer.state() == StockTransferState::TakenBack { "taken back" } else { "received" };
    let all = [
        ("transfer", transfer.number.clone()),
        ("state", state(transfer)),
        ("from", transfer.from_branch_code.clone()),
        ("to", transfer.to_branch_code.clone()),
        ("sent", clock.show(transfer.send_time.as_ref())),
        (arrived, clock.show(transfer.receive_time.as_ref())),
        ("note", transfer.note.clone()),
        ("reason", transfer.reason.clone()),
    ];
    output.text(facts(all.into_iter().filter(|(_, value)| !value.is_empty())))?;
    output.text(format!("\n{}", lines(transfer)))
}

fn lines(transfer: &StockTransfer) -> String {
    let has_cost = transfer.lines.iter().any(|line| line.cost.is_some());
    let mut names = vec!["sku", ">sent", "unit"];
    if transfer.receive_time.is_some() {
        names.push(">received");
    }
    if transfer.differs {
        names.extend([">damaged", ">short", ">over"]);
    }
    if has_cost {
        names.push(">cost");
    }
    if transfer.differs {
        names.push("reason");
    }
    names.push("name");
    let mut table = table(&names);
    for line in &transfer.lines {
        let mut row = vec![line.sku.clone(), decimal(line.quantity.as_ref()), line.unit.clone()];
        if transfer.receive_time.is_some() {
            row.push(decimal(line.received_quantity.as_ref()));
        }
        if transfer.differs {
            row.extend([&line.damaged_quantity, &line.short_quantity, &line.over_quantity].map(some));
        }
        if has_cost {
            row.push(amount::show(line.cost.as_ref()));
        }
        if transfer.differs {
            row.push(line.reason.replace('\n', " "));
        }
        row.push(line.name.clone());
        table.add_row(row);
    }
    table.trim_fmt()
}

/// A quantity, if there is any: what is as it should be leaves no mark.
fn some(quantity: &Option<Decimal>) -> String {
    Some(decimal(quantity.as_ref())).filter(|value| value != "0").unwrap_or_default()
}

fn state(transfer: &StockTransfer) -> String {
    let state = match transfer.state() {
        StockTransferState::Sent => "in transit".to_owned(),
        state => message::word(state.as_str_name(), "STOCK_TRANSFER_STATE_"),
    };
    if transfer.differs { format!("{state}, not as sent") } else { state }
}

pub async fn list(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let all = read_list(shop, &list).await?;
    output.json(|| message::to_json("ListStockTransfersResponse", &all))?;
    if all.transfers.is_empty() {
        return output.text(if list.all { "no transfers" } else { "nothing is in transit" });
    }
    let clock = shop.clock().await?;
    let mut table = table(&["number", "from", "to", ">lines", "sent", "state", "arrived"]);
    for transfer in &all.transfers {
        table.add_row([
            transfer.number.clone(),
            transfer.from_branch_code.clone(),
            transfer.to_branch_code.clone(),
            transfer.line_count.to_string(),
            clock.show(transfer.send_time.as_ref()),
            state(transfer),
            clock.show(transfer.receive_time.as_ref()),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {}: see them with --limit", list.limit));
    }
    Ok(())
}

/// Reads so many transfers, page by page.
async fn read_list(shop: &Shop, list: &List) -> Result<ListStockTransfersResponse, Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let state = if list.all { StockTransferState::Unspecified } else { StockTransferState::Sent };
    let direction = match list.direction {
        None => StockTransferDirection::Unspecified,
        Some(Direction::In) => StockTransferDirection::In,
        Some(Direction::Out) => StockTransferDirection::Out,
    };
    let mut all = ListStockTransfersResponse::default();
    loop {
        let left = limit - all.transfers.len();
        let request = ListStockTransfersRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            branch_id: list.branch.clone(),
            direction: direction.into(),
            state: state.into(),
        };
        let page = shop.call(shop.kassa.stock().list_stock_transfers(request)).await?.into_inner();
        all.transfers.extend(page.transfers);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.transfers.len() >= limit {
            return Ok(all);
        }
    }
}
