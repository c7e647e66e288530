//! Goods between branches in the model: what is sent and received, what the rules must answer, and what the
//! books must have done.

use kassa_proto::{
    decimal::Quantity,
    v1::{self as pb, ErrorReason as Reason},
};
use prost::Message as _;
use uuid::Uuid;

use super::{
    change_set::ChangeSet,
    ledger::{Checked, Ledger, ensure, same},
    predict::{Verdict, id, no},
    requests::{Maker, decimal},
};
use crate::{caller::Caller, store::entity::stock_transfer};

const SENT: i32 = 1;
const RECEIVED: i32 = 2;
/// `kassa.v1.StockCause`: out, in, and back.
const CAUSES: [i32; 3] = [10, 11, 12];
const BLOCK: i32 = 3;

/// The lines of a transfer.
fn lines(row: &stock_transfer::Model) -> Vec<pb::StockTransferLine> {
    pb::StockTransfer::decode(row.content.as_slice()).map(|content| content.lines).unwrap_or_default()
}

fn count(decimal: Option<&pb::Decimal>) -> i64 {
    decimal.and_then(|it| Quantity::parse(&it.value).ok()).map_or(0, Quantity::thousandths)
}

impl Maker<'_> {
    /// Goods for the other branch.
    pub fn send_stock(&mut self) -> pb::SendStockRequest {
        let own = self.ledger.branches.get(&self.caller.branch_id).map(|it| it.code.clone());
        let own = own.unwrap_or_default();
        let other = if own == "B1" { "B2" } else { "B1" };
        let taken = self.ledger.stock_transfers.keys().next().copied();
        pb::SendStockRequest {
            transfer_id: match taken {
                Some(taken) if self.random.one_in(15) => taken.to_string(),
                _ => self.new_id(),
            },
            to_branch_id: match self.random.below(20) {
                0 => own,
                1 => "B9".to_owned(),
                _ => other.to_owned(),
            },
            lines: (0..self.random.from(1, 3)).map(|_| self.sent_line()).collect(),
            note: if self.random.one_in(3) { "on the blue van".to_owned() } else { String::new() },
        }
    }

    fn sent_line(&mut self) -> pb::SendStockLine {
        let skus: Vec<String> = self.ledger.products.values().map(|it| it.sku.clone()).collect();
        let sku = if self.random.one_in(25) { None } else { self.random.pick(&skus) };
        pb::SendStockLine {
            line_id: self.new_id(),
            product_id: sku.unwrap_or_else(|| self.nonsense()),
            quantity: decimal(self.random.from(1, 20) * 500),
        }
    }

    /// What arrives of a transfer: most of the time what was sent.
    pub fn receive_stock(&mut self) -> Option<pb::ReceiveStockRequest> {
        let transfers = self.ledger.stock_transfers.values();
        let open: Vec<_> = transfers.clone().filter(|it| it.state == SENT).collect();
        let any: Vec<_> = transfers.collect();
        let row = if self.random.one_in(6) { self.random.pick(&any) } else { self.random.pick(&open) }?;
        let mut counted = Vec::new();
        for line in lines(row) {
            if self.random.one_in(2) {
                continue;
            }
            let sent = count(line.quantity.as_ref());
            let received = if self.random.one_in(2) { sent } else { self.random.from(0, sent + 1_000) };
            let is_known = !self.random.one_in(30);
            counted.push(pb::ReceiveStockLine {
                line_id: if is_known { line.line_id } else { self.nonsense() },
                received_quantity: decimal(received),
                damaged_quantity: if self.random.one_in(4) { decimal(500) } else { None },
                reason: if self.random.one_in(4) { String::new() } else { "fell off the van".to_owned() },
            });
        }
        Some(pb::ReceiveStockRequest {
            transfer_id: match self.random.below(12) {
                0 => self.nonsense(),
                1..5 => row.number.clone(),
                _ => row.id.to_string(),
            },
            lines: counted,
            reason: if self.random.one_in(3) { "rain".to_owned() } else { String::new() },
        })
    }
}

