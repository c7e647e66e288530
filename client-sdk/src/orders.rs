//! `kassa.v1.Orders`.

use kassa_proto::v1::{
    CompleteSaleRequest, CompleteSaleResponse, GetOrderByNumberRequest, GetOrderByNumberResponse,
    GetOrderRequest, GetOrderResponse, GetReceiptRequest, GetReceiptResponse, ListOrdersRequest,
    ListOrdersResponse, QuoteOrderRequest, QuoteOrderResponse,
};

use crate::{Call, Kassa};

/// Sales and their receipts.
#[derive(Debug, Clone)]
pub struct Orders(pub(crate) Kassa);

impl Orders {
    /// Computes the totals of a cart and saves nothing.
    pub fn quote_order(&self, request: QuoteOrderRequest) -> Call<QuoteOrderRequest, QuoteOrderResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/QuoteOrder", request)
    }

    /// Sells: all of it or nothing.
    ///
    /// An empty `order_id` is filled; the key is the `order_id` unless [`Call::key`] gives another.
    pub fn complete_sale(
        &self,
        request: CompleteSaleRequest,
    ) -> Call<CompleteSaleRequest, CompleteSaleResponse> {
        Call::make(&self.0, "/kassa.v1.Orders/CompleteSale", request, |request| &mut request.order_id)
    }

    /// Reads one order by its id.
    pub fn get_order(&self, request: GetOrderRequest) -> Call<GetOrderRequest, GetOrderResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/GetOrder", request)
    }

    /// Reads one order by its receipt number.
    pub fn get_order_by_number(
        &self,
        request: GetOrderByNumberRequest,
    ) -> Call<GetOrderByNumberRequest, GetOrderByNumberResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/GetOrderByNumber", request)
    }

    /// Lists the orders of the caller's branch, newest first.
    pub fn list_orders(&self, request: ListOrdersRequest) -> Call<ListOrdersRequest, ListOrdersResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/ListOrders", request)
    }

    /// Renders an order's receipt as text. Changes nothing.
    pub fn get_receipt(&self, request: GetReceiptRequest) -> Call<GetReceiptRequest, GetReceiptResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/GetReceipt", request)
    }
}
