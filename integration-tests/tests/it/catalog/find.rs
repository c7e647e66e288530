//! Finding products.

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::Shop;

use super::{barcodes, find, found, product, put};

#[tokio::test(flavor = "multi_thread")]
async fn the_best_matches_come_first() {
    use pb::ProductMatch::{Barcode, NamePrefix, Sku, Text};
    let shop = Shop::found().await;
    put(
        &shop,
        [
            product("w-1", "Whole milk", "1.00"),
            product("choc", "Milk chocolate", "1.00"),
            product("milkshake", "Shake", "1.00"),
            pb::Product { barcodes: barcodes(&["milk"]), ..product("odd", "Odd", "1.00") },
        ],
    )
    .await;
    let matches =
        [("odd", Barcode), ("milk", Sku), ("choc", NamePrefix), ("milkshake", NamePrefix), ("w-1", Text)];
    assert_eq!(find(&shop, "milk").await, matches.map(|(sku, why)| (sku.to_owned(), why)));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_found_in_any_order_and_any_letters_case() {
    let shop = Shop::found().await;
    put(
        &shop,
        [
            product("w-1", "White Bread, sliced", "1.00"),
            product("w-2", "Brown bread, sliced", "1.00"),
            product("W-3", "WHITE SUGAR", "1.00"),
        ],
    )
    .await;
    assert_eq!(found(&shop, "bread WHITE").await, ["w-1"]);
    assert_eq!(found(&shop, "  sliced   bread ").await, ["w-2", "w-1"], "by name");
    assert_eq!(found(&shop, "white").await, ["W-3", "w-1"]);
    assert_eq!(found(&shop, "w-3").await, ["W-3"], "a SKU in small letters");
    assert_eq!(found(&shop, "white coffee").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn arabic_names_are_found_by_their_beginning_and_by_their_words() {
    use pb::ProductMatch::{NamePrefix, Text};
    let shop = Shop::found().await;
    put(
        &shop,
        [
            pb::Product {
                name_ar: "خبز بلدي ٥ أرغفة".to_owned(), ..product("b-1", "Baladi bread", "0.50")
            },
            pb::Product { name_ar: "فينو خبز".to_owned(), ..product("b-2", "Fino rolls", "0.90") },
        ],
    )
    .await;
    let matches = [("b-1".to_owned(), NamePrefix), ("b-2".to_owned(), Text)];
    assert_eq!(find(&shop, "خبز").await, matches);
    assert_eq!(found(&shop, "أرغفة بلدي").await, ["b-1"]);
    assert_eq!(found(&shop, "٥").await, ["b-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_that_databases_read_as_wildcards_mean_themselves() {
    let shop = Shop::found().await;
    put(
        &shop,
        [
            product("half", "Milk 50% fat", "1.00"),
            product("five", "Milk 501 ml", "1.00"),
            product("under_score", "Odd one", "1.00"),
            product("underXscore", "Odd two", "1.00"),
            product("back", "a\\b", "1.00"),
            product("quote", "Baker's 'best' \"loaf\"", "1.00"),
        ],
    )
    .await;
    assert_eq!(found(&shop, "50%").await, ["half"]);
    assert_eq!(found(&shop, "%").await, ["half"]);
    assert_eq!(found(&shop, "_").await, ["under_score"]);
    assert_eq!(found(&shop, "under_score").await, ["under_score"]);
    assert_eq!(found(&shop, "\\").await, ["back"]);
    assert_eq!(found(&shop, "'best'").await, ["quote"]);
    assert_eq!(found(&shop, "'; DROP TABLE products; --").await, Vec::<String>::new());
}

/// Every tenth barcode has the check digit of a card number.
#[tokio::test(flavor = "multi_thread")]
async fn a_barcode_that_could_be_a_card_number_is_a_barcode() {
    let shop = Shop::open().await;
    let code = "6222385107622";
    let pasta = pb::Product { barcodes: barcodes(&[code]), ..product("6222119174203", "Pasta", "1.00") };
    put(&shop, [pasta]).await;
    assert_eq!(find(&shop, code).await, [("6222119174203".to_owned(), pb::ProductMatch::Barcode)]);
    assert_eq!(find(&shop, "6222119174203").await, [("6222119174203".to_owned(), pb::ProductMatch::Sku)]);
    shop.sell("1 x 6222385107622, cash 1.00").await;
}

/// Scanners send UPC-A with a zero before it or without, as they are set up.
#[tokio::test(flavor = "multi_thread")]
async fn a_gtin_is_found_and_sold_however_many_zeros_stand_before_it() {
    let shop = Shop::open().await;
    let cola = pb::Product { barcodes: barcodes(&["049000006346"]), ..product("cola", "Cola", "1.00") };
    put(&shop, [cola]).await;
    for form in ["049000006346", "0049000006346", "00049000006346"] {
        assert_eq!(find(&shop, form).await, [("cola".to_owned(), pb::ProductMatch::Barcode)], "{form}");
        shop.sell(&format!("1 x {form}, cash 1.00")).await;
    }
    assert_eq!(found(&shop, "49000006346").await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_matches_than_were_asked_for_are_cut_and_told() {
    let shop = Shop::found().await;
    put(
        &shop,
        (0..60).map(|number| product(&format!("tea-{number:02}"), &format!("Tea {number:02}"), "1.00")),
    )
    .await;
    let ask = async |page_size, query: &str| {
        let request = pb::FindProductsRequest { query: query.to_owned(), page_size };
        let found = shop.kassa.catalog().find_products(request).await.unwrap().into_inner();
        (found.products.len(), found.truncated)
    };
    assert_eq!(ask(0, "tea").await, (50, true));
    assert_eq!(ask(59, "tea").await, (59, true));
    assert_eq!(ask(60, "tea").await, (60, false));
    assert_eq!(ask(500, "tea").await, (60, false));
    assert_eq!(ask(i32::MAX, "tea").await, (60, false), "a page has 500 at most, and that is no error");
    // A SKU that matches exactly is also among the words: it is told once.
    assert_eq!(ask(10, "tea-07").await, (1, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_says_how_much_of_it_there_is() {
    let shop = Shop::open().await;
    shop.sell("0.75 x cheese, cash 20.00").await;
    let request = pb::FindProductsRequest { query: "cheese".to_owned(), ..Default::default() };
    let found = shop.kassa.catalog().find_products(request).await.unwrap().into_inner();
    assert_eq!(found.products[0].stock.as_ref().unwrap().value, "24.75");
}
