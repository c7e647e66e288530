//! Price lists.

use std::fs;

use super::{Till, minor};

const HEAD: &str = "sku,name,name_ar,barcodes,price,tax_rate,category,unit,stock_policy,stock\n";

fn write(till: &Till, rows: &str) {
    fs::write(till.place.around().join("list.csv"), format!("{HEAD}{rows}")).unwrap();
}

const GOOD: &str = "TEA-1,\"Tea, black\",شاي أسود,6221031490132|T1,3.50,14,Drinks,box,BLOCK,12\n\
                    RICE,Rice,,,2.255,,,kg,,7.5\n";

#[test]
fn a_good_list_is_imported_once() {
    let till = Till::open();
    write(&till, &GOOD.replace("2.255", "2.25"));
    let import = ["products", "import", "list.csv"];
    assert_eq!(till.done(&import), "imported 2 products: 2 created, 0 changed, 0 the same already\n");
    let found = till.json(&["products", "find", "شاي"]);
    let tea = &found["products"][0];
    assert_eq!((minor(&tea["product"]["price"]), &tea["stock"]["value"]), (3_50, &"12".into()));
    assert_eq!(
        (&tea["product"]["tax_rate"]["value"], &tea["product"]["barcodes"][1]),
        (&"14".into(), &"T1".into())
    );

    let again = till.done(&import);
    assert!(again.starts_with("already imported (2 products), nothing was changed"), "{again}");
    let document = till.json(&import);
    assert_eq!((&document["already_imported"], &document["created_count"]), (&true.into(), &0.into()));

    // A list with one new price is another list.
    write(&till, &GOOD.replace("2.255", "2.40"));
    assert_eq!(till.done(&import), "imported 2 products: 0 created, 1 changed, 1 the same already\n");
    // The old one again is asked for by name.
    write(&till, &GOOD.replace("2.255", "2.25"));
    let document = till.json(&["products", "import", "list.csv", "--again"]);
    assert_eq!((&document["updated_count"], &document["unchanged_count"]), (&1.into(), &1.into()));
    assert_eq!(minor(&till.json(&["products", "find", "RICE"])["products"][0]["product"]["price"]), 2_25);
}

#[test]
fn a_bad_list_names_its_rows_and_columns_and_nothing_is_sent() {
    let till = Till::open();
    write(&till, &format!("{GOOD}SALT,,ملح,,0.80,140,,pc,SOMETIMES,\nTEA-1,Tea,,,1.00,,,pc,,\n"));
    let run = till.run(&["products", "import", "list.csv"]);
    assert_eq!((run.status, run.output.as_str()), (1, ""));
    let wrong = [
        "line 3, price:",
        "line 4, name:",
        "line 4, tax_rate:",
        "line 4, stock_policy:",
        "line 5, sku: `TEA-1` stands in line 2 too",
    ];
    for row in wrong {
        assert!(run.complaints.contains(row), "{row}: {}", run.complaints);
    }
    assert_eq!(till.json(&["status"])["product_count"], 0, "not even the good row");
    let error = till.refused(&["products", "import", "list.csv"]);
    assert_eq!(
        (&error["bad_rows"][0]["line"], &error["bad_rows"][0]["column"]),
        (&3.into(), &"price".into())
    );
}

/// What only the server knows is told by the row too, and the rows before it are not imported either.
#[test]
fn a_row_that_the_server_refuses_is_named_and_nothing_is_changed() {
    let till = Till::open();
    let mut rows: String = (0..1_200).map(|number| format!("P-{number},Product,,,1.00,,,pc,,1\n")).collect();
    rows.push_str("LAST,Last,,two words,1.00,,,pc,,1\n");
    write(&till, &rows);
    let error = till.refused(&["products", "import", "list.csv"]);
    assert_eq!(
        (&error["bad_rows"][0]["line"], &error["bad_rows"][0]["column"]),
        (&1_202.into(), &"barcodes".into())
    );
    assert_eq!(till.json(&["status"])["product_count"], 0);
}

/// Another product's codes, what a spreadsheet made of them, and marks that swallow rows: each is told with its row
/// before anything is sent, or by the server, and nothing is changed.
#[test]
fn goods_keep_their_own_codes_whatever_a_list_says() {
    let till = Till::open();
    write(&till, "COLA,Cola,,049000006346,1.00,,,,,\n");
    till.done(&["products", "import", "list.csv"]);
    for (rows, told) in [
        ("WATER,Water,,0049000006346,1.00,,,,,\n", "a barcode of COLA already"),
        ("cola,Cola,,,1.00,,,,,\n", "by capital letters only"),
        ("6.22407E+12,Water,,,1.00,,,,,\n", "a spreadsheet rounded it"),
        ("WATER\u{200b},Water,,,1.00,,,,,\n", "signs in it that nobody sees"),
        ("TV-32,\"TV 32,,,1.00,,,,,\nTV-40,\"TV 40,,,2.00,,,,,\n", "line 2"),
        ("WATER,\"Wa\nter\",,,1.00,,,,,\n", "line break"),
    ] {
        write(&till, rows);
        let run = till.run(&["products", "import", "list.csv"]);
        assert_eq!(run.status, 1, "{rows}: {run:?}");
        assert!(run.complaints.contains(told), "{rows}: {run:?}");
    }
    assert_eq!(till.json(&["products", "list"])["products"].as_array().map(Vec::len), Some(1));
    write(&till, "TV-32,TV 32\" LED,,,1.00,,,,,\n");
    till.done(&["products", "import", "list.csv"]);
    assert_eq!(till.json(&["products", "find", "TV-32"])["products"][0]["product"]["name"], "TV 32\" LED");
}
