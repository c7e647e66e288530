//! `kassa.v1.Catalog`.

use kassa_proto::v1::{
    AdjustStockRequest, AdjustStockResponse, ApprovePurchaseRequest, ApprovePurchaseResponse,
    CancelPurchaseRequest, CancelPurchaseResponse, CancelStockCountRequest, CancelStockCountResponse,
    EnterStockCountRequest, EnterStockCountResponse, FindProductsRequest, FindProductsResponse,
    FinishStockCountRequest, FinishStockCountResponse, GetBranchPriceRequest, GetBranchPriceResponse,
    GetProductRequest, GetProductResponse, GetPurchaseRequest, GetPurchaseResponse,
    GetStockAdjustmentRequest, GetStockAdjustmentResponse, GetStockCountRequest, GetStockCountResponse,
    GetStockRequest, GetStockResponse, GetStockTransferRequest, GetStockTransferResponse,
    ListBranchPricesRequest, ListBranchPricesResponse, ListCategoriesRequest, ListCategoriesResponse,
    ListProductsRequest, ListProductsResponse, ListPurchasesRequest, ListPurchasesResponse,
    ListStockAdjustmentsRequest, ListStockAdjustmentsResponse, ListStockChangesRequest,
    ListStockChangesResponse, ListStockCountsRequest, ListStockCountsResponse, ListStockRequest,
    ListStockResponse, ListStockTransfersRequest, ListStockTransfersResponse, PutBranchPricesRequest,
    PutBranchPricesResponse, PutProductsRequest, PutProductsResponse, PutPurchaseRequest,
    PutPurchaseResponse, PutStockLevelsRequest, PutStockLevelsResponse, ReceiveStockRequest,
    ReceiveStockResponse, SendStockRequest, SendStockResponse, StartStockCountRequest,
    StartStockCountResponse,
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

    /// Lists the products that changed after a version, or whose price at the branch did.
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

    /// Lists the categories that products have, by name.
    pub fn list_categories(
        &self,
        request: ListCategoriesRequest,
    ) -> Call<ListCategoriesRequest, ListCategoriesResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListCategories", request)
    }

    /// Gives products prices of their own at a branch, or takes them away, at most 1,000 a call.
    pub fn put_branch_prices(
        &self,
        request: PutBranchPricesRequest,
    ) -> Call<PutBranchPricesRequest, PutBranchPricesResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/PutBranchPrices", request)
    }

    /// Reads what one product costs at a branch.
    pub fn get_branch_price(
        &self,
        request: GetBranchPriceRequest,
    ) -> Call<GetBranchPriceRequest, GetBranchPriceResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetBranchPrice", request)
    }

    /// Lists the prices of its own that a branch has.
    pub fn list_branch_prices(
        &self,
        request: ListBranchPricesRequest,
    ) -> Call<ListBranchPricesRequest, ListBranchPricesResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListBranchPrices", request)
    }

    /// Keeps what a supplier delivers as a draft: a new one, or one that is changed.
    pub fn put_purchase(&self, request: PutPurchaseRequest) -> Call<PutPurchaseRequest, PutPurchaseResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/PutPurchase", request)
    }

    /// Puts the goods of a purchase on the shelf, and gives it its number.
    pub fn approve_purchase(
        &self,
        request: ApprovePurchaseRequest,
    ) -> Call<ApprovePurchaseRequest, ApprovePurchaseResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/ApprovePurchase", request)
    }

    /// Ends a purchase that is wrong; goods that came leave the shelf again.
    pub fn cancel_purchase(
        &self,
        request: CancelPurchaseRequest,
    ) -> Call<CancelPurchaseRequest, CancelPurchaseResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/CancelPurchase", request)
    }

    /// Reads one purchase by its id or number.
    pub fn get_purchase(&self, request: GetPurchaseRequest) -> Call<GetPurchaseRequest, GetPurchaseResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetPurchase", request)
    }

    /// Lists a branch's purchases, the newest first.
    pub fn list_purchases(
        &self,
        request: ListPurchasesRequest,
    ) -> Call<ListPurchasesRequest, ListPurchasesResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListPurchases", request)
    }

    /// Sends goods to another branch.
    ///
    /// An empty `transfer_id` is filled; the key is the `transfer_id` unless [`Call::key`] gives another.
    pub fn send_stock(&self, request: SendStockRequest) -> Call<SendStockRequest, SendStockResponse> {
        Call::make(&self.0, "/kassa.v1.Catalog/SendStock", request, |request| &mut request.transfer_id)
    }

    /// Receives goods that were sent to the terminal's branch, or takes back what it sent.
    pub fn receive_stock(
        &self,
        request: ReceiveStockRequest,
    ) -> Call<ReceiveStockRequest, ReceiveStockResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/ReceiveStock", request)
    }

    /// Reads one transfer of goods by its id or number.
    pub fn get_stock_transfer(
        &self,
        request: GetStockTransferRequest,
    ) -> Call<GetStockTransferRequest, GetStockTransferResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetStockTransfer", request)
    }

    /// Lists the transfers of goods from a branch and to it, newest first.
    pub fn list_stock_transfers(
        &self,
        request: ListStockTransfersRequest,
    ) -> Call<ListStockTransfersRequest, ListStockTransfersResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListStockTransfers", request)
    }

    /// Adjusts the stock where goods were damaged, lost or found: all lines or none.
    ///
    /// An empty `adjustment_id` is filled; the key is the `adjustment_id` unless [`Call::key`] gives another.
    pub fn adjust_stock(&self, request: AdjustStockRequest) -> Call<AdjustStockRequest, AdjustStockResponse> {
        Call::make(&self.0, "/kassa.v1.Catalog/AdjustStock", request, |request| &mut request.adjustment_id)
    }

    /// Reads an adjustment with its lines.
    pub fn get_stock_adjustment(
        &self,
        request: GetStockAdjustmentRequest,
    ) -> Call<GetStockAdjustmentRequest, GetStockAdjustmentResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetStockAdjustment", request)
    }

    /// Lists the adjustments of a branch, the newest first.
    pub fn list_stock_adjustments(
        &self,
        request: ListStockAdjustmentsRequest,
    ) -> Call<ListStockAdjustmentsRequest, ListStockAdjustmentsResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListStockAdjustments", request)
    }

    /// Starts a count of what is on the shelf.
    ///
    /// An empty `count_id` is filled; the key is the `count_id` unless [`Call::key`] gives another.
    pub fn start_stock_count(
        &self,
        request: StartStockCountRequest,
    ) -> Call<StartStockCountRequest, StartStockCountResponse> {
        Call::make(&self.0, "/kassa.v1.Catalog/StartStockCount", request, |request| &mut request.count_id)
    }

    /// Enters what was counted: all lines or none.
    pub fn enter_stock_count(
        &self,
        request: EnterStockCountRequest,
    ) -> Call<EnterStockCountRequest, EnterStockCountResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/EnterStockCount", request)
    }

    /// Changes the stock of each product that was entered by its difference.
    pub fn finish_stock_count(
        &self,
        request: FinishStockCountRequest,
    ) -> Call<FinishStockCountRequest, FinishStockCountResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/FinishStockCount", request)
    }

    /// Gives up a count: nothing changes.
    pub fn cancel_stock_count(
        &self,
        request: CancelStockCountRequest,
    ) -> Call<CancelStockCountRequest, CancelStockCountResponse> {
        Call::change(&self.0, "/kassa.v1.Catalog/CancelStockCount", request)
    }

    /// Reads a count with its lines, or the one that is open.
    pub fn get_stock_count(
        &self,
        request: GetStockCountRequest,
    ) -> Call<GetStockCountRequest, GetStockCountResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/GetStockCount", request)
    }

    /// Lists the counts of a branch, the newest first.
    pub fn list_stock_counts(
        &self,
        request: ListStockCountsRequest,
    ) -> Call<ListStockCountsRequest, ListStockCountsResponse> {
        Call::read(&self.0, "/kassa.v1.Catalog/ListStockCounts", request)
    }
}
