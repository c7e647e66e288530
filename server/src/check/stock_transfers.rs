//! Transfers of goods: two halves under one id, each once, and what is on no shelf is in transit.

use std::collections::BTreeMap;

use kassa_proto::v1::{self as pb, StockCause, StockTransferState};
use uuid::Uuid;

use super::{
    CheckLine, Failure, Inspection,
    compare::{Table, table_name},
    cost::{Moved, at_average, share},
    journal::Record,
    record::{Unreadable, date, id, money, optional_id, optional_time, quantity, time},
    stock::{Goods, Moving, StockLedgers},
};
use crate::{
    encoding::lines::{transfer_content, transfer_lines},
    store::entity::{stock_change, stock_transfer::Model},
};

/// The transfers of goods that the journal has.
#[derive(Default)]
pub struct StockTransfers {
    rows: BTreeMap<Uuid, Halves>,
}

/// A transfer as it was sent, and as it was received or taken back. The journal's chains are read one
/// after the other, so that either may come first.
#[derive(Default)]
struct Halves {
    sent: Option<Model>,
    received: Option<Model>,
}

/// Where a record was written: its branch is the one whose shelf it changed.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The record.
    pub record: &'a Record,
    /// The branch of its register.
    pub branch_id: Uuid,
}

impl StockTransfers {
    /// Goods left the shelf of the sending branch.
    pub fn sent(
        &mut self,
        line: &mut CheckLine,
        place: Place,
        entry: &pb::StockSentEntry,
        stock_ledgers: &mut StockLedgers,
    ) -> Result<(Model, Vec<stock_change::Model>), Unreadable> {
        let transfer = whole(entry.transfer.as_ref())?;
        let row = transfer_row(transfer)?;
        let arrival = (row.receiver_user_id, row.receive_time, row.reason.as_str());
        if row.state != i32::from(StockTransferState::Sent)
            || arrival != (None, None, "")
            || !place.is_of(row.from_branch_id, row.sender_user_id, row.send_time)?
        {
            fault(line, row.id, "was not sent as its record says");
        }
        let cause = i32::from(StockCause::TransferOut);
        let goods = transfer.lines.iter().map(|it| {
            let sent = quantity(it.quantity.as_ref(), "lines.quantity")?;
            let moved = Moved { cause, quantity: sent.saturating_neg(), cost: None };
            Ok(Goods { product_id: id(&it.product_id, "lines.product_id")?, moved })
        });
        let goods = goods.collect::<Result<Vec<_>, Unreadable>>()?;
        let changes = stock_ledgers.moved(line, &place.moving(&row)?, &goods, &entry.stock)?;
        for (it, change) in transfer.lines.iter().zip(&changes) {
            prove_cost(line, row.id, it, change)?;
        }
        line.examine(1);
        if self.rows.entry(row.id).or_default().sent.replace(row.clone()).is_some() {
            fault(line, row.id, "was sent twice");
        }
        Ok((row, changes))
    }

