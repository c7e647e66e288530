//! The sums that are kept in memory, shift by shift.
//!
//! An order never changes, and whatever a branch adds comes with a higher sequence. So the sums of a shift's orders up
//! to a sequence hold for ever, whether the shift is open, closed, or gets a late sale: what came after them is added.
//! They hold for these books: others that a restore puts in their place are opened with nothing kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use uuid::Uuid;

use super::figures::{Part, Sums};

/// How many parts are kept at most, of about 160 bytes each: a month of eight tills that sell for ten hours a day has
/// some 2,400.
pub const MOST_PARTS: usize = 100_000;

/// The sums of a shift's orders up to one of them.
#[derive(Clone, Debug, Default)]
pub struct OfShift {
    /// The sequence of the last order in them.
    pub until: i64,
    /// By their parts, in order.
    pub parts: Arc<[(Part, Sums)]>,
}

/// What is kept.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Shifts>);

#[derive(Debug, Default)]
struct Shifts {
    by_id: HashMap<Uuid, Asked>,
    parts: usize,
    /// Counts what was asked, to know what was asked for longest ago.
    clock: u64,
}

#[derive(Debug)]
struct Asked {
    sums: OfShift,
    last: u64,
}

impl Kept {
    /// A shift's sums for a reading that sees its orders up to one. What another reading kept of a later moment is
    /// nothing for this one.
    pub fn get(&self, shift: Uuid, seen: i64) -> Option<OfShift> {
        let mut shifts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shifts.clock = shifts.clock.saturating_add(1);
        let clock = shifts.clock;
        let asked = shifts.by_id.get_mut(&shift).filter(|asked| asked.sums.until <= seen)?;
        asked.last = clock;
        Some(asked.sums.clone())
    }

    /// Whether a shift's sums are kept up to an order.
    pub fn has(&self, shift: Uuid, until: i64) -> bool {
        let shifts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shifts.by_id.get(&shift).is_some_and(|asked| asked.sums.until >= until)
    }

    /// Keeps a shift's sums, unless those that are kept go further. What was asked for longest ago goes for it.
    pub fn put(&self, shift: Uuid, sums: OfShift) {
        let mut shifts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sums.parts.len() > MOST_PARTS
            || shifts.by_id.get(&shift).is_some_and(|it| it.sums.until > sums.until)
        {
            return;
        }
        shifts.remove(shift);
        shifts.clock = shifts.clock.saturating_add(1);
        while shifts.parts.saturating_add(sums.parts.len()) > MOST_PARTS {
            let oldest = shifts.by_id.iter().min_by_key(|(_, asked)| asked.last).map(|(id, _)| *id);
            let Some(oldest) = oldest else { break };
            shifts.remove(oldest);
        }
        shifts.parts = shifts.parts.saturating_add(sums.parts.len());
        let last = shifts.clock;
        shifts.by_id.insert(shift, Asked { sums, last });
    }
}

impl Shifts {
    fn remove(&mut self, shift: Uuid) {
        if let Some(asked) = self.by_id.remove(&shift) {
            self.parts = self.parts.saturating_sub(asked.sums.parts.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(until: i64, parts: usize) -> OfShift {
        let part = Part { hour: (0, 0), user: Uuid::nil() };
        OfShift { until, parts: vec![(part, Sums::default()); parts].into() }
    }

    #[test]
    fn what_is_asked_for_longest_ago_makes_room_and_no_more_is_kept_than_the_limit() {
        let kept = Kept::default();
        let ids: Vec<Uuid> = (0..5).map(Uuid::from_u128).collect();
        for id in &ids[..4] {
            kept.put(*id, of(1, MOST_PARTS / 4));
        }
        assert!(kept.get(ids[0], 1).is_some());
        kept.put(ids[4], of(1, MOST_PARTS / 4));
        let there: Vec<bool> = ids.iter().map(|id| kept.get(*id, 1).is_some()).collect();
        assert_eq!(there, [true, false, true, true, true]);
        kept.put(ids[1], of(1, MOST_PARTS + 1));
        assert!(kept.get(ids[1], 1).is_none());
        assert_eq!(kept.0.lock().unwrap().parts, MOST_PARTS);
    }

    #[test]
    fn sums_of_a_later_moment_are_nothing_for_an_earlier_one_and_are_not_lost_to_it() {
        let kept = Kept::default();
        kept.put(Uuid::nil(), of(7, 2));
        assert!(kept.get(Uuid::nil(), 6).is_none());
        kept.put(Uuid::nil(), of(6, 1));
        assert_eq!(kept.get(Uuid::nil(), 9).map(|sums| sums.until), Some(7));
        assert_eq!(kept.0.lock().unwrap().parts, 2);
    }
}
