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
        ..Default::default()
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

/// The terminal's copy: products with the prices and the stock of its own branch, and of no other.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_sync_has_the_stock_and_the_prices_of_the_branch_alone_in_pages() {
    let shop = Shop::open().await;
    shop.branch("B2").await;
    shop.register_in("B2", "R2").await;
    shop.user("hala", pb::Role::Cashier).await;
    let harbour = shop.signed_in("hala", "R2").await;
    let tea = pb::PutProduct {
        product: Some(product("tea", "Tea", "3.50")),
        opening_stock: Some(pb::Decimal { value: "7.5".to_owned() }),
    };
    let request =
        pb::PutProductsRequest { branch_id: "B2".to_owned(), products: vec![tea], ..Default::default() };
    shop.kassa.catalog().put_products(request).await.unwrap();
    price(&shop, "B2", "tea", Some("3.70")).await;
    shop.sell("1 x bread, cash 2.00").await;

    let sync = async |terminal: &kassa_client::Kassa, branch_id: &str| {
        let (mut copy, mut page_token) = (BTreeMap::new(), String::new());
        loop {
            let branch_id = branch_id.to_owned();
            let request = pb::ListProductsRequest {
                page_size: 2,
                page_token,
                branch_id,
                include_stock: true,
                ..Default::default()
            };
            let page = terminal.catalog().list_products(request).await.unwrap().into_inner();
            assert!(page.products.len() <= 2 && page.stock.len() == page.products.len());
            for (product, stock) in page.products.into_iter().zip(page.stock) {
                copy.insert(product.sku, (product.branch_price, stock.value));
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return copy;
            }
        }
    };
    let ours = sync(&shop.kassa, "").await;
    assert_eq!((&ours["tea"], &ours["bread"]), (&(None, "0".to_owned()), &(None, "99999".to_owned())));
    let theirs = sync(&harbour, "").await;
    assert_eq!(theirs["tea"], (Some(usd("3.70")), "7.5".to_owned()));
    assert_eq!(theirs["bread"], (None, "0".to_owned()), "what is on the shelves of B1 is not told");
    assert_eq!(sync(&shop.kassa, "B2").await, theirs, "an admin may read any branch's");
    let page = page(&shop, 0, "", "").await;
    assert_eq!(page.stock, [], "only who asks for it gets the stock");
}

/// A price of a branch changes the copies of that branch, whether or not the product changed too.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_gets_what_changed_price_at_its_branch_each_once_and_in_order() {
    let shop = Shop::found().await;
    shop.branch("B2").await;
    put(&shop, shelf(40, "1.00")).await;
    let (_, copy) = read_all(&shop, 500, "", async |_| {}).await;
    price(&shop, "B2", "p-0001", Some("9.00")).await;
    let (since, copy) = read_all(&shop, 500, &copy, async |_| {}).await;
    assert_eq!(since, [], "what changed at another branch is nothing here");

    for number in [5, 3, 7, 4] {
        price(&shop, "", &format!("p-{number:04}"), Some("1.50")).await;
    }
    price(&shop, "", "p-0003", None).await;
    put(&shop, [product("p-0007", "Product 7", "1.20"), product("p-0009", "Product 9", "1.20")]).await;
    for size in [1, 2, 3, 500] {
        let (since, version) = read_all(&shop, size, &copy, async |_| {}).await;
        let told: Vec<_> = since.iter().map(|it| (it.sku.as_str(), it.branch_price.clone())).collect();
        let own = Some(usd("1.50"));
        let (last, first) = (&told[3..], &told[..3]);
        assert_eq!(first, [("p-0005", own.clone()), ("p-0004", own.clone()), ("p-0003", None)], "by {size}");
        let mut last = last.to_vec();
        last.sort_by_key(|(sku, _)| *sku);
        assert_eq!(last, [("p-0007", own), ("p-0009", None)], "by {size}: of one call, by their ids");
        assert_eq!(page(&shop, 0, "", &version).await.products, []);
    }
    for size in [1, 7, 500] {
        let (all, _) = read_all(&shop, size, "", async |_| {}).await;
        let skus: std::collections::BTreeSet<&str> = all.iter().map(|it| it.sku.as_str()).collect();
        assert_eq!((all.len(), skus.len()), (45, 45), "everything once, in pages of {size}");
    }
}

/// Prices that change while a copy is being made come again with their change.
#[tokio::test(flavor = "multi_thread")]
async fn prices_that_change_between_pages_are_not_missed() {
    let shop = Shop::found().await;
    for part in shelf(300, "1.00").chunks(150) {
        put(&shop, part.to_vec()).await;
    }
    let mut changed = Vec::new();
    let (all, version) = read_all(&shop, 50, "", async |number| {
        for sku in [format!("p-{number:04}"), format!("p-{:04}", 299 - number)] {
            price(&shop, "", &sku, Some("1.50")).await;
            changed.push(sku);
        }
        assert!(number < 40, "the pages come to an end although prices change between them");
    })
    .await;
    let copy: BTreeMap<String, pb::Product> = all.into_iter().map(|it| (it.sku.clone(), it)).collect();
    assert_eq!(copy.len(), 305);
    for (sku, product) in &copy {
        let own = changed.contains(sku).then(|| usd("1.50"));
        assert_eq!(product.branch_price, own, "{sku}");
    }
    assert_eq!(page(&shop, 0, "", &version).await.products, [], "and the copy is up to date");
}

async fn price(shop: &Shop, branch: &str, sku: &str, to: Option<&str>) {
    let price = pb::PutBranchPrice { sku: sku.to_owned(), price: to.map(usd), ..Default::default() };
    let request = pb::PutBranchPricesRequest { branch_id: branch.to_owned(), prices: vec![price] };
    shop.kassa.catalog().put_branch_prices(request).await.unwrap();
}
