//! The words for what the journal records.

use std::{collections::BTreeSet, fmt::Display};

use chrono::DateTime;
use kassa_proto::{
    money::Currency,
    v1::{self as pb, journal_record::Entry},
};

use crate::{access::role_name, events};

/// The users whose names the words need.
pub fn names_in(entry: &Entry) -> Vec<&str> {
    match entry {
        Entry::GrantGiven(pb::GrantGivenEntry { approval: Some(approval), .. }) => {
            vec![&approval.requester_user_id, &approval.approver_user_id]
        }
        Entry::PinSet(pb::PinSetEntry { pin: Some(pin), .. })
        | Entry::PinFailed(pb::PinFailedEntry { pin: Some(pin) })
        | Entry::UserUnlocked(pb::UserUnlockedEntry { pin: Some(pin) }) => vec![&pin.user_id],
        Entry::SignedIn(entry) => vec![&entry.user_id],
        Entry::ClockedIn(pb::ClockedInEntry { attendance: Some(attendance) })
        | Entry::ClockedOut(pb::ClockedOutEntry { attendance: Some(attendance) }) => {
            vec![&attendance.user_id]
        }
        other => approvers(other).into_iter().collect(),
    }
}

/// Who else allowed what happened.
fn approvers(entry: &Entry) -> BTreeSet<&str> {
    let approvals: [&[pb::Approval]; 2] = match entry {
        Entry::Sale(entry) => [&entry.approvals, &[]],
        Entry::Return(entry) => [&entry.approvals, &[]],
        Entry::Exchange(entry) => {
            let returned = entry.returned.as_ref().map(|it| it.approvals.as_slice());
            let sold = entry.sold.as_ref().map(|it| it.approvals.as_slice());
            [returned.unwrap_or_default(), sold.unwrap_or_default()]
        }
        Entry::StockAdjusted(entry) => [&entry.approvals, &[]],
        Entry::CashMoved(entry) => [&entry.approvals, &[]],
        Entry::CashSent(entry) => [&entry.approvals, &[]],
        Entry::DrawerOpened(entry) => [&entry.approvals, &[]],
        Entry::DrawerReconciled(entry) => [&entry.approvals, &[]],
        Entry::ShiftClosed(entry) => [&entry.approvals, &[]],
        _ => [&[], &[]],
    };
    approvals.into_iter().flatten().map(|approval| approval.approver_user_id.as_str()).collect()
}

/// What happened, in a line, and who allowed it.
pub fn words(entry: &Entry, name: &dyn Fn(&str) -> String) -> String {
    let allowed = |words, approver| format!("{words}; {} allowed it", name(approver));
    approvers(entry).into_iter().fold(happened(entry, name), allowed)
}

