//! Starting and stopping.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use kassa_integration_tests::{Program, Run, binary, command};
use kassa_server::store::fault::NOTHING_STORED;

use super::{Place, sell, status};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_a_shop_and_says_where_it_is_and_what_to_do_next() {
    let place = Place::new();
    let mut program = Program::start(&place.data());
    let data = place.data().canonicalize().unwrap();
    let expected = [
        format!("Kassa {}", env!("CARGO_PKG_VERSION")),
        format!("  data   {}", data.display()),
        format!("  log    {}", data.join("logs").display()),
        format!("  token  {}", data.join("keys/local.token").display()),
        "  a new shop: branch B1, register R1, user owner, currency USD".to_owned(),
        format!("listening on {}", program.address),
    ];
    assert_eq!(program.printed, expected);
    let mut next = Vec::new();
    while !next.iter().any(|line: &String| line.contains("demo")) {
        next.push(program.next_line().expect("it says what to do next"));
    }

    let port = program.address.strip_prefix("127.0.0.1:").unwrap();
    assert_ne!(port, "0", "the port is the one that was taken");
    assert_eq!(status(&program, &data).await.order_count, 0);

    assert_eq!(fs::read_to_string(place.file("CURRENT")).unwrap().trim(), "gen-000001");
    assert!(place.database().is_file());
    assert_eq!(mode(&place.file("keys")), 0o700);
    assert_eq!(mode(&place.file("keys/local.token")), 0o600);
    let token = fs::read_to_string(place.file("keys/local.token")).unwrap();
    assert_eq!(token.trim().len(), 64, "256 bits");
    assert!(!place.wait_for_log(&["listening"]).contains(token.trim()));
}

#[test]
fn the_program_that_shops_run_has_no_faults_in_it_that_tests_inject() {
    let has_faults = |program: &Path| {
        let run = Run::of(Command::new("grep").args(["-qF", NOTHING_STORED]).arg(program));
        assert!(run.status < 2, "{run:?}");
        run.status == 0
    };
    assert!(
        has_faults(&std::env::current_exe().unwrap()),
        "grep reads programs: the text is in these tests, which name it"
    );
    let server = binary("kassa-server");
    let advice =
        "build it with `cargo build --workspace`, and switch the feature on in dev-dependencies only";
    assert!(!has_faults(&server), "{} is built with fault injection: {advice}", server.display());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_start_goes_on_where_the_last_one_stopped() {
    let place = Place::new();
    let program = Program::start(&place.data());
    let token = fs::read_to_string(place.file("keys/local.token")).unwrap();
    let sold = sell(&program, &place.data()).await;
    assert!(program.terminate().success());
    let program = Program::start(&place.data());
    assert!(!program.printed.iter().any(|line| line.contains("a new shop")), "{:?}", program.printed);
    assert_eq!(fs::read_to_string(place.file("keys/local.token")).unwrap(), token);
    let next = sell(&program, &place.data()).await;
    assert!(sold.receipt_number.ends_with("-R1-000001") && next.receipt_number.ends_with("-R1-000002"));
    assert_eq!(next.shift_id, sold.shift_id, "the shift is still open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_leaves_nothing_in_the_write_ahead_log() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let program = Program::start(&place.data());
        sell(&program, &place.data()).await;
        let wal = place.database().with_extension("db-wal");
        assert!(wal.metadata().unwrap().len() > 0, "the sale is in the log, not in the file");
        assert_eq!(program.signal(signal).code(), Some(0), "{signal}");
        assert_eq!(wal.metadata().map_or(0, |wal| wal.len()), 0, "{signal}");
        // What anybody copies now is whole.
        let file = rusqlite::Connection::open(place.database()).unwrap();
        let orders: i64 = file.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap();
        assert_eq!(orders, 1);
    }
}

#[test]
fn a_server_that_is_told_to_stop_as_soon_as_it_is_ready_stops_in_order() {
    let place = Place::new();
    for _ in 0..10 {
        assert_eq!(Program::start(&place.data()).terminate().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_says_so_and_leaves_the_first_alone() {
    let place = Place::new();
    let program = Program::start(&place.data());
    let mut elsewhere = Program::command(&place.data());
    let mut same = command("kassa-server");
    same.args(["--listen", &program.address, "--data-dir"]).arg(place.data());
    for second in [&mut elsewhere, &mut same] {
        let run = Run::of(second);
        assert_eq!(run.status, 4, "{run:?}");
        assert!(run.complaints.contains("another Kassa server is running on the data folder"), "{run:?}");
        assert!(run.complaints.contains(place.data().to_str().unwrap()), "{run:?}");
        assert_eq!(run.output, "");
    }
    assert!(sell(&program, &place.data()).await.receipt_number.ends_with("-000001"));
    assert_eq!(place.log().matches("starting").count(), 1, "the others did not write into its log");
    let check = Run::of(command("kassa-server").arg("check").arg("--data-dir").arg(place.data()));
    assert_eq!(check.status, 0, "a check may look on: {check:?}");
}

#[test]
fn a_port_that_is_taken_is_a_failure_with_a_hint() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = Run::of(command("kassa-server").args(["--listen", &address, "--data-dir"]).arg(place.data()));
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.complaints.contains(&address), "{run:?}");
    assert!(run.complaints.contains("is another server running?"), "{run:?}");
    drop(taken);
    Program::start(&place.data());
}

#[test]
fn an_address_that_others_can_reach_is_refused() {
    let place = Place::new();
    for address in ["0.0.0.0:50051", "192.168.1.10:50051", "[::]:50051"] {
        let run =
            Run::of(command("kassa-server").args(["--listen", address, "--data-dir"]).arg(place.data()));
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.complaints.contains(address) && run.complaints.contains("encryption"), "{run:?}");
        assert!(run.complaints.contains("127.0.0.1"), "it says what to use instead: {run:?}");
    }
    assert!(!place.data().exists(), "nothing was made");
}

#[test]
fn what_can_not_be_typed_is_wrong_usage() {
    for arguments in [&["serv"][..], &["--port", "1"], &["--listen", "50051"], &["check", "--all"]] {
        let run = Run::of(command("kassa-server").args(arguments));
        assert_eq!(run.status, 2, "{arguments:?}: {run:?}");
        assert!(run.complaints.contains("--help"), "{run:?}");
    }
    let version = Run::of(command("kassa-server").arg("--version"));
    assert_eq!(
        (version.status, version.output.trim()),
        (0, concat!("kassa-server ", env!("CARGO_PKG_VERSION")))
    );
}
