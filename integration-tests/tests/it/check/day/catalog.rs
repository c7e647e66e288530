//! Products and prices.

use chrono::TimeDelta;
use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Shop, usd};

/// Changes a product again and again: names, a barcode more, one less, one that comes back.
pub async fn put_products(shop: &Shop) {
    let lists: [&[&str]; 4] =
        [&["7001", "7002"], &["7003"], &["7002", "7003", "6220000000000"], &["7003", "7002"]];
    for (barcodes, price) in lists.into_iter().zip(["2.00", "2.05", "2.03", "2.03"]) {
        shop.clock.advance(TimeDelta::seconds(13));
        put_bread(shop, barcodes, price).await;
    }
    // Nothing changes: a key that has no record.
    put_bread(shop, lists[3], "2.03").await;
}

async fn put_bread(shop: &Shop, barcodes: &[&str], price: &str) {
    let product = pb::Product {
        sku: "bread".to_owned(),
        name: "White Bread".to_owned(),
        name_ar: "خبز".to_owned(),
        barcodes: barcodes.iter().map(|barcode| (*barcode).to_owned()).collect(),
        price: Some(usd(price)),
        tax_rate: Some(pb::Decimal { value: "5".to_owned() }),
        category: "Bakery".to_owned(),
        ..pb::Product::default()
    };
    let products = vec![pb::PutProduct { product: Some(product), opening_stock: None }];
    let request = pb::PutProductsRequest { products, ..Default::default() };
    shop.kassa.catalog().put_products(request).await.unwrap();
}

/// Juice at a price of its own that was another before, and honey whose price was taken away again.
pub async fn price_at_the_branch(shop: &Shop) {
    for (sku, price) in
        [("juice", Some("3.50")), ("honey", Some("9.00")), ("juice", Some("3.99")), ("honey", None)]
    {
        shop.clock.advance(TimeDelta::seconds(17));
        let price = pb::PutBranchPrice { sku: sku.to_owned(), price: price.map(usd), ..Default::default() };
        let request = pb::PutBranchPricesRequest { prices: vec![price], ..Default::default() };
        shop.kassa.catalog().put_branch_prices(request).await.unwrap();
    }
}
