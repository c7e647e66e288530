//! How often keys came, and came again: counted in memory, since the books were opened.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use kassa_proto::v1::{self as pb, ErrorReason as Reason};

use crate::error::Error;

/// The counts of all methods.
#[derive(Debug, Default)]
pub struct KeyCounts(Mutex<BTreeMap<&'static str, Counts>>);

/// The counts of a method.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    carried_out: i64,
    repeated: i64,
    reused: i64,
    expired: i64,
}

impl KeyCounts {
    /// Counts what became of a request with a key: whether it was answered before, or why it was refused.
    pub(super) fn count(&self, method: &'static str, outcome: Result<bool, &Error>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = all.entry(method).or_default();
        let count = match outcome.map_err(Error::reason) {
            Ok(false) => &mut counts.carried_out,
            Ok(true) => &mut counts.repeated,
            Err(Reason::IdempotencyKeyReused) => &mut counts.reused,
            Err(Reason::KeyExpired) => &mut counts.expired,
            Err(_) => return,
        };
        *count = count.saturating_add(1);
    }

    /// The counts, by the methods' names.
    pub fn to_pb(&self) -> Vec<pb::IdempotencyStats> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(method, counts)| counts.to_pb(method)).collect()
    }
}

impl Counts {
    fn to_pb(self, method: &str) -> pb::IdempotencyStats {
        let answers = self.carried_out.saturating_add(self.repeated);
        let tenths = self.repeated.saturating_mul(1_000).checked_div(answers).unwrap_or_default();
        let (percent, rest) = (tenths / 10, tenths % 10);
        let value = if rest == 0 { percent.to_string() } else { format!("{percent}.{rest}") };
        pb::IdempotencyStats {
            method: method.to_owned(),
            carried_out_count: self.carried_out,
            repeated_count: self.repeated,
            reused_count: self.reused,
            expired_count: self.expired,
            repeated_percent: Some(pb::Decimal { value }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hit_rate_is_of_the_answers() {
        let percent = |carried_out, repeated| {
            let counts = Counts { carried_out, repeated, reused: 7, expired: 9 };
            counts.to_pb("m").repeated_percent.unwrap().value
        };
        assert_eq!(percent(0, 0), "0");
        assert_eq!(percent(3, 1), "25");
        assert_eq!(percent(39, 1), "2.5");
        assert_eq!(percent(2, 1), "33.3");
    }
}
