//! What the books know of a table: its columns, its keys, its look-ups, and what a row holds. No engine is in it: each makes
//! its own text of these.

use std::{fmt::Debug, hash::Hash};

use uuid::Uuid;

use super::{Failure, FailureKind};

/// A value of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// An id.
    Id(Uuid),
    /// A text.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// A type of the columns.
pub trait Field: Sized {
    /// What is stored of it.
    fn value(&self) -> Value<'_>;

    /// What was stored; `None` for what this type can't have stored. Engines without flags and ids keep numbers and
    /// sixteen bytes.
    fn of(value: Value<'_>) -> Option<Self>;
}

impl Field for bool {
    fn value(&self) -> Value<'_> {
        Value::Flag(*self)
    }

    fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Flag(flag) => Some(flag),
            Value::Number(0) => Some(false),
            Value::Number(1) => Some(true),
            Value::Null | Value::Number(_) | Value::Id(_) | Value::Text(_) | Value::Bytes(_) => None,
        }
    }
}

impl Field for i64 {
    fn value(&self) -> Value<'_> {
        Value::Number(*self)
    }

    fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Number(number) => Some(number),
            Value::Null | Value::Flag(_) | Value::Id(_) | Value::Text(_) | Value::Bytes(_) => None,
        }
    }
}

impl Field for i32 {
    fn value(&self) -> Value<'_> {
        Value::Number((*self).into())
    }

    fn of(value: Value<'_>) -> Option<Self> {
        i64::of(value)?.try_into().ok()
    }
}

impl Field for Uuid {
    fn value(&self) -> Value<'_> {
        Value::Id(*self)
    }

    fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Id(id) => Some(id),
            Value::Bytes(bytes) => Self::from_slice(bytes).ok(),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Text(_) => None,
        }
    }
}

impl Field for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }

    fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.to_owned()),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Id(_) | Value::Bytes(_) => None,
        }
    }
}

impl Field for Vec<u8> {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }

    fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(bytes.to_vec()),
            Value::Null | Value::Flag(_) | Value::Number(_) | Value::Id(_) | Value::Text(_) => None,
        }
    }
}

impl<F: Field> Field for Option<F> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, Field::value)
    }

    fn of(value: Value<'_>) -> Option<Self> {
        if value == Value::Null { Some(None) } else { F::of(value).map(Some) }
    }
}

/// A primary key: the values of its columns, in the order of the table's.
pub trait Key: Clone + Debug + Eq + Hash + Ord + Send + Sync {
    /// Its values.
    fn values(&self) -> Vec<Value<'_>>;
}

impl Key for Uuid {
    fn values(&self) -> Vec<Value<'_>> {
        vec![self.value()]
    }
}

/// Keys of several columns.
macro_rules! keys {
    ($(($($part:ident $place:tt),*)),*) => {
        $(impl<$($part: Field + Clone + Debug + Eq + Hash + Ord + Send + Sync),*> Key for ($($part),*) {
            fn values(&self) -> Vec<Value<'_>> {
                vec![$(self.$place.value()),*]
            }
        })*
    };
}

keys! { (A 0, B 1), (A 0, B 1, C 2) }

/// A row of an engine, to be read.
pub trait Columns {
    /// The value of a column by its place.
    ///
    /// # Errors
    /// What no column of the books can hold.
    fn column(&self, place: usize) -> Result<Value<'_>, Failure>;
}

/// What is stored of a row. `stored!` says it of an entity.
pub trait Stored: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// The table's name.
    const TABLE: &'static str;
    /// The names of the columns.
    const COLUMNS: &'static [&'static str];
    /// Which of them are the primary key's.
    const IN_KEY: &'static [bool];

    /// What is stored in a column; nothing in one that there is not.
    fn value(&self, place: usize) -> Value<'_>;

    /// Reads a row.
    ///
    /// # Errors
    /// A value that its column can't have: nobody wrote it.
    fn read(row: &impl Columns) -> Result<Self, Failure>;

    /// The names of the primary key's columns.
    fn key_columns() -> impl Iterator<Item = &'static str> {
        Self::COLUMNS.iter().zip(Self::IN_KEY).filter(|(_, in_key)| **in_key).map(|(name, _)| *name)
    }
}

