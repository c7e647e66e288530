//! Transfers between drawers: two halves under one id, each once, and what is in no drawer is in transit.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, CashTransferState, MovementType};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, table_name},
    record::{Unreadable, id, money, optional_id, optional_time, time},
};
use crate::store::entity::{cash_movement, cash_transfer::Model};

/// The transfers that the journal has.
#[derive(Default)]
pub struct Transfers {
    rows: BTreeMap<Uuid, Halves>,
}

/// A transfer as it was sent, and as it was received or taken back. The journal's chains are read one
/// after the other, so that either may come first.
#[derive(Default)]
struct Halves {
    sent: Option<Model>,
    received: Option<Model>,
}

impl Transfers {
    /// Cash left a drawer.
    pub fn sent(
        &mut self,
        line: &mut CheckLine,
        register_id: Uuid,
        entry: &pb::CashSentEntry,
        movement: &cash_movement::Model,
    ) -> Result<Uuid, Unreadable> {
        let row = read(entry.transfer.as_ref())?;
        let arrival = (row.in_movement_id, row.receiver_user_id, row.receive_time);
        let by = (row.from_register_id, row.sender_user_id, row.send_time);
        if !is_half(&row, movement, MovementType::TransferOut, row.out_movement_id)
            || row.state != i32::from(CashTransferState::InTransit)
            || arrival != (None, None, None)
            || by != (register_id, movement.user_id, movement.create_time)
        {
            fault(line, &row, "was not sent as its record says");
        }
        let id = row.id;
        if let Some(row) = self.rows.entry(id).or_default().sent.replace(row) {
            fault(line, &row, "was sent twice");
        }
        line.examine(1);
        Ok(id)
    }

    /// Cash came into a drawer.
    pub fn received(
        &mut self,
        line: &mut CheckLine,
        register_id: Uuid,
        entry: &pb::CashReceivedEntry,
        movement: &cash_movement::Model,
    ) -> Result<Uuid, Unreadable> {
        let row = read(entry.transfer.as_ref())?;
        let goes_to = match CashTransferState::try_from(row.state) {
            Ok(CashTransferState::Received) => Some(row.to_register_id),
            Ok(CashTransferState::TakenBack) => Some(row.from_register_id),
            Ok(CashTransferState::InTransit | CashTransferState::Unspecified) | Err(_) => None,
        };
        let by = (goes_to, row.receiver_user_id, row.receive_time);
        if !is_half(&row, movement, MovementType::TransferIn, row.in_movement_id.unwrap_or_default())
            || by != (Some(register_id), Some(movement.user_id), Some(movement.create_time))
        {
            fault(line, &row, "was not received as its record says");
        }
        let id = row.id;
        if let Some(row) = self.rows.entry(id).or_default().received.replace(row) {
            fault(line, &row, "was received twice");
        }
        Ok(id)
    }

    /// Whether the journal has a transfer.
    pub fn contains(&self, id: Uuid) -> bool {
        self.rows.contains_key(&id)
    }

    /// Puts the halves together, and compares them with their table.
    pub fn compare(self, database: &Inspection, line: &mut CheckLine) -> Result<(), Failure> {
        let rows: Vec<Model> = self.rows.into_values().filter_map(|halves| halves.together(line)).collect();
        Table::compare_all(database, line, rows)
    }
}

impl Halves {
    /// The transfer as it stands: what came in is what went out.
    fn together(self, line: &mut CheckLine) -> Option<Model> {
        let Some(sent) = self.sent else {
            self.received.iter().for_each(|row| fault(line, row, "was received, and never sent"));
            return self.received;
        };
        let Some(received) = self.received else { return Some(sent) };
        let before = Model {
            state: sent.state,
            in_movement_id: sent.in_movement_id,
            receiver_user_id: sent.receiver_user_id,
            receive_time: sent.receive_time,
            ..received.clone()
        };
        if before != sent {
            fault(line, &received, "was received as another one than was sent");
        }
        Some(received)
    }
}

fn is_half(row: &Model, movement: &cash_movement::Model, kind: MovementType, id: Uuid) -> bool {
    let half = (movement.id, movement.kind, movement.amount, movement.branch_id, movement.transfer_id);
    half == (id, i32::from(kind), row.amount, row.branch_id, Some(row.id))
}

fn read(transfer: Option<&pb::CashTransfer>) -> Result<Model, Unreadable> {
    transfer_row(transfer.ok_or_else(|| Unreadable::new("transfer", "is missing"))?)
}

fn fault(line: &mut CheckLine, row: &Model, what: &str) {
    line.fault(table_name::<Model>(), row.id.to_string(), what);
}

fn transfer_row(transfer: &pb::CashTransfer) -> Result<Model, Unreadable> {
    Ok(Model {
        id: id(&transfer.transfer_id, "transfer.transfer_id")?,
        branch_id: id(&transfer.branch_id, "transfer.branch_id")?,
        from_register_id: id(&transfer.from_register_id, "transfer.from_register_id")?,
        to_register_id: id(&transfer.to_register_id, "transfer.to_register_id")?,
        amount: money(transfer.amount.as_ref(), "transfer.amount")?,
        state: transfer.state,
        out_movement_id: id(&transfer.out_movement_id, "transfer.out_movement_id")?,
        in_movement_id: optional_id(&transfer.in_movement_id, "transfer.in_movement_id")?,
        sender_user_id: id(&transfer.sender_user_id, "transfer.sender_user_id")?,
        receiver_user_id: optional_id(&transfer.receiver_user_id, "transfer.receiver_user_id")?,
        send_time: time(transfer.send_time.as_ref(), "transfer.send_time")?,
        receive_time: optional_time(transfer.receive_time.as_ref(), "transfer.receive_time")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(state: CashTransferState) -> Model {
        let id = Uuid::from_u128;
        let arrived = state != CashTransferState::InTransit;
        Model {
            id: id(1),
            branch_id: id(2),
            from_register_id: id(3),
            to_register_id: id(4),
            amount: 50_00,
            state: state.into(),
            out_movement_id: id(5),
            in_movement_id: arrived.then(|| id(6)),
            sender_user_id: id(7),
            receiver_user_id: arrived.then(|| id(8)),
            send_time: 10,
            receive_time: arrived.then_some(20),
        }
    }

    #[test]
    fn the_halves_of_a_transfer_agree_whichever_comes_first() {
        let sent = transfer(CashTransferState::InTransit);
        let received = transfer(CashTransferState::Received);
        let together = |sent: Option<&Model>, received: Option<&Model>| {
            let mut line = CheckLine::new("drawers");
            let halves = Halves { sent: sent.cloned(), received: received.cloned() };
            (halves.together(&mut line), line.fault_count())
        };
        assert_eq!(together(Some(&sent), None), (Some(sent.clone()), 0));
        assert_eq!(together(Some(&sent), Some(&received)), (Some(received.clone()), 0));
        assert_eq!(together(None, Some(&received)).1, 1, "it was never sent");
        let more = Model { amount: 60_00, ..received };
        assert_eq!(together(Some(&sent), Some(&more)).1, 1, "more came in than went out");
    }
}
