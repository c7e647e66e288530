//! Time and randomness, injected: the one place of the server that asks the machine for either.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use uuid::Uuid;

/// Tells the time and makes random bytes.
pub trait Clock: Send + Sync + 'static {
    /// The time of day.
    fn now(&self) -> DateTime<Utc>;

    /// Fills `bytes` with randomness that nobody can guess.
    fn random(&self, bytes: &mut [u8]);
}

/// A clock that is shared by the whole server.
pub type SharedClock = Arc<dyn Clock>;

impl dyn Clock {
    /// A new UUIDv7: its time makes ids that are made one after the other sort near each other.
    pub fn new_id(&self) -> Uuid {
        let mut random = [0; 10];
        self.random(&mut random);
        id_of(self.now(), random)
    }

    /// The same at a time of the books, with a count for the ids of one posting, so that they sort in the
    /// order in which they were made (RFC 9562, section 6.2, method 1).
    pub fn new_id_at(&self, now: DateTime<Utc>, count: u16) -> Uuid {
        let mut random = [0; 10];
        self.random(&mut random);
        let [high, low] = count.to_be_bytes();
        (random[0], random[1]) = (high, low);
        id_of(now, random)
    }
}

fn id_of(now: DateTime<Utc>, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Steps back of the machine's clock up to this are smoothed: it corrects itself.
const SMOOTHED: TimeDelta = TimeDelta::minutes(2);

/// The time of a change of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub now: DateTime<Utc>,
    /// The last time in the books, if the clock went back from it, and too far to be smoothed.
    pub back_from: Option<DateTime<Utc>>,
}

impl Moment {
    /// The time of the next change, given the last time in the books and what the machine says. A small step
    /// back is smoothed, so that time only goes on; a large one is taken as it is, for the machine was wrong
    /// before, and is right now, or somebody has to see that it is not.
    pub fn after(last: DateTime<Utc>, machine: DateTime<Utc>) -> Self {
        if is_step_back(last, machine) {
            return Self { now: machine, back_from: Some(last) };
        }
        let smoothed = if machine < last { last + TimeDelta::milliseconds(1) } else { machine };
        Self { now: smoothed, back_from: None }
    }
}

/// Whether the clock went back, and too far to be smoothed.
fn is_step_back(last: DateTime<Utc>, machine: DateTime<Utc>) -> bool {
    last.signed_duration_since(machine) > SMOOTHED
}

/// Whether what expires is good now, given how long it was good for when it was made. What has more left than
/// that was made when the clock was ahead: nobody comes in with it for as long as the clock was wrong.
pub fn is_good(expires: DateTime<Utc>, now: DateTime<Utc>, good_for: TimeDelta) -> bool {
    let left = expires.signed_duration_since(now);
    left > TimeDelta::zero() && left <= good_for + SMOOTHED
}

/// Whether something happened less than a span ago. In either direction: a clock that was set back must not make it
/// recent until it is there again.
pub fn is_recent(time: DateTime<Utc>, now: DateTime<Utc>, span: TimeDelta) -> bool {
    now.signed_duration_since(time).abs() < span
}

/// The machine's clock and its source of randomness.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that may ask")]
    #[expect(clippy::expect_used, reason = "a system without randomness can keep no secret and make no id")]
    fn random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system's source of randomness works");
    }
}

/// A time as the books store it: microseconds since 1970 UTC.
pub fn to_micros(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// A stored time. Every `i64` of microseconds near our era is one; others become the epoch.
pub fn from_micros(micros: i64) -> DateTime<Utc> {
    Utc.timestamp_micros(micros).single().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        from_micros(1_795_176_000_000_000) + TimeDelta::seconds(seconds)
    }

    #[test]
    fn time_goes_on_as_the_machine_says_forwards_and_however_far() {
        for machine in [at(0), at(1), at(86_400 * 365)] {
            assert_eq!(Moment::after(at(0), machine), Moment { now: machine, back_from: None });
        }
    }

    #[test]
    fn a_small_step_back_is_smoothed_and_a_large_one_is_taken_as_it_is() {
        let smoothed = Moment { now: at(0) + TimeDelta::milliseconds(1), back_from: None };
        for machine in [at(0) - TimeDelta::microseconds(1), at(-90), at(-120)] {
            assert_eq!(Moment::after(at(0), machine), smoothed);
        }
        for machine in [at(-120) - TimeDelta::microseconds(1), at(-86_400 * 3)] {
            assert_eq!(Moment::after(at(0), machine), Moment { now: machine, back_from: Some(at(0)) });
        }
    }

    #[test]
    fn nothing_is_good_for_longer_than_it_was_made_for() {
        let hour = TimeDelta::hours(1);
        assert!(is_good(at(3_600), at(0), hour) && is_good(at(1), at(0), hour));
        assert!(is_good(at(3_600), at(-120), hour), "a step that is smoothed");
        assert!(!is_good(at(0), at(0), hour));
        assert!(!is_good(at(3_600), at(-86_400), hour), "made a day ahead");
    }
}
