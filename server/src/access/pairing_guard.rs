//! Slows down who tries pairing codes: after some wrong ones everybody waits a little, and longer with
//! each further one. Only pairing waits: the shop goes on selling.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use kassa_proto::v1::ErrorReason as Reason;

use crate::error::Error;

/// Wrong codes before anybody waits: people mistype.
const FREE: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Counts the wrong codes since the last right one.
#[derive(Debug, Default)]
pub struct PairingGuard(Mutex<Wrong>);

#[derive(Debug, Default)]
struct Wrong {
    count: u32,
    until: Option<DateTime<Utc>>,
}

impl PairingGuard {
    /// Whether a code may be tried now. It counts as a wrong one until it turns out to be right, so that
    /// many at once are no way around the pause.
    ///
    /// # Errors
    /// `PAIRING_DELAYED` with the time to wait.
    pub fn attempt(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let mut wrong = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = wrong.until.and_then(|until| until.signed_duration_since(now).to_std().ok());
        // A longer time than any pause: the clock was set back meanwhile.
        if let Some(left) = left.filter(|left| !left.is_zero() && *left <= LONGEST_PAUSE) {
            let message = "too many wrong pairing codes; wait, then type the code again";
            return Err(Error::new(Reason::PairingDelayed, message).retry_after(left));
        }
        wrong.count = wrong.count.saturating_add(1);
        if let Some(beyond) = wrong.count.checked_sub(FREE) {
            tracing::warn!(wrong_codes = wrong.count, "somebody tries pairing codes");
            let pause = FIRST_PAUSE.saturating_mul(1 << beyond.min(10)).min(LONGEST_PAUSE);
            wrong.until = Some(now + pause);
        }
        Ok(())
    }

    /// A code was right, or a new one was made: people who mistype are forgiven.
    pub fn forgive(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Wrong::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_micros;

    const NOON: i64 = 1_795_176_000_000_000;

    /// How long somebody waits who asks again and again, every second.
    fn wait(guard: &PairingGuard, seconds: &mut i64) -> i64 {
        let before = *seconds;
        while guard.attempt(from_micros(NOON + *seconds * 1_000_000)).is_err() {
            *seconds += 1;
        }
        *seconds - before
    }

    #[test]
    fn after_some_wrong_codes_each_further_one_makes_the_pause_longer() {
        let (guard, mut seconds) = (PairingGuard::default(), 0);
        let waits: Vec<i64> = (0..13).map(|_| wait(&guard, &mut seconds)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
        guard.forgive();
        assert_eq!(wait(&guard, &mut seconds), 0);
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_make_the_pause_a_day() {
        let guard = PairingGuard::default();
        let now = from_micros(NOON);
        (0..FREE).for_each(|_| guard.attempt(now).unwrap());
        assert_eq!(guard.attempt(now).unwrap_err().reason(), Reason::PairingDelayed);
        guard.attempt(now - Duration::from_secs(86_400)).unwrap();
    }
}
