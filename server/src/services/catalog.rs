//! `kassa.v1.Catalog`.

use kassa_proto::v1::{self as pb, catalog_server::Catalog};
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    catalog::{
        find_products, list_products, put_branch_prices::PutBranchPrices, put_products::PutProducts, queries,
    },
};

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
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::get(&reading, &caller, request).await?))
    }

    async fn find_products(
        &self,
        request: Request<pb::FindProductsRequest>,
    ) -> Result<Response<pb::FindProductsResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(find_products::find(&reading, &caller, request, self.0.epoch).await?))
    }

    async fn list_products(
        &self,
        request: Request<pb::ListProductsRequest>,
    ) -> Result<Response<pb::ListProductsResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(list_products::list(&reading, &caller, request).await?))
    }

    async fn list_categories(
        &self,
        request: Request<pb::ListCategoriesRequest>,
    ) -> Result<Response<pb::ListCategoriesResponse>, Status> {
        let (reading, _, request) = self.0.read(request).await?;
        Ok(Response::new(queries::categories(&reading, request, self.0.epoch).await?))
    }

    async fn put_branch_prices(
        &self,
        request: Request<pb::PutBranchPricesRequest>,
    ) -> Result<Response<pb::PutBranchPricesResponse>, Status> {
        self.0.post(request, PutBranchPrices::parse).await
    }

    async fn get_branch_price(
        &self,
        request: Request<pb::GetBranchPriceRequest>,
    ) -> Result<Response<pb::GetBranchPriceResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::branch_price(&reading, &caller, request).await?))
    }

    async fn list_branch_prices(
        &self,
        request: Request<pb::ListBranchPricesRequest>,
    ) -> Result<Response<pb::ListBranchPricesResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::branch_prices(&reading, &caller, request, self.0.epoch).await?))
    }
}
