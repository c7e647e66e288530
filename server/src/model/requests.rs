//! Requests as people at a counter make them: most are good, and some are wrong in every way there is.

use kassa_proto::v1::{self as pb, discount::Value, line_item::Item};
use uuid::Uuid;

use super::{
    dice::Dice,
    ledger::{CASH, Document, ENDED, GOODS, Ledger, OPEN, SALE, Shift},
    predict::{cash_due, expected, priced, quantity, settled, shared_barcode},
    request::Request,
    shop::{self, PRODUCTS, Shop},
};
use crate::books::Caller;

/// How many customers come and go.
const CUSTOMERS: u64 = 12;

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
    pub dice: &'a mut Dice,
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
            Kind::Wait | Kind::Again => return None,
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
                let idle_before = self.now - self.dice.from(0, 12) * 3_600_000_000;
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
                let expected_version = version - i64::from(self.dice.one_in(8));
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
                counted: money((self.balance() + self.dice.from(-2_00, 2_00)).max(0)),
                reason: "counted at noon".to_owned(),
                ..pb::ReconcileRequest::default()
            }),
            Kind::PutCustomers => Request::PutCustomers(self.customers()),
            Kind::Forget => Request::Forget(pb::AnonymizeCustomerRequest {
                customer_id: self.customer_id(),
                version: if self.dice.one_in(6) { 1 } else { 0 },
            }),
            Kind::PutPurchase => Request::PutPurchase(self.purchase()),
            Kind::Approve => {
                let (purchase_id, version) = self.known_purchase(1)?;
                let allow_duplicate_document = self.dice.one_in(6);
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

    /// A delivery: a new one, or another word on one that is known.
    fn purchase(&mut self) -> pb::PutPurchaseRequest {
        let known = if self.dice.one_in(3) { self.known_purchase(1) } else { None };
        let (purchase_id, version) = known.unwrap_or_else(|| (self.new_id(), 0));
        let skus: Vec<String> = self.ledger.products.values().map(|it| it.sku.clone()).collect();
        let count = self.dice.from(1, 4);
        let mut line = || pb::PurchaseLine {
            product_id: match self.dice.one_in(40) {
                true => "nothing".to_owned(),
                false => self.dice.pick(&skus).unwrap_or_default(),
            },
            quantity: decimal(self.dice.from(1, 20) * if self.dice.one_in(3) { 125 } else { 1_000 }),
            cost: money(self.dice.from(0, 90_00)),
            ..pb::PurchaseLine::default()
        };
        let lines = (0..count).map(|_| line()).collect();
        let suppliers = ["Nile Dairy", "nile dairy", "Delta Farms"];
        pb::PutPurchaseRequest {
            purchase_id,
            version,
            supplier: self.dice.pick(&suppliers).unwrap_or_default().to_owned(),
            document_number: self.dice.pick(&["", "", "77", "78", "79"]).unwrap_or_default().to_owned(),
            lines,
            ..pb::PutPurchaseRequest::default()
        }
    }

    /// A purchase that is known, most of the time in a state.
    fn known_purchase(&mut self, state: i32) -> Option<(String, i64)> {
        let any = self.dice.one_in(4);
        let fitting = self.ledger.purchases.values().filter(|it| any || it.state == state);
        let id = self.dice.pick(&fitting.map(|it| it.id).collect::<Vec<_>>())?;
        let version = self.ledger.purchases[&id].version + i64::from(self.dice.one_in(12));
        Some((if self.dice.one_in(25) { self.nonsense() } else { id.to_string() }, version))
    }

    pub fn nonsense(&mut self) -> String {
        Uuid::from_u128(u128::from(self.dice.roll(1_000)) << 64 | 99).to_string()
    }

    pub fn new_id(&mut self) -> String {
        if self.dice.one_in(2) {
            return String::new();
        }
        let [high, low] = [self.dice.roll(u64::MAX), self.dice.roll(u64::MAX)];
        Uuid::from_u64_pair(high, low).to_string()
    }

    fn register(&mut self) -> String {
        match self.dice.roll(12) {
            0 => "R1".to_owned(),
            1 => "R2".to_owned(),
            2 => "R3".to_owned(),
            3 if self.dice.one_in(3) => "R9".to_owned(),
            4 => self.caller.register_id.to_string(),
            _ => String::new(),
        }
    }

    fn any_shift(&mut self) -> Option<&Shift> {
        let ids: Vec<Uuid> = self.ledger.shifts.keys().copied().collect();
        self.ledger.shifts.get(&self.dice.pick(&ids)?)
    }

    /// A shift by its id, by its register or not at all, and a version of it.
    fn named_shift(&mut self) -> (String, String, i64) {
        let version = |dice: &mut Dice, shift: Option<&Shift>| match (dice.roll(6), shift) {
            (0, Some(shift)) => shift.row.version,
            (1, Some(shift)) if dice.one_in(2) => shift.row.version + 1,
            _ => 0,
        };
        match self.dice.roll(8) {
            0 => {
                let shift = self.any_shift().map(|shift| shift.row.id);
                let shift = shift.and_then(|id| self.ledger.shifts.get(&id));
                let version = version(self.dice, shift);
                (shift.map(|it| it.row.id.to_string()).unwrap_or_default(), String::new(), version)
            }
            1 if self.dice.one_in(3) => (self.nonsense(), String::new(), 0),
            _ => {
                let own = self.ledger.shift_on(self.caller.register_id, OPEN);
                let version = version(self.dice, own);
                (String::new(), self.register(), version)
            }
        }
    }

    fn open(&mut self) -> pb::OpenShiftRequest {
        let balance = self.ledger.drawers[&self.caller.register_id].balance;
        let taken = self.ledger.shifts.keys().next().copied();
        pb::OpenShiftRequest {
            shift_id: match taken {
                Some(taken) if self.dice.one_in(20) => taken.to_string(),
                _ => self.new_id(),
            },
            register_id: self.register(),
            opening_float: match self.dice.roll(5) {
                0 => None,
                1 => money(self.dice.from(0, 200_00)),
                _ => money(balance),
            },
        }
    }

    fn discounts(&mut self, of: i64) -> Vec<pb::Discount> {
        let count = if self.dice.one_in(4) { self.dice.roll(3) } else { 0 };
        let mut one = || {
            let value = if self.dice.one_in(2) {
                Value::Percent(pb::Decimal {
                    value: self.dice.pick(&["5", "12.5", "33.3333", "100"]).unwrap_or("1").to_owned(),
                })
            } else {
                Value::Amount(money(self.dice.from(1, of.max(2) / 2)).unwrap_or_default())
            };
            pb::Discount { name: "less".to_owned(), value: Some(value) }
        };
        (0..count).map(|_| one()).collect()
    }

    fn line(&mut self) -> pb::LineItem {
        let place = self.dice.roll(self.ledger.products.len() as u64);
        let product = self.ledger.products.values().nth(usize::try_from(place).unwrap_or_default());
        let (id, sku, price) = product.map(|it| (it.id, it.sku.clone(), it.price)).unwrap_or_default();
        let weighed = sku.trim_start_matches("SKU").parse::<u64>().unwrap_or(1).is_multiple_of(4);
        let quantity = if weighed { self.dice.from(1, 3_500) } else { self.dice.from(1, 4) * 1_000 };
        let item = match self.dice.roll(40) {
            0 => Item::ProductId(self.nonsense()),
            1 => Item::Barcode(shared_barcode(&sku)),
            2 => Item::Barcode("nothing".to_owned()),
            3..20 => Item::Barcode(sku),
            _ => Item::ProductId(id.to_string()),
        };
        pb::LineItem {
            line_id: self.new_id(),
            item: Some(item),
            quantity: decimal(quantity),
            unit_price_override: if self.dice.one_in(8) { money(self.dice.from(0, 20_00)) } else { None },
            discounts: self.discounts(price),
        }
    }

    fn sale(&mut self) -> pb::CompleteSaleRequest {
        let count = self.dice.from(1, 4);
        let mut message = pb::CompleteSaleRequest {
            order_id: self.order_id(),
            register_id: self.register(),
            shift_id: match self.dice.roll(30) {
                0 => self.nonsense(),
                1 => self.any_shift().map(|it| it.row.id.to_string()).unwrap_or_default(),
                _ => String::new(),
            },
            lines: (0..count).map(|_| self.line()).collect(),
            discounts: self.discounts(5_00),
            customer_id: if self.dice.one_in(6) { self.customer_id() } else { String::new() },
            training: self.dice.one_in(15),
            note: if self.dice.one_in(9) { "ring twice".to_owned() } else { String::new() },
            ..pb::CompleteSaleRequest::default()
        };
        if self.dice.one_in(10)
            && let Some((id, version)) = self.draft()
        {
            (message.draft_id, message.draft_version) = (id, version);
        }
        let total = priced(self.ledger, &message).map_or(0, |(_, totals)| totals.total);
        message.expected_total = money(if self.dice.one_in(25) { total + 1 } else { total });
        message.tenders = self.tenders(total);
        message
    }

    fn order_id(&mut self) -> String {
        match self.ledger.orders.last() {
            Some(taken) if self.dice.one_in(30) => taken.to_string(),
            _ => self.new_id(),
        }
    }

    /// A way to pay so much.
    fn tenders(&mut self, total: i64) -> Vec<pb::Tender> {
        let tender = |kind: i32, amount: i64, tip: i64| pb::Tender {
            r#type: kind,
            amount: money(amount),
            tip: (tip > 0).then(|| pb::Money { amount_minor: tip, ..pb::Money::default() }),
            card: None,
        };
        if total == 0 && !self.dice.one_in(3) {
            return Vec::new();
        }
        let tip = if self.dice.one_in(6) { self.dice.from(1, 3_00) } else { 0 };
        let other = i32::try_from(self.dice.from(2, 5)).unwrap_or(2);
        let mut tenders = match self.dice.roll(6) {
            0 => vec![tender(other, total + tip, tip)],
            1 | 2 => {
                let part = self.dice.from(0, total);
                let third = part / 3;
                let cash = self.cash(total - part);
                let mut all = vec![tender(other, part - third + tip, tip), tender(2, third, 0)];
                all.push(tender(CASH, cash, 0));
                all
            }
            3 => vec![tender(CASH, self.cash(total) + tip, tip)],
            4 => {
                let cash = self.cash(total);
                vec![tender(CASH, cash / 2, 0), tender(CASH, cash - cash / 2, 0)]
            }
            _ => vec![tender(CASH, self.cash(total), 0)],
        };
        if self.dice.one_in(25)
            && let Some(first) = tenders.first_mut()
        {
            let wrong = self.dice.from(-5, 500);
            first.amount = first.amount.as_ref().and_then(|it| money((it.amount_minor + wrong).max(1)));
        }
        tenders.retain(|it| it.amount.as_ref().is_some_and(|it| it.amount_minor > 0));
        tenders
    }

    /// Cash for so much: exact, in coins, or a note.
    fn cash(&mut self, amount: i64) -> i64 {
        let due = |cash: i64| {
            let tender = pb::Tender { r#type: CASH, amount: money(cash), ..pb::Tender::default() };
            settled(self.ledger, amount, &[tender]).map_or(0, |it| it.amount_due)
        };
        match self.dice.roll(4) {
            0 => amount,
            1 if amount > 1 => 1 + due(1),
            _ => amount + self.dice.from(0, 20_00),
        }
    }

    fn document(&mut self) -> Option<&Document> {
        let documents = &self.ledger.documents;
        // One of the last ones most of the time.
        let orders = &self.ledger.orders;
        let recent =
            if self.dice.one_in(3) { orders.as_slice() } else { &orders[orders.len().saturating_sub(6)..] };
        let sales: Vec<Uuid> = recent.iter().copied().filter(|id| documents[id].order.kind == SALE).collect();
        let id = if self.dice.one_in(12) { self.dice.pick(recent) } else { self.dice.pick(&sales) };
        documents.get(&id?)
    }

    fn balance(&self) -> i64 {
        self.ledger.drawers[&self.caller.register_id].balance
    }

    fn draft(&mut self) -> Option<(String, i64)> {
        let all = self.ledger.drafts.values().filter(|it| it.state == 1 || it.version % 3 == 0);
        let id = self.dice.pick(&all.map(|it| it.id).collect::<Vec<_>>())?;
        let version = self.ledger.drafts[&id].version + i64::from(self.dice.one_in(12));
        Some((if self.dice.one_in(25) { self.nonsense() } else { id.to_string() }, version))
    }

    fn save_draft(&mut self) -> pb::SaveDraftRequest {
        let (draft_id, version) = match self.draft() {
            Some(draft) if self.dice.one_in(2) => draft,
            _ => (self.new_id(), 0),
        };
        let count = self.dice.from(0, 3);
        pb::SaveDraftRequest {
            customer_id: if self.dice.one_in(6) { self.customer_id() } else { String::new() },
            draft_id,
            version,
            label: "table 4".to_owned(),
            lines: (0..count).map(|_| self.line()).collect(),
            ..pb::SaveDraftRequest::default()
        }
    }

    fn movement(&mut self) -> pb::RecordMovementRequest {
        let reverses = if self.dice.one_in(4) {
            let recorded = self.ledger.movements.values().map(|it| it.id);
            self.dice.pick(&recorded.collect::<Vec<_>>()).map(|id| id.to_string())
        } else {
            None
        };
        let reverses = reverses.unwrap_or_default();
        let kind = if reverses.is_empty() { self.dice.from(4, 9) } else { 0 };
        let amount = if self.dice.one_in(12) { self.balance() + 1 } else { self.dice.from(1, 20_00) };
        pb::RecordMovementRequest {
            register_id: self.register(),
            r#type: i32::try_from(kind).unwrap_or_default(),
            amount: if reverses.is_empty() { money(amount) } else { None },
            reason: "the window cleaner".to_owned(),
            reverses_movement_id: reverses,
            ..pb::RecordMovementRequest::default()
        }
    }

    fn send(&mut self) -> pb::TransferCashRequest {
        let to = self.dice.pick(&["R1", "R2", "R2", "R3", "R9"]).unwrap_or_default();
        let most = self.balance().max(1);
        pb::TransferCashRequest {
            transfer_id: match self.ledger.transfers.keys().next() {
                Some(taken) if self.dice.one_in(12) => taken.to_string(),
                _ => self.new_id(),
            },
            register_id: self.register(),
            to_register_id: to.to_owned(),
            amount: money(self.dice.from(1, most) + i64::from(self.dice.one_in(12)) * most),
            ..pb::TransferCashRequest::default()
        }
    }

    fn receive(&mut self) -> Option<pb::ReceiveCashRequest> {
        let all: Vec<Uuid> = self.ledger.transfers.keys().copied().collect();
        let in_transit: Vec<Uuid> =
            all.iter().copied().filter(|id| self.ledger.transfers[id].state == 1).collect();
        let id = if self.dice.one_in(5) { self.dice.pick(&all) } else { self.dice.pick(&in_transit) }?;
        let amount = self.ledger.transfers[&id].amount;
        Some(pb::ReceiveCashRequest {
            transfer_id: if self.dice.one_in(20) { self.nonsense() } else { id.to_string() },
            register_id: self.dice.pick(&["", "R1", "R2", ""]).unwrap_or_default().to_owned(),
            amount: if self.dice.one_in(3) { money(amount + i64::from(self.dice.one_in(4))) } else { None },
            ..pb::ReceiveCashRequest::default()
        })
    }

    /// Goods of a sale for others: what differs is paid, or paid back.
    fn exchange(&mut self) -> Option<pb::ExchangeSaleRequest> {
        let refund = self.refund()?;
        let sale = self.sale();
        let sold = sale.expected_total.map_or(0, |it| it.amount_minor);
        let returned = refund.expected_total.map_or(0, |it| it.amount_minor);
        let difference = sold - returned;
        let id = Uuid::try_parse(&refund.order_id).ok();
        let original = id.and_then(|id| self.ledger.documents.get(&id));
        let tenders =
            if difference >= 0 { self.tenders(difference) } else { self.pay_back(original?, -difference) };
        Some(pb::ExchangeSaleRequest {
            sale_id: sale.order_id,
            return_id: String::new(),
            order_id: refund.order_id,
            returned_lines: refund.lines,
            lines: sale.lines,
            discounts: sale.discounts,
            tenders,
            expected_total: money(difference),
            register_id: refund.register_id,
            ..pb::ExchangeSaleRequest::default()
        })
    }

    /// The tenders by which so much of a sale goes back.
    fn pay_back(&mut self, sale: &Document, total: i64) -> Vec<pb::Tender> {
        let tender = |kind: i32, minor: i64| pb::Tender {
            r#type: kind,
            amount: money(minor),
            ..pb::Tender::default()
        };
        let (mut tenders, mut rest) = (Vec::new(), total);
        for kind in sale.kinds().into_iter().filter(|kind| ![CASH, GOODS].contains(kind)) {
            let left = sale.captured(kind) - sale.paid_back.get(&kind).copied().unwrap_or_default();
            let amount = left.min(rest) + i64::from(self.dice.one_in(40));
            if amount > 0 {
                rest -= amount;
                tenders.push(tender(kind, amount));
            }
        }
        if rest > 0 {
            let with_goods = false;
            let cash = cash_due(self.ledger, sale, rest, with_goods).unwrap_or(rest)
                + i64::from(self.dice.one_in(30));
            if cash > 0 {
                tenders.push(tender(CASH, cash));
            }
        }
        tenders
    }

    fn refund(&mut self) -> Option<pb::RefundSaleRequest> {
        let id = self.document()?.order.id;
        let sale = &self.ledger.documents[&id];
        let mut message = pb::RefundSaleRequest {
            refund_id: self.order_id(),
            order_id: if self.dice.one_in(30) { self.nonsense() } else { id.to_string() },
            register_id: self.register(),
            ..pb::RefundSaleRequest::default()
        };
        let mut total = 0;
        for line in &sale.lines {
            let back = sale.given_back.get(&line.line_id).map_or(0, |it| it[0]);
            let left = line.quantity - back;
            let asked = match self.dice.roll(16) {
                0..5 => continue,
                5 => left + 1_000,
                6 => line.quantity,
                7..12 => left,
                _ => self.dice.from(1, left.max(1)),
            };
            if asked <= 0 {
                continue;
            }
            total += sale.worth(line, asked)[0];
            message.lines.push(pb::RefundLine {
                line_id: if self.dice.one_in(40) { self.nonsense() } else { line.line_id.to_string() },
                quantity: decimal(asked),
                reason: "broken".to_owned(),
                restock: self.dice.one_in(2),
            });
        }
        if message.lines.is_empty() {
            return None;
        }
        message.expected_total = money(if self.dice.one_in(25) { total + 1 } else { total });
        message.tenders = self.pay_back(sale, total);
        Some(message)
    }

    fn void(&mut self) -> Option<pb::VoidSaleRequest> {
        let order_id = self.document()?.order.id.to_string();
        let reason = if self.dice.one_in(30) { "" } else { "wrong table" }.to_owned();
        Some(pb::VoidSaleRequest { void_id: self.order_id(), order_id, reason, ..Default::default() })
    }

    /// What somebody finds in the drawer and in the box of slips.
    fn counts(&mut self, shift: Option<&Shift>) -> (Vec<pb::TenderCount>, Option<pb::Money>) {
        let count = |kind: i32, amount: i64| pb::TenderCount {
            r#type: kind,
            amount: money(amount.max(0)),
            ..pb::TenderCount::default()
        };
        let Some(shift) = shift else { return (vec![count(CASH, 0)], None) };
        let mut off = || if self.dice.one_in(3) { self.dice.from(-5_00, 5_00) } else { 0 };
        let cash = expected(shift, CASH) + off();
        let card = expected(shift, 2) + off();
        let mut counts = Vec::new();
        if shift.row.counted_cash.is_none() || self.dice.one_in(6) {
            let mut cash = count(CASH, cash);
            let amount = cash.amount.as_ref().map_or(0, |it| it.amount_minor);
            if amount > 0 && self.dice.one_in(3) {
                let value = if amount % 5 == 0 { 5 } else { 1 };
                cash.denominations.push(pb::Denomination { value: money(value), pieces: amount / value });
            }
            counts.push(cash);
        }
        if self.dice.one_in(2) {
            counts.push(count(2, card));
        }
        let left = match self.dice.roll(4) {
            0 | 1 => None,
            2 => money(self.dice.from(0, cash.max(0))),
            _ => money(cash.clamp(0, 100_00)),
        };
        (counts, left)
    }

    fn reason(&mut self) -> String {
        if self.dice.one_in(3) { String::new() } else { "a drawer is a drawer".to_owned() }
    }

    fn close(&mut self) -> pb::CloseShiftRequest {
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
        }
    }

    fn force_close(&mut self) -> Option<pb::ForceCloseShiftRequest> {
        let open: Vec<Uuid> = self
            .ledger
            .shifts
            .values()
            .filter(|it| it.row.close_time.is_none())
            .map(|it| it.row.id)
            .collect();
        let id = if self.dice.one_in(5) { self.any_shift()?.row.id } else { self.dice.pick(&open)? };
        let shift = &self.ledger.shifts[&id];
        let (counts, left_in_drawer) =
            if self.dice.one_in(2) { self.counts(Some(shift)) } else { (Vec::new(), None) };
        Some(pb::ForceCloseShiftRequest {
            shift_id: id.to_string(),
            expected_version: shift.row.version + i64::from(self.dice.one_in(10)),
            reason: "left open".to_owned(),
            counts,
            left_in_drawer,
        })
    }

    fn hand_over(&mut self) -> pb::HandOverShiftRequest {
        let (shift_id, register_id, expected_version) = self.named_shift();
        let to = self.dice.pick(&self.shop.people).map(|(user, _)| user.to_string());
        let balance = self.ledger.drawers[&self.caller.register_id].balance;
        pb::HandOverShiftRequest {
            shift_id,
            register_id,
            to_user_id: if self.dice.one_in(20) { self.nonsense() } else { to.unwrap_or_default() },
            expected_version,
            counted_cash: match self.dice.roll(4) {
                0 => money((balance + self.dice.from(-3_00, 3_00)).max(0)),
                1 => money(balance.max(0)),
                _ => None,
            },
        }
    }

    fn products(&mut self) -> pb::PutProductsRequest {
        let count = self.dice.from(1, 3);
        let numbers: Vec<u64> = (0..count).map(|_| self.dice.roll(PRODUCTS)).collect();
        let mut products: Vec<_> = numbers.iter().map(|number| shop::product(self.dice, *number)).collect();
        if self.dice.one_in(12)
            && let Some(product) = products.first_mut().and_then(|it| it.product.as_mut())
        {
            product.version = 1_000;
        }
        pb::PutProductsRequest { branch_id: String::new(), products, validate_only: self.dice.one_in(8) }
    }

    fn levels(&mut self) -> pb::PutStockLevelsRequest {
        let count = self.dice.from(1, 4);
        let levels = (0..count).map(|_| pb::StockLevel {
            product_id: format!("SKU{:02}", self.dice.roll(PRODUCTS + 1)),
            low_quantity: match self.dice.from(-1, 12) {
                -1 => None,
                low => Some(pb::Decimal { value: low.to_string() }),
            },
        });
        pb::PutStockLevelsRequest { levels: levels.collect() }
    }

    fn customer_id(&mut self) -> String {
        Uuid::from_u128(u128::from(5_000 + self.dice.roll(CUSTOMERS))).to_string()
    }

    fn customers(&mut self) -> pb::PutCustomersRequest {
        let count = self.dice.from(1, 3);
        let mut one = || {
            let customer_id = if self.dice.one_in(6) { String::new() } else { self.customer_id() };
            let known = Uuid::try_parse(&customer_id).ok().and_then(|id| self.ledger.customers.get(&id));
            pb::Customer {
                customer_id,
                name: self.dice.pick(&["Amal", "Ziad", "نور"]).unwrap_or_default().to_owned(),
                code: self.dice.pick(&["", "", "C1", "C2", "C3"]).unwrap_or_default().to_owned(),
                phone: "+966 50 123".to_owned(),
                version: match self.dice.roll(8) {
                    0 => 1_000,
                    1 => known.map_or(0, |row| row.version),
                    _ => 0,
                },
                ..pb::Customer::default()
            }
        };
        pb::PutCustomersRequest { customers: (0..count).map(|_| one()).collect() }
    }

    fn adjustment(&mut self) -> pb::AdjustStockRequest {
        let count = self.dice.from(1, 3);
        let lines = (0..count).map(|_| pb::AdjustStockLine {
            product_id: format!("SKU{:02}", self.dice.roll(PRODUCTS)),
            quantity: decimal(self.dice.from(1, 12_000)),
            reason: pb::StockAdjustmentReason::Correction.into(),
            note: "the books were wrong".to_owned(),
        });
        let mut lines: Vec<_> = lines.collect();
        for line in lines.iter_mut().filter(|_| self.dice.one_in(2)) {
            let went = line.quantity.take().unwrap_or_default().value;
            line.quantity = Some(pb::Decimal { value: format!("-{went}") });
        }
        pb::AdjustStockRequest { adjustment_id: self.new_id(), lines, ..pb::AdjustStockRequest::default() }
    }

    /// A stock count and its version: most often the one that is open here.
    fn stock_count(&mut self) -> Option<(String, i64)> {
        let counting = &self.ledger.counting;
        let here = counting.open_at(self.caller.branch_id).filter(|_| !self.dice.one_in(6));
        let all: Vec<_> = counting.counts.values().collect();
        let count = here.or_else(|| self.dice.pick(&all))?;
        let id = if self.dice.one_in(15) { self.nonsense() } else { count.id.to_string() };
        Some((id, count.version))
    }

    fn counted(&mut self) -> Option<pb::EnterStockCountRequest> {
        let (count_id, _) = self.stock_count()?;
        let count = self.dice.from(1, 4);
        let lines = (0..count).map(|_| pb::EnterStockCountLine {
            product_id: format!("SKU{:02}", self.dice.roll(PRODUCTS + 1)),
            counted: decimal(self.dice.from(0, 60) * 500),
            count_time: None,
        });
        Some(pb::EnterStockCountRequest { lines: lines.collect(), count_id })
    }

    fn settings(&mut self) -> pb::PutSettingsRequest {
        let path = self.dice.pick(&[
            "prices_include_tax",
            "tax_rounding",
            "rounding_mode",
            "cash_rounding",
            "blind_close",
            "currency_code",
            "time_zone",
        ]);
        let settings = pb::Settings {
            prices_include_tax: self.dice.one_in(2),
            tax_rounding: 1 + i32::from(self.dice.one_in(2)),
            rounding_mode: 1 + i32::from(self.dice.one_in(2)),
            cash_rounding: Some(pb::CashRounding {
                unit_minor: self.dice.pick(&[0, 5, 10, 50, 100]).unwrap_or_default(),
                total: shop::mode(self.dice),
                change: shop::mode(self.dice),
                refund: shop::mode(self.dice),
            }),
            blind_close: self.dice.one_in(2),
            currency_code: "USD".to_owned(),
            time_zone: self
                .dice
                .pick(&["Etc/UTC", "Africa/Cairo", "Mars/Base"])
                .unwrap_or_default()
                .to_owned(),
            version: if self.dice.one_in(8) { 1 } else { 0 },
            ..pb::Settings::default()
        };
        let paths = path.map(|it| vec![it.to_owned()]).unwrap_or_default();
        pb::PutSettingsRequest {
            settings: Some(settings),
            update_mask: Some(prost_types::FieldMask { paths }),
        }
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
