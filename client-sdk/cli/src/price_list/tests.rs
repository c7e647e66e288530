use kassa_client::{
    money,
    proto::{
        decimal::{Quantity, Rate},
        money::MAX_AMOUNT_MINOR,
        signs::is_invisible,
        v1::{Decimal, Product, StockPolicy},
    },
};
use proptest::prelude::*;

use super::*;
use std::collections::HashSet;

const HEADER: &str = "sku,name,name_ar,barcodes,price,tax_rate,category,unit,stock_policy,stock\n";

fn usd() -> Currency {
    Currency::from_code("USD").unwrap()
}

fn read_rows(rows: &str) -> Result<Vec<Entry>, BadRows> {
    read(format!("{HEADER}{rows}").as_bytes(), usd())
}

fn problems(rows: &str) -> Vec<String> {
    let bad = read_rows(rows).unwrap_err();
    bad.rows.iter().map(|row| format!("{} {}: {}", row.line, row.column, row.problem)).collect()
}

#[test]
fn a_row_becomes_a_product() {
    let entries = read_rows("B-1,Bread,خبز,622|623,0.5,5,Bakery,pack,block,12.5\n").unwrap();
    let PutProduct { product, opening_stock } = entries[0].product.clone();
    let product = product.unwrap();
    assert_eq!(entries[0].line, 2);
    assert_eq!((product.sku.as_str(), product.name_ar.as_str()), ("B-1", "خبز"));
    assert_eq!(product.barcodes, ["622", "623"]);
    assert_eq!(product.price.unwrap().amount_minor, 50);
    assert_eq!(product.tax_rate.unwrap().value, "5");
    assert_eq!(product.stock_policy, i32::from(StockPolicy::Block));
    assert_eq!(opening_stock.unwrap().value, "12.5");
}

#[test]
fn prices_have_the_currencys_places() {
    let file = format!("{HEADER}B-1,Bread,,,1.250,,,,,\n");
    let kwd = Currency::from_code("KWD").unwrap();
    let price = |entries: Vec<Entry>| entries[0].product.product.clone().unwrap().price.unwrap().amount_minor;
    assert_eq!(price(read(file.as_bytes(), kwd).unwrap()), 1250);
    assert!(read(file.as_bytes(), usd()).is_err());
}

#[test]
fn a_mark_before_utf_8_is_no_text() {
    let file = format!("\u{feff}{HEADER}B-1,Bread,,,1,,,,,\n");
    assert_eq!(read(file.as_bytes(), usd()).unwrap().len(), 1);
}

#[test]
fn all_wrong_rows_are_told_with_line_and_column() {
    let rows = "B-1,Bread,,,abc,5,,,,\n\
                ,Milk,,,1,101,,,,\n\
                B-3,,,,-1,,,,SOMETIMES,x\n\
                B-4,Eggs,,6.22E+12,1,,,,,\n\
                B-5,Eggs\n\
                ,,,,,,,,,\n\
                B-1,Again,,,1,,,,,\n";
    assert_eq!(
        problems(rows),
        [
            "2 price: `abc`: not a decimal number such as `12.5`",
            "3 sku: is missing",
            "3 tax_rate: 101 is not between 0 and 100",
            "4 name: is missing",
            "4 price: less than zero",
            "4 stock_policy: `SOMETIMES` is none of ALLOW, WARN, BLOCK",
            "4 stock: `x`: not a decimal number such as `12.5`",
            "5 barcodes: `6.22E+12`: a spreadsheet rounded it; format the column as text",
            "6 : 2 columns instead of 10",
            "8 sku: `B-1` stands in line 2 too",
        ]
    );
}

#[test]
fn a_quoted_line_break_is_told_and_does_not_shift_the_line_numbers() {
    assert_eq!(
        problems("B-1,\"two\nlines\",,,1,,,,,\nB-2,Milk,,,,,,,,\n"),
        ["2 name: holds a line break or another control character", "4 price: is missing"]
    );
}

#[test]
fn rows_whose_names_begin_with_a_mark_that_nothing_closes_are_not_one_product() {
    let told = problems("B-1,Bread,,,1,,,,,\nB-2,\"TV 32,,,1,,,,,\nB-3,\"TV 40,,,1,,,,,\n");
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("3 : `\"TV 32,,,1,,,,,`: begins with a quotation mark"), "{told:?}");
    let entries = read_rows("B-1,TV 32\" LED,,,1,,,,,\n").unwrap();
    assert_eq!(entries[0].product.product.as_ref().unwrap().name, "TV 32\" LED");
}

#[test]
fn codes_that_a_spreadsheet_broke_or_that_are_another_rows_are_told() {
    let rows = "6.22407E+12,Bread,,,1,,,,,\n\
                6224074096064.0,Bread,,,1,,,,,\n\
                \"=\"\"0012\"\"\",Bread,,,1,,,,,\n\
                '0012,Bread,,,1,,,,,\n\
                B-1\u{200f},Bread,,,1,,,,,\n\
                B-2,Bread,,049000006346,1,,,,,\n\
                b-2,Bread,,,1,,,,,\n\
                B-3,Bread,,0049000006346,1,,,,,\n";
    let told = problems(rows);
    let begins = [
        "2 sku: `6.22407E+12`: a spreadsheet rounded it",
        "3 sku: `6224074096064.0`: a spreadsheet made a number",
        "4 sku: `=\"0012\"`: a spreadsheet's formula",
        "5 sku: `'0012`: a spreadsheet's mark",
        "6 sku: `B-1` has signs in it that nobody sees",
        "8 sku: `b-2` and `B-2` in line 7 differ by capital letters only",
        "9 barcodes: `0049000006346` is the same number as `049000006346` in line 7",
    ];
    assert_eq!(told.len(), begins.len(), "{told:?}");
    for (told, begin) in told.iter().zip(begins) {
        assert!(told.starts_with(begin), "{told}");
    }
}

