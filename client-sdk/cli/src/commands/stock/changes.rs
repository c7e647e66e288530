//! `kassa stock changes`

use clap::Args;
use kassa_client::proto::v1::ListStockChangesRequest;

use super::{decimal, signed};
use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Args)]
pub struct Changes {
    /// The product's SKU
    product: String,
    /// The branch [default: the terminal's]
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// How many of the last
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
}

pub async fn run(shop: &Shop, changes: Changes, output: Output) -> Result<(), Failure> {
    let request = ListStockChangesRequest {
        page_size: changes.limit,
        product_id: changes.product,
        branch_id: changes.branch,
        ..Default::default()
    };
    let page = shop.call(shop.kassa.stock().list_stock_changes(request)).await?;
    output.json(|| message::to_json("ListStockChangesResponse", &*page))?;
    if page.changes.is_empty() {
        return output.text("nothing was ever moved");
    }
    let clock = shop.clock().await?;
    let mut table = table(&["time", "cause", ">quantity", ">stock since", "document", "reason"]);
    for change in &page.changes {
        table.add_row([
            clock.show(change.create_time.as_ref()),
            message::word(change.cause().as_str_name(), "STOCK_CAUSE_"),
            signed(change.quantity.as_ref()),
            decimal(change.balance.as_ref()),
            if change.document_number.is_empty() { &change.document_id } else { &change.document_number }
                .clone(),
            change.reason.clone(),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !page.next_page_token.is_empty() {
        output.remark(format!("these are the last {}: see more with --limit", changes.limit));
    }
    Ok(())
}
