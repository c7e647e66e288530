//! `kassa stock adjust` and `kassa stock adjustments`

use clap::{Args, ValueEnum};
use kassa_client::proto::v1::{
    AdjustStockLine, AdjustStockRequest, GetStockAdjustmentRequest, ListStockAdjustmentsRequest,
    StockAdjustment, StockAdjustmentReason,
};

use super::{
    quantities::{Counted, typed},
    signed,
};
use crate::{
    amount,
    failure::Failure,
    message,
    output::Output,
    shop::{Shop, date},
    table::table,
};

#[derive(Debug, Args)]
#[command(after_help = "What went is below zero: `kassa stock adjust milk=-2 --reason damaged`.")]
pub struct Adjust {
    /// A product and by how much its stock changes, such as milk=-2
    #[arg(required = true, value_name = "SKU=QUANTITY", value_parser = typed)]
    lines: Vec<Counted>,
    /// Why
    #[arg(long, value_enum)]
    reason: Reason,
    /// More about it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    note: String,
    /// The adjustment's id, for an approval that was given for it
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    id: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reason {
    Damaged,
    Expired,
    Lost,
    Found,
    OwnUse,
    Correction,
}

impl From<Reason> for StockAdjustmentReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Damaged => Self::Damaged,
            Reason::Expired => Self::Expired,
            Reason::Lost => Self::Lost,
            Reason::Found => Self::Found,
            Reason::OwnUse => Self::OwnUse,
            Reason::Correction => Self::Correction,
        }
    }
}

#[derive(Debug, Args)]
pub struct Adjustments {
    /// Show the lines of this one
    id: Option<String>,
    /// The branch [default: the terminal's]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// How many of the last
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
}

pub async fn adjust(shop: &Shop, adjust: Adjust, output: Output) -> Result<(), Failure> {
    let reason = StockAdjustmentReason::from(adjust.reason);
    let lines = adjust.lines.into_iter().map(|(product_id, quantity)| AdjustStockLine {
        product_id,
        quantity: Some(quantity.into()),
        reason: reason.into(),
        note: adjust.note.clone(),
    });
    let request = AdjustStockRequest {
        adjustment_id: adjust.id,
        lines: lines.collect(),
        note: adjust.note.clone(),
        grant_ids: shop.grants.clone(),
    };
    let answer = shop.call(shop.kassa.stock().adjust_stock(request)).await?;
    output.json(|| message::to_json("AdjustStockResponse", &*answer))?;
    output.text(show(&answer.adjustment.clone().unwrap_or_default()))?;
    if answer.replayed() {
        output.remark("this had been done before: nothing was done twice");
    }
    Ok(())
}

pub async fn adjustments(shop: &Shop, list: Adjustments, output: Output) -> Result<(), Failure> {
    let stock = shop.kassa.stock();
    if let Some(adjustment_id) = list.id {
        let request = GetStockAdjustmentRequest { adjustment_id, branch_id: list.branch };
        let answer = shop.call(stock.get_stock_adjustment(request)).await?;
        output.json(|| message::to_json("GetStockAdjustmentResponse", &*answer))?;
        return output.text(show(&answer.adjustment.clone().unwrap_or_default()));
    }
    let request = ListStockAdjustmentsRequest {
        page_size: list.limit,
        branch_id: list.branch,
        ..ListStockAdjustmentsRequest::default()
    };
    let page = shop.call(stock.list_stock_adjustments(request)).await?;
    output.json(|| message::to_json("ListStockAdjustmentsResponse", &*page))?;
    if page.adjustments.is_empty() {
        return output.text("nothing was ever adjusted");
    }
    let clock = shop.clock().await?;
    let mut table = table(&["time", "day", ">lines", ">worth", "id", "note"]);
    for adjustment in &page.adjustments {
        table.add_row([
            clock.show(adjustment.create_time.as_ref()),
            date(adjustment.business_date.as_ref()),
            adjustment.line_count.to_string(),
            amount::show(adjustment.value.as_ref()),
            adjustment.adjustment_id.clone(),
            adjustment.note.clone(),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !page.next_page_token.is_empty() {
        output.remark(format!("there are more than {}: see them with --limit", list.limit));
    }
    Ok(())
}

/// The lines of an adjustment, and what they are worth.
fn show(adjustment: &StockAdjustment) -> String {
    let mut table = table(&["sku", ">quantity", "unit", ">worth", "reason", "note", "name"]);
    for line in &adjustment.lines {
        table.add_row([
            line.sku.clone(),
            signed(line.quantity.as_ref()),
            line.unit.clone(),
            amount::show(line.value.as_ref()),
            message::word(line.reason().as_str_name(), "STOCK_ADJUSTMENT_REASON_"),
            line.note.clone(),
            line.name.clone(),
        ]);
    }
    let worth = amount::show(adjustment.value.as_ref());
    format!("{}\nadjusted, worth {worth}, id {}", table.trim_fmt(), adjustment.adjustment_id)
}
