//! `kassa drawer`: the cash drawer besides sales.

mod count;
mod movement;
pub mod show;
mod transfer;
pub mod verify;

use clap::{Args, Subcommand};
use kassa_client::{
    Answer,
    proto::v1::{MovementType, WhoAmIRequest},
};
use prost::Message;

use crate::{failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Drawer {
    #[command(flatten)]
    show: show::Show,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What should be in it, and its last movements
    Show(show::Show),
    /// Cash that somebody brings
    In(movement::WithReason),
    /// Cash that somebody takes
    Out(movement::WithReason),
    /// Something bought for the shop: `kassa drawer expense 4.50 --reason "milk for the kitchen"`
    Expense(movement::WithReason),
    /// A float put into the drawer
    Float(movement::Plain),
    /// Cash into the safe
    SafeDrop(movement::Plain),
    /// Cash to the bank
    BankDrop(movement::Plain),
    /// Take back a movement that was recorded by mistake in this shift
    Reverse(movement::Reverse),
    /// Open the drawer without a sale
    Open(movement::Open),
    /// Send cash to another register's drawer
    Transfer(transfer::Send),
    /// Put cash that was sent into the drawer, or take it back where it came from
    Receive(transfer::Receive),
    /// Transfers between drawers: those in transit
    Transfers(transfer::List),
    /// Count the drawer, and bring the books to the count
    Count(count::Count),
    /// Prove the journal of the branch's registers
    Verify(verify::Verify),
}

impl Drawer {
    /// The RPC by which it changes the shop; none where it changes nothing.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self.command.as_ref()? {
            Command::Show(_) | Command::Transfers(_) | Command::Verify(_) => None,
            Command::In(_)
            | Command::Out(_)
            | Command::Expense(_)
            | Command::Float(_)
            | Command::SafeDrop(_)
            | Command::BankDrop(_)
            | Command::Reverse(_) => Some("RecordMovement"),
            Command::Open(_) => Some("OpenDrawer"),
            Command::Transfer(_) => Some("TransferCash"),
            Command::Receive(_) => Some("ReceiveCash"),
            Command::Count(_) => Some("Reconcile"),
        }
    }
}

pub async fn run(shop: &Shop, drawer: Drawer, yes: bool, output: Output) -> Result<(), Failure> {
    let asking = Asking { shop, yes, output };
    match drawer.command.unwrap_or(Command::Show(drawer.show)) {
        Command::Show(show) => show::run(shop, show, output).await,
        Command::In(with_reason) => movement::with_reason(&asking, MovementType::PaidIn, with_reason).await,
        Command::Out(with_reason) => movement::with_reason(&asking, MovementType::PaidOut, with_reason).await,
        Command::Expense(with_reason) => {
            movement::with_reason(&asking, MovementType::Expense, with_reason).await
        }
        Command::Float(plain) => movement::plain(&asking, MovementType::FloatIn, plain).await,
        Command::SafeDrop(plain) => movement::plain(&asking, MovementType::SafeDrop, plain).await,
        Command::BankDrop(plain) => movement::plain(&asking, MovementType::BankDrop, plain).await,
        Command::Reverse(reverse) => movement::reverse(&asking, reverse).await,
        Command::Open(open) => movement::open(&asking, open).await,
        Command::Transfer(send) => transfer::send(&asking, send).await,
        Command::Receive(receive) => transfer::receive(&asking, receive).await,
        Command::Transfers(list) => transfer::list(shop, list, output).await,
        Command::Count(count) => count::run(&asking, count).await,
        Command::Verify(verify) => verify::run(shop, verify, output).await,
    }
}

/// Somebody to be asked before what can't be undone.
pub struct Asking<'a> {
    pub shop: &'a Shop,
    pub yes: bool,
    pub output: Output,
}

impl Asking<'_> {
    /// Asks, naming shop and register.
    pub async fn confirm(&self, what: &str) -> Result<(), Failure> {
        let name = self.shop.settings().await?.name;
        let register = self.register().await?;
        if self.output.confirm(&format!("Shop {name}, register {register}: {what}?"), self.yes)? {
            return Ok(());
        }
        Err(Failure::Refused("nothing was changed".to_owned()))
    }

    /// The code of the register.
    pub async fn register(&self) -> Result<String, Failure> {
        if !self.shop.register.is_empty() {
            return Ok(self.shop.register.clone());
        }
        let me = self.shop.call(self.shop.kassa.access().who_am_i(WhoAmIRequest::default())).await?;
        Ok(me.into_inner().register_code)
    }

    /// Prints a change's answer as the document that `--json` asks for.
    pub fn document(&self, name: &str, answer: &Answer<impl Message>) -> Result<(), Failure> {
        self.output.json(|| message::answer_to_json(name, answer))
    }

    /// Says beside the answer that it was given before.
    pub fn remark(&self, replayed: bool) {
        if replayed {
            self.output.remark("this had been done before: nothing was done twice");
        }
    }
}
