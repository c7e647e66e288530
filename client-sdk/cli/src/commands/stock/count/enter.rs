//! `kassa stock count enter`

use clap::Args;
use kassa_client::{
    new_id,
    proto::v1::{EnterStockCountLine, EnterStockCountRequest, EnterStockCountResponse},
};

use super::{Which, done_before, find};
use crate::{
    commands::{
        orders::Time,
        stock::quantities::{self, Counted, typed},
    },
    count,
    failure::{Failure, Repeat},
    message,
    output::Output,
    shop::Shop,
};

/// What the contract takes at once.
const MOST: usize = 500;

#[derive(Debug, Args)]
#[command(
    after_help = "A product that stands twice is added up. One that was entered before is entered anew."
)]
pub struct Enter {
    /// A product and how much of it is there, such as milk=12
    #[arg(required_unless_present = "file", value_name = "SKU=QUANTITY", value_parser = typed)]
    lines: Vec<Counted>,
    /// A file with lines sku,quantity; - reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// When it was counted, such as 2026-11-20T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Time>,
    #[command(flatten)]
    which: Which,
}

pub async fn run(shop: &Shop, enter: Enter, output: Output) -> Result<(), Failure> {
    let mut all = enter.lines;
    if let Some(file) = &enter.file {
        all.extend(quantities::read(file)?);
    }
    let all = quantities::added_up(all)?;
    if all.is_empty() {
        return Err(Failure::Usage("there is nothing to enter".to_owned()));
    }
    let count_id = find(shop, &enter.which).await?.count_id;
    let lines: Vec<EnterStockCountLine> = all
        .into_iter()
        .map(|(product_id, counted)| EnterStockCountLine {
            product_id,
            counted: Some(counted.into()),
            count_time: enter.at.as_ref().map(|time| time.0),
        })
        .collect();

    let prefix = shop.chosen_key().map_or_else(new_id, str::to_owned);
    let (mut last, mut entered, mut replayed) = (EnterStockCountResponse::default(), 0, true);
    for (number, chunk) in (1..).zip(lines.chunks(MOST)) {
        let request = EnterStockCountRequest { count_id: count_id.clone(), lines: chunk.to_vec() };
        let key = if lines.len() > MOST { format!("{prefix}-{number}") } else { prefix.clone() };
        let answer = shop.call_as_is(shop.kassa.stock().enter_stock_count(request).key(key)).await;
        let answer = answer.map_err(|failure| {
            if entered > 0 {
                output.remark(format!("{entered} products were entered before this"));
            }
            failure.repeated(Repeat::WithKey(prefix.clone()))
        })?;
        entered += chunk.len();
        replayed &= answer.replayed();
        last = answer.into_inner();
    }
    output.json(|| message::to_json("EnterStockCountResponse", &last))?;
    let in_all = last.count.unwrap_or_default().line_count;
    output.text(format!("entered {}; the count has {in_all}", count::show(entered, "product")))?;
    done_before(replayed, output);
    Ok(())
}
