//! The floor: a bare loop over SQLite that writes the rows of Kassa's own sales into Kassa's own
//! schema, one durable commit a sale. No network, no rules, nothing read.
//!
//! It stands for a backend that commits every sale by itself, at the least that can cost.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use rusqlite::{CachedStatement, Connection, params_from_iter, types::Value};

use crate::{
    machine::Cpu,
    report::{Measured, Span, latencies},
};

/// The rows that a sale adds: the table, and how they are found in the database that Kassa wrote.
const ADDED: [(&str, &str); 9] = [
    ("orders", "SELECT * FROM orders WHERE id = ?"),
    ("order_lines", "SELECT * FROM order_lines WHERE order_id = ? ORDER BY position"),
    ("order_discounts", "SELECT * FROM order_discounts WHERE order_id = ? ORDER BY position"),
    ("order_tenders", "SELECT * FROM order_tenders WHERE order_id = ? ORDER BY position"),
    ("cash_movements", "SELECT * FROM cash_movements WHERE order_id = ? ORDER BY sequence"),
    ("stock_changes", "SELECT * FROM stock_changes WHERE document_id = ?"),
    (
        "journal_records",
        "SELECT record.* FROM journal_records AS record \
         JOIN orders USING (register_id, sequence) WHERE record.kind = 1 AND orders.id = ?",
    ),
    (
        "events",
        "SELECT event.* FROM events AS event JOIN orders ON event.register_id = orders.register_id \
         AND event.journal_sequence = orders.sequence WHERE event.journal_kind = 1 AND orders.id = ?",
    ),
    ("idempotency_keys", "SELECT * FROM idempotency_keys WHERE document_id = ?"),
];
/// The rows that a sale changes: how, and to what. One order number, one journal record and one
/// receipt number are given to each sale, so that they are the same count.
const CHANGED: [(&str, &str); 7] = [
    (
        "UPDATE stock SET quantity = ?, change_count = ? WHERE branch_id = ? AND product_id = ?",
        "SELECT balance, sequence, branch_id, product_id FROM stock_changes WHERE document_id = ?",
    ),
    (
        "UPDATE shifts SET sale_count = sale_count + 1, sales_total = sales_total + ?, \
         cash_received = cash_received + ?, change_given = change_given + ?, \
         expected_cash = expected_cash + ?, last_activity_time = ? WHERE id = ?",
        "SELECT total, amount, change, amount - change, create_time, shift_id FROM orders \
         JOIN order_tenders ON order_id = id WHERE id = ?",
    ),
    (
        "INSERT INTO shift_counters VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET \
         count = count + excluded.count, amount = amount + excluded.amount, tax = tax + excluded.tax",
        "SELECT shift_id, 1, CAST(order_tenders.kind AS TEXT), 1, amount - change, 0 \
         FROM orders JOIN order_tenders ON order_id = id WHERE id = ?1 UNION ALL \
         SELECT shift_id, 3, CAST(tax_rate AS TEXT), count(*), sum(net), sum(tax) \
         FROM orders JOIN order_lines ON order_id = id WHERE id = ?1 GROUP BY tax_rate UNION ALL \
         SELECT shift_id, 4, category, count(*), sum(order_lines.total), 0 \
         FROM orders JOIN order_lines ON order_id = id WHERE id = ?1 GROUP BY category UNION ALL \
         SELECT shift_id, 5, CAST((create_time / 60000000 + utc_offset_minutes) / 60 AS TEXT) \
         || printf('%+d', utc_offset_minutes), 1, total, 0 FROM orders WHERE id = ?1 UNION ALL \
         SELECT shift_id, 6, CAST(kind AS TEXT), 1, amount, 0 FROM cash_movements WHERE order_id = ?1 UNION ALL \
         SELECT shift_id, 7, '', count(*), sum(amount), 0 \
         FROM orders JOIN order_discounts ON order_id = id WHERE id = ?1 GROUP BY shift_id",
    ),
    (
        "UPDATE registers SET drawer_balance = ?, last_movement_sequence = ? WHERE id = ?",
        "SELECT balance, sequence, register_id FROM cash_movements \
         WHERE order_id = ? ORDER BY sequence DESC LIMIT 1",
    ),
    (
        "UPDATE branches SET last_order_sequence = ?, last_key_sequence = ?, last_event_sequence = ? \
         WHERE id = ?",
        "SELECT orders.sequence, used.sequence, event.sequence, orders.branch_id FROM orders \
         JOIN idempotency_keys AS used ON used.document_id = orders.id \
         JOIN events AS event ON event.register_id = orders.register_id \
         AND event.journal_sequence = orders.sequence AND event.journal_kind = 1 WHERE orders.id = ?",
    ),
    (
        "UPDATE number_series SET last_number = ? WHERE register_id = ? AND prefix = 'INV'",
        "SELECT sequence, register_id FROM orders WHERE id = ?",
    ),
    (
        "UPDATE journal_chains SET last_sequence = ?, last_hash = ? WHERE register_id = ? AND kind = 1",
        "SELECT sequence, hash, register_id FROM journal_records AS record \
         JOIN orders USING (register_id, sequence) WHERE record.kind = 1 AND orders.id = ?",
    ),
];
/// As the server has them. They are read back: SQLite ignores in silence what it does not take.
const PRAGMAS: [(&str, &str); 4] =
    [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("mmap_size", "0")];
