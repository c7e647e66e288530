//! The rows that Kassa writes now: read from a database in which it made sales, and replayed value by value.

use std::path::{Path, PathBuf};

use rusqlite::{CachedStatement, Connection, types::Value};

use crate::{
    floor::{self, Rows, SaleRows, Write, open, statement},
    // As long as Kassa changes the same; what it changes otherwise gets statements here.
    frozen::{
        COUNT, UPDATE_BRANCH, UPDATE_CHAIN, UPDATE_REGISTER, UPDATE_SERIES, UPDATE_SHIFT, UPDATE_STOCK,
    },
};

/// The rows that a sale adds: the table, and how they are found in the database that Kassa wrote. A till makes a record of
/// the chain of sales and a receipt number for each sale, so that both are the same count.
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
         JOIN numbered ON record.register_id = numbered.register_id AND record.sequence = number \
         WHERE record.kind = 1 AND numbered.id = ?",
    ),
    (
        "events",
        "SELECT event.* FROM events AS event JOIN numbered ON event.register_id = numbered.register_id \
         AND event.journal_sequence = number WHERE event.journal_kind = 1 AND numbered.id = ?",
    ),
    ("idempotency_keys", "SELECT * FROM idempotency_keys WHERE document_id = ?"),
];
/// The rows that a sale changes: how, and to what. What the books keep in a row for themselves, and no sale needs, is left
/// out.
const CHANGED: [(&str, &str); 7] = [
    (
        UPDATE_STOCK,
        "SELECT balance, sequence, branch_id, product_id FROM stock_changes WHERE document_id = ?",
    ),
    (
        UPDATE_SHIFT,
        "SELECT total, amount, change, amount - change, create_time, shift_id FROM orders \
         JOIN order_tenders ON order_id = id WHERE id = ?",
    ),
    (
        COUNT,
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
        UPDATE_REGISTER,
        "SELECT balance, sequence, register_id FROM cash_movements \
         WHERE order_id = ? ORDER BY sequence DESC LIMIT 1",
    ),
    (
        UPDATE_BRANCH,
        "SELECT orders.sequence, used.sequence, event.sequence, orders.branch_id FROM orders \
         JOIN numbered USING (id) JOIN idempotency_keys AS used ON used.document_id = orders.id \
         JOIN events AS event ON event.register_id = orders.register_id \
         AND event.journal_sequence = number AND event.journal_kind = 1 WHERE orders.id = ?",
    ),
    (UPDATE_SERIES, "SELECT number, register_id FROM numbered WHERE id = ?"),
    (
        UPDATE_CHAIN,
        "SELECT sequence, hash, record.register_id FROM journal_records AS record \
         JOIN numbered ON record.register_id = numbered.register_id AND record.sequence = number \
         WHERE record.kind = 1 AND numbered.id = ?",
    ),
];
/// Columns, or whole tables, that Kassa's books keep for themselves while they make sales: nothing that a sale has to store.
const OF_THE_BOOKS: [&str; 3] = ["branches.batch", "branches.last_time", "businesses"];

/// For reading alone: without the indexes it takes minutes, and the copy is the benchmark's own.
const READING: &str = "CREATE INDEX movements_of_an_order ON cash_movements (order_id); \
     CREATE INDEX goods_of_an_order ON stock_changes (document_id); \
     CREATE INDEX key_of_an_order ON idempotency_keys (document_id); \
     CREATE INDEX event_of_an_order ON events (register_id, journal_kind, journal_sequence); \
     CREATE VIEW numbered AS SELECT id, register_id, CAST(substr(receipt_number, -6) AS INTEGER) AS number \
     FROM orders;";

/// Sales that Kassa made after a shop was founded.
pub struct Written {
    /// As the shop was founded.
    founded: PathBuf,
    sold: Connection,
    statements: Vec<String>,
    /// The sequence of the last sale that was read.
    read: i64,
}

impl Written {
    /// Those in a database, but for those that are in `founded` too.
    pub fn open(founded: &Path, sold: &Path) -> Self {
        let connection = open(sold);
        connection.execute_batch(READING).expect("indexes for reading");
        let adding = ADDED.map(|(table, _)| insert(&connection, table));
        let statements = adding.into_iter().chain(CHANGED.map(|(change, _)| change.to_owned())).collect();
        let read = known(founded);
        Self { founded: founded.to_owned(), sold: connection, statements, read }
    }

    /// Begins again with the first sale.
    pub fn rewind(&mut self) {
        self.read = known(&self.founded);
    }

    /// How many sales there are.
    pub fn sales(&self) -> i64 {
        number(&self.sold, "SELECT max(sequence) FROM orders") - known(&self.founded)
    }

