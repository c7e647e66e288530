//! Cash that goes in and out of a drawer.

use kassa_proto::v1::{self as pb, ApprovalAction as Action, ErrorReason as Reason};
use uuid::Uuid;

use super::{Judge, Verdict, Wanted, grants::most_of, id, is_within, no};
use crate::model::ledger::{Shift, minor};

impl<'a> Judge<'a> {
    pub(super) fn till(&self, register: &str, shift: &str) -> Result<Uuid, Option<Reason>> {
        let register = self.register(register)?;
        self.selling(shift, register).map(|_| register)
    }

    /// What is somebody else's drawer or too much for the caller's role takes a grant.
    fn allowed(
        &self,
        shift: &Shift,
        (kind, amount): (pb::MovementType, i64),
        grant_ids: &[String],
    ) -> Verdict {
        if self.answers_for(shift) && is_within(amount, most_of(kind, self.limits())) {
            return Ok(());
        }
        let is_paid_out = [pb::MovementType::PaidOut, pb::MovementType::Expense].contains(&kind);
        let wanted = if self.answers_for(shift) && is_paid_out {
            Wanted { action: Action::PaidOut, of: None, movement: None, amount }
        } else {
            let of = Some(shift.row.register_id);
            Wanted { action: Action::Drawer, of, movement: Some(kind), amount }
        };
        self.granted(grant_ids, wanted)
    }

    pub(super) fn reconcile(&self, message: &pb::ReconcileRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        let shift = self.selling(&message.shift_id, register)?;
        let variance = minor(&message.counted) - self.ledger.drawers[&register].balance;
        let kind = if variance > 0 { pb::MovementType::Over } else { pb::MovementType::Short };
        self.allowed(shift, (kind, variance.abs()), &message.grant_ids)
    }

    pub(super) fn holds(&self, register: Uuid, amount: i64) -> Verdict {
        if self.ledger.drawers[&register].balance < amount { no(Reason::InsufficientCash) } else { Ok(()) }
    }

    /// What coins make, and what takes the rest beside them along.
    fn in_coins(&self, register: Uuid, amount: i64, goes_out: bool) -> Verdict {
        let shop = self.ledger.shop();
        let odd = |amount: i64| shop.cash_unit > 0 && amount % shop.cash_unit != 0;
        let rest_goes = goes_out && !odd(self.ledger.drawers[&register].balance - amount);
        if shop.small_coins || !odd(amount) || rest_goes { Ok(()) } else { no(Reason::InvalidField) }
    }

    pub(super) fn record(&self, message: &pb::RecordMovementRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        let shift = self.selling(&message.shift_id, register)?;
        let puts_in = [pb::MovementType::PaidIn, pb::MovementType::FloatIn].contains(&message.r#type());
        // Asked first: what the drawer does not hold is nothing for whoever may not move it.
        self.allowed(shift, (message.r#type(), minor(&message.amount)), &message.grant_ids)?;
        if message.reverses_movement_id.is_empty() {
            self.in_coins(register, minor(&message.amount), !puts_in)?;
        }
        if !puts_in {
            self.holds(register, minor(&message.amount))?;
        }
        Ok(())
    }

    pub(super) fn send(&self, message: &pb::TransferCashRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        let shift = self.selling(&message.shift_id, register)?;
        if self.register(&message.to_register_id)? == register {
            return no(Reason::InvalidField);
        }
        let moved = (pb::MovementType::TransferOut, minor(&message.amount));
        self.allowed(shift, moved, &message.grant_ids)?;
        self.in_coins(register, minor(&message.amount), true)?;
        self.holds(register, minor(&message.amount))?;
        let taken = id(&message.transfer_id).is_some_and(|id| self.ledger.transfers.contains_key(&id));
        if taken { no(Reason::TransferExists) } else { Ok(()) }
    }

    pub(super) fn receive(&self, message: &pb::ReceiveCashRequest) -> Verdict {
        let register = self.till(&message.register_id, &message.shift_id)?;
        let found = id(&message.transfer_id).and_then(|id| self.ledger.transfers.get(&id));
        let transfer = found.filter(|it| it.branch_id == self.caller.branch_id);
        let transfer = transfer.ok_or(Some(Reason::TransferNotFound))?;
        if transfer.state != 1 {
            return no(Reason::TransferReceived);
        }
        let other = message.amount.as_ref().is_some_and(|it| it.amount_minor != transfer.amount);
        let concerned = [transfer.from_register_id, transfer.to_register_id].contains(&register);
        if other || !concerned { no(Reason::InvalidField) } else { Ok(()) }
    }
}
