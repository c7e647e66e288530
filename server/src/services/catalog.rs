//! `kassa.v1.Catalog`.

use crate::{
    app::SharedApp,
    catalog::{
        find_products, list_products, put_branch_prices::PutBranchPrices, put_products::PutProducts, queries,
    },
    customers::{
        self,
        anonymize_customer::AnonymizeCustomer,
        put_customers::{self, PutCustomers},
    },
    purchases::{
        self, approve_purchase::ApprovePurchase, cancel_purchase::CancelPurchase, put_purchase::PutPurchase,
    },
    stock::{self, put_levels::PutStockLevels},
    stock_adjustments::{self, adjust_stock::AdjustStock},
    stock_counts::{
        self, cancel_stock_count::CancelStockCount, enter_stock_count::EnterStockCount,
        finish_stock_count::FinishStockCount, start_stock_count::StartStockCount,
    },
    stock_transfers::{self, receive_stock::ReceiveStock, send_stock::SendStock},
};
use kassa_proto::v1::{self as pb, catalog_server::Catalog};
use tonic::{Request, Response, Status};

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
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(stock::queries::get(&reading, &caller, &request).await?))
    }

    async fn list_stock(
        &self,
        request: Request<pb::ListStockRequest>,
    ) -> Result<Response<pb::ListStockResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(stock::queries::list(&reading, &caller, request, self.0.epoch).await?))
    }

    async fn list_stock_changes(
        &self,
        request: Request<pb::ListStockChangesRequest>,
    ) -> Result<Response<pb::ListStockChangesResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(stock::queries::changes(&reading, &caller, request, self.0.epoch).await?))
    }

    async fn put_customers(
        &self,
        request: Request<pb::PutCustomersRequest>,
    ) -> Result<Response<pb::PutCustomersResponse>, Status> {
        self.0.post_with_fingerprint(request, put_customers::fingerprint, PutCustomers::parse).await
    }

    async fn get_customer(
        &self,
        request: Request<pb::GetCustomerRequest>,
    ) -> Result<Response<pb::GetCustomerResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(customers::queries::get(&reading, &caller, &request).await?))
    }

    async fn find_customers(
        &self,
        request: Request<pb::FindCustomersRequest>,
    ) -> Result<Response<pb::FindCustomersResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let found = customers::queries::find(&reading, &caller, request, self.0.epoch).await?;
        Ok(Response::new(found))
    }

    async fn list_customers(
        &self,
        request: Request<pb::ListCustomersRequest>,
    ) -> Result<Response<pb::ListCustomersResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(customers::queries::list(&reading, &caller, request).await?))
    }

    async fn anonymize_customer(
        &self,
        request: Request<pb::AnonymizeCustomerRequest>,
    ) -> Result<Response<pb::AnonymizeCustomerResponse>, Status> {
        self.0.post(request, AnonymizeCustomer::parse).await
    }

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
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(stock_transfers::queries::get(&reading, &caller, &request).await?))
    }

    async fn list_stock_transfers(
        &self,
        request: Request<pb::ListStockTransfersRequest>,
    ) -> Result<Response<pb::ListStockTransfersResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let page = stock_transfers::queries::list(&reading, &caller, request, self.0.epoch).await?;
        Ok(Response::new(page))
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
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(stock_adjustments::queries::get(&reading, &caller, &request).await?))
    }

    async fn list_stock_adjustments(
        &self,
        request: Request<pb::ListStockAdjustmentsRequest>,
    ) -> Result<Response<pb::ListStockAdjustmentsResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let epoch = self.0.epoch;
        Ok(Response::new(stock_adjustments::queries::list(&reading, &caller, request, epoch).await?))
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
        let app = &self.0;
        let prepare = |caller, request| async move {
            let posting = EnterStockCount::parse(request)?;
            // Ends before the posting waits for its turn.
            let past =
                stock_counts::history::read(&app.reading(&caller).await?, &caller, &posting.past()).await?;
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
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(stock_counts::queries::get(&reading, &caller, &request).await?))
    }

    async fn list_stock_counts(
        &self,
        request: Request<pb::ListStockCountsRequest>,
    ) -> Result<Response<pb::ListStockCountsResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(stock_counts::queries::list(&reading, &caller, request, self.0.epoch).await?))
    }
}
