//! `kassa stock`: goods from one branch to another.

use super::Till;

/// A shop with goods at B1, and huda signed in at a terminal of B2.
fn till() -> Till {
    let till = Till::with_samples();
    till.done(&["branches", "put", "B2", "--name", "Harbour"]);
    till.done(&["registers", "put", "R2", "--name", "By the sea", "--branch", "B2"]);
    till.done(&["users", "put", "huda", "--role", "supervisor"]);
    till.told(&["users", "pin", "huda", "--pin-stdin"], "480213\n");
    let code = till.json(&["terminals", "pair-code", "harbour", "--register", "R2"]);
    till.done(&["terminals", "pair", code["code"].as_str().unwrap(), "--save", "harbour.token"]);
    till.told(&["sign-in", "huda", "--pin-stdin", "--token-file", "harbour.token"], "480213\n");
    till
}

/// The same at the other branch.
fn there<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--token-file", "harbour.token"]].concat()
}

#[test]
fn goods_are_sent_listed_and_received_as_they_were_counted() {
    let till = till();
    assert_eq!(till.done(&["stock", "transfers"]), "nothing is in transit\n");
    let sent = till.done(&["stock", "send", "--to", "B2", "--line", "BAK-001=20", "--line", "DAI-001=6"]);
    assert!(sent.starts_with("transfer  TRF-202") && sent.contains("in transit"), "{sent}");
    let number = till.json(&["stock", "transfers"])["transfers"][0]["number"].clone();
    let number = number.as_str().unwrap();
    let listed = till.done(&there(&["stock", "transfers", "--direction", "in"]));
    assert!(listed.contains(number) && listed.lines().count() == 2, "{listed}");

    let here = till.run(&["stock", "receive", number]);
    assert!(here.status == 1 && here.complaints.contains("kassa stock take-back"), "{here:?}");
    let unknown = till.run(&there(&["stock", "receive", "--line", "XXX-001=3"]));
    assert!(unknown.status == 1 && unknown.complaints.contains("has no XXX-001"), "{unknown:?}");
    let without_reason = there(&["stock", "receive", "--line", "BAK-001=17/2"]);
    assert_eq!(till.refused(&without_reason)["reason"], "INVALID_FIELD");
    let receive = [&without_reason[..], &["--reason", "wet", "--key", "ramp-1"]].concat();
    let received = till.done(&receive);
    assert!(received.contains("received, not as sent") && received.contains("wet"), "{received}");
    let line = received.lines().find(|line| line.starts_with("BAK-001")).unwrap();
    let parts: Vec<&str> = line.split_whitespace().take(6).collect();
    assert_eq!(parts, ["BAK-001", "20", "pack", "17", "2", "1"]);
    // The number is needed now: nothing is on its way any more.
    let again = [&["stock", "receive", number][..], &receive[2..]].concat();
    let again = till.run_with_yes(&again);
    assert!(again.status == 0 && again.complaints.contains("nothing was received twice"), "{again:?}");
    let shown = till.json(&there(&["stock", "transfer", number]));
    assert_eq!(shown["transfer"]["state"], "STOCK_TRANSFER_STATE_RECEIVED");
    assert!(till.done(&there(&["stock", "list"])).contains("17"));
}

#[test]
fn goods_are_taken_back_where_they_were_sent_from() {
    let till = till();
    let sent = till.json(&["stock", "send", "--to", "B2", "--line", "BAK-001=20", "--note", "by bus"]);
    let number = sent["transfer"]["number"].as_str().unwrap();
    let elsewhere = till.run(&there(&["stock", "take-back", number]));
    assert!(elsewhere.status == 1 && elsewhere.complaints.contains("kassa stock receive"), "{elsewhere:?}");
    let back = till.done(&["stock", "take-back", number, "--reason", "no bus"]);
    assert!(back.contains("taken back") && back.contains("no bus") && back.contains("by bus"), "{back}");
    assert_eq!(till.refused(&["stock", "take-back", number])["reason"], "STOCK_TRANSFER_RECEIVED");
    let all = till.done(&["stock", "transfers", "--all"]);
    assert!(all.contains(number) && all.contains("taken back"), "{all}");
}
