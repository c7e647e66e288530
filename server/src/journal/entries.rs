//! The table of what the journal records. An entry that is not in it does not compile, and none goes without its
//! chain, its event, its document, its line in the money log, who allowed it, and its words.

use kassa_proto::v1::{
    self as pb, DocumentKind as Doc, EventKind as Event, JournalKind as Chain, OrderKind,
    journal_record::Entry,
};

use super::words;

/// Gives the name of a user by their id.
pub type Name<'a> = dyn Fn(&str) -> String + 'a;

/// What a record is.
pub struct About<'a> {
    /// The chain of its register that it stands in.
    pub chain: Chain,
    /// What it is to whoever follows what happens in its branch.
    pub event: Event,
    /// The document that it made or changed, by its id: what a key with which it was asked for answers for.
    pub document: Option<(Doc, &'a str)>,
    /// The documents about money in it, for the money log.
    pub money: Vec<Money<'a>>,
    /// With whose approval it was done.
    pub approvals: Vec<&'a pb::Approval>,
    /// What happened, in a line for the audit log.
    words: Box<dyn Fn(&Name) -> String + 'a>,
}

/// A document about money: its number, or its id where it has none, and how much it is.
pub type Money<'a> = (&'a str, Option<&'a pb::Money>);

impl About<'_> {
    /// What happened, in a line, and who allowed it.
    pub fn words(&self, name: &Name) -> String {
        let mut approvers: Vec<&str> = self.approvals.iter().map(|it| it.approver_user_id.as_str()).collect();
        approvers.sort_unstable();
        approvers.dedup();
        let allowed = |words, approver: &str| format!("{words}; {} allowed it", name(approver));
        approvers.into_iter().fold((self.words)(name), allowed)
    }
}

