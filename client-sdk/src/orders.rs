//! `kassa.v1.Orders`.

use kassa_proto::v1::{
    CompleteSaleRequest, CompleteSaleResponse, DiscardDraftRequest, DiscardDraftResponse,
    ExchangeSaleRequest, ExchangeSaleResponse, GetDraftRequest, GetDraftResponse, GetOrderByNumberRequest,
    GetOrderByNumberResponse, GetOrderRequest, GetOrderResponse, GetReceiptRequest, GetReceiptResponse,
    ListDraftsRequest, ListDraftsResponse, ListOrdersRequest, ListOrdersResponse, PrintReceiptRequest,
    PrintReceiptResponse, QuoteOrderRequest, QuoteOrderResponse, RefundSaleRequest, RefundSaleResponse,
    SaveDraftRequest, SaveDraftResponse, TakeOverDraftRequest, TakeOverDraftResponse, VoidSaleRequest,
    VoidSaleResponse,
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

    /// Takes goods of a sale back and sells others for them; only the difference is paid.
    ///
    /// An empty `sale_id` is filled; the key is the `sale_id` unless [`Call::key`] gives another.
    pub fn exchange_sale(
        &self,
        request: ExchangeSaleRequest,
    ) -> Call<ExchangeSaleRequest, ExchangeSaleResponse> {
        Call::make(&self.0, "/kassa.v1.Orders/ExchangeSale", request, |request| &mut request.sale_id)
    }

    /// Takes a whole sale back while its shift is open.
    ///
    /// An empty `void_id` is filled; the key is the `void_id` unless [`Call::key`] gives another.
    pub fn void_sale(&self, request: VoidSaleRequest) -> Call<VoidSaleRequest, VoidSaleResponse> {
        Call::make(&self.0, "/kassa.v1.Orders/VoidSale", request, |request| &mut request.void_id)
    }

    /// Saves a cart that is being rung up, as often as it changes.
    ///
    /// An empty `draft_id` is filled. It carries no key: the version keeps it from happening twice, so
    /// it is attempted again like a read.
    pub fn save_draft(&self, request: SaveDraftRequest) -> Call<SaveDraftRequest, SaveDraftResponse> {
        Call::save(&self.0, "/kassa.v1.Orders/SaveDraft", request, |request| &mut request.draft_id)
    }

    /// Reads one draft, whatever became of it.
    pub fn get_draft(&self, request: GetDraftRequest) -> Call<GetDraftRequest, GetDraftResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/GetDraft", request)
    }

    /// Lists the drafts of the caller's branch, newest first.
    pub fn list_drafts(&self, request: ListDraftsRequest) -> Call<ListDraftsRequest, ListDraftsResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/ListDrafts", request)
    }

    /// Makes this terminal and its user the draft's holder.
    pub fn take_over_draft(
        &self,
        request: TakeOverDraftRequest,
    ) -> Call<TakeOverDraftRequest, TakeOverDraftResponse> {
        Call::change(&self.0, "/kassa.v1.Orders/TakeOverDraft", request)
    }

    /// Ends a draft that will not be sold.
    pub fn discard_draft(
        &self,
        request: DiscardDraftRequest,
    ) -> Call<DiscardDraftRequest, DiscardDraftResponse> {
        Call::change(&self.0, "/kassa.v1.Orders/DiscardDraft", request)
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

    /// Gives a receipt out on paper: the original once, then numbered copies.
    pub fn print_receipt(
        &self,
        request: PrintReceiptRequest,
    ) -> Call<PrintReceiptRequest, PrintReceiptResponse> {
        Call::change(&self.0, "/kassa.v1.Orders/PrintReceipt", request)
    }

    /// Renders an order's receipt as text. Changes nothing.
    pub fn get_receipt(&self, request: GetReceiptRequest) -> Call<GetReceiptRequest, GetReceiptResponse> {
        Call::read(&self.0, "/kassa.v1.Orders/GetReceipt", request)
    }
}
