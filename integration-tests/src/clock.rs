//! A clock that stands still until the test moves it.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use chrono::{DateTime, TimeDelta, Utc};
use kassa_server::clock::{Clock, SystemClock};

/// Begins at noon UTC of 20 November 2026.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_795_176_000_000_000))
    }
}

impl TestClock {
    /// Moves the time.
    pub fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().expect("a time of our era"), SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(SeqCst)).expect("a time of our era")
    }

    /// Real randomness: ids must differ between tests that share nothing else.
    fn random(&self, bytes: &mut [u8]) {
        SystemClock.random(bytes);
    }
}
