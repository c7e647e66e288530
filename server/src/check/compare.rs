//! Rows as the journal makes them against rows as they are stored, column by column.

use std::{collections::HashSet, marker::PhantomData};

use sea_orm::{
    ColumnTrait, Condition, DbBackend, EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Statement,
    sea_query::{Asterisk, Expr, ExprTrait as _},
};

use super::{CheckLine, Failure, Inspection};
use crate::store::{cell::Cell, conditions::Found, row::Row, sqlite::inspection};

/// Rows that are looked for together.
const CHUNK: usize = 256;
/// Keys that are read together when rows nobody expects are looked for.
const PAGE: u64 = 10_000;

type Column<R> = <<R as ModelTrait>::Entity as EntityTrait>::Column;
type PrimaryKey<R> = <<R as ModelTrait>::Entity as EntityTrait>::PrimaryKey;

/// A table while its rows are compared.
///
/// What is expected is compared chunk by chunk; how many stored rows were met is counted, so that the
/// rows that nobody expects are looked for only where the table holds more.
pub struct Table<R> {
    met: u64,
    row: PhantomData<R>,
}

/// A row's key and its other columns, as they are stored.
pub struct Stored {
    /// All columns, in the order of the entity.
    pub cells: Vec<Cell>,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { met: 0, row: PhantomData }
    }
}

impl<R: Found> Table<R> {
    /// After this many rows were compared elsewhere.
    pub fn met(met: u64) -> Self {
        Self { met, row: PhantomData }
    }

    /// Compares a whole table that the journal makes.
    pub fn compare_all(
        database: &Inspection,
        line: &mut CheckLine,
        expected: impl IntoIterator<Item = R>,
    ) -> Result<(), Failure> {
        let mut table = Self::default();
        let mut keys = HashSet::new();
        let mut expected = expected.into_iter().peekable();
        while expected.peek().is_some() {
            let chunk: Vec<R> = expected.by_ref().take(CHUNK).collect();
            keys.extend(chunk.iter().map(key));
            table.compare(database, line, chunk)?;
        }
        table.others(database, line, |key| keys.contains(key))
    }

    /// Compares rows that are found by their keys.
    pub fn compare(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        mut expected: Vec<R>,
    ) -> Result<(), Failure> {
        while !expected.is_empty() {
            let rest = expected.split_off(expected.len().min(CHUNK));
            for expected in last_of_each(expected) {
                // A row of another key is met, if nobody expects it, by `others`.
                match database.compare(&expected)? {
                    inspection::Found::Same => self.met = self.met.saturating_add(1),
                    inspection::Found::Other(cells) => {
                        self.met = self.met.saturating_add(1);
                        differences(line, &expected, &Stored { cells });
                    }
                    inspection::Found::Missing => missing(line, &expected),
                }
            }
            expected = rest;
        }
        Ok(())
    }

    /// Compares all rows that have a look-up: any other row that has it is a fault.
    pub fn compare_group(
        &mut self,
        database: &Inspection,
        line: &mut CheckLine,
        index: &R::Index,
        expected: Vec<R>,
    ) -> Result<(), Failure> {
        let mut expected = last_of_each(expected);
        let met = database.compare_all(&R::terms(index), &mut expected, |cells, expected| {
            let stored = Stored { cells };
            match expected {
                Some(expected) => differences(line, &expected, &stored),
                None => {
                    let key = key_text::<R>(&stored.key::<R>());
                    line.fault(table_name::<R>(), key, unexpected(table_name::<R>()));
                }
            }
        })?;
        self.met = self.met.saturating_add(met);
        expected.iter().for_each(|expected| missing(line, expected));
        Ok(())
    }

    /// Finds the rows that nobody expects. `known` says of a key whether its row was compared.
    pub fn others(
        &self,
        database: &Inspection,
        line: &mut CheckLine,
        known: impl Fn(&[Cell]) -> bool,
    ) -> Result<(), Failure> {
        if count::<R>(database)? == self.met {
            return Ok(());
        }
        let mut offset = 0;
        loop {
            let mut find = <R::Entity as EntityTrait>::find().select_only().limit(PAGE).offset(offset);
            for column in keys::<R>() {
                find = find.column(column).order_by_asc(column);
            }
            let page = database.rows(&find.build(DbBackend::Sqlite))?;
            for key in &page {
                if !known(key) {
                    line.fault(table_name::<R>(), key_text::<R>(key), unexpected(table_name::<R>()));
                }
            }
            if page.is_empty() {
                return Ok(());
            }
            offset = offset.saturating_add(PAGE);
        }
    }
}

/// Of rows with the same key the last.
fn last_of_each<R: Row>(mut rows: Vec<R>) -> Vec<R> {
    let mut keys = HashSet::new();
    let twice: Vec<bool> = rows.iter().rev().map(|row| !keys.insert(row.key())).collect();
    let mut twice = twice.into_iter().rev();
    rows.retain(|_| !twice.next().unwrap_or_default());
    rows
}

fn missing<R: Found>(line: &mut CheckLine, expected: &R) {
    line.fault(table_name::<R>(), key_text::<R>(&key(expected)), "is missing; the journal has it");
}

/// What is wrong with a row that nobody expects.
fn unexpected(table: &str) -> &'static str {
    match table {
        "journal_records" => "stands in no chain",
        "idempotency_keys" => "belongs to no branch",
        _ => "is not in the journal",
    }
}

