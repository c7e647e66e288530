//! `kassa.v1.Purchases`.

use kassa_proto::v1::{self as pb, purchases_server::Purchases};
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    purchases::{
        self, approve_purchase::ApprovePurchase, cancel_purchase::CancelPurchase, put_purchase::PutPurchase,
    },
};

/// `kassa.v1.Purchases`.
pub struct PurchasesService(pub SharedApp);

#[tonic::async_trait]
impl Purchases for PurchasesService {
    async fn put_purchase(
        &self,
        request: Request<pb::PutPurchaseRequest>,
    ) -> Result<Response<pb::PutPurchaseResponse>, Status> {
        self.0.post(request, PutPurchase::parse).await
    }

    async fn approve_purchase(
        &self,
        request: Request<pb::ApprovePurchaseRequest>,
    ) -> Result<Response<pb::ApprovePurchaseResponse>, Status> {
        self.0.post(request, ApprovePurchase::parse).await
    }

    async fn cancel_purchase(
        &self,
        request: Request<pb::CancelPurchaseRequest>,
    ) -> Result<Response<pb::CancelPurchaseResponse>, Status> {
        self.0.post(request, CancelPurchase::parse).await
    }

    async fn get_purchase(
        &self,
        request: Request<pb::GetPurchaseRequest>,
    ) -> Result<Response<pb::GetPurchaseResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(purchases::queries::get(&reading, &caller, request).await?))
    }

    async fn list_purchases(
        &self,
        request: Request<pb::ListPurchasesRequest>,
    ) -> Result<Response<pb::ListPurchasesResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(purchases::queries::list(&reading, &caller, request, self.0.epoch).await?))
    }
}