/// What must become of goods that are sent.
pub fn send(ledger: &Ledger, caller: &Caller, message: &pb::SendStockRequest) -> Verdict {
    match ledger.branches.values().find(|it| it.code == message.to_branch_id) {
        None => return no(Reason::BranchNotFound),
        Some(to) if to.id == caller.branch_id => return no(Reason::InvalidField),
        Some(_) => {}
    }
    if id(&message.transfer_id).is_some_and(|id| ledger.stock_transfers.contains_key(&id)) {
        return no(Reason::StockTransferExists);
    }
    let mut stock = ledger.stock.clone();
    for line in &message.lines {
        let product = ledger.products.values().find(|it| it.sku == line.product_id);
        let product = product.ok_or(Some(Reason::ProductNotFound))?;
        let [_, left] = stock.entry((caller.branch_id, product.id)).or_default();
        *left -= count(line.quantity.as_ref());
        if *left < 0 && product.stock_policy == BLOCK {
            return no(Reason::InsufficientStock);
        }
    }
    Ok(())
}

/// What must become of goods that arrive. Both branches of the model have a half of every transfer.
pub fn receive(ledger: &Ledger, message: &pb::ReceiveStockRequest) -> Verdict {
    let named = |it: &&stock_transfer::Model| {
        it.number == message.transfer_id || Some(it.id) == id(&message.transfer_id)
    };
    let row = ledger.stock_transfers.values().find(named).ok_or(Some(Reason::StockTransferNotFound))?;
    if row.state != SENT {
        return no(Reason::StockTransferReceived);
    }
    let sent = lines(row);
    for counted in &message.lines {
        let line = sent.iter().find(|it| it.line_id == counted.line_id);
        let line = line.ok_or(Some(Reason::InvalidField))?;
        let damaged = count(counted.damaged_quantity.as_ref());
        let arrived = count(counted.received_quantity.as_ref()) + damaged;
        let differs = damaged != 0 || arrived != count(line.quantity.as_ref());
        if differs && counted.reason.is_empty() && message.reason.is_empty() {
            return no(Reason::InvalidField);
        }
    }
    Ok(())
}

impl Ledger {
    /// Goods that are sent are in transit until they arrive once; what moved is what the lines say.
    pub fn stock_transfers(&mut self, changes: &ChangeSet) -> Checked {
        let mut right: Vec<(i32, Uuid, Uuid, i64)> = Vec::new();
        for (before, row) in &changes.stock_transfers {
            let (cause, branch_id) = match before {
                None => {
                    same(|| "the state of what is sent".to_owned(), row.state, SENT)?;
                    let month = (row.business_date / 100).to_string();
                    let number = self.next_number("TRF", row.from_branch_id, &month);
                    same(|| "the number of a transfer".to_owned(), &row.number, &number)?;
                    (CAUSES[0], row.from_branch_id)
                }
                Some(before) => {
                    ensure!(before.state == SENT && row.state != SENT, "goods arrive twice: {row:?}");
                    if row.state == RECEIVED {
                        (CAUSES[1], row.to_branch_id)
                    } else {
                        (CAUSES[2], row.from_branch_id)
                    }
                }
            };
            for line in lines(row) {
                let sent = count(line.quantity.as_ref());
                let received = count(line.received_quantity.as_ref());
                let [damaged, short, over] =
                    [&line.damaged_quantity, &line.short_quantity, &line.over_quantity]
                        .map(|part| count(part.as_ref()));
                if before.is_some() {
                    same(|| "what arrived".to_owned(), received + damaged + short, sent + over)?;
                }
                let quantity = if before.is_none() { -sent } else { received };
                if quantity != 0 {
                    right.push((cause, branch_id, id(&line.product_id).unwrap_or_default(), quantity));
                }
            }
            self.stock_transfers.insert(row.id, row.clone());
        }
        let moved = changes.stock_changes.iter().map(|(_, it)| it).filter(|it| CAUSES.contains(&it.cause));
        let moved = moved.map(|it| (it.cause, it.branch_id, it.product_id, it.quantity));
        let mut moved: Vec<_> = moved.collect();
        moved.sort_unstable();
        right.sort_unstable();
        same(|| "the goods that transfers moved".to_owned(), moved, right)
    }
}
