//! The floor: a bare loop over SQLite that writes the rows of sales, one durable commit a sale. No network, no rules,
//! nothing read.
//!
//! It stands for a backend that commits every sale by itself, at the least that can cost. It writes two kinds of rows:
//! those that Kassa writes now ([`crate::written`]), and those of a day in the past ([`crate::frozen`]), which no change
//! of Kassa's schema makes cheaper.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use kassa_load::latencies;
use rusqlite::{CachedStatement, Connection, params_from_iter, types::Value};

use crate::{
    machine,
    report::{Costs, Measured, Span, per_sale},
    slow_disk,
};

/// As the server has them. They are read back: SQLite ignores in silence what it does not take.
const PRAGMAS: [(&str, &str); 5] = [
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("mmap_size", "0"),
    ("secure_delete", "1"),
];
/// SQLite's defaults, which the server leaves alone.
const DEFAULTS: [(&str, &str); 3] =
    [("page_size", "4096"), ("wal_autocheckpoint", "1000"), ("cache_size", "-2000")];
/// So many sales are made ready at once, while no time is taken.
const AHEAD: usize = 500;

/// A row to write: the place of its statement, and its values.
pub struct Write {
    /// Among the statements of its rows.
    pub statement: usize,
    /// In the order of the statement's parameters.
    pub values: Vec<Value>,
}

/// The rows of one sale, in the order in which they are written.
pub type SaleRows = Vec<Write>;

/// Rows of sales, one sale after the other.
pub trait Rows {
    /// What writes a row; each is prepared once.
    fn statements(&self) -> &[String];
    /// Those of the next sales, at most so many; none when there are no more.
    fn next(&mut self, sales: usize) -> Vec<SaleRows>;
}

/// Writes sales one by one, each in a transaction of its own, until the span is over or there are no more. At the end the
/// log is emptied, and the time that takes counts.
pub fn measure(database: &Path, rows: &mut impl Rows, span: Span) -> Measured {
    let connection = open(database);
    let (mut latencies, mut clock, mut cpu) = (latencies::none(), Duration::ZERO, Some(Duration::ZERO));
    let (before, mut sales) = (slow_disk::syncs(), 0);
    while clock < span.end() {
        let ready = rows.next(AHEAD);
        if ready.is_empty() {
            break;
        }
        let began = machine::cpu_of_this_thread();
        for sale in &ready {
            let took = sell(&connection, rows.statements(), sale);
            (clock, sales) = (clock + took, sales + 1);
            if clock > span.warm_up {
                latencies::count(&mut latencies, took);
            }
            if clock >= span.end() {
                break;
            }
        }
        cpu = added(cpu, began);
    }
    let (cpu_began, began) = (machine::cpu_of_this_thread(), Instant::now());
    empty_the_log(&connection);
    let closing = began.elapsed();
    let syncs = slow_disk::syncs().zip(before).map(|(after, before)| (after - before) as f64 / sales as f64);
    let terminals = per_sale(added(cpu, cpu_began), sales);
    let costs = Costs { terminals, syncs, ..Costs::default() };
    Measured::new(&latencies, clock.saturating_sub(span.warm_up), closing, costs)
}

/// With the processor time of this thread since then.
fn added(cpu: Option<Duration>, since: Option<Duration>) -> Option<Duration> {
    Some(cpu? + machine::cpu_of_this_thread()?.saturating_sub(since?))
}

fn sell(connection: &Connection, statements: &[String], sale: &[Write]) -> Duration {
    let asked = Instant::now();
    run(connection, "BEGIN IMMEDIATE");
    write(connection, statements, sale);
    run(connection, "COMMIT");
    asked.elapsed()
}

/// Writes the rows of a sale.
pub fn write(connection: &Connection, statements: &[String], sale: &[Write]) {
    for Write { statement: place, values } in sale {
        let mut statement = statement(connection, &statements[*place]);
        let written = statement.execute(params_from_iter(values)).expect("the row is written");
        assert_eq!(written, 1, "one row each: {}", statements[*place]);
    }
}

fn empty_the_log(connection: &Connection) {
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .expect("the log is emptied");
    assert_eq!(busy, 0, "nobody else reads the log");
}

fn run(connection: &Connection, text: &str) {
    statement(connection, text).execute([]).expect("a transaction begins and ends");
}

/// Opens a database as the server does.
pub fn open(database: &Path) -> Connection {
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

/// A statement that is prepared once.
pub fn statement<'a>(connection: &'a Connection, text: &str) -> CachedStatement<'a> {
    connection.prepare_cached(text).expect("a statement that fits the schema")
}

/// How many bytes the values of a sale have.
pub fn bytes(sale: &[Write]) -> usize {
    let of_value = |value: &Value| match value {
        Value::Null => 0,
        Value::Integer(number) => bytes_of_number(*number),
        Value::Real(_) => 8,
        Value::Text(text) => text.len(),
        Value::Blob(blob) => blob.len(),
    };
    sale.iter().flat_map(|write| &write.values).map(of_value).sum()
}

/// As SQLite stores it.
fn bytes_of_number(number: i64) -> usize {
    match number {
        0 | 1 => 0,
        -0x80..=0x7f => 1,
        -0x8000..=0x7fff => 2,
        -0x80_0000..=0x7f_ffff => 3,
        -0x8000_0000..=0x7fff_ffff => 4,
        -0x8000_0000_0000..=0x7fff_ffff_ffff => 6,
        _ => 8,
    }
}
