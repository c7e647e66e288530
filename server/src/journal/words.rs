//! The words for what the journal records.

use std::fmt::Display;

use chrono::DateTime;
use kassa_proto::{
    money::Currency,
    v1::{self as pb, EventKind},
};

use super::entries::Name;
use crate::caller::role_name;

/// What has no words of its own has those of its kind: `draft discarded`.
pub fn of(event: EventKind) -> impl Fn(&Name) -> String {
    move |_| event.as_str_name().trim_start_matches("EVENT_KIND_").to_lowercase().replace('_', " ")
}

pub fn restored(entry: &pb::BooksRestoredEntry) -> String {
    format!("the backup {} was restored, now in epoch {}", entry.backup, entry.epoch)
}

pub fn settings(entry: &pb::SettingsPutEntry) -> String {
    let version = entry.settings.as_ref().map_or(0, |settings| settings.version);
    format!("settings changed, now at version {version}")
}

pub fn products(entry: &pb::ProductsPutEntry) -> String {
    let written = list("products", entry.products.iter().map(|it| it.sku.as_str()));
    let prices = entry.price_changes.iter().map(price_change);
    if prices.len() == 0 { written } else { format!("{written}; {}", first_few(prices)) }
}

pub fn branch_prices(entry: &pb::BranchPricesPutEntry) -> String {
    let prices = entry.price_changes.iter().zip(&entry.branch_prices).map(|(change, price)| {
        let list = if price.price.is_none() { " (list price)" } else { "" };
        format!("{}{list}", price_change(change))
    });
    format!("prices at {} written: {}", entry.branch_code, first_few(prices))
}

pub fn branches(entry: &pb::BranchesPutEntry) -> String {
    list("branches", entry.branches.iter().map(|it| it.code.as_str()))
}

pub fn registers(entry: &pb::RegistersPutEntry) -> String {
    list("registers", entry.registers.iter().map(|it| it.code.as_str()))
}

pub fn users(entry: &pb::UsersPutEntry) -> String {
    let users = entry.users.iter().map(|user| format!("{} ({})", user.name, role_name(user.role())));
    format!("users written: {}", first_few(users))
}

/// By their ids: nothing that is said of a person is in the journal.
pub fn customers(entry: &pb::CustomersPutEntry) -> String {
    list("customers", entry.customers.iter().map(|it| it.customer_id.as_str()))
}

pub fn clock(entry: &pb::ClockChangedEntry) -> String {
    let from = entry.from_time.and_then(|from| DateTime::from_timestamp(from.seconds, 0));
    let from = from.map_or_else(String::new, |from| format!(" from {} UTC", from.format("%F %T")));
    format!("the server's clock went back{from}")
}

pub fn pin_failed(entry: &pb::PinFailedEntry, name: &Name) -> String {
    let count = entry.pin.as_ref().map_or(0, |pin| pin.failed_count);
    format!("wrong PIN of {}, {count} in a row", of_pin(entry.pin.as_ref(), name))
}

pub fn granted(entry: &pb::GrantGivenEntry, name: &Name) -> String {
    entry.approval.as_ref().map_or_else(String::new, |approval| {
        let [requester, approver] =
            [&approval.requester_user_id, &approval.approver_user_id].map(|id| name(id));
        format!("{approver} allowed {requester}: {}", approved(approval))
    })
}

pub fn reconciled(entry: &pb::DrawerReconciledEntry) -> String {
    let [counted, expected] = [&entry.counted, &entry.expected].map(|money| amount(money.as_ref()));
    remarked(&format!("drawer counted, {counted} where {expected} should be"), &entry.reason)
}

pub fn purchase_cancelled(purchase: &pb::Purchase) -> String {
    format!("{}: {}", self::purchase("cancelled", purchase), purchase.reason)
}

pub fn low_stock(entry: &pb::LowStockEntry) -> String {
    let [left, level] = [&entry.quantity, &entry.low_quantity].map(|it| decimal(it.as_ref()));
    format!("{} is low: {left} left, the level is {level}", entry.sku)
}

pub fn levels(entry: &pb::StockLevelsPutEntry) -> String {
    format!("stock levels written: {}", number_of(entry.levels.len(), "product"))
}

pub fn stock_sent(transfer: &pb::StockTransfer) -> String {
    format!("goods sent to {}: {}", transfer.to_branch_code, goods(transfer))
}

