//! Time and randomness, injected: the one place of the server that asks the machine for either.

use std::sync::Arc;

use chrono::{DateTime, TimeZone as _, Utc};
use uuid::Uuid;

/// Tells the time and rolls the dice.
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
        self.id_of(random)
    }

    /// The same with a count for the ids of one posting, so that they sort in the order in which they
    /// were made (RFC 9562, section 6.2, method 1).
    pub fn new_id_after(&self, count: u16) -> Uuid {
        let mut random = [0; 10];
        self.random(&mut random);
        let [high, low] = count.to_be_bytes();
        (random[0], random[1]) = (high, low);
        self.id_of(random)
    }

    fn id_of(&self, random: [u8; 10]) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
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
