//! The requests of the model: every kind of operation, as a terminal sends it.

use kassa_proto::v1 as pb;
use uuid::Uuid;

use super::{predict::Wanted, shop::pin};
use crate::{
    access::{
        grant_approval::{GrantApproval, GrantWanted},
        pin::Typed,
    },
    admin::put_settings::PutSettings,
    books::{Key, Posting, fingerprint, memory::Waiting},
    caller::Caller,
    cash_register::{
        open_drawer::OpenDrawer, receive_cash::ReceiveCash, reconcile::Reconcile,
        record_movement::RecordMovement, transfer_cash::TransferCash,
    },
    catalog::put_products::PutProducts,
    customers::{
        anonymize_customer::AnonymizeCustomer,
        put_customers::{self, PutCustomers},
    },
    error::Error,
    orders::{
        complete_sale::CompleteSale,
        drafts::{discard_draft::DiscardDraft, save_draft::SaveDraft, take_over_draft::TakeOverDraft},
        exchange_sale::ExchangeSale,
        print_receipt::PrintReceipt,
        refund_sale::RefundSale,
        void_sale::VoidSale,
    },
    purchases::{
        approve_purchase::ApprovePurchase, cancel_purchase::CancelPurchase, put_purchase::PutPurchase,
    },
    rpcs,
    shifts::{
        close_shift::{CloseShift, ForceCloseShift},
        end_shift::{EndIdleShift, EndShift},
        hand_over_shift::HandOverShift,
        open_shift::OpenShift,
        record_activity::RecordActivity,
    },
    stock::put_levels::PutStockLevels,
    stock_adjustments::adjust_stock::AdjustStock,
    stock_counts::{
        cancel_stock_count::CancelStockCount, enter_stock_count::EnterStockCount,
        finish_stock_count::FinishStockCount, start_stock_count::StartStockCount,
    },
    stock_transfers::{receive_stock::ReceiveStock, send_stock::SendStock},
};

/// A request.
#[derive(Clone, Debug)]
pub enum Request {
    OpenShift(pb::OpenShiftRequest),
    Sell(pb::CompleteSaleRequest),
    Refund(pb::RefundSaleRequest),
    Void(pb::VoidSaleRequest),
    End(pb::EndShiftRequest),
    Close(pb::CloseShiftRequest),
    ForceClose(pb::ForceCloseShiftRequest),
    HandOver(pb::HandOverShiftRequest),
    Activity(pb::RecordActivityRequest),
    EndIdle { shift_id: Uuid, idle_before: i64 },
    Grant { approver: Uuid, wanted: Wanted },
    PutProducts(pb::PutProductsRequest),
    PutSettings(pb::PutSettingsRequest),
    PutLevels(pb::PutStockLevelsRequest),
    Adjust(pb::AdjustStockRequest),
    StartCount(pb::StartStockCountRequest),
    EnterCount(pb::EnterStockCountRequest),
    FinishCount(pb::FinishStockCountRequest),
    CancelCount(pb::CancelStockCountRequest),
    Exchange(pb::ExchangeSaleRequest),
    Print(pb::PrintReceiptRequest),
    SaveDraft(pb::SaveDraftRequest),
    TakeOver(pb::TakeOverDraftRequest),
    Discard(pb::DiscardDraftRequest),
    Move(pb::RecordMovementRequest),
    OpenDrawer(pb::OpenDrawerRequest),
    Send(pb::TransferCashRequest),
    Receive(pb::ReceiveCashRequest),
    Reconcile(pb::ReconcileRequest),
    PutCustomers(pb::PutCustomersRequest),
    Forget(pb::AnonymizeCustomerRequest),
    PutPurchase(pb::PutPurchaseRequest),
    Approve(pb::ApprovePurchaseRequest),
    Cancel(pb::CancelPurchaseRequest),
    SendStock(pb::SendStockRequest),
    ReceiveStock(pb::ReceiveStockRequest),
}

