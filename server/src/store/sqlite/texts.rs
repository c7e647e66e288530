//! The texts of the engine's statements.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use rusqlite::Connection;

use crate::store::row::{Row, Term, Value};

/// The texts of statements: building one costs more than running it.
#[derive(Default)]
pub struct Texts(HashMap<(&'static str, Kind), Arc<str>>);

#[derive(PartialEq, Eq, Hash)]
enum Kind {
    Insert,
    /// The columns that are written.
    Update(u128),
    /// The terms, without their values.
    Select(Vec<Term<'static>>),
}

impl Texts {
    fn of(&mut self, table: &'static str, kind: Kind, build: impl FnOnce() -> String) -> Arc<str> {
        Arc::clone(self.0.entry((table, kind)).or_insert_with(|| build().into()))
    }

    /// Writes a new row: all columns, in their order.
    pub fn insert<R: Row>(&mut self) -> Arc<str> {
        self.of(R::TABLE, Kind::Insert, || {
            let places = vec!["?"; R::COLUMNS.len()].join(", ");
            format!("INSERT INTO {} ({}) VALUES ({places})", R::TABLE, columns::<R>())
        })
    }

    /// Writes the columns of a mask; the key's values come last.
    pub fn update<R: Row>(&mut self, mask: u128) -> Arc<str> {
        self.of(R::TABLE, Kind::Update(mask), || {
            let changed = R::COLUMNS.iter().enumerate().filter(|(place, _)| mask & 1 << place != 0);
            let sets: Vec<String> = changed.map(|(_, name)| format!("\"{name}\" = ?")).collect();
            let key: Vec<String> = R::key_columns().map(|name| format!("\"{name}\" = ?")).collect();
            format!("UPDATE {} SET {} WHERE {}", R::TABLE, sets.join(", "), key.join(" AND "))
        })
    }

    /// Finds the rows of a look-up; its values are bound in the order of its terms.
    pub fn select<R: Row>(&mut self, terms: &[Term], connection: &Connection) -> Arc<str> {
        let shape = terms.iter().map(|term| match *term {
            Term::Is(column, _) => Term::Is(column, Value::Null),
            Term::Constant(column, number) => Term::Constant(column, number),
            Term::Null(column) => Term::Null(column),
        });
        self.of(R::TABLE, Kind::Select(shape.collect()), || {
            let text = select::<R>(terms);
            // Whatever a rule comes to look up, a debug build tells that it has no index.
            debug_assert!(
                terms.is_empty() || is_searched(connection, &text),
                "it reads all of a table: {text}"
            );
            text
        })
    }
}

/// Whether a look-up goes by an index.
fn is_searched(connection: &Connection, text: &str) -> bool {
    let detail =
        connection.query_row(&format!("EXPLAIN QUERY PLAN {text}"), [], |row| row.get::<_, String>(3));
    // What can't be asked fails by itself.
    detail.map_or(true, |detail| detail.starts_with("SEARCH"))
}

fn select<R: Row>(terms: &[Term]) -> String {
    let mut text = format!("SELECT {} FROM {}", columns::<R>(), R::TABLE);
    for (place, term) in terms.iter().enumerate() {
        text.push_str(if place == 0 { " WHERE " } else { " AND " });
        // Writing to a text can't fail.
        let _ = match term {
            Term::Is(column, _) => write!(text, "{} = ?", left(column)),
            Term::Constant(column, number) => write!(text, "{} = {number}", left(column)),
            Term::Null(column) => write!(text, "{} IS NULL", left(column)),
        };
    }
    text
}

fn columns<R: Row>() -> String {
    R::COLUMNS.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

/// A column's name, or an expression as an index has it.
fn left(column: &str) -> String {
    if column.contains('(') { column.to_owned() } else { format!("\"{column}\"") }
}
