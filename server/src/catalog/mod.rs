//! What the shop sells.

pub mod convert;
mod find_products;
mod list_products;
mod named_product;
mod parts;
pub(crate) mod put_branch_prices;
pub(crate) mod put_products;
mod queries;

use kassa_proto::v1::{self as pb, catalog_server::Catalog};
use tonic::{Request, Response, Status};

use self::{put_branch_prices::PutBranchPrices, put_products::PutProducts};
use crate::{
    app::SharedApp,
    books::{Stop, WorkingSet},
    store::entity::business,
};

/// The catalogue's version as terminals keep it: another epoch's never fits.
fn version_text(business: &business::Model) -> String {
    format!("{}.{}", business.epoch, business.catalog_version)
}

/// Gives the catalogue its next version, and says it.
fn publish(books: &mut WorkingSet, business: &business::Model, version: i64) -> Result<String, Stop> {
    books.update::<business::Model, _>(&business.id, |business| {
        business.catalog_version = version;
        Ok(version_text(business))
    })
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
        Ok(Response::new(find_products::find(&self.0.readers, &caller, request, self.0.epoch).await?))
    }

    async fn list_products(
        &self,
        request: Request<pb::ListProductsRequest>,
    ) -> Result<Response<pb::ListProductsResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(list_products::list(&self.0.readers, &caller, request).await?))
    }

    async fn list_categories(
        &self,
        request: Request<pb::ListCategoriesRequest>,
    ) -> Result<Response<pb::ListCategoriesResponse>, Status> {
        let (_, request) = self.0.read(request)?;
        Ok(Response::new(queries::categories(&self.0.readers, request, self.0.epoch).await?))
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
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::branch_price(&self.0.readers, &caller, request).await?))
    }

    async fn list_branch_prices(
        &self,
        request: Request<pb::ListBranchPricesRequest>,
    ) -> Result<Response<pb::ListBranchPricesResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::branch_prices(&self.0.readers, &caller, request, self.0.epoch).await?))
    }
}
