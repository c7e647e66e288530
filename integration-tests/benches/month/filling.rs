//! A month of sales, copied from a few that a server made.

use std::path::Path;

use rusqlite::{Connection, Transaction, params_from_iter, types::Value};

pub const YEAR: i32 = 2025;
pub const MONTH: i32 = 11;
/// Days of the month.
pub const DAYS: i32 = 30;
/// Midnight of its first day, in microseconds.
const BEGINS: i64 = 1_761_955_200_000_000;
const MICROS_OF_A_DAY: i64 = 86_400_000_000;
/// For so long the shop is open each day, from eight in the morning.
const OPEN: i64 = 14 * 3_600_000_000;
/// A closed shift.
const CLOSED: i64 = 3;

/// A row, column by column, to be stored again as another.
#[derive(Clone)]
struct Row {
    table: &'static str,
    columns: Vec<String>,
    values: Vec<Value>,
}

impl Row {
    /// All rows of a table with a value in a column.
    fn all(books: &Connection, table: &'static str, column: &str, value: &Value) -> Vec<Self> {
        let sql = format!("SELECT * FROM {table} WHERE {column} = ? ORDER BY rowid");
        let mut found = books.prepare_cached(&sql).expect("the table is there");
        let columns: Vec<String> = found.column_names().into_iter().map(str::to_owned).collect();
        let count = columns.len();
        let rows = found.query_map([value], |row| (0..count).map(|place| row.get(place)).collect());
        let rows = rows.expect("rows").map(|values| values.expect("values"));
        rows.map(|values| Self { table, columns: columns.clone(), values }).collect()
    }

    fn get(&self, column: &str) -> Value {
        let place = self.columns.iter().position(|name| name == column).expect("the column is there");
        self.values[place].clone()
    }

    fn with(mut self, column: &str, value: impl Into<Value>) -> Self {
        let place = self.columns.iter().position(|name| name == column).expect("the column is there");
        self.values[place] = value.into();
        self
    }

    fn store(&self, books: &Transaction<'_>) {
        let marks = vec!["?"; self.columns.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES ({marks})", self.table, self.columns.join(", "));
        let mut insert = books.prepare_cached(&sql).expect("the table takes rows");
        insert.execute(params_from_iter(&self.values)).expect("the row is stored");
    }
}

/// A sale with its parts.
struct Sale {
    order: Row,
    parts: Vec<Row>,
}

/// A till's open shift, and what was sold in it.
struct Till {
    shift: Row,
    sales: Vec<Sale>,
}

/// An id that sorts by its number.
fn id(kind: u128, number: usize) -> Value {
    let number = u128::try_from(number).expect("a number");
    Value::Blob(((0x0190 << 112) | (kind << 96) | (7 << 76) | (2 << 62) | number).to_be_bytes().to_vec())
}

/// Fills a month with so many sales, all day and at all tills in turn.
pub fn fill(database: &Path, sales: usize) {
    let mut books = Connection::open(database).expect("the database opens");
    let tills: Vec<Till> = Row::all(&books, "shifts", "state", &Value::Integer(1))
        .into_iter()
        .map(|shift| Till { sales: made(&books, &shift), shift })
        .collect();
    assert!(!tills.is_empty() && tills.iter().all(|till| !till.sales.is_empty()), "every till has sold");
    let days = usize::try_from(DAYS).expect("a count");
    let books = books.transaction().expect("a transaction");
    let mut sold = 0;
    for day in 0..days {
        let shift = |till: usize| id(1, day * tills.len() + till);
        let date = i64::from(YEAR * 10_000 + MONTH * 100 + 1) + i64::try_from(day).expect("a day");
        let begins = BEGINS + MICROS_OF_A_DAY * i64::try_from(day).expect("a day") + 8 * 3_600_000_000;
        for (place, till) in tills.iter().enumerate() {
            let row = till.shift.clone().with("id", shift(place)).with("state", CLOSED);
            let row = row.with("number", format!("MONTH-{day}-{place}")).with("business_date", date);
            row.with("open_time", begins).with("close_time", begins + OPEN).store(&books);
        }
        let until = sales * (day + 1) / days;
        let of_day = i64::try_from(until - sold).expect("a count");
        for number in 0..of_day {
            let till = sold % tills.len();
            let made = &tills[till].sales;
            let sale = &made[sold / tills.len() % made.len()];
            let order = sale.order.clone().with("id", id(2, sold)).with("shift_id", shift(till));
            let order = order.with("receipt_number", format!("MONTH-{sold}")).with("business_date", date);
            // Far behind the numbers that the server goes on with.
            let sequence = 1_000_000_000 + i64::try_from(sold).expect("a number");
            let time = begins + OPEN / of_day * number;
            order.with("sequence", sequence).with("create_time", time).store(&books);
            for part in &sale.parts {
                part.clone().with("order_id", id(2, sold)).store(&books);
            }
            sold += 1;
        }
    }
    books.commit().expect("the month is stored");
}

fn made(books: &Connection, shift: &Row) -> Vec<Sale> {
    let orders = Row::all(books, "orders", "shift_id", &shift.get("id"));
    let parts = |order: &Row| {
        let of = |table| Row::all(books, table, "order_id", &order.get("id"));
        [of("order_lines"), of("order_tenders")].concat()
    };
    orders.into_iter().map(|order| Sale { parts: parts(&order), order }).collect()
}
