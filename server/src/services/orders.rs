//! `kassa.v1.Orders`.

use kassa_proto::v1::{self as pb, orders_server::Orders};
use tonic::{Request, Response, Status};

use crate::{
    app::SharedApp,
    error::Error,
    orders::{
        complete_sale::CompleteSale,
        drafts::{self, discard_draft::DiscardDraft, save_draft::SaveDraft, take_over_draft::TakeOverDraft},
        exchange_sale::ExchangeSale,
        print_receipt::PrintReceipt,
        queries::{self, OrderName},
        quote_order,
        refund_sale::RefundSale,
        void_sale::VoidSale,
    },
};

/// `kassa.v1.Orders`.
pub struct OrdersService(pub SharedApp);

#[tonic::async_trait]
impl Orders for OrdersService {
    async fn quote_order(
        &self,
        request: Request<pb::QuoteOrderRequest>,
    ) -> Result<Response<pb::QuoteOrderResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let quote = quote_order::quote(&reading, &caller, self.0.clock.as_ref(), request).await?;
        Ok(Response::new(quote))
    }

    async fn complete_sale(
        &self,
        request: Request<pb::CompleteSaleRequest>,
    ) -> Result<Response<pb::CompleteSaleResponse>, Status> {
        self.0.post(request, CompleteSale::parse).await
    }

    async fn refund_sale(
        &self,
        request: Request<pb::RefundSaleRequest>,
    ) -> Result<Response<pb::RefundSaleResponse>, Status> {
        self.0.post(request, RefundSale::parse).await
    }

    async fn exchange_sale(
        &self,
        request: Request<pb::ExchangeSaleRequest>,
    ) -> Result<Response<pb::ExchangeSaleResponse>, Status> {
        self.0.post(request, ExchangeSale::parse).await
    }

    async fn void_sale(
        &self,
        request: Request<pb::VoidSaleRequest>,
    ) -> Result<Response<pb::VoidSaleResponse>, Status> {
        self.0.post(request, VoidSale::parse).await
    }

    async fn save_draft(
        &self,
        request: Request<pb::SaveDraftRequest>,
    ) -> Result<Response<pb::SaveDraftResponse>, Status> {
        self.0.post(request, SaveDraft::parse).await
    }

    async fn get_draft(
        &self,
        request: Request<pb::GetDraftRequest>,
    ) -> Result<Response<pb::GetDraftResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let draft = drafts::queries::get(&reading, &caller, &request).await?;
        Ok(Response::new(pb::GetDraftResponse { draft: Some(draft) }))
    }

    async fn list_drafts(
        &self,
        request: Request<pb::ListDraftsRequest>,
    ) -> Result<Response<pb::ListDraftsResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let drafts = drafts::queries::list(&reading, &caller, request, self.0.epoch).await?;
        Ok(Response::new(drafts))
    }

    async fn take_over_draft(
        &self,
        request: Request<pb::TakeOverDraftRequest>,
    ) -> Result<Response<pb::TakeOverDraftResponse>, Status> {
        self.0.post(request, TakeOverDraft::parse).await
    }

    async fn discard_draft(
        &self,
        request: Request<pb::DiscardDraftRequest>,
    ) -> Result<Response<pb::DiscardDraftResponse>, Status> {
        self.0.post(request, DiscardDraft::parse).await
    }

    async fn get_order(
        &self,
        request: Request<pb::GetOrderRequest>,
    ) -> Result<Response<pb::GetOrderResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let name = OrderName::parse(&request.order_id, String::new())?;
        Ok(Response::new(pb::GetOrderResponse {
            order: Some(queries::order(&reading, &caller, name).await?),
        }))
    }

    async fn get_order_by_number(
        &self,
        request: Request<pb::GetOrderByNumberRequest>,
    ) -> Result<Response<pb::GetOrderByNumberResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        if request.receipt_number.is_empty() {
            return Err(Error::invalid("receipt_number", "is required").into());
        }
        let name = OrderName::Number(request.receipt_number);
        Ok(Response::new(pb::GetOrderByNumberResponse {
            order: Some(queries::order(&reading, &caller, name).await?),
        }))
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        let (rows, next_page_token) = queries::list(&reading, &caller, request, self.0.epoch).await?;
        let orders = queries::as_read(&reading, &caller, &rows).await?;
        Ok(Response::new(pb::ListOrdersResponse { orders, next_page_token }))
    }

    async fn get_receipt(
        &self,
        request: Request<pb::GetReceiptRequest>,
    ) -> Result<Response<pb::GetReceiptResponse>, Status> {
        let (reading, caller, request) = self.0.read(request).await?;
        Ok(Response::new(queries::receipt(&reading, &caller, request).await?))
    }

    async fn print_receipt(
        &self,
        request: Request<pb::PrintReceiptRequest>,
    ) -> Result<Response<pb::PrintReceiptResponse>, Status> {
        let (caller, width) = (self.0.caller(&request)?, request.get_ref().width);
        let mut printed = self.0.post(request, PrintReceipt::parse).await?;
        let width = queries::width(width)?;
        // As the server's own: it is printed, and nobody is to hear now that too much of theirs is waiting.
        let reading = self.0.readers.begin().await?;
        printed.get_mut().text = queries::paper(&reading, &caller, printed.get_ref(), width).await?;
        Ok(printed)
    }
}
