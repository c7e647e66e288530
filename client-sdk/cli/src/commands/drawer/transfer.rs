//! `kassa drawer transfer`, `receive` and `transfers`: cash from one drawer to another.

use clap::Args;
use kassa_client::proto::v1::{
    CashTransfer, CashTransferState, ListTransfersRequest, ReceiveCashRequest, TransferCashRequest,
};

use super::{Asking, movement::moved};
use crate::{amount, failure::Failure, message, output::Output, shop::Shop, table::table};

#[derive(Debug, Args)]
pub struct Send {
    /// How much, such as 12.50
    amount: String,
    /// The register that it goes to, such as R2
    #[arg(long, value_name = "CODE")]
    to: String,
    /// A remark
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// What it refers to, such as the number of a cash bag
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reference: String,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// The transfer's id [default: the one that is on its way to this register]
    id: Option<String>,
    /// A remark
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Debug, Args)]
pub struct List {
    /// Those that were received or taken back, too
    #[arg(long)]
    all: bool,
    /// How many of the last
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    limit: i32,
}

pub async fn send(asking: &Asking<'_>, send: Send) -> Result<(), Failure> {
    let shop = asking.shop;
    let amount = amount::read("AMOUNT", &send.amount, shop.currency().await?)?;
    asking.confirm(&format!("send {} to {}", send.amount, send.to)).await?;
    let request = TransferCashRequest {
        register_id: shop.register.clone(),
        to_register_id: send.to,
        amount: Some(amount),
        reason: send.reason,
        reference: send.reference,
        grant_ids: shop.grants.clone(),
        ..Default::default()
    };
    let answer = shop.call(shop.kassa.cash_register().transfer_cash(request)).await?;
    asking.document("TransferCashResponse", &answer)?;
    let replayed = answer.replayed();
    let sent = answer.into_inner();
    asking.output.text(moved(&sent.movement.unwrap_or_default(), &sent.drawer.unwrap_or_default()))?;
    let CashTransfer { transfer_id, to_register_code: to, .. } = sent.transfer.unwrap_or_default();
    asking.output.text(format!("in transit until `kassa drawer receive {transfer_id} --register {to}`"))?;
    asking.remark(replayed);
    Ok(())
}

pub async fn receive(asking: &Asking<'_>, receive: Receive) -> Result<(), Failure> {
    let shop = asking.shop;
    let transfer_id = match receive.id {
        Some(id) => id,
        None => expected(asking).await?.transfer_id,
    };
    let register_id = shop.register.clone();
    asking.confirm(&format!("receive the cash of the transfer {transfer_id}")).await?;
    let request =
        ReceiveCashRequest { transfer_id, register_id, reason: receive.reason, ..Default::default() };
    let answer = shop.call(shop.kassa.cash_register().receive_cash(request)).await?;
    asking.document("ReceiveCashResponse", &answer)?;
    let replayed = answer.replayed();
    let received = answer.into_inner();
    asking
        .output
        .text(moved(&received.movement.unwrap_or_default(), &received.drawer.unwrap_or_default()))?;
    asking.remark(replayed);
    Ok(())
}

/// The one transfer that is on its way to this register.
async fn expected(asking: &Asking<'_>) -> Result<CashTransfer, Failure> {
    let code = asking.register().await?;
    let request = ListTransfersRequest {
        page_size: 500,
        register_id: code.clone(),
        state: CashTransferState::InTransit.into(),
        ..Default::default()
    };
    let shop = asking.shop;
    let page = shop.call(shop.kassa.cash_register().list_transfers(request)).await?.into_inner();
    let mut here = page.transfers.into_iter().filter(|transfer| transfer.to_register_code == code);
    match (here.next(), here.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Failure::Refused(format!("nothing is on its way to {code}"))),
        (Some(_), Some(_)) => {
            let words = "more than one transfer is on its way: give its id, see `kassa drawer transfers`";
            Err(Failure::Refused(words.to_owned()))
        }
    }
}

pub async fn list(shop: &Shop, list: List, output: Output) -> Result<(), Failure> {
    let state = if list.all { CashTransferState::Unspecified } else { CashTransferState::InTransit };
    let request = ListTransfersRequest {
        page_size: list.limit,
        register_id: shop.register.clone(),
        state: state.into(),
        ..Default::default()
    };
    let page = shop.call(shop.kassa.cash_register().list_transfers(request)).await?;
    output.json(|| message::to_json("ListTransfersResponse", &*page))?;
    if page.transfers.is_empty() {
        return output.text(if list.all { "no transfers" } else { "nothing is in transit" });
    }
    let clock = shop.clock().await?;
    let mut table = table(&["sent", "from", "to", ">amount", "state", "received", "id"]);
    for transfer in &page.transfers {
        table.add_row([
            clock.show(transfer.send_time.as_ref()),
            transfer.from_register_code.clone(),
            transfer.to_register_code.clone(),
            amount::show(transfer.amount.as_ref()),
            message::word(transfer.state().as_str_name(), "CASH_TRANSFER_STATE_"),
            clock.show(transfer.receive_time.as_ref()),
            transfer.transfer_id.clone(),
        ]);
    }
    output.text(table.trim_fmt())
}
