//! Days and times as they are typed.

use std::str::FromStr;

use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime};
use kassa_client::proto::v1::Date;

/// A date as ISO 8601 writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub NaiveDate);

impl FromStr for Day {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|_| "a date looks like 2026-11-20".to_owned())
    }
}

impl Day {
    /// The day after.
    pub fn next(self) -> Self {
        Self(self.0.checked_add_days(Days::new(1)).unwrap_or(self.0))
    }
}

impl From<Day> for Date {
    fn from(Day(day): Day) -> Self {
        let small = |number: u32| i32::try_from(number).unwrap_or_default();
        Self { year: day.year(), month: small(day.month()), day: small(day.day()) }
    }
}

/// A time of the shop's clock.
#[derive(Debug, Clone, Copy)]
pub struct Moment(pub NaiveDateTime);

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = |format| NaiveDateTime::parse_from_str(text, format).ok();
        let read = read("%Y-%m-%d %H:%M").or_else(|| read("%Y-%m-%d %H:%M:%S"));
        read.map(Self).ok_or_else(|| "a time looks like \"2026-11-20 17:30\"".to_owned())
    }
}
