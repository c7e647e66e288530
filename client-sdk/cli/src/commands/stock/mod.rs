//! `kassa stock`: what is on the shelves, and what goes from branch to branch.

mod adjust;
mod changes;
mod count;
mod level;
mod list;
mod quantities;
mod receive;
mod send;
mod transfers;

use clap::Subcommand;
use kassa_client::proto::{money::Currency, v1::Decimal};

use crate::{failure::Failure, output::Output, shop::Shop};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What is on the shelf
    List(list::List),
    /// What changed the stock of a product, the newest first
    Changes(changes::Changes),
    /// Say from which quantity down a product is low: `kassa stock level milk 6`
    Level(level::Level),
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
    /// Say that goods went or came without a sale: `kassa stock adjust milk=-2 --reason damaged`
    Adjust(adjust::Adjust),
    /// Adjustments, newest first, or the lines of one
    Adjustments(adjust::Adjustments),
    /// Count what is on the shelves
    #[command(subcommand)]
    Count(count::Command),
}

impl Command {
    /// The RPC by which it changes the shop; none where it changes nothing.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self {
            Self::List(_)
            | Self::Changes(_)
            | Self::Adjustments(_)
            | Self::Transfer(_)
            | Self::Transfers(_) => None,
            Self::Level(_) => Some("PutStockLevels"),
            Self::Adjust(_) => Some("AdjustStock"),
            Self::Send(_) => Some("SendStock"),
            Self::Receive(_) | Self::TakeBack(_) => Some("ReceiveStock"),
            Self::Count(count) => count.changes_by(),
        }
    }
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    match command {
        Command::List(list) => list::run(shop, list, output).await,
        Command::Changes(changes) => changes::run(shop, changes, output).await,
        Command::Level(level) => level::run(shop, level, output).await,
        Command::Send(send) => send::run(shop, send, yes, output).await,
        Command::Receive(receive) => receive::run(shop, receive, yes, output).await,
        Command::TakeBack(take_back) => receive::take_back(shop, take_back, yes, output).await,
        Command::Transfer(show) => transfers::show(shop, &show, output).await,
        Command::Transfers(list) => transfers::list(shop, list, output).await,
        Command::Adjust(adjust) => adjust::adjust(shop, adjust, output).await,
        Command::Adjustments(list) => adjust::adjustments(shop, list, output).await,
        Command::Count(command) => count::run(shop, command, yes, output).await,
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

fn decimal(decimal: Option<&Decimal>) -> String {
    decimal.map_or_else(String::new, |decimal| decimal.value.clone())
}

/// With a sign, so that what came and what went is told apart.
fn signed(quantity: Option<&Decimal>) -> String {
    let quantity = decimal(quantity);
    if quantity == "0" || quantity.starts_with('-') { quantity } else { format!("+{quantity}") }
}

/// What one unit costs, in major units with the fractions of a minor one.
pub fn average_cost(minor: Option<&Decimal>, currency: Currency) -> String {
    let Some(minor) = minor else { return String::new() };
    let (whole, fraction) = minor.value.split_once('.').unwrap_or((&minor.value, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| currency.format(whole));
    // A currency without minor units has no point of its own.
    let point = if fraction.is_empty() || whole.contains('.') { "" } else { "." };
    format!("{whole}{point}{fraction}")
}
