//! `kassa.v1.CashRegister`.

use kassa_proto::v1::{
    GetDrawerRequest, GetDrawerResponse, ListMovementsRequest, ListMovementsResponse, ListTransfersRequest,
    ListTransfersResponse, OpenDrawerRequest, OpenDrawerResponse, ReceiveCashRequest, ReceiveCashResponse,
    ReconcileRequest, ReconcileResponse, RecordMovementRequest, RecordMovementResponse, TransferCashRequest,
    TransferCashResponse, VerifyJournalRequest, VerifyJournalResponse,
};

use crate::{Call, Kassa};

/// The registers' cash drawers.
#[derive(Debug, Clone)]
pub struct CashRegister(pub(crate) Kassa);

impl CashRegister {
    /// Reads what should be in a drawer.
    pub fn get_drawer(&self, request: GetDrawerRequest) -> Call<GetDrawerRequest, GetDrawerResponse> {
        Call::read(&self.0, "/kassa.v1.CashRegister/GetDrawer", request)
    }

    /// Lists a drawer's movements, newest first.
    pub fn list_movements(
        &self,
        request: ListMovementsRequest,
    ) -> Call<ListMovementsRequest, ListMovementsResponse> {
        Call::read(&self.0, "/kassa.v1.CashRegister/ListMovements", request)
    }

    /// Puts cash into a drawer or takes it out, or reverses what was recorded by mistake.
    pub fn record_movement(
        &self,
        request: RecordMovementRequest,
    ) -> Call<RecordMovementRequest, RecordMovementResponse> {
        Call::change(&self.0, "/kassa.v1.CashRegister/RecordMovement", request)
    }

    /// Opens a drawer without a sale.
    pub fn open_drawer(&self, request: OpenDrawerRequest) -> Call<OpenDrawerRequest, OpenDrawerResponse> {
        Call::change(&self.0, "/kassa.v1.CashRegister/OpenDrawer", request)
    }

    /// Sends cash from one drawer to another.
    ///
    /// An empty `transfer_id` is filled; the key is the `transfer_id` unless [`Call::key`] gives another.
    pub fn transfer_cash(
        &self,
        request: TransferCashRequest,
    ) -> Call<TransferCashRequest, TransferCashResponse> {
        Call::make(&self.0, "/kassa.v1.CashRegister/TransferCash", request, |request| {
            &mut request.transfer_id
        })
    }

    /// Receives cash that was sent, or takes it back.
    pub fn receive_cash(&self, request: ReceiveCashRequest) -> Call<ReceiveCashRequest, ReceiveCashResponse> {
        Call::change(&self.0, "/kassa.v1.CashRegister/ReceiveCash", request)
    }

    /// Lists the branch's transfers between drawers, newest first.
    pub fn list_transfers(
        &self,
        request: ListTransfersRequest,
    ) -> Call<ListTransfersRequest, ListTransfersResponse> {
        Call::read(&self.0, "/kassa.v1.CashRegister/ListTransfers", request)
    }

    /// Compares what was counted in a drawer with the books, and brings the books to the count.
    pub fn reconcile(&self, request: ReconcileRequest) -> Call<ReconcileRequest, ReconcileResponse> {
        Call::change(&self.0, "/kassa.v1.CashRegister/Reconcile", request)
    }

    /// Proves the chains of the branch's journal from the stored bytes, a part of them at a time.
    pub fn verify_journal(
        &self,
        request: VerifyJournalRequest,
    ) -> Call<VerifyJournalRequest, VerifyJournalResponse> {
        Call::read(&self.0, "/kassa.v1.CashRegister/VerifyJournal", request)
    }
}
