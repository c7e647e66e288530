//! `kassa drawer count`: what is in the drawer against the books.

use clap::Args;
use kassa_client::proto::v1::ReconcileRequest;

use super::{Asking, movement::moved};
use crate::{amount, failure::Failure, table::amounts};

#[derive(Debug, Args)]
pub struct Count {
    /// What was counted, such as 112.50
    amount: String,
    /// Why it was counted, or what a difference is
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn run(asking: &Asking<'_>, count: Count) -> Result<(), Failure> {
    let shop = asking.shop;
    let counted = amount::read("AMOUNT", &count.amount, shop.currency().await?)?;
    asking.confirm(&format!("bring the books to the {} that were counted", count.amount)).await?;
    let request = ReconcileRequest {
        register_id: shop.register.clone(),
        counted: Some(counted),
        reason: count.reason,
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.cash_register().reconcile(request)).await?;
    asking.document("ReconcileResponse", &answer)?;
    asking.output.text(amounts([
        ("expected", amount::show(answer.expected.as_ref())),
        ("counted", amount::show(answer.counted.as_ref())),
        ("variance", amount::show(answer.variance.as_ref())),
    ]))?;
    match &answer.movement {
        Some(movement) => {
            let drawer = answer.drawer.clone().unwrap_or_default();
            asking.output.text(moved(movement, &drawer))?;
        }
        None => asking.output.text("the books agree")?,
    }
    asking.remark(answer.replayed());
    Ok(())
}
