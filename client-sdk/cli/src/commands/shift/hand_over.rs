//! `kassa shift hand-over`

use clap::Args;
use kassa_client::proto::v1::HandOverShiftRequest;

use super::show::print;
use crate::{amount, commands::drawer::Asking, failure::Failure};

#[derive(Debug, Args)]
pub struct HandOver {
    /// To whom, by name or id
    #[arg(long, value_name = "USER")]
    to: String,
    /// The cash counted in the drawer [default: not counted]
    #[arg(long, value_name = "AMOUNT")]
    count: Option<String>,
}

pub async fn run(asking: &Asking<'_>, hand_over: HandOver) -> Result<(), Failure> {
    let shop = asking.shop;
    let counted_cash = match &hand_over.count {
        Some(text) => Some(amount::read("--count", text, shop.currency().await?)?),
        None => None,
    };
    asking.confirm(&format!("hand the shift over to {}", hand_over.to)).await?;
    let request = HandOverShiftRequest {
        register_id: shop.register.clone(),
        to_user_id: hand_over.to.clone(),
        counted_cash,
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.shifts().hand_over_shift(request)).await?;
    asking.document("HandOverShiftResponse", &answer)?;
    asking.output.text(format!("the shift is {}'s now", hand_over.to))?;
    asking.remark(answer.replayed());
    print(shop, &answer.shift.clone().unwrap_or_default(), asking.output).await
}
