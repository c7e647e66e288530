//! `kassa audit`

use clap::Args;
use kassa_client::proto::v1::{ListAuditLogRequest, ListAuditLogResponse};

use crate::{failure::Failure, message, output::Output, shop::Shop, table::table};

/// The contract's largest page.
const PAGE: i32 = 500;

#[derive(Debug, Args)]
pub struct List {
    /// How many at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
}

pub async fn run(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut all = ListAuditLogResponse::default();
    loop {
        let left = limit.saturating_sub(all.entries.len());
        let request = ListAuditLogRequest {
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            page_token: all.next_page_token,
            ..Default::default()
        };
        let page = shop.call(shop.kassa.admin().list_audit_log(request)).await?.into_inner();
        all.entries.extend(page.entries);
        all.next_page_token = page.next_page_token;
        if all.next_page_token.is_empty() || all.entries.len() >= limit {
            break;
        }
    }
    output.json(|| message::to_json("ListAuditLogResponse", &all))?;
    let clock = shop.clock().await?;
    let mut table = table(&["time", "register", "who", "what"]);
    for entry in &all.entries {
        table.add_row([
            clock.show(entry.create_time.as_ref()),
            entry.register_code.clone(),
            entry.user_name.clone(),
            entry.words.clone(),
        ]);
    }
    output.text(table.trim_fmt())?;
    if !all.next_page_token.is_empty() {
        output.remark(format!("there are more than {limit}: see them with --limit"));
    }
    Ok(())
}