/// Reads a field.
///
/// # Errors
/// A value that its column can't have.
pub fn field<F: Field>(row: &impl Columns, place: usize, name: (&str, &str)) -> Result<F, Failure> {
    let value = row.column(place)?;
    F::of(value).ok_or_else(|| {
        let (table, column) = name;
        Failure::new(FailureKind::Corrupt, format!("{table}.{column} holds {value:?}"))
    })
}

/// Says of an entity's struct what is stored of its rows: a column by each field's name.
macro_rules! stored {
    (
        $(#[$($attribute:tt)*])*
        pub struct Model {
            $($(#[$($about:tt)*])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$($attribute)*])*
        pub struct Model {
            $($(#[$($about)*])* pub $field: $type,)*
        }

        impl crate::store::row::Stored for Model {
            const TABLE: &'static str = stored!(@table $([$($attribute)*])*);
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),*];
            const IN_KEY: &'static [bool] = &[$(stored!(@key $([$($about)*])*)),*];

            fn value(&self, place: usize) -> crate::store::row::Value<'_> {
                let mut left = place;
                $(
                    if left == 0 {
                        return crate::store::row::Field::value(&self.$field);
                    }
                    left -= 1;
                )*
                let _ = left;
                crate::store::row::Value::Null
            }

            fn read(row: &impl crate::store::row::Columns) -> Result<Self, crate::store::Failure> {
                let mut place = 0..;
                Ok(Self {
                    $($field: crate::store::row::field(
                        row,
                        place.next().unwrap_or_default(),
                        (Self::TABLE, stringify!($field)),
                    )?,)*
                })
            }
        }
    };
    (@table [sea_orm(table_name = $table:literal)] $($rest:tt)*) => { $table };
    (@table [$($other:tt)*] $($rest:tt)*) => { stored!(@table $($rest)*) };
    (@key [sea_orm(primary_key, auto_increment = false)] $($rest:tt)*) => { true };
    (@key [$($other:tt)*] $($rest:tt)*) => { stored!(@key $($rest)*) };
    (@key) => { false };
}
pub(crate) use stored;

/// A row that the books load, change in memory and write back.
pub trait Row: Stored {
    /// The primary key.
    type Key: Key;
    /// A value of a unique key or of a parent by which rows are looked up.
    type Index: Clone + Debug + Eq + Hash + Send + Sync;

    /// This row's primary key.
    fn key(&self) -> Self::Key;

    /// All look-ups that find this row as it is now. A row that leaves a partial unique index
    /// (a shift that ends) no longer has that look-up.
    fn indexes(&self) -> Vec<Self::Index>;

    /// What all rows that a look-up finds have, and no others; nothing, if it finds every row.
    fn terms(index: &Self::Index) -> Vec<Term<'_>>;
}

/// What the rows of a look-up have in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Term<'a> {
    /// This value.
    Is(&'static str, Value<'a>),
    /// This number, which is the same in every look-up of the kind: the condition of a partial index.
    Constant(&'static str, i32),
    /// Nothing.
    Null(&'static str),
}

/// Rows that have a value in a column.
pub fn is<'a>(column: &'static str, value: &'a impl Field) -> Term<'a> {
    Term::Is(column, value.value())
}

/// Rows that have a number in a column, the same in every look-up of the kind.
pub fn constant(column: &'static str, number: i32) -> Term<'static> {
    Term::Constant(column, number)
}

/// Rows that have nothing in a column.
pub fn null(column: &'static str) -> Term<'static> {
    Term::Null(column)
}

/// For tables that are found by their key alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NoIndex {}

/// The terms of a key.
pub fn key_terms<R: Row>(key: &R::Key) -> Vec<Term<'_>> {
    R::key_columns().zip(key.values()).map(|(column, value)| Term::Is(column, value)).collect()
}
