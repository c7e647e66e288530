//! `kassa stock`: goods on the shelves, and between branches.

mod receive;
mod send;
mod transfers;

use clap::Subcommand;

use crate::{failure::Failure, output::Output, shop::Shop};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Send goods to another branch: `kassa stock send --to B2 --line BAK-001=12`
    Send(send::Send),
    /// Put goods that another branch sent on the shelf, as they were counted
    Receive(receive::Receive),
    /// Take goods back that were sent from here and nobody has received
    TakeBack(receive::TakeBack),
    /// Show one transfer of goods
    Transfer(transfers::Show),
    /// Transfers of goods from this branch and to it: those in transit
    Transfers(transfers::List),
}

impl Command {
    /// Whether it is a change.
    pub fn takes_key(&self) -> bool {
        match self {
            Self::Send(_) | Self::Receive(_) | Self::TakeBack(_) => true,
            Self::Transfer(_) | Self::Transfers(_) => false,
        }
    }
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::Send(send) => send::run(shop, send, yes, output).await,
        Command::Receive(receive) => receive::run(shop, receive, yes, output).await,
        Command::TakeBack(take_back) => receive::take_back(shop, take_back, yes, output).await,
        Command::Transfer(show) => transfers::show(shop, &show, output).await,
        Command::Transfers(list) => transfers::list(shop, list, output).await,
    }
}

/// Asks before goods are moved, naming the shop.
async fn confirm(shop: &Shop, what: &str, yes: bool, output: Output) -> Result<(), Failure> {
    let name = shop.settings().await?.name;
    if output.confirm(&format!("Shop {name}: {what}?"), yes)? {
        return Ok(());
    }
    Err(Failure::Refused("nothing was changed".to_owned()))
}
