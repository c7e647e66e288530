//! Prices that a branch has for itself.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use kassa_client::{
    Error, Kassa, Reason, cash, product_line,
    proto::v1::{self as pb, EventKind, Role},
};
use kassa_integration_tests::{Shop, usd};

use super::{product, put};

/// A shop with a second branch B2, where a cashier is signed in at the register R2 with an open shift.
async fn with_branch() -> (Shop, Kassa) {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("hala", Role::Cashier).await;
    let harbour = shop.signed_in("hala", "R2").await;
    let open = pb::OpenShiftRequest { opening_float: Some(usd("50.00")), ..Default::default() };
    harbour.shifts().open_shift(open).await.unwrap();
    (shop, harbour)
}

fn price(sku: &str, price: Option<&str>) -> pb::PutBranchPrice {
    pb::PutBranchPrice { sku: sku.to_owned(), price: price.map(usd), ..Default::default() }
}

fn at(branch: &str, prices: impl IntoIterator<Item = pb::PutBranchPrice>) -> pb::PutBranchPricesRequest {
    pb::PutBranchPricesRequest { branch_id: branch.to_owned(), prices: prices.into_iter().collect() }
}

async fn set(shop: &Shop, branch: &str, sku: &str, to: Option<&str>) -> pb::PutBranchPricesResponse {
    let request = at(branch, [price(sku, to)]);
    shop.kassa.catalog().put_branch_prices(request).await.unwrap().into_inner()
}

async fn look(shop: &Shop, branch: &str, sku: &str) -> pb::BranchPrice {
    let (branch_id, sku) = (branch.to_owned(), sku.to_owned());
    let request = pb::GetBranchPriceRequest { branch_id, sku, ..Default::default() };
    shop.kassa.catalog().get_branch_price(request).await.unwrap().into_inner().branch_price.unwrap()
}

/// A sale of one of something at a terminal, for the total that it is quoted there.
async fn sale(shop: &Shop, terminal: &Kassa, sku: &str) -> pb::CompleteSaleRequest {
    let lines = vec![product_line(shop.product(sku), "1")];
    let quote = pb::QuoteOrderRequest { lines: lines.clone(), ..Default::default() };
    let total = terminal.orders().quote_order(quote).await.unwrap().into_inner().total.unwrap();
    let tenders = if total.amount_minor > 0 { vec![cash(total.clone())] } else { Vec::new() };
    pb::CompleteSaleRequest { lines, tenders, expected_total: Some(total), ..Default::default() }
}

async fn sell(shop: &Shop, terminal: &Kassa, sku: &str) -> pb::Order {
    let sale = sale(shop, terminal, sku).await;
    terminal.orders().complete_sale(sale).await.unwrap().into_inner().order.unwrap()
}

/// The list price and the price of an order's only line.
fn prices(order: &pb::Order) -> [Option<pb::Money>; 2] {
    [order.lines[0].list_price.clone(), order.lines[0].unit_price.clone()]
}

fn both(price: &str) -> [Option<pb::Money>; 2] {
    [Some(usd(price)), Some(usd(price))]
}

