//! Where each record of the journal belongs, and what event it is: said a second time, so that a record in another
//! chain, or an event of another kind, shows.

use kassa_proto::v1::{
    EventKind as Event, JournalKind as Chain, OrderKind, ReturnEntry, journal_record::Entry,
};

/// The chain that a record stands in, and the kind of its event.
pub fn place(entry: &Entry) -> (Chain, Event) {
    match entry {
        Entry::Sale(_) => (Chain::Sales, Event::SaleCompleted),
        Entry::Return(entry) => (Chain::Sales, return_kind(entry)),
        Entry::Exchange(_) => (Chain::Sales, Event::SaleExchanged),
        Entry::ReceiptPrinted(_) => (Chain::Copies, Event::ReceiptPrinted),
        Entry::ShiftOpened(_) => (Chain::Shifts, Event::ShiftOpened),
        Entry::ShiftActivity(_) => (Chain::Shifts, Event::ShiftActivity),
        Entry::ShiftHandedOver(_) => (Chain::Shifts, Event::ShiftHandedOver),
        Entry::ShiftEnded(_) => (Chain::Shifts, Event::ShiftEnded),
        Entry::ShiftCounted(_) => (Chain::Shifts, Event::ShiftCounted),
        Entry::ShiftClosed(_) => (Chain::Shifts, Event::ShiftClosed),
        Entry::CashMoved(_) => (Chain::Drawer, Event::CashMoved),
        Entry::DrawerOpened(_) => (Chain::Drawer, Event::DrawerOpened),
        Entry::CashSent(_) => (Chain::Drawer, Event::CashSent),
        Entry::CashReceived(_) => (Chain::Drawer, Event::CashReceived),
        Entry::DrawerReconciled(_) => (Chain::Drawer, Event::DrawerReconciled),
        Entry::LowStock(_) => (Chain::Stock, Event::LowStock),
        Entry::StockLevelsPut(_) => (Chain::Stock, Event::StockLevelsChanged),
        Entry::StockSent(_) => (Chain::Stock, Event::StockSent),
        Entry::StockReceived(_) => (Chain::Stock, Event::StockReceived),
        Entry::PurchasePut(_) => (Chain::Stock, Event::PurchasePut),
        Entry::PurchaseApproved(_) => (Chain::Stock, Event::PurchaseApproved),
        Entry::PurchaseCancelled(_) => (Chain::Stock, Event::PurchaseCancelled),
        Entry::StockAdjusted(_) => (Chain::Stock, Event::StockAdjusted),
        Entry::StockCountStarted(_) => (Chain::Stock, Event::StockCountStarted),
        Entry::StockCountEntered(_) => (Chain::Stock, Event::StockCountEntered),
        Entry::StockCountFinished(_) => (Chain::Stock, Event::StockCountFinished),
        Entry::StockCountCancelled(_) => (Chain::Stock, Event::StockCountCancelled),
        Entry::ProductsPut(_) => (Chain::Audit, Event::ProductsChanged),
        Entry::CustomersPut(_) => (Chain::Audit, Event::CustomersChanged),
        Entry::CustomerAnonymized(_) => (Chain::Audit, Event::CustomerAnonymized),
        Entry::BranchPricesPut(_) => (Chain::Audit, Event::BranchPricesChanged),
        Entry::SettingsPut(_) => (Chain::Audit, Event::SettingsChanged),
        Entry::BooksOpened(_) => (Chain::Audit, Event::BooksOpened),
        Entry::BooksRestored(_) => (Chain::Audit, Event::BooksRestored),
        Entry::LocalTokenRenewed(_) => (Chain::Audit, Event::TerminalChanged),
        Entry::GrantGiven(_) => (Chain::Audit, Event::GrantGiven),
        Entry::BranchesPut(_) => (Chain::Audit, Event::BranchesChanged),
        Entry::RegistersPut(_) => (Chain::Audit, Event::RegistersChanged),
        Entry::UsersPut(_) => (Chain::Audit, Event::UsersChanged),
        Entry::PairingCodeCreated(_) => (Chain::Audit, Event::TerminalChanged),
        Entry::TerminalPaired(_) => (Chain::Audit, Event::TerminalChanged),
        Entry::TerminalRevoked(_) => (Chain::Audit, Event::TerminalChanged),
        Entry::PinSet(_) => (Chain::Audit, Event::PinChanged),
        Entry::PinFailed(_) => (Chain::Audit, Event::PinFailed),
        Entry::UserUnlocked(_) => (Chain::Audit, Event::PinChanged),
        Entry::SignedIn(_) => (Chain::Audit, Event::SignedIn),
        Entry::SignedOut(_) => (Chain::Audit, Event::SignedOut),
        Entry::DraftDiscarded(_) => (Chain::Audit, Event::DraftDiscarded),
        Entry::ClockedIn(_) => (Chain::Audit, Event::ClockedIn),
        Entry::ClockedOut(_) => (Chain::Audit, Event::ClockedOut),
        Entry::ClockChanged(_) => (Chain::Audit, Event::ClockChanged),
    }
}

fn return_kind(entry: &ReturnEntry) -> Event {
    let is_void = entry.order.as_ref().is_some_and(|order| order.kind() == OrderKind::Void);
    if is_void { Event::SaleVoided } else { Event::SaleRefunded }
}
