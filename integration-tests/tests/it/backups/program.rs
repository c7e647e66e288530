//! The programs: `kassa-server backup`, `kassa backup`, `kassa backups`.

use std::{fs, path::Path};

use kassa_integration_tests::{Program, Run, command};

use super::{faults, files};
use crate::program::Place;

fn back_up(data: &Path, environment: &[(&str, &Path)]) -> Run {
    let mut program = command("kassa-server");
    program.args(["backup", "--data-dir"]).arg(data).envs(environment.iter().copied());
    Run::of(&mut program)
}

fn kassa(place: &Place, server: &Program, arguments: &[&str]) -> Run {
    let mut program = command("kassa");
    let token = place.file("keys/local.token");
    program.args(["--server", &format!("http://{}", server.address), "--token-file"]).arg(token);
    Run::of(program.args(arguments))
}

#[tokio::test]
async fn the_server_program_makes_one_beside_a_running_server_and_without() {
    let place = Place::new();
    let server = Program::start(&place.data());
    let run = back_up(&place.data(), &[]);
    assert_eq!((run.status, run.complaints.as_str()), (0, ""), "{run:?}");
    let file = Path::new(run.output.lines().next().unwrap()).to_owned();
    assert!(run.output.contains("verified; orders 0,"), "{run:?}");
    assert_eq!(faults(&file).await, Vec::<String>::new());
    let listed = kassa(&place, &server, &["backups"]);
    assert!(listed.output.contains(file.file_name().unwrap().to_str().unwrap()), "{listed:?}");
    server.kill();
    assert_eq!(back_up(&place.data(), &[]).status, 0, "after a power cut");
    assert_eq!(files(&place.file("backups")).len(), 4);
    let checked = Run::of(command("kassa-server").args(["check", "--data-dir"]).arg(place.data()));
    assert_eq!(checked.status, 0, "{checked:?}");
}

#[test]
fn the_server_program_says_what_is_wrong() {
    let place = Place::new();
    let run = back_up(&place.data(), &[]);
    assert_eq!((run.status, run.output.as_str()), (1, ""), "{run:?}");
    let server = Program::start(&place.data());
    let absent = place.around().join("no drive");
    let run = back_up(&place.data(), &[("KASSA_BACKUP__SECOND_DIR", &absent)]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.complaints.contains("plug the drive in"), "{run:?}");
    server.kill();
    fs::write(place.database(), "nothing of value").unwrap();
    let run = back_up(&place.data(), &[]);
    assert_eq!(run.status, 1, "{run:?}");
    assert_eq!(files(&place.file("backups")).len(), 2, "nothing is left of it");
}

