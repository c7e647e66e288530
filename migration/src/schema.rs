//! Words for the schema steps.

use sea_orm_migration::prelude::*;

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(Alias::new(name)).to_owned()
}

/// A column that must have a value.
fn column(name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(Alias::new(name));
    column.not_null();
    column
}

/// A UUID.
pub fn id(name: &'static str) -> ColumnDef {
    column(name).uuid().to_owned()
}

/// A 64-bit number.
pub fn number(name: &'static str) -> ColumnDef {
    column(name).big_integer().to_owned()
}

/// A number that is never negative.
pub fn count(name: &'static str) -> ColumnDef {
    number(name).check(Expr::col(Alias::new(name)).gte(0)).to_owned()
}

/// A 32-bit number.
pub fn small(name: &'static str) -> ColumnDef {
    column(name).integer().to_owned()
}

/// A text.
pub fn text(name: &'static str) -> ColumnDef {
    column(name).text().to_owned()
}

/// Yes or no.
pub fn flag(name: &'static str) -> ColumnDef {
    column(name).boolean().to_owned()
}

/// Bytes.
pub fn bytes(name: &'static str) -> ColumnDef {
    column(name).blob().to_owned()
}

/// The same column, and it may be empty.
pub fn optional(mut column: ColumnDef) -> ColumnDef {
    column.null().to_owned()
}

/// A primary key.
fn primary(columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(Alias::new(*column));
    }
    index.primary().to_owned()
}

/// A reference to the `id` of another table.
fn foreign(from: &'static str, column: &'static str, to: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(Alias::new(from), Alias::new(column))
        .to(Alias::new(to), Alias::new("id"))
        .to_owned()
}

/// `part <= whole`: the row's own word that no more is given back than there was.
pub fn at_most(part: &'static str, whole: &'static str) -> Expr {
    Expr::col(Alias::new(part)).lte(Expr::col(Alias::new(whole)))
}

/// A table with its columns, its primary key and its parents (column, table).
pub fn build(
    name: &'static str,
    columns: Vec<ColumnDef>,
    key: &[&'static str],
    parents: &[(&'static str, &'static str)],
) -> TableCreateStatement {
    let mut create = table(name);
    for column in columns {
        create.col(column);
    }
    create.primary_key(&mut primary(key));
    for (column, parent) in parents {
        create.foreign_key(&mut foreign(name, column, parent));
    }
    create
}

/// An index.
pub fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(Alias::new(table)).to_owned();
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}
/// A unique index.
pub fn unique(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(name, table, columns).unique().to_owned()
}
