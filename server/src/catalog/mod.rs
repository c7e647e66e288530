//! What the shop sells.

pub mod convert;
pub mod named_product;
pub(crate) mod put_products;
mod queries;

use kassa_proto::v1::{self as pb, catalog_server::Catalog};
use tonic::{Request, Response, Status};

use self::put_products::PutProducts;
use crate::{
    app::SharedApp,
    stock::{self, put_levels::PutStockLevels},
    stock_adjustments::{self, adjust_stock::AdjustStock},
    stock_counts::{
        self, cancel_stock_count::CancelStockCount, enter_stock_count::EnterStockCount,
        finish_stock_count::FinishStockCount, start_stock_count::StartStockCount,
    },
    store::entity::business,
};

/// The catalogue's version as terminals keep it: another epoch's never fits.
fn version_text(business: &business::Model) -> String {
    format!("{}.{}", business.epoch, business.catalog_version)
}

/// `kassa.v1.Catalog`.
pub struct CatalogService(pub SharedApp);

#[tonic::async_trait]
impl Catalog for CatalogService {
    async fn put_products(
        &self,
        request: Request<pb::PutProductsRequest>,
    ) -> Result<Response<pb::PutProductsResponse>, Status> {
        self.0.post(request, PutProducts::parse).await
    }

    async fn get_product(
        &self,
        request: Request<pb::GetProductRequest>,
    ) -> Result<Response<pb::GetProductResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::get(&self.0.readers, &caller, request).await?))
    }

    async fn find_products(
        &self,
        request: Request<pb::FindProductsRequest>,
    ) -> Result<Response<pb::FindProductsResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::find(&self.0.readers, &caller, request, self.0.epoch).await?))
    }

    async fn list_products(
        &self,
        request: Request<pb::ListProductsRequest>,
    ) -> Result<Response<pb::ListProductsResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::list(&self.0.readers, &caller, request).await?))
    }

    async fn put_stock_levels(
        &self,
        request: Request<pb::PutStockLevelsRequest>,
    ) -> Result<Response<pb::PutStockLevelsResponse>, Status> {
        self.0.post(request, PutStockLevels::parse).await
    }

    async fn get_stock(
        &self,
        request: Request<pb::GetStockRequest>,
    ) -> Result<Response<pb::GetStockResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(stock::queries::get(&self.0.readers, &caller, &request).await?))
    }

    async fn list_stock(
        &self,
        request: Request<pb::ListStockRequest>,
    ) -> Result<Response<pb::ListStockResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(stock::queries::list(&self.0.readers, &caller, request, self.0.epoch).await?))
    }

    async fn list_stock_changes(
        &self,
        request: Request<pb::ListStockChangesRequest>,
    ) -> Result<Response<pb::ListStockChangesResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(stock::queries::changes(&self.0.readers, &caller, request, self.0.epoch).await?))
    }

    async fn adjust_stock(
        &self,
        request: Request<pb::AdjustStockRequest>,
    ) -> Result<Response<pb::AdjustStockResponse>, Status> {
        self.0.post(request, AdjustStock::parse).await
    }

    async fn get_stock_adjustment(
        &self,
        request: Request<pb::GetStockAdjustmentRequest>,
    ) -> Result<Response<pb::GetStockAdjustmentResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(stock_adjustments::queries::get(&self.0.readers, &caller, &request).await?))
    }

    async fn list_stock_adjustments(
        &self,
        request: Request<pb::ListStockAdjustmentsRequest>,
    ) -> Result<Response<pb::ListStockAdjustmentsResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        let epoch = self.0.epoch;
        Ok(Response::new(stock_adjustments::queries::list(&self.0.readers, &caller, request, epoch).await?))
    }

    async fn start_stock_count(
        &self,
        request: Request<pb::StartStockCountRequest>,
    ) -> Result<Response<pb::StartStockCountResponse>, Status> {
        self.0.post(request, StartStockCount::parse).await
    }

    async fn enter_stock_count(
        &self,
        request: Request<pb::EnterStockCountRequest>,
    ) -> Result<Response<pb::EnterStockCountResponse>, Status> {
        let readers = &self.0.readers;
        let prepare = |caller, request| async move {
            let posting = EnterStockCount::parse(request)?;
            let past = stock_counts::history::read(readers, &caller, &posting.past()).await?;
            Ok(posting.with_past(past))
        };
        self.0.post_prepared(request, prepare).await
    }

    async fn finish_stock_count(
        &self,
        request: Request<pb::FinishStockCountRequest>,
    ) -> Result<Response<pb::FinishStockCountResponse>, Status> {
        self.0.post(request, FinishStockCount::parse).await
    }

    async fn cancel_stock_count(
        &self,
        request: Request<pb::CancelStockCountRequest>,
    ) -> Result<Response<pb::CancelStockCountResponse>, Status> {
        self.0.post(request, CancelStockCount::parse).await
    }

    async fn get_stock_count(
        &self,
        request: Request<pb::GetStockCountRequest>,
    ) -> Result<Response<pb::GetStockCountResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(stock_counts::queries::get(&self.0.readers, &caller, &request).await?))
    }

    async fn list_stock_counts(
        &self,
        request: Request<pb::ListStockCountsRequest>,
    ) -> Result<Response<pb::ListStockCountsResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(stock_counts::queries::list(&self.0.readers, &caller, request, self.0.epoch).await?))
    }
}
