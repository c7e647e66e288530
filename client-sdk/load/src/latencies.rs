//! How long answers took.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies in microseconds; three digits are told apart.
pub type Latencies = Histogram<u64>;

/// The longest that is told apart: a call's attempts have a minute in all.
const LONGEST: Duration = Duration::from_secs(3_600);

/// No latencies yet.
#[must_use]
pub fn none() -> Latencies {
    // The bounds are among those that the histogram knows.
    Histogram::new_with_max(micros(LONGEST), 3).unwrap_or_else(|_| unreachable!())
}

/// That so large a part of the answers took no longer: `quantile` is 0.99 for the 99th percentile.
#[must_use]
pub fn at(latencies: &Latencies, quantile: f64) -> Duration {
    Duration::from_micros(latencies.value_at_quantile(quantile))
}

/// Counts one that took so long.
pub fn count(latencies: &mut Latencies, took: Duration) {
    latencies.saturating_record(micros(took));
}

/// In microseconds.
#[must_use]
pub fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

/// A step of a chart: answers that took up to `to`, and longer than the step before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The longest of it.
    pub to: Duration,
    /// How many answers.
    pub count: u64,
}

/// All answers in steps of 1, 2 and 5 of each power of ten, from the first that has one to the last.
#[must_use]
pub fn steps(latencies: &Latencies) -> Vec<Step> {
    let (mut steps, mut from, mut counted) = (Vec::new(), 0, 0);
    for to in (0..19).flat_map(|power| [1, 2, 5].map(|digit: u64| digit.saturating_mul(10_u64.pow(power)))) {
        if counted == latencies.len() {
            break;
        }
        let count = latencies.count_between(from, to);
        counted += count;
        from = latencies.highest_equivalent(to).saturating_add(1);
        if counted > 0 {
            steps.push(Step { to: Duration::from_micros(to), count });
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_stands_in_one_step() {
        let mut latencies = none();
        for took in [900, 1_500, 1_501, 2_000, 2_100, 49_000, 3_000_000_000] {
            count(&mut latencies, Duration::from_micros(took));
        }
        let steps = steps(&latencies);
        assert_eq!(steps.iter().map(|step| step.count).sum::<u64>(), latencies.len());
        let first = steps.first().unwrap();
        assert_eq!((first.to, first.count), (Duration::from_millis(1), 1));
        assert_eq!((steps[1].to, steps[1].count), (Duration::from_millis(2), 3));
        let last = steps.last().unwrap();
        assert_eq!((last.to, last.count), (Duration::from_secs(5_000), 1));
    }

    #[test]
    fn of_nothing_there_are_no_steps() {
        assert_eq!(steps(&none()), []);
    }
}
