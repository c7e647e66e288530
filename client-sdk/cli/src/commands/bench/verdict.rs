//! Whether what was measured is enough for a shop.

use std::time::Duration;

use kassa_load::latencies;

use super::report::Report;

/// A till with a queue before it has a customer so often; a supermarket's has one in half a minute.
pub const BETWEEN_CUSTOMERS: Duration = Duration::from_secs(10);
/// From so long on people notice that they wait for a machine, and think of something else.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many times what the busiest hour needs is plenty: there are backups and reports beside it, and other programs.
const PLENTY: f64 = 10.0;
/// The same, with little room for anything else.
const LITTLE: f64 = 2.0;
/// An SSD syncs in about a millisecond, a hard disk in ten and more.
const SLOW_SYNC: Duration = Duration::from_millis(8);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    FastEnough,
    Barely,
    TooSlow,
    /// No disk was measured.
    InMemory,
}

impl Verdict {
    pub fn of(report: &Report) -> Self {
        if report.is_in_memory() {
            return Self::InMemory;
        }
        let headroom = report.sales_per_second() / report.needed_per_second();
        let together = latencies::at(&report.latencies, 0.99);
        let alone = report.alone.as_ref().map_or(together, |alone| latencies::at(alone, 0.99));
        if report.latencies.is_empty() {
            Self::TooSlow
        } else if headroom >= PLENTY && together <= PATIENCE {
            Self::FastEnough
        } else if headroom >= LITTLE && alone <= PATIENCE {
            Self::Barely
        } else {
            Self::TooSlow
        }
    }

    /// For programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::FastEnough => "FAST_ENOUGH",
            Self::Barely => "BARELY",
            Self::TooSlow => "TOO_SLOW",
            Self::InMemory => "IN_MEMORY",
        }
    }

    /// For people, before the number of terminals.
    pub fn headline(self, terminals: &str) -> String {
        match self {
            Self::FastEnough => format!("This PC is fast enough for {terminals}."),
            Self::Barely => format!("This PC is barely fast enough for {terminals}."),
            Self::TooSlow => format!("This PC is too slow for {terminals}."),
            Self::InMemory => "Nothing was learnt about a disk: this folder is in memory.".to_owned(),
        }
    }
}

/// What to do where it is not good.
pub fn advice(report: &Report) -> Option<&'static str> {
    let is_slow_disk = latencies::at(&report.syncs, 0.5) >= SLOW_SYNC;
    match Verdict::of(report) {
        Verdict::InMemory => Some("name a folder on the shop's disk with --folder"),
        _ if is_slow_disk => Some("the disk is slow: keep the shop's books on an SSD"),
        Verdict::FastEnough => None,
        Verdict::Barely | Verdict::TooSlow => {
            Some("the disk is not what is slow: end other programs and try again, or take a faster PC")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::bench::report::tests::{in_memory, report};

    #[test]
    fn many_quick_sales_are_enough() {
        let report = report(&[20; 400], 1);
        assert_eq!((Verdict::of(&report), advice(&report)), (Verdict::FastEnough, None));
    }

    #[test]
    fn sales_that_are_quick_alone_and_slow_together_are_barely_enough() {
        let report = report(&[1_200; 400], 1);
        assert_eq!(Verdict::of(&report), Verdict::Barely);
        assert!(advice(&report).unwrap().contains("the disk is not what is slow"));
    }

    #[test]
    fn fewer_sales_than_a_busy_shop_makes_are_too_few() {
        let few = report(&[20, 20, 20], 30);
        assert_eq!(Verdict::of(&few), Verdict::TooSlow);
        assert!(advice(&few).unwrap().contains("SSD"));
        assert_eq!(Verdict::of(&report(&[], 1)), Verdict::TooSlow);
    }

    #[test]
    fn a_slow_disk_is_told_even_if_it_is_enough() {
        let report = report(&[20; 400], 12);
        assert_eq!(Verdict::of(&report), Verdict::FastEnough);
        assert!(advice(&report).unwrap().contains("the disk is slow"));
    }

    #[test]
    fn nothing_is_said_of_a_disk_that_is_none() {
        let report = in_memory(report(&[1; 4_000], 0));
        assert_eq!(Verdict::of(&report), Verdict::InMemory);
        assert!(advice(&report).unwrap().contains("--folder"));
    }
}