/// The row of the table for an entry.
pub fn about(entry: &Entry) -> About<'_> {
    match entry {
        Entry::Sale(it) => of_order(Event::SaleCompleted, "sale", it.order.as_ref(), &it.approvals),
        Entry::Return(it) => {
            let is_void = it.order.as_ref().is_some_and(|order| order.kind() == OrderKind::Void);
            let event = if is_void { Event::SaleVoided } else { Event::SaleRefunded };
            of_order(event, "gave back", it.order.as_ref(), &it.approvals)
        }
        Entry::Exchange(it) => exchange(it),
        Entry::ReceiptPrinted(_) => {
            let words = words::of(Event::ReceiptPrinted);
            row((Chain::Copies, Event::ReceiptPrinted), None, [], &[], words)
        }
        Entry::DraftDiscarded(it) => {
            let document = it.draft.as_ref().map(|draft| (Doc::Draft, draft.draft_id.as_str()));
            row((Chain::Audit, Event::DraftDiscarded), document, [], &[], words::of(Event::DraftDiscarded))
        }

        Entry::ShiftOpened(it) => {
            of_shift(Event::ShiftOpened, "opened", it.shift.as_ref(), |shift| shift.opening_float.as_ref())
        }
        Entry::ShiftActivity(_) => {
            row((Chain::Shifts, Event::ShiftActivity), None, [], &[], words::of(Event::ShiftActivity))
        }
        Entry::ShiftHandedOver(it) => {
            of_shift(Event::ShiftHandedOver, "handed over", it.shift.as_ref(), counted)
        }
        Entry::ShiftEnded(it) => of_shift(Event::ShiftEnded, "ended", it.shift.as_ref(), |_| None),
        // The count is kept and the close rejected: whoever asked may ask again with the same key.
        Entry::ShiftCounted(it) => {
            let words = "counted, and not closed";
            About { document: None, ..of_shift(Event::ShiftCounted, words, it.shift.as_ref(), counted) }
        }
        Entry::ShiftClosed(it) => {
            let closed = of_shift(Event::ShiftClosed, "closed", it.shift.as_ref(), counted);
            About { approvals: it.approvals.iter().collect(), ..closed }
        }
        Entry::ClockedIn(it) => {
            let came = it.attendance.as_ref();
            of_attendance(Event::ClockedIn, came, |came, name| words::clocked_in(came, name))
        }
        Entry::ClockedOut(it) => {
            let left = it.attendance.as_ref();
            of_attendance(Event::ClockedOut, left, |left, name| words::clocked_out(left, name))
        }

        Entry::CashMoved(it) => {
            let movement = it.movement.as_ref();
            let document = movement.map(|movement| (Doc::CashMovement, movement.movement_id.as_str()));
            let money = movement.map(|movement| (movement.movement_id.as_str(), movement.amount.as_ref()));
            let words = move |_: &Name| words::moved(movement);
            row((Chain::Drawer, Event::CashMoved), document, money, &it.approvals, words)
        }
        Entry::CashSent(it) => {
            of_transfer(Event::CashSent, it.transfer.as_ref(), it.movement.as_ref(), &it.approvals)
        }
        Entry::CashReceived(it) => {
            of_transfer(Event::CashReceived, it.transfer.as_ref(), it.movement.as_ref(), &[])
        }
        Entry::DrawerOpened(it) => {
            let money = [(it.shift_id.as_str(), None)];
            let words = |_: &Name| words::remarked("drawer opened without a sale", &it.reason);
            row((Chain::Drawer, Event::DrawerOpened), None, money, &it.approvals, words)
        }
        Entry::DrawerReconciled(it) => {
            let movement = it.movement.as_ref();
            let document = movement.map(|movement| (Doc::CashMovement, movement.movement_id.as_str()));
            let money = [(it.shift_id.as_str(), it.counted.as_ref())];
            let words = |_: &Name| words::reconciled(it);
            row((Chain::Drawer, Event::DrawerReconciled), document, money, &it.approvals, words)
        }

        Entry::PurchasePut(it) => {
            of_purchase(Event::PurchasePut, it.purchase.as_ref(), false, |it| words::purchase("put", it))
        }
        Entry::PurchaseApproved(it) => {
            of_purchase(Event::PurchaseApproved, it.purchase.as_ref(), true, |it| {
                words::purchase("approved", it)
            })
        }
        Entry::PurchaseCancelled(it) => {
            of_purchase(Event::PurchaseCancelled, it.purchase.as_ref(), true, words::purchase_cancelled)
        }
        // Beside what made it so, whose record has the document.
        Entry::LowStock(it) => {
            row((Chain::Stock, Event::LowStock), None, [], &[], |_: &Name| words::low_stock(it))
        }
        Entry::StockLevelsPut(it) => {
            let words = |_: &Name| words::levels(it);
            row((Chain::Stock, Event::StockLevelsChanged), None, [], &[], words)
        }
        Entry::StockSent(it) => of_stock_transfer(Event::StockSent, it.transfer.as_ref(), words::stock_sent),
        Entry::StockReceived(it) => {
            of_stock_transfer(Event::StockReceived, it.transfer.as_ref(), words::stock_received)
        }
        Entry::StockAdjusted(it) => {
            let adjustment = it.adjustment.as_ref();
            let document = adjustment.map(|it| (Doc::StockAdjustment, it.adjustment_id.as_str()));
            let money = adjustment.map(|it| (it.adjustment_id.as_str(), it.value.as_ref()));
            let words = move |_: &Name| adjustment.map(words::adjusted).unwrap_or_default();
            row((Chain::Stock, Event::StockAdjusted), document, money, &it.approvals, words)
        }
        Entry::StockCountStarted(it) => {
            of_count(Event::StockCountStarted, it.count.as_ref(), words::count_started)
        }
        Entry::StockCountEntered(it) => {
            of_count(Event::StockCountEntered, it.count.as_ref(), words::count_entered)
        }
        Entry::StockCountFinished(it) => {
            of_count(Event::StockCountFinished, it.count.as_ref(), words::count_finished)
        }
        Entry::StockCountCancelled(it) => {
            of_count(Event::StockCountCancelled, it.count.as_ref(), words::count_cancelled)
        }

        Entry::CustomersPut(it) => audit(Event::CustomersChanged, |_: &Name| words::customers(it)),
        Entry::CustomerAnonymized(it) => {
            let document = Some((Doc::Customer, it.customer_id.as_str()));
            let words = |_: &Name| format!("customer {} forgotten", it.customer_id);
            row((Chain::Audit, Event::CustomerAnonymized), document, [], &[], words)
        }
        Entry::ProductsPut(it) => audit(Event::ProductsChanged, |_: &Name| words::products(it)),
        Entry::BranchPricesPut(it) => audit(Event::BranchPricesChanged, |_: &Name| words::branch_prices(it)),
        Entry::SettingsPut(it) => audit(Event::SettingsChanged, |_: &Name| words::settings(it)),
        Entry::BooksOpened(_) => audit(Event::BooksOpened, |_: &Name| "the books were opened".to_owned()),
        Entry::BooksRestored(it) => audit(Event::BooksRestored, |_: &Name| words::restored(it)),
        Entry::BranchesPut(it) => audit(Event::BranchesChanged, |_: &Name| words::branches(it)),
        Entry::RegistersPut(it) => audit(Event::RegistersChanged, |_: &Name| words::registers(it)),
        Entry::UsersPut(it) => audit(Event::UsersChanged, |_: &Name| words::users(it)),
        Entry::GrantGiven(it) => audit(Event::GrantGiven, |name: &Name| words::granted(it, name)),
        Entry::PinSet(it) => audit(Event::PinChanged, |name: &Name| {
            format!("PIN set for {}", words::of_pin(it.pin.as_ref(), name))
        }),
        Entry::PinFailed(it) => audit(Event::PinFailed, |name: &Name| words::pin_failed(it, name)),
        Entry::UserUnlocked(it) => audit(Event::PinChanged, |name: &Name| {
            format!("wrong PINs of {} forgiven", words::of_pin(it.pin.as_ref(), name))
        }),
        Entry::SignedIn(it) => {
            audit(Event::SignedIn, |name: &Name| format!("{} signed in", name(&it.user_id)))
        }
        Entry::SignedOut(_) => audit(Event::SignedOut, |_: &Name| "signed out".to_owned()),
        Entry::PairingCodeCreated(it) => audit(Event::TerminalChanged, |_: &Name| {
            format!("pairing code made for the terminal {}", it.terminal_name)
        }),
        Entry::TerminalPaired(it) => {
            audit(Event::TerminalChanged, |_: &Name| format!("terminal {} paired", it.terminal_name))
        }
        Entry::TerminalRevoked(_) => audit(Event::TerminalChanged, |_: &Name| "terminal revoked".to_owned()),
        Entry::LocalTokenRenewed(_) => {
            audit(Event::TerminalChanged, |_: &Name| "local token made anew".to_owned())
        }
        Entry::ClockChanged(it) => audit(Event::ClockChanged, |_: &Name| words::clock(it)),
    }
}

