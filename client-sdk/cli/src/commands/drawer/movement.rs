//! `kassa drawer in`, `out`, `expense`, `float`, `safe-drop`, `bank-drop`, `reverse` and `open`.

use clap::Args;
use kassa_client::proto::v1::{
    CashMovement, Drawer, ListMovementsRequest, MovementType, OpenDrawerRequest, RecordMovementRequest,
};

use super::{
    Asking,
    show::{signed, what},
};
use crate::{amount, failure::Failure, shop::Shop};

/// Pages of movements that are looked through for a number.
const MOST_PAGES: usize = 20;

/// A movement that says why.
#[derive(Debug, Args)]
pub struct WithReason {
    /// How much, such as 12.50
    amount: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// What it refers to, such as a receipt's number
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reference: String,
}

/// A movement that speaks for itself.
#[derive(Debug, Args)]
pub struct Plain {
    /// How much, such as 12.50
    amount: String,
    /// A remark
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// What it refers to, such as the number of a bank slip
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reference: String,
}

#[derive(Debug, Args)]
pub struct Reverse {
    /// The movement's number in `kassa drawer`, or its id
    movement: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, Args)]
pub struct Open {
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub async fn with_reason(
    asking: &Asking<'_>,
    kind: MovementType,
    with_reason: WithReason,
) -> Result<(), Failure> {
    let WithReason { amount, reason, reference } = with_reason;
    plain(asking, kind, Plain { amount, reason, reference }).await
}

pub async fn plain(asking: &Asking<'_>, kind: MovementType, plain: Plain) -> Result<(), Failure> {
    let shop = asking.shop;
    let amount = amount::read("AMOUNT", &plain.amount, shop.currency().await?)?;
    asking.confirm(&format!("{} {}", what(kind), plain.amount)).await?;
    let request = RecordMovementRequest {
        register_id: shop.register.clone(),
        r#type: kind.into(),
        amount: Some(amount),
        reason: plain.reason,
        reference: plain.reference,
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    record(asking, request).await
}

pub async fn reverse(asking: &Asking<'_>, reverse: Reverse) -> Result<(), Failure> {
    let movement = find(asking.shop, &reverse.movement).await?;
    let (kind, amount) = (what(movement.r#type()), amount::show(movement.amount.as_ref()));
    asking.confirm(&format!("reverse no {}, {kind} {amount}", movement.sequence)).await?;
    let request = RecordMovementRequest {
        register_id: asking.shop.register.clone(),
        reverses_movement_id: movement.movement_id,
        reason: reverse.reason,
        grant_ids: asking.shop.grants.clone(),
        ..Default::default()
    };
    record(asking, request).await
}

/// A movement by its number in the drawer's history, or by its id.
async fn find(shop: &Shop, name: &str) -> Result<CashMovement, Failure> {
    let mut page_token = String::new();
    for _ in 0..MOST_PAGES {
        let register_id = shop.register.clone();
        let request = ListMovementsRequest { page_size: 500, page_token, register_id, ..Default::default() };
        let page = shop.call(shop.kassa.cash_register().list_movements(request)).await?.into_inner();
        let is_meant = |it: &CashMovement| it.movement_id == name || it.sequence.to_string() == name;
        if let Some(found) = page.movements.into_iter().find(is_meant) {
            return Ok(found);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Err(Failure::Refused(format!("there is no movement {name}: see `kassa drawer`")))
}

async fn record(asking: &Asking<'_>, request: RecordMovementRequest) -> Result<(), Failure> {
    let shop = asking.shop;
    let answer = shop.call(shop.kassa.cash_register().record_movement(request)).await?;
    asking.document("RecordMovementResponse", &answer)?;
    let replayed = answer.replayed();
    let answer = answer.into_inner();
    asking.output.text(moved(&answer.movement.unwrap_or_default(), &answer.drawer.unwrap_or_default()))?;
    asking.remark(replayed);
    Ok(())
}

/// `no 7: paid out -5.00 USD, in the drawer 95.00 USD`
pub fn moved(movement: &CashMovement, drawer: &Drawer) -> String {
    format!(
        "{} no {}: {} {}, in the drawer {}",
        drawer.register_code,
        movement.sequence,
        what(movement.r#type()),
        amount::show(signed(movement).as_ref()),
        amount::show(drawer.balance.as_ref())
    )
}

pub async fn open(asking: &Asking<'_>, open: Open) -> Result<(), Failure> {
    asking.confirm("open the drawer without a sale").await?;
    let shop = asking.shop;
    let request = OpenDrawerRequest {
        register_id: shop.register.clone(),
        reason: open.reason,
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.cash_register().open_drawer(request)).await?;
    asking.document("OpenDrawerResponse", &answer)?;
    let drawer = answer.drawer.clone().unwrap_or_default();
    let balance = amount::show(drawer.balance.as_ref());
    asking.output.text(format!("{}: opened, written down, in the drawer {balance}", drawer.register_code))?;
    asking.remark(answer.replayed());
    Ok(())
}
