//! The program `kassa-server` over the databases of the library.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Program, Run, command};
use rusqlite::{Connection, types::Value};

use super::library::Old;

/// The columns that a step gave up, for what tells more: what was on the shelf at first is the first change there.
const GIVEN_UP: [(&str, &str); 1] = [("stock", "opening_quantity")];

fn kassa_server(arguments: &[&str], data: &Path) -> Run {
    Run::of(command("kassa-server").args(arguments).arg("--data-dir").arg(data))
}

/// Every file below a folder.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    files
}

#[test]
fn a_dry_run_tells_the_steps_and_changes_not_a_byte() {
    for old in Old::all() {
        let (folder, _) = old.unpack();
        let before = files(folder.path());
        let run = kassa_server(&["migrate", "--dry-run"], &folder.path().join("data"));
        assert_eq!((run.status, run.complaints.as_str()), (0, ""), "{}: {run:?}", old.step);
        let told: Vec<&str> =
            run.output.lines().filter_map(|line| line.strip_prefix("would apply ")).collect();
        assert_eq!(told, old.lacks(), "{}", old.step);
        let end = if told.is_empty() { "the database is up to date" } else { "nothing was changed; without" };
        assert!(run.output.lines().last().unwrap().starts_with(end), "{run:?}");
        let after = files(folder.path());
        assert!(after == before, "{}: {:?} became {:?}", old.step, before.keys(), after.keys());
    }
}

