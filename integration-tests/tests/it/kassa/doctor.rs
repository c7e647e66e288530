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
