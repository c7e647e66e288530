//! Scripts read the exit code, people the words beside it.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::Stdio,
};

use tonic::{Code, Status};

use crate::shop::{Run, Shop, refusal};

#[test]
fn done_is_0() {
    let run = Shop::open().kassa(&["whoami", "--json"]);
    assert_eq!((run.code, &run.json()["user_name"]), (0, &"owner".into()));
}

#[test]
fn refused_is_1_and_says_what_to_do() {
    let shop = Shop::open();
    shop.refuse("GetCurrentShift", || refusal(Code::FailedPrecondition, "NO_OPEN_SHIFT"));
    let run = shop.kassa(&["shift", "show"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert_eq!(
        run.stderr,
        "error: NO_OPEN_SHIFT: in words\n  -> open a shift first: `kassa shift open --float 100.00`\n"
    );
    let error = &shop.kassa(&["--json", "shift", "show"]).json()["error"];
    assert_eq!((&error["reason"], &error["exit_code"]), (&"NO_OPEN_SHIFT".into(), &1.into()));
}

#[test]
fn wrong_usage_is_2() {
    let shop = Shop::open();
    for arguments in [
        &["sell"][..],
        &["sell", "0x622"],
        &["shift", "open", "--float", "ten"],
        &["status", "--key", "k"],
        &["whoami", "--server", "https://127.0.0.1:1"],
    ] {
        assert_eq!(shop.kassa(arguments).code, 2, "{arguments:?}");
    }
    let run = shop.kassa(&["--json", "sell"]);
    assert_eq!((run.code, &run.json()["error"]["exit_code"]), (2, &2.into()));
}

#[test]
fn where_nobody_can_be_asked_nothing_is_done_without_yes() {
    let shop = Shop::open();
    shop.refuse("RestoreBackup", || refusal(Code::NotFound, "BACKUP_NOT_FOUND"));
    let restore = ["backups", "restore", "kassa-backup-20261120-143045"];
    let run = shop.kassa(&restore);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.starts_with("error: nobody can be asked here: add --yes"), "{}", run.stderr);
    assert!(run.stderr.contains("Make kassa-backup-20261120-143045 the shop's books?"), "{}", run.stderr);
    assert_eq!(shop.kassa(&[&restore[..], &["--json"]].concat()).json()["error"]["exit_code"], 2);
    let mut piped = shop.command(&restore).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    piped.stdin.take().unwrap().write_all(b"y\n").unwrap();
    assert_eq!(piped.wait().unwrap().code(), Some(2), "a pipe is nobody");
    assert_eq!(shop.kassa(&[&restore[..], &["--yes"]].concat()).code, 1, "the server was asked");
    assert_eq!(shop.kassa(&[&restore[..], &["--dry-run"]].concat()).code, 1, "and needs no yes for a trial");
}

#[test]
fn a_damaged_backup_and_damaged_books_are_told_apart() {
    let shop = Shop::open();
    let damaged = || refusal(Code::FailedPrecondition, "BACKUP_DAMAGED");
    for method in ["CreateBackup", "RestoreBackup", "VerifyBackup"] {
        shop.refuse(method, damaged);
    }
    let run = shop.kassa(&["backup"]);
    assert!(run.stderr.contains("-> prove the books on the server"), "{}", run.stderr);
    for command in [&["backups", "verify", "x"][..], &["backups", "restore", "x", "--yes"]] {
        let run = shop.kassa(command);
        assert!(run.stderr.contains("-> this backup can't be used: take the one before"), "{}", run.stderr);
        assert!(!run.stderr.contains("check"), "{}", run.stderr);
    }
    shop.refuse("RestoreBackup", || refusal(Code::FailedPrecondition, "RESTORE_FAILED"));
    let run = shop.kassa(&["backups", "restore", "x", "--yes"]);
    assert!(run.stderr.contains("`kassa maintenance off`; then call support"), "{}", run.stderr);
}

#[test]
fn a_server_that_is_not_reached_is_3() {
    let run = Shop::open().kassa(&["whoami", "--server", "http://127.0.0.1:1"]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("http://127.0.0.1:1") && run.stderr.contains("KASSA_SERVER"),
        "{}",
        run.stderr
    );
}

#[test]
fn no_access_is_4() {
    let shop = Shop::open();
    shop.refuse("WhoAmI", || refusal(Code::Unauthenticated, "TOKEN_INVALID"));
    let run = shop.kassa(&["whoami"]);
    assert_eq!(run.code, 4);
    let none = "error: no token was found: kassa-data/keys/local.token is not there, or you may not read it\n  \
                -> name the server's data folder in KASSA_DATA_DIR";
    assert!(run.stderr.starts_with(none), "{}", run.stderr);
    assert!(!run.stderr.contains("sign-out"), "{}", run.stderr);
    assert_eq!(shop.kassa(&["whoami", "--json"]).json()["error"]["reason"], "TOKEN_INVALID");
    let run = shop.kassa(&["whoami", "--token-file", "missing.token"]);
    assert_eq!(run.code, 4);
    assert!(
        run.stderr.contains("missing.token") && run.stderr.contains("KASSA_TOKEN_FILE"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_local_token_is_found_by_itself() {
    let shop = Shop::open();
    let keys = shop.folder.path().join("kassa-data/keys");
    fs::create_dir_all(&keys).unwrap();
    fs::write(keys.join("local.token"), "not a token").unwrap();
    let run = shop.kassa(&["whoami"]);
    assert_eq!(run.code, 4);
    assert!(run.stderr.contains("the token is empty or no token"), "{}", run.stderr);
}

#[test]
fn an_unknown_outcome_is_5_and_names_the_key() {
    let shop = Shop::open();
    shop.refuse("OpenShift", || refusal(Code::Unavailable, "OUTCOME_UNKNOWN"));
    let run = shop.kassa(&["shift", "open", "--key", "morning"]);
    assert_eq!(run.code, 5);
    assert!(run.stderr.contains("repeat with --key morning"), "{}", run.stderr);
    let error = &shop.kassa(&["shift", "open", "--json"]).json()["error"];
    assert_eq!(error["outcome_unknown"], true);
    assert_eq!(error["key"].as_str().unwrap().len(), 36);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let shop = Shop::open();
    let mut command = shop.command(&["products", "list", "--limit", "500"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_server_without_reasons_is_understood_too() {
    let shop = Shop::open();
    shop.refuse("WhoAmI", || Status::permission_denied("not today"));
    let Run { code, stderr, .. } = shop.kassa(&["whoami"]);
    assert_eq!((code, stderr.as_str()), (4, "error: PermissionDenied: not today\n"));
}
