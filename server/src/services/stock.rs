//! `kassa.v1.Stock`.

use kassa_proto::v1::{self as pb, stock_server::Stock};
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    stock::{self, put_levels::PutStockLevels},
    stock_adjustments::{self, adjust_stock::AdjustStock},
    stock_counts::{
        self, cancel_stock_count::CancelStockCount, enter_stock_count::EnterStockCount,
        finish_stock_count::FinishStockCount, start_stock_count::StartStockCount,
    },
    stock_transfers::{self, receive_stock::ReceiveStock, send_stock::SendStock},
};

/// `kassa.v1.Stock`.
pub struct StockService(pub SharedApp);

#[tonic::async_trait]
impl Stock for StockService {
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
