//! `kassa stock`: adjustments and counts at the counter.

use std::{fmt::Write as _, fs};

use kassa_integration_tests::Run;

use super::{Till, minor};

/// A till with tea (12, and never less than nothing), rice (7.5 kg) and 598 other products.
fn till() -> Till {
    let till = Till::open();
    let mut list = "sku,name,name_ar,barcodes,price,tax_rate,category,unit,stock_policy,stock\n\
                    TEA,Tea,,6221031490132,3.50,,,box,BLOCK,12\nRICE,Rice,,,2.25,,,kg,,7.5\n"
        .to_owned();
    for number in 0..598 {
        writeln!(list, "P-{number},Product,,,1.00,,,pc,,1").unwrap();
    }
    fs::write(till.place.around().join("list.csv"), list).unwrap();
    till.done(&["products", "import", "list.csv"]);
    till
}

#[test]
fn an_adjustment_is_made_listed_and_shown() {
    let till = till();
    let adjust =
        ["stock", "adjust", "TEA=-2", "RICE=-0.5", "--reason", "damaged", "--note", "fell", "--key", "k"];
    let adjusted = till.done(&adjust);
    for words in ["TEA", "-2", "7.00 USD", "-0.5", "1.13 USD", "damaged", "worth 8.13 USD"] {
        assert!(adjusted.contains(words), "{words}: {adjusted}");
    }
    let again = till.run(&adjust);
    assert_eq!((again.status, again.output.as_str()), (0, adjusted.as_str()));
    assert!(again.complaints.contains("nothing was done twice"), "{again:?}");
    let id = till.json(&["stock", "adjustments"])["adjustments"][0]["adjustment_id"].clone();
    assert_eq!(till.done(&["stock", "adjustments", id.as_str().unwrap()]), adjusted);
    assert!(till.done(&["stock", "changes", "TEA"]).contains("DAMAGED: fell"));
    let refused = till.refused(&["stock", "adjust", "TEA=-11", "--reason", "lost"]);
    assert_eq!(refused["reason"], "INSUFFICIENT_STOCK");
    for wrong in [&["TEA"][..], &["TEA=much"], &["TEA=1", "--reason", "stolen"], &[]] {
        assert_eq!(till.run(&[&["stock", "adjust", "--reason", "lost"], wrong].concat()).status, 2);
    }
}

#[test]
fn a_cashiers_adjustment_says_what_to_approve_and_is_made_with_it() {
    let till = till();
    for (name, role) in [("amal", "cashier"), ("salma", "supervisor")] {
        till.done(&["users", "put", name, "--role", role]);
        till.told(&["users", "pin", name, "--pin-stdin"], "480213\n");
    }
    till.told(&["sign-in", "amal", "--pin-stdin"], "480213\n");
    let adjust = ["stock", "adjust", "TEA=-2", "--reason", "expired"];
    let refused = till.run(&adjust);
    assert_eq!(refused.status, 4, "{refused:?}");
    let after = |words: &str| {
        let rest = refused.complaints.split_once(words).unwrap_or_else(|| panic!("{words}: {refused:?}")).1;
        rest.chars().take_while(|it| !it.is_whitespace() && *it != '`').collect::<String>()
    };
    let (order, amount, id) = (after("--order "), after("--amount "), after("--id "));
    assert_eq!((amount.as_str(), &order), ("7.00", &id));
    let approve =
        ["approve", "stock-adjustment", "salma", "--order", &order, "--amount", &amount, "--pin-stdin"];
    let approved = Run::with_input(&mut till.command(&approve), "480213\n");
    assert_eq!(approved.status, 0, "{approved:?}");
    till.done(&[&adjust[..], &["--id", &id, "--grant", approved.output.trim()]].concat());
    till.done(&["sign-out"]);
    assert!(till.done(&["audit"]).contains("stock adjusted, worth 7.00: TEA -2 (expired); salma allowed it"));
}

#[test]
fn shelves_are_counted_from_the_keyboard_and_from_files_while_the_shop_sells() {
    let till = till();
    assert_eq!(till.refused(&["stock", "count", "show"])["reason"], "STOCK_COUNT_NOT_FOUND");
    assert!(till.done(&["stock", "count", "start", "--note", "all of it"]).contains("started, id "));
    assert_eq!(till.refused(&["stock", "count", "start"])["reason"], "STOCK_COUNT_OPEN");
    // On the shelf and in the window.
    let enter = ["stock", "count", "enter", "TEA=6", "TEA=5", "--key", "noon"];
    assert_eq!(till.done(&enter), "entered 1 product; the count has 1\n");
    let sheet: String = (0..598).map(|number| format!("P-{number},1\n")).collect();
    let from_stdin = ["stock", "count", "enter", "--file", "-"];
    assert_eq!(till.told(&from_stdin, &sheet), "entered 598 products; the count has 599\n");
    fs::write(till.place.around().join("sheet.csv"), "sku,quantity\nRICE,7.25\n").unwrap();
    till.done(&["stock", "count", "enter", "--file", "sheet.csv"]);
    let wrong = till.run(&["stock", "count", "enter", "--file", "nowhere.csv"]);
    assert_eq!(wrong.status, 2, "{wrong:?}");

    till.done(&["shift", "open", "--float", "50"]);
    till.done(&["sell", "1x6221031490132", "--cash", "5"]);
    let shown = till.done(&["stock", "count", "show", "--differing"]);
    assert!(shown.contains("open, counted since") && shown.contains("all of it\n\nSKU "), "{shown}");
    assert!(shown.ends_with("600 products counted, 2 differ\n") && !shown.contains("P-1 "), "{shown}");
    let finish = ["stock", "count", "finish", "--key", "evening"];
    let finished = till.done(&finish);
    let last = "finished: 600 products counted, the stock of 2 changed\n";
    assert!(finished.ends_with(last), "{finished}");
    // Repeated under their keys, although the count is over.
    for (repeat, words) in [(&enter[..], "entered 1 product; the count has 1\n"), (&finish, last)] {
        let again = till.run(repeat);
        assert_eq!((again.status, again.output.as_str()), (0, words));
        assert!(again.complaints.contains("nothing was done twice"), "{again:?}");
    }
    assert_eq!(till.json(&["products", "find", "TEA"])["products"][0]["stock"]["value"], "10");
    assert_eq!(till.json(&["products", "find", "RICE"])["products"][0]["stock"]["value"], "7.25");

    till.done(&["stock", "count", "start"]);
    assert!(till.done(&["stock", "count", "cancel", "--reason", "closing"]).contains("as it was"));
    let counts = till.json(&["stock", "count", "list"]);
    let states: Vec<_> = counts["counts"].as_array().unwrap().iter().map(|count| &count["state"]).collect();
    assert_eq!(states, ["STOCK_COUNT_STATE_CANCELLED", "STOCK_COUNT_STATE_FINISHED"]);
    assert!(till.done(&["stock", "count", "list"]).contains("finished"));
}

#[test]
fn the_limit_of_adjustments_is_a_setting() {
    let till = Till::open();
    till.done(&["settings", "set", "cashier.most_stock_adjustment=4.50"]);
    let limits = till.json(&["settings", "show"])["settings"]["role_limits"].clone();
    assert_eq!(minor(&limits[0]["most_stock_adjustment"]), 4_50);
    assert!(till.done(&["settings", "show"]).contains("most_stock_adjustment"));
}
