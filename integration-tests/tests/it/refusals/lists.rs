//! Readings: ids, pages, filters.

use kassa_client::{
    Code, Reason,
    proto::v1::{self as pb},
};
use prost_types::Timestamp;

use super::Refusing;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let refusing = Refusing::open().await;
    let id = kassa_client::new_id();
    let order = pb::GetOrderRequest { order_id: id.clone() };
    let number = "INV-202611-R1-000099".to_owned();
    let by_number = pb::GetOrderByNumberRequest { receipt_number: number.clone() };
    let receipt = pb::GetReceiptRequest { order_id: id, ..Default::default() };
    let receipt_by_number = pb::GetReceiptRequest { receipt_number: number, ..Default::default() };
    let register = pb::GetDrawerRequest { register_id: "R9".to_owned() };
    let of_register = pb::GetCurrentShiftRequest { register_id: "R9".to_owned() };
    let of_branch = pb::ListOrdersRequest { branch_id: "B9".to_owned(), ..Default::default() };
    let refusals = [
        (refusing.refuse("an order", "Orders/GetOrder", &order).await, Reason::OrderNotFound, ""),
        (refusing.refuse("a number", "Orders/GetOrderByNumber", &by_number).await, Reason::OrderNotFound, ""),
        (refusing.refuse("a receipt", "Orders/GetReceipt", &receipt).await, Reason::OrderNotFound, ""),
        (
            refusing.refuse("its number", "Orders/GetReceipt", &receipt_by_number).await,
            Reason::OrderNotFound,
            "",
        ),
        (
            refusing.refuse("a drawer", "CashRegister/GetDrawer", &register).await,
            Reason::RegisterNotFound,
            "register_id",
        ),
        (
            refusing.refuse("a shift", "Shifts/GetCurrentShift", &of_register).await,
            Reason::RegisterNotFound,
            "register_id",
        ),
        (
            refusing.refuse("a branch", "Orders/ListOrders", &of_branch).await,
            Reason::BranchNotFound,
            "branch_id",
        ),
    ];
    for (refusal, reason, path) in refusals {
        assert_eq!((refusal.place(), refusal.code), ((reason, path), Code::NotFound), "{}", refusal.message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_none_and_names_that_are_missing_are_refused() {
    let refusing = Refusing::open().await;
    let broken = || "01980e3a-5f00-7000-8000-00000000000g".to_owned();
    let order = |order_id| pb::GetOrderRequest { order_id };
    let receipt = |order_id, width| pb::GetReceiptRequest { order_id, width, ..Default::default() };
    let product = |product_id| pb::GetProductRequest { product_id, ..Default::default() };
    let query = |query: &str| pb::FindProductsRequest { query: query.to_owned(), ..Default::default() };
    let key = |method: &str, key: String| pb::LookUpIdempotencyKeyRequest { method: method.to_owned(), key };
    let orders = pb::ListOrdersRequest::default;
    let never = Timestamp { seconds: i64::MAX, nanos: 0 };
    let refusals = [
        (refusing.refuse("id", "Orders/GetOrder", &order(broken())).await, "order_id"),
        (refusing.refuse("none", "Orders/GetOrder", &order(String::new())).await, "order_id"),
        (
            refusing.refuse("none", "Orders/GetOrderByNumber", &pb::GetOrderByNumberRequest::default()).await,
            "receipt_number",
        ),
        (refusing.refuse("id", "Orders/GetReceipt", &receipt(broken(), 0)).await, "order_id"),
        (refusing.refuse("none", "Orders/GetReceipt", &receipt(String::new(), 0)).await, "order_id"),
        (refusing.refuse("narrow", "Orders/GetReceipt", &receipt(broken(), 31)).await, "width"),
        (refusing.refuse("wide", "Orders/GetReceipt", &receipt(broken(), 81)).await, "width"),
        (refusing.refuse("less", "Orders/GetReceipt", &receipt(broken(), -1)).await, "width"),
        (refusing.refuse("id", "Catalog/GetProduct", &product(broken())).await, "product_id"),
        (refusing.refuse("none", "Catalog/GetProduct", &product(String::new())).await, "product_id"),
        (refusing.refuse("nothing", "Catalog/FindProducts", &query("")).await, "query"),
        (refusing.refuse("blanks", "Catalog/FindProducts", &query(" \t ")).await, "query"),
        (refusing.refuse("a novel", "Catalog/FindProducts", &query(&"خ".repeat(201))).await, "query"),
        (
            refusing.refuse("no method", "Admin/LookUpIdempotencyKey", &key("SellAll", broken())).await,
            "method",
        ),
        (
            refusing.refuse("no keys", "Admin/LookUpIdempotencyKey", &key("GetOrder", broken())).await,
            "method",
        ),
        (
            refusing.refuse("no key", "Admin/LookUpIdempotencyKey", &key("PutSettings", String::new())).await,
            "key",
        ),
        (
            refusing
                .refuse("a long key", "Admin/LookUpIdempotencyKey", &key("PutSettings", "k".repeat(256)))
                .await,
            "key",
        ),
        (
            refusing
                .refuse(
                    "shift",
                    "Orders/ListOrders",
                    &pb::ListOrdersRequest { shift_id: broken(), ..orders() },
                )
                .await,
            "shift_id",
        ),
        (
            refusing
                .refuse("user", "Orders/ListOrders", &pb::ListOrdersRequest { user_id: broken(), ..orders() })
                .await,
            "user_id",
        ),
        (
            refusing
                .refuse(
                    "start",
                    "Orders/ListOrders",
                    &pb::ListOrdersRequest { start_time: Some(never), ..orders() },
                )
                .await,
            "start_time",
        ),
        (
            refusing
                .refuse(
                    "end",
                    "Orders/ListOrders",
                    &pb::ListOrdersRequest {
                        end_time: Some(Timestamp { seconds: 0, nanos: -1 }),
                        ..orders()
                    },
                )
                .await,
            "end_time",
        ),
        (
            refusing
                .refuse(
                    "movements",
                    "CashRegister/ListMovements",
                    &pb::ListMovementsRequest { shift_id: broken(), ..Default::default() },
                )
                .await,
            "shift_id",
        ),
    ];
    for (refusal, path) in refusals {
        assert_eq!(refusal.place(), (Reason::InvalidField, path), "{}", refusal.message);
    }
}

/// Where pages are asked for.
const LISTS: [&str; 4] =
    ["Orders/ListOrders", "CashRegister/ListMovements", "Catalog/ListProducts", "Customers/ListCustomers"];

/// Size and token have the same numbers in every list.
#[derive(Clone, PartialEq, prost::Message)]
struct Page {
    #[prost(int32, tag = "1")]
    page_size: i32,
    #[prost(string, tag = "2")]
    page_token: String,
}

/// And so has the next page's token in every answer.
#[derive(Clone, PartialEq, prost::Message)]
struct NextPage {
    #[prost(string, tag = "2")]
    next_page_token: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_none_is_refused() {
    let refusing = Refusing::open().await;
    for list in LISTS {
        for page_size in [-1, i32::MIN] {
            let page = Page { page_size, page_token: String::new() };
            let refusal = refusing.refuse("a page of less than nothing", list, &page).await;
            assert_eq!(refusal.place(), (Reason::InvalidField, "page_size"), "{list}");
        }
        let long = "A".repeat(10_000);
        for token in ["next", "!", "====", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA", "خبز", &long] {
            let page = Page { page_size: 0, page_token: token.to_owned() };
            let refusal = refusing.refuse(token, list, &page).await;
            assert_eq!(refusal.place(), (Reason::InvalidField, "page_token"), "{list}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_list_is_refused() {
    let refusing = Refusing::open().await;
    for _ in 0..3 {
        refusing.shop.sell("1 x bread, cash 5.00").await;
    }
    let customer = pb::Customer { name: "Amal".to_owned(), ..Default::default() };
    let customers = pb::PutCustomersRequest { customers: vec![customer; 3] };
    refusing.shop.kassa.customers().put_customers(customers).await.unwrap();
    let first = Page { page_size: 1, page_token: String::new() };
    let mut tokens = Vec::new();
    for list in LISTS {
        let answer = refusing.wire.call(list).send(&first).await;
        tokens.push(answer.message::<NextPage>().next_page_token);
    }
    for (list, own) in LISTS.iter().zip(0..) {
        for (token, of) in tokens.iter().zip(0..).filter(|(_, of)| of != &own) {
            let page = Page { page_size: 1, page_token: token.clone() };
            let refusal = refusing.refuse("another list's", list, &page).await;
            assert_eq!(
                refusal.place(),
                (Reason::InvalidField, "page_token"),
                "{list} with the token of {of}"
            );
        }
    }
    let other_filter = pb::ListOrdersRequest {
        page_token: tokens[0].clone(),
        register_id: "R1".to_owned(),
        ..Default::default()
    };
    let refusal = refusing.refuse("other filters", "Orders/ListOrders", &other_filter).await;
    assert_eq!(refusal.place(), (Reason::InvalidField, "page_token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_version_that_is_none_is_refused() {
    let refusing = Refusing::open().await;
    let versions = [
        ("yesterday", Reason::InvalidField),
        ("1", Reason::InvalidField),
        ("1.", Reason::InvalidField),
        ("1.1.1", Reason::InvalidField),
        ("99999999999999999999.1", Reason::InvalidField),
        // A copy from before a restore.
        ("0.1", Reason::EpochChanged),
    ];
    for (version, reason) in versions {
        let request = pb::ListProductsRequest { changed_since: version.to_owned(), ..Default::default() };
        let refusal = refusing.refuse(version, "Catalog/ListProducts", &request).await;
        assert_eq!(refusal.place(), (reason, "changed_since"), "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_with_a_value_that_the_contract_does_not_have_is_refused_by_its_name() {
    let refusing = Refusing::open().await;
    let product_id = "bread".to_owned();
    let orders = |kind, state| pb::ListOrdersRequest { kind, state, ..Default::default() };
    let shifts = pb::ListShiftsRequest { state: 99, ..Default::default() };
    let log = |kinds| pb::ListAuditLogRequest { kinds, ..Default::default() };
    let report = pb::GetSalesReportRequest { group_by: 99, ..Default::default() };
    let drafts = pb::ListDraftsRequest { state: 99, ..Default::default() };
    let purchases = pb::ListPurchasesRequest { state: -1, ..Default::default() };
    let stock = pb::ListStockChangesRequest { product_id, cause: 99, ..Default::default() };
    let counts = pb::ListStockCountsRequest { state: 99, ..Default::default() };
    let transfers =
        |direction, state| pb::ListStockTransfersRequest { direction, state, ..Default::default() };
    let cash = pb::ListTransfersRequest { state: 99, ..Default::default() };
    let journal = pb::VerifyJournalRequest { kind: 99, ..Default::default() };
    let refusals = [
        (refusing.refuse("a kind", "Orders/ListOrders", &orders(99, 0)).await, "kind"),
        (refusing.refuse("below zero", "Orders/ListOrders", &orders(-1, 0)).await, "kind"),
        (refusing.refuse("a state", "Orders/ListOrders", &orders(0, 99)).await, "state"),
        (refusing.refuse("a shift's", "Shifts/ListShifts", &shifts).await, "state"),
        (refusing.refuse("the second", "Admin/ListAuditLog", &log(vec![1, 999])).await, "kinds[1]"),
        (refusing.refuse("none", "Admin/ListAuditLog", &log(vec![0])).await, "kinds[0]"),
        (refusing.refuse("a grouping", "Admin/GetSalesReport", &report).await, "group_by"),
        (refusing.refuse("a draft's", "Orders/ListDrafts", &drafts).await, "state"),
        (refusing.refuse("a purchase's", "Purchases/ListPurchases", &purchases).await, "state"),
        (refusing.refuse("a cause", "Stock/ListStockChanges", &stock).await, "cause"),
        (refusing.refuse("a count's", "Stock/ListStockCounts", &counts).await, "state"),
        (refusing.refuse("a way", "Stock/ListStockTransfers", &transfers(99, 0)).await, "direction"),
        (refusing.refuse("a transfer's", "Stock/ListStockTransfers", &transfers(0, 99)).await, "state"),
        (refusing.refuse("of cash", "CashRegister/ListTransfers", &cash).await, "state"),
        (refusing.refuse("a chain", "CashRegister/VerifyJournal", &journal).await, "kind"),
    ];
    for (refusal, path) in refusals {
        assert_eq!(refusal.place(), (Reason::InvalidField, path), "{}", refusal.message);
    }
}
