//! `kassa shift`: the life of a shift.

mod chart;
mod close;
mod hand_over;
mod report;
mod show;

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{EndShiftRequest, OpenShiftRequest, RecordActivityRequest};
use serde_json::Value;

use self::show::print;
use super::drawer::Asking;
use crate::{amount, failure::Failure, message, output::Output, shop::Shop};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a shift, or join the one that is open on the register
    Open(Open),
    /// Show a shift with its counts [default: the open one]
    Show(show::Show),
    /// List shifts, newest first
    List(show::List),
    /// Its report: where it stands (X), or how it was closed (Z), with a chart of its hours
    Report(report::Report),
    /// End the shift: it takes no more sales and waits for its count
    End,
    /// Count and close the shift: `kassa shift close --count cash=104.00 --left 60`
    Close(close::Close),
    /// Close a shift whose cashier does not
    ForceClose(close::ForceClose),
    /// Hand the open shift over to somebody else
    HandOver(hand_over::HandOver),
    /// Say that somebody is at the register, so that the shift is not ended
    Activity,
}

impl Command {
    /// The RPC by which it changes the shop; none where it changes nothing.
    pub fn changes_by(&self) -> Option<&'static str> {
        match self {
            Self::Show(_) | Self::List(_) | Self::Report(_) => None,
            Self::Activity => Some("RecordActivity"),
            Self::Open(_) => Some("OpenShift"),
            Self::End => Some("EndShift"),
            Self::Close(_) => Some("CloseShift"),
            Self::ForceClose(_) => Some("ForceCloseShift"),
            Self::HandOver(_) => Some("HandOverShift"),
        }
    }
}

#[derive(Debug, Args)]
pub struct Open {
    /// The cash counted in the drawer, such as 100.00
    #[arg(long, value_name = "AMOUNT")]
    float: Option<String>,
}

pub async fn run(shop: &Shop, command: Command, yes: bool, output: Output) -> Result<(), Failure> {
    let asking = Asking { shop, yes, output };
    match command {
        Command::Open(open) => self::open(shop, &open, output).await,
        Command::Show(show) => show::run(shop, &show, output).await,
        Command::List(list) => show::list(shop, &list, output).await,
        Command::Report(report) => report::run(shop, &report, output).await,
        Command::End => end(&asking).await,
        Command::Close(close) => close::run(&asking, close).await,
        Command::ForceClose(close) => close::force(&asking, close).await,
        Command::HandOver(hand_over) => hand_over::run(&asking, hand_over).await,
        Command::Activity => activity(shop, output).await,
    }
}

async fn open(shop: &Shop, open: &Open, output: Output) -> Result<(), Failure> {
    let opening_float = match &open.float {
        Some(text) => Some(amount::read("--float", text, shop.currency().await?)?),
        None => None,
    };
    let request =
        OpenShiftRequest { register_id: shop.register.clone(), opening_float, ..Default::default() };
    let opened = shop.call(shop.kassa.shifts().open_shift(request)).await?;
    output.json(|| {
        let mut document = message::to_json("OpenShiftResponse", &*opened)?;
        if let Value::Object(fields) = &mut document {
            fields.insert("replayed".to_owned(), opened.replayed().into());
            fields.insert("key".to_owned(), opened.key().into());
        }
        Ok(document)
    })?;
    let shift = opened.shift.clone().unwrap_or_default();
    let number = &shift.number;
    output.text(match (opened.replayed(), opened.joined) {
        (true, _) => format!("shift {number}: this request was carried out before"),
        (false, true) => format!("joined shift {number}, which was open already"),
        (false, false) => format!("opened shift {number}"),
    })?;
    print(shop, &shift, output).await
}

async fn end(asking: &Asking<'_>) -> Result<(), Failure> {
    asking.confirm("end the shift, so that it takes no more sales").await?;
    let request = EndShiftRequest { register_id: asking.shop.register.clone(), ..Default::default() };
    let answer = asking.shop.call(asking.shop.kassa.shifts().end_shift(request)).await?;
    asking.document("EndShiftResponse", &answer)?;
    let shift = answer.shift.clone().unwrap_or_default();
    asking.output.text(format!("ended shift {}; it waits for its count: kassa shift close", shift.number))?;
    asking.remark(answer.replayed());
    print(asking.shop, &shift, asking.output).await
}

async fn activity(shop: &Shop, output: Output) -> Result<(), Failure> {
    let request = RecordActivityRequest { register_id: shop.register.clone(), ..Default::default() };
    let answer = shop.call(shop.kassa.shifts().record_activity(request)).await?;
    output.json(|| message::to_json("RecordActivityResponse", &*answer))?;
    let number = answer.shift.clone().unwrap_or_default().number;
    output.text(format!("shift {number} is in use"))
}