impl Request {
    /// What it is called in the counts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OpenShift(_) => "OpenShift",
            Self::Sell(_) => "CompleteSale",
            Self::Refund(_) => "RefundSale",
            Self::Void(_) => "VoidSale",
            Self::End(_) => "EndShift",
            Self::Close(_) => "CloseShift",
            Self::ForceClose(_) => "ForceCloseShift",
            Self::HandOver(_) => "HandOverShift",
            Self::Activity(_) => "RecordActivity",
            Self::EndIdle { .. } => "EndIdleShift",
            Self::Grant { .. } => "GrantApproval",
            Self::PutProducts(_) => "PutProducts",
            Self::PutSettings(_) => "PutSettings",
            Self::PutLevels(_) => "PutStockLevels",
            Self::Adjust(_) => "AdjustStock",
            Self::StartCount(_) => "StartStockCount",
            Self::EnterCount(_) => "EnterStockCount",
            Self::FinishCount(_) => "FinishStockCount",
            Self::CancelCount(_) => "CancelStockCount",
            Self::Exchange(_) => "ExchangeSale",
            Self::Print(_) => "PrintReceipt",
            Self::SaveDraft(_) => "SaveDraft",
            Self::TakeOver(_) => "TakeOverDraft",
            Self::Discard(_) => "DiscardDraft",
            Self::Move(_) => "RecordMovement",
            Self::OpenDrawer(_) => "OpenDrawer",
            Self::Send(_) => "TransferCash",
            Self::Receive(_) => "ReceiveCash",
            Self::Reconcile(_) => "Reconcile",
            Self::SendStock(_) => "SendStock",
            Self::ReceiveStock(_) => "ReceiveStock",
            Self::PutPurchase(_) => "PutPurchase",
            Self::Approve(_) => "ApprovePurchase",
            Self::Cancel(_) => "CancelPurchase",
            Self::PutCustomers(_) => "PutCustomers",
            Self::Forget(_) => "AnonymizeCustomer",
        }
    }

    /// Whether it is the same request. People are not shown, and so can't be told apart by it.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::PutCustomers(one), Self::PutCustomers(other)) => one == other,
            (one, other) => format!("{one:?}") == format!("{other:?}"),
        }
    }

    /// The grants that it comes with; nothing where it can't have any.
    pub fn grant_ids(&mut self) -> Option<&mut Vec<String>> {
        match self {
            Self::Sell(message) => Some(&mut message.grant_ids),
            Self::Refund(message) => Some(&mut message.grant_ids),
            Self::Void(message) => Some(&mut message.grant_ids),
            Self::Close(message) => Some(&mut message.grant_ids),
            Self::Adjust(message) => Some(&mut message.grant_ids),
            Self::Exchange(message) => Some(&mut message.grant_ids),
            Self::Move(message) => Some(&mut message.grant_ids),
            Self::OpenDrawer(message) => Some(&mut message.grant_ids),
            Self::Send(message) => Some(&mut message.grant_ids),
            Self::Reconcile(message) => Some(&mut message.grant_ids),
            Self::OpenShift(_)
            | Self::End(_)
            | Self::ForceClose(_)
            | Self::HandOver(_)
            | Self::Activity(_)
            | Self::EndIdle { .. }
            | Self::Grant { .. }
            | Self::PutProducts(_)
            | Self::PutSettings(_)
            | Self::PutLevels(_)
            | Self::StartCount(_)
            | Self::EnterCount(_)
            | Self::FinishCount(_)
            | Self::CancelCount(_)
            | Self::Print(_)
            | Self::SaveDraft(_)
            | Self::TakeOver(_)
            | Self::Discard(_)
            | Self::Receive(_)
            | Self::PutCustomers(_)
            | Self::Forget(_)
            | Self::PutPurchase(_)
            | Self::Approve(_)
            | Self::Cancel(_)
            | Self::SendStock(_)
            | Self::ReceiveStock(_) => None,
        }
    }

    /// The ids of these.
    pub fn named_grants(mut self) -> Vec<Uuid> {
        self.grant_ids().iter().flat_map(|ids| ids.iter()).filter_map(|id| Uuid::try_parse(id).ok()).collect()
    }

    /// Whether it comes with a key.
    pub fn is_keyed(&self) -> bool {
        rpcs::keyed(self.name()).is_some()
    }

    /// The posting of the request, as the services make it.
    ///
    /// # Errors
    /// What `parse` refuses.
    pub fn waiting(&self, caller: &Caller, key: Option<&str>) -> Result<Waiting, Error> {
        fn keyed<P: Posting, M: prost::Message + Clone>(
            message: &M,
            parse: impl Fn(M) -> Result<P, Error>,
            caller: &Caller,
            key: Option<&str>,
        ) -> Result<Waiting, Error> {
            let key = key.map(|text| Key { text: text.to_owned(), fingerprint: fingerprint(message) });
            Ok(Waiting::new(parse(message.clone())?, caller.clone(), key))
        }
        match self {
            Self::OpenShift(message) => keyed(message, OpenShift::parse, caller, key),
            Self::Sell(message) => keyed(message, CompleteSale::parse, caller, key),
            Self::Refund(message) => keyed(message, RefundSale::parse, caller, key),
            Self::Void(message) => keyed(message, VoidSale::parse, caller, key),
            Self::End(message) => keyed(message, EndShift::parse, caller, key),
            Self::Close(message) => keyed(message, CloseShift::parse, caller, key),
            Self::ForceClose(message) => keyed(message, ForceCloseShift::parse, caller, key),
            Self::HandOver(message) => keyed(message, HandOverShift::parse, caller, key),
            Self::Activity(message) => keyed(message, RecordActivity::parse, caller, None),
            Self::PutProducts(message) => keyed(message, PutProducts::parse, caller, key),
            Self::PutSettings(message) => keyed(message, PutSettings::parse, caller, key),
            Self::PutLevels(message) => keyed(message, PutStockLevels::parse, caller, key),
            Self::Adjust(message) => keyed(message, AdjustStock::parse, caller, key),
            Self::StartCount(message) => keyed(message, StartStockCount::parse, caller, key),
            Self::EnterCount(message) => keyed(message, EnterStockCount::parse, caller, key),
            Self::FinishCount(message) => keyed(message, FinishStockCount::parse, caller, key),
            Self::CancelCount(message) => keyed(message, CancelStockCount::parse, caller, key),
            Self::Exchange(message) => keyed(message, ExchangeSale::parse, caller, key),
            Self::Print(message) => keyed(message, PrintReceipt::parse, caller, key),
            Self::SaveDraft(message) => keyed(message, SaveDraft::parse, caller, None),
            Self::TakeOver(message) => keyed(message, TakeOverDraft::parse, caller, key),
            Self::Discard(message) => keyed(message, DiscardDraft::parse, caller, key),
            Self::Move(message) => keyed(message, RecordMovement::parse, caller, key),
            Self::OpenDrawer(message) => keyed(message, OpenDrawer::parse, caller, key),
            Self::Send(message) => keyed(message, TransferCash::parse, caller, key),
            Self::Receive(message) => keyed(message, ReceiveCash::parse, caller, key),
            Self::Reconcile(message) => keyed(message, Reconcile::parse, caller, key),
            Self::Forget(message) => keyed(message, AnonymizeCustomer::parse, caller, key),
            Self::PutCustomers(message) => {
                let fingerprint = put_customers::fingerprint(message);
                let key = key.map(|text| Key { text: text.to_owned(), fingerprint });
                Ok(Waiting::new(PutCustomers::parse(message.clone())?, caller.clone(), key))
            }
            Self::PutPurchase(message) => keyed(message, PutPurchase::parse, caller, key),
            Self::Approve(message) => keyed(message, ApprovePurchase::parse, caller, key),
            Self::Cancel(message) => keyed(message, CancelPurchase::parse, caller, key),
            Self::SendStock(message) => keyed(message, SendStock::parse, caller, key),
            Self::ReceiveStock(message) => keyed(message, ReceiveStock::parse, caller, key),
            Self::Grant { approver, wanted } => {
                let typed = Typed::of(&pin(*approver), true);
                let wanted = GrantWanted::parse(wanted.to_request())?;
                Ok(Waiting::new(GrantApproval { typed, wanted }, caller.clone(), None))
            }
            Self::EndIdle { shift_id, idle_before } => {
                let posting = EndIdleShift { shift_id: *shift_id, idle_before: *idle_before };
                Ok(Waiting::new(posting, caller.clone(), None))
            }
        }
    }
}
