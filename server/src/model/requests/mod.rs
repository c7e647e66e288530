//! Requests as people at a counter make them: most are good, and some are wrong in every way there is.

mod back_office;
mod drawer;
mod sales;
mod shifts;
mod stock;

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{
    ledger::{Ledger, OPEN, Shift},
    predict::quantity,
    random::Random,
    request::Request,
    shop::Shop,
};
use crate::caller::Caller;

/// The kinds of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Wait,
    OpenShift,
    Sell,
    Refund,
    Void,
    End,
    Close,
    ForceClose,
    HandOver,
    Activity,
    EndIdle,
    PutProducts,
    PutSettings,
    PutLevels,
    Adjust,
    StartCount,
    EnterCount,
    FinishCount,
    CancelCount,
    Again,
    Exchange,
    Print,
    SaveDraft,
    TakeOver,
    Discard,
    Move,
    OpenDrawer,
    Send,
    Receive,
    Reconcile,
    Grant,
    Approve,
    Cancel,
    Forget,
    PutCustomers,
    PutPurchase,
    ReceiveStock,
    SendStock,
}

/// Who makes a request of what.
pub struct Maker<'a> {
    pub random: &'a mut Random,
    pub ledger: &'a Ledger,
    pub shop: &'a Shop,
    pub caller: &'a Caller,
    pub now: i64,
}

fn money(minor: i64) -> Option<pb::Money> {
    Some(pb::Money { amount_minor: minor, ..pb::Money::default() })
}

pub fn decimal(thousandths: i64) -> Option<pb::Decimal> {
    Some(pb::Decimal { value: format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000) })
}

