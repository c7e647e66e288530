//! `kassa shift` and `kassa sales`: a shift's life, its Z, and what was sold.

use super::{Till, minor};

#[test]
fn a_shift_is_counted_closed_reported_and_listed() {
    let till = Till::open();
    till.done(&["demo"]);
    let expected = minor(&till.json(&["shift", "show"])["shift"]["expected_cash"]);
    let amount = format!("{}.{:02}", expected / 100, expected % 100);
    assert!(till.done(&["shift", "activity"]).ends_with("is in use\n"));
    let x = till.done(&["shift", "report"]);
    assert!(x.contains("Sales by hour, USD") && x.contains('█'), "{x}");
    assert!(x.lines().all(|line| line.chars().count() <= 42), "{x}");

    let by_category = till.json(&["sales", "--by", "category"]);
    for by in ["hour", "day", "product", "cashier", "tender", "tax"] {
        let shown = till.done(&["sales", "--by", by]);
        assert!(shown.lines().last().unwrap().starts_with("TOTAL"), "{by}: {shown}");
        assert_eq!(till.json(&["sales", "--by", by])["total"], by_category["total"], "{by}");
    }

    let number = till.json(&["shift", "show"])["shift"]["number"].clone();
    let number = number.as_str().unwrap();
    let count = format!("cash={amount}");
    let closed = till.done(&["shift", "close", "--count", &count, "--left", "60.00"]);
    assert!(closed.contains(number), "{closed}");
    assert_eq!(till.refused(&["shift", "show"])["reason"], "NO_OPEN_SHIFT");
    let shown = till.done(&["shift", "show", number]);
    assert!(shown.contains("closed") && shown.contains("60.00 USD"), "{shown}");
    let report = till.json(&["shift", "report", number]);
    assert_eq!(report["report"]["kind"], "SHIFT_REPORT_KIND_Z");
    assert_eq!(report["report"]["net_total"], by_category["total"]["net"]);
    let listed = till.json(&["shift", "list", "--state", "closed"]);
    assert_eq!(listed["shifts"].as_array().unwrap().len(), 1);
    assert_eq!(till.run(&["shift", "list", "--key", "k"]).status, 2, "listing has no key");
}

#[test]
fn a_shift_is_ended_and_closed_by_force_and_a_close_under_its_key_is_one_close() {
    let till = Till::open();
    till.done(&["shift", "open", "--float", "104.00"]);
    let ended = till.done(&["shift", "end"]);
    assert!(ended.starts_with("ended shift SHF-"), "{ended}");
    let close = ["shift", "close", "--coins", "100x1,0.50x8", "--key", "evening"];
    let first = till.json(&close);
    assert_eq!((&first["replayed"], minor(&first["shift"]["counted_cash"])), (&false.into(), 104_00));
    let again = till.json(&close);
    assert_eq!((&again["replayed"], &again["report"]), (&true.into(), &first["report"]));

    till.done(&["shift", "open", "--float", "104.00"]);
    let number = till.json(&["shift", "show"])["shift"]["number"].clone();
    let forced = till.json(&["shift", "force-close", number.as_str().unwrap(), "--reason", "went home"]);
    assert_eq!(forced["shift"]["forced"], true);
    assert_eq!(till.run(&["shift", "close", "--count", "gold=1"]).status, 2);
}
