//! The catalogue: writing products, finding them, keeping a copy of them.

mod branch_prices;
mod categories;
mod find;
mod list;
mod put;

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Shop, usd};

/// A product with a name and a price.
fn product(sku: &str, name: &str, price: &str) -> pb::Product {
    pb::Product {
        sku: sku.to_owned(),
        name: name.to_owned(),
        price: Some(usd(price)),
        ..pb::Product::default()
    }
}

fn barcodes(barcodes: &[&str]) -> Vec<String> {
    barcodes.iter().map(|barcode| (*barcode).to_owned()).collect()
}

fn request(products: impl IntoIterator<Item = pb::Product>) -> pb::PutProductsRequest {
    let products = products.into_iter();
    let products = products.map(|product| pb::PutProduct { product: Some(product), opening_stock: None });
    pb::PutProductsRequest { products: products.collect(), ..Default::default() }
}

async fn put(shop: &Shop, products: impl IntoIterator<Item = pb::Product>) -> pb::PutProductsResponse {
    shop.kassa.catalog().put_products(request(products)).await.unwrap().into_inner()
}

async fn get(shop: &Shop, sku: &str) -> pb::Product {
    let request = pb::GetProductRequest { sku: sku.to_owned(), ..Default::default() };
    shop.kassa.catalog().get_product(request).await.unwrap().into_inner().product.unwrap()
}

/// The SKUs of what is found, and why.
async fn find(shop: &Shop, query: &str) -> Vec<(String, pb::ProductMatch)> {
    let request = pb::FindProductsRequest { query: query.to_owned(), ..Default::default() };
    let found = shop.kassa.catalog().find_products(request).await.unwrap().into_inner().products;
    found.into_iter().map(|found| (found.product.clone().unwrap().sku, found.r#match())).collect()
}

/// The SKUs of what is found.
async fn found(shop: &Shop, query: &str) -> Vec<String> {
    find(shop, query).await.into_iter().map(|(sku, _)| sku).collect()
}