impl Maker<'_> {
    /// A request of a kind; `None` where there is nothing to ask for.
    pub fn make(&mut self, kind: Kind) -> Option<Request> {
        Some(match kind {
            Kind::Wait | Kind::Again | Kind::Grant => return None,
            Kind::OpenShift => Request::OpenShift(self.open()),
            Kind::Sell => Request::Sell(self.sale()),
            Kind::Refund => Request::Refund(self.refund()?),
            Kind::Void => Request::Void(self.void()?),
            Kind::End => {
                let (shift_id, register_id, expected_version) = self.named_shift();
                Request::End(pb::EndShiftRequest { shift_id, register_id, expected_version })
            }
            Kind::Close => Request::Close(self.close()),
            Kind::ForceClose => Request::ForceClose(self.force_close()?),
            Kind::HandOver => Request::HandOver(self.hand_over()),
            Kind::Activity => {
                let (shift_id, register_id, _) = self.named_shift();
                Request::Activity(pb::RecordActivityRequest { shift_id, register_id })
            }
            Kind::EndIdle => {
                let shift_id = self.any_shift()?.row.id;
                let idle_before = self.now - self.random.from(0, 12) * 3_600_000_000;
                Request::EndIdle { shift_id, idle_before }
            }
            Kind::PutProducts => Request::PutProducts(self.products()),
            Kind::PutLevels => Request::PutLevels(self.levels()),
            Kind::Adjust => Request::Adjust(self.adjustment()),
            Kind::StartCount => Request::StartCount(pb::StartStockCountRequest {
                count_id: self.new_id(),
                note: "a shelf".to_owned(),
            }),
            Kind::EnterCount => Request::EnterCount(self.counted()?),
            Kind::FinishCount => {
                let (count_id, version) = self.stock_count()?;
                let expected_version = version - i64::from(self.random.one_in(8));
                Request::FinishCount(pb::FinishStockCountRequest { count_id, expected_version })
            }
            Kind::CancelCount => {
                let (count_id, _) = self.stock_count()?;
                Request::CancelCount(pb::CancelStockCountRequest { count_id, reason: "rain".to_owned() })
            }
            Kind::PutSettings => Request::PutSettings(self.settings()),
            Kind::Exchange => Request::Exchange(self.exchange()?),
            Kind::Print => {
                let order_id = self.document()?.order.id.to_string();
                Request::Print(pb::PrintReceiptRequest { order_id, ..pb::PrintReceiptRequest::default() })
            }
            Kind::SaveDraft => Request::SaveDraft(self.save_draft()),
            Kind::TakeOver => {
                let (draft_id, version) = self.draft()?;
                Request::TakeOver(pb::TakeOverDraftRequest { draft_id, version })
            }
            Kind::Discard => {
                let (draft_id, version) = self.draft()?;
                Request::Discard(pb::DiscardDraftRequest { draft_id, version, reason: "left".to_owned() })
            }
            Kind::Move => Request::Move(self.movement()),
            Kind::OpenDrawer => Request::OpenDrawer(pb::OpenDrawerRequest {
                register_id: self.register(),
                reason: "coins for the trolley".to_owned(),
                ..pb::OpenDrawerRequest::default()
            }),
            Kind::Send => Request::Send(self.send()),
            Kind::Receive => Request::Receive(self.receive()?),
            Kind::Reconcile => Request::Reconcile(pb::ReconcileRequest {
                register_id: self.register(),
                counted: money((self.balance() + self.random.from(-2_00, 2_00)).max(0)),
                reason: "counted at noon".to_owned(),
                ..pb::ReconcileRequest::default()
            }),
            Kind::PutCustomers => Request::PutCustomers(self.customers()),
            Kind::Forget => Request::Forget(pb::AnonymizeCustomerRequest {
                customer_id: self.customer_id(),
                version: if self.random.one_in(6) { 1 } else { 0 },
            }),
            Kind::PutPurchase => Request::PutPurchase(self.purchase()),
            Kind::Approve => {
                let (purchase_id, version) = self.known_purchase(1)?;
                let allow_duplicate_document = self.random.one_in(6);
                Request::Approve(pb::ApprovePurchaseRequest {
                    purchase_id,
                    version,
                    allow_duplicate_document,
                })
            }
            Kind::Cancel => {
                let (purchase_id, version) = self.known_purchase(2)?;
                let reason = "sent back".to_owned();
                Request::Cancel(pb::CancelPurchaseRequest { purchase_id, version, reason })
            }
            Kind::SendStock => Request::SendStock(self.send_stock()),
            Kind::ReceiveStock => Request::ReceiveStock(self.receive_stock()?),
        })
    }

    pub fn nonsense(&mut self) -> String {
        Uuid::from_u128(u128::from(self.random.below(1_000)) << 64 | 99).to_string()
    }

    pub fn new_id(&mut self) -> String {
        if self.random.one_in(2) {
            return String::new();
        }
        let [high, low] = [self.random.below(u64::MAX), self.random.below(u64::MAX)];
        Uuid::from_u64_pair(high, low).to_string()
    }

    fn register(&mut self) -> String {
        match self.random.below(12) {
            0 => "R1".to_owned(),
            1 => "R2".to_owned(),
            2 => "R3".to_owned(),
            3 if self.random.one_in(3) => "R9".to_owned(),
            4 => self.caller.register_id.to_string(),
            _ => String::new(),
        }
    }

    fn any_shift(&mut self) -> Option<&Shift> {
        let ids: Vec<Uuid> = self.ledger.shifts.keys().copied().collect();
        self.ledger.shifts.get(&self.random.pick(&ids)?)
    }

    /// A shift by its id, by its register or not at all, and a version of it.
    fn named_shift(&mut self) -> (String, String, i64) {
        let version = |random: &mut Random, shift: Option<&Shift>| match (random.below(6), shift) {
            (0, Some(shift)) => shift.row.version,
            (1, Some(shift)) if random.one_in(2) => shift.row.version + 1,
            _ => 0,
        };
        match self.random.below(8) {
            0 => {
                let shift = self.any_shift().map(|shift| shift.row.id);
                let shift = shift.and_then(|id| self.ledger.shifts.get(&id));
                let version = version(self.random, shift);
                (shift.map(|it| it.row.id.to_string()).unwrap_or_default(), String::new(), version)
            }
            1 if self.random.one_in(3) => (self.nonsense(), String::new(), 0),
            _ => {
                let own = self.ledger.shift_on(self.caller.register_id, OPEN);
                let version = version(self.random, own);
                (String::new(), self.register(), version)
            }
        }
    }

    fn balance(&self) -> i64 {
        self.ledger.drawers[&self.caller.register_id].balance
    }
}

/// The lines of a sale, for what fails to be said in words.
pub fn brief(request: &Request) -> String {
    match request {
        Request::Sell(message) => {
            let lines: Vec<i64> = message.lines.iter().map(|it| quantity(it.quantity.as_ref())).collect();
            format!("CompleteSale of {lines:?}: {message:?}")
        }
        other => format!("{other:?}"),
    }
}
