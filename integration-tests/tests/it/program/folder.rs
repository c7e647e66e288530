//! The data folder: upgrades, tokens, the log, and what can be wrong with it.

use std::{fs, process::Command};

use kassa_client::{Reason, proto::v1 as pb};
use kassa_integration_tests::{Program, Run, command, usd};

use super::{Place, sell, status};

fn kassa_server(place: &Place, arguments: &[&str]) -> Run {
    Run::of(command("kassa-server").args(arguments).arg("--data-dir").arg(place.data()))
}

fn migrate(place: &Place) -> Run {
    kassa_server(place, &["migrate"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_program_is_left_alone() {
    let place = Place::new();
    let program = Program::start(&place.data());
    sell(&program, &place.data()).await;
    assert!(program.terminate().success());
    let backup = kassa_server(&place, &["backup"]).output.lines().next().unwrap().to_owned();
    let file = rusqlite::Connection::open(place.database()).unwrap();
    let step = "m20991231_000001_loyalty_points";
    file.execute("INSERT INTO seaql_migrations VALUES (?1, 4102358400)", [step]).unwrap();
    drop(file);
    let before = fs::read(place.database()).unwrap();

    let asked = [&["migrate"][..], &["migrate", "--dry-run"], &["check"], &["backup"]];
    let asked = asked.map(|arguments| kassa_server(&place, arguments));
    for run in asked.iter().chain([&Run::of(&mut Program::command(&place.data()))]) {
        assert_eq!((run.status, run.output.as_str()), (5, ""), "{run:?}");
        let words = format!("the database is newer than this program (it has the schema step {step})");
        assert!(run.complaints.contains(&words), "{run:?}");
        let back = format!("-> or go back, without what was sold since: kassa-server restore {backup}");
        assert!(run.complaints.contains(&back), "{run:?}");
    }
    assert!(fs::read(place.database()).unwrap() == before, "not a byte was changed");

    let file = rusqlite::Connection::open(place.database()).unwrap();
    file.execute("DELETE FROM seaql_migrations WHERE version = ?1", [step]).unwrap();
    drop(file);
    let program = Program::start(&place.data());
    assert_eq!(status(&program, &place.data()).await.order_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn migrate_brings_a_folder_up_to_date_without_serving() {
    let place = Place::new();
    let program = Program::start(&place.data());
    sell(&program, &place.data()).await;
    let run = migrate(&place);
    assert_eq!(run.status, 4, "not while a server is running: {run:?}");
    assert!(program.terminate().success());
    for _ in 0..2 {
        let run = migrate(&place);
        assert_eq!((run.status, run.output.as_str()), (0, "the database is up to date\n"), "{run:?}");
    }
}

#[test]
fn a_folder_whose_name_was_mistyped_is_not_founded() {
    let place = Place::new();
    for arguments in [&["migrate"][..], &["migrate", "--dry-run"], &["check"], &["backup"]] {
        let run = kassa_server(&place, arguments);
        let words = format!(
            "kassa-server: there are no books in {}; a first start makes some\n",
            place.data().display()
        );
        assert_eq!((run.status, run.complaints), (1, words), "{arguments:?}");
        assert!(!place.data().exists(), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_token_is_made_anew_and_the_old_one_opens_no_door() {
    let place = Place::new();
    let program = Program::start(&place.data());
    sell(&program, &place.data()).await;
    let old = program.client(&place.data());
    let address = program.address.clone();
    assert!(program.terminate().success());

    let file = place.file("keys/local.token");
    let first = fs::read_to_string(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let mut command = command("kassa-server");
    command.args(["--listen", &address, "--data-dir"]).arg(place.data());
    let program = Program::start_with(command);
    let second = fs::read_to_string(&file).unwrap();
    assert_ne!(second, first);
    assert_eq!(status(&program, &place.data()).await.order_count, 1);
    let refused = old.admin().get_status(pb::GetStatusRequest::default()).await.unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::TokenInvalid));
    assert!(program.terminate().success());

    // An empty file is a lost one too.
    fs::write(&file, "\n").unwrap();
    let program = Program::start(&place.data());
    assert_eq!(status(&program, &place.data()).await.order_count, 1);
    let check = Run::of(
        kassa_integration_tests::command("kassa-server").args(["check", "--data-dir"]).arg(place.data()),
    );
    assert_eq!(check.status, 0, "{check:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_found_in_the_log_by_its_request_id() {
    let place = Place::new();
    let program = Program::start(&place.data());
    let orders = program.client(&place.data()).orders();
    let refused = orders.complete_sale(pb::CompleteSaleRequest::default()).await.unwrap_err();
    let id = refused.request_id().unwrap();
    place.wait_for_log(&[id, "kassa.v1.Orders/CompleteSale", "refused", "INVALID_FIELD"]);
    let token = fs::read_to_string(place.file("keys/local.token")).unwrap();
    assert!(!place.log().contains(token.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_tells_everything_names_no_customer() {
    let place = Place::new();
    let mut command = Program::command(&place.data());
    command.env("KASSA_LOG__LEVEL", "debug");
    let program = Program::start_with(command);
    let customers = program.client(&place.data()).customers();
    let person = |email: &str| pb::Customer {
        code: "K-17".to_owned(),
        name: "Amal Haddad".to_owned(),
        phone: "0501234567".to_owned(),
        email: email.to_owned(),
        ..Default::default()
    };
    let put = |customer| customers.put_customers(pb::PutCustomersRequest { customers: vec![customer] });
    put(person("haddad@example.com")).await.unwrap();
    put(person("haddad@example.com")).await.unwrap_err();
    let find = pb::FindCustomersRequest { query: "0501234567".to_owned(), page_size: 0 };
    assert_eq!(customers.find_customers(find).await.unwrap().customers.len(), 1);
    let refused = put(person("haddad@ex@ample")).await.unwrap_err();
    place.wait_for_log(&[refused.request_id().unwrap(), "INVALID_FIELD"]);
    for word in ["Amal", "501234567", "haddad@", "K-17"] {
        assert!(!place.log().contains(word) && !refused.to_string().contains(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_found_in_a_log_that_tells_everything() {
    let place = Place::new();
    let mut command = Program::command(&place.data());
    command.env("KASSA_LOG__LEVEL", "kassa_server=debug").env("KASSA_LOG__FORMAT", "json");
    let program = Program::start_with(command);
    let admin = program.client(&place.data()).admin();
    let answer = admin.get_status(pb::GetStatusRequest::default()).await.unwrap();
    let line = place.wait_for_log(&[answer.request_id().unwrap()]);
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["span"]["method"], "kassa.v1.Admin/GetStatus", "{line}");
    assert_eq!(event["span"]["id"], answer.request_id().unwrap());
    assert_eq!(event["fields"]["message"], "answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_ours_is_told_by_its_id_only_and_its_cause_is_in_the_log() {
    let place = Place::new();
    let program = Program::start(&place.data());
    sell(&program, &place.data()).await;
    let file = rusqlite::Connection::open(place.database()).unwrap();
    file.execute_batch("ALTER TABLE order_lines RENAME TO lines_of_orders").unwrap();

    let orders = program.client(&place.data()).orders();
    let fault = orders.list_orders(pb::ListOrdersRequest::default()).await.unwrap_err();
    assert_eq!(fault.reason(), Some(Reason::Internal));
    let id = fault.request_id().unwrap();
    assert_eq!(
        fault.message(),
        "INTERNAL: a fault in Kassa; nothing was done. Support finds it in the log by the request id"
    );
    place.wait_for_log(&[id, "no such table: order_lines"]);
    let sale = pb::CompleteSaleRequest {
        lines: vec![kassa_client::line("622", "1")],
        expected_total: Some(usd("0.00")),
        ..Default::default()
    };
    file.execute_batch("ALTER TABLE product_barcodes RENAME TO barcodes").unwrap();
    let fault = orders.complete_sale(sale).await.unwrap_err();
    assert_eq!(fault.reason(), Some(Reason::Internal), "a change is told alike");
    place.wait_for_log(&[fault.request_id().unwrap(), "INTERNAL"]);
    // The cause is that of a whole batch, and not of this request alone.
    place.wait_for_log(&["no such table: product_barcodes"]);

    file.execute_batch("ALTER TABLE barcodes RENAME TO product_barcodes").unwrap();
    file.execute_batch("ALTER TABLE lines_of_orders RENAME TO order_lines").unwrap();
    let listed = orders.list_orders(pb::ListOrdersRequest::default()).await.unwrap();
    assert_eq!(listed.orders.len(), 1);
    let next = sell(&program, &place.data()).await;
    assert!(next.receipt_number.ends_with("-000002"), "it goes on without a gap: {}", next.receipt_number);
}

#[test]
fn a_folder_that_can_not_be_one_is_a_failure_that_names_it() {
    let place = Place::new();
    fs::write(place.data(), "a file").unwrap();
    let run = Run::of(&mut Program::command(&place.data()));
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.complaints.contains("data folder") && run.complaints.contains("kassa-data"), "{run:?}");

    let place = Place::new();
    assert!(Program::start(&place.data()).terminate().success());
    for name in ["", "gen-1", "../../etc", "gen-00000x"] {
        fs::write(place.file("CURRENT"), name).unwrap();
        let run = Run::of(&mut Program::command(&place.data()));
        assert_eq!(run.status, 1, "{name:?}: {run:?}");
        assert!(run.complaints.contains("CURRENT"), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn books_of_which_nobody_knows_whether_they_are_live_are_neither_opened_nor_founded_anew() {
    let place = Place::new();
    let program = Program::start(&place.data());
    sell(&program, &place.data()).await;
    assert!(program.terminate().success());
    let made = Run::of(command("kassa-server").args(["backup", "--data-dir"]).arg(place.data()));
    let backup = made.output.lines().next().unwrap().to_owned();
    fs::remove_file(place.file("CURRENT")).unwrap();
    let serve = Run::of(&mut Program::command(&place.data()));
    assert_eq!(serve.status, 1, "{serve:?}");
    assert!(serve.complaints.contains("kassa-server restore"), "{serve:?}");
    for arguments in [&["migrate"][..], &["migrate", "--dry-run"], &["check"], &["backup"]] {
        let run = kassa_server(&place, arguments);
        assert_eq!((run.status, run.complaints), (1, serve.complaints.clone()), "{arguments:?}");
    }
    assert!(!place.file("CURRENT").exists());

    let restore =
        |file: &str| Run::of(command("kassa-server").args(["restore", file, "--data-dir"]).arg(place.data()));
    let nothing = restore("no-such-file.db");
    assert_eq!(nothing.status, 1, "{nothing:?}");
    let words = format!(
        "kassa-server: there is no file no-such-file.db: name a backup, such as {}\n",
        place.file("backups/kassa-backup-....db").display()
    );
    assert_eq!(nothing.complaints, words);
    let folder = restore("/tmp");
    assert_eq!(
        (folder.status, folder.complaints.as_str()),
        (1, "kassa-server: /tmp is a folder: name a file in it\n")
    );
    let restored = restore(&backup);
    assert_eq!(restored.status, 0, "{restored:?}");
    assert!(restored.complaints.contains("in gen-000001, are taken for those of before"), "{restored:?}");
    assert!(restored.output.contains("the books of before are kept as kassa-backup-"), "{restored:?}");
    assert!(restored.output.contains("in gen-000002"), "{restored:?}");
    let program = Program::start(&place.data());
    assert_eq!(status(&program, &place.data()).await.order_count, 1);
}

#[test]
fn a_first_start_that_was_cut_short_is_a_first_start_again() {
    let place = Place::new();
    fs::create_dir_all(place.file("gen-000001")).unwrap();
    let program = Program::start(&place.data());
    assert!(program.printed.iter().any(|line| line.contains("a new shop")), "{:?}", program.printed);
}

#[test]
fn a_check_of_a_folder_without_books_is_a_failure_and_makes_none() {
    let place = Place::new();
    let check = || Run::of(command("kassa-server").args(["check", "--data-dir"]).arg(place.data()));
    assert_eq!(check().status, 1);
    assert!(!place.data().exists());
    fs::create_dir(place.data()).unwrap();
    let run = check();
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.complaints.contains("kassa-data"), "{run:?}");
    assert_eq!(fs::read_dir(place.data()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_may_not_be_written_stops_the_start_and_is_not_called_damaged() {
    let place = Place::new();
    assert!(Program::start(&place.data()).terminate().success());
    let change = |flag: &str| Command::new("chattr").arg(flag).arg(place.database()).status();
    if !change("+i").is_ok_and(|changed| changed.success()) {
        println!("skipped: root may write everything, and nobody else may forbid it to root");
        return;
    }
    let run = Run::of(&mut Program::command(&place.data()));
    assert!(change("-i").unwrap().success());
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.complaints.contains("may not be written") && run.complaints.contains("chown"), "{run:?}");
    assert!(Program::start(&place.data()).terminate().success());
}
