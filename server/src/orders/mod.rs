//! Sales and their receipts.

pub mod approval;
pub mod cart;
pub mod complete_sale;
pub mod convert;
pub mod payback;
mod queries;
mod quote_order;
pub mod receipt;
mod refund_sale;
pub mod reversal;
mod rows;
mod void_sale;

use kassa_proto::v1::{self as pb, orders_server::Orders};
use tonic::{Request, Response, Status};

use self::{complete_sale::CompleteSale, queries::OrderName, refund_sale::RefundSale, void_sale::VoidSale};
use crate::{app::SharedApp, books::Caller, error::Error};

/// `kassa.v1.Orders`.
pub struct OrdersService(pub SharedApp);

#[tonic::async_trait]
impl Orders for OrdersService {
    async fn quote_order(
        &self,
        request: Request<pb::QuoteOrderRequest>,
    ) -> Result<Response<pb::QuoteOrderResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        let quote = quote_order::quote(&self.0.readers, &caller, self.0.clock.as_ref(), request).await?;
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

    async fn void_sale(
        &self,
        request: Request<pb::VoidSaleRequest>,
    ) -> Result<Response<pb::VoidSaleResponse>, Status> {
        self.0.post(request, VoidSale::parse).await
    }

    async fn get_order(
        &self,
        request: Request<pb::GetOrderRequest>,
    ) -> Result<Response<pb::GetOrderResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        let name = OrderName::parse(&request.order_id, String::new())?;
        Ok(Response::new(pb::GetOrderResponse { order: Some(self.order(&caller, name).await?) }))
    }

    async fn get_order_by_number(
        &self,
        request: Request<pb::GetOrderByNumberRequest>,
    ) -> Result<Response<pb::GetOrderByNumberResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        if request.receipt_number.is_empty() {
            return Err(Error::invalid("receipt_number", "is required").into());
        }
        let name = OrderName::Number(request.receipt_number);
        Ok(Response::new(pb::GetOrderByNumberResponse { order: Some(self.order(&caller, name).await?) }))
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        let (rows, next_page_token) = queries::list(&self.0.readers, &caller, request, self.0.epoch).await?;
        let orders = queries::as_read(&self.0.readers, &caller, &rows).await?;
        Ok(Response::new(pb::ListOrdersResponse { orders, next_page_token }))
    }

    async fn get_receipt(
        &self,
        request: Request<pb::GetReceiptRequest>,
    ) -> Result<Response<pb::GetReceiptResponse>, Status> {
        let (caller, request) = self.0.read(request)?;
        Ok(Response::new(queries::receipt(&self.0.readers, &caller, request).await?))
    }
}

impl OrdersService {
    async fn order(&self, caller: &Caller, name: OrderName) -> Result<pb::Order, Error> {
        let rows = queries::get(&self.0.readers, caller, name).await?;
        let read = queries::as_read(&self.0.readers, caller, &[rows]).await?;
        read.into_iter().next().ok_or_else(|| Error::internal("an order was lost"))
    }
}
