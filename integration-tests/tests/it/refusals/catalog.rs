//! Products.

use std::collections::BTreeSet;

use kassa_client::{Code, Reason, proto::v1 as pb};
use kassa_integration_tests::{Shop, usd};

use super::{Refusing, decimal, euros, minor};

/// A product, spoilt: what it is called, how, and the reason and path of the refusal.
struct Spoilt(&'static str, fn(&mut pb::PutProduct), Reason, &'static str);

fn tea(sku: &str) -> pb::PutProduct {
    pb::PutProduct {
        product: Some(pb::Product {
            sku: sku.to_owned(),
            name: "Tea".to_owned(),
            price: Some(usd("3.50")),
            ..Default::default()
        }),
        opening_stock: decimal("10"),
    }
}

fn put(products: Vec<pb::PutProduct>) -> pb::PutProductsRequest {
    pb::PutProductsRequest { products, ..Default::default() }
}

/// Of a product that can't be without one.
fn product(put: &mut pb::PutProduct) -> &mut pb::Product {
    put.product.as_mut().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_is_none_is_refused_and_the_good_ones_beside_it_too() {
    use Reason::{AmountOverflow, CurrencyMismatch, InvalidField, VersionMismatch};
    let cases = [
        Spoilt("no product", |put| put.product = None, InvalidField, "products[1].product.sku"),
        Spoilt("no SKU", |put| product(put).sku.clear(), InvalidField, "products[1].product.sku"),
        Spoilt("blanks", |put| product(put).sku = "  ".to_owned(), InvalidField, "products[1].product.sku"),
        Spoilt(
            "a long SKU",
            |put| product(put).sku = "x".repeat(65),
            InvalidField,
            "products[1].product.sku",
        ),
        Spoilt(
            "one SKU twice",
            |put| product(put).sku = "tea".to_owned(),
            InvalidField,
            "products[1].product.sku",
        ),
        Spoilt("no name", |put| product(put).name.clear(), InvalidField, "products[1].product.name"),
        Spoilt(
            "an SKU that looks like another",
            |put| product(put).sku = "te\u{200b}a".to_owned(),
            InvalidField,
            "products[1].product.sku",
        ),
        Spoilt(
            "a name of two lines",
            |put| product(put).name = "Tea\u{2028}TOTAL 0.00".to_owned(),
            InvalidField,
            "products[1].product.name",
        ),
        Spoilt(
            "a category of two lines",
            |put| product(put).category = "Drinks\nNET 0.00".to_owned(),
            InvalidField,
            "products[1].product.category",
        ),
        Spoilt(
            "a long name",
            |put| product(put).name = "ن".repeat(201),
            InvalidField,
            "products[1].product.name",
        ),
        Spoilt(
            "a bell",
            |put| product(put).name = "a\u{7}".to_owned(),
            InvalidField,
            "products[1].product.name",
        ),
        Spoilt(
            "a long Arabic name",
            |put| product(put).name_ar = "ن".repeat(201),
            InvalidField,
            "products[1].product.name_ar",
        ),
        Spoilt(
            "a long category",
            |put| product(put).category = "c".repeat(101),
            InvalidField,
            "products[1].product.category",
        ),
        Spoilt(
            "a long unit",
            |put| product(put).unit = "u".repeat(17),
            InvalidField,
            "products[1].product.unit",
        ),
        Spoilt("no price", |put| product(put).price = None, InvalidField, "products[1].product.price"),
        Spoilt(
            "a price below zero",
            |put| product(put).price = minor(-1),
            InvalidField,
            "products[1].product.price",
        ),
        Spoilt(
            "a price beyond",
            |put| product(put).price = minor(i64::MAX),
            AmountOverflow,
            "products[1].product.price",
        ),
        Spoilt(
            "euros",
            |put| product(put).price = euros(3_50),
            CurrencyMismatch,
            "products[1].product.price",
        ),
        Spoilt(
            "101 % tax",
            |put| product(put).tax_rate = decimal("101"),
            InvalidField,
            "products[1].product.tax_rate",
        ),
        Spoilt(
            "-1 % tax",
            |put| product(put).tax_rate = decimal("-1"),
            InvalidField,
            "products[1].product.tax_rate",
        ),
        Spoilt(
            "tax in words",
            |put| product(put).tax_rate = decimal("VAT"),
            InvalidField,
            "products[1].product.tax_rate",
        ),
        Spoilt(
            "no policy",
            |put| product(put).stock_policy = 9,
            InvalidField,
            "products[1].product.stock_policy",
        ),
        Spoilt(
            "an id",
            |put| product(put).product_id = "tea".to_owned(),
            InvalidField,
            "products[1].product.product_id",
        ),
        Spoilt(
            "a barcode of blanks",
            |put| product(put).barcodes = vec![" ".to_owned()],
            InvalidField,
            "products[1].product.barcodes",
        ),
        Spoilt(
            "one barcode twice",
            |put| product(put).barcodes = vec!["1".to_owned(); 2],
            InvalidField,
            "products[1].product.barcodes",
        ),
        Spoilt(
            "a long barcode",
            |put| product(put).barcodes = vec!["1".repeat(65)],
            InvalidField,
            "products[1].product.barcodes",
        ),
        Spoilt(
            "21 barcodes",
            |put| product(put).barcodes = (0..21).map(|number| number.to_string()).collect(),
            InvalidField,
            "products[1].product.barcodes",
        ),
        Spoilt(
            "stock below zero",
            |put| put.opening_stock = decimal("-1"),
            InvalidField,
            "products[1].opening_stock",
        ),
        Spoilt(
            "stock of 4 places",
            |put| put.opening_stock = decimal("1.0001"),
            InvalidField,
            "products[1].opening_stock",
        ),
        Spoilt(
            "a version of nothing",
            |put| product(put).version = 7,
            VersionMismatch,
            "products[1].product.version",
        ),
    ];
    let refusing = Refusing::open().await;
    for Spoilt(what, spoil, reason, path) in cases {
        let mut bad = tea("coffee");
        spoil(&mut bad);
        let request = put(vec![tea("tea"), bad]);
        let refusal = refusing.refuse(what, "Catalog/PutProducts", &request).await;
        assert_eq!(refusal.place(), (reason, path), "{what}: {}", refusal.message);
        let checked = pb::PutProductsRequest { validate_only: true, ..request };
        let refusal = refusing.refuse(what, "Catalog/PutProducts", &checked).await;
        assert_eq!(refusal.place(), (reason, path), "{what}, only checked: {}", refusal.message);
    }
    let status = refusing.shop.kassa.admin().get_status(pb::GetStatusRequest::default()).await.unwrap();
    assert_eq!(status.product_count, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_products_with_too_many_or_for_another_branch_are_refused() {
    let refusing = Refusing::open().await;
    let many = (0..1_001).map(|number| tea(&number.to_string())).collect();
    let refusal = refusing.refuse("1,001 products", "Catalog/PutProducts", &put(many)).await;
    assert_eq!(refusal.place(), (Reason::InvalidField, "products"));
    let refusal = refusing.refuse("none", "Catalog/PutProducts", &put(Vec::new())).await;
    assert_eq!(refusal.place(), (Reason::InvalidField, "products"));
    let elsewhere = pb::PutProductsRequest { branch_id: "B9".to_owned(), ..put(vec![tea("tea")]) };
    let refusal = refusing.refuse("B9", "Catalog/PutProducts", &elsewhere).await;
    assert_eq!((refusal.place(), refusal.code), ((Reason::BranchNotFound, "branch_id"), Code::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_products_that_claim_one_id_or_one_sku_are_refused() {
    let refusing = Refusing::open().await;
    let named = |sku: &str, id: &str| {
        let mut put = tea(sku);
        product(&mut put).product_id = id.to_owned();
        put
    };
    let id = kassa_client::new_id();
    let twice = put(vec![named("tea", &id), named("coffee", &id)]);
    let refusal = refusing.refuse("one new id twice", "Catalog/PutProducts", &twice).await;
    assert_eq!(refusal.place(), (Reason::InvalidField, "products[1].product.product_id"));

    let bread = refusing.shop.product("bread");
    let taken = put(vec![named("milk", &bread)]);
    let refusal = refusing.refuse("another's SKU", "Catalog/PutProducts", &taken).await;
    assert_eq!(refusal.place(), (Reason::InvalidField, "products[0].product.sku"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_that_somebody_else_changed_is_refused_with_its_version() {
    let refusing = Refusing::open().await;
    let catalog = refusing.shop.kassa.catalog();
    let bread = pb::GetProductRequest { sku: "bread".to_owned(), ..Default::default() };
    let mine = catalog.get_product(bread).await.unwrap().into_inner().product.unwrap();
    let theirs = pb::Product { price: Some(usd("2.20")), ..mine.clone() };
    let change = |product| put(vec![pb::PutProduct { product: Some(product), opening_stock: None }]);
    let now = catalog.put_products(change(theirs)).await.unwrap().into_inner().catalog_version;

    let mine = pb::Product { price: Some(usd("2.10")), ..mine };
    let refusal = refusing.refuse("an old version", "Catalog/PutProducts", &change(mine)).await;
    assert_eq!(refusal.place(), (Reason::VersionMismatch, "products[0].product.version"));
    assert_eq!(refusal.code, Code::Aborted);
    assert_eq!(refusal.variable("current_version"), now.split('.').nth(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_bad_products_are_told_in_less_than_4_kib() {
    let refusing = Refusing::open().await;
    let bad = |number: usize| {
        let mut put = tea(&number.to_string());
        product(&mut put).name = "خبز بلدي طازج ".repeat(15);
        put
    };
    let request = put((0..1_000).map(bad).collect());
    // `Refusal::read` has weighed it.
    let refusal = refusing.refuse("long names", "Catalog/PutProducts", &request).await;
    assert_eq!(refusal.reason, Reason::InvalidField);
    let paths: BTreeSet<&String> = refusal.paths.iter().collect();
    assert!(paths.len() > 3, "more than one bad product is told: {paths:?}");
    assert_eq!(refusal.paths[0], "products[0].product.name");

    // Where a message repeats the text: letters of two bytes, and pictures of four.
    for letter in ["خ", "🍞"] {
        let bad = |number: usize| {
            let mut put = tea(&number.to_string());
            product(&mut put).barcodes = vec![letter.repeat(200)];
            put
        };
        let request = put((0..1_000).map(bad).collect());
        let refusal = refusing.refuse(letter, "Catalog/PutProducts", &request).await;
        assert_eq!(refusal.place(), (Reason::InvalidField, "products[0].product.barcodes"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_products_changes_nothing() {
    let shop = Shop::open().await;
    let catalog = shop.kassa.catalog();
    let list = || pb::ListProductsRequest::default();
    let before = catalog.list_products(list()).await.unwrap().into_inner();
    let mut dearer = tea("bread");
    product(&mut dearer).price = Some(usd("9.00"));
    let request =
        pb::PutProductsRequest { validate_only: true, ..put(vec![tea("tea"), dearer, tea("coffee")]) };
    let checked = catalog.put_products(request).await.unwrap();
    assert_eq!((checked.created_count, checked.updated_count, checked.unchanged_count), (2, 1, 0));
    assert_eq!(checked.catalog_version, before.catalog_version);
    assert_eq!(catalog.list_products(list()).await.unwrap().into_inner(), before);
    for sku in ["tea", "coffee"] {
        let absent = pb::GetProductRequest { sku: sku.to_owned(), ..Default::default() };
        let refused = catalog.get_product(absent).await.unwrap_err();
        assert_eq!(refused.reason(), Some(Reason::ProductNotFound));
    }
    assert_eq!(shop.on_the_shelf("bread").await, "100000");
}
