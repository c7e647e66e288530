//! `kassa-server check`: whatever is changed in whatever table, it is found and named.
//!
//! The tests read the schema from the database: a column that somebody adds is damaged too, and
//! fails here until the check proves it.

mod day;
mod schema;

use std::{
    fs,
    path::{Path, PathBuf},
};

use kassa_integration_tests::Shop;
use kassa_server::check::{CheckError, Report, check_folder};
use rusqlite::types::Value;
use tempfile::TempDir;

use self::{
    day::day,
    schema::{MAY_BE_CLEARED, Row, Table, open, open_without_rules, other, tables},
};

/// A copy of a shop's database in a data folder of its own.
struct Copy {
    folder: TempDir,
}

impl Copy {
    fn of(database: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("CURRENT"), "gen-000001").unwrap();
        fs::create_dir(folder.path().join("gen-000001")).unwrap();
        let copy = Self { folder };
        fs::copy(database, copy.file()).unwrap();
        copy
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("gen-000001").join("kassa.db")
    }

    async fn check(&self) -> Report {
        check_folder(self.folder.path()).await.unwrap()
    }

    /// Checks, and says what is wrong if no fault names the table and one of the rows.
    async fn names(&self, table: &Table, rows: &[String], what: &str) -> Result<(), String> {
        let report = self.check().await;
        let named = report.faults().any(|fault| fault.table == table.name && rows.contains(&fault.row));
        if named { Ok(()) } else { Err(format!("{what} of {} ({}):\n{report}", table.name, rows[0])) }
    }
}

