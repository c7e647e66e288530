//! Times and dates on the wire and in the books.

use chrono::{DateTime, Datelike as _, NaiveDate, Offset as _, Utc};
use chrono_tz::Tz;
use kassa_proto::v1::Date;
use prost_types::Timestamp;

use crate::clock::from_micros;

/// A time as the contract sends it.
pub fn timestamp(time: DateTime<Utc>) -> Timestamp {
    let nanos = time.timestamp_subsec_micros().saturating_mul(1_000);
    Timestamp { seconds: time.timestamp(), nanos: i32::try_from(nanos).unwrap_or_default() }
}

/// A stored time as the contract sends it.
pub fn stored_timestamp(micros: i64) -> Timestamp {
    timestamp(from_micros(micros))
}

/// A time from a request as microseconds; `None` if it is out of range.
pub fn micros(time: &Timestamp) -> Option<i64> {
    let nanos = u32::try_from(time.nanos).ok()?;
    DateTime::from_timestamp(time.seconds, nanos).map(|time| time.timestamp_micros())
}

/// The local date of a moment, as the number YYYYMMDD.
pub fn business_date(time: DateTime<Utc>, zone: Tz) -> i32 {
    date_number(time.with_timezone(&zone).date_naive())
}

/// What a clock is ahead of UTC at a moment, in minutes.
pub fn utc_offset_minutes(time: DateTime<Utc>, zone: Tz) -> i32 {
    time.with_timezone(&zone).offset().fix().local_minus_utc() / 60
}

/// A day as the number YYYYMMDD.
pub fn date_number(date: NaiveDate) -> i32 {
    let (month, day) = (date.month() as i32, date.day() as i32);
    date.year().saturating_mul(10_000).saturating_add(month * 100 + day)
}

/// The date and the hour of a count of hours since 1970.
pub fn hours_since_1970(hours: i64) -> (Date, i32) {
    let day = DateTime::from_timestamp(hours.saturating_mul(3_600), 0).unwrap_or_default();
    (date(date_number(day.date_naive())), i32::try_from(hours.rem_euclid(24)).unwrap_or_default())
}

/// A stored date as the contract sends it.
pub fn date(number: i32) -> Date {
    Date { year: number / 10_000, month: number / 100 % 100, day: number % 100 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_business_date_is_the_shops_and_not_greenwichs() {
        let late = DateTime::parse_from_rfc3339("2026-11-20T23:30:00Z").unwrap().to_utc();
        assert_eq!(business_date(late, chrono_tz::Africa::Cairo), 20_261_121);
        assert_eq!(business_date(late, chrono_tz::America::New_York), 20_261_120);
        assert_eq!(utc_offset_minutes(late, chrono_tz::Africa::Cairo), 120);
        assert_eq!(utc_offset_minutes(late, chrono_tz::America::New_York), -300);
        assert_eq!(date(20_261_121), Date { year: 2026, month: 11, day: 21 });
    }
}