    /// Replays all of it and compares every table with what Kassa wrote: the same rows, value by value, but for what the
    /// books keep for themselves.
    pub fn prove(&mut self, sold: &Path, copy: &Path) {
        let connection = open(&copied(&self.founded, copy));
        connection.execute_batch("BEGIN").expect("a transaction");
        loop {
            let sales = self.next(500);
            if sales.is_empty() {
                break;
            }
            for sale in &sales {
                floor::write(&connection, &self.statements, sale);
            }
        }
        connection.execute_batch("COMMIT").expect("the rows fit together");
        let sold = sold.to_str().expect("a path of text");
        connection.execute("ATTACH ? AS sold", [sold]).expect("Kassa's database beside it");
        let tables =
            "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND ? = 0";
        for table in rows(&mut statement(&connection, tables), &0.into()) {
            let [Value::Text(table)] = table.as_slice() else { panic!("{table:?} is no name") };
            compare(&connection, table);
        }
        self.rewind();
    }
}

impl Rows for Written {
    fn statements(&self) -> &[String] {
        &self.statements
    }

    fn next(&mut self, sales: usize) -> Vec<SaleRows> {
        let last = self.read + i64::try_from(sales).expect("a small number");
        let orders = format!(
            "SELECT id FROM orders WHERE sequence > {} AND sequence <= ? ORDER BY sequence",
            self.read
        );
        let mut orders = self.sold.prepare(&orders).expect("a statement that fits the schema");
        let orders: Vec<Value> = orders
            .query_map([last], |row| row.get(0))
            .expect("a query")
            .collect::<Result<_, _>>()
            .expect("rows that can be read");
        self.read = last;
        let mut reading: Vec<CachedStatement> =
            ADDED.iter().chain(&CHANGED).map(|(_, rows)| statement(&self.sold, rows)).collect();
        let sale = |order: &Value| {
            let writes = reading.iter_mut().enumerate().flat_map(|(statement, reading)| {
                let rows = rows(reading, order).into_iter();
                rows.map(move |values| Write { statement, values })
            });
            writes.collect()
        };
        orders.iter().map(sale).collect()
    }
}

fn compare(connection: &Connection, table: &str) {
    if OF_THE_BOOKS.contains(&table) {
        return;
    }
    let columns = format!("SELECT name FROM main.pragma_table_info('{table}') WHERE ? = 0");
    let columns = rows(&mut statement(connection, &columns), &0.into());
    let columns: Vec<String> = columns
        .into_iter()
        .map(|name| match name.as_slice() {
            [Value::Text(name)] => name.clone(),
            other => panic!("{other:?} is no name"),
        })
        .filter(|column| !OF_THE_BOOKS.contains(&format!("{table}.{column}").as_str()))
        .collect();
    let columns = columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
    for (one, other) in [("main", "sold"), ("sold", "main")] {
        let differing = format!(
            "SELECT count(*) FROM \
             (SELECT {columns} FROM {one}.{table} EXCEPT SELECT {columns} FROM {other}.{table})"
        );
        assert_eq!(number(connection, &differing), 0, "rows of {table} in {one} but not in {other}");
    }
}

/// A copy of a database whose server has stopped: the schema, the indexes and the parents of the rows.
pub fn copied(from: &Path, folder: &Path) -> PathBuf {
    let copy = empty(folder);
    std::fs::copy(from, &copy).expect("the database can be copied");
    copy
}

/// The place of a database in a folder, where there is none any more.
pub fn empty(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).expect("a folder can be made");
    for name in ["kassa.db", "kassa.db-wal", "kassa.db-shm"] {
        // Those of the measurement before, where there was one.
        let _ = std::fs::remove_file(folder.join(name));
    }
    folder.join("kassa.db")
}

fn known(founded: &Path) -> i64 {
    number(&open(founded), "SELECT max(sequence) FROM orders")
}

fn number(connection: &Connection, text: &str) -> i64 {
    connection.query_row(text, [], |row| row.get(0)).expect("a number")
}

/// An INSERT of whole rows.
fn insert(connection: &Connection, table: &str) -> String {
    let columns = statement(connection, &format!("SELECT * FROM {table}")).column_count();
    insert_into(table, columns)
}

/// An INSERT of whole rows of so many columns.
pub fn insert_into(table: &str, columns: usize) -> String {
    format!("INSERT INTO {table} VALUES ({})", vec!["?"; columns].join(", "))
}

fn rows(statement: &mut CachedStatement, parameter: &Value) -> Vec<Vec<Value>> {
    let columns = statement.column_count();
    let rows = statement.query_map([parameter], |row| (0..columns).map(|column| row.get(column)).collect());
    rows.expect("a query that fits the schema").collect::<Result<_, _>>().expect("rows that can be read")
}
