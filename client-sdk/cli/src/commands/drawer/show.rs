//! `kassa drawer`: what should be in it, and its last movements.

use clap::Args;
use kassa_client::proto::v1::{
    CashMovement, GetDrawerRequest, GetDrawerResponse, ListMovementsRequest, ListMovementsResponse, Money,
    MovementType,
};
use serde_json::json;

use crate::{
    amount,
    failure::Failure,
    message,
    output::Output,
    shop::Shop,
    table::{facts, table},
};

#[derive(Debug, Args)]
pub struct Show {
    /// How many of the last movements
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
}

pub async fn run(shop: &Shop, show: Show, output: Output) -> Result<(), Failure> {
    let (drawer, movements) = read(shop, show.limit).await?;
    output.json(|| document(&drawer, &movements))?;
    print(shop, &drawer, &movements, output).await
}

pub async fn read(shop: &Shop, limit: i32) -> Result<(GetDrawerResponse, ListMovementsResponse), Failure> {
    let request = GetDrawerRequest { register_id: shop.register.clone() };
    let drawer = shop.call(shop.kassa.cash_register().get_drawer(request)).await?.into_inner();
    let request =
        ListMovementsRequest { register_id: shop.register.clone(), page_size: limit, ..Default::default() };
    let movements = shop.call(shop.kassa.cash_register().list_movements(request)).await?.into_inner();
    Ok((drawer, movements))
}

pub fn document(
    drawer: &GetDrawerResponse,
    movements: &ListMovementsResponse,
) -> Result<serde_json::Value, Failure> {
    let movements = message::to_json("ListMovementsResponse", movements)?;
    let drawer = message::to_json("GetDrawerResponse", drawer)?;
    Ok(json!({ "drawer": drawer.get("drawer"), "movements": movements.get("movements") }))
}

pub async fn print(
    shop: &Shop,
    drawer: &GetDrawerResponse,
    movements: &ListMovementsResponse,
    output: Output,
) -> Result<(), Failure> {
    let drawer = drawer.drawer.clone().unwrap_or_default();
    output.text(facts([
        ("register", drawer.register_code),
        ("in the drawer", amount::show(drawer.balance.as_ref())),
        ("movements", drawer.movement_count.to_string()),
        ("shift", if drawer.shift_id.is_empty() { "none open".to_owned() } else { "open".to_owned() }),
    ]))?;
    if movements.movements.is_empty() {
        return Ok(());
    }
    let clock = shop.clock().await?;
    let mut table = table(&[">no", "time", "what", ">amount", ">balance", "why"]);
    for movement in &movements.movements {
        table.add_row([
            movement.sequence.to_string(),
            clock.show(movement.create_time.as_ref()),
            what(movement.r#type()),
            amount::show(signed(movement).as_ref()),
            amount::show(movement.balance.as_ref()),
            why(movement),
        ]);
    }
    output.text("")?;
    output.text(table.trim_fmt())
}

/// A type of movement as a word.
pub fn what(kind: MovementType) -> String {
    message::word(kind.as_str_name(), "MOVEMENT_TYPE_")
}

/// Reason and reference in one line.
fn why(movement: &CashMovement) -> String {
    let parts = [movement.reason.as_str(), movement.reference.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ").replace('\n', " ")
}

/// A movement's amount with the sign that its type gives it.
pub fn signed(movement: &CashMovement) -> Option<Money> {
    let mut amount = movement.amount.clone()?;
    if takes_out(movement.r#type()) {
        amount.amount_minor = amount.amount_minor.saturating_neg();
    }
    Some(amount)
}

fn takes_out(kind: MovementType) -> bool {
    match kind {
        MovementType::Change
        | MovementType::RefundCash
        | MovementType::PaidOut
        | MovementType::Expense
        | MovementType::SafeDrop
        | MovementType::BankDrop
        | MovementType::TransferOut
        | MovementType::Short => true,
        MovementType::SaleCash
        | MovementType::PaidIn
        | MovementType::FloatIn
        | MovementType::TransferIn
        | MovementType::Over
        | MovementType::ShiftEnd
        | MovementType::Unspecified => false,
    }
}
