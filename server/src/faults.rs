//! Faults of ours, told without filling the log: the first few of a minute and a cause have a line each, so that
//! support finds a request by its id; the others are counted.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::store::FailureKind;

/// Faults of a cause that get a line in so much time.
const LINES: u64 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// What a fault comes from: there are not many, whatever callers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A place of our own, by its file and line, and the type of what it says: where it is handed on by `map_err`,
    /// the place is the library's, and only the type tells one from the other.
    Code(&'static str, u32, &'static str),
    /// The database.
    Database(FailureKind),
}

#[derive(Clone, Copy)]
struct Window {
    since: Instant,
    told: u64,
    left_out: u64,
}

/// The causes of the last minute. Errors are made everywhere, by what knows of no server: all of a process share these.
static FAULTS: Faults = Faults(Mutex::new(BTreeMap::new()));

struct Faults(Mutex<BTreeMap<Cause, Window>>);

/// Whether this fault gets a line.
pub fn is_news(cause: Cause) -> bool {
    let (is_news, left_out) = FAULTS.count(cause, Instant::now());
    tell(cause, left_out);
    is_news
}

/// Tells how many were left out, of the causes whose minute is over.
pub fn tell_what_is_over() {
    tell_all_of(FAULTS.take_over(Instant::now(), WINDOW));
}

/// The same at the end, for all that was left out so far.
pub fn tell_all() {
    tell_all_of(FAULTS.take_over(Instant::now(), Duration::ZERO));
}

fn tell_all_of(left_out: Vec<(Cause, u64)>) {
    for (cause, left_out) in left_out {
        tell(cause, left_out);
    }
}

/// Of no request: the ones that were left out have ended.
fn tell(cause: Cause, left_out: u64) {
    if left_out > 0 {
        tracing::error!(parent: None, ?cause, left_out, "more faults than are told one by one");
    }
}

impl Faults {
    /// Whether a fault gets a line, and how many of the minute before got none.
    fn count(&self, cause: Cause, now: Instant) -> (bool, u64) {
        let mut causes = self.causes();
        let begun = Window { since: now, told: 0, left_out: 0 };
        let window = causes.entry(cause).or_insert(begun);
        let mut left_out = 0;
        if now.saturating_duration_since(window.since) >= WINDOW {
            left_out = std::mem::replace(window, begun).left_out;
        }
        let is_news = window.told < LINES;
        let count = if is_news { &mut window.told } else { &mut window.left_out };
        *count = count.saturating_add(1);
        (is_news, left_out)
    }

    /// Forgets what is older than this, and says of which causes something was left out.
    fn take_over(&self, now: Instant, age: Duration) -> Vec<(Cause, u64)> {
        let mut over = Vec::new();
        self.causes().retain(|cause, window| {
            let open = now.saturating_duration_since(window.since) < age;
            if !open && window.left_out > 0 {
                over.push((*cause, window.left_out));
            }
            open
        });
        over
    }

    fn causes(&self) -> MutexGuard<'_, BTreeMap<Cause, Window>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_of_a_cause_and_minute_are_told_and_the_rest_counted() {
        let faults = Faults(Mutex::default());
        let begin = Instant::now();
        let (full, ours) = (Cause::Database(FailureKind::Full), Cause::Code("orders.rs", 7, "str"));
        let told = |cause, now| (0..1_000).filter(|_| faults.count(cause, now).0).count();
        assert_eq!((told(full, begin), told(ours, begin)), (10, 10), "each cause has lines of its own");
        assert_eq!(told(full, begin + WINDOW / 2), 0);
        assert_eq!(faults.take_over(begin + WINDOW / 2, WINDOW), []);
        // What was left out is told once: with the next one, or when nothing comes any more.
        assert_eq!(faults.count(full, begin + WINDOW), (true, 1_990));
        assert_eq!(faults.take_over(begin + WINDOW, WINDOW), [(ours, 990)]);
        assert_eq!((told(full, begin + WINDOW), told(ours, begin + WINDOW)), (9, 10));
    }
}
