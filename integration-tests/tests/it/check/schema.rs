//! The schema as the database itself tells it, and ways to damage what is in it.

use std::path::Path;

use rusqlite::{
    Connection,
    types::{Value, ValueRef},
};
use sea_orm::prelude::Uuid;

/// What may be cleared without a fault.
pub const MAY_BE_CLEARED: [(&str, &str); 2] = [
    // Answers expire. One that is changed, and not cleared, is a fault.
    ("idempotency_keys", "answer"),
    // Nothing has happened in the branch since there was such a column.
    ("branches", "last_time"),
];

/// What no record proves, so that another number is as good.
const MAY_BE_ANOTHER: [(&str, &str); 2] = [("branches", "batch"), ("businesses", "people_version")];

/// A table.
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The unique keys, the primary one first.
    keys: Vec<Vec<String>>,
}

/// A column.
#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub kind: String,
    pub nullable: bool,
}

/// A row: its number for SQLite, and its values.
#[derive(Clone)]
pub struct Row {
    pub number: i64,
    pub values: Vec<Value>,
}

/// Opens a database so that everything can be written into it.
pub fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;").unwrap();
    connection
}

/// Opens a database that takes NULL everywhere.
pub fn open_without_rules(file: &Path) -> Connection {
    let lawless = "PRAGMA writable_schema = ON;
                   UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE type = 'table';";
    Connection::open(file).unwrap().execute_batch(lawless).unwrap();
    open(file)
}

/// All tables of the books.
pub fn tables(connection: &Connection) -> Vec<Table> {
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
                 AND name <> 'seaql_migrations' ORDER BY name";
    let names: Vec<String> = list(connection, names, |row| row.get(0));
    names.into_iter().map(|name| table(connection, name)).collect()
}

fn list<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

fn table(connection: &Connection, name: String) -> Table {
    let columns = list(connection, &format!("PRAGMA table_info({name})"), |row| {
        let (nullable, place): (bool, i64) = (row.get::<_, i64>(3)? == 0, row.get(5)?);
        let kind = row.get::<_, String>(2)?.to_lowercase();
        Ok((Column { name: row.get(1)?, kind, nullable }, place))
    });
    let mut primary: Vec<_> = columns.iter().filter(|(_, place)| *place > 0).collect();
    primary.sort_by_key(|(_, place)| *place);
    let mut keys: Vec<Vec<String>> = vec![primary.iter().map(|(column, _)| column.name.clone()).collect()];
    let indexes = list(connection, &format!("PRAGMA index_list({name})"), |row| {
        Ok((row.get::<_, String>(1)?, row.get::<_, bool>(2)?, row.get::<_, bool>(4)?))
    });
    for (index, _, _) in indexes.into_iter().filter(|(_, unique, partial)| *unique && !partial) {
        keys.push(list(connection, &format!("PRAGMA index_info({index})"), |row| row.get(2)));
    }
    let columns = columns.into_iter().map(|(column, _)| column).collect();
    Table { name, columns, keys }
}

impl Table {
    pub fn rows(&self, connection: &Connection) -> Vec<Row> {
        let columns = self.columns.len();
        list(connection, &format!("SELECT rowid, * FROM {}", self.name), |row| {
            let values = (1..=columns).map(|place| row.get_ref(place).map(value));
            let values = values.collect::<rusqlite::Result<_>>()?;
            Ok(Row { number: row.get(0)?, values })
        })
    }

    pub fn may_be_cleared(&self, column: usize) -> bool {
        MAY_BE_CLEARED.contains(&(self.name.as_str(), self.columns[column].name.as_str()))
    }

    pub fn may_be_another(&self, column: usize) -> bool {
        MAY_BE_ANOTHER.contains(&(self.name.as_str(), self.columns[column].name.as_str()))
    }

    pub fn is_the_journal(&self) -> bool {
        self.name.starts_with("journal")
    }

    /// What a fault says of a column: its name. A key that is another makes another row, a record of the
    /// journal is one by its hash, and what no record says of an idempotency key is under its seal.
    pub fn mark(&self, column: usize) -> String {
        let name = &self.columns[column].name;
        let is_sealed = ["branch_id", "sequence", "fingerprint"].contains(&name.as_str());
        if self.keys[0].contains(name) || self.is_the_journal() {
            String::new()
        } else if self.name == "idempotency_keys" && is_sealed {
            "seal".to_owned()
        } else {
            name.clone()
        }
    }

    /// The row as a fault may name it: by its primary key, as it is named in the report.
    pub fn name(&self, row: &Row) -> String {
        self.name_by(&self.keys[0], row)
    }

