//! `kassa purchases`: what suppliers deliver.

mod end;
mod line;
mod list;
mod put;
mod show;

use clap::Subcommand;
use kassa_client::proto::v1::{GetPurchaseRequest, GetPurchaseResponse, Purchase};

use super::drawer::Asking;
use crate::{failure::Failure, output::Output, shop::Shop};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep a delivery as a draft: `kassa purchases put --supplier "Nile Dairy" --line milk=24@31.20`
    Put(put::Put),
    /// List them, newest first
    List(list::List),
    /// Show one with its lines
    Show(show::Show),
    /// Put the goods of a draft on the shelf; it does not change any more
    Approve(end::Approve),
    /// End one that is wrong; goods that came leave the shelf again
    Cancel(end::Cancel),
}

impl Command {
    /// The RPC by which it changes the shop; none where it changes nothing.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self {
            Self::List(_) | Self::Show(_) => None,
            Self::Put(_) => Some("PutPurchase"),
            Self::Approve(_) => Some("ApprovePurchase"),
            Self::Cancel(_) => Some("CancelPurchase"),
        }
    }
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    let asking = Asking { shop, yes, output };
    match command {
        Command::Put(put) => put::run(&asking, put).await,
        Command::List(list) => list::run(shop, list, output).await,
        Command::Show(show) => show::run(&asking, show).await,
        Command::Approve(approve) => end::approve(&asking, approve).await,
        Command::Cancel(cancel) => end::cancel(&asking, cancel).await,
    }
}

/// Reads a purchase by its number or id.
async fn read(shop: &Shop, named: &str, branch: &str) -> Result<GetPurchaseResponse, Failure> {
    let is_number = named.starts_with("PUR-");
    let part = |wanted| if wanted { named.to_owned() } else { String::new() };
    let request = GetPurchaseRequest {
        purchase_id: part(!is_number),
        number: part(is_number),
        branch_id: branch.to_owned(),
    };
    Ok(shop.call(shop.kassa.purchases().get_purchase(request)).await?.into_inner())
}

/// What people call a purchase: its number, or its id while it has none.
fn name(purchase: &Purchase) -> &str {
    if purchase.number.is_empty() { &purchase.purchase_id } else { &purchase.number }
}
