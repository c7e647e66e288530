//! `kassa purchases list`

use clap::{Args, ValueEnum};
use kassa_client::proto::v1::{ListPurchasesRequest, ListPurchasesResponse, PurchaseState};

use super::name;
use crate::{
    amount, commands::orders::Time, failure::Failure, message, output::Output, shop::Shop, table::table,
};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Args)]
pub struct List {
    /// Only in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Only of suppliers whose name has this in it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    supplier: String,
    /// Put at this time or later, such as 2026-11-20T08:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Time>,
    /// Put before this time
    #[arg(long, value_name = "TIME")]
    to: Option<Time>,
    /// Of another branch, by code
    #[arg(long, value_name = "CODE", default_value = "", hide_default_value = true)]
    branch: String,
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    Draft,
    Approved,
    Cancelled,
}

impl From<State> for PurchaseState {
    fn from(state: State) -> Self {
        match state {
            State::Draft => Self::Draft,
            State::Approved => Self::Approved,
            State::Cancelled => Self::Cancelled,
        }
    }
}

pub async fn run(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut all = ListPurchasesResponse::default();
    loop {
        let left = limit - all.purchases.len();
        let request = ListPurchasesRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            branch_id: list.branch.clone(),
            state: list.state.map_or(PurchaseState::Unspecified, PurchaseState::from).into(),
            supplier: list.supplier.clone(),
            start_time: list.from.clone().map(|Time(time)| time),
            end_time: list.to.clone().map(|Time(time)| time),
        };
        let page = shop.call(shop.kassa.purchases().list_purchases(request)).await?.into_inner();
        all.purchases.extend(page.purchases);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.purchases.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListPurchasesResponse", &all))?;
    if all.purchases.is_empty() {
        return output.text("no such purchases");
    }
    let clock = shop.clock().await?;
    let mut table = table(&["purchase", "state", "put", ">lines", ">cost", "document", "supplier"]);
    for purchase in &all.purchases {
        table.add_row([
            name(purchase).to_owned(),
            message::word(purchase.state().as_str_name(), "PURCHASE_STATE_"),
            clock.show(purchase.create_time.as_ref()),
            purchase.line_count.to_string(),
            amount::show(purchase.cost_total.as_ref()),
            purchase.document_number.clone(),
            purchase.supplier.clone(),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}