#[test]
fn the_server_program_restores_one_over_the_books_of_a_newer_program() {
    let place = Place::new();
    let server = Program::start(&place.data());
    assert_eq!(kassa(&place, &server, &["demo"]).status, 0);
    let run = back_up(&place.data(), &[]);
    let file = run.output.lines().next().unwrap().to_owned();
    server.kill();
    let later = "INSERT INTO seaql_migrations VALUES ('m29990101_000001_later', 0)";
    rusqlite::Connection::open(place.database()).unwrap().execute(later, []).unwrap();
    let restore = |arguments: &[&str]| {
        let mut program = command("kassa-server");
        Run::of(program.args(["restore", &file]).args(arguments).arg("--data-dir").arg(place.data()))
    };
    let run = restore(&["--dry-run"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.output.contains("orders 5,") && run.output.contains("nothing was changed"), "{run:?}");
    assert_eq!(fs::read_to_string(place.file("CURRENT")).unwrap(), "gen-000001");
    let run = restore(&[]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.output.contains("they stay in gen-000001"), "{run:?}");
    let server = Program::start(&place.data());
    let status = kassa(&place, &server, &["status"]);
    assert!(status.output.contains("epoch 2"), "{status:?}");
    let checked = Run::of(command("kassa-server").args(["check", "--data-dir"]).arg(place.data()));
    assert_eq!(checked.status, 0, "{checked:?}");
}

#[test]
fn the_server_program_says_of_a_damaged_manifest_what_the_server_says() {
    let place = Place::new();
    let server = Program::start(&place.data());
    let run = back_up(&place.data(), &[]);
    let file = Path::new(run.output.lines().next().unwrap()).to_owned();
    let manifest = file.with_extension("json");
    let whole = fs::read(&manifest).unwrap();
    let tried = || {
        let mut program = command("kassa-server");
        program.arg("restore").arg(&file).args(["--dry-run", "--data-dir"]).arg(place.data());
        Run::of(&mut program)
    };
    fs::write(&manifest, &whole[..40]).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let by_server = kassa(&place, &server, &["backups", "verify", name]);
    assert_eq!(by_server.status, 1, "{by_server:?}");
    server.kill();
    let run = tried();
    assert_eq!(run.status, 1, "{run:?}");
    let fault = "its manifest is not its own, or can't be read";
    assert!(run.complaints.contains(fault), "{run:?}");
    assert!(by_server.output.contains(fault) || by_server.complaints.contains(fault), "{by_server:?}");
    fs::remove_file(&manifest).unwrap();
    assert_eq!(tried().status, 0, "one without a manifest is proved all the same");
}

#[test]
fn at_the_counter_one_is_made_listed_and_proved() {
    let place = Place::new();
    let server = Program::start(&place.data());
    let empty = kassa(&place, &server, &["backups"]);
    assert!(empty.output.contains("no backup yet"), "{empty:?}");
    let status = kassa(&place, &server, &["status"]);
    assert!(status.output.contains("none yet"), "{status:?}");
    let made = kassa(&place, &server, &["backup"]);
    assert_eq!((made.status, made.complaints.as_str()), (0, ""), "{made:?}");
    let name = made.output.lines().next().unwrap().to_owned();
    assert!(name.starts_with("kassa-backup-") && made.output.contains("verified: 0 orders"), "{made:?}");
    let listed = kassa(&place, &server, &["backups", "list"]);
    assert!(listed.output.contains(&name) && listed.output.contains("by hand"), "{listed:?}");
    assert!(kassa(&place, &server, &["status"]).output.contains("(just now)"));
    assert!(kassa(&place, &server, &["backups", "verify", &name]).output.contains("is sound"));
    let json = kassa(&place, &server, &["backup", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json.output).unwrap();
    assert_eq!(json["backup"]["state"], "BACKUP_STATE_VERIFIED");

    let file = place.file("backups").join(&name);
    let mut bytes = fs::read(&file).unwrap();
    bytes[9_000] ^= 4;
    fs::write(&file, bytes).unwrap();
    let damaged = kassa(&place, &server, &["backups", "verify", &name]);
    assert_eq!(damaged.status, 1, "{damaged:?}");
    assert!(damaged.complaints.contains("will not be restored: take the one before"), "{damaged:?}");
    assert!(kassa(&place, &server, &["backups"]).output.contains("DAMAGED"));
    let unknown = kassa(&place, &server, &["backups", "verify", "kassa-backup-20200101-000000.db"]);
    assert!(unknown.status == 1 && unknown.complaints.contains("kassa backups"), "{unknown:?}");
}

#[test]
fn the_log_says_when_the_next_one_is_due() {
    let place = Place::new();
    let mut server = Program::command(&place.data());
    // The program goes by the machine's clock: midnight is past at whatever hour this runs.
    server.env("KASSA_LIMITS__BACKUP_CHECK_MS", "5").env("KASSA_BACKUP__TIME", "00:00");
    let _server = Program::start_with(server);
    place.wait_for_log(&["the next daily backup", "next="]);
    place.wait_for_log(&["made a backup", "-daily-scheduled.db"]);
}

#[test]
fn what_is_configured_wrongly_stops_the_start() {
    let place = Place::new();
    let inside = place.data().join("second");
    let cases = [
        ("KASSA_BACKUP__TIME", "25:00", "25:00"),
        ("KASSA_BACKUP__TIME", "2:5", "02:00"),
        ("KASSA_BACKUP__KEEP", "0", "backup.keep"),
        ("KASSA_BACKUP__SECOND_DIR", inside.to_str().unwrap(), "backup.second_dir"),
    ];
    for (variable, value, told) in cases {
        let run = Run::of(Program::command(&place.data()).env(variable, value));
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.complaints.contains(told), "{told}: {run:?}");
    }
    let mut printed = command("kassa-server");
    printed
        .arg("--print-config")
        .env("KASSA_BACKUP__TIME", "03:30")
        .env("KASSA_BACKUP__SECOND_DIR", "/mnt/usb");
    let printed = Run::of(&mut printed);
    for line in ["time = \"03:30\"", "keep = 14", "second_dir = \"/mnt/usb\""] {
        assert!(printed.output.contains(line), "{line}: {printed:?}");
    }
}
