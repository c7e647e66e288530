//! Exit codes 0 to 5, each with words that say what to do.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use kassa_integration_tests::Run;

use super::Till;

#[test]
fn a_refusal_is_1_and_says_why_and_what_to_do() {
    let till = Till::open();
    let run = till.run(&["shift", "show"]);
    assert_eq!((run.status, run.output.as_str()), (1, ""));
    let mut lines = run.complaints.lines();
    assert_eq!(lines.next(), Some("error: NO_OPEN_SHIFT: no shift is open on register R1; open one first"));
    assert_eq!(lines.next(), Some("  -> open a shift first: `kassa shift open --float 100.00`"));
    let id = lines.next().and_then(|line| line.strip_prefix("  (request ")?.split(' ').next()).unwrap();
    till.place.wait_for_log(&[id, "NO_OPEN_SHIFT"]);

    till.done(&["demo"]);
    let reasons = [
        (&["sell", "4006381333931"][..], "PRODUCT_NOT_FOUND"),
        (&["sell", "6224074096064", "--cash", "0.10"], "TENDER_SHORT"),
        (&["sell", "6224074096064", "--card", "9.99"], "CHANGE_NOT_CASH"),
        (&["sell", "6224074096064", "--discount", "101%"], "INVALID_FIELD"),
        (&["sell", "6224074096064", "--note", "4111 1111 1111 1111"], "CARD_NUMBER_REFUSED"),
        (&["sell", "6224074096064", "--register", "R9"], "REGISTER_NOT_FOUND"),
        (&["receipt", "INV-202611-R1-999999"], "ORDER_NOT_FOUND"),
        (&["settings", "set", "currency_code=EGP"], "CURRENCY_FROZEN"),
    ];
    for (command, reason) in reasons {
        let error = till.refused(command);
        assert_eq!((&error["reason"], &error["exit_code"]), (&reason.into(), &1.into()), "{command:?}");
        assert!(error["message"].as_str().unwrap().starts_with(reason), "{error}");
    }
    assert_eq!(till.json(&["status"])["order_count"], 5);
}

#[test]
fn wrong_usage_is_2() {
    let till = Till::open();
    let wrong = [
        &["sell"][..],
        &["sell", "0x622"],
        &["sell", "622", "--cash", "five"],
        &["status", "--key", "k"],
        &["serve"],
    ];
    for command in wrong {
        assert_eq!(till.run(command).status, 2, "{command:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_3() {
    let mut till = Till::open();
    till.kill();
    let run = till.run(&["status"]);
    assert_eq!(run.status, 3, "{run:?}");
    for words in [&till.address, "is the server running?", "KASSA_SERVER"] {
        assert!(run.complaints.contains(words), "{words}: {run:?}");
    }
}

#[test]
fn a_token_that_opens_no_door_is_4() {
    let till = Till::open();
    fs::write(till.place.around().join("other.token"), "ab".repeat(32)).unwrap();
    let run = till.run(&["status", "--token-file", "other.token"]);
    assert_eq!(run.status, 4);
    assert!(run.complaints.contains("TOKEN_INVALID") && run.complaints.contains("--token-file"), "{run:?}");
    assert_eq!(till.run(&["status", "--token-file", "none.token"]).status, 4);
    let mut stranger = till.command(&["status"]);
    stranger.current_dir("/");
    let run = Run::of(&mut stranger);
    assert_eq!(run.status, 4, "elsewhere there is no token");
    assert!(run.complaints.starts_with("error: no token was found: kassa-data/keys/local.token"), "{run:?}");
}

/// How many bytes wait at a port for a server that does not read them.
fn bytes_waiting(port: &str) -> u64 {
    let port = format!(":{:04X}", port.parse::<u16>().unwrap());
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    let waiting = sockets.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let (local, _, state, queues) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        // 01 is ESTABLISHED; the queues are of what is sent and what is received.
        (local.ends_with(&port) && state == "01").then_some(queues)
    });
    waiting.filter_map(|queues| u64::from_str_radix(queues.split(':').nth(1)?, 16).ok()).sum()
}

/// The request is on its way, and then the server's machine loses its power: nobody knows whether the
/// shift was opened. The printed key settles it.
#[test]
fn an_unknown_outcome_is_5_and_its_key_settles_it() {
    let mut till = Till::open();
    till.program().freeze();
    let mut kassa = till.command(&["shift", "open"]);
    let kassa = kassa.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (_, port) = till.address.rsplit_once(':').unwrap();
    let began = Instant::now();
    // The preface of HTTP/2 alone is shorter.
    while bytes_waiting(port) < 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "the request never came");
        std::thread::yield_now();
    }
    till.kill();
    let ended = kassa.wait_with_output().unwrap();
    let complaints = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(5), "{complaints}");
    let (_, key) = complaints.split_once("repeat with --key ").unwrap();
    let key = key.lines().next().unwrap();

    till.start();
    let state = till.json(&["key", "OpenShift", key])["state"].clone();
    assert!(state == "IDEMPOTENCY_KEY_STATE_UNKNOWN" || state == "IDEMPOTENCY_KEY_STATE_DONE", "{state}");
    let repeated = till.json(&["shift", "open", "--key", key]);
    assert_eq!(repeated["joined"], false);
    assert_eq!(till.json(&["status"])["open_shift_count"], 1);
}
