//! Events: what happened in a branch, in the order of the commits. Each is written with the record that
//! says all of it, in the commit that caused it.

use kassa_proto::v1::{EventKind, OrderKind, journal_record::Entry};

/// What kind of event a record of the journal is.
pub fn kind(entry: &Entry) -> EventKind {
    match entry {
        Entry::Sale(_) => EventKind::SaleCompleted,
        Entry::Return(entry) => match entry.order.as_ref().map(|order| order.kind()) {
            Some(OrderKind::Void) => EventKind::SaleVoided,
            _ => EventKind::SaleRefunded,
        },
        Entry::ReceiptPrinted(_) => EventKind::ReceiptPrinted,
        Entry::Exchange(_) => EventKind::SaleExchanged,
        Entry::DraftDiscarded(_) => EventKind::DraftDiscarded,
        Entry::ShiftOpened(_) => EventKind::ShiftOpened,
        Entry::ShiftActivity(_) => EventKind::ShiftActivity,
        Entry::ShiftHandedOver(_) => EventKind::ShiftHandedOver,
        Entry::ShiftEnded(_) => EventKind::ShiftEnded,
        Entry::ShiftCounted(_) => EventKind::ShiftCounted,
        Entry::ShiftClosed(_) => EventKind::ShiftClosed,
        Entry::CashMoved(_) => EventKind::CashMoved,
        Entry::DrawerOpened(_) => EventKind::DrawerOpened,
        Entry::CashSent(_) => EventKind::CashSent,
        Entry::CashReceived(_) => EventKind::CashReceived,
        Entry::DrawerReconciled(_) => EventKind::DrawerReconciled,
        Entry::ProductsPut(_) => EventKind::ProductsChanged,
        Entry::LowStock(_) => EventKind::LowStock,
        Entry::StockLevelsPut(_) => EventKind::StockLevelsChanged,
        Entry::CustomersPut(_) => EventKind::CustomersChanged,
        Entry::CustomerAnonymized(_) => EventKind::CustomerAnonymized,
        Entry::BranchPricesPut(_) => EventKind::BranchPricesChanged,
        Entry::PurchasePut(_) => EventKind::PurchasePut,
        Entry::PurchaseApproved(_) => EventKind::PurchaseApproved,
        Entry::PurchaseCancelled(_) => EventKind::PurchaseCancelled,
        Entry::StockSent(_) => EventKind::StockSent,
        Entry::StockReceived(_) => EventKind::StockReceived,
        Entry::StockAdjusted(_) => EventKind::StockAdjusted,
        Entry::StockCountStarted(_) => EventKind::StockCountStarted,
        Entry::StockCountEntered(_) => EventKind::StockCountEntered,
        Entry::StockCountFinished(_) => EventKind::StockCountFinished,
        Entry::StockCountCancelled(_) => EventKind::StockCountCancelled,
        Entry::SettingsPut(_) => EventKind::SettingsChanged,
        Entry::BooksOpened(_) => EventKind::BooksOpened,
        Entry::BooksRestored(_) => EventKind::BooksRestored,
        Entry::ClockedIn(_) => EventKind::ClockedIn,
        Entry::ClockedOut(_) => EventKind::ClockedOut,
        Entry::GrantGiven(_) => EventKind::GrantGiven,
        Entry::BranchesPut(_) => EventKind::BranchesChanged,
        Entry::RegistersPut(_) => EventKind::RegistersChanged,
        Entry::UsersPut(_) => EventKind::UsersChanged,
        Entry::PinSet(_) | Entry::UserUnlocked(_) => EventKind::PinChanged,
        Entry::PinFailed(_) => EventKind::PinFailed,
        Entry::SignedIn(_) => EventKind::SignedIn,
        Entry::SignedOut(_) => EventKind::SignedOut,
        Entry::ClockChanged(_) => EventKind::ClockChanged,
        Entry::LocalTokenRenewed(_)
        | Entry::PairingCodeCreated(_)
        | Entry::TerminalPaired(_)
        | Entry::TerminalRevoked(_) => EventKind::TerminalChanged,
    }
}
