//! What a column really holds, whatever it should hold: for reading rows that may be damaged, where
//! an entity would stop at the first value of another type.

use std::fmt;

use sea_orm::Value;
use uuid::Uuid;

/// Longer texts and bytes are cut where they are shown.
const MOST_SHOWN: usize = 60;

/// A stored value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number; flags are 0 and 1.
    Number(i64),
    /// The bits of a floating-point number. No column of the books holds one.
    Real(u64),
    /// A text, which may not even be UTF-8.
    Text(Vec<u8>),
    /// Sixteen bytes, as every id has them.
    Id(Uuid),
    /// Other bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// The cell that holds a value of an entity.
    pub fn of(value: Value) -> Self {
        let cell = match value {
            Value::Bool(flag) => flag.map(|flag| Self::Number(flag.into())),
            Value::Int(number) => number.map(|number| Self::Number(number.into())),
            Value::BigInt(number) => number.map(Self::Number),
            Value::String(text) => text.map(|text| Self::Text(text.into_bytes())),
            Value::Bytes(bytes) => bytes.map(|bytes| Self::of_bytes(&bytes)),
            Value::Uuid(id) => id.map(Self::Id),
            // The entities have no other types; shown as what they are, they equal nothing stored.
            other => Some(Self::Text(format!("{other:?}").into_bytes())),
        };
        cell.unwrap_or(Self::Null)
    }

    /// The cell that holds these bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Uuid::from_slice(bytes).map_or_else(|_| Self::Bytes(bytes.to_vec()), Self::Id)
    }

    /// Whether it holds a value of an entity: [`Cell::of`] without making the cell.
    pub fn holds(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Number(number), Value::BigInt(Some(right))) => number == right,
            (Self::Id(id), Value::Uuid(Some(right))) => id == right,
            (Self::Text(text), Value::String(Some(right))) => text == right.as_bytes(),
            _ => *self == Self::of(value.clone()),
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Null | Self::Real(_) | Self::Text(_) | Self::Id(_) | Self::Bytes(_) => None,
        }
    }

    /// The id, if it is one.
    pub fn id(&self) -> Option<Uuid> {
        match self {
            Self::Id(id) => Some(*id),
            Self::Null | Self::Number(_) | Self::Real(_) | Self::Text(_) | Self::Bytes(_) => None,
        }
    }

    /// The bytes, if it is bytes.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Id(id) => Some(id.as_bytes()),
            Self::Bytes(bytes) => Some(bytes),
            Self::Null | Self::Number(_) | Self::Real(_) | Self::Text(_) => None,
        }
    }

    /// The text, if it is one in UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => std::str::from_utf8(text).ok(),
            Self::Null | Self::Number(_) | Self::Real(_) | Self::Id(_) | Self::Bytes(_) => None,
        }
    }
}

/// As a person reads it: ids as UUIDs, other bytes in hexadecimal.
impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Number(number) => number.fmt(f),
            Self::Real(bits) => write!(f, "the fraction {:?}", f64::from_bits(*bits)),
            Self::Text(text) => match std::str::from_utf8(text) {
                Ok(text) if text.chars().count() > MOST_SHOWN => {
                    write!(f, "{:?}...", text.chars().take(MOST_SHOWN).collect::<String>())
                }
                Ok(text) => write!(f, "{text:?}"),
                Err(_) => {
                    let beginning: String = String::from_utf8_lossy(text).chars().take(MOST_SHOWN).collect();
                    write!(f, "{beginning:?}, which is no UTF-8")
                }
            },
            Self::Id(id) => id.fmt(f),
            Self::Bytes(bytes) => {
                bytes.iter().take(MOST_SHOWN).try_for_each(|byte| write!(f, "{byte:02x}"))?;
                if bytes.len() > MOST_SHOWN { write!(f, "... ({} bytes)", bytes.len()) } else { Ok(()) }
            }
        }
    }
}
