//! A terminal's copy of the catalogue.

use std::collections::BTreeMap;

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Shop, usd};

use super::{get, product, put};

async fn page(shop: &Shop, size: i32, token: &str, since: &str) -> pb::ListProductsResponse {
    let request = pb::ListProductsRequest {
        page_size: size,
        page_token: token.to_owned(),
        changed_since: since.to_owned(),
    };
    shop.kassa.catalog().list_products(request).await.unwrap().into_inner()
}

/// Reads all pages and does something between them. Gives the products in their order, and the
/// version that the copy has then.
async fn read_all(
    shop: &Shop,
    size: i32,
    since: &str,
    mut between: impl AsyncFnMut(usize),
) -> (Vec<pb::Product>, String) {
    let (mut all, mut token) = (Vec::new(), String::new());
    for number in 0.. {
        let page = page(shop, size, &token, since).await;
        assert!(page.products.len() <= usize::try_from(size).unwrap());
        all.extend(page.products);
        token = page.next_page_token;
        if token.is_empty() {
            return (all, page.catalog_version);
        }
        between(number).await;
    }
    unreachable!()
}

fn shelf(count: usize, price: &str) -> Vec<pb::Product> {
    (0..count).map(|number| product(&format!("p-{number:04}"), &format!("Product {number}"), price)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_give_every_product_once() {
    let shop = Shop::found().await;
    for part in shelf(1_200, "1.00").chunks(1_000) {
        put(&shop, part.to_vec()).await;
    }
    for size in [7, 100, 500] {
        let (all, _) = read_all(&shop, size, "", async |_| {}).await;
        let mut skus: Vec<&str> = all.iter().map(|product| product.sku.as_str()).collect();
        assert_eq!(skus.len(), 1_205, "in pages of {size}");
        skus.sort_unstable();
        skus.dedup();
        assert_eq!(skus.len(), 1_205, "in pages of {size}");
    }
    assert_eq!(page(&shop, 0, "", "").await.products.len(), 50);
    assert_eq!(page(&shop, i32::MAX, "", "").await.products.len(), 500);
}

/// What changes while a copy is being made comes again with its change; nothing else comes twice, and
/// nothing is missed.
#[tokio::test(flavor = "multi_thread")]
async fn pages_miss_nothing_and_repeat_only_what_changed_between_them() {
    let shop = Shop::found().await;
    for part in shelf(1_200, "1.00").chunks(600) {
        put(&shop, part.to_vec()).await;
    }
    let mut changed = Vec::new();
    let (all, version) = read_all(&shop, 100, "", async |number| {
        // One from the beginning, one from the end, and one that is new.
        let skus = [format!("p-{number:04}"), format!("p-{:04}", 1_199 - number), format!("new-{number}")];
        put(&shop, skus.iter().map(|sku| product(sku, "Dearer", "2.00"))).await;
        changed.extend(skus);
        assert!(number < 40, "the pages come to an end although products change between them");
    })
    .await;

    let mut copy: BTreeMap<String, pb::Product> = BTreeMap::new();
    for product in all {
        if let Some(before) = copy.get(&product.sku) {
            assert!(changed.contains(&product.sku), "{} came twice and had not changed", product.sku);
            assert!(before.version < product.version, "{}: the newer one comes later", product.sku);
        }
        copy.insert(product.sku.clone(), product);
    }
    assert_eq!(copy.len(), 1_205 + changed.len() / 3);
    for sku in &changed {
        assert_eq!(copy[sku].price, Some(usd("2.00")), "{sku}");
    }
    assert_eq!(page(&shop, 0, "", &version).await.products, [], "and the copy is up to date");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_brought_up_to_date_with_what_changed_since() {
    let shop = Shop::found().await;
    put(&shop, shelf(300, "1.00")).await;
    let (_, copy) = read_all(&shop, 500, "", async |_| {}).await;
    assert_eq!(page(&shop, 0, "", &copy).await.products, []);

    let second = put(&shop, shelf(120, "1.00").into_iter().chain([product("tea", "Tea", "3.50")])).await;
    assert_eq!((second.unchanged_count, second.created_count), (120, 1));
    let third = put(&shop, shelf(3, "1.10")).await;
    let (since, version) = read_all(&shop, 2, &copy, async |_| {}).await;
    let mut skus: Vec<&str> = since.iter().map(|product| product.sku.as_str()).collect();
    skus.sort_unstable();
    assert_eq!(skus, ["p-0000", "p-0001", "p-0002", "tea"], "what was the same already did not change");
    assert_eq!(version, third.catalog_version);
    assert_eq!(since.last(), Some(&get(&shop, &since[3].sku).await));
    let (since, _) = read_all(&shop, 500, &second.catalog_version, async |_| {}).await;
    assert_eq!(since.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn selling_changes_no_product() {
    let shop = Shop::open().await;
    let (before, version) = read_all(&shop, 500, "", async |_| {}).await;
    shop.sell("1 x bread, 1 x cheese, cash 20.00").await;
    assert_eq!(page(&shop, 0, "", &version).await.products, []);
    assert_eq!(read_all(&shop, 500, "", async |_| {}).await, (before, version));
}
