//! `kassa-server check`: whatever is changed in whatever table, it is found and named.
//!
//! The tests read the schema from the database: a column that somebody adds is damaged too, and
//! fails here until the check proves it.

pub mod day;
pub mod schema;

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use kassa_integration_tests::Shop;
use kassa_server::{
    check::{CheckError, Report, check_folder},
    store::StartError,
};
use rusqlite::{Connection, types::Value};
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
}

/// Damages a copy, and says by which names its row may be called; nothing if it can't be done.
type Apply<'a> = Box<dyn Fn(&Connection) -> Option<Vec<String>> + Send + Sync + 'a>;

/// A damage: how it is done, and what names it.
struct Damage<'a> {
    table: &'a Table,
    /// The damages of a group have copies of their own.
    group: String,
    what: String,
    apply: Apply<'a>,
    /// What the fault says besides the row, so that it is not mistaken for that of another damage.
    mark: String,
    /// Whether SQLite may refuse to store it.
    may_be_impossible: bool,
}

impl Damage<'_> {
    /// Whether a fault names the table, one of the rows, and the mark.
    fn is_named(&self, report: &Report, rows: &[String], mark: &str) -> bool {
        report.faults().any(|fault| {
            fault.table == self.table.name && rows.contains(&fault.row) && fault.what.contains(mark)
        })
    }
}

/// The damages of a group are done one after the other: those of a chain of the journal, for a record that is
/// broken hides the next ones; those of a few rows that stand next to each other in a table.
fn group(table: &Table, row: &Row) -> String {
    if table.is_the_journal() {
        format!("{} {:?}", table.name, row.values.iter().take(2).collect::<Vec<_>>())
    } else {
        format!("{} {}", table.name, row.number / 4)
    }
}