pub fn stock_received(transfer: &pb::StockTransfer) -> String {
    let what = match transfer.state() {
        pb::StockTransferState::TakenBack => "goods taken back".to_owned(),
        pb::StockTransferState::Sent
        | pb::StockTransferState::Received
        | pb::StockTransferState::Unspecified => format!("goods received from {}", transfer.from_branch_code),
    };
    let how = if transfer.differs { ", not as they were sent" } else { "" };
    format!("{what}: {}{how}", goods(transfer))
}

pub fn adjusted(adjustment: &pb::StockAdjustment) -> String {
    let lines = first_few(adjustment.lines.iter().map(adjusted_line));
    format!("stock adjusted, worth {}: {lines}", amount(adjustment.value.as_ref()))
}

pub fn count_started(count: &pb::StockCount) -> String {
    remarked("stock count started", &count.note)
}

pub fn count_entered(count: &pb::StockCount) -> String {
    counted("entered", count, |line| Some(format!("{} {}", line.sku, decimal(line.counted.as_ref()))))
}

pub fn count_finished(count: &pb::StockCount) -> String {
    counted("finished", count, |line| {
        let difference = decimal(line.difference.as_ref());
        (difference != "0").then(|| format!("{} by {difference}", line.sku))
    })
}

pub fn count_cancelled(count: &pb::StockCount) -> String {
    remarked("stock count cancelled", &count.cancel_reason)
}

pub fn clocked_in(came: &pb::Attendance, name: &Name) -> String {
    format!("{} clocked in", name(&came.user_id))
}

pub fn clocked_out(left: &pb::Attendance, name: &Name) -> String {
    let minutes = left.worked.unwrap_or_default().seconds / 60;
    let afterwards = if left.corrected { ", written down afterwards" } else { "" };
    let why = if left.reason.is_empty() { String::new() } else { format!(": {}", left.reason) };
    let worked = format!("{}:{:02} hours", minutes / 60, minutes % 60);
    format!("{} clocked out after {worked}{afterwards}{why}", name(&left.user_id))
}

/// Whose PIN it is.
pub fn of_pin(pin: Option<&pb::PinState>, name: &Name) -> String {
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
fn adjusted_line(line: &pb::StockAdjustmentLine) -> String {
    let reason = line.reason().as_str_name().trim_start_matches("STOCK_ADJUSTMENT_REASON_").to_lowercase();
    format!("{} {} ({})", line.sku, decimal(line.quantity.as_ref()), reason.replace('_', " "))
}

fn counted(
    what: &str,
    count: &pb::StockCount,
    words: impl Fn(&pb::StockCountLine) -> Option<String>,
) -> String {
    let words: Vec<String> = count.lines.iter().filter_map(words).collect();
    let products = number_of(count.lines.len(), "product");
    remarked(&format!("stock count {what}, {products}"), &first_few(words.into_iter()))
}

/// `1 product`, `2 products`.
fn number_of<N: Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {one}{ending}")
}

/// `safe drop 30.00: the drawer is full`
pub fn moved(movement: Option<&pb::CashMovement>) -> String {
    let movement = movement.cloned().unwrap_or_default();
    let words = format!("{} {}", movement_type(movement.r#type()), amount(movement.amount.as_ref()));
    remarked(&words, &movement.reason)
}

fn movement_type(kind: pb::MovementType) -> String {
    kind.as_str_name().trim_start_matches("MOVEMENT_TYPE_").to_lowercase().replace('_', " ")
}

/// What happened, and what is said of it, if anything is.
pub fn remarked(what: &str, remark: &str) -> String {
    if remark.is_empty() { what.to_owned() } else { format!("{what}: {remark}") }
}

/// `shift SHF-202611-R1-000001 closed`
pub fn shift(what: &str, shift: Option<&pb::Shift>) -> String {
    format!("shift {} {what}", shift.map_or("", |shift| shift.number.as_str()))
}

/// `purchase PUR-202611-B1-000001 from Nile Dairy approved, 5.00`
pub fn purchase(what: &str, purchase: &pb::Purchase) -> String {
    let named = [purchase.number.as_str(), purchase.document_number.as_str()].join(" ");
    let (named, cost) = (named.trim(), amount(purchase.cost_total.as_ref()));
    let space = if named.is_empty() { "" } else { " " };
    format!("purchase{space}{named} from {} {what}, {cost}", purchase.supplier)
}

/// `sale INV-202611-R1-000001: 5.00`
pub fn order(what: &str, order: Option<&pb::Order>) -> String {
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
