//! `kassa.v1.Catalog`.

use kassa_proto::v1::{
    FindProductsRequest, FindProductsResponse, GetProductRequest, GetProductResponse, ListProductsRequest,
    ListProductsResponse, PutProductsRequest, PutProductsResponse,
};

use crate::{Call, Kassa};

/// What the shop sells, and to whom.
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
}