fn row<'a>(
    (chain, event): (Chain, Event),
    document: Option<(Doc, &'a str)>,
    money: impl IntoIterator<Item = Money<'a>>,
    approvals: &'a [pb::Approval],
    words: impl Fn(&Name) -> String + 'a,
) -> About<'a> {
    About {
        chain,
        event,
        document,
        money: money.into_iter().collect(),
        approvals: approvals.iter().collect(),
        words: Box::new(words),
    }
}

/// What is of no document and not about money.
fn audit<'a>(event: Event, words: impl Fn(&Name) -> String + 'a) -> About<'a> {
    row((Chain::Audit, event), None, [], &[], words)
}

fn of_order<'a>(
    event: Event,
    what: &'static str,
    order: Option<&'a pb::Order>,
    approvals: &'a [pb::Approval],
) -> About<'a> {
    let document = order.map(|order| (Doc::Order, order.order_id.as_str()));
    let words = move |_: &Name| words::order(what, order);
    row((Chain::Sales, event), document, order.map(order_money), approvals, words)
}

fn order_money(order: &pb::Order) -> Money<'_> {
    (&order.receipt_number, order.total.as_ref())
}

/// Two documents, of which the key that asked for them answers for the sale.
fn exchange(entry: &pb::ExchangeEntry) -> About<'_> {
    let (returned, sold) = (entry.returned.as_ref(), entry.sold.as_ref());
    let (back, sale) = (returned.and_then(|it| it.order.as_ref()), sold.and_then(|it| it.order.as_ref()));
    let approvals = returned.into_iter().flat_map(|it| &it.approvals);
    About {
        chain: Chain::Sales,
        event: Event::SaleExchanged,
        document: sale.map(|sale| (Doc::Order, sale.order_id.as_str())),
        money: back.into_iter().chain(sale).map(order_money).collect(),
        approvals: approvals.chain(sold.into_iter().flat_map(|it| &it.approvals)).collect(),
        words: Box::new(move |_| {
            format!("{} {}", words::order("exchanged", back), words::order("for", sale))
        }),
    }
}

