//! `kassa doctor` and `kassa diagnostics`.

use std::fs;

use super::Till;

#[test]
fn a_good_server_is_told_in_lines_that_all_begin_with_ok() {
    let till = Till::with_samples();
    let told = till.done(&["doctor"]);
    for name in ["version", "schema", "disk", "write-ahead log", "clock", "journal", "shifts", "carts", "log"]
    {
        assert!(told.lines().any(|line| line.starts_with(&format!("OK    {name}"))), "{name}:\n{told}");
    }
    assert!(told.contains(" records proved"), "{told}");
}

#[test]
fn a_journal_that_was_changed_fails_and_says_what_to_do() {
    let till = Till::with_samples();
    let file = rusqlite::Connection::open(till.place.database()).unwrap();
    let damage = "UPDATE journal_records SET record = zeroblob(40) WHERE sequence = 2";
    assert!(file.execute(damage, []).unwrap() > 0);
    drop(file);
    let run = till.run(&["doctor"]);
    assert_eq!(run.status, 1, "{run:?}");
    let fail = run.output.lines().skip_while(|line| !line.starts_with("FAIL  journal")).take(2);
    let fail: Vec<_> = fail.collect();
    assert!(fail[1].contains("-> keep the data folder as it is"), "{run:?}");
    assert!(run.complaints.contains("failed: 1 check"), "{run:?}");

    let run = till.run(&["doctor", "--json"]);
    assert_eq!(run.status, 1);
    let document: serde_json::Value = serde_json::from_str(&run.output).expect("one document");
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["verdict"] == "FAIL" && finding["name"] == "journal"));
}

#[test]
fn what_was_stored_before_a_rule_that_it_breaks_is_listed_and_the_shop_sells_on() {
    let till = Till::with_samples();
    assert!(till.done(&["doctor"]).contains("OK    values of older rules"));
    let file = rusqlite::Connection::open(till.place.database()).unwrap();
    file.execute_batch(
        "UPDATE products SET name = 'Tea' || char(10) || 'TOTAL 99.00' WHERE sku = (SELECT min(sku) FROM products);
         UPDATE products SET sku = sku || char(0x200f), search_text = search_text || char(0x200f)
             WHERE sku = (SELECT max(sku) FROM products);
         UPDATE product_barcodes SET barcode = '049000006346' WHERE rowid = (SELECT min(rowid) FROM product_barcodes);
         UPDATE product_barcodes SET barcode = '0049000006346' WHERE rowid = (SELECT max(rowid) FROM product_barcodes);
         UPDATE businesses SET receipt_footer = 'Thanks' || char(0x2028) || 'TOTAL 0.00';",
    )
    .unwrap();
    drop(file);
    let told = till.done(&["doctor"]);
    let list = told.lines().skip_while(|line| !line.starts_with("WARN  values of older rules"));
    let list: Vec<&str> = list.collect();
    assert!(list[0].ends_with("4 values of before a rule, sold and printed as before"), "{told}");
    for (line, fault) in list[2..].iter().zip([
        ": sku has signs in it that nobody sees",
        ": name must be one line",
        ": receipt_footer holds control characters",
        ": barcodes is taken for that of",
    ]) {
        assert!(line.contains(fault), "{fault}: {told}");
    }
    till.done(&["sell", "0049000006346", "--cash", "100"]);
}

#[test]
fn diagnostics_are_one_text_for_a_ticket() {
    let till = Till::with_samples();
    let shown = till.done(&["diagnostics"]);
    for title in [
        "status",
        "configuration",
        "schema",
        "files",
        "warnings and errors of the last day",
        "end of the log",
    ] {
        assert!(shown.contains(&format!("\n=== {title} ===\n")), "{title}:\n{shown}");
    }
    let file = till.place.around().join("ticket.txt");
    let said = till.done(&["diagnostics", "--output", file.to_str().unwrap()]);
    assert!(said.contains("ticket.txt"), "{said}");
    assert!(fs::read_to_string(file).unwrap().starts_with("Kassa diagnostics, by kassa "));
}

#[test]
fn while_the_books_are_closed_diagnostics_say_at_once_what_to_send_instead() {
    let till = Till::open();
    till.done(&["maintenance", "on", "a new shelf"]);
    let refused = till.run(&["diagnostics"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.complaints.contains("`kassa doctor` say"), "{refused:?}");
    till.done(&["maintenance", "off"]);
    till.done(&["diagnostics"]);
}