/// SQLite's defaults, which the server leaves alone.
const DEFAULTS: [(&str, &str); 3] =
    [("page_size", "4096"), ("wal_autocheckpoint", "1000"), ("cache_size", "-2000")];

/// Sales to replay, each as the rows that it writes.
pub struct Script {
    statements: Vec<String>,
    sales: Vec<Vec<Write>>,
}

/// A row to write: the place of its statement, and its values.
struct Write {
    statement: usize,
    values: Vec<Value>,
}

impl Script {
    /// Reads from a database what each of its sales wrote, but for those that are in `founded` too.
    pub fn read(founded: &Path, sold: &Path) -> Self {
        let founded = open(founded);
        let known: i64 = number(&founded, "SELECT max(sequence) FROM orders");
        let sold = open(sold);
        // The copy is the benchmark's own; without these reading it takes minutes.
        sold.execute_batch(
            "CREATE INDEX movements_of_an_order ON cash_movements (order_id); \
             CREATE INDEX goods_of_an_order ON stock_changes (document_id); \
             CREATE INDEX key_of_an_order ON idempotency_keys (document_id); \
             CREATE INDEX event_of_an_order ON events (register_id, journal_kind, journal_sequence);",
        )
        .expect("indexes for reading");
        let adding = ADDED.map(|(table, _)| insert(&sold, table));
        let statements = adding.into_iter().chain(CHANGED.map(|(change, _)| change.to_owned())).collect();
        let mut reading: Vec<CachedStatement> = ADDED
            .iter()
            .chain(&CHANGED)
            .map(|(_, rows)| sold.prepare_cached(rows).expect("a statement that fits the schema"))
            .collect();
        let orders = rows(
            &mut statement(&sold, "SELECT id FROM orders WHERE sequence > ? ORDER BY sequence"),
            &known.into(),
        );
        let sales = orders.iter().map(|order| {
            let writes = reading.iter_mut().enumerate().flat_map(|(statement, reading)| {
                let rows = rows(reading, &order[0]).into_iter();
                rows.map(move |values| Write { statement, values })
            });
            writes.collect()
        });
        let sales = sales.collect();
        drop(reading);
        Self { statements, sales }
    }

    /// How many sales there are.
    pub fn sales(&self) -> usize {
        self.sales.len()
    }

    /// Replays all of it and compares every table with what Kassa wrote: the same rows, value by value.
    pub fn prove(&self, founded: &Path, sold: &Path, copy: &Path) {
        let connection = open(&copied(founded, copy));
        connection.execute_batch("BEGIN").expect("a transaction");
        for sale in &self.sales {
            self.write(&connection, sale);
        }
        connection.execute_batch("COMMIT").expect("the rows fit together");
        let sold = sold.to_str().expect("a path of text");
        connection.execute("ATTACH ? AS sold", [sold]).expect("Kassa's database beside it");
        let tables =
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND ? = 0";
        for table in rows(&mut statement(&connection, tables), &0.into()) {
            let [Value::Text(table)] = table.as_slice() else { panic!("{table:?} is no name") };
            for (one, other) in [("main", "sold"), ("sold", "main")] {
                let differing = format!(
                    "SELECT count(*) FROM (SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table})"
                );
                assert_eq!(number(&connection, &differing), 0, "rows of {table} in {one} but not in {other}");
            }
        }
    }

