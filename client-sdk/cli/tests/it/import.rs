//! Imports go on where they stopped.

use std::fmt::Write as _;

use tonic::Code;
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::shop::{Shop, refusal};

/// Writes a price list of so many products into the shop's folder.
fn write(shop: &Shop, count: usize) {
    let mut file = "sku,name,name_ar,barcodes,price,tax_rate,category,unit,stock_policy,stock\n".to_owned();
    for number in 0..count {
        writeln!(file, "SKU-{number},Bread,خبز,,1.50,5,Bakery,pc,WARN,10").unwrap();
    }
    std::fs::write(shop.folder.path().join("list.csv"), file).unwrap();
}

#[test]
fn a_file_is_imported_once() {
    let shop = Shop::open();
    write(&shop, 1_500);
    let run = shop.kassa(&["products", "import", "list.csv"]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (0, "imported 1500 products: 1500 created, 0 changed, 0 the same already\n")
    );
    let run = shop.kassa(&["products", "import", "list.csv"]);
    assert_eq!(run.code, 0);
    assert!(run.stdout.starts_with("already imported (1500 products)"), "{}", run.stdout);
    assert!(run.stdout.contains("--again"));
    let sizes: Vec<usize> = shop.books.lock().unwrap().imports.iter().map(|(_, count)| *count).collect();
    assert_eq!(sizes, [1_000, 500]);

    shop.kassa(&["products", "import", "list.csv", "--again"]);
    assert_eq!(shop.books.lock().unwrap().imports.len(), 4);
}

#[test]
fn chunks_whose_answers_have_expired_are_done() {
    let shop = Shop::open();
    write(&shop, 3);
    shop.kassa(&["products", "import", "list.csv"]);
    shop.books.lock().unwrap().expired = true;
    let run = shop.kassa(&["products", "import", "list.csv", "--json"]);
    assert_eq!((run.code, &run.json()["already_imported"]), (0, &true.into()));
}

#[test]
fn an_import_that_broke_off_goes_on_with_the_same_command_or_the_printed_key() {
    let shop = Shop::open();
    write(&shop, 2_500);
    shop.books.lock().unwrap().room = Some(1);
    let run = shop.kassa(&["products", "import", "list.csv"]);
    assert_eq!(run.code, 5);
    let (_, key) = run.stderr.split_once("repeat with --key ").unwrap();
    let key = key.lines().next().unwrap();

    shop.books.lock().unwrap().room = Some(2);
    assert_eq!(shop.kassa(&["products", "import", "list.csv", "--key", key]).code, 5);
    shop.books.lock().unwrap().room = None;
    let run = shop.kassa(&["products", "import", "list.csv"]);
    assert_eq!(
        run.stdout,
        "2000 of 2500 products were already imported by an earlier run\n\
         imported 500 products: 500 created, 0 changed, 0 the same already\n"
    );
    let keys: Vec<String> = shop.books.lock().unwrap().imports.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().zip(1..).all(|(key, number)| key.ends_with(&format!("-{number}"))), "{keys:?}");
}

#[test]
fn a_wrong_row_sends_nothing() {
    let shop = Shop::open();
    write(&shop, 2);
    let path = shop.folder.path().join("list.csv");
    let file = std::fs::read_to_string(&path).unwrap().replacen("1.50", "1,50", 1);
    std::fs::write(path, file).unwrap();
    let run = shop.kassa(&["products", "import", "list.csv"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("line 2: 11 columns instead of 10"), "{}", run.stderr);
    assert!(shop.books.lock().unwrap().imports.is_empty());
}

#[test]
fn a_row_that_the_server_refuses_is_named_by_its_line() {
    let shop = Shop::open();
    write(&shop, 5);
    shop.refuse("validate_only", || {
        let mut status = refusal(Code::InvalidArgument, "INVALID_FIELD");
        let mut details =
            ErrorDetails::with_bad_request_violation("products[3].product.unit", "must be a unit");
        details.set_error_info("INVALID_FIELD", "kassa", std::collections::HashMap::new());
        let metadata = std::mem::take(status.metadata_mut());
        tonic::Status::with_error_details_and_metadata(status.code(), "INVALID_FIELD", details, metadata)
    });
    let run = shop.kassa(&["products", "import", "list.csv", "--json"]);
    assert_eq!(run.code, 1);
    let row = &run.json()["error"]["bad_rows"][0];
    assert_eq!((&row["line"], &row["column"]), (&5.into(), &"unit".into()));
}
