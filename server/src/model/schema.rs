//! The schema's own words (CHECK, unique indexes, foreign keys), read from a migrated database once, so
//! that rows in memory are held to them without one.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use kassa_migration::Migrator;
use sea_orm::{ConnectionTrait as _, Statement};
use sea_orm_migration::MigratorTrait as _;

use super::condition::Condition;
use crate::{
    books::Member,
    store::{cell::Cell, row::Value, sqlite},
};

/// What the schema says of a table.
#[derive(Debug, Default)]
struct Table {
    name: String,
    checks: Vec<(String, Condition)>,
    uniques: Vec<Unique>,
    /// A column and the table whose `id` it names.
    parents: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
struct Unique {
    name: String,
    columns: Vec<String>,
    only: Option<Condition>,
}

static SCHEMA: LazyLock<Vec<Table>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(read())
});

async fn read() -> Vec<Table> {
    let database = sqlite::in_memory().await.expect("a database in memory");
    Migrator::up(&database, None).await.expect("the schema");
    let rows = async |sql: String| {
        let statement = Statement::from_string(database.get_database_backend(), sql);
        database.query_all_raw(statement).await.expect("the schema is read")
    };
    let text =
        |row: &sea_orm::QueryResult, column: &str| -> String { row.try_get("", column).expect("a text") };
    let mut tables = Vec::new();
    for row in
        rows("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL".to_owned()).await
    {
        let (name, sql) = (text(&row, "name"), text(&row, "sql"));
        let mut table = Table { name: name.clone(), checks: checks(&sql), ..Table::default() };
        for row in rows(format!("SELECT \"from\", \"table\" FROM pragma_foreign_key_list('{name}')")).await {
            table.parents.push((text(&row, "from"), text(&row, "table")));
        }
        for row in rows(format!(
            "SELECT name FROM pragma_index_list('{name}') WHERE origin = 'c' AND \"unique\" = 1"
        ))
        .await
        {
            let index = text(&row, "name");
            let columns = rows(format!("SELECT name FROM pragma_index_info('{index}')")).await;
            let sql =
                rows(format!("SELECT COALESCE(sql, '') AS sql FROM sqlite_master WHERE name = '{index}'"))
                    .await;
            let sql = sql.first().map(|row| text(row, "sql")).unwrap_or_default();
            let only = sql.split_once(" WHERE ").map(|(_, condition)| Condition::parse(condition));
            let columns = columns.iter().map(|row| text(row, "name")).collect();
            table.uniques.push(Unique { name: index, columns, only });
        }
        tables.push(table);
    }
    tables
}

/// The conditions after each CHECK of a statement.
fn checks(sql: &str) -> Vec<(String, Condition)> {
    let mut checks = Vec::new();
    for (start, word) in sql.match_indices("CHECK") {
        let rest = sql[start + word.len()..].trim_start();
        let mut depth = 0;
        let end = rest.find(|letter| {
            depth += i32::from(letter == '(') - i32::from(letter == ')');
            depth == 0
        });
        let text = &rest[..=end.expect("a CHECK has an end")];
        checks.push((text.to_owned(), Condition::parse(text)));
    }
    checks
}

/// Which values are taken in each unique index, and which ids there are.
#[derive(Default)]
pub struct Constraints {
    taken: HashMap<&'static str, HashSet<Vec<Cell>>>,
    ids: HashMap<&'static str, HashSet<Cell>>,
    owed: Vec<(&'static str, Cell, String)>,
    tables: HashMap<&'static str, &'static Table>,
    new: Vec<(&'static str, Vec<Cell>)>,
}

impl Constraints {
    /// A row is written. What it must not break is seen when the posting is over.
    ///
    /// # Errors
    /// The CHECK that it breaks.
    pub fn written<R: Member>(&mut self, before: Option<&R>, after: &R) -> Result<(), String> {
        let named =
            || SCHEMA.iter().find(|table| table.name == R::TABLE).expect("the table is in the schema");
        let table = *self.tables.entry(R::TABLE).or_insert_with(named);
        let value = |row: &R, column: &str| {
            let place = R::COLUMNS.iter().position(|name| *name == column);
            cell(row.value(place.expect("the entity has the column")))
        };
        for (text, check) in &table.checks {
            if check.of(&|column| value(after, column)) == Some(0) {
                return Err(format!("{}: {text} is broken by {after:?}", table.name));
            }
        }
        for unique in &table.uniques {
            let entry = |row: &R| -> Option<Vec<Cell>> {
                let counts = unique.only.as_ref().is_none_or(|only| only.of(&|it| value(row, it)) == Some(1));
                let values: Vec<Cell> = unique.columns.iter().map(|column| value(row, column)).collect();
                // NULLs are never equal.
                (counts && !values.contains(&Cell::Null)).then_some(values)
            };
            let (before, after) = (before.and_then(entry), entry(after));
            if before == after {
                continue;
            }
            if let Some(values) = before {
                self.taken.entry(&unique.name).or_default().remove(&values);
            }
            if let Some(values) = after {
                self.new.push((&unique.name, values));
            }
        }
        if before.is_none() && R::COLUMNS.contains(&"id") {
            self.ids.entry(&table.name).or_default().insert(value(after, "id"));
        }
        for (column, parent) in &table.parents {
            let cell = value(after, column);
            if cell != Cell::Null && before.is_none_or(|before| value(before, column) != cell) {
                self.owed.push((parent, cell, format!("{}.{column}", table.name)));
            }
        }
        Ok(())
    }

    /// The posting is over: whether what it wrote is unique, and all its parents are there.
    ///
    /// # Errors
    /// What is not.
    pub fn settled(&mut self) -> Result<(), String> {
        for (index, values) in std::mem::take(&mut self.new) {
            if !self.taken.entry(index).or_default().insert(values.clone()) {
                return Err(format!("{index} has {values:?} twice"));
            }
        }
        for (table, id, from) in std::mem::take(&mut self.owed) {
            if !self.ids.get(table).is_some_and(|ids| ids.contains(&id)) {
                return Err(format!("{from} names {id}, which is not in {table}"));
            }
        }
        Ok(())
    }
}

/// A value as SQLite keeps it.
fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Flag(flag) => Cell::Number(flag.into()),
        Value::Number(number) => Cell::Number(number),
        Value::Id(id) => Cell::Id(id),
        Value::Text(text) => Cell::Text(text.as_bytes().to_vec()),
        Value::Bytes(bytes) => Cell::of_bytes(bytes),
    }
}
