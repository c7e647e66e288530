//! `kassa drawer`: cash in and out, transfers, counts, the journal.

use kassa_integration_tests::Run;

use super::{Till, minor};

/// A till with 100.00 in the drawer of R1, and a second register.
fn till() -> Till {
    let till = Till::open();
    till.done(&["shift", "open", "--float", "100.00"]);
    till.done(&["registers", "put", "R2", "--name", "By the door"]);
    till
}

#[test]
fn cash_goes_in_and_out_and_the_last_line_says_what_is_there() {
    let till = till();
    for (command, line) in [
        (
            &["in", "5", "--reason", "Ziad pays back"][..],
            "R1 no 2: paid in 5.00 USD, in the drawer 105.00 USD",
        ),
        (&["out", "1.50", "--reason", "an advance"], "R1 no 3: paid out -1.50 USD, in the drawer 103.50 USD"),
        (
            &["expense", "2.25", "--reason", "milk", "--reference", "slip 17"],
            "R1 no 4: expense -2.25 USD, in the drawer 101.25 USD",
        ),
        (&["float", "20"], "R1 no 5: float in 20.00 USD, in the drawer 121.25 USD"),
        (&["safe-drop", "40"], "R1 no 6: safe drop -40.00 USD, in the drawer 81.25 USD"),
        (&["bank-drop", "30"], "R1 no 7: bank drop -30.00 USD, in the drawer 51.25 USD"),
        (&["reverse", "4", "--reason", "twice"], "R1 no 8: paid in 2.25 USD, in the drawer 53.50 USD"),
    ] {
        assert_eq!(till.done(&[&["drawer"], command].concat()).trim_end(), line);
    }
    let opened = till.done(&["drawer", "open", "--reason", "change for the meter"]);
    assert_eq!(opened, "R1: opened, written down, in the drawer 53.50 USD\n");
    let counted = till.done(&["drawer", "count", "53.00", "--reason", "the noon count"]);
    for line in ["expected", "53.50 USD", "-0.50 USD", "R1 no 9: short -0.50 USD, in the drawer 53.00 USD"] {
        assert!(counted.contains(line), "{line}: {counted}");
    }
    assert!(till.done(&["drawer", "count", "53", "--reason", "again"]).contains("the books agree"));
    let shown = till.done(&["drawer"]);
    assert!(shown.contains("milk, slip 17") && shown.contains("53.00 USD"), "{shown}");
    assert_eq!(till.done(&["drawer", "show", "--limit", "3"]).lines().count(), 4 + 1 + 1 + 3);

    let refused = till.refused(&["drawer", "safe-drop", "53.01"]);
    assert_eq!(refused["reason"], "INSUFFICIENT_CASH");
    assert_eq!(till.run(&["drawer", "out", "1"]).status, 2, "it says why, or it is not done");
    assert_eq!(till.run(&["drawer", "--key", "k"]).status, 2, "showing has no key");
}

#[test]
fn a_drop_repeated_under_its_key_is_one_drop() {
    let till = till();
    let drop = ["drawer", "safe-drop", "30", "--key", "noon-drop"];
    let first = till.json(&drop);
    assert_eq!((&first["replayed"], minor(&first["drawer"]["balance"])), (&false.into(), 70_00));
    let again = till.json(&drop);
    assert_eq!((&again["replayed"], &again["movement"]), (&true.into(), &first["movement"]));
    assert_eq!(minor(&till.json(&["drawer"])["drawer"]["balance"]), 70_00);
}

#[test]
fn cash_is_sent_seen_in_transit_and_taken_back() {
    let till = till();
    assert_eq!(till.done(&["drawer", "transfers"]), "nothing is in transit\n");
    let sent = till.done(&["drawer", "transfer", "40", "--to", "R2", "--reason", "coins"]);
    assert!(sent.contains("transfer out -40.00 USD, in the drawer 60.00 USD"), "{sent}");
    let listed = till.done(&["drawer", "transfers"]);
    assert!(listed.contains("in transit") && listed.contains("40.00 USD"), "{listed}");
    let early = till.refused(&["drawer", "receive", "--register", "R2"]);
    assert_eq!(early["reason"], "NO_OPEN_SHIFT");
    let nothing = till.refused(&["drawer", "receive"]);
    assert!(nothing["message"].as_str().unwrap().contains("nothing is on its way to R1"), "{nothing}");

    let id = till.json(&["drawer", "transfers"])["transfers"][0]["transfer_id"].clone();
    let id = id.as_str().unwrap();
    let back = till.done(&["drawer", "receive", id]);
    assert_eq!(back, "R1 no 3: transfer in 40.00 USD, in the drawer 100.00 USD\n");
    let all = till.json(&["drawer", "transfers", "--all"]);
    assert_eq!(all["transfers"][0]["state"], "CASH_TRANSFER_STATE_TAKEN_BACK");
    assert_eq!(till.refused(&["drawer", "receive", id])["reason"], "TRANSFER_RECEIVED");
}

