//! What the rules must say to a request: told from the model alone, in the order of the checks.

use std::collections::{BTreeMap, BTreeSet};

use kassa_proto::{
    decimal::{Quantity, Rate},
    pricing::{self, Rules, Totals},
    v1::{self as pb, ErrorReason as Reason, discount::Value, line_item::Item},
};
use uuid::Uuid;

use super::{
    goods,
    ledger::{CASH, CLOSED, Document, ENDED, GOODS, Ledger, OPEN, SALE, Shift, bought, minor, rounded},
    request::Request,
};
use crate::{
    admin::settings::pricing_rules,
    books::Caller,
    customers::person::person_of,
    store::entity::{customer, product, purchase},
};

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
        // The model has no word on money that goes back another way.
        Request::Refund(message) => match judge.refund(message) {
            Err(Some(Reason::RefundTenderMismatch)) => return None,
            other => other,
        },
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
        Request::Reconcile(message) => judge.till(&message.register_id, &message.shift_id).map(|_| ()),
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

/// What a request says of a person.
pub fn person_alone(put: &pb::Customer) -> pb::Customer {
    pb::Customer { customer_id: String::new(), version: 0, ..put.clone() }
}

struct Judge<'a> {
    ledger: &'a Ledger,
    caller: &'a Caller,
    people: &'a [(Uuid, i32)],
}

struct Closing<'a> {
    version: i64,
    counts: &'a [pb::TenderCount],
    left: Option<&'a pb::Money>,
    reason: &'a str,
    forced: bool,
}

