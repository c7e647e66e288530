//! `kassa shift`

use clap::{Args, Subcommand};
use kassa_client::proto::v1::{GetCurrentShiftRequest, OpenShiftRequest, Shift};
use serde_json::Value;

use crate::{
    amount,
    failure::Failure,
    message,
    output::Output,
    shop::{Shop, date},
    table::facts,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open a shift, or join the one that is open on the register
    Open(Open),
    /// Show the open shift
    Show,
}

#[derive(Debug, Args)]
pub struct Open {
    /// The cash counted in the drawer, such as 100.00
    #[arg(long, value_name = "AMOUNT")]
    float: Option<String>,
}

pub async fn run(shop: &Shop, command: Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::Open(open) => self::open(shop, &open, output).await,
        Command::Show => show(shop, output).await,
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

async fn show(shop: &Shop, output: Output) -> Result<(), Failure> {
    let request = GetCurrentShiftRequest { register_id: shop.register.clone() };
    let current = shop.call(shop.kassa.shifts().get_current_shift(request)).await?;
    output.json(|| message::to_json("GetCurrentShiftResponse", &*current))?;
    print(shop, &current.shift.clone().unwrap_or_default(), output).await
}

async fn print(shop: &Shop, shift: &Shift, output: Output) -> Result<(), Failure> {
    let clock = shop.clock().await?;
    output.text(facts([
        ("shift", shift.number.clone()),
        ("state", message::word(shift.state().as_str_name(), "SHIFT_STATE_")),
        ("open since", clock.show(shift.open_time.as_ref())),
        ("business date", date(shift.business_date.as_ref())),
        ("sales", shift.sale_count.to_string()),
        ("sales total", amount::show(shift.sales_total.as_ref())),
        ("opening float", amount::show(shift.opening_float.as_ref())),
        ("cash received", amount::show(shift.cash_received.as_ref())),
        ("change given", amount::show(shift.change_given.as_ref())),
        ("cash expected", amount::show(shift.expected_cash.as_ref())),
    ]))
}
