//! What is on the shelves, and what changed it.

use kassa_client::{
    Reason,
    proto::v1::{self as pb, EventKind, StockCause},
};
use kassa_integration_tests::{Shop, usd};

use crate::repeats::ten_times;

async fn stock(shop: &Shop, sku: &str) -> pb::ProductStock {
    let request = pb::GetStockRequest { product_id: sku.to_owned(), ..Default::default() };
    shop.kassa.stock().get_stock(request).await.unwrap().into_inner().stock.unwrap()
}

/// The changes of a product as cause, quantity and balance, the first at the front.
async fn changes(shop: &Shop, sku: &str) -> Vec<(StockCause, String, String)> {
    let request = pb::ListStockChangesRequest { product_id: sku.to_owned(), ..Default::default() };
    let list = shop.kassa.stock().list_stock_changes(request).await.unwrap().into_inner();
    let text = |decimal: &Option<pb::Decimal>| decimal.clone().unwrap().value;
    list.changes.iter().rev().map(|it| (it.cause(), text(&it.quantity), text(&it.balance))).collect()
}

async fn put_level(shop: &Shop, sku: &str, low: &str) -> i32 {
    let low_quantity = (!low.is_empty()).then(|| pb::Decimal { value: low.to_owned() });
    let levels = vec![pb::StockLevel { product_id: sku.to_owned(), low_quantity }];
    let put = shop.kassa.stock().put_stock_levels(pb::PutStockLevelsRequest { levels }).await;
    put.unwrap().into_inner().changed_count
}

