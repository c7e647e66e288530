//! What the rules must say to a request: told from the model alone, in the order of the checks.

mod drawer;
mod people;
mod sales;
mod shifts;
mod stock;
mod till;

use kassa_proto::{
    money::MAX_AMOUNT_MINOR,
    v1::{self as pb, ErrorReason as Reason},
};
use uuid::Uuid;

use self::shifts::Closing;
pub use self::{
    people::person_alone,
    till::{cash_due, expected, priced, quantity, settled},
};
use super::{
    goods,
    ledger::{ENDED, Ledger, OPEN, Shift},
    request::Request,
};
use crate::{books::Caller, store::entity::role_limit};

/// What must become of a request: done, refused for a reason, or (`None`) refused for any.
pub type Verdict = Result<(), Option<Reason>>;

pub fn no<T>(reason: Reason) -> Result<T, Option<Reason>> {
    Err(Some(reason))
}

pub fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

/// The model's word on a request; nothing where it has none.
pub fn verdict(
    ledger: &Ledger,
    request: &Request,
    caller: &Caller,
    people: &[(Uuid, i32)],
) -> Option<Verdict> {
    let judge = Judge { ledger, caller, people };
    Some(match request {
        Request::OpenShift(message) => judge.open(message),
        Request::Sell(message) => judge.sell(message),
        Request::Refund(message) => judge.refund(message),
        Request::Void(message) => judge.void(message),
        Request::End(message) => judge.end(message),
        Request::Close(message) => {
            let closing = Closing {
                version: message.expected_version,
                counts: &message.counts,
                left: message.left_in_drawer.as_ref(),
                reason: &message.reason,
                forced: false,
            };
            return judge.close(judge.shift(&message.shift_id, &message.register_id, true), &closing);
        }
        Request::ForceClose(message) => {
            let closing = Closing {
                version: message.expected_version,
                counts: &message.counts,
                left: message.left_in_drawer.as_ref(),
                reason: &message.reason,
                forced: true,
            };
            return judge.close(judge.shift(&message.shift_id, "", true), &closing);
        }
        Request::HandOver(message) => judge.hand_over(message),
        Request::Activity(message) => judge.activity(message),
        Request::EndIdle { .. } => Ok(()),
        Request::Move(message) if message.reverses_movement_id.is_empty() => judge.record(message),
        Request::OpenDrawer(message) => judge.till(&message.register_id, &message.shift_id).map(|_| ()),
        Request::Reconcile(message) => judge.reconcile(message),
        Request::Send(message) => judge.send(message),
        Request::Receive(message) => judge.receive(message),
        Request::SendStock(message) => goods::send(ledger, caller, message),
        Request::ReceiveStock(message) => goods::receive(ledger, message),
        Request::Print(message) => {
            let order = id(&message.order_id).and_then(|id| ledger.documents.get(&id));
            let own = order.is_some_and(|it| it.order.branch_id == caller.branch_id);
            if own { Ok(()) } else { no(Reason::OrderNotFound) }
        }
        Request::PutCustomers(message) => judge.register_people(message),
        Request::Forget(message) => judge.customer(&message.customer_id).and_then(|row| {
            let same = message.version == 0 || message.version == row.version;
            if same { Ok(()) } else { no(Reason::VersionMismatch) }
        }),
        Request::TakeOver(message) => judge.draft(&message.draft_id, message.version),
        Request::Discard(message) => judge.draft(&message.draft_id, message.version),
        Request::PutPurchase(message) => judge.put_purchase(message),
        Request::Approve(message) => judge.approve(message),
        Request::Cancel(message) => judge.cancel(message),
        Request::StartCount(_) => match ledger.counting.open_at(caller.branch_id) {
            Some(_) => no(Reason::StockCountOpen),
            None => Ok(()),
        },
        Request::FinishCount(message) => judge.stock_count(&message.count_id).and_then(|version| {
            if version == message.expected_version { Ok(()) } else { no(Reason::VersionMismatch) }
        }),
        Request::CancelCount(message) => judge.stock_count(&message.count_id).map(|_| ()),
        Request::EnterCount(message) => match judge.stock_count(&message.count_id) {
            // The model has no word on the lines.
            Ok(_) => return None,
            Err(why) => Err(why),
        },
        Request::PutProducts(_)
        | Request::PutSettings(_)
        | Request::Adjust(_)
        | Request::PutLevels(_)
        | Request::Move(_)
        | Request::SaveDraft(_)
        | Request::Exchange(_) => return None,
    })
}

/// Whether an amount is within a limit.
fn is_within(amount: i64, most: i64) -> bool {
    amount <= most || most == MAX_AMOUNT_MINOR
}

struct Judge<'a> {
    ledger: &'a Ledger,
    caller: &'a Caller,
    people: &'a [(Uuid, i32)],
}

impl<'a> Judge<'a> {
    /// What the caller's role may do alone.
    fn limits(&self) -> &'a role_limit::Model {
        &self.ledger.limits[&self.caller.role.into()]
    }

    fn register(&self, named: &str) -> Result<Uuid, Option<Reason>> {
        let mut drawers = self.ledger.drawers.values();
        let found = match named {
            "" => return Ok(self.caller.register_id),
            named => drawers.find(|it| it.row.code == named || it.row.id.to_string() == named),
        };
        match found {
            None => no(Reason::RegisterNotFound),
            Some(drawer) if drawer.row.branch_id != self.caller.branch_id => no(Reason::WrongBranch),
            Some(drawer) => Ok(drawer.row.id),
        }
    }

    /// The shift that is named, or a register's open one, or (where it may be) its uncounted one.
    fn shift(&self, named: &str, register: &str, uncounted: bool) -> Result<&'a Shift, Option<Reason>> {
        if let Some(id) = id(named) {
            let found = self.ledger.shifts.get(&id).filter(|it| it.row.branch_id == self.caller.branch_id);
            return found.ok_or(Some(Reason::ShiftNotFound));
        }
        let register = self.register(register)?;
        let open = self.ledger.shift_on(register, OPEN);
        let found = open.or_else(|| self.ledger.shift_on(register, ENDED).filter(|_| uncounted));
        found.ok_or(Some(Reason::NoOpenShift))
    }

    /// A cashier works at the register of their terminal.
    fn stands_at(&self, register: Uuid) -> Verdict {
        let is_own = register == self.caller.register_id;
        if is_own || self.caller.role >= pb::Role::Supervisor { Ok(()) } else { no(Reason::WrongBranch) }
    }

    fn selling(&self, named: &str, register: Uuid) -> Result<&'a Shift, Option<Reason>> {
        self.stands_at(register)?;
        let Some(id) = id(named) else {
            return self.ledger.shift_on(register, OPEN).ok_or(Some(Reason::NoOpenShift));
        };
        let shift = self.ledger.shifts.get(&id).ok_or(Some(Reason::ShiftNotFound))?;
        match shift.row.state {
            _ if shift.row.register_id != register => no(Reason::InvalidField),
            OPEN => Ok(shift),
            _ => no(Reason::ShiftEnded),
        }
    }

    fn may(&self, shift: &Shift) -> Verdict {
        let own = shift.row.user_id == self.caller.user_id;
        if !own && self.caller.role < pb::Role::Supervisor {
            return no(Reason::NotYourShift);
        }
        self.stands_at(shift.row.register_id)
    }

    fn version(&self, expected: i64, shift: &Shift) -> Verdict {
        if expected == 0 || expected == shift.row.version { Ok(()) } else { no(Reason::VersionMismatch) }
    }
}
