//! Writing products.

use kassa_client::{Reason, proto::v1 as pb};
use kassa_integration_tests::{Shop, usd};

use super::{barcodes, find, found, get, product, put, request};

#[tokio::test(flavor = "multi_thread")]
async fn products_are_matched_by_their_sku_and_counted_as_new_changed_or_the_same() {
    let shop = Shop::found().await;
    let goods =
        || [product("tea", "Tea", "3.50"), product("salt", "Salt", "0.80"), product("oil", "Oil", "6.00")];
    let first = put(&shop, goods()).await;
    assert_eq!((first.created_count, first.updated_count, first.unchanged_count), (3, 0, 0));

    let [tea, mut salt, _] = goods();
    salt.price = Some(usd("0.90"));
    let second = put(&shop, [salt, product("rice", "Rice", "2.25"), tea]).await;
    assert_eq!((second.created_count, second.updated_count, second.unchanged_count), (1, 1, 1));
    assert_eq!(second.product_ids[0], first.product_ids[1], "salt keeps its id");
    assert_eq!(second.product_ids[2], first.product_ids[0], "tea keeps its id");
    assert_eq!(get(&shop, "salt").await.price, Some(usd("0.90")));

    let third = put(&shop, [product("tea", "Tea", "3.50")]).await;
    assert_eq!((third.created_count, third.updated_count, third.unchanged_count), (0, 0, 1));
    assert_eq!(third.catalog_version, second.catalog_version, "nothing changed, and no copy is out of date");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_read_as_it_was_written_with_what_was_left_out_filled_in() {
    let shop = Shop::found().await;
    let full = pb::Product {
        product_id: kassa_client::new_id(),
        name_ar: "شاي أسود".to_owned(),
        barcodes: barcodes(&["6221031490132", "T-1"]),
        tax_rate: Some(pb::Decimal { value: "8.875".to_owned() }),
        category: "Drinks".to_owned(),
        unit: "box".to_owned(),
        stock_policy: pb::StockPolicy::Block.into(),
        ..product("tea", "Black tea", "3.50")
    };
    let bare = pb::Product { sku: " salt ".to_owned(), name: " Salt ".to_owned(), ..product("", "", "0.00") };
    let ids = put(&shop, [full.clone(), bare]).await.product_ids;
    assert_eq!(ids[0], full.product_id, "the id that the terminal chose");

    let read = get(&shop, "tea").await;
    let (version, create_time, update_time) = (read.version, read.create_time, read.update_time);
    assert_eq!(read, pb::Product { version, create_time, update_time, ..full });
    assert!(create_time.is_some() && create_time == update_time);
    let salt = get(&shop, "salt").await;
    assert_eq!(
        (salt.name.as_str(), salt.unit.as_str(), salt.stock_policy()),
        ("Salt", "pc", pb::StockPolicy::Allow)
    );
    assert_eq!((salt.tax_rate.unwrap().value.as_str(), salt.barcodes.len()), ("0", 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_writes_all_fields_and_leaves_the_birthday() {
    let shop = Shop::found().await;
    put(&shop, [pb::Product { category: "Drinks".to_owned(), ..product("tea", "Tea", "3.50") }]).await;
    let before = get(&shop, "tea").await;
    shop.clock.advance(chrono::TimeDelta::hours(1));
    put(&shop, [product("tea", "Green tea", "3.50")]).await;
    let after = get(&shop, "tea").await;
    assert_eq!((after.name.as_str(), after.category.as_str()), ("Green tea", ""));
    assert_eq!(after.create_time, before.create_time);
    assert_eq!(after.update_time.unwrap().seconds, before.update_time.unwrap().seconds + 3_600);
    assert!(after.version > before.version);
    assert_eq!(found(&shop, "green tea").await, ["tea"], "it is searched by its new name");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_named_by_its_id_may_get_another_sku() {
    let shop = Shop::found().await;
    let id = put(&shop, [product("tea", "Tea", "3.50")]).await.product_ids.remove(0);
    let renamed =
        put(&shop, [pb::Product { product_id: id.clone(), ..product("black-tea", "Tea", "3.50") }]).await;
    assert_eq!((renamed.updated_count, &renamed.product_ids[0]), (1, &id));
    assert_eq!(get(&shop, "black-tea").await.product_id, id);
    // The old SKU is free again.
    let other = put(&shop, [product("tea", "Mint tea", "2.50")]).await;
    assert_eq!(other.created_count, 1);
    assert_ne!(other.product_ids[0], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swap_of_two_skus_in_one_call_is_refused() {
    let shop = Shop::found().await;
    let ids = put(&shop, [product("a", "A", "1.00"), product("b", "B", "1.00")]).await.product_ids;
    let swap = [
        pb::Product { product_id: ids[0].clone(), ..product("b", "A", "1.00") },
        pb::Product { product_id: ids[1].clone(), ..product("a", "B", "1.00") },
    ];
    let refused = shop.kassa.catalog().put_products(request(swap)).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::InvalidField));
    assert_eq!(refused.field_violations()[0].path, "products[0].product.sku");
    assert_eq!(
        (get(&shop, "a").await.product_id, get(&shop, "b").await.product_id),
        (ids[0].clone(), ids[1].clone())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_stock_counts_for_new_products_only() {
    let shop = Shop::found().await;
    let stocked = |stock: &str| pb::PutProductsRequest {
        products: vec![pb::PutProduct {
            product: Some(product("tea", "Tea", "3.50")),
            opening_stock: Some(pb::Decimal { value: stock.to_owned() }),
        }],
        ..Default::default()
    };
    let catalog = shop.kassa.catalog();
    catalog.put_products(stocked("12.5")).await.unwrap();
    assert_eq!(shop.on_the_shelf("tea").await, "12.5");
    let again = catalog.put_products(stocked("99")).await.unwrap();
    assert_eq!(again.unchanged_count, 1);
    assert_eq!(shop.on_the_shelf("tea").await, "12.5");
    put(&shop, [product("tea", "Tea", "4.00")]).await;
    assert_eq!(shop.on_the_shelf("tea").await, "12.5", "a change of price leaves the shelf alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_barcode_that_a_product_no_longer_has_is_not_found_and_may_be_anothers() {
    let shop = Shop::open().await;
    let with =
        |sku: &str, codes: &[&str]| pb::Product { barcodes: barcodes(codes), ..product(sku, sku, "1.00") };
    put(&shop, [with("old", &["6221", "6222"])]).await;
    assert_eq!(shop.sell("1 x 6221, cash 1.00").await.lines[0].sku, "old");

    put(&shop, [with("old", &["6222"])]).await;
    assert_eq!(find(&shop, "6221").await, []);
    let refused = shop.kassa.orders().quote_order(pb::QuoteOrderRequest {
        lines: vec![kassa_client::line("6221", "1")],
        ..Default::default()
    });
    assert_eq!(refused.await.unwrap_err().reason(), Some(Reason::ProductNotFound));

    put(&shop, [with("new", &["6221"])]).await;
    assert_eq!(find(&shop, "6221").await, [("new".to_owned(), pb::ProductMatch::Barcode)]);
    assert_eq!(shop.sell("1 x 6221, cash 1.00").await.lines[0].sku, "new");
    // And it may come back.
    put(&shop, [with("new", &[]), with("old", &["6222", "6221"])]).await;
    assert_eq!(shop.sell("1 x 6221, cash 1.00").await.lines[0].sku, "old");
    assert_eq!(get(&shop, "old").await.barcodes, ["6222", "6221"], "in the order in which they were written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_price_leaves_what_was_sold_as_it_was() {
    let shop = Shop::open().await;
    let sold = shop.sell("2 x bread, cash 5.00").await;
    put(&shop, [product("bread", "Dear bread", "9.00")]).await;
    let request = pb::GetOrderRequest { order_id: sold.order_id.clone() };
    let read = shop.kassa.orders().get_order(request).await.unwrap().into_inner();
    assert_eq!(read.order, Some(sold));
    assert_eq!(shop.sell("1 x bread, cash 9.00").await.total, Some(usd("9.00")));
}