/// What no record proves. Damage to it can only have what is kept in memory read again.
const UNPROVED: [(&str, &str); 2] = [("branches", "batch"), ("businesses", "people_version")];
/// What is none where nothing has happened since a step of the schema.
const PERHAPS_NONE: [(&str, &str); 1] = [("branches", "last_time")];

fn differences<R: Found>(line: &mut CheckLine, expected: &R, stored: &Stored) {
    let key = &stored.key::<R>();
    for (column, cell) in Column::<R>::iter().zip(&stored.cells) {
        let value = expected.get(column);
        if !cell.holds(&value) {
            let right = Cell::of(value);
            let (table, name) = (table_name::<R>(), column.as_str());
            let is_none = *cell == Cell::Null && PERHAPS_NONE.contains(&(table, name));
            if is_none {
                continue;
            }
            if UNPROVED.contains(&(table, name)) {
                if !matches!(cell, Cell::Number(0..)) {
                    line.fault(table, key_text::<R>(key), format!("{name} is {cell}, which is no count"));
                }
                continue;
            }
            let source = source(table, name);
            line.fault(table, key_text::<R>(key), format!("{name} is {cell}, {source} it {right}"));
        }
    }
}

/// What a column follows from.
fn source(table: &str, column: &str) -> &'static str {
    match (table, column) {
        // Not every key has a record: a shift that was joined wrote nothing else.
        ("branches", "last_key_sequence") => "its keys make",
        ("branches", "last_draft_sequence" | "open_drafts") => "its drafts make",
        _ => "the journal makes",
    }
}

/// Reads whole rows.
pub fn load<R: Found>(database: &Inspection, conditions: Vec<Condition>) -> Result<Vec<Stored>, Failure> {
    let mut stored = Vec::new();
    for condition in conditions {
        let rows = database.rows(&select::<R>(condition))?;
        stored.extend(rows.into_iter().map(|cells| Stored { cells }));
    }
    Ok(stored)
}

/// The statement that reads whole rows.
pub fn select<R: Found>(condition: Condition) -> Statement {
    <R::Entity as EntityTrait>::find().filter(condition).build(DbBackend::Sqlite)
}

/// Reads the next rows of a series, in its order.
pub fn load_next<R: Found>(
    database: &Inspection,
    of: Condition,
    (sequence, last): (Column<R>, i64),
    most: u64,
) -> Result<Vec<Stored>, Failure> {
    let rows = database.rows(&select_next::<R>(of, (sequence, last), most))?;
    Ok(behind::<R>(rows, (sequence, last)))
}

/// The statement that reads the next rows of a series.
pub fn select_next<R: Found>(of: Condition, (sequence, last): (Column<R>, i64), most: u64) -> Statement {
    let find = <R::Entity as EntityTrait>::find().filter(of.add(sequence.gt(last)));
    find.order_by_asc(sequence).limit(most).build(DbBackend::Sqlite)
}

/// The rows that are behind the last one. A damaged index gives others, and whoever read on from them would never end:
/// they are left out; that table and index differ is what `integrity_check` says.
pub fn behind<R: Found>(rows: Vec<Vec<Cell>>, (sequence, mut last): (Column<R>, i64)) -> Vec<Stored> {
    let rows = rows.into_iter().map(|cells| Stored { cells });
    let rows = rows.filter(|row| match row.get::<R>(sequence).number() {
        Some(place) if place > last => {
            last = place;
            true
        }
        Some(_) => false,
        None => true,
    });
    rows.collect()
}

impl Stored {
    /// The primary key.
    pub fn key<R: Found>(&self) -> Vec<Cell> {
        keys::<R>().map(|column| self.get::<R>(column).clone()).collect()
    }

    /// A column.
    pub fn get<R: Found>(&self, column: Column<R>) -> &Cell {
        let place = Column::<R>::iter().position(|other| other.as_str() == column.as_str());
        place.and_then(|place| self.cells.get(place)).unwrap_or(&Cell::Null)
    }
}

fn keys<R: Found>() -> impl Iterator<Item = Column<R>> {
    PrimaryKey::<R>::iter().map(PrimaryKeyToColumn::into_column)
}

fn key<R: Found>(row: &R) -> Vec<Cell> {
    keys::<R>().map(|column| Cell::of(row.get(column))).collect()
}

fn count<R: Found>(database: &Inspection) -> Result<u64, Failure> {
    let rows = Expr::col(Asterisk).count();
    let find = <R::Entity as EntityTrait>::find().select_only().expr(rows);
    let counted = database.rows(&find.build(DbBackend::Sqlite))?;
    let count = counted.first().and_then(|row| row.first()).and_then(Cell::number);
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default())
}

/// The table's name.
pub fn table_name<R: Found>() -> &'static str {
    <R::Entity as Default>::default().table_name()
}

/// A row by its key: `branch 0198.., product 0198..`.
pub fn key_text<R: Found>(key: &[Cell]) -> String {
    let names: Vec<Column<R>> = keys::<R>().collect();
    let names: Vec<&str> = names.iter().map(IdenStatic::as_str).collect();
    row_text(names.into_iter().zip(key))
}

/// A row by some of its columns.
pub fn row_text<'a>(columns: impl IntoIterator<Item = (&'a str, &'a Cell)>) -> String {
    let parts = columns.into_iter().map(|(name, cell)| {
        let shown = cell.text().map_or_else(|| cell.to_string(), str::to_owned);
        match name {
            "id" => shown,
            name => format!("{} {shown}", name.trim_end_matches("_id")),
        }
    });
    parts.collect::<Vec<_>>().join(", ")
}