    /// By any of its unique keys: a row that is gone may be missed in a series only.
    pub fn names(&self, row: &Row) -> Vec<String> {
        self.keys.iter().map(|key| self.name_by(key, row)).collect()
    }

    fn name_by(&self, key: &[String], row: &Row) -> String {
        let parts = key.iter().map(|name| {
            let value =
                text(&row.values[self.columns.iter().position(|column| column.name == *name).unwrap()]);
            if name == "id" { value } else { format!("{} {value}", name.trim_end_matches("_id")) }
        });
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Changes one value. False if a unique index is in the way.
    pub fn set(&self, connection: &Connection, row: &Row, column: usize, value: &Value) -> bool {
        let sql = format!("UPDATE {} SET \"{}\" = ?1 WHERE rowid = ?2", self.name, self.columns[column].name);
        match connection.execute(&sql, rusqlite::params![value, row.number]) {
            Ok(changed) => changed == 1,
            Err(error) => {
                assert!(error.to_string().contains("UNIQUE"), "{}: {error}", self.name);
                false
            }
        }
    }

    /// Sets one value to an expression of SQL, and says how the row is stored then. Nothing if it is not
    /// stored like that, or as before.
    pub fn set_to(&self, connection: &Connection, row: &Row, column: usize, value: &str) -> Option<Row> {
        let name = &self.columns[column].name;
        if value == "NULL" && self.may_be_cleared(column) {
            return None;
        }
        let sql = format!("UPDATE {} SET \"{name}\" = {value} WHERE rowid = {}", self.name, row.number);
        connection.execute(&sql, []).ok()?;
        let changed = self.rows(connection).into_iter().find(|other| other.number == row.number)?;
        (changed.values != row.values).then_some(changed)
    }

    pub fn delete(&self, connection: &Connection, row: &Row) {
        let sql = format!("DELETE FROM {} WHERE rowid = ?1", self.name);
        assert_eq!(connection.execute(&sql, [row.number]).unwrap(), 1);
    }

    /// Inserts a copy of a row, changed as little as its unique indexes ask for. Returns the copy.
    pub fn double(&self, connection: &Connection, row: &Row) -> Row {
        let mut copy = row.clone();
        let places: Vec<String> = (1..=self.columns.len()).map(|place| format!("?{place}")).collect();
        let sql = format!("INSERT INTO {} VALUES ({})", self.name, places.join(", "));
        for attempt in 0..20 {
            match connection.execute(&sql, rusqlite::params_from_iter(&copy.values)) {
                Ok(_) => return copy,
                Err(error) => {
                    let text = error.to_string();
                    let taken = text.split("UNIQUE constraint failed: ").nth(1).expect(&text);
                    // The last of the columns: a row's own place rather than what it belongs to.
                    let taken = taken.split(", ").last().unwrap().split('.').nth(1).unwrap();
                    let place = self.columns.iter().position(|column| column.name == taken).unwrap();
                    copy.values[place] = other(&copy.values[place], &self.columns[place], attempt);
                }
            }
        }
        panic!("{}: a copy never fits", self.name);
    }
}

/// Another value that looks as good.
pub fn other(value: &Value, column: &Column, attempt: u8) -> Value {
    match value {
        Value::Integer(flag) if column.kind == "boolean" => Value::Integer(1 - flag),
        Value::Integer(number) => Value::Integer(number + 1 + 1_000 * i64::from(attempt)),
        Value::Text(text) => match text.chars().last() {
            // The last character becomes the next one: a number stays a number of the same length.
            Some(last) if attempt == 0 => {
                let next = char::from_u32(u32::from(last) + 1).unwrap();
                Value::Text(format!("{}{next}", text.strip_suffix(last).unwrap()))
            }
            _ => Value::Text(format!("{text}{attempt}")),
        },
        Value::Blob(bytes) => {
            let mut bytes = bytes.clone();
            match bytes.last_mut() {
                Some(last) => *last ^= 1 << attempt,
                None => bytes.push(1),
            }
            Value::Blob(bytes)
        }
        Value::Null if column.kind.contains("int") => Value::Integer(1 + i64::from(attempt)),
        Value::Null if column.kind.contains("text") => Value::Text("x".to_owned()),
        Value::Null => Value::Blob(vec![0; 16]),
        Value::Real(_) => panic!("{} holds a fraction", column.name),
    }
}

/// A text that is no UTF-8 can't be a text here.
fn value(value: ValueRef) -> Value {
    value.try_into().unwrap_or_else(|_| Value::Blob(value.as_bytes().unwrap().to_vec()))
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(id) => id.to_string(),
            Err(_) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        },
        Value::Real(number) => number.to_string(),
    }
}