impl<'a> Judge<'a> {
    /// The version of an open stock count of the caller's branch.
    fn stock_count(&self, named: &str) -> Result<i64, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.counting.counts.get(&id));
        match found.filter(|count| count.branch_id == self.caller.branch_id) {
            None => no(Reason::StockCountNotFound),
            Some(count) if count.is_open() => Ok(count.version),
            Some(_) => no(Reason::StockCountFinished),
        }
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

    fn selling(&self, named: &str, register: Uuid) -> Result<&'a Shift, Option<Reason>> {
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
        if own || self.caller.role >= pb::Role::Supervisor { Ok(()) } else { no(Reason::NotYourShift) }
    }

    fn version(&self, expected: i64, shift: &Shift) -> Verdict {
        if expected == 0 || expected == shift.row.version { Ok(()) } else { no(Reason::VersionMismatch) }
    }

    fn free(&self, chosen: &str) -> Verdict {
        let taken = id(chosen).is_some_and(|id| self.ledger.documents.contains_key(&id));
        if taken { no(Reason::OrderExists) } else { Ok(()) }
    }

    fn till(&self, register: &str, shift: &str) -> Result<Uuid, Option<Reason>> {
        let register = self.register(register)?;
        self.selling(shift, register).map(|_| register)
    }

    fn holds(&self, register: Uuid, amount: i64) -> Verdict {
        if self.ledger.drawers[&register].balance < amount { no(Reason::InsufficientCash) } else { Ok(()) }
    }

    fn record(&self, message: &pb::RecordMovementRequest) -> Verdict {
        let register = self.till(&message.register_id, &message.shift_id)?;
        let puts_in = [pb::MovementType::PaidIn, pb::MovementType::FloatIn].contains(&message.r#type());
        if puts_in { Ok(()) } else { self.holds(register, minor(&message.amount)) }
    }

    fn send(&self, message: &pb::TransferCashRequest) -> Verdict {
        let register = self.till(&message.register_id, &message.shift_id)?;
        if self.register(&message.to_register_id)? == register {
            return no(Reason::InvalidField);
        }
        self.holds(register, minor(&message.amount))?;
        let taken = id(&message.transfer_id).is_some_and(|id| self.ledger.transfers.contains_key(&id));
        if taken { no(Reason::TransferExists) } else { Ok(()) }
    }

    fn receive(&self, message: &pb::ReceiveCashRequest) -> Verdict {
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

    fn purchase(&self, named: &str) -> Result<&'a purchase::Model, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.purchases.get(&id));
        match found.filter(|it| it.branch_id == self.caller.branch_id) {
            None => no(Reason::PurchaseNotFound),
            Some(purchase) => Ok(purchase),
        }
    }

    fn purchase_draft(&self, named: &str, version: i64) -> Result<&'a purchase::Model, Option<Reason>> {
        match self.purchase(named)? {
            purchase if purchase.state == 2 => no(Reason::PurchaseApproved),
            purchase if purchase.state == 3 => no(Reason::PurchaseCancelled),
            purchase if purchase.version != version => no(Reason::VersionMismatch),
            purchase => Ok(purchase),
        }
    }

    fn put_purchase(&self, message: &pb::PutPurchaseRequest) -> Verdict {
        let is_known = id(&message.purchase_id).is_some_and(|id| self.ledger.purchases.contains_key(&id));
        if is_known || message.version != 0 {
            self.purchase_draft(&message.purchase_id, message.version)?;
        }
        let known: BTreeSet<&str> = self.ledger.products.values().map(|it| it.sku.as_str()).collect();
        let all = message.lines.iter().all(|line| known.contains(line.product_id.as_str()));
        if all { Ok(()) } else { no(Reason::ProductNotFound) }
    }

    fn approve(&self, message: &pb::ApprovePurchaseRequest) -> Verdict {
        let purchase = self.purchase_draft(&message.purchase_id, message.version)?;
        let same = |other: &&purchase::Model| {
            let document =
                |it: &purchase::Model| (it.branch_id, it.document_number.clone(), it.supplier.to_lowercase());
            other.state == 2 && document(other) == document(purchase)
        };
        let doubled =
            !purchase.document_number.is_empty() && self.ledger.purchases.values().any(|it| same(&it));
        if doubled && !message.allow_duplicate_document { no(Reason::PurchaseDocumentExists) } else { Ok(()) }
    }

    fn cancel(&self, message: &pb::CancelPurchaseRequest) -> Verdict {
        let purchase = self.purchase(&message.purchase_id)?;
        if purchase.state == 3 {
            return no(Reason::PurchaseCancelled);
        }
        if purchase.version != message.version {
            return no(Reason::VersionMismatch);
        }
        if purchase.state == 2 { self.take(bought(purchase).into_iter()) } else { Ok(()) }
    }

    /// Takes goods off the shelf of the caller's branch, one after the other.
    fn take(&self, goods: impl Iterator<Item = (Uuid, i64)>) -> Verdict {
        let mut taken: BTreeMap<Uuid, i64> = BTreeMap::new();
        for (id, quantity) in goods {
            let taken = taken.entry(id).or_default();
            *taken += quantity;
            let stock =
                self.ledger.stock.get(&(self.caller.branch_id, id)).map_or(0, |[_, quantity]| *quantity);
            let policy = self.ledger.products[&id].stock_policy;
            if policy == i32::from(pb::StockPolicy::Block) && stock - *taken < 0 {
                return no(Reason::InsufficientStock);
            }
        }
        Ok(())
    }

    fn draft(&self, named: &str, version: i64) -> Verdict {
        let found = id(named).and_then(|id| self.ledger.drafts.get(&id));
        match found.filter(|it| it.branch_id == self.caller.branch_id) {
            None => no(Reason::DraftNotFound),
            Some(draft) if draft.state != 1 => no(Reason::DraftEnded),
            Some(draft) if draft.version != version => no(Reason::VersionMismatch),
            Some(_) => Ok(()),
        }
    }

    fn customer(&self, named: &str) -> Result<&'a customer::Model, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.customers.get(&id));
        let row = found.ok_or(Some(Reason::CustomerNotFound))?;
        if row.anonymize_time.is_some() { no(Reason::CustomerAnonymized) } else { Ok(row) }
    }

    /// One after the other: a code that one gives up in the same call, another may have.
    fn register_people(&self, message: &pb::PutCustomersRequest) -> Verdict {
        let with_code = self.ledger.customers.values().filter_map(|row| Some((row.code.clone()?, row.id)));
        let mut codes: BTreeMap<String, Uuid> = with_code.collect();
        for (place, put) in (1..).zip(&message.customers) {
            let known = match self.customer(&put.customer_id) {
                Err(Some(Reason::CustomerNotFound)) => None,
                other => Some(other?),
            };
            if put.version != 0 && put.version != known.map_or(0, |row| row.version) {
                return no(Reason::VersionMismatch);
            }
            if known.is_some_and(|row| person_of(row) == person_alone(put)) {
                continue;
            }
            let own = known.map(|row| row.id).or(id(&put.customer_id)).unwrap_or(Uuid::from_u128(place));
            if !put.code.is_empty() && codes.get(&put.code).is_some_and(|holder| *holder != own) {
                return no(Reason::CustomerCodeTaken);
            }
            codes.retain(|_, holder| *holder != own);
            codes.insert(put.code.clone(), own);
        }
        Ok(())
    }

    fn open(&self, message: &pb::OpenShiftRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        if self.ledger.shift_on(register, OPEN).is_some() {
            return Ok(());
        }
        if self.ledger.shift_of(self.caller.user_id).is_some() {
            return no(Reason::UserHasOpenShift);
        }
        if id(&message.shift_id).is_some_and(|id| self.ledger.shifts.contains_key(&id)) {
            return no(Reason::ShiftExists);
        }
        if message.opening_float.is_none() && self.ledger.shift_on(register, ENDED).is_some() {
            return no(Reason::CountRequired);
        }
        Ok(())
    }

    fn sell(&self, message: &pb::CompleteSaleRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        self.selling(&message.shift_id, register)?;
        if !message.draft_id.is_empty() {
            self.draft(&message.draft_id, message.draft_version)?;
        }
        self.free(&message.order_id)?;
        if !message.customer_id.is_empty() {
            self.customer(&message.customer_id)?;
        }
        let (products, totals) = priced(self.ledger, message)?;
        if minor(&message.expected_total) != totals.total {
            return no(Reason::TotalMismatch);
        }
        let settled = settled(self.ledger, totals.total, &message.tenders)?;
        if settled.amount_due > 0 {
            return no(Reason::TenderShort);
        }
        if message.training {
            return Ok(());
        }
        let quantities = message.lines.iter().map(|line| quantity(line.quantity.as_ref()));
        self.take(products.iter().map(|product| product.id).zip(quantities))
    }

    fn sale(&self, named: &str) -> Result<&'a Document, Option<Reason>> {
        let found = id(named).and_then(|id| self.ledger.documents.get(&id));
        match found.filter(|it| it.order.branch_id == self.caller.branch_id) {
            None => no(Reason::OrderNotFound),
            Some(document) if document.order.kind != SALE || document.voided || document.order.training => {
                no(Reason::OrderNotReversible)
            }
            Some(document) => Ok(document),
        }
    }

    fn refund(&self, message: &pb::RefundSaleRequest) -> Verdict {
        let register = self.register(&message.register_id)?;
        self.selling(&message.shift_id, register)?;
        let sale = self.sale(&message.order_id)?;
        self.free(&message.refund_id)?;
        let mut total = 0;
        for returned in &message.lines {
            let line = sale.lines.iter().find(|it| it.line_id.to_string() == returned.line_id);
            let line = line.ok_or(Some(Reason::InvalidField))?;
            let quantity = quantity(returned.quantity.as_ref());
            let before = sale.given_back.get(&line.line_id).map_or(0, |it| it[0]);
            if before + quantity > line.quantity {
                return no(Reason::RefundExceedsSale);
            }
            total += sale.worth(line, quantity)[0];
        }
        if minor(&message.expected_total) != total {
            return no(Reason::TotalMismatch);
        }
        let with_goods = false;
        let cash = refund_cash(self.ledger, sale, total, &message.tenders, with_goods)
            .ok_or(Some(Reason::RefundTenderMismatch))?;
        if self.ledger.drawers[&register].balance < cash {
            return no(Reason::InsufficientCash);
        }
        Ok(())
    }

    fn void(&self, message: &pb::VoidSaleRequest) -> Verdict {
        let sale = self.sale(&message.order_id)?;
        if !sale.given_back.is_empty() {
            return no(Reason::RefundExceedsSale);
        }
        if sale.order.exchange_order_id.is_some() {
            return no(Reason::OrderNotReversible);
        }
        if self.ledger.shifts[&sale.order.shift_id].row.state != OPEN {
            return no(Reason::ShiftEnded);
        }
        self.free(&message.void_id)?;
        let cash: i64 = sale.tenders.iter().filter(|it| it.kind == CASH).map(|it| it.amount).sum();
        if self.ledger.drawers[&sale.order.register_id].balance < cash - sale.order.change {
            return no(Reason::InsufficientCash);
        }
        Ok(())
    }

    fn end(&self, message: &pb::EndShiftRequest) -> Verdict {
        let shift = self.shift(&message.shift_id, &message.register_id, true)?;
        self.may(shift)?;
        match shift.row.state {
            CLOSED => no(Reason::ShiftClosed),
            ENDED => Ok(()),
            _ => self.version(message.expected_version, shift),
        }
    }

    fn close(&self, shift: Result<&Shift, Option<Reason>>, closing: &Closing) -> Option<Verdict> {
        let shift = match shift {
            Ok(shift) => shift,
            Err(reason) => return Some(Err(reason)),
        };
        if let Err(reason) = self.may(shift) {
            return Some(Err(reason));
        }
        if shift.row.state == CLOSED {
            if !closing.forced {
                // The same once more, or another: `Play` knows.
                return None;
            }
            let other = self.version(closing.version, shift).and(no(Reason::ShiftClosed));
            return Some(other);
        }
        Some(self.version(closing.version, shift).and_then(|()| self.counted(shift, closing)))
    }

    fn counted(&self, shift: &Shift, closing: &Closing) -> Verdict {
        let cash = closing.counts.iter().find(|it| it.r#type == CASH).map(|it| minor(&it.amount));
        let left = closing.left.map(|money| money.amount_minor);
        match (shift.row.counted_cash, cash) {
            (Some(settled), _) => {
                if [cash, left].into_iter().flatten().any(|it| it != settled) {
                    return no(Reason::InvalidField);
                }
            }
            (None, None) if closing.forced && left.is_none() => {}
            (None, None) => return no(Reason::InvalidField),
            (None, Some(cash)) if left.is_some_and(|left| left > cash) => return no(Reason::InvalidField),
            (None, Some(_)) => {}
        }
        let differs = |count: &pb::TenderCount| minor(&count.amount) != self.expected(shift, count.r#type);
        if !closing.forced && closing.reason.trim().is_empty() && closing.counts.iter().any(differs) {
            return no(Reason::VarianceReasonRequired);
        }
        Ok(())
    }

    fn expected(&self, shift: &Shift, kind: i32) -> i64 {
        expected(shift, kind)
    }

    fn hand_over(&self, message: &pb::HandOverShiftRequest) -> Verdict {
        let shift = self.shift(&message.shift_id, &message.register_id, false)?;
        self.may(shift)?;
        if shift.row.state != OPEN {
            return no(Reason::ShiftEnded);
        }
        self.version(message.expected_version, shift)?;
        let to = id(&message.to_user_id).filter(|id| self.people.iter().any(|(user, _)| user == id));
        match to {
            None => no(Reason::UserNotFound),
            Some(to) if to == shift.row.user_id => no(Reason::InvalidField),
            Some(to) if self.ledger.shift_of(to).is_some() => no(Reason::UserHasOpenShift),
            Some(_) => Ok(()),
        }
    }

    fn activity(&self, message: &pb::RecordActivityRequest) -> Verdict {
        let shift = self.shift(&message.shift_id, &message.register_id, false)?;
        self.may(shift)?;
        if shift.row.state == OPEN { Ok(()) } else { no(Reason::ShiftEnded) }
    }
}

/// What should be there of a tender type.
pub fn expected(shift: &Shift, kind: i32) -> i64 {
    let of = |counter: i32| shift.counters.get(&(counter, kind.to_string())).map_or(0, |it| it[1]);
    if kind == CASH { shift.expected_cash } else { of(1) - of(2) }
}

/// A quantity of a message in thousandths.
pub fn quantity(decimal: Option<&pb::Decimal>) -> i64 {
    decimal.and_then(|it| Quantity::try_from(it).ok()).map_or(0, Quantity::thousandths)
}

/// What a terminal computes: the totals of a cart.
pub fn priced<'a>(
    ledger: &'a Ledger,
    message: &pb::CompleteSaleRequest,
) -> Result<(Vec<&'a product::Model>, Totals), Option<Reason>> {
    let mut products = Vec::new();
    let mut lines = Vec::new();
    for line in &message.lines {
        let found = match &line.item {
            Some(Item::ProductId(text)) => id(text).and_then(|id| ledger.products.get(&id)),
            // The model's products have two barcodes: their SKU, and one that two share.
            Some(Item::Barcode(text)) if text.starts_with("shared-") => return no(Reason::BarcodeAmbiguous),
            Some(Item::Barcode(text)) => ledger.products.values().find(|it| it.sku == *text),
            None => None,
        };
        let found = found.ok_or(Some(Reason::ProductNotFound))?;
        products.push(found);
        lines.push(pricing::Line {
            unit_price: line.unit_price_override.as_ref().map_or(found.price, |it| it.amount_minor),
            quantity: Quantity::from_thousandths(quantity(line.quantity.as_ref())),
            tax_rate: Rate::from_ten_thousandths(found.tax_rate),
            discounts: discounts(&line.discounts),
        });
    }
    let totals = pricing::price(&rules(ledger), &lines, &discounts(&message.discounts)).map_err(|_| None)?;
    Ok((products, totals))
}

