//! Cash that goes in and out of a drawer.

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{Maker, money};

impl Maker<'_> {
    pub(super) fn movement(&mut self) -> pb::RecordMovementRequest {
        let reverses = if self.random.one_in(4) {
            let recorded = self.ledger.movements.values().map(|it| it.id);
            self.random.pick(&recorded.collect::<Vec<_>>()).map(|id| id.to_string())
        } else {
            None
        };
        let reverses = reverses.unwrap_or_default();
        let kind = if reverses.is_empty() { self.random.from(4, 9) } else { 0 };
        let amount = if self.random.one_in(12) { self.balance() + 1 } else { self.random.from(1, 20_00) };
        let amount = self.in_coins(amount);
        pb::RecordMovementRequest {
            register_id: self.register(),
            r#type: i32::try_from(kind).unwrap_or_default(),
            amount: if reverses.is_empty() { money(amount) } else { None },
            reason: "the window cleaner".to_owned(),
            reverses_movement_id: reverses,
            ..pb::RecordMovementRequest::default()
        }
    }

    pub(super) fn send(&mut self) -> pb::TransferCashRequest {
        let to = self.random.pick(&["R1", "R2", "R2", "R3", "R9"]).unwrap_or_default();
        let most = self.balance().max(1);
        let amount = self.random.from(1, most);
        let amount = if self.random.one_in(8) { most } else { self.in_coins(amount) };
        pb::TransferCashRequest {
            transfer_id: match self.ledger.transfers.keys().next() {
                Some(taken) if self.random.one_in(12) => taken.to_string(),
                _ => self.new_id(),
            },
            register_id: self.register(),
            to_register_id: to.to_owned(),
            amount: money(amount + i64::from(self.random.one_in(12)) * most),
            ..pb::TransferCashRequest::default()
        }
    }

    pub(super) fn receive(&mut self) -> Option<pb::ReceiveCashRequest> {
        let all: Vec<Uuid> = self.ledger.transfers.keys().copied().collect();
        let in_transit: Vec<Uuid> =
            all.iter().copied().filter(|id| self.ledger.transfers[id].state == 1).collect();
        let id = if self.random.one_in(5) { self.random.pick(&all) } else { self.random.pick(&in_transit) }?;
        let amount = self.ledger.transfers[&id].amount;
        Some(pb::ReceiveCashRequest {
            transfer_id: if self.random.one_in(20) { self.nonsense() } else { id.to_string() },
            register_id: self.random.pick(&["", "R1", "R2", ""]).unwrap_or_default().to_owned(),
            amount: if self.random.one_in(3) {
                money(amount + i64::from(self.random.one_in(4)))
            } else {
                None
            },
            ..pb::ReceiveCashRequest::default()
        })
    }
}
