//! Shifts from their opening to their count.

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{Maker, money};
use crate::model::{
    ledger::{CASH, ENDED, OPEN, Shift},
    predict::expected,
};

impl Maker<'_> {
    pub(super) fn open(&mut self) -> pb::OpenShiftRequest {
        let balance = self.ledger.drawers[&self.caller.register_id].balance;
        let taken = self.ledger.shifts.keys().next().copied();
        pb::OpenShiftRequest {
            shift_id: match taken {
                Some(taken) if self.random.one_in(20) => taken.to_string(),
                _ => self.new_id(),
            },
            register_id: self.register(),
            opening_float: match self.random.below(5) {
                0 => None,
                1 => money(self.random.from(0, 200_00)),
                _ => money(balance),
            },
        }
    }

    /// What somebody finds in the drawer and in the box of slips.
    pub(super) fn counts(&mut self, shift: Option<&Shift>) -> (Vec<pb::TenderCount>, Option<pb::Money>) {
        let count = |kind: i32, amount: i64| pb::TenderCount {
            r#type: kind,
            amount: money(amount.max(0)),
            ..pb::TenderCount::default()
        };
        let Some(shift) = shift else { return (vec![count(CASH, 0)], None) };
        let mut off = || if self.random.one_in(3) { self.random.from(-5_00, 5_00) } else { 0 };
        let cash = expected(shift, CASH) + off();
        let card = expected(shift, 2) + off();
        let mut counts = Vec::new();
        if shift.row.counted_cash.is_none() || self.random.one_in(6) {
            let mut cash = count(CASH, cash);
            let amount = cash.amount.as_ref().map_or(0, |it| it.amount_minor);
            if amount > 0 && self.random.one_in(3) {
                let value = if amount % 5 == 0 { 5 } else { 1 };
                cash.denominations.push(pb::Denomination { value: money(value), pieces: amount / value });
            }
            counts.push(cash);
        }
        if self.random.one_in(2) {
            counts.push(count(2, card));
        }
        let left = match self.random.below(4) {
            0 | 1 => None,
            2 => money(self.random.from(0, cash.max(0))),
            _ => money(cash.clamp(0, 100_00)),
        };
        (counts, left)
    }

    pub(super) fn reason(&mut self) -> String {
        if self.random.one_in(3) { String::new() } else { "a drawer is a drawer".to_owned() }
    }

    pub(super) fn close(&mut self) -> pb::CloseShiftRequest {
        let (shift_id, register_id, expected_version) = self.named_shift();
        let named = Uuid::try_parse(&shift_id).ok().and_then(|id| self.ledger.shifts.get(&id));
        let own = self.caller.register_id;
        let shift =
            named.or_else(|| self.ledger.shift_on(own, OPEN)).or_else(|| self.ledger.shift_on(own, ENDED));
        let (counts, left_in_drawer) = self.counts(shift);
        pb::CloseShiftRequest {
            shift_id,
            register_id,
            expected_version,
            counts,
            left_in_drawer,
            reason: self.reason(),
            grant_ids: Vec::new(),
        }
    }

    pub(super) fn force_close(&mut self) -> Option<pb::ForceCloseShiftRequest> {
        let open: Vec<Uuid> = self
            .ledger
            .shifts
            .values()
            .filter(|it| it.row.close_time.is_none())
            .map(|it| it.row.id)
            .collect();
        let id = if self.random.one_in(5) { self.any_shift()?.row.id } else { self.random.pick(&open)? };
        let shift = &self.ledger.shifts[&id];
        let (counts, left_in_drawer) =
            if self.random.one_in(2) { self.counts(Some(shift)) } else { (Vec::new(), None) };
        Some(pb::ForceCloseShiftRequest {
            shift_id: id.to_string(),
            expected_version: shift.row.version + i64::from(self.random.one_in(10)),
            reason: "left open".to_owned(),
            counts,
            left_in_drawer,
        })
    }

    pub(super) fn hand_over(&mut self) -> pb::HandOverShiftRequest {
        let (shift_id, register_id, expected_version) = self.named_shift();
        let to = self.random.pick(&self.shop.people).map(|(user, _)| user.to_string());
        let balance = self.ledger.drawers[&self.caller.register_id].balance;
        pb::HandOverShiftRequest {
            shift_id,
            register_id,
            to_user_id: if self.random.one_in(20) { self.nonsense() } else { to.unwrap_or_default() },
            expected_version,
            counted_cash: match self.random.below(4) {
                0 => money((balance + self.random.from(-3_00, 3_00)).max(0)),
                1 => money(balance.max(0)),
                _ => None,
            },
        }
    }
}
