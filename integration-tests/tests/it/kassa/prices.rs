//! What branches charge for themselves.

use super::{Till, minor};

#[test]
fn a_branchs_price_is_set_shown_sold_at_and_taken_away() {
    let till = Till::with_samples();
    let price = ["products", "price", "BAK-001"];
    assert_eq!(till.done(&price), "BAK-001: 0.50 USD here, the list price\n");
    let run = till.run(&[price.as_slice(), &["0.60"]].concat());
    assert_eq!(run.status, 2, "a change names its branch");
    let set = [price.as_slice(), &["0.60", "--branch", "B1", "--key", "spring"]].concat();
    assert_eq!(till.done(&set), "BAK-001: 0.60 USD at B1, list price 0.50 USD\n");
    till.done(&set);

    let document = till.json(&["products", "prices"]);
    assert_eq!(document["branch_prices"].as_array().unwrap().len(), 1);
    assert_eq!(minor(&document["branch_prices"][0]["price"]), 60);
    let found = till.run(&["products", "find", "BAK-001"]);
    assert!(found.output.contains("*0.60 USD"), "{}", found.output);
    assert_eq!(found.complaints, "* the branch's own price: see `kassa products prices`\n");
    let sold = till.json(&["sell", "1xBAK-001", "--cash", "0.60"]);
    assert_eq!(minor(&sold["order"]["lines"][0]["list_price"]), 60);

    let taken = [price.as_slice(), &["--list-price", "--branch", "B1"]].concat();
    assert_eq!(till.done(&taken), "BAK-001: 0.50 USD at B1, the list price\n");
    assert_eq!(till.done(&["products", "prices"]), "no prices of its own: everything is at the list price\n");
    let log = till.json(&["audit", "--limit", "2"]);
    assert_eq!(log["entries"][0]["words"], "prices at B1 written: BAK-001: 0.60 -> 0.50 (list price)");
    assert_eq!(log["entries"][1]["words"], "prices at B1 written: BAK-001: 0.50 -> 0.60");
    let categories = till.json(&["products", "categories"]);
    assert!(categories["categories"].as_array().unwrap().len() > 5, "{categories}");
}
