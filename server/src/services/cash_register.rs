//! `kassa.v1.CashRegister`.

use kassa_proto::v1::{self as pb, cash_register_server::CashRegister};
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    cash_register::{
        open_drawer::OpenDrawer, queries, receive_cash::ReceiveCash, reconcile::Reconcile,
        record_movement::RecordMovement, transfer_cash::TransferCash, verify_journal,
    },
};

/// `kassa.v1.CashRegister`.
pub struct CashRegisterService(pub SharedApp);

#[tonic::async_trait]
impl CashRegister for CashRegisterService {
    async fn get_drawer(
        &self,
        request: Request<pb::GetDrawerRequest>,
    ) -> Result<Response<pb::GetDrawerResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::drawer(&reading, &caller, &request).await?))
    }

    async fn list_movements(
        &self,
        request: Request<pb::ListMovementsRequest>,
    ) -> Result<Response<pb::ListMovementsResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::movements(&reading, &caller, request, self.0.epoch).await?))
    }

    async fn record_movement(
        &self,
        request: Request<pb::RecordMovementRequest>,
    ) -> Result<Response<pb::RecordMovementResponse>, Status> {
        self.0.post(request, RecordMovement::parse).await
    }

    async fn open_drawer(
        &self,
        request: Request<pb::OpenDrawerRequest>,
    ) -> Result<Response<pb::OpenDrawerResponse>, Status> {
        self.0.post(request, OpenDrawer::parse).await
    }

    async fn transfer_cash(
        &self,
        request: Request<pb::TransferCashRequest>,
    ) -> Result<Response<pb::TransferCashResponse>, Status> {
        self.0.post(request, TransferCash::parse).await
    }

    async fn receive_cash(
        &self,
        request: Request<pb::ReceiveCashRequest>,
    ) -> Result<Response<pb::ReceiveCashResponse>, Status> {
        self.0.post(request, ReceiveCash::parse).await
    }

    async fn list_transfers(
        &self,
        request: Request<pb::ListTransfersRequest>,
    ) -> Result<Response<pb::ListTransfersResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::transfers(&reading, &caller, request, self.0.epoch).await?))
    }

    async fn reconcile(
        &self,
        request: Request<pb::ReconcileRequest>,
    ) -> Result<Response<pb::ReconcileResponse>, Status> {
        self.0.post(request, Reconcile::parse).await
    }

    async fn verify_journal(
        &self,
        request: Request<pb::VerifyJournalRequest>,
    ) -> Result<Response<pb::VerifyJournalResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let verified = verify_journal::verify_journal(&reading, &caller, request, self.0.epoch).await?;
        Ok(Response::new(verified))
    }
}