#[test]
fn what_is_told_is_bounded() {
    let bad = read_rows(&",,,,x,,,,,\n".repeat(300)).unwrap_err();
    assert_eq!(bad.rows.len(), MOST_TOLD);
    assert!(bad.untold > 300);
    assert!(bad.to_string().ends_with("more"));
}

#[test]
fn columns_may_stand_in_any_order_and_none_may_be_missing() {
    let file =
        "stock,sku,name,name_ar,barcodes,price,tax_rate,category,unit,Stock_Policy\n7,B-1,Bread,,,1,,,,\n";
    assert_eq!(read(file.as_bytes(), usd()).unwrap()[0].product.opening_stock.as_ref().unwrap().value, "7");
    let error = read(b"sku,name,price,colour\nB-1,Bread,1,red\n", usd()).unwrap_err().to_string();
    assert!(error.contains("line 1, colour: is no column"), "{error}");
    assert!(error.contains("line 1, barcodes: the column is missing"), "{error}");
}

#[test]
fn files_of_another_kind_are_told_apart() {
    let told = |file: &[u8]| read(file, usd()).unwrap_err().to_string();
    assert!(told(b"").contains("the first line must be sku,name"));
    assert!(told(b"sku;name;price\n").contains("separated by commas"));
    assert!(told(HEADER.as_bytes()).contains("no products"));
    assert!(
        told(&[HEADER.as_bytes(), b"B-1,Br\xE4d,,,1,,,,,\n"].concat())
            .contains("line 2: the file is not UTF-8")
    );
}

#[test]
fn the_sample_catalogue_is_a_good_one() {
    let entries = read(include_bytes!("../../catalogue/groceries.csv"), usd()).unwrap();
    assert!((110..=130).contains(&entries.len()));
    let mut seen = HashMap::new();
    for Entry { line, product } in &entries {
        let product = product.product.as_ref().unwrap();
        assert!(!product.name_ar.is_empty() && !product.category.is_empty(), "line {line}");
        for barcode in &product.barcodes {
            assert!(is_ean_13(barcode), "line {line}: {barcode}");
            assert_eq!(seen.insert(barcode, line), None, "line {line}: {barcode} stands there twice");
        }
        assert_eq!(product.unit == "kg", product.barcodes[0].starts_with("21"), "line {line}");
    }
}

/// GS1 General Specifications, section 7.9: weights 1 and 3 from the left, the sum a multiple of ten.
fn is_ean_13(barcode: &str) -> bool {
    let digits: Vec<u32> = barcode.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let weighted: u32 =
        digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 13 && barcode.len() == 13 && weighted.is_multiple_of(10)
}

/// What the server takes: texts of one line without blanks around them and without control characters.
fn text(least: usize) -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("=1+1".to_owned()),
        Just("@sum".to_owned()),
        Just("خبز".to_owned()),
        Just("\"".to_owned()),
        Just(",".to_owned()),
        Just("\u{feff}".to_owned()),
        "[a-zA-Z0-9 |\\\\;'-]{1,3}",
        "\\PC",
    ];
    let pieces = pieces.prop_filter("a line break", |piece: &String| !piece.chars().any(breaks_line));
    let text = prop::collection::vec(pieces, least..6).prop_map(|pieces| pieces.concat().trim().to_owned());
    // A unit is no longer than that.
    text.prop_filter("another length", move |text| text.len() >= least && text.chars().count() <= 16)
}

fn products() -> impl Strategy<Value = Vec<PutProduct>> {
    let barcodes = prop::collection::vec("[!-~]{1,8}|0{1,3}[1-9]{1,3}|[1-9]\\.[1-9]{2}E\\+1[0-9]", 0..4);
    let texts = (text(1), text(1), text(0), text(0), text(1));
    let numbers = (0..=MAX_AMOUNT_MINOR, 0..=1_000_000_i64, 0..=1_000_000_000_i64, 1..=3_i32);
    let product =
        (texts, barcodes, numbers).prop_map(|((sku, name, name_ar, category, unit), barcodes, numbers)| {
            let (price, rate, stock, stock_policy) = numbers;
            let seen: String = sku.chars().filter(|sign| !is_invisible(*sign)).collect();
            let sku = seen.trim().to_owned();
            let product = Product {
                sku,
                name,
                name_ar,
                barcodes,
                price: Some(money(price)),
                tax_rate: Some(Rate::from_ten_thousandths(rate).into()),
                category,
                unit,
                stock_policy,
                ..Default::default()
            };
            PutProduct {
                product: Some(product),
                opening_stock: Some(Quantity::from_thousandths(stock).into()),
            }
        });
    prop::collection::vec(product, 1..5).prop_map(|mut products| {
        let mut barcodes = HashSet::new();
        for (number, product) in products.iter_mut().enumerate() {
            let product = product.product.as_mut().unwrap();
            product.sku.push_str(&number.to_string());
            product.barcodes.retain(|barcode| barcodes.insert(barcode.clone()));
        }
        products
    })
}

fn write(products: &[PutProduct], currency: Currency) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).unwrap();
    for PutProduct { product, opening_stock } in products {
        let stock = opening_stock.clone().map(|Decimal { value }| value).unwrap();
        writer.write_record(cells(product.as_ref().unwrap(), stock, currency)).unwrap();
    }
    writer.into_inner().unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read_again_as_it_was(products in products(), code in "USD|KWD|JPY") {
        let currency = Currency::from_code(&code).unwrap();
        let file = write(&products, currency);
        let read: Vec<_> = read(&file, currency).unwrap().into_iter().map(|entry| entry.product).collect();
        prop_assert_eq!(read, products);
    }
}
