//! Rows as the journal makes them against rows as they are stored, column by column.

use std::{
    collections::{HashMap, HashSet},
    marker::PhantomData,
};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityName, EntityTrait, IdenStatic, Iterable,
    ModelTrait, PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Asterisk, Expr, ExprTrait as _},
};

use super::CheckLine;
use crate::store::{cell::Cell, conditions::Found, row::Row, sqlite::cells};

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
    pub async fn compare_all(
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        expected: impl IntoIterator<Item = R>,
    ) -> Result<(), DbErr> {
        let mut table = Self::default();
        let mut keys = HashSet::new();
        let mut expected = expected.into_iter().peekable();
        while expected.peek().is_some() {
            let chunk: Vec<R> = expected.by_ref().take(CHUNK).collect();
            keys.extend(chunk.iter().map(key));
            table.compare(database, line, chunk).await?;
        }
        table.others(database, line, |key| keys.contains(key)).await
    }

    /// Compares rows that are found by their keys.
    pub async fn compare(
        &mut self,
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        mut expected: Vec<R>,
    ) -> Result<(), DbErr> {
        while !expected.is_empty() {
            let rest = expected.split_off(expected.len().min(CHUNK));
            let keys: Vec<R::Key> = expected.iter().map(Row::key).collect();
            let stored = load::<R>(database, R::by_keys(&keys)).await?;
            // A row of another key is met, if nobody expects it, by `others`.
            self.match_rows(line, expected, &stored, |_, _| false);
            expected = rest;
        }
        Ok(())
    }

    /// Compares all rows that have these look-ups: any other row that has them is a fault.
    pub async fn compare_groups(
        &mut self,
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        indexes: &[R::Index],
        expected: Vec<R>,
    ) -> Result<(), DbErr> {
        let stored = load::<R>(database, R::by_indexes(indexes)).await?;
        self.match_rows(line, expected, &stored, |line, key| {
            line.fault(table_name::<R>(), key_text::<R>(key), unexpected(table_name::<R>()));
            true
        });
        Ok(())
    }

    /// Compares expected rows with stored ones; `unexpected` says whether it dealt with a row.
    fn match_rows(
        &mut self,
        line: &mut CheckLine,
        expected: Vec<R>,
        stored: &[Stored],
        unexpected: impl Fn(&mut CheckLine, &[Cell]) -> bool,
    ) {
        let columns: Vec<Column<R>> = Column::<R>::iter().collect();
        let mut expected: HashMap<Vec<Cell>, R> = expected.into_iter().map(|row| (key(&row), row)).collect();
        for row in stored {
            let key = row.key::<R>();
            if let Some(expected) = expected.remove(&key) {
                self.met = self.met.saturating_add(1);
                differences(line, &columns, &key, &expected, row);
            } else if unexpected(line, &key) {
                self.met = self.met.saturating_add(1);
            }
        }
        for key in expected.into_keys() {
            line.fault(table_name::<R>(), key_text::<R>(&key), "is missing; the journal has it");
        }
    }

    /// Finds the rows that nobody expects. `known` says of a key whether its row was compared.
    pub async fn others(
        &self,
        database: &impl ConnectionTrait,
        line: &mut CheckLine,
        known: impl Fn(&[Cell]) -> bool,
    ) -> Result<(), DbErr> {
        if count::<R>(database).await? == self.met {
            return Ok(());
        }
        let mut offset = 0;
        loop {
            let mut find = <R::Entity as EntityTrait>::find().select_only().limit(PAGE).offset(offset);
            for column in keys::<R>() {
                find = find.column(column).order_by_asc(column);
            }
            let page = database.query_all_raw(find.build(database.get_database_backend())).await?;
            for row in &page {
                let key = cells(row)?;
                if !known(&key) {
                    line.fault(table_name::<R>(), key_text::<R>(&key), unexpected(table_name::<R>()));
                }
            }
            if page.is_empty() {
                return Ok(());
            }
            offset = offset.saturating_add(PAGE);
        }
    }
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

fn differences<R: Found>(
    line: &mut CheckLine,
    columns: &[Column<R>],
    key: &[Cell],
    expected: &R,
    stored: &Stored,
) {
    for (column, cell) in columns.iter().zip(&stored.cells) {
        let value = expected.get(*column);
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
pub async fn load<R: Found>(
    database: &impl ConnectionTrait,
    conditions: Vec<Condition>,
) -> Result<Vec<Stored>, DbErr> {
    let mut stored = Vec::new();
    for condition in conditions {
        let statement =
            <R::Entity as EntityTrait>::find().filter(condition).build(database.get_database_backend());
        for row in database.query_all_raw(statement).await? {
            stored.push(Stored { cells: cells(&row)? });
        }
    }
    Ok(stored)
}

/// Reads the next rows of a series, in its order. A damaged index gives rows that are not behind the last one: whoever
/// read on from them would never end. They are left out; that table and index differ is what `integrity_check` says.
pub async fn load_next<R: Found>(
    database: &impl ConnectionTrait,
    of: Condition,
    (sequence, last): (Column<R>, i64),
    most: u64,
) -> Result<Vec<Stored>, DbErr> {
    let find = <R::Entity as EntityTrait>::find().filter(of.add(sequence.gt(last)));
    let find = find.order_by_asc(sequence).limit(most);
    let mut rows = Vec::new();
    let mut last = last;
    for row in database.query_all_raw(find.build(database.get_database_backend())).await? {
        let row = Stored { cells: cells(&row)? };
        let place = row.get::<R>(sequence).number();
        if place.is_none_or(|place| place > last) {
            last = place.unwrap_or(last);
            rows.push(row);
        }
    }
    Ok(rows)
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

async fn count<R: Found>(database: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let rows = Expr::col(Asterisk).count();
    let find = <R::Entity as EntityTrait>::find().select_only().expr(rows);
    let row = database.query_one_raw(find.build(database.get_database_backend())).await?;
    let row = row.ok_or_else(|| DbErr::Custom("a count says nothing".to_owned()))?;
    row.try_get_by_index::<i64>(0).map(|count| u64::try_from(count).unwrap_or_default())
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