fn happened(entry: &Entry, name: &dyn Fn(&str) -> String) -> String {
    match entry {
        Entry::BooksOpened(_) => "the books were opened".to_owned(),
        Entry::BooksRestored(entry) => {
            format!("the backup {} was restored, now in epoch {}", entry.backup, entry.epoch)
        }
        Entry::SettingsPut(entry) => {
            let version = entry.settings.as_ref().map_or(0, |settings| settings.version);
            format!("settings changed, now at version {version}")
        }
        Entry::ProductsPut(entry) => {
            let written = list("products", entry.products.iter().map(|it| it.sku.as_str()));
            let prices = entry.price_changes.iter().map(price_change);
            if prices.len() == 0 { written } else { format!("{written}; {}", first_few(prices)) }
        }
        Entry::BranchPricesPut(entry) => {
            let prices = entry.price_changes.iter().zip(&entry.branch_prices).map(|(change, price)| {
                let list = if price.price.is_none() { " (list price)" } else { "" };
                format!("{}{list}", price_change(change))
            });
            format!("prices at {} written: {}", entry.branch_code, first_few(prices))
        }
        Entry::BranchesPut(entry) => list("branches", entry.branches.iter().map(|it| it.code.as_str())),
        Entry::RegistersPut(entry) => list("registers", entry.registers.iter().map(|it| it.code.as_str())),
        Entry::UsersPut(entry) => {
            let users: Vec<String> = entry
                .users
                .iter()
                .map(|user| format!("{} ({})", user.name, role_name(user.role())))
                .collect();
            list("users", users.iter().map(String::as_str))
        }
        // By their ids: nothing that is said of a person is in the journal.
        Entry::CustomersPut(entry) => {
            list("customers", entry.customers.iter().map(|it| it.customer_id.as_str()))
        }
        Entry::CustomerAnonymized(entry) => format!("customer {} forgotten", entry.customer_id),
        Entry::PairingCodeCreated(entry) => {
            format!("pairing code made for the terminal {}", entry.terminal_name)
        }
        Entry::TerminalPaired(entry) => format!("terminal {} paired", entry.terminal_name),
        Entry::TerminalRevoked(_) => "terminal revoked".to_owned(),
        Entry::LocalTokenRenewed(_) => "local token made anew".to_owned(),
        Entry::ClockChanged(entry) => {
            let from = entry.from_time.and_then(|from| DateTime::from_timestamp(from.seconds, 0));
            let from = from.map_or_else(String::new, |from| format!(" from {} UTC", from.format("%F %T")));
            format!("the server's clock went back{from}")
        }
        Entry::PinSet(entry) => format!("PIN set for {}", of_pin(entry.pin.as_ref(), name)),
        Entry::PinFailed(entry) => {
            let count = entry.pin.as_ref().map_or(0, |pin| pin.failed_count);
            format!("wrong PIN of {}, {count} in a row", of_pin(entry.pin.as_ref(), name))
        }
        Entry::UserUnlocked(entry) => format!("wrong PINs of {} forgiven", of_pin(entry.pin.as_ref(), name)),
        Entry::SignedIn(entry) => format!("{} signed in", name(&entry.user_id)),
        Entry::SignedOut(_) => "signed out".to_owned(),
        Entry::GrantGiven(entry) => entry.approval.as_ref().map_or_else(String::new, |approval| {
            let [requester, approver] =
                [&approval.requester_user_id, &approval.approver_user_id].map(|id| name(id));
            format!("{approver} allowed {requester}: {}", approved(approval))
        }),
        Entry::Sale(entry) => document("sale", entry.order.as_ref()),
        Entry::Return(entry) => document("gave back", entry.order.as_ref()),
        Entry::Exchange(entry) => {
            let returned = entry.returned.as_ref().and_then(|it| it.order.as_ref());
            let sold = entry.sold.as_ref().and_then(|it| it.order.as_ref());
            format!("{} {}", document("exchanged", returned), document("for", sold))
        }
        Entry::ShiftOpened(entry) => shift("opened", entry.shift.as_ref()),
        Entry::ShiftHandedOver(entry) => shift("handed over", entry.shift.as_ref()),
        Entry::ShiftEnded(entry) => shift("ended", entry.shift.as_ref()),
        Entry::ShiftCounted(entry) => shift("counted, and not closed", entry.shift.as_ref()),
        Entry::ShiftClosed(entry) => shift("closed", entry.shift.as_ref()),
        Entry::CashMoved(entry) => moved(entry.movement.as_ref()),
        Entry::CashSent(entry) => moved(entry.movement.as_ref()),
        Entry::CashReceived(entry) => moved(entry.movement.as_ref()),
        Entry::DrawerOpened(entry) => remarked("drawer opened without a sale", &entry.reason),
        Entry::DrawerReconciled(entry) => {
            let [counted, expected] = [&entry.counted, &entry.expected].map(|money| amount(money.as_ref()));
            remarked(&format!("drawer counted, {counted} where {expected} should be"), &entry.reason)
        }
        Entry::PurchasePut(entry) => purchase("put", entry.purchase.as_ref()),
        Entry::PurchaseApproved(entry) => purchase("approved", entry.purchase.as_ref()),
        Entry::PurchaseCancelled(entry) => {
            let why = entry.purchase.as_ref().map_or("", |purchase| purchase.reason.as_str());
            format!("{}: {why}", purchase("cancelled", entry.purchase.as_ref()))
        }
        Entry::LowStock(entry) => {
            let [left, level] = [&entry.quantity, &entry.low_quantity].map(|it| decimal(it.as_ref()));
            format!("{} is low: {left} left, the level is {level}", entry.sku)
        }
        Entry::StockLevelsPut(entry) => {
            format!("stock levels written: {}", number_of(entry.levels.len(), "product"))
        }
        Entry::ClockedIn(pb::ClockedInEntry { attendance: Some(came) }) => {
            format!("{} clocked in", name(&came.user_id))
        }
        Entry::ClockedOut(pb::ClockedOutEntry { attendance: Some(left) }) => clocked_out(left, name),
        Entry::StockSent(entry) => {
            let transfer = entry.transfer.clone().unwrap_or_default();
            format!("goods sent to {}: {}", transfer.to_branch_code, goods(&transfer))
        }
        Entry::StockReceived(entry) => {
            let transfer = entry.transfer.clone().unwrap_or_default();
            let what = match transfer.state() {
                pb::StockTransferState::TakenBack => "goods taken back".to_owned(),
                _ => format!("goods received from {}", transfer.from_branch_code),
            };
            let how = if transfer.differs { ", not as they were sent" } else { "" };
            format!("{what}: {}{how}", goods(&transfer))
        }
        Entry::StockAdjusted(entry) => {
            let adjustment = entry.adjustment.clone().unwrap_or_default();
            let lines = first_few(adjustment.lines.iter().map(adjusted));
            format!("stock adjusted, worth {}: {lines}", amount(adjustment.value.as_ref()))
        }
        Entry::StockCountStarted(entry) => {
            let note = entry.count.as_ref().map_or("", |count| count.note.as_str());
            remarked("stock count started", note)
        }
        Entry::StockCountEntered(entry) => counted("entered", entry.count.as_ref(), |line| {
            Some(format!("{} {}", line.sku, decimal(line.counted.as_ref())))
        }),
        Entry::StockCountFinished(entry) => counted("finished", entry.count.as_ref(), |line| {
            let difference = decimal(line.difference.as_ref());
            (difference != "0").then(|| format!("{} by {difference}", line.sku))
        }),
        Entry::StockCountCancelled(entry) => {
            let reason = entry.count.as_ref().map_or("", |count| count.cancel_reason.as_str());
            remarked("stock count cancelled", reason)
        }
        // What has no words of its own has those of its kind.
        _ => events::kind(entry)
            .as_str_name()
            .trim_start_matches("EVENT_KIND_")
            .to_lowercase()
            .replace('_', " "),
    }
}