#[test]
fn migrate_says_what_it_did_and_loses_no_row() {
    for old in Old::all() {
        let (folder, before) = old.unpack();
        let data = folder.path().join("data");
        let run = kassa_server(&["migrate"], &data);
        assert_eq!((run.status, run.complaints.as_str()), (0, ""), "{}: {run:?}", old.step);
        let told: Vec<&str> = run.output.lines().filter_map(|line| line.strip_prefix("applied ")).collect();
        assert_eq!(told, old.lacks(), "{}", old.step);
        assert!(run.output.ends_with("the database is up to date\n"), "{run:?}");
        if told.is_empty() {
            continue;
        }
        let backup = run.output.lines().find_map(|line| line.strip_prefix("made ")?.strip_suffix(" first"));
        assert!(data.join("backups").join(backup.unwrap()).is_file(), "{run:?}");
        let checked = kassa_server(&["check"], &data);
        assert_eq!(checked.status, 0, "{}: {checked:?}", old.step);
        assert_no_row_is_lost(&before, &data.join("gen-000002/kassa.db"), &old.step);
        let again = kassa_server(&["migrate"], &data);
        assert_eq!((again.status, again.output.as_str()), (0, "the database is up to date\n"), "{again:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_starts_and_names_the_backup_of_before() {
    for old in Old::all().into_iter().filter(|old| !old.lacks().is_empty()) {
        let (folder, _) = old.unpack();
        let data = folder.path().join("data");
        let program = Program::start(&data);
        let backup = fs::read_dir(data.join("backups")).unwrap().map(|entry| entry.unwrap().file_name());
        let backup =
            backup.map(|name| name.into_string().unwrap()).find(|name| name.ends_with(".db")).unwrap();
        assert!(backup.ends_with("-pre-migration.db"), "{backup}");
        let told = program.printed.iter().any(|line| line.contains("up to date") && line.contains(&backup));
        assert!(told, "{}: {:?}", old.step, program.printed);
        let status = program.client(&data).admin().get_status(pb::GetStatusRequest::default()).await;
        let orders: i64 = old.read("SELECT count(*) FROM orders");
        assert_eq!(status.unwrap().order_count, orders, "{}", old.step);
        assert!(program.terminate().success());
    }
}

#[test]
fn a_dry_run_beside_a_program_that_writes_changes_nothing_either() {
    let old = Old::all().remove(0);
    let (folder, database) = old.unpack();
    let writer = Connection::open(&database).unwrap();
    writer.execute("UPDATE products SET name = name || '!'", []).unwrap();
    let log = database.with_extension("db-wal");
    let before = (fs::read(&database).unwrap(), fs::read(&log).unwrap());
    let run = kassa_server(&["migrate", "--dry-run"], &folder.path().join("data"));
    assert_eq!((run.status, run.output.matches("would apply ").count()), (0, old.lacks().len()), "{run:?}");
    assert!((fs::read(&database).unwrap(), fs::read(&log).unwrap()) == before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_of_a_newer_program_is_refused_with_the_way_back() {
    let old = Old::all().into_iter().rfind(|old| !old.lacks().is_empty()).unwrap();
    let (folder, _) = old.unpack();
    let data = folder.path().join("data");
    assert_eq!(kassa_server(&["migrate"], &data).status, 0);
    let upgraded = data.join("gen-000002/kassa.db");
    let later = "INSERT INTO seaql_migrations VALUES ('m20991231_000001_loyalty_points', 4102358400)";
    Connection::open(&upgraded).unwrap().execute(later, []).unwrap();
    let before = fs::read(&upgraded).unwrap();

    let dry = kassa_server(&["migrate", "--dry-run"], &data);
    let refused = [Run::of(&mut Program::command(&data)), kassa_server(&["migrate"], &data)];
    for run in refused.iter().chain([&dry]) {
        assert_eq!((run.status, run.output.as_str()), (5, ""), "{run:?}");
        assert!(run.complaints.contains("newer than this program"), "{run:?}");
    }
    assert!(fs::read(&upgraded).unwrap() == before);

    let [backup, other] = refused
        .each_ref()
        .map(|run| run.complaints.trim().rsplit_once("since: kassa-server restore ").unwrap().1);
    assert!(backup.ends_with("-pre-migration.db") && backup == other, "{backup}");
    let mistyped = kassa_server(&["restore", &backup.replace("kassa", "casa")], &data);
    assert_eq!(mistyped.status, 1);
    assert!(mistyped.complaints.contains("there is no file"), "{mistyped:?}");
    let restored = kassa_server(&["restore", backup], &data);
    assert_eq!(restored.status, 0, "{restored:?}");
    assert!(restored.output.contains("they stay in gen-000002"), "{restored:?}");
    let program = Program::start(&data);
    let status = program.client(&data).admin().get_status(pb::GetStatusRequest::default()).await;
    assert_eq!(status.unwrap().order_count, old.read::<i64>("SELECT count(*) FROM orders"));
    assert!(program.terminate().success());
}

/// Every row of before is there, in all its columns.
fn assert_no_row_is_lost(before: &Path, now: &Path, step: &str) {
    let (before, now) = (Connection::open(before).unwrap(), Connection::open(now).unwrap());
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut tables = before.prepare(names).unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for table in tables {
        let mut columns = before.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
        let mut columns: Vec<String> =
            columns.query_map([&table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        columns.retain(|column| !GIVEN_UP.contains(&(&table, column)));
        let (was, is) = (rows(&before, &table, &columns), rows(&now, &table, &columns));
        // What came back in cash stands with the sale now, no longer among its other tenders.
        let cash = |row: &&String| table == "order_tender_returns" && row.contains("]), Integer(1), ");
        let lost: Vec<&String> = was.difference(&is).filter(|row| !cash(row)).collect();
        assert!(lost.is_empty(), "{table} of the shop of {step} lost {lost:?}");
    }
}

/// The rows of a table as text.
fn rows(database: &Connection, table: &str, columns: &[String]) -> BTreeSet<String> {
    let query = format!("SELECT {} FROM {table}", columns.join(", "));
    let mut query = database.prepare(&query).unwrap();
    let rows = query.query_map([], |row| {
        let values: Result<Vec<Value>, _> = (0..columns.len()).map(|column| row.get(column)).collect();
        Ok(format!("{:?}", values?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}