/// The barcode that products share whose SKUs end alike.
pub fn shared_barcode(sku: &str) -> String {
    format!("shared-{}", &sku[sku.len().saturating_sub(1)..])
}

fn discounts(discounts: &[pb::Discount]) -> Vec<pricing::Discount> {
    let value = |it: &pb::Discount| match it.value.as_ref()? {
        Value::Amount(money) => Some(pricing::Discount::Amount(money.amount_minor)),
        Value::Percent(percent) => Rate::try_from(percent).ok().map(pricing::Discount::Percent),
    };
    discounts.iter().filter_map(value).collect()
}

/// The shop's rules.
pub fn rules(ledger: &Ledger) -> Rules {
    pricing_rules(ledger.shop())
}

/// What a terminal computes: change and rounding.
pub fn settled(
    ledger: &Ledger,
    total: i64,
    tenders: &[pb::Tender],
) -> Result<pricing::Settlement, Option<Reason>> {
    let tenders: Vec<_> = tenders
        .iter()
        .map(|it| pricing::Tender { cash: it.r#type == CASH, amount: minor(&it.amount), tip: minor(&it.tip) })
        .collect();
    pricing::settle(&rules(ledger), total, &tenders).map_err(|_| None)
}

/// The cash that a refund pays, if its tenders are the right ones.
fn refund_cash(
    ledger: &Ledger,
    sale: &Document,
    total: i64,
    tenders: &[pb::Tender],
    with_goods: bool,
) -> Option<i64> {
    let (mut cash, mut others) = (0, 0);
    let mut paid_back = sale.paid_back.clone();
    for tender in tenders {
        let amount = minor(&tender.amount);
        if tender.r#type == CASH {
            cash += amount;
            continue;
        }
        others += amount;
        let so_far = paid_back.entry(tender.r#type).or_default();
        *so_far += amount;
        if !sale.kinds().contains(&tender.r#type) || *so_far > sale.captured(tender.r#type) {
            return None;
        }
    }
    let exact = total - others;
    if exact < 0 {
        return None;
    }
    if exact == 0 && cash == 0 {
        return Some(0);
    }
    (cash == cash_due(ledger, sale, exact, with_goods)?).then_some(cash)
}

/// The cash that is due for so much of a sale, rounded over all that came back in cash.
pub fn cash_due(ledger: &Ledger, sale: &Document, exact: i64, with_goods: bool) -> Option<i64> {
    // A supervisor pays back in cash what other goods paid in an exchange, too.
    let is_cash = |kind: i32| kind == CASH || with_goods && kind == GOODS;
    let (cash, others): (Vec<i32>, Vec<i32>) = sale.kinds().iter().partition(|kind| is_cash(**kind));
    let captured = |kinds: &[i32]| kinds.iter().map(|kind| sale.captured(*kind)).sum::<i64>();
    let so_far = sale.cash_exact + exact;
    if so_far > sale.order.total - captured(&others) {
        return None;
    }
    let shop = ledger.shop();
    let rounded = rounded(so_far, shop.cash_unit, shop.cash_refund_mode).min(captured(&cash));
    let returned = [CASH, GOODS].iter().filter_map(|kind| sale.paid_back.get(kind)).sum::<i64>();
    Some((rounded - returned).max(0))
}
