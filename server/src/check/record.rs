//! The fields of a record as their columns hold them: the way back from the contract to the tables.

use kassa_proto::{
    decimal::{DecimalError, Quantity, Rate},
    v1::{self as pb},
};
use uuid::Uuid;

use crate::encoding::time::micros;

/// Why a record makes no rows.
#[derive(Debug, thiserror::Error)]
#[error("{field} {what}")]
pub struct Unreadable {
    field: &'static str,
    what: String,
}

impl Unreadable {
    /// A field of a record is not what it must be.
    pub fn new(field: &'static str, what: impl Into<String>) -> Self {
        Self { field, what: what.into() }
    }
}

/// An id that must be there.
pub fn id(text: &str, field: &'static str) -> Result<Uuid, Unreadable> {
    Uuid::try_parse(text).map_err(|_| Unreadable::new(field, format!("is {text:?}, which is no UUID")))
}

/// A time that must be there, in microseconds.
pub fn time(time: Option<&prost_types::Timestamp>, field: &'static str) -> Result<i64, Unreadable> {
    time.and_then(micros).ok_or_else(|| Unreadable::new(field, "is no time"))
}

pub fn optional_time(
    at: Option<&prost_types::Timestamp>,
    field: &'static str,
) -> Result<Option<i64>, Unreadable> {
    at.map(|at| time(Some(at), field)).transpose()
}

/// An amount that must be there.
pub fn money(money: Option<&pb::Money>, field: &'static str) -> Result<i64, Unreadable> {
    money.map(|money| money.amount_minor).ok_or_else(|| Unreadable::new(field, "is missing"))
}

pub fn money_or_nothing(money: Option<&pb::Money>) -> i64 {
    money.map_or(0, |money| money.amount_minor)
}

/// A quantity in thousandths.
pub fn quantity(decimal: Option<&pb::Decimal>, field: &'static str) -> Result<i64, Unreadable> {
    let text = decimal.ok_or_else(|| Unreadable::new(field, "is missing"))?;
    Quantity::try_from(text).map(Quantity::thousandths).map_err(|error| number(error, field))
}

/// A rate in ten-thousandths of a percent.
pub fn rate(decimal: Option<&pb::Decimal>, field: &'static str) -> Result<i64, Unreadable> {
    let text = decimal.ok_or_else(|| Unreadable::new(field, "is missing"))?;
    Rate::try_from(text).map(Rate::ten_thousandths).map_err(|error| number(error, field))
}

fn number(error: DecimalError, field: &'static str) -> Unreadable {
    Unreadable::new(field, format!("is {error}"))
}

pub fn date(date: Option<pb::Date>, field: &'static str) -> Result<i32, Unreadable> {
    let number = date.and_then(|date| {
        date.year.checked_mul(10_000)?.checked_add(date.month.checked_mul(100)?)?.checked_add(date.day)
    });
    number.ok_or_else(|| Unreadable::new(field, "is no date"))
}

pub fn optional_date(day: Option<pb::Date>, field: &'static str) -> Result<Option<i32>, Unreadable> {
    day.map(|day| date(Some(day), field)).transpose()
}

/// An id that may be missing.
pub fn optional_id(text: &str, field: &'static str) -> Result<Option<Uuid>, Unreadable> {
    if text.is_empty() { Ok(None) } else { id(text, field).map(Some) }
}