/// What was told of low stock, in words, the first at the front.
async fn told(shop: &Shop) -> Vec<String> {
    let request = pb::ListAuditLogRequest { kinds: vec![EventKind::LowStock.into()], ..Default::default() };
    let log = shop.kassa.admin().list_audit_log(request).await.unwrap().into_inner();
    log.entries.into_iter().rev().map(|entry| entry.words).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_the_stock_has_its_cause_and_the_stock_is_their_sum() {
    let shop = Shop::open().await;
    let sale = shop.sell("3 x milk, 1.235 x cheese, cash 30.00").await;
    let refund = shop.refund(&sale, "1 x milk, cash 1.55", "1.55");
    shop.kassa.orders().refund_sale(refund).await.unwrap();
    let other = shop.sell("2 x milk, 2 x milk, cash 10.00").await;
    let void = pb::VoidSaleRequest {
        order_id: other.order_id.clone(),
        reason: "rung up twice".to_owned(),
        ..Default::default()
    };
    shop.kassa.orders().void_sale(void).await.unwrap();
    let mut gone = shop.refund(&sale, "1 x milk, cash 1.55", "1.55");
    gone.lines[0].restock = false;
    shop.kassa.orders().refund_sale(gone).await.unwrap();
    let of = |cause, quantity: &str, balance: &str| (cause, quantity.to_owned(), balance.to_owned());
    assert_eq!(
        changes(&shop, "milk").await,
        [
            of(StockCause::Opening, "3", "3"),
            of(StockCause::Sale, "-3", "0"),
            of(StockCause::Refund, "1", "1"),
            of(StockCause::Sale, "-2", "-1"),
            of(StockCause::Sale, "-2", "-3"),
            of(StockCause::Void, "2", "-1"),
            of(StockCause::Void, "2", "1"),
        ],
        "what is not put back on the shelf changes nothing"
    );
    let milk = stock(&shop, "milk").await;
    assert_eq!((milk.quantity.unwrap().value.as_str(), milk.change_count, milk.low), ("1", 7, false));
    assert_eq!(changes(&shop, "cheese").await[1], of(StockCause::Sale, "-1.235", "24.265"));

    let request = pb::ListStockChangesRequest {
        product_id: shop.product("milk"),
        cause: StockCause::Void.into(),
        ..Default::default()
    };
    let voids = shop.kassa.stock().list_stock_changes(request).await.unwrap().into_inner().changes;
    assert_eq!(voids.iter().map(|it| it.sequence).collect::<Vec<_>>(), [7, 6]);
    let list = pb::ListStockChangesRequest { product_id: "milk".to_owned(), ..Default::default() };
    let list = shop.kassa.stock().list_stock_changes(list).await.unwrap().into_inner().changes;
    let named: Vec<_> = list.iter().rev().map(|it| it.document_number.as_str()).collect();
    let [first, second] = [1, 2].map(|count| format!("INV-202611-R1-{count:06}"));
    let [refund, void] = [1, 2].map(|count| format!("RET-202611-R1-{count:06}"));
    assert_eq!(named, ["", &first, &refund, &second, &second, &void, &void], "a change names its document");
    assert_eq!(list[5].document_id, sale.order_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn training_and_refused_sales_leave_the_shelf_alone() {
    let shop = Shop::open().await;
    let mut training = shop.sale("1 x honey, cash 20.00").await;
    training.training = true;
    shop.kassa.orders().complete_sale(training).await.unwrap();
    let refused = shop.try_sell("1 x bread, 2 x honey, cash 50.00").await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InsufficientStock));
    assert_eq!(changes(&shop, "honey").await.len(), 1);
    assert_eq!(changes(&shop, "bread").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn low_stock_is_told_once_each_time_the_stock_comes_down_to_its_level() {
    let shop = Shop::open().await;
    assert_eq!(put_level(&shop, "milk", "1").await, 1);
    assert_eq!(put_level(&shop, "milk", "1").await, 0, "it is that already");
    shop.sell("1 x milk, cash 5.00").await;
    assert_eq!(told(&shop).await, Vec::<String>::new(), "two are left");
    let sale = shop.sell("1 x milk, cash 5.00").await;
    let once = ["milk is low: 1 left, the level is 1"];
    assert_eq!(told(&shop).await, once);
    shop.sell("1 x milk, cash 5.00").await;
    assert_eq!(told(&shop).await, once, "it was low before");
    assert!(stock(&shop, "milk").await.low);

    let refund = shop.refund(&sale, "1 x milk, cash 1.55", "1.55");
    shop.kassa.orders().refund_sale(refund).await.unwrap();
    assert_eq!(told(&shop).await, once, "what comes back tells nothing");
    assert_eq!(put_level(&shop, "milk", "0").await, 1);
    assert!(!stock(&shop, "milk").await.low);
    shop.sell("1 x milk, 1 x milk, cash 5.00").await;
    assert_eq!(told(&shop).await, [once[0], "milk is low: 0 left, the level is 0"], "in one sale once");
    assert_eq!(put_level(&shop, "milk", "").await, 1);
    shop.sell("1 x milk, cash 5.00").await;
    assert_eq!(told(&shop).await.len(), 2, "without a level it is never low");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_under_one_key_moves_stock_and_tells_once() {
    let mut shop = Shop::open().await;
    put_level(&shop, "honey", "0").await;
    let sale = shop.sale("1 x honey, cash 20.00").await;
    let send = |shop: &Shop| shop.second_terminal().orders().complete_sale(sale.clone()).key("one");
    ten_times(&mut shop, send).await;
    assert_eq!(changes(&shop, "honey").await.len(), 2);
    assert_eq!(told(&shop).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_of_a_branch_comes_in_pages_and_holds_nothing_of_another() {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("huda", pb::Role::Cashier).await;
    let products = (0..120).map(|number| pb::PutProduct {
        product: Some(pb::Product {
            sku: format!("p-{number:03}"),
            name: format!("Product {number}"),
            price: Some(usd("1.00")),
            category: if number % 2 == 0 { "Even" } else { "Odd" }.to_owned(),
            ..Default::default()
        }),
        opening_stock: Some(pb::Decimal { value: number.to_string() }),
    });
    let (branch_id, products) = ("B2".to_owned(), products.collect());
    let put = pb::PutProductsRequest { branch_id, products, validate_only: false };
    shop.kassa.catalog().put_products(put).await.unwrap();

    let huda = shop.signed_in("huda", "R2").await;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = pb::ListStockRequest { page_size: 50, page_token, ..Default::default() };
        let page = huda.stock().list_stock(request).await.unwrap().into_inner();
        assert!(page.stock.len() <= 50);
        all.extend(page.stock);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let skus: Vec<String> = (0..120).map(|number| format!("p-{number:03}")).collect();
    assert_eq!(all.iter().map(|it| it.sku.clone()).collect::<Vec<_>>(), skus, "each once, no other's");
    assert_eq!(all[7].quantity.as_ref().unwrap().value, "7");
    let odd = pb::ListStockRequest { page_size: 500, category: "Odd".to_owned(), ..Default::default() };
    assert_eq!(huda.stock().list_stock(odd).await.unwrap().stock.len(), 60);

    let elsewhere = pb::ListStockRequest { branch_id: "B1".to_owned(), ..Default::default() };
    let refused = huda.stock().list_stock(elsewhere.clone()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::WrongBranch));
    let one = pb::GetStockRequest { product_id: "milk".to_owned(), branch_id: "B1".to_owned() };
    assert_eq!(huda.stock().get_stock(one).await.unwrap_err().reason(), Some(Reason::WrongBranch));
    let of_one = pb::ListStockChangesRequest {
        product_id: "milk".to_owned(),
        branch_id: "B1".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        huda.stock().list_stock_changes(of_one).await.unwrap_err().reason(),
        Some(Reason::WrongBranch)
    );
    let owners = pb::ListStockRequest { branch_id: "B2".to_owned(), page_size: 500, ..Default::default() };
    assert_eq!(shop.kassa.stock().list_stock(owners).await.unwrap().stock.len(), 120);
    assert_eq!(shop.kassa.stock().list_stock(elsewhere).await.unwrap().stock.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_low_is_listed() {
    let shop = Shop::open().await;
    put_level(&shop, "milk", "3").await;
    put_level(&shop, "juice", "999.999").await;
    let low = pb::ListStockRequest { low_only: true, ..Default::default() };
    let listed = shop.kassa.stock().list_stock(low).await.unwrap().into_inner().stock;
    assert_eq!(listed.iter().map(|it| it.sku.as_str()).collect::<Vec<_>>(), ["milk"]);
    assert_eq!(listed[0].low_quantity.as_ref().unwrap().value, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_levels_change_nothing() {
    let shop = Shop::found().await;
    let level = |product: &str, low: &str| pb::StockLevel {
        product_id: product.to_owned(),
        low_quantity: Some(pb::Decimal { value: low.to_owned() }),
    };
    let milk_by_id = shop.product("milk");
    let cases = [
        (vec![], Reason::InvalidField, "levels"),
        (vec![level("", "1")], Reason::InvalidField, "levels[0].product_id"),
        (vec![level("milk", "1"), level("bread", "-1")], Reason::InvalidField, "levels[1].low_quantity"),
        (vec![level("milk", "x")], Reason::InvalidField, "levels[0].low_quantity"),
        (vec![level("milk", "1"), level("tea", "1")], Reason::ProductNotFound, "levels[1].product_id"),
        (vec![level("milk", "1"), level(&milk_by_id, "2")], Reason::InvalidField, "levels[1].product_id"),
        (vec![level("milk", "1"); 1_001], Reason::InvalidField, "levels"),
    ];
    for (levels, reason, path) in cases {
        let request = pb::PutStockLevelsRequest { levels };
        let refused = shop.kassa.stock().put_stock_levels(request).await.unwrap_err();
        assert_eq!(refused.reason(), Some(reason), "{refused}");
        assert_eq!(refused.field_violations().first().map(|it| it.path.as_str()), Some(path), "{refused}");
    }
    assert_eq!(stock(&shop, "milk").await.low_quantity, None);
}