fn clocked_out(left: &pb::Attendance, name: &dyn Fn(&str) -> String) -> String {
    let minutes = left.worked.unwrap_or_default().seconds / 60;
    let afterwards = if left.corrected { ", written down afterwards" } else { "" };
    let why = if left.reason.is_empty() { String::new() } else { format!(": {}", left.reason) };
    let worked = format!("{}:{:02} hours", minutes / 60, minutes % 60);
    format!("{} clocked out after {worked}{afterwards}{why}", name(&left.user_id))
}

fn of_pin(pin: Option<&pb::PinState>, name: &dyn Fn(&str) -> String) -> String {
    pin.map(|pin| name(&pin.user_id)).unwrap_or_default()
}

fn list<'a>(what: &str, items: impl ExactSizeIterator<Item = &'a str>) -> String {
    format!("{what} written: {}", first_few(items.map(str::to_owned)))
}

/// The first few of many.
fn first_few(items: impl ExactSizeIterator<Item = String>) -> String {
    const SHOWN: usize = 5;
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.take(SHOWN).collect::<Vec<_>>().join(", ");
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{shown}{rest}")
}

fn price_change(change: &pb::PriceChange) -> String {
    format!("{}: {} -> {}", change.sku, amount(change.before.as_ref()), amount(change.after.as_ref()))
}

