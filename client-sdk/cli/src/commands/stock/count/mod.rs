//! `kassa stock count`: what is really on the shelves, while the shop goes on selling.

mod enter;
mod show;

use clap::{Args, Subcommand};
use kassa_client::{
    Reason,
    proto::v1::{
        CancelStockCountRequest, FinishStockCountRequest, GetStockCountRequest, ListStockCountsRequest,
        StartStockCountRequest, StockCount, StockCountState,
    },
};

use crate::{count, failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a count
    Start(Start),
    /// Enter what was counted: `kassa stock count enter milk=12 bread=3`
    Enter(enter::Enter),
    /// Bring the stock to the count: each product changes by its difference
    Finish(Finish),
    /// Give the count up: nothing changes
    Cancel(Cancel),
    /// What was entered, and what differs
    Show(show::Show),
    /// Counts, newest first
    List(show::List),
}

impl Command {
    /// The RPC by which it changes the shop; none where it changes nothing.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self {
            Self::Show(_) | Self::List(_) => None,
            Self::Start(_) => Some("StartStockCount"),
            Self::Enter(_) => Some("EnterStockCount"),
            Self::Finish(_) => Some("FinishStockCount"),
            Self::Cancel(_) => Some("CancelStockCount"),
        }
    }
}

/// Which count is meant.
#[derive(Debug, Args)]
struct Which {
    /// The count's id [default: the one that is open]
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    count: String,
}

#[derive(Debug, Args)]
pub struct Start {
    /// What is counted, such as "the cold shelf"
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
}

#[derive(Debug, Args)]
pub struct Finish {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
pub struct Cancel {
    #[command(flatten)]
    which: Which,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::Start(start) => self::start(shop, start, output).await,
        Command::Enter(enter) => enter::run(shop, enter, output).await,
        Command::Finish(finish) => self::finish(shop, finish, yes, output).await,
        Command::Cancel(cancel) => self::cancel(shop, cancel, output).await,
        Command::Show(show) => show::run(shop, show, output).await,
        Command::List(list) => show::list(shop, list, output).await,
    }
}

async fn start(shop: &Shop, start: Start, output: Output) -> Result<(), Failure> {
    let request = StartStockCountRequest { count_id: String::new(), note: start.note };
    let answer = shop.call(shop.kassa.stock().start_stock_count(request)).await?;
    output.json(|| message::to_json("StartStockCountResponse", &*answer))?;
    let count = answer.count.clone().unwrap_or_default();
    output.text(format!("started, id {}", count.count_id))?;
    output
        .text("enter what you count with `kassa stock count enter SKU=QUANTITY`; the shop goes on selling")?;
    done_before(answer.replayed(), output);
    Ok(())
}

async fn finish(shop: &Shop, finish: Finish, yes: bool, output: Output) -> Result<(), Failure> {
    let count = find(shop, &finish.which).await?;
    if count.state() == StockCountState::Open {
        output.text(show::lines(&count))?;
        let question = format!("{}. Bring the stock to the count?", show::differing(&count));
        if !output.confirm(&question, yes)? {
            return Err(Failure::Refused("nothing was changed".to_owned()));
        }
    }
    let request = FinishStockCountRequest {
        count_id: count.count_id.clone(),
        // One that is finished already was finished at the version before: this repeats it.
        expected_version: count.version - i64::from(count.state() != StockCountState::Open),
    };
    let answer = shop.call(shop.kassa.stock().finish_stock_count(request)).await?;
    output.json(|| message::to_json("FinishStockCountResponse", &*answer))?;
    let finished = answer.count.clone().unwrap_or_default();
    let (counted, changed) = (count::show(finished.line_count, "product"), finished.changed_count);
    output.text(format!("finished: {counted} counted, the stock of {changed} changed"))?;
    done_before(answer.replayed(), output);
    Ok(())
}

async fn cancel(shop: &Shop, cancel: Cancel, output: Output) -> Result<(), Failure> {
    let count_id = find(shop, &cancel.which).await?.count_id;
    let request = CancelStockCountRequest { count_id, reason: cancel.reason };
    let answer = shop.call(shop.kassa.stock().cancel_stock_count(request)).await?;
    output.json(|| message::to_json("CancelStockCountResponse", &*answer))?;
    output.text("cancelled: the stock is as it was")?;
    done_before(answer.replayed(), output);
    Ok(())
}

/// The count that is named or open; or, where a change is repeated under its key, the last one.
async fn find(shop: &Shop, which: &Which) -> Result<StockCount, Failure> {
    match get(shop, &which.count, "").await {
        Err(failure) if is_not_found(&failure) && which.count.is_empty() && shop.chosen_key().is_some() => {
            let request = ListStockCountsRequest { page_size: 1, ..ListStockCountsRequest::default() };
            let page = shop.call_as_is(shop.kassa.stock().list_stock_counts(request)).await?.into_inner();
            page.counts.into_iter().next().ok_or(failure)
        }
        found => found,
    }
}

fn is_not_found(failure: &Failure) -> bool {
    failure.call().and_then(kassa_client::Error::reason) == Some(Reason::StockCountNotFound)
}

async fn get(shop: &Shop, id: &str, branch: &str) -> Result<StockCount, Failure> {
    let request = GetStockCountRequest { count_id: id.to_owned(), branch_id: branch.to_owned() };
    let answer = shop.call_as_is(shop.kassa.stock().get_stock_count(request)).await?;
    let mut count = answer.into_inner().count.unwrap_or_default();
    count.lines.sort_by(|one, other| one.sku.cmp(&other.sku));
    Ok(count)
}

fn done_before(replayed: bool, output: Output) {
    if replayed {
        output.remark("this had been done before: nothing was done twice");
    }
}
