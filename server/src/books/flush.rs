//! How rows are written: one multi-row statement per table, in a few sizes.

use std::{
    any::TypeId,
    collections::HashMap,
    mem::{Discriminant, discriminant},
    sync::{LazyLock, PoisonError, RwLock},
};

use sea_orm::{
    ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable, PrimaryKeyToColumn, Statement, Value,
    sea_query::{OnConflict, Query},
};

use super::table::Changes;
use crate::store::{Failure, row::Row};

/// Under SQLite's 32,766 and PostgreSQL's 65,535.
const MOST_PARAMETERS: usize = 30_000;
/// Rows are written in chunks of powers of two: databases cache prepared statements by their text.
const LARGEST_CHUNK: usize = 128;

/// What a flush did.
#[derive(Debug, Default)]
pub struct Flushed {
    /// How many rows were written.
    pub rows: usize,
    /// In how many statements.
    pub statements: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Verb {
    /// A key that is taken must fail: a document is never overwritten.
    Insert,
    /// The whole row, over the one that is there.
    Replace,
}

/// Writes a table's changes: rows that leave a partial unique index first, so that others may enter.
pub async fn write<R: Row>(
    changes: Changes<R>,
    database: &impl ConnectionTrait,
    flushed: &mut Flushed,
) -> Result<(), Failure> {
    write_rows(&changes.leaving, Verb::Replace, database, flushed).await?;
    write_rows(&changes.new, Verb::Insert, database, flushed).await?;
    write_rows(&changes.changed, Verb::Replace, database, flushed).await
}

async fn write_rows<R: Row>(
    mut rows: &[R],
    verb: Verb,
    database: &impl ConnectionTrait,
    flushed: &mut Flushed,
) -> Result<(), Failure> {
    type Column<R> = <<R as sea_orm::ModelTrait>::Entity as EntityTrait>::Column;
    let columns: Vec<Column<R>> = Column::<R>::iter().collect();
    let most = LARGEST_CHUNK.min(MOST_PARAMETERS / columns.len().max(1));
    while !rows.is_empty() {
        let size = 1 << rows.len().min(most).ilog2();
        let (chunk, rest) = rows.split_at(size);
        let values = chunk.iter().flat_map(|row| columns.iter().map(|column| row.get(*column)));
        let backend = database.get_database_backend();
        let text = text::<R>(verb, size, backend);
        database.execute_raw(Statement::from_sql_and_values(backend, text, values)).await?;
        flushed.rows += size;
        flushed.statements += 1;
        rows = rest;
    }
    Ok(())
}

/// What a statement's text depends on.
type TextKey = (TypeId, Verb, usize, Discriminant<DbBackend>);

/// The statement texts that were built so far: building one costs more than running it.
static TEXTS: LazyLock<RwLock<HashMap<TextKey, String>>> = LazyLock::new(Default::default);

fn text<R: Row>(verb: Verb, rows: usize, backend: DbBackend) -> String {
    let key = (TypeId::of::<R>(), verb, rows, discriminant(&backend));
    if let Some(text) = TEXTS.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return text.clone();
    }
    let text = build::<R>(verb, rows, backend);
    TEXTS.write().unwrap_or_else(PoisonError::into_inner).insert(key, text.clone());
    text
}

fn build<R: Row>(verb: Verb, rows: usize, backend: DbBackend) -> String {
    type Column<R> = <<R as sea_orm::ModelTrait>::Entity as EntityTrait>::Column;
    type PrimaryKey<R> = <<R as sea_orm::ModelTrait>::Entity as EntityTrait>::PrimaryKey;
    let columns: Vec<Column<R>> = Column::<R>::iter().collect();
    let mut insert = Query::insert();
    insert.into_table(<R::Entity as Default>::default()).columns(columns.iter().copied());
    for _ in 0..rows {
        insert.values_panic(columns.iter().map(|_| Value::BigInt(Some(0)).into()));
    }
    if verb == Verb::Replace {
        let keys: Vec<Column<R>> = PrimaryKey::<R>::iter().map(PrimaryKeyToColumn::into_column).collect();
        let names: Vec<&str> = keys.iter().map(IdenStatic::as_str).collect();
        let others = columns.iter().copied().filter(|column| !names.contains(&column.as_str()));
        insert.on_conflict(OnConflict::columns(keys.iter().copied()).update_columns(others).to_owned());
    }
    backend.build(&insert).sql
}