/// Does every damage, and asserts that each is named. A copy takes one damage of each group at once; one
/// that is not named for itself then (a broken record hides what it says) is done again alone.
async fn assert_all_named(shop: &Shop, damages: Vec<Damage<'_>>, open: fn(&Path) -> Connection) {
    let mut alone = Vec::new();
    let mut groups: BTreeMap<String, VecDeque<Damage>> = BTreeMap::new();
    for damage in damages {
        groups.entry(damage.group.clone()).or_default().push_back(damage);
    }
    let (mut made, mut missed) = (0, Vec::new());
    loop {
        // A broken record hides what it says of the tables: they have their turn first.
        let (tables, records): (Vec<_>, Vec<_>) = groups
            .values_mut()
            .filter(|group| !group.is_empty())
            .partition(|group| !group[0].table.is_the_journal());
        let wave = if tables.is_empty() { records } else { tables };
        let wave: Vec<Damage> = wave.into_iter().filter_map(VecDeque::pop_front).collect();
        if wave.is_empty() {
            break;
        }
        let copy = Copy::of(&shop.database());
        let connection = open(&copy.file());
        let done: Vec<_> = wave.into_iter().map(|damage| ((damage.apply)(&connection), damage)).collect();
        drop(connection);
        let report = copy.check().await;
        for (rows, damage) in done {
            match rows {
                Some(rows) if damage.is_named(&report, &rows, &damage.mark) => made += 1,
                // Not named for itself, or in the way of another one's unique value.
                Some(_) | None => alone.push(damage),
            }
        }
    }
    for damage in alone {
        let copy = Copy::of(&shop.database());
        let connection = open(&copy.file());
        let Some(rows) = (damage.apply)(&connection) else {
            assert!(damage.may_be_impossible, "{} of {} was not done", damage.what, damage.table.name);
            continue;
        };
        drop(connection);
        made += 1;
        let report = copy.check().await;
        if !damage.is_named(&report, &rows, "") {
            missed.push(format!("{} of {} ({}):\n{report}", damage.what, damage.table.name, rows[0]));
        }
    }
    let first: Vec<&str> = missed.iter().take(5).map(String::as_str).collect();
    assert!(
        made > 0 && missed.is_empty(),
        "{} of {made} damages were not named:\n{}",
        missed.len(),
        first.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_of_every_row_that_is_changed_is_named() {
    let shop = day().await;
    let original = Copy::of(&shop.database());
    let connection = open(&original.file());
    let tables = tables(&connection);
    let mut damages = Vec::new();
    for table in &tables {
        let rows = table.rows(&connection);
        assert!(!rows.is_empty(), "the day left nothing in {}", table.name);
        for row in rows {
            for column in 0..table.columns.len() {
                for values in others(table, &row, column) {
                    damages.push(changed(table, row.clone(), column, values));
                }
            }
        }
    }
    assert_all_named(&shop, damages, open).await;
}

/// One value is another.
fn changed(table: &Table, row: Row, column: usize, values: Vec<Value>) -> Damage<'_> {
    let name = &table.columns[column].name;
    Damage {
        table,
        group: group(table, &row),
        what: format!("{name} changed to one of {values:?}"),
        mark: table.mark(column),
        // A terminal has one session that has not ended: the database itself refuses another.
        may_be_impossible: values == [Value::Null],
        apply: Box::new(move |connection| {
            let value = values.iter().find(|value| table.set(connection, &row, column, value))?;
            let mut changed = row.clone();
            changed.values[column] = value.clone();
            Some(vec![table.name(&row), table.name(&changed)])
        }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_row_that_is_gone_and_every_row_that_stands_twice_is_named() {
    let shop = day().await;
    let original = Copy::of(&shop.database());
    let connection = open(&original.file());
    let tables = tables(&connection);
    let mut damages = Vec::new();
    for table in &tables {
        for row in table.rows(&connection) {
            let gone = row.clone();
            damages.push(Damage {
                table,
                group: group(table, &row),
                what: "a deleted row".to_owned(),
                mark: String::new(),
                may_be_impossible: false,
                apply: Box::new(move |connection| {
                    table.delete(connection, &gone);
                    Some(table.names(&gone))
                }),
            });
            damages.push(Damage {
                table,
                group: group(table, &row),
                what: "a doubled row".to_owned(),
                mark: String::new(),
                may_be_impossible: false,
                apply: Box::new(move |connection| Some(vec![table.name(&table.double(connection, &row))])),
            });
        }
    }
    assert_all_named(&shop, damages, open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_another_type_is_named_and_does_not_end_the_check() {
    let shop = day().await;
    let original = Copy::of(&shop.database());
    let connection = open(&original.file());
    let tables = tables(&connection);
    let mut damages = Vec::new();
    for table in &tables {
        let rows = table.rows(&connection);
        for column in 0..table.columns.len() {
            // Another row for each column, so that all kinds of records have their turn.
            let row = &rows[column % rows.len()];
            for value in
                ["NULL", "1.5", "'x'", "''", "x'010203'", "CAST(x'ff' AS TEXT)", "-9223372036854775808"]
            {
                let row = row.clone();
                damages.push(Damage {
                    table,
                    group: group(table, &row),
                    what: format!("{} set to {value}", table.columns[column].name),
                    mark: table.mark(column),
                    may_be_impossible: true,
                    apply: Box::new(move |connection| {
                        let changed = table.set_to(connection, &row, column, value)?;
                        Some(vec![table.name(&row), table.name(&changed)])
                    }),
                });
            }
        }
    }
    assert_all_named(&shop, damages, open_without_rules).await;
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
    let damage = "UPDATE registers SET name = 'Till' WHERE code = 'R1';
                  UPDATE stock SET quantity = quantity - 1000
                  WHERE product_id = (SELECT id FROM products WHERE sku = 'honey');";
    connection.execute_batch(damage).unwrap();
    insta::assert_snapshot!(without_counts(&without_ids(&copy.check().await.to_string())), @r#"
    ok    file N examined
    ok    journal chains N examined
    ok    events N examined
    ok    drafts N examined
    ok    orders N examined
    ok    receipt numbers N examined
    ok    totals N examined
    ok    refunds and voids N examined
    ok    receipts given out N examined
    ok    drawers N examined
    ok    shifts N examined
    ok    approvals N examined
    ok    attendance N examined
    FAULT stock N examined, 1 fault
          stock (branch ID, product ID): quantity is -1000, the journal makes it 0
    ok    purchases N examined
    ok    products N examined
    ok    customers N examined
    ok    settings N examined
    FAULT branches, registers N examined, 1 fault
          registers (ID): name is "Till", the journal makes it "Register 1"
    ok    people, terminals N examined
    ok    idempotency keys N examined
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
    assert!(matches!(
        check_folder(copy.folder.path()).await,
        Err(CheckError::Open(StartError::NoBooks { .. }))
    ));
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

/// How much a day leaves grows with what a day can have.
fn without_counts(report: &str) -> String {
    let lines = report.lines().map(|line| match line.split_once(" examined") {
        Some((before, after)) => {
            let name = before.trim_end_matches(|character: char| character.is_ascii_digit()).trim_end();
            format!("{name} N examined{after}\n")
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// Ids are others in every run.
fn without_ids(report: &str) -> String {
    let parts = report.split_inclusive(|character: char| !character.is_ascii_hexdigit() && character != '-');
    parts.map(|part| if part.len() == 37 { format!("ID{}", &part[36..]) } else { part.to_owned() }).collect()
}

/// Other values for a column that look as good, each as the attempts it takes to get past an index.
fn others(table: &Table, row: &Row, column: usize) -> Vec<Vec<Value>> {
    let (of, now) = (&table.columns[column], &row.values[column]);
    if table.may_be_another(column) {
        return Vec::new();
    }
    let mut values = vec![(0..3).map(|attempt| other(now, of, attempt)).collect()];
    if of.nullable && *now != Value::Null && !table.may_be_cleared(column) {
        values.push(vec![Value::Null]);
    }
    values
}

/// How long a check may take that ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// The last entry of an index is another one: what is asked for behind it comes again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_ends_whatever_an_index_says() {
    let mut shop = Shop::open().await;
    for _ in 0..5 {
        shop.sell("1 x bread, cash 2.00").await;
    }
    shop.stop().await.unwrap();
    let copy = Copy::of(&shop.database());
    let last = "SELECT register_id, sequence, rowid FROM journal_records WHERE kind = 1 ORDER BY sequence DESC LIMIT 1";
    let (register, sequence, row): (Vec<u8>, u8, u8) = Connection::open(copy.file())
        .unwrap()
        .query_row(last, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let sound = fs::read(copy.file()).unwrap();
    // Behind the register stands no kind: 1 is said by its type. Indexes of other tables may have the same entry.
    let entry = [&register[..], &[sequence, row]].concat();
    let mut told = Vec::new();
    for place in (0..sound.len() - entry.len()).filter(|place| sound[*place..].starts_with(&entry)) {
        let mut bytes = sound.clone();
        bytes[place + register.len()] ^= 0x40;
        fs::write(copy.file(), bytes).unwrap();
        let report = tokio::time::timeout(PATIENCE, copy.check()).await.expect("it ends");
        told.extend(report.faults().map(ToString::to_string));
        assert!(!report.is_sound(), "byte {place}");
    }
    assert!(
        told.iter().any(|fault| fault.contains("missing from index sqlite_autoindex_journal")),
        "{told:?}"
    );
}
