//! Transfers of goods between the wire and the rows.

use kassa_proto::v1::{self as pb, Role, StockTransferState};
use uuid::Uuid;

use crate::{
    books::{ReadSet, Stop, WorkingSet},
    caller::Caller,
    encoding::{
        lines::{transfer_content, transfer_lines},
        time::{date, stored_timestamp},
    },
    error::Error,
    store::entity::{branch, stock_transfer::Model},
};

/// The lines of a row.
///
/// # Errors
/// INTERNAL if they can't be read.
pub fn lines(row: &Model) -> Result<Vec<pb::StockTransferLine>, Error> {
    transfer_lines(row).map_err(Error::internal)
}

/// Names what [`whole`] needs.
pub fn read_set(row: &Model, read_set: &mut ReadSet) {
    read_set.row::<branch::Model>(row.from_branch_id);
    read_set.row::<branch::Model>(row.to_branch_id);
}

/// A transfer with its lines.
///
/// # Errors
/// [`Stop::MissingRows`] if its branches are not loaded.
pub fn whole(books: &WorkingSet, row: &Model) -> Result<pb::StockTransfer, Stop> {
    let code = |id: &Uuid| -> Result<&str, Stop> {
        let missing = || Error::internal(format_args!("the branch {id} of a transfer is gone"));
        Ok(&books.require::<branch::Model>(id, missing)?.code)
    };
    Ok(transfer_to_pb(row, (code(&row.from_branch_id)?, code(&row.to_branch_id)?))?)
}

/// A transfer as the contract sends it, with the codes of the branches that it comes from and goes to.
///
/// # Errors
/// INTERNAL if its lines can't be read.
pub fn transfer_to_pb(row: &Model, (from_code, to_code): (&str, &str)) -> Result<pb::StockTransfer, Error> {
    let lines = lines(row)?;
    Ok(pb::StockTransfer {
        transfer_id: row.id.to_string(),
        number: row.number.clone(),
        state: row.state,
        from_branch_id: row.from_branch_id.to_string(),
        from_branch_code: from_code.to_owned(),
        to_branch_id: row.to_branch_id.to_string(),
        to_branch_code: to_code.to_owned(),
        business_date: Some(date(row.business_date)),
        line_count: i32::try_from(lines.len()).unwrap_or(i32::MAX),
        differs: lines.iter().any(differs),
        lines,
        note: row.note.clone(),
        reason: row.reason.clone(),
        sender_user_id: row.sender_user_id.to_string(),
        receiver_user_id: row.receiver_user_id.map(|id| id.to_string()).unwrap_or_default(),
        send_time: Some(stored_timestamp(row.send_time)),
        receive_time: row.receive_time.map(stored_timestamp),
    })
}

/// Whether not all of it arrived, more than all, or some of it damaged.
fn differs(line: &pb::StockTransferLine) -> bool {
    let parts = [&line.damaged_quantity, &line.short_quantity, &line.over_quantity];
    parts.into_iter().flatten().any(|part| part.value != "0")
}

/// A transfer as it was before anything of it arrived.
///
/// # Errors
/// INTERNAL if its lines can't be read.
pub fn as_sent(row: &Model) -> Result<Model, Error> {
    let sent = lines(row)?.into_iter().map(|line| pb::StockTransferLine {
        received_quantity: None,
        damaged_quantity: None,
        short_quantity: None,
        over_quantity: None,
        reason: String::new(),
        ..line
    });
    Ok(Model {
        state: StockTransferState::Sent.into(),
        content: transfer_content(sent.collect()),
        reason: String::new(),
        receiver_user_id: None,
        receive_time: None,
        ..row.clone()
    })
}

/// What goods cost is not for everybody who sells them.
pub fn hide_costs(caller: &Caller, transfer: &mut pb::StockTransfer) {
    if caller.role < Role::Supervisor {
        transfer.lines.iter_mut().for_each(|line| line.cost = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::books::testing::TestShop;

    #[test]
    fn what_goods_cost_is_shown_to_supervisors_and_not_to_cashiers() {
        let mut caller = TestShop::founded().caller;
        for (role, is_shown) in [(Role::Cashier, false), (Role::Supervisor, true), (Role::Admin, true)] {
            let line = pb::StockTransferLine { cost: Some(pb::Money::default()), ..Default::default() };
            let mut transfer = pb::StockTransfer { lines: vec![line], ..Default::default() };
            caller.role = role;
            hide_costs(&caller, &mut transfer);
            assert_eq!(transfer.lines[0].cost.is_some(), is_shown, "{role:?}");
        }
    }
}
