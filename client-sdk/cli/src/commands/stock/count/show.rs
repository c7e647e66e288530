//! `kassa stock count show` and `list`

use clap::Args;
use kassa_client::proto::v1::{GetStockCountResponse, ListStockCountsRequest, StockCount, StockCountState};

use super::get;
use crate::{
    commands::stock::{decimal, signed},
    count,
    failure::Failure,
    message,
    output::Output,
    shop::Shop,
    table::table,
};

#[derive(Debug, Args)]
pub struct Show {
    /// The count's id [default: the one that is open]
    #[arg(default_value = "", hide_default_value = true)]
    id: String,
    /// Only products that differ
    #[arg(long)]
    differing: bool,
    /// The branch [default: the terminal's]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
}

#[derive(Debug, Args)]
pub struct List {
    /// The branch [default: the terminal's]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// How many of the last
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
}

pub async fn run(shop: &Shop, show: Show, output: Output) -> Result<(), Failure> {
    let mut count = get(shop, &show.id, &show.branch).await?;
    if show.differing {
        count.lines.retain(|line| decimal(line.difference.as_ref()) != "0");
    }
    let document = || GetStockCountResponse { count: Some(count.clone()) };
    output.json(|| message::to_json("GetStockCountResponse", &document()))?;
    let clock = shop.clock().await?;
    let state = state(&count);
    let since = clock.show(count.start_time.as_ref());
    let ended = match count.state() {
        StockCountState::Finished | StockCountState::Cancelled => {
            format!(" until {}", clock.show(count.end_time.as_ref()))
        }
        StockCountState::Open | StockCountState::Unspecified => String::new(),
    };
    output.text(format!("{state}, counted since {since}{ended}, id {}", count.count_id))?;
    for words in [&count.note, &count.cancel_reason] {
        if !words.is_empty() {
            output.text(words)?;
        }
    }
    output.text(format!("\n{}", lines(&count)))?;
    output.text(differing(&count))
}

pub async fn list(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let request = ListStockCountsRequest {
        page_size: list.limit,
        branch_id: list.branch,
        ..ListStockCountsRequest::default()
    };
    let page = shop.call(shop.kassa.stock().list_stock_counts(request)).await?;
    output.json(|| message::to_json("ListStockCountsResponse", &*page))?;
    if page.counts.is_empty() {
        return output.text("nothing was ever counted");
    }
    let clock = shop.clock().await?;
    let mut table = table(&["started", "ended", "state", ">products", ">changed", "id", "note"]);
    for count in &page.counts {
        table.add_row([
            clock.show(count.start_time.as_ref()),
            clock.show(count.end_time.as_ref()),
            state(count),
            count.line_count.to_string(),
            count.changed_count.to_string(),
            count.count_id.clone(),
            count.note.clone(),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !page.next_page_token.is_empty() {
        output.remark(format!("there are more than {}: see them with --limit", list.limit));
    }
    Ok(())
}

fn state(count: &StockCount) -> String {
    message::word(count.state().as_str_name(), "STOCK_COUNT_STATE_")
}

/// What was counted; who counts blind sees no more than that.
pub fn lines(count: &StockCount) -> String {
    if count.lines.is_empty() {
        return "nothing is entered".to_owned();
    }
    let is_told = count.lines.iter().any(|line| line.expected.is_some());
    let mut names = vec!["sku", ">counted"];
    names.extend(is_told.then_some([">expected", ">difference"]).into_iter().flatten());
    names.extend(["unit", "name"]);
    let mut table = table(&names);
    for line in &count.lines {
        let mut row = vec![line.sku.clone(), decimal(line.counted.as_ref())];
        if is_told {
            row.extend([decimal(line.expected.as_ref()), signed(line.difference.as_ref())]);
        }
        row.extend([line.unit.clone(), line.name.clone()]);
        table.add_row(row);
    }
    table.trim_fmt()
}

/// `12 products counted, 3 differ`
pub fn differing(count: &StockCount) -> String {
    let counted = count::show(count.line_count, "product");
    let differences = count.lines.iter().filter_map(|line| line.difference.as_ref());
    let mut differences = differences.peekable();
    if differences.peek().is_none() {
        return format!("{counted} counted");
    }
    let differing = differences.filter(|difference| difference.value != "0").count();
    let differ = if differing == 1 { "differs" } else { "differ" };
    format!("{counted} counted, {differing} {differ}")
}
