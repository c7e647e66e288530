//! The README's walk.

use super::{Till, minor};

#[test]
fn a_shop_that_was_just_made_is_shown_and_filled_and_sells() {
    let till = Till::open();
    let status = till.done(&["status"]);
    for line in ["My shop", "epoch 1", concat!("version          ", env!("CARGO_PKG_VERSION"))] {
        assert!(status.contains(line), "{line}: {status}");
    }

    let demo = till.done(&["demo"]);
    for line in
        ["126 products: 126 created", "opened shift SHF-", "100.00 USD in the drawer", "What to try next:"]
    {
        assert!(demo.contains(line), "{line}: {demo}");
    }
    assert_eq!(demo.matches("TOTAL USD").count(), 5, "five receipts: {demo}");

    let bread = till.done(&["products", "find", "bread"]);
    let baladi = bread.lines().find(|line| line.contains("6224074096064")).unwrap();
    assert!(baladi.contains("0.50 USD") && baladi.contains("خبز بلدي"), "{baladi}");
    assert!(till.done(&["shift", "open"]).starts_with("joined shift SHF-"));

    let before = minor(&till.json(&["drawer"])["drawer"]["balance"]);
    let sold = till.done(&["sell", "2x6224074096064", "--cash", "20"]);
    let orders = till.json(&["orders"]);
    let order = &orders["orders"][0];
    let number = order["receipt_number"].as_str().unwrap();
    assert!(number.starts_with("INV-") && number.ends_with("-R1-000006"), "{number}");
    assert_eq!((minor(&order["total"]), minor(&order["change"])), (1_00, 19_00));
    let receipt = till.done(&["receipt", number]);
    assert!(sold.contains(&receipt), "the sale printed its receipt:\n{sold}\n---\n{receipt}");
    for line in ["  2 pack x 0.50                       1.00", "Change                               19.00"] {
        assert!(receipt.contains(line), "{line:?}: {receipt}");
    }
    let shown = till.done(&["order", number]);
    assert!(shown.contains("Baladi bread") && shown.contains("19.00 USD"), "{shown}");

    assert_eq!(minor(&till.json(&["drawer"])["drawer"]["balance"]), before + 1_00);
    let drawer = till.done(&["drawer"]);
    let change = drawer.lines().find(|line| line.contains("change")).unwrap();
    assert!(change.contains("-19.00 USD"), "the newest movement comes first: {drawer}");
}

#[test]
fn the_drawer_holds_the_float_and_the_cash_of_all_sales() {
    let till = Till::with_samples();
    till.done(&["sell", "6224074096064", "--card", "rest"]);
    till.done(&["sell", "3x6224074096064", "--cash", "1", "--card", "rest", "--tip", "0.25"]);
    let orders = till.json(&["orders"]);
    let orders = orders["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 7);
    let mut expected = 100_00;
    for order in orders {
        for tender in order["tenders"].as_array().unwrap() {
            if tender["type"] == "TENDER_TYPE_CASH" {
                expected += minor(&tender["amount"]);
            }
        }
        expected -= minor(&order["change"]);
    }
    let drawer = till.json(&["drawer", "--limit", "500"]);
    assert_eq!(minor(&drawer["drawer"]["balance"]), expected);
    let movements = drawer["movements"].as_array().unwrap();
    let sum: i64 = movements
        .iter()
        .map(|movement| match movement["type"].as_str().unwrap() {
            "MOVEMENT_TYPE_CHANGE" => -minor(&movement["amount"]),
            _ => minor(&movement["amount"]),
        })
        .sum();
    assert_eq!(sum, expected, "and so do its movements");
    assert_eq!(minor(&till.json(&["shift", "show"])["shift"]["expected_cash"]), expected);
}

#[test]
fn a_sale_by_sku_with_a_discount_weighed_goods_and_a_note() {
    let till = Till::with_samples();
    till.done(&["settings", "set", "name=Corner shop", "time_zone=Africa/Cairo"]);
    let sell = [
        "sell",
        "2xBAK-001",
        "BAK-002",
        "--discount",
        "10%",
        "--cash",
        "5",
        "--note",
        "by the door",
        "--width",
        "32",
    ];
    let sold = till.json(&sell);
    let order = &sold["order"];
    // 10% of 2 x 0.50 + 0.90.
    assert_eq!(
        (minor(&order["subtotal"]), minor(&order["discount_total"]), minor(&order["total"])),
        (1_90, 19, 1_71)
    );
    assert_eq!(order["note"], "by the door");
    let receipt = sold["receipt"].as_str().unwrap();
    assert!(receipt.contains("Corner shop") && receipt.contains("by the door"), "{receipt}");
    assert!(receipt.lines().all(|line| line.chars().count() <= 32), "{receipt}");
}

#[test]
fn samples_may_be_had_again_and_are_no_new_products() {
    let till = Till::with_samples();
    let nobody = till.run(&["demo"]);
    assert_eq!(nobody.status, 2, "a shop that has sold is asked about: {nobody:?}");
    assert_eq!(till.json(&["status"])["order_count"], 5);
    let again = till.json(&["demo", "--sales", "2"]);
    assert_eq!(
        (&again["products"]["unchanged_count"], &again["shift"]["joined"]),
        (&126.into(), &true.into())
    );
    assert_eq!(again["sales"].as_array().unwrap().len(), 2);
    assert_eq!(till.json(&["orders"])["orders"].as_array().unwrap().len(), 7);
}