/// Fails with the first few of many, and says how many there were.
fn assert_all_found(made: usize, missed: &[String]) {
    let first: Vec<&str> = missed.iter().take(5).map(String::as_str).collect();
    assert!(missed.is_empty(), "{} of {made} damages were not named:\n{}", missed.len(), first.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_every_row_that_is_changed_is_named() {
    let shop = day().await;
    let original = Copy::of(&shop.database());
    let connection = open(&original.file());
    for table in tables(&connection) {
        assert!(!table.rows(&connection).is_empty(), "the day left nothing in {}", table.name);
    }
    let (mut made, mut missed) = (0, Vec::new());
    for table in tables(&connection) {
        for row in table.rows(&connection) {
            for column in 0..table.columns.len() {
                for value in others(&table, &row, column) {
                    made += 1;
                    missed.extend(change(&shop, &table, &row, column, value).await.err());
                }
            }
        }
    }
    assert_all_found(made, &missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_is_gone_and_every_row_that_stands_twice_is_named() {
    let shop = day().await;
    let original = Copy::of(&shop.database());
    let connection = open(&original.file());
    let (mut made, mut missed) = (0, Vec::new());
    for table in tables(&connection) {
        for row in table.rows(&connection) {
            made += 2;
            let copy = Copy::of(&shop.database());
            table.delete(&open(&copy.file()), &row);
            missed.extend(copy.names(&table, &table.names(&row), "a deleted row").await.err());
            let copy = Copy::of(&shop.database());
            let double = table.double(&open(&copy.file()), &row);
            missed.extend(copy.names(&table, &[table.name(&double)], "a doubled row").await.err());
        }
    }
    assert_all_found(made, &missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_another_type_is_named_and_does_not_end_the_check() {
    let shop = day().await;
    let original = Copy::of(&shop.database());
    let connection = open(&original.file());
    let (mut made, mut missed) = (0, Vec::new());
    for table in tables(&connection) {
        let rows = table.rows(&connection);
        for column in 0..table.columns.len() {
            // Another row for each column, so that all kinds of records have their turn.
            let row = &rows[column % rows.len()];
            for value in
                ["NULL", "1.5", "'x'", "''", "x'010203'", "CAST(x'ff' AS TEXT)", "-9223372036854775808"]
            {
                let copy = Copy::of(&shop.database());
                let Some(changed) = table.set_to(&open_without_rules(&copy.file()), row, column, value)
                else {
                    continue;
                };
                made += 1;
                let what = format!("{} set to {value}", table.columns[column].name);
                missed
                    .extend(copy.names(&table, &[table.name(row), table.name(&changed)], &what).await.err());
            }
        }
    }
    assert_all_found(made, &missed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_itself_may_clear_is_no_fault() {
    let shop = day().await;
    let copy = Copy::of(&shop.database());
    for (table, column) in MAY_BE_CLEARED {
        let cleared = open(&copy.file()).execute(&format!("UPDATE {table} SET {column} = NULL"), []).unwrap();
        assert!(cleared > 0);
    }
    let report = copy.check().await;
    assert!(report.is_sound(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_what_a_column_is_and_what_it_must_be() {
    let shop = day().await;
    let copy = Copy::of(&shop.database());
    let before = fs::read(copy.file()).unwrap();
    assert!(copy.check().await.is_sound());
    assert_eq!(before, fs::read(copy.file()).unwrap(), "a check changes nothing");
    let connection = open(&copy.file());
    let damage = "UPDATE registers SET name = 'Till';
                  UPDATE stock SET quantity = quantity - 1000
                  WHERE product_id = (SELECT id FROM products WHERE sku = 'honey');";
    connection.execute_batch(damage).unwrap();
    insta::assert_snapshot!(without_ids(&copy.check().await.to_string()), @r#"
    ok    file                  1 examined
    ok    journal chains       22 examined
    ok    events               22 examined
    ok    orders               12 examined
    ok    receipt numbers      13 examined
    ok    totals               12 examined
    ok    refunds and voids     5 examined
    ok    drawers              14 examined
    ok    shifts                1 examined
    ok    approvals             0 examined
    FAULT stock                 5 examined, 1 fault
          stock (branch ID, product ID): quantity is -1000, the journal makes it 0
    ok    products              5 examined
    ok    settings              5 examined
    FAULT branch and register   4 examined, 1 fault
          registers (ID): name is "Till", the journal makes it "Register 1"
    ok    idempotency keys     22 examined
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_sells_meanwhile_never_makes_the_books_look_wrong() {
    let shop = Shop::open().await;
    let sale = shop.sale("1 x bread, 2 x juice, cash 20.00").await;
    let terminal = shop.second_terminal();
    let selling = tokio::spawn(async move {
        for count in 0.. {
            if terminal.orders().complete_sale(sale.clone()).await.is_err() {
                return count;
            }
        }
        0
    });
    let mut examined = Vec::new();
    for _ in 0..20 {
        let report = check_folder(shop.data()).await.unwrap();
        assert!(report.is_sound(), "{report}");
        examined.push(report.lines.iter().find(|line| line.name == "orders").unwrap().examined);
    }
    assert!(!selling.is_finished(), "it sold to the end");
    selling.abort();
    assert!(examined.is_sorted() && examined.first() < examined.last(), "{examined:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_a_fault_and_a_folder_without_books_is_an_error() {
    let shop = day().await;
    let copy = Copy::of(&shop.database());
    let mut bytes = fs::read(copy.file()).unwrap();
    // Past the schema, every page in turn: half of it is gone.
    let pages = bytes.len() / 4_096;
    for page in 1..pages {
        let (start, end) = (page * 4_096, page * 4_096 + 2_048);
        let before = bytes[start..end].to_vec();
        bytes[start..end].fill(0xAA);
        fs::write(copy.file(), &bytes).unwrap();
        assert!(!copy.check().await.is_sound(), "page {page} of {pages}");
        bytes[start..end].copy_from_slice(&before);
    }
    for damaged in
        [&bytes[..bytes.len() / 2], &b"no database, although it is long enough to look like one"[..]]
    {
        fs::write(copy.file(), damaged).unwrap();
        let report = copy.check().await;
        assert_eq!(report.faults().next().map(|fault| fault.table.as_str()), Some("kassa.db"), "{report}");
    }
    fs::remove_file(copy.file()).unwrap();
    assert!(matches!(check_folder(copy.folder.path()).await, Err(CheckError::NoDatabase(_))));
    fs::remove_file(copy.folder.path().join("CURRENT")).unwrap();
    assert!(matches!(check_folder(copy.folder.path()).await, Err(CheckError::NoBooks(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn books_of_another_schema_are_not_judged() {
    let shop = day().await;
    let copy = Copy::of(&shop.database());
    let connection = open(&copy.file());
    connection.execute("INSERT INTO seaql_migrations VALUES ('m29990101_000001_later', 0)", []).unwrap();
    let later = check_folder(copy.folder.path()).await;
    assert!(
        matches!(&later, Err(CheckError::Newer { step }) if step == "m29990101_000001_later"),
        "{later:?}"
    );
    connection.execute("DELETE FROM seaql_migrations", []).unwrap();
    assert!(matches!(check_folder(copy.folder.path()).await, Err(CheckError::Older { .. })));
}

/// Ids are others in every run.
fn without_ids(report: &str) -> String {
    let parts = report.split_inclusive(|character: char| !character.is_ascii_hexdigit() && character != '-');
    parts.map(|part| if part.len() == 37 { format!("ID{}", &part[36..]) } else { part.to_owned() }).collect()
}

/// Other values for a column that look as good, each as the attempts it takes to get past an index.
fn others(table: &Table, row: &Row, column: usize) -> Vec<Vec<Value>> {
    let (of, now) = (&table.columns[column], &row.values[column]);
    let mut values = vec![(0..3).map(|attempt| other(now, of, attempt)).collect()];
    if of.nullable && *now != Value::Null && !table.may_be_cleared(column) {
        values.push(vec![Value::Null]);
    }
    values
}

async fn change(
    shop: &Shop,
    table: &Table,
    row: &Row,
    column: usize,
    values: Vec<Value>,
) -> Result<(), String> {
    let copy = Copy::of(&shop.database());
    let connection = open(&copy.file());
    let value = values.into_iter().find(|value| table.set(&connection, row, column, value)).unwrap();
    drop(connection);
    let what = format!("{} changed to {value:?}", table.columns[column].name);
    let mut changed = row.clone();
    changed.values[column] = value;
    copy.names(table, &[table.name(row), table.name(&changed)], &what).await
}
