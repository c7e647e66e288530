//! Who broke batches lately. A posting that breaks a constraint costs all of its batch a second run, one by one:
//! once is an accident, but a terminal that repeats it would slow every till of the shop.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::clock::is_recent;

/// How long a break is remembered, and how long who broke twice runs alone.
const MEMORY: TimeDelta = TimeDelta::minutes(1);

/// The breaks of the last minute, by terminal and method. Terminals are paired and methods are known, so that there
/// are not many.
#[derive(Debug, Default)]
pub(super) struct Breakers(HashMap<(Uuid, &'static str), Break>);

#[derive(Debug)]
struct Break {
    time: DateTime<Utc>,
    again: bool,
}

impl Breakers {
    /// A posting of this terminal and method broke a constraint.
    pub(super) fn broke(&mut self, terminal_id: Uuid, method: &'static str, now: DateTime<Utc>) {
        self.0.retain(|_, last| is_recent(last.time, now, MEMORY));
        let again = self.0.contains_key(&(terminal_id, method));
        self.0.insert((terminal_id, method), Break { time: now, again });
    }

    /// Whether the terminal's postings of this method are batches of their own for now.
    pub(super) fn run_alone(&self, terminal_id: Uuid, method: &'static str, now: DateTime<Utc>) -> bool {
        self.0.get(&(terminal_id, method)).is_some_and(|last| last.again && is_recent(last.time, now, MEMORY))
    }

    /// Whether nobody broke anything lately, as it is on nearly all days.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHOD: &str = "kassa.v1.Orders/CompleteSale";
    const TERMINAL: Uuid = Uuid::from_u128(1);

    #[test]
    fn the_second_break_within_a_minute_leads_to_a_minute_alone() {
        let mut breakers = Breakers::default();
        let start = DateTime::from_timestamp(1_795_176_000, 0).unwrap();
        let at = |seconds| start + TimeDelta::seconds(seconds);
        breakers.broke(TERMINAL, METHOD, at(0));
        assert!(!breakers.run_alone(TERMINAL, METHOD, at(1)));
        breakers.broke(TERMINAL, METHOD, at(59));
        assert!(breakers.run_alone(TERMINAL, METHOD, at(60)));
        assert!(
            !breakers.run_alone(TERMINAL, "kassa.v1.Orders/VoidSale", at(60)),
            "its other methods do not"
        );
        assert!(!breakers.run_alone(Uuid::from_u128(2), METHOD, at(60)), "nor do other terminals");
        assert!(!breakers.run_alone(TERMINAL, METHOD, at(119)));
    }

    #[test]
    fn whoever_goes_on_goes_on_alone_and_a_break_an_hour_later_is_the_first() {
        let mut breakers = Breakers::default();
        let start = DateTime::from_timestamp(1_795_176_000, 0).unwrap();
        let at = |seconds| start + TimeDelta::seconds(seconds);
        for seconds in [0, 30, 80, 130] {
            breakers.broke(TERMINAL, METHOD, at(seconds));
        }
        assert!(breakers.run_alone(TERMINAL, METHOD, at(180)));
        breakers.broke(TERMINAL, METHOD, at(3_600));
        assert!(!breakers.run_alone(TERMINAL, METHOD, at(3_601)));
        assert!(!breakers.run_alone(TERMINAL, METHOD, at(-9_000)));
    }
}
