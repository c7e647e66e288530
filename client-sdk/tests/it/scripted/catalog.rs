//! The scripted server's catalogue: a change that makes no document.

use kassa_client::proto::v1::{self, catalog_server::Catalog};
use tonic::{Request, Response, Status};

use super::{Scripted, Step};

#[tonic::async_trait]
impl Catalog for Scripted {
    async fn put_products(
        &self,
        request: Request<v1::PutProductsRequest>,
    ) -> Result<Response<v1::PutProductsResponse>, Status> {
        match self.arrive("", request.metadata()) {
            None => {}
            Some(Step::Refuse(status)) => return Err(status),
            Some(Step::Hold(go)) => go.notified().await,
            Some(_) => return Err(Status::unimplemented("not in the script")),
        }
        let created_count = request.get_ref().products.len() as i32;
        Ok(Response::new(v1::PutProductsResponse { created_count, ..Default::default() }))
    }

    async fn get_product(
        &self,
        _: Request<v1::GetProductRequest>,
    ) -> Result<Response<v1::GetProductResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn find_products(
        &self,
        _: Request<v1::FindProductsRequest>,
    ) -> Result<Response<v1::FindProductsResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_products(
        &self,
        _: Request<v1::ListProductsRequest>,
    ) -> Result<Response<v1::ListProductsResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn put_stock_levels(
        &self,
        _: Request<v1::PutStockLevelsRequest>,
    ) -> Result<Response<v1::PutStockLevelsResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn get_stock(
        &self,
        _: Request<v1::GetStockRequest>,
    ) -> Result<Response<v1::GetStockResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_stock(
        &self,
        _: Request<v1::ListStockRequest>,
    ) -> Result<Response<v1::ListStockResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_stock_changes(
        &self,
        _: Request<v1::ListStockChangesRequest>,
    ) -> Result<Response<v1::ListStockChangesResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn put_customers(
        &self,
        _: Request<v1::PutCustomersRequest>,
    ) -> Result<Response<v1::PutCustomersResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn get_customer(
        &self,
        _: Request<v1::GetCustomerRequest>,
    ) -> Result<Response<v1::GetCustomerResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn find_customers(
        &self,
        _: Request<v1::FindCustomersRequest>,
    ) -> Result<Response<v1::FindCustomersResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_customers(
        &self,
        _: Request<v1::ListCustomersRequest>,
    ) -> Result<Response<v1::ListCustomersResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn anonymize_customer(
        &self,
        _: Request<v1::AnonymizeCustomerRequest>,
    ) -> Result<Response<v1::AnonymizeCustomerResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_categories(
        &self,
        _: Request<v1::ListCategoriesRequest>,
    ) -> Result<Response<v1::ListCategoriesResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn put_branch_prices(
        &self,
        _: Request<v1::PutBranchPricesRequest>,
    ) -> Result<Response<v1::PutBranchPricesResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn get_branch_price(
        &self,
        _: Request<v1::GetBranchPriceRequest>,
    ) -> Result<Response<v1::GetBranchPriceResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_branch_prices(
        &self,
        _: Request<v1::ListBranchPricesRequest>,
    ) -> Result<Response<v1::ListBranchPricesResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn put_purchase(
        &self,
        _: Request<v1::PutPurchaseRequest>,
    ) -> Result<Response<v1::PutPurchaseResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn approve_purchase(
        &self,
        _: Request<v1::ApprovePurchaseRequest>,
    ) -> Result<Response<v1::ApprovePurchaseResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn cancel_purchase(
        &self,
        _: Request<v1::CancelPurchaseRequest>,
    ) -> Result<Response<v1::CancelPurchaseResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn get_purchase(
        &self,
        _: Request<v1::GetPurchaseRequest>,
    ) -> Result<Response<v1::GetPurchaseResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_purchases(
        &self,
        _: Request<v1::ListPurchasesRequest>,
    ) -> Result<Response<v1::ListPurchasesResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn send_stock(
        &self,
        _: Request<v1::SendStockRequest>,
    ) -> Result<Response<v1::SendStockResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn receive_stock(
        &self,
        _: Request<v1::ReceiveStockRequest>,
    ) -> Result<Response<v1::ReceiveStockResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn get_stock_transfer(
        &self,
        _: Request<v1::GetStockTransferRequest>,
    ) -> Result<Response<v1::GetStockTransferResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_stock_transfers(
        &self,
        _: Request<v1::ListStockTransfersRequest>,
    ) -> Result<Response<v1::ListStockTransfersResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn adjust_stock(
        &self,
        _: Request<v1::AdjustStockRequest>,
    ) -> Result<Response<v1::AdjustStockResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn get_stock_adjustment(
        &self,
        _: Request<v1::GetStockAdjustmentRequest>,
    ) -> Result<Response<v1::GetStockAdjustmentResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_stock_adjustments(
        &self,
        _: Request<v1::ListStockAdjustmentsRequest>,
    ) -> Result<Response<v1::ListStockAdjustmentsResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn start_stock_count(
        &self,
        _: Request<v1::StartStockCountRequest>,
    ) -> Result<Response<v1::StartStockCountResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn enter_stock_count(
        &self,
        _: Request<v1::EnterStockCountRequest>,
    ) -> Result<Response<v1::EnterStockCountResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn finish_stock_count(
        &self,
        _: Request<v1::FinishStockCountRequest>,
    ) -> Result<Response<v1::FinishStockCountResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn cancel_stock_count(
        &self,
        _: Request<v1::CancelStockCountRequest>,
    ) -> Result<Response<v1::CancelStockCountResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn get_stock_count(
        &self,
        _: Request<v1::GetStockCountRequest>,
    ) -> Result<Response<v1::GetStockCountResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }

    async fn list_stock_counts(
        &self,
        _: Request<v1::ListStockCountsRequest>,
    ) -> Result<Response<v1::ListStockCountsResponse>, Status> {
        Err(Status::unimplemented("not in the script"))
    }
}
