//! The run books of `docs/runbooks`: every command in them is run, in order, and prints what the book shows.

mod console;
mod sandbox;
mod scenes;

use std::{fmt::Write as _, fs, path::PathBuf};

use self::{
    console::{Step, fits, steps},
    sandbox::Sandbox,
};

/// Commands that are not run, and why.
const NOT_RUN: [(&str, &str); 11] = [
    ("sudo -u kassa -s", "needs the user `kassa`; the tests run as one user"),
    ("cd /var/lib/kassa", "every command starts there"),
    ("export KASSA_DATA_DIR=/var/lib/kassa", "every command has it"),
    ("cargo build --release --workspace", "the tests have just built the programs"),
    ("sudo chown kassa: ", "needs the user `kassa`"),
    ("sudo useradd ", "needs root, and would change the machine"),
    ("sudo systemctl daemon-reload", "there is no systemd; start, stop and restart are stood in for"),
    ("systemctl status ", "there is no systemd"),
    (
        "systemd-analyze verify ",
        "wants the programs in the machine's own /usr/local/bin; `service_manager` does it",
    ),
    ("sudo journalctl ", "there is no systemd"),
    ("kassa users pin ", "asks for a PIN at a keyboard; `kassa::people` runs it with --pin-stdin"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/runbooks")
}

/// Goes through a book from its beginning to its end, as somebody would.
fn try_out(book: &str) {
    let text = fs::read_to_string(folder().join(book)).unwrap();
    let mut sandbox = Sandbox::new();
    scenes::prepare(book, "", &mut sandbox);
    let mut heading = String::new();
    let mut wrong = String::new();
    for step in steps(&text) {
        if heading != step.heading {
            scenes::prepare(book, &step.heading, &mut sandbox);
            heading.clone_from(&step.heading);
        }
        if let Some(found) = difference(&step, &mut sandbox) {
            writeln!(wrong, "\n{book}:{}: $ {}\n{found}", step.line, step.command).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    sandbox.stop();
    if sandbox.data().join("CURRENT").exists() {
        sandbox.done("kassa-server check");
    }
}

fn is_not_run(step: &Step) -> bool {
    NOT_RUN.iter().any(|(command, _)| step.command.starts_with(command))
}

/// What a step does otherwise than its book says.
fn difference(step: &Step, sandbox: &mut Sandbox) -> Option<String> {
    let command = step.command.strip_prefix("sudo ").unwrap_or(&step.command);
    if is_not_run(step) || sandbox.stand_in(command) {
        let is_shown = !step.shown.is_empty();
        return is_shown.then(|| "is not run, so that nobody knows what it prints".to_owned());
    }
    let (status, printed) = sandbox.run(command, &step.shown);
    if status == step.status && fits(&step.shown, &printed) {
        return None;
    }
    Some(format!("exit status {status}, printed:\n{}", printed.join("\n")))
}

#[test]
fn every_run_book_is_tried() {
    let books = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut books: Vec<String> = books.filter(|name| name.ends_with(".md")).collect();
    books.sort();
    assert_eq!(books, BOOKS);
    let steps: Vec<Step> =
        BOOKS.iter().flat_map(|book| steps(&fs::read_to_string(folder().join(book)).unwrap())).collect();
    for (command, _) in NOT_RUN {
        assert!(steps.iter().any(|step| step.command.starts_with(command)), "no book has {command}");
    }
}

const BOOKS: [&str; 10] = [
    "README.md",
    "backup-to-usb.md",
    "damaged-database.md",
    "full-disk.md",
    "incident.md",
    "install.md",
    "new-machine.md",
    "offline.md",
    "restore.md",
    "upgrade.md",
];

#[test]
fn the_index_of_the_run_books_works() {
    try_out("README.md");
}

#[test]
fn installing_on_premises_goes_as_its_run_book_says() {
    try_out("install.md");
}

#[test]
fn a_shop_that_can_not_reach_its_server_goes_on_as_its_run_book_says() {
    try_out("offline.md");
}

#[test]
fn backups_get_on_a_usb_drive_as_their_run_book_says() {
    try_out("backup-to-usb.md");
}

#[test]
fn a_backup_is_restored_as_its_run_book_says() {
    try_out("restore.md");
}

#[test]
fn a_shop_moves_to_a_new_machine_as_its_run_book_says() {
    try_out("new-machine.md");
}

#[test]
fn an_upgrade_and_the_way_back_go_as_their_run_book_says() {
    try_out("upgrade.md");
}

#[test]
fn a_full_disk_is_emptied_as_its_run_book_says() {
    try_out("full-disk.md");
}

#[test]
fn a_damaged_database_is_replaced_as_its_run_book_says() {
    try_out("damaged-database.md");
}

#[test]
fn the_check_list_of_an_incident_works() {
    try_out("incident.md");
}
