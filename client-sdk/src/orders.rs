//! `kassa.v1.Orders`.

use kassa_proto::v1::{
    CompleteSaleRequest, CompleteSaleResponse, GetOrderByNumberRequest, GetOrderByNumberResponse,
    GetOrderRequest, GetOrderResponse, GetReceiptRequest, GetReceiptResponse, ListOrdersRequest,
    ListOrdersResponse, QuoteOrderRequest, QuoteOrderResponse, RefundSaleRequest, RefundSaleResponse,
    VoidSaleRequest, VoidSaleResponse,
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

    /// Gives goods back, by line and quantity.
    ///
    /// An empty `refund_id` is filled; the key is the `refund_id` unless [`Call::key`] gives another.
    pub fn refund_sale(&self, request: RefundSaleRequest) -> Call<RefundSaleRequest, RefundSaleResponse> {
        Call::make(&self.0, "/kassa.v1.Orders/RefundSale", request, |request| &mut request.refund_id)
    }

    /// Takes a whole sale back while its shift is open.
    ///
    /// An empty `void_id` is filled; the key is the `void_id` unless [`Call::key`] gives another.
    pub fn void_sale(&self, request: VoidSaleRequest) -> Call<VoidSaleRequest, VoidSaleResponse> {
        Call::make(&self.0, "/kassa.v1.Orders/VoidSale", request, |request| &mut request.void_id)
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
