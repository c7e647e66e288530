//! `kassa.v1.Catalog`.

use kassa_proto::v1::{
    FindProductsRequest, FindProductsResponse, GetProductRequest, GetProductResponse, GetStockRequest,
    GetStockResponse, ListProductsRequest, ListProductsResponse, ListStockChangesRequest,
    ListStockChangesResponse, ListStockRequest, ListStockResponse, PutProductsRequest, PutProductsResponse,
    PutStockLevelsRequest, PutStockLevelsResponse,
};

use crate::{Call, Kassa};

/// What the shop sells.
#[derive(Debug, Clone)]
pub struct Catalog(pub(crate) Kassa);

impl Catalog {
    /// Creates and changes products, at most 1,000 a call and 2 MiB: all of them or none.
    pub fn put_products(&self, request: PutProductsRequest) -> Call<PutProductsRequest, PutProductsResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/PutProducts", request)
    }

    /// Reads one product by its id or SKU.
    pub fn get_product(&self, request: GetProductRequest) -> Call<GetProductRequest, GetProductResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetProduct", request)
    }

    /// Finds products by barcode, SKU or words of their names, the best first.
    pub fn find_products(
        &self,
        request: FindProductsRequest,
    ) -> Call<FindProductsRequest, FindProductsResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/FindProducts", request)
    }

    /// Lists the products that changed after a version.
    pub fn list_products(
        &self,
        request: ListProductsRequest,
    ) -> Call<ListProductsRequest, ListProductsResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListProducts", request)
    }

    /// Says from which quantity down products are low at the terminal's branch.
    pub fn put_stock_levels(
        &self,
        request: PutStockLevelsRequest,
    ) -> Call<PutStockLevelsRequest, PutStockLevelsResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/PutStockLevels", request)
    }

    /// Reads the stock of one product.
    pub fn get_stock(&self, request: GetStockRequest) -> Call<GetStockRequest, GetStockResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetStock", request)
    }

    /// Lists what is on the shelf of a branch.
    pub fn list_stock(&self, request: ListStockRequest) -> Call<ListStockRequest, ListStockResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListStock", request)
    }

    /// Lists what changed the stock of one product, the newest first.
    pub fn list_stock_changes(
        &self,
        request: ListStockChangesRequest,
    ) -> Call<ListStockChangesRequest, ListStockChangesResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListStockChanges", request)
    }
}
