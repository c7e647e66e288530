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
    stock_transfers::{self, receive_stock::ReceiveStock, send_stock::SendStock},
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

    async fn send_stock(
        &self,
        request: Request<pb::SendStockRequest>,
    ) -> Result<Response<pb::SendStockResponse>, Status> {
        self.0.post(request, SendStock::parse).await
    }

    async fn receive_stock(
        &self,
        request: Request<pb::ReceiveStockRequest>,
    ) -> Result<Response<pb::ReceiveStockResponse>, Status> {
        self.0.post(request, ReceiveStock::parse).await
    }

    async fn get_stock_transfer(
        &self,
        request: Request<pb::GetStockTransferRequest>,
    ) -> Result<Response<pb::GetStockTransferResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(stock_transfers::queries::get(&self.0.readers, &caller, &request).await?))
    }

    async fn list_stock_transfers(
        &self,
        request: Request<pb::ListStockTransfersRequest>,
    ) -> Result<Response<pb::ListStockTransfersResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        let page = stock_transfers::queries::list(&self.0.readers, &caller, request, self.0.epoch).await?;
        Ok(Response::new(page))
    }
}