#[test]
fn the_journal_is_proved_on_request() {
    let till = till();
    till.done(&["drawer", "open", "--reason", "change for the meter"]);
    let proof = till.done(&["drawer", "verify"]);
    for chain in ["shifts", "drawer", "audit"] {
        assert!(proof.lines().any(|line| line.contains(chain) && line.ends_with("ok")), "{chain}: {proof}");
    }
    let drawer = till.json(&["drawer", "verify", "--kind", "drawer", "--register", "R1"]);
    assert_eq!(drawer["chains"].as_array().unwrap().len(), 1);
    assert_eq!((&drawer["chains"][0]["record_count"], &drawer["chains"][0]["ok"]), (&1.into(), &true.into()));
}

#[test]
fn a_cashiers_count_says_what_to_approve_and_is_made_with_it() {
    let till = till();
    for (name, role) in [("amal", "cashier"), ("salma", "supervisor")] {
        till.done(&["users", "put", name, "--role", role]);
        till.told(&["users", "pin", name, "--pin-stdin"], "480213\n");
    }
    till.done(&["settings", "set", "cashier.most_drop=20"]);
    assert!(till.done(&["settings", "show"]).contains("most_drop"));
    till.told(&["sign-in", "amal", "--pin-stdin"], "480213\n");
    for (command, movement, wanted) in [
        (&["drawer", "count", "99.50", "--reason", "a coin is gone"][..], "short", "0.50"),
        (&["drawer", "count", "99.50", "--reason", "let me see"], "short", "0.00"),
        (&["drawer", "safe-drop", "30"], "safe-drop", "30.00"),
        (&["drawer", "transfer", "30", "--to", "R2"], "transfer-out", "30.00"),
        (&["drawer", "in", "5", "--reason", "Ziad pays back"], "paid-in", "5.00"),
    ] {
        let command = [command, &["--yes"]].concat();
        let refused = till.run(&command);
        assert_eq!(refused.status, 4, "{refused:?}");
        let after = |words: &str| {
            let rest =
                refused.complaints.split_once(words).unwrap_or_else(|| panic!("{words}: {refused:?}")).1;
            rest.chars().take_while(|it| !it.is_whitespace() && *it != '`').collect::<String>()
        };
        let (register, kind, amount) = (after("--order "), after("--movement "), after("--amount "));
        assert_eq!((kind.as_str(), amount.as_str()), (movement, wanted));
        let approve = ["approve", "drawer", "salma", "--order", &register];
        let approve = [&approve[..], &["--movement", &kind, "--amount", &amount, "--pin-stdin"]].concat();
        let approved = Run::with_input(&mut till.command(&approve), "480213\n");
        assert_eq!(approved.status, 0, "{approved:?}");
        till.done(&[&command[..], &["--grant", approved.output.trim()]].concat());
    }
    let close = ["shift", "close", "--count", "cash=44.50", "--yes"];
    let refused = till.run(&close);
    assert_eq!(refused.status, 4, "{refused:?}");
    let (_, advice) = refused.complaints.split_once("`kassa ").unwrap();
    let (advice, _) = advice.split_once('`').unwrap();
    let approve = advice.replace("NAME", "salma") + " --pin-stdin";
    let approve: Vec<&str> = approve.split(' ').collect();
    let approved = Run::with_input(&mut till.command(&approve), "480213\n");
    assert_eq!(approved.status, 0, "{approved:?}");
    till.done(&[&close[..], &["--reason", "Ziad is ill", "--grant", approved.output.trim()]].concat());
    till.done(&["sign-out"]);
    let audit = till.done(&["audit", "--limit", "100"]);
    for words in [
        "salma allowed amal: drawer transfer out of ",
        "safe drop 30.00; salma allowed it",
        "drawer counted, 99.50 where 100.00 should be: a coin is gone; salma allowed it",
        "salma allowed amal: close shift of ",
        "000001 closed; salma allowed it",
    ] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
}