fn reason<T: std::fmt::Debug>(result: Result<T, Error>) -> Option<Reason> {
    result.unwrap_err().reason()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_is_at_the_branchs_price_where_it_has_one_and_at_the_products_elsewhere() {
    let (shop, harbour) = with_branch().await;
    set(&shop, "B2", "bread", Some("2.50")).await;
    assert_eq!(prices(&sell(&shop, &shop.kassa, "bread").await), both("2.00"));
    let dear = sell(&shop, &harbour, "bread").await;
    assert_eq!((prices(&dear), dear.total.clone()), (both("2.50"), Some(usd("2.50"))));
    assert_eq!(prices(&sell(&shop, &harbour, "milk").await), prices(&sell(&shop, &shop.kassa, "milk").await));

    // The product's own price changes where the branch has none.
    put(&shop, [product("bread", "Bread", "2.20")]).await;
    assert_eq!(prices(&sell(&shop, &shop.kassa, "bread").await), both("2.20"));
    assert_eq!(prices(&sell(&shop, &harbour, "bread").await), both("2.50"));
    // What is free at the branch is free, and not without a price.
    set(&shop, "B2", "bread", Some("0")).await;
    assert_eq!(prices(&sell(&shop, &harbour, "bread").await), both("0"));
    set(&shop, "B2", "bread", None).await;
    assert_eq!(prices(&sell(&shop, &harbour, "bread").await), both("2.20"));
    // What was sold keeps its price.
    let request = pb::GetOrderRequest { order_id: dear.order_id };
    let read = harbour.orders().get_order(request).await.unwrap().into_inner().order.unwrap();
    assert_eq!(prices(&read), both("2.50"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_by_barcode_and_one_of_a_draft_and_an_exchange_are_at_the_branchs_price() {
    let (shop, harbour) = with_branch().await;
    let mut bread = product("bread", "Bread", "2.00");
    bread.barcodes = vec!["4006381333931".to_owned()];
    put(&shop, [bread]).await;
    let line = product_line(shop.product("bread"), "1");
    let save = pb::SaveDraftRequest { lines: vec![line.clone()], ..Default::default() };
    let draft = harbour.orders().save_draft(save).await.unwrap().into_inner().draft.unwrap();
    let sold = sell(&shop, &harbour, "bread").await;
    set(&shop, "B2", "bread", Some("2.50")).await;

    let scanned =
        pb::LineItem { item: Some(pb::line_item::Item::Barcode("4006381333931".to_owned())), ..line.clone() };
    let quote = pb::QuoteOrderRequest { lines: vec![scanned], ..Default::default() };
    assert_eq!(harbour.orders().quote_order(quote).await.unwrap().total, Some(usd("2.50")));

    let mut of_draft = sale(&shop, &harbour, "bread").await;
    (of_draft.draft_id, of_draft.draft_version) = (draft.draft_id, draft.version);
    let order = harbour.orders().complete_sale(of_draft).await.unwrap().into_inner().order.unwrap();
    assert_eq!(prices(&order), both("2.50"));

    let exchange = pb::ExchangeSaleRequest {
        order_id: sold.order_id.clone(),
        returned_lines: shop.refund(&sold, "1 x bread, cash 2.00", "2.00").lines,
        lines: vec![line],
        tenders: vec![cash(usd("0.50"))],
        expected_total: Some(usd("0.50")),
        ..Default::default()
    };
    let exchanged = harbour.orders().exchange_sale(exchange).await.unwrap().into_inner();
    assert_eq!(prices(&exchanged.sold.unwrap()), both("2.50"));
}

/// The customer was told a price: another one is never charged without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_changed_since_the_quote_refuses_the_sale_with_both_totals() {
    let (shop, harbour) = with_branch().await;
    let told = sale(&shop, &harbour, "bread").await;
    set(&shop, "B2", "bread", Some("2.50")).await;
    let refused = harbour.orders().complete_sale(told).await;
    assert_eq!(reason(refused), Some(Reason::TotalMismatch));
}

/// The branch's price is the list price there: a cashier who sells at the product's takes something off.
#[tokio::test(flavor = "multi_thread")]
async fn another_price_than_the_branchs_is_what_somebody_has_to_approve() {
    let (shop, harbour) = with_branch().await;
    set(&shop, "B2", "bread", Some("2.50")).await;
    let at = |price: &str| {
        let mut line = product_line(shop.product("bread"), "1");
        line.unit_price_override = Some(usd(price));
        let (tenders, expected_total) = (vec![cash(usd(price))], Some(usd(price)));
        pb::CompleteSaleRequest { lines: vec![line], tenders, expected_total, ..Default::default() }
    };
    harbour.orders().complete_sale(at("2.50")).await.unwrap();
    assert_eq!(reason(harbour.orders().complete_sale(at("2.00")).await), Some(Reason::ApprovalRequired));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_was_read_at_a_branch_and_is_written_back_keeps_its_own_price() {
    let shop = Shop::open().await;
    set(&shop, "", "bread", Some("2.50")).await;
    let request = pb::GetProductRequest { sku: "bread".to_owned(), ..Default::default() };
    let read = shop.kassa.catalog().get_product(request.clone()).await.unwrap().into_inner().product.unwrap();
    assert_eq!((&read.price, &read.branch_price), (&Some(usd("2.00")), &Some(usd("2.50"))));
    let find = pb::FindProductsRequest { query: "bread".to_owned(), ..Default::default() };
    let found = shop.kassa.catalog().find_products(find).await.unwrap().into_inner().products.remove(0);
    assert_eq!(found.product.as_ref(), Some(&read));

    assert_eq!(put(&shop, [read.clone()]).await.unchanged_count, 1);
    let renamed = pb::Product { name: "White bread".to_owned(), ..read };
    assert_eq!(put(&shop, [renamed]).await.updated_count, 1);
    let again = shop.kassa.catalog().get_product(request).await.unwrap().into_inner().product.unwrap();
    assert_eq!((again.price, again.branch_price), (Some(usd("2.00")), Some(usd("2.50"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_writes_all_of_its_prices_or_none_and_the_same_key_twice_does_it_once() {
    let (shop, _) = with_branch().await;
    let catalog = shop.kassa.catalog();
    let refused = catalog
        .put_branch_prices(at("B2", [price("bread", Some("9.00")), price("ghost", Some("1.00"))]))
        .await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::ProductNotFound));
    assert_eq!(refused.field_violations()[0].path, "prices[1].sku");
    assert_eq!(look(&shop, "B2", "bread").await.price, None);

    let request = at("B2", [price("bread", Some("2.50")), price("milk", None)]);
    let first = catalog.put_branch_prices(request.clone()).key("spring").await.unwrap();
    assert_eq!((first.changed_count, first.unchanged_count), (1, 1), "milk had none to take away");
    set(&shop, "B2", "bread", Some("2.60")).await;
    let again = catalog.put_branch_prices(request).key("spring").await.unwrap();
    assert!(again.replayed());
    assert_eq!(again.into_inner(), first.into_inner());
    let bread = look(&shop, "B2", "bread").await;
    assert_eq!((&bread.price, &bread.list_price), (&Some(usd("2.60")), &Some(usd("2.00"))));
    assert_eq!((look(&shop, "B1", "bread").await.price, bread.update_time.is_some()), (None, true));

    let same = set(&shop, "B2", "bread", Some("2.60")).await;
    assert_eq!((same.changed_count, same.unchanged_count), (0, 1));
    let after = set(&shop, "B2", "bread", Some("2.70")).await;
    assert_ne!(after.catalog_version, same.catalog_version, "a change is the catalogue's next version");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_who_change_the_same_version_one_does() {
    let shop = Shop::found().await;
    set(&shop, "", "bread", Some("2.50")).await;
    let version = look(&shop, "", "bread").await.version;
    let tries = (0..10).map(|number| {
        let mut put = price("bread", Some(&format!("3.0{number}")));
        put.version = version;
        let catalog = shop.second_terminal().catalog();
        async move { catalog.put_branch_prices(at("", [put])).await }
    });
    let results = join_all(tries).await;
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).map(|error| error.reason()).collect();
    assert_eq!(refused, vec![Some(Reason::VersionMismatch); 9]);
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_that_are_none_are_refused_by_their_place() {
    let shop = Shop::found().await;
    let product_id = shop.product("bread");
    let euros = pb::Money { currency_code: "EUR".to_owned(), amount_minor: 1 };
    let cases = [
        (at("", []), Reason::InvalidField, "prices"),
        (at("", vec![price("bread", None); 1_001]), Reason::InvalidField, "prices"),
        (at("", [price("", None)]), Reason::InvalidField, "prices[0].product_id"),
        (
            at("", [pb::PutBranchPrice { product_id: product_id.clone(), ..price("bread", None) }]),
            Reason::InvalidField,
            "prices[0].sku",
        ),
        (
            // The same product by its SKU and by its id.
            at("", [price("bread", None), pb::PutBranchPrice { product_id, ..price("", None) }]),
            Reason::InvalidField,
            "prices[1].product_id",
        ),
        (at("", [price("bread", Some("-1.00"))]), Reason::InvalidField, "prices[0].price"),
        (at("", [price("bread", Some("10000000000.01"))]), Reason::AmountOverflow, "prices[0].price"),
        (
            at("", [pb::PutBranchPrice { price: Some(euros), ..price("bread", None) }]),
            Reason::CurrencyMismatch,
            "prices[0].price",
        ),
        (
            at("", [pb::PutBranchPrice { version: 7, ..price("bread", None) }]),
            Reason::VersionMismatch,
            "prices[0].version",
        ),
        (at("B9", [price("bread", None)]), Reason::BranchNotFound, "branch_id"),
    ];
    for (request, reason, path) in cases {
        let refused = shop.kassa.catalog().put_branch_prices(request).await.unwrap_err();
        let paths: Vec<&str> = refused.field_violations().iter().map(|field| field.path.as_str()).collect();
        assert_eq!((refused.reason(), paths), (Some(reason), vec![path]), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prices_of_another_branch_are_out_of_reach_but_for_admins_of_all() {
    let (shop, harbour) = with_branch().await;
    let catalog = harbour.catalog();
    let (branch_id, sku) = ("B1".to_owned(), "bread".to_owned());
    let one = pb::GetBranchPriceRequest { branch_id: branch_id.clone(), sku, ..Default::default() };
    assert_eq!(reason(catalog.get_branch_price(one).await), Some(Reason::WrongBranch));
    let all = pb::ListBranchPricesRequest { branch_id: branch_id.clone(), ..Default::default() };
    assert_eq!(reason(catalog.list_branch_prices(all).await), Some(Reason::WrongBranch));
    let copy = pb::ListProductsRequest { branch_id, ..Default::default() };
    assert_eq!(reason(catalog.list_products(copy).await), Some(Reason::WrongBranch));
    let put = catalog.put_branch_prices(at("", [price("bread", None)])).await;
    assert_eq!(reason(put), Some(Reason::RoleRequired));
    assert_eq!(set(&shop, "B2", "bread", Some("2.50")).await.changed_count, 1, "the owner works in all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branchs_own_prices_are_listed_in_pages_each_once() {
    let shop = Shop::found().await;
    let skus: Vec<String> = (0..25).map(|number| format!("p-{number:02}")).collect();
    put(&shop, skus.iter().map(|sku| product(sku, sku, "1.00"))).await;
    let request = at("", skus.iter().map(|sku| price(sku, Some("1.10"))));
    shop.kassa.catalog().put_branch_prices(request).await.unwrap();
    set(&shop, "", "p-07", None).await;
    let (mut listed, mut page_token) = (BTreeSet::new(), String::new());
    loop {
        let request = pb::ListBranchPricesRequest { page_size: 7, page_token, ..Default::default() };
        let page = shop.kassa.catalog().list_branch_prices(request).await.unwrap().into_inner();
        assert!(page.branch_prices.len() <= 7);
        for own in page.branch_prices {
            assert_eq!((own.price, own.list_price), (Some(usd("1.10")), Some(usd("1.00"))));
            assert!(listed.insert(own.sku), "each once");
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(listed.len(), 24);
    assert!(!listed.contains("p-07"), "it was taken away");
}

#[tokio::test(flavor = "multi_thread")]
async fn price_changes_are_in_the_audit_log_with_what_was_before() {
    let (shop, _) = with_branch().await;
    put(&shop, [product("bread", "Bread", "2.20"), product("tea", "Tea", "3.50")]).await;
    put(&shop, [product("bread", "White bread", "2.20")]).await;
    set(&shop, "B2", "bread", Some("2.50")).await;
    put(&shop, [product("bread", "White bread", "2.30")]).await;
    let request = at("B2", [price("bread", None), price("tea", Some("3.40"))]);
    shop.kassa.catalog().put_branch_prices(request).await.unwrap();
    let kinds = [EventKind::ProductsChanged, EventKind::BranchPricesChanged].map(i32::from).to_vec();
    let request = pb::ListAuditLogRequest { kinds, page_size: 5, ..Default::default() };
    let log = shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    let words: Vec<&str> = log.entries.iter().map(|entry| entry.words.as_str()).collect();
    assert_eq!(
        words,
        [
            "prices at B2 written: bread: 2.50 -> 2.30 (list price), tea: 3.50 -> 3.40",
            "products written: bread; bread: 2.20 -> 2.30",
            "prices at B2 written: bread: 2.20 -> 2.50",
            "products written: bread",
            "products written: bread, tea; bread: 2.00 -> 2.20",
        ]
    );
}
