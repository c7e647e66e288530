//! One line a minute for what repeats itself. A terminal that is refused a thousand times a second says nothing new
//! with the second line, and would take the room of those that do.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use kassa_proto::v1::ErrorReason as Reason;

use crate::{
    clock::{SharedClock, is_recent},
    faults,
};

/// One line of a cause is told in so much time.
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// How often is looked for windows that are over.
const LOOK: Duration = Duration::from_secs(10);

/// What is told of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    /// It was refused.
    Refused(Reason),
    /// It took long.
    Slow,
}

/// A method of the table and what happened to its requests: there are not many, whatever callers send.
type Cause = (&'static str, Happening);

struct Window {
    since: DateTime<Utc>,
    left_out: u64,
}

/// The causes of the last minute.
pub struct Repeats {
    clock: SharedClock,
    causes: Mutex<BTreeMap<Cause, Window>>,
}

impl Repeats {
    /// With nothing told yet.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, causes: Mutex::default() }
    }

    /// Whether this one gets a line: the first of its cause does. The others of its minute are counted.
    pub fn is_news(&self, method: &'static str, happening: Happening) -> bool {
        let now = self.clock.now();
        let mut causes = self.causes();
        if let Some(window) = causes.get_mut(&(method, happening))
            && is_recent(window.since, now, WINDOW)
        {
            window.left_out = window.left_out.saturating_add(1);
            return false;
        }
        let begun = Window { since: now, left_out: 0 };
        let over = causes.insert((method, happening), begun);
        drop(causes);
        if let Some(over) = over {
            tell((method, happening), over.left_out);
        }
        true
    }

    /// Tells how many were left out, a while after each minute: its cause may never come again.
    pub async fn keep_telling(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.tell_what_is_over();
            faults::tell_what_is_over();
        }
    }

    /// The same at the end, for all that was left out so far.
    pub fn tell_all(&self) {
        let causes = std::mem::take(&mut *self.causes());
        for (cause, window) in causes {
            tell(cause, window.left_out);
        }
    }

    fn tell_what_is_over(&self) {
        for (cause, left_out) in self.take_over() {
            tell(cause, left_out);
        }
    }

    /// The causes whose minute is over.
    fn take_over(&self) -> Vec<(Cause, u64)> {
        let now = self.clock.now();
        let mut over = Vec::new();
        self.causes().retain(|cause, window| {
            let open = is_recent(window.since, now, WINDOW);
            if !open {
                over.push((*cause, window.left_out));
            }
            open
        });
        over
    }

    fn causes(&self) -> MutexGuard<'_, BTreeMap<Cause, Window>> {
        self.causes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Of no request: the ones that were left out have ended.
fn tell((method, happening): Cause, left_out: u64) {
    if left_out == 0 {
        return;
    }
    match happening {
        Happening::Refused(reason) => {
            let reason = reason.wire_name();
            tracing::info!(parent: None, method, reason, left_out, "refused more often than is told one by one");
        }
        Happening::Slow => {
            tracing::warn!(parent: None, method, left_out, "more slow requests than are told one by one");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

    use super::*;
    use crate::clock::Clock;

    #[derive(Default)]
    struct Seconds(AtomicI64);

    impl Clock for Seconds {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp(1_795_176_000 + self.0.load(SeqCst), 0).unwrap()
        }

        fn random(&self, _bytes: &mut [u8]) {}
    }

    fn repeats() -> (Arc<Seconds>, Repeats) {
        let clock = Arc::new(Seconds::default());
        let shared: SharedClock = Arc::clone(&clock) as SharedClock;
        (clock, Repeats::new(shared))
    }

    const SALE: &str = "/kassa.v1.Orders/CompleteSale";
    const REFUND: &str = "/kassa.v1.Orders/RefundSale";
    const NO_SHIFT: Happening = Happening::Refused(Reason::NoOpenShift);
    const NO_TOKEN: Happening = Happening::Refused(Reason::TokenInvalid);

    #[test]
    fn the_first_of_a_cause_is_told_each_minute_and_the_others_are_counted() {
        let (clock, repeats) = repeats();
        assert!(repeats.is_news(SALE, NO_SHIFT));
        for second in 0..60 {
            clock.0.store(second, SeqCst);
            assert!(!repeats.is_news(SALE, NO_SHIFT), "{second}");
        }
        assert_eq!(repeats.take_over(), []);
        clock.0.store(60, SeqCst);
        assert_eq!(repeats.take_over(), [((SALE, NO_SHIFT), 60)]);
        assert_eq!(repeats.take_over(), [], "it is told once");
        assert!(repeats.is_news(SALE, NO_SHIFT));
    }

    #[test]
    fn another_method_another_reason_and_a_slow_one_are_news() {
        let (_, repeats) = repeats();
        for happening in [NO_SHIFT, NO_TOKEN, Happening::Slow] {
            for method in [SALE, REFUND] {
                assert!(repeats.is_news(method, happening));
                assert!(!repeats.is_news(method, happening));
            }
        }
    }

    #[test]
    fn a_clock_that_goes_back_by_hours_silences_nobody() {
        let (clock, repeats) = repeats();
        assert!(repeats.is_news(SALE, NO_SHIFT));
        clock.0.store(-7_200, SeqCst);
        assert!(repeats.is_news(SALE, NO_SHIFT));
        assert!(!repeats.is_news(SALE, NO_SHIFT));
    }
}