    fn write(&self, connection: &Connection, sale: &[Write]) {
        for Write { statement: place, values } in sale {
            let mut statement = statement(connection, &self.statements[*place]);
            let written = statement.execute(params_from_iter(values)).expect("the row is written");
            assert_eq!(written, 1, "one row each: {}", self.statements[*place]);
        }
    }
}

/// Replays sales one by one, each in a transaction of its own, on a copy of the founded shop.
pub fn measure(founded: &Path, script: &Script, copy: &Path, span: Span) -> Measured {
    let connection = open(&copied(founded, copy));
    let before = Cpu::used();
    let (mut all, mut count) = (latencies(), 0);
    let began = Instant::now();
    for sale in &script.sales {
        if began.elapsed() >= span.end() {
            break;
        }
        let asked = Instant::now();
        run(&connection, "BEGIN IMMEDIATE");
        script.write(&connection, sale);
        run(&connection, "COMMIT");
        span.record(&mut all, began, asked);
        count += 1;
    }
    // A disk may be faster than there are rows for it.
    let span = Span { measured: (began.elapsed() - span.warm_up).min(span.measured), ..span };
    Measured::new(&all, span, Cpu::used().per_sale_since(before, count))
}

fn run(connection: &Connection, text: &str) {
    statement(connection, text).execute([]).expect("a transaction begins and ends");
}

/// A copy of a database whose server has stopped: the schema, the indexes and the parents of the rows.
fn copied(from: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("kassa.db");
    std::fs::create_dir_all(folder).expect("a folder can be made");
    for name in ["kassa.db", "kassa.db-wal", "kassa.db-shm"] {
        // Those of the measurement before, where there was one.
        let _ = std::fs::remove_file(folder.join(name));
    }
    std::fs::copy(from, &copy).expect("the database can be copied");
    copy
}

fn open(database: &Path) -> Connection {
    let connection = Connection::open(database).expect("the database opens");
    for (name, wanted) in PRAGMAS {
        let set = format!("PRAGMA {name} = {wanted}");
        // Some answer with a row and some do not.
        connection.query_row(&set, [], |_| Ok(())).or_else(none).expect("the pragma is understood");
    }
    for (name, wanted) in PRAGMAS.into_iter().chain(DEFAULTS) {
        let found: Value = connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
            .expect("the pragma answers");
        let found = match found {
            Value::Text(text) => text,
            Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(found, wanted, "PRAGMA {name}");
    }
    connection.set_prepared_statement_cache_capacity(64);
    connection
}

fn none(error: rusqlite::Error) -> Result<(), rusqlite::Error> {
    if error == rusqlite::Error::QueryReturnedNoRows { Ok(()) } else { Err(error) }
}

fn statement<'a>(connection: &'a Connection, text: &str) -> CachedStatement<'a> {
    connection.prepare_cached(text).expect("a statement that fits the schema")
}

fn number(connection: &Connection, text: &str) -> i64 {
    connection.query_row(text, [], |row| row.get(0)).expect("a number")
}

/// An INSERT of whole rows.
fn insert(connection: &Connection, table: &str) -> String {
    let columns = statement(connection, &format!("SELECT * FROM {table}")).column_count();
    format!("INSERT INTO {table} VALUES ({})", vec!["?"; columns].join(", "))
}

fn rows(statement: &mut CachedStatement, parameter: &Value) -> Vec<Vec<Value>> {
    let columns = statement.column_count();
    let rows = statement.query_map([parameter], |row| (0..columns).map(|column| row.get(column)).collect());
    rows.expect("a query that fits the schema").collect::<Result<_, _>>().expect("rows that can be read")
}