fn of_shift<'a>(
    event: Event,
    what: &'static str,
    shift: Option<&'a pb::Shift>,
    cash: fn(&'a pb::Shift) -> Option<&'a pb::Money>,
) -> About<'a> {
    let document = shift.map(|shift| (Doc::Shift, shift.shift_id.as_str()));
    let money = shift.map(|shift| (shift.number.as_str(), cash(shift)));
    row((Chain::Shifts, event), document, money, &[], move |_: &Name| words::shift(what, shift))
}

fn counted(shift: &pb::Shift) -> Option<&pb::Money> {
    shift.counted_cash.as_ref()
}

fn of_attendance<'a>(
    event: Event,
    attendance: Option<&'a pb::Attendance>,
    words: fn(&pb::Attendance, &Name) -> String,
) -> About<'a> {
    let document = attendance.map(|it| (Doc::Attendance, it.attendance_id.as_str()));
    let words = move |name: &Name| attendance.map_or_else(|| words::of(event)(name), |it| words(it, name));
    row((Chain::Audit, event), document, [], &[], words)
}

fn of_transfer<'a>(
    event: Event,
    transfer: Option<&'a pb::CashTransfer>,
    movement: Option<&'a pb::CashMovement>,
    approvals: &'a [pb::Approval],
) -> About<'a> {
    let document = transfer.map(|transfer| (Doc::CashTransfer, transfer.transfer_id.as_str()));
    let money = transfer.map(|transfer| (transfer.transfer_id.as_str(), transfer.amount.as_ref()));
    row((Chain::Drawer, event), document, money, approvals, move |_: &Name| words::moved(movement))
}

/// A draft moves no money yet.
fn of_purchase<'a>(
    event: Event,
    purchase: Option<&'a pb::Purchase>,
    is_about_money: bool,
    words: fn(&pb::Purchase) -> String,
) -> About<'a> {
    let document = purchase.map(|purchase| (Doc::Purchase, purchase.purchase_id.as_str()));
    let money = purchase.filter(|_| is_about_money);
    let money = money.map(|purchase| (purchase.number.as_str(), purchase.cost_total.as_ref()));
    row((Chain::Stock, event), document, money, &[], move |_: &Name| purchase.map(words).unwrap_or_default())
}

fn of_stock_transfer<'a>(
    event: Event,
    transfer: Option<&'a pb::StockTransfer>,
    words: fn(&pb::StockTransfer) -> String,
) -> About<'a> {
    let document = transfer.map(|transfer| (Doc::StockTransfer, transfer.transfer_id.as_str()));
    let words = move |_: &Name| transfer.map(words).unwrap_or_default();
    row((Chain::Stock, event), document, [], &[], words)
}

fn of_count<'a>(
    event: Event,
    count: Option<&'a pb::StockCount>,
    words: fn(&pb::StockCount) -> String,
) -> About<'a> {
    let document = count.map(|count| (Doc::StockCount, count.count_id.as_str()));
    row((Chain::Stock, event), document, [], &[], move |_: &Name| count.map(words).unwrap_or_default())
}