/// `milk -2 (damaged)`
fn adjusted(line: &pb::StockAdjustmentLine) -> String {
    let reason = line.reason().as_str_name().trim_start_matches("STOCK_ADJUSTMENT_REASON_").to_lowercase();
    format!("{} {} ({})", line.sku, decimal(line.quantity.as_ref()), reason.replace('_', " "))
}

fn counted(
    what: &str,
    count: Option<&pb::StockCount>,
    words: impl Fn(&pb::StockCountLine) -> Option<String>,
) -> String {
    let lines = count.map_or([].as_slice(), |count| &count.lines);
    let words: Vec<String> = lines.iter().filter_map(words).collect();
    let products = number_of(lines.len(), "product");
    remarked(&format!("stock count {what}, {products}"), &first_few(words.into_iter()))
}

/// `1 product`, `2 products`.
fn number_of<N: Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {one}{ending}")
}

/// `safe drop 30.00: the drawer is full`
fn moved(movement: Option<&pb::CashMovement>) -> String {
    let movement = movement.cloned().unwrap_or_default();
    let words = format!("{} {}", movement_type(movement.r#type()), amount(movement.amount.as_ref()));
    remarked(&words, &movement.reason)
}

fn movement_type(kind: pb::MovementType) -> String {
    kind.as_str_name().trim_start_matches("MOVEMENT_TYPE_").to_lowercase().replace('_', " ")
}

/// What happened, and what is said of it, if anything is.
fn remarked(what: &str, remark: &str) -> String {
    if remark.is_empty() { what.to_owned() } else { format!("{what}: {remark}") }
}

fn shift(what: &str, shift: Option<&pb::Shift>) -> String {
    format!("shift {} {what}", shift.map_or("", |shift| shift.number.as_str()))
}

fn purchase(what: &str, purchase: Option<&pb::Purchase>) -> String {
    let purchase = purchase.cloned().unwrap_or_default();
    let named = [purchase.number.as_str(), purchase.document_number.as_str()].join(" ");
    let (named, cost) = (named.trim(), amount(purchase.cost_total.as_ref()));
    let space = if named.is_empty() { "" } else { " " };
    format!("purchase{space}{named} from {} {what}, {cost}", purchase.supplier)
}

fn document(what: &str, order: Option<&pb::Order>) -> String {
    let order = order.cloned().unwrap_or_default();
    format!("{what} {}: {}", order.receipt_number, amount(order.total.as_ref()))
}

fn goods(transfer: &pb::StockTransfer) -> String {
    format!("{}, {}", transfer.number, number_of(transfer.line_count, "line"))
}

fn approved(approval: &pb::Approval) -> String {
    let action = approval.action().as_str_name().trim_start_matches("APPROVAL_ACTION_").to_lowercase();
    let of = if approval.order_id.is_empty() { String::new() } else { format!(" of {}", approval.order_id) };
    let movement = match approval.movement_type() {
        pb::MovementType::Unspecified => String::new(),
        kind => format!(" {}", movement_type(kind)),
    };
    let covered = match approval.action() {
        pb::ApprovalAction::OpenDrawer | pb::ApprovalAction::CloseShift => String::new(),
        pb::ApprovalAction::Discount
        | pb::ApprovalAction::PriceOverride
        | pb::ApprovalAction::VoidSale
        | pb::ApprovalAction::PaidOut
        | pb::ApprovalAction::RefundTender
        | pb::ApprovalAction::StockAdjustment
        | pb::ApprovalAction::Drawer
        | pb::ApprovalAction::Unspecified => format!(", up to {}", amount(approval.amount.as_ref())),
    };
    format!("{}{movement}{of}{covered}", action.replace('_', " "))
}

fn decimal(decimal: Option<&pb::Decimal>) -> &str {
    decimal.map_or("", |decimal| decimal.value.as_str())
}

fn amount(money: Option<&pb::Money>) -> String {
    let Some(money) = money else { return String::new() };
    Currency::from_code(&money.currency_code)
        .map_or_else(|| money.amount_minor.to_string(), |currency| currency.format(money.amount_minor))
}
