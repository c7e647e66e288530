//! What the rules must say to a request: told from the model alone, in the order of the checks.

mod drawer;
mod grants;
mod people;
mod sales;
mod shifts;
mod stock;
mod till;

use std::cell::Cell;

use kassa_proto::{
    money::MAX_AMOUNT_MINOR,
    v1::{self as pb, ErrorReason as Reason},
};
use uuid::Uuid;

use self::shifts::Closing;
pub use self::{
    grants::Wanted,
    people::person_alone,
    till::{cash_due, expected, priced, quantity, settled},
};
use super::{
    goods,
    ledger::{ENDED, Ledger, OPEN, Shift},
    request::Request,
};
use crate::{caller::Caller, store::entity::role_limit};

/// What must become of a request: done, refused for a reason, or (`None`) refused for any.
pub type Verdict = Result<(), Option<Reason>>;

pub fn no<T>(reason: Reason) -> Result<T, Option<Reason>> {
    Err(Some(reason))
}

pub fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

/// The model's word on a request, nothing where it has none; and what it needs somebody else's word for.
pub fn verdict(
    ledger: &Ledger,
    request: &Request,
    caller: &Caller,
    (people, now): (&[(Uuid, i32)], i64),
) -> (Option<Verdict>, Option<Wanted>) {
    let judge = Judge { ledger, caller, people, now, wanted: Cell::default() };
    let verdict = judge.verdict(request);
    (verdict, judge.wanted.get())
}

/// Whether an amount is within a limit.
fn is_within(amount: i64, most: i64) -> bool {
    amount <= most || most == MAX_AMOUNT_MINOR
}

struct Judge<'a> {
    ledger: &'a Ledger,
    caller: &'a Caller,
    people: &'a [(Uuid, i32)],
    now: i64,
    /// What the request needs somebody else's word for.
    wanted: Cell<Option<Wanted>>,
}

impl<'a> Judge<'a> {
    fn verdict(&self, request: &Request) -> Option<Verdict> {
        Some(match request {
            Request::OpenShift(message) => self.open(message),
            Request::Sell(message) => self.sell(message),
            Request::Refund(message) => self.refund(message),
            Request::Void(message) => self.void(message),
            Request::End(message) => self.end(message),
            Request::Close(message) => {
                let closing = Closing {
                    version: message.expected_version,
                    counts: &message.counts,
                    left: message.left_in_drawer.as_ref(),
                    reason: &message.reason,
                    forced: false,
                    grant_ids: &message.grant_ids,
                };
                return self.close(self.shift(&message.shift_id, &message.register_id, true), &closing);
            }
            Request::ForceClose(message) => {
                let closing = Closing {
                    version: message.expected_version,
                    counts: &message.counts,
                    left: message.left_in_drawer.as_ref(),
                    reason: &message.reason,
                    forced: true,
                    grant_ids: &[],
                };
                return self.close(self.shift(&message.shift_id, "", true), &closing);
            }
            Request::HandOver(message) => self.hand_over(message),
            Request::Grant { approver, wanted, .. } => self.grant(*approver, wanted),
            Request::Activity(message) => self.activity(message),
            Request::EndIdle { .. } => Ok(()),
            Request::Move(message) if message.reverses_movement_id.is_empty() => self.record(message),
            Request::OpenDrawer(message) => self.till(&message.register_id, &message.shift_id).map(|_| ()),
            Request::Reconcile(message) => self.reconcile(message),
            Request::Send(message) => self.send(message),
            Request::Receive(message) => self.receive(message),
            Request::SendStock(message) => goods::send(self.ledger, self.caller, message),
            Request::ReceiveStock(message) => goods::receive(self.ledger, message),
            Request::Print(message) => {
                let order = id(&message.order_id).and_then(|id| self.ledger.documents.get(&id));
                let own = order.is_some_and(|it| it.order.branch_id == self.caller.branch_id);
                if own { Ok(()) } else { no(Reason::OrderNotFound) }
            }
            Request::PutCustomers(message) => self.register_people(message),
            Request::Forget(message) => self.customer(&message.customer_id).and_then(|row| {
                let same = message.version == 0 || message.version == row.version;
                if same { Ok(()) } else { no(Reason::VersionMismatch) }
            }),
            Request::TakeOver(message) => self.draft(&message.draft_id, message.version),
            Request::Discard(message) => self.draft(&message.draft_id, message.version),
            Request::PutPurchase(message) => self.put_purchase(message),
            Request::Approve(message) => self.approve(message),
            Request::Cancel(message) => self.cancel(message),
            Request::StartCount(message) => {
                let counting = &self.ledger.counting;
                let is_taken = id(&message.count_id).is_some_and(|id| counting.counts.contains_key(&id));
                match counting.open_at(self.caller.branch_id) {
                    _ if is_taken => no(Reason::StockCountExists),
                    Some(_) => no(Reason::StockCountOpen),
                    None => Ok(()),
                }
            }
            Request::FinishCount(message) => self.stock_count(&message.count_id).and_then(|version| {
                if version == message.expected_version { Ok(()) } else { no(Reason::VersionMismatch) }
            }),
            Request::CancelCount(message) => self.stock_count(&message.count_id).map(|_| ()),
            Request::EnterCount(message) => match self.stock_count(&message.count_id) {
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
        self.stands_at(shift.row.register_id)?;
        if self.answers_for(shift) { Ok(()) } else { no(Reason::NotYourShift) }
    }

    /// Whether the shift is the caller's own, or the caller a supervisor.
    fn answers_for(&self, shift: &Shift) -> bool {
        shift.row.user_id == self.caller.user_id || self.caller.role >= pb::Role::Supervisor
    }

    fn version(&self, expected: i64, shift: &Shift) -> Verdict {
        if expected == 0 || expected == shift.row.version { Ok(()) } else { no(Reason::VersionMismatch) }
    }
}