    /// Goods went on the shelf of the branch that they were sent to, or back.
    pub fn received(
        &mut self,
        line: &mut CheckLine,
        place: Place,
        entry: &pb::StockReceivedEntry,
        stock_ledgers: &mut StockLedgers,
    ) -> Result<(Model, Vec<stock_change::Model>), Unreadable> {
        let transfer = whole(entry.transfer.as_ref())?;
        let row = transfer_row(transfer)?;
        let (goes_to, cause) = match StockTransferState::try_from(row.state) {
            Ok(StockTransferState::Received) => (row.to_branch_id, StockCause::TransferIn),
            Ok(StockTransferState::TakenBack) => (row.from_branch_id, StockCause::TransferBack),
            Ok(StockTransferState::Sent | StockTransferState::Unspecified) | Err(_) => {
                return Err(Unreadable::new("transfer.state", "is none of goods that arrived"));
            }
        };
        let (user_id, time) =
            (row.receiver_user_id.unwrap_or_default(), row.receive_time.unwrap_or_default());
        if !place.is_of(goes_to, user_id, time)? {
            fault(line, row.id, "was not received as its record says");
        }
        let mut goods = Vec::with_capacity(transfer.lines.len());
        for it in &transfer.lines {
            let received = prove_count(line, row.id, it)?;
            if received != 0 {
                let sent = quantity(it.quantity.as_ref(), "lines.quantity")?;
                let cost = it.cost.as_ref().map(|cost| share(cost.amount_minor, received, sent));
                let moved = Moved { cause: cause.into(), quantity: received, cost };
                goods.push(Goods { product_id: id(&it.product_id, "lines.product_id")?, moved });
            }
        }
        let changes = stock_ledgers.moved(line, &place.moving(&row)?, &goods, &entry.stock)?;
        if self.rows.entry(row.id).or_default().received.replace(row.clone()).is_some() {
            fault(line, row.id, "was received twice");
        }
        Ok((row, changes))
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

/// A transfer as it was before anything of it arrived, if its lines can be read.
fn as_sent(row: &Model) -> Option<Model> {
    let sent = transfer_lines(row).ok()?.into_iter().map(|line| pb::StockTransferLine {
        received_quantity: None,
        damaged_quantity: None,
        short_quantity: None,
        over_quantity: None,
        reason: String::new(),
        ..line
    });
    Some(Model {
        state: StockTransferState::Sent.into(),
        content: transfer_content(sent.collect()),
        reason: String::new(),
        receiver_user_id: None,
        receive_time: None,
        ..row.clone()
    })
}

impl Place<'_> {
    /// Whether the record is of this branch, of this user and of this time.
    fn is_of(&self, branch_id: Uuid, user_id: Uuid, time: i64) -> Result<bool, Unreadable> {
        let by = id(&self.record.header.user_id, "user_id")?;
        Ok((self.branch_id, by, self.record.time()?) == (branch_id, user_id, time))
    }

    fn moving(&self, row: &Model) -> Result<Moving, Unreadable> {
        Ok(Moving { branch_id: self.branch_id, document_id: row.id, create_time: self.record.time()? })
    }
}

impl Halves {
    /// The transfer as it stands: what arrived is what was sent.
    fn together(self, line: &mut CheckLine) -> Option<Model> {
        let Some(sent) = self.sent else {
            self.received.iter().for_each(|row| fault(line, row.id, "was received, and never sent"));
            return self.received;
        };
        let Some(received) = self.received else { return Some(sent) };
        if as_sent(&received).as_ref() != Some(&sent) {
            fault(line, received.id, "was received as another one than was sent");
        }
        Some(received)
    }
}

/// The goods of a line had cost what the shelf's average makes them.
fn prove_cost(
    line: &mut CheckLine,
    transfer: Uuid,
    of: &pb::StockTransferLine,
    change: &stock_change::Model,
) -> Result<(), Unreadable> {
    let is = of.cost.as_ref().map(|cost| money(Some(cost), "lines.cost")).transpose()?;
    let sent = change.quantity.saturating_neg();
    let right = change.average_cost.map(|average| at_average(average, sent));
    if is != right {
        fault(line, transfer, &format!("the line {} cost {is:?}, the shelf says {right:?}", of.line_id));
    }
    Ok(())
}

/// What arrived of a line adds up to what was sent, and what does not has a reason. Gives what was
/// received.
fn prove_count(line: &mut CheckLine, transfer: Uuid, of: &pb::StockTransferLine) -> Result<i64, Unreadable> {
    let sent = quantity(of.quantity.as_ref(), "lines.quantity")?;
    let received = quantity(of.received_quantity.as_ref(), "lines.received_quantity")?;
    let damaged = quantity(of.damaged_quantity.as_ref(), "lines.damaged_quantity")?;
    let short = quantity(of.short_quantity.as_ref(), "lines.short_quantity")?;
    let over = quantity(of.over_quantity.as_ref(), "lines.over_quantity")?;
    let more = received.saturating_add(damaged).saturating_sub(sent);
    let adds_up = (short, over) == (more.saturating_neg().max(0), more.max(0));
    let differs = damaged != 0 || more != 0;
    if !adds_up || received < 0 || damaged < 0 || (differs && of.reason.is_empty()) {
        fault(line, transfer, &format!("the line {} was not counted as it says", of.line_id));
    }
    Ok(received)
}

fn whole(transfer: Option<&pb::StockTransfer>) -> Result<&pb::StockTransfer, Unreadable> {
    transfer.ok_or_else(|| Unreadable::new("transfer", "is missing"))
}

fn fault(line: &mut CheckLine, id: Uuid, what: &str) {
    line.fault(table_name::<Model>(), id.to_string(), what);
}

fn transfer_row(transfer: &pb::StockTransfer) -> Result<Model, Unreadable> {
    Ok(Model {
        id: id(&transfer.transfer_id, "transfer.transfer_id")?,
        number: transfer.number.clone(),
        from_branch_id: id(&transfer.from_branch_id, "transfer.from_branch_id")?,
        to_branch_id: id(&transfer.to_branch_id, "transfer.to_branch_id")?,
        state: transfer.state,
        business_date: date(transfer.business_date, "transfer.business_date")?,
        content: transfer_content(transfer.lines.clone()),
        note: transfer.note.clone(),
        reason: transfer.reason.clone(),
        sender_user_id: id(&transfer.sender_user_id, "transfer.sender_user_id")?,
        receiver_user_id: optional_id(&transfer.receiver_user_id, "transfer.receiver_user_id")?,
        send_time: time(transfer.send_time.as_ref(), "transfer.send_time")?,
        receive_time: optional_time(transfer.receive_time.as_ref(), "transfer.receive_time")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(received: Option<[&str; 4]>, reason: &str) -> pb::StockTransferLine {
        let decimal = |value: &str| Some(pb::Decimal { value: value.to_owned() });
        let [on_shelf, damaged, short, over] =
            received.map_or_else(Default::default, |parts| parts.map(decimal));
        pb::StockTransferLine {
            quantity: decimal("5"),
            received_quantity: on_shelf,
            damaged_quantity: damaged,
            short_quantity: short,
            over_quantity: over,
            reason: reason.to_owned(),
            ..Default::default()
        }
    }

    fn transfer(state: StockTransferState) -> Model {
        let id = Uuid::from_u128;
        let arrived = state != StockTransferState::Sent;
        let of_line = if arrived { line(Some(["3", "1", "1", "0"]), "torn") } else { line(None, "") };
        Model {
            id: id(1),
            number: "TRF-202611-B1-000001".to_owned(),
            from_branch_id: id(2),
            to_branch_id: id(3),
            state: state.into(),
            business_date: 20_261_120,
            content: transfer_content(vec![of_line]),
            note: "on the blue van".to_owned(),
            reason: if arrived { "rain" } else { "" }.to_owned(),
            sender_user_id: id(4),
            receiver_user_id: arrived.then(|| id(5)),
            send_time: 10,
            receive_time: arrived.then_some(20),
        }
    }

    #[test]
    fn the_halves_of_a_transfer_agree_whichever_comes_first() {
        let sent = transfer(StockTransferState::Sent);
        let received = transfer(StockTransferState::Received);
        let together = |sent: Option<&Model>, received: Option<&Model>| {
            let mut line = CheckLine::new("stock");
            let halves = Halves { sent: sent.cloned(), received: received.cloned() };
            (halves.together(&mut line), line.fault_count())
        };
        assert_eq!(together(Some(&sent), None), (Some(sent.clone()), 0));
        assert_eq!(together(Some(&sent), Some(&received)), (Some(received.clone()), 0));
        assert_eq!(together(None, Some(&received)).1, 1, "it was never sent");
        let other_lines =
            Model { content: transfer_content(vec![line(None, ""), line(None, "")]), ..received.clone() };
        assert_eq!(together(Some(&sent), Some(&other_lines)).1, 1, "other goods arrived than were sent");
        let elsewhere = Model { to_branch_id: Uuid::from_u128(9), ..received };
        assert_eq!(together(Some(&sent), Some(&elsewhere)).1, 1, "they were sent to another branch");
    }

    #[test]
    fn a_line_whose_parts_do_not_add_up_is_named() {
        for (parts, reason, faults) in [
            (["5", "0", "0", "0"], "", 0),
            (["3", "1", "1", "0"], "torn", 0),
            (["6", "0", "0", "1"], "one more", 0),
            (["3", "1", "0", "0"], "torn", 1),
            (["6", "0", "0", "0"], "one more", 1),
            (["6", "-1", "0", "0"], "torn", 1),
            (["3", "1", "1", "0"], "", 1),
        ] {
            let mut check = CheckLine::new("stock");
            prove_count(&mut check, Uuid::nil(), &line(Some(parts), reason)).unwrap();
            assert_eq!(check.fault_count(), faults, "{parts:?} {reason:?}");
        }
    }
}
