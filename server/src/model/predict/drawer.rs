//! Cash that goes in and out of a drawer.

use kassa_proto::v1::{self as pb, ErrorReason as Reason};
use uuid::Uuid;

use super::{Judge, Verdict, id, no};
use crate::model::ledger::minor;

impl<'a> Judge<'a> {
    pub(super) fn till(&self, register: &str, shift: &str) -> Result<Uuid, Option<Reason>> {
        let register = self.register(register)?;
        self.selling(shift, register).map(|_| register)
    }

    /// The same for what is its owner's alone.
    pub(super) fn own_till(&self, register: &str, shift: &str) -> Result<Uuid, Option<Reason>> {
        let register = self.register(register)?;
        self.may(self.selling(shift, register)?).map(|()| register)
    }

    pub(super) fn holds(&self, register: Uuid, amount: i64) -> Verdict {
        if self.ledger.drawers[&register].balance < amount { no(Reason::InsufficientCash) } else { Ok(()) }
    }

    pub(super) fn record(&self, message: &pb::RecordMovementRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        let shift = self.selling(&message.shift_id, register)?;
        let paid_out = [pb::MovementType::PaidOut, pb::MovementType::Expense].contains(&message.r#type());
        if !paid_out {
            self.may(shift)?;
        }
        let puts_in = [pb::MovementType::PaidIn, pb::MovementType::FloatIn].contains(&message.r#type());
        if !puts_in {
            self.holds(register, minor(&message.amount))?;
        }
        // Out of a colleague's drawer it takes a grant, and the model's people have none.
        if self.may(shift).is_err() { no(Reason::ApprovalRequired) } else { Ok(()) }
    }

    pub(super) fn send(&self, message: &pb::TransferCashRequest) -> Verdict {
        let register = self.own_till(&message.register_id, &message.shift_id)?;
        if self.register(&message.to_register_id)? == register {
            return no(Reason::InvalidField);
        }
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
