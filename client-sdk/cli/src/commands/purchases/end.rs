//! `kassa purchases approve` and `kassa purchases cancel`

use clap::Args;
use kassa_client::proto::v1::{ApprovePurchaseRequest, CancelPurchaseRequest, Purchase, PurchaseState};

use super::{name, read, show};
use crate::{amount, commands::drawer::Asking, count, failure::Failure};

#[derive(Debug, Args)]
pub struct Approve {
    /// The purchase's id
    #[arg(value_name = "ID")]
    purchase: String,
    /// Although another approved purchase has the same document of the same supplier
    #[arg(long)]
    allow_duplicate_document: bool,
}

#[derive(Debug, Args)]
pub struct Cancel {
    /// The purchase's number or id
    #[arg(value_name = "NUMBER")]
    purchase: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn approve(asking: &Asking<'_>, asked: Approve) -> Result<(), Failure> {
    let Approve { purchase, allow_duplicate_document } = asked;
    let shop = asking.shop;
    let purchase = read(shop, &purchase, "").await?.purchase.unwrap_or_default();
    let version = version(&purchase, PurchaseState::Approved);
    asking.confirm(&format!("put the goods from {} on the shelf", told(&purchase))).await?;
    let request =
        ApprovePurchaseRequest { purchase_id: purchase.purchase_id, version, allow_duplicate_document };
    let answer = shop.call(shop.kassa.purchases().approve_purchase(request)).await?;
    asking.document("ApprovePurchaseResponse", &answer)?;
    asking.remark(answer.replayed());
    show::print(asking, &answer.into_inner().purchase.unwrap_or_default()).await
}

pub async fn cancel(asking: &Asking<'_>, Cancel { purchase, reason }: Cancel) -> Result<(), Failure> {
    let shop = asking.shop;
    let purchase = read(shop, &purchase, "").await?.purchase.unwrap_or_default();
    let version = version(&purchase, PurchaseState::Cancelled);
    let goods =
        if purchase.state() == PurchaseState::Approved { ", and take its goods off the shelf" } else { "" };
    asking.confirm(&format!("cancel {} from {}{goods}", name(&purchase), told(&purchase))).await?;
    let request = CancelPurchaseRequest { purchase_id: purchase.purchase_id, version, reason };
    let answer = shop.call(shop.kassa.purchases().cancel_purchase(request)).await?;
    asking.document("CancelPurchaseResponse", &answer)?;
    asking.remark(answer.replayed());
    show::print(asking, &answer.into_inner().purchase.unwrap_or_default()).await
}

/// The version to be ended so. Of one that ended so already it is the one before: with `--key`, this is the
/// request whose outcome was unknown.
fn version(purchase: &Purchase, end: PurchaseState) -> i64 {
    purchase.version - i64::from(purchase.state() == end)
}

/// `Nile Dairy, 3 lines for 120.00 USD`.
fn told(purchase: &Purchase) -> String {
    let lines = count::show(purchase.line_count, "line");
    let cost = amount::show(purchase.cost_total.as_ref());
    format!("{}, {lines} for {cost}", purchase.supplier)
}
