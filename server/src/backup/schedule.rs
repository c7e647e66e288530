//! When the next daily backup is due.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// After a failure nobody gains from trying at once.
const RETRY: TimeDelta = TimeDelta::hours(1);
/// An age that is worth a warning: a day, and time for a night's failure and its repeat.
const OLD: TimeDelta = TimeDelta::hours(26);

/// What is known of the daily backups.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// When the last good one was made.
    pub last: Option<DateTime<Utc>>,
    /// When the last one failed.
    pub failed: Option<DateTime<Utc>>,
}

/// When the next daily backup is due; now or before is due. It is due on each local date from `at` on, until
/// there is one of that date: a machine that was off or asleep catches up. What lies in the future was made
/// under a wrong clock, and is ignored.
pub fn next_run(now: DateTime<Utc>, (zone, at): (Tz, NaiveTime), known: Known) -> DateTime<Utc> {
    let date = |time: DateTime<Utc>| time.with_timezone(&zone).date_naive();
    let past = |time: &DateTime<Utc>| *time <= now;
    let today = date(now);
    let done = known.last.filter(past).is_some_and(|last| date(last) >= today);
    let due_date = if done { today.succ_opt().unwrap_or(today) } else { today };
    let due = begins(due_date, at, zone);
    let retry = known.failed.filter(past).and_then(|failed| failed.checked_add_signed(RETRY));
    retry.map_or(due, |retry| due.max(retry))
}

/// The first moment of a date at which the local clock shows a time or a later one. In autumn a time comes
/// twice: the first counts. In spring one is left out: the first that exists.
fn begins(date: NaiveDate, at: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let shown = date.and_time(at);
    let minutes = (0..=24 * 60).filter_map(|minutes| shown.checked_add_signed(TimeDelta::minutes(minutes)));
    let mut moments = minutes.filter_map(|shown| zone.from_local_datetime(&shown).earliest());
    moments.next().map_or_else(|| shown.and_utc(), |moment| moment.to_utc())
}

/// Whether the newest good backup is too old. Where there is none, the books' own age counts.
pub fn is_overdue(now: DateTime<Utc>, last: Option<DateTime<Utc>>, books_begin: DateTime<Utc>) -> bool {
    now.signed_duration_since(last.unwrap_or(books_begin)) > OLD
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn next(now: &str, zone: Tz, last: Option<&str>, failed: Option<&str>) -> DateTime<Utc> {
        let two = NaiveTime::from_hms_opt(2, 0, 0).unwrap();
        next_run(at(now), (zone, two), Known { last: last.map(at), failed: failed.map(at) })
    }

    #[test]
    fn it_is_due_at_two_and_once_a_day() {
        let before = next("2026-11-20T01:59:59Z", Tz::UTC, Some("2026-11-19T02:00:10Z"), None);
        assert_eq!(before, at("2026-11-20T02:00:00Z"));
        let after = next("2026-11-20T02:00:00Z", Tz::UTC, Some("2026-11-20T02:00:00Z"), None);
        assert_eq!(after, at("2026-11-21T02:00:00Z"));
    }

    #[test]
    fn a_machine_that_was_off_catches_up() {
        let due = next("2026-11-20T09:30:00Z", Tz::UTC, Some("2026-11-17T02:00:10Z"), None);
        assert_eq!(due, at("2026-11-20T02:00:00Z"), "it is past");
        assert_eq!(next("2026-11-20T09:30:00Z", Tz::UTC, None, None), at("2026-11-20T02:00:00Z"));
        let night = next("2026-11-20T00:30:00Z", Tz::UTC, Some("2026-11-18T12:00:00Z"), None);
        assert_eq!(night, at("2026-11-20T02:00:00Z"), "the 19th is over, the 20th has its time");
    }

    #[test]
    fn the_date_and_the_time_are_the_shops() {
        let cairo = Tz::Africa__Cairo;
        let evening = next("2026-11-20T22:30:00Z", cairo, Some("2026-11-20T00:00:05Z"), None);
        assert_eq!(evening, at("2026-11-21T00:00:00Z"), "it is the 21st in Cairo, at half past midnight");
        let morning = next("2026-11-21T00:00:00Z", cairo, Some("2026-11-20T00:00:05Z"), None);
        assert_eq!(morning, at("2026-11-21T00:00:00Z"), "and two o'clock now");
    }

    #[test]
    fn after_a_failure_it_is_tried_again_an_hour_later() {
        let last = Some("2026-11-19T02:00:00Z");
        let failed = Some("2026-11-20T02:00:01Z");
        assert_eq!(next("2026-11-20T02:10:00Z", Tz::UTC, last, failed), at("2026-11-20T03:00:01Z"));
        let yesterday = Some("2026-11-19T03:00:01Z");
        assert_eq!(next("2026-11-20T02:10:00Z", Tz::UTC, last, yesterday), at("2026-11-20T02:00:00Z"));
    }

    #[test]
    fn what_lies_in_the_future_is_ignored() {
        let future = Some("2027-05-01T02:00:00Z");
        assert_eq!(next("2026-11-20T09:00:00Z", Tz::UTC, future, None), at("2026-11-20T02:00:00Z"));
        assert_eq!(next("2026-11-20T09:00:00Z", Tz::UTC, None, future), at("2026-11-20T02:00:00Z"));
    }

    #[test]
    fn in_the_night_of_spring_the_first_time_that_exists_counts() {
        // Berlin's clocks go from 2:00 to 3:00 on 28 March 2027: at 1:00 UTC.
        let berlin = Tz::Europe__Berlin;
        let last = Some("2027-03-27T01:00:10Z");
        assert_eq!(next("2027-03-28T00:59:00Z", berlin, last, None), at("2027-03-28T01:00:00Z"));
        let done = next("2027-03-28T01:00:05Z", berlin, Some("2027-03-28T01:00:03Z"), None);
        assert_eq!(done, at("2027-03-29T00:00:00Z"), "the next day's 2:00 is an hour earlier in UTC");
    }

    #[test]
    fn in_the_night_of_autumn_it_is_made_once() {
        // Berlin's clocks go from 3:00 back to 2:00 on 25 October 2026: 2:00 is at 0:00 and at 1:00 UTC.
        let berlin = Tz::Europe__Berlin;
        let last = Some("2026-10-24T00:00:10Z");
        assert_eq!(next("2026-10-24T23:00:00Z", berlin, last, None), at("2026-10-25T00:00:00Z"));
        let second = next("2026-10-25T01:00:00Z", berlin, Some("2026-10-25T00:00:10Z"), None);
        assert_eq!(second, at("2026-10-26T01:00:00Z"));
    }

    #[test]
    fn more_than_26_hours_are_too_old() {
        let (begin, last) = (at("2026-11-01T00:00:00Z"), at("2026-11-19T02:00:00Z"));
        assert!(!is_overdue(at("2026-11-20T04:00:00Z"), Some(last), begin));
        assert!(is_overdue(at("2026-11-20T04:00:01Z"), Some(last), begin));
        assert!(!is_overdue(at("2026-11-02T02:00:00Z"), None, begin), "a new shop");
        assert!(is_overdue(at("2026-11-02T02:00:01Z"), None, begin));
    }
}
