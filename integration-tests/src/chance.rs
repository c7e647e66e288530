//! Chance that can be repeated.

use std::hash::{BuildHasher as _, RandomState};

/// Numbers that follow from a seed (SplitMix64).
pub struct Chance(u64);

/// A seed that nobody chose.
pub fn seed() -> u64 {
    RandomState::new().hash_one("chance") % 1_000_000
}

impl Chance {
    /// The chance of one round: it depends on no other round.
    pub fn of(seed: u64, fault: &str, round: usize) -> Self {
        let mut chance = Self(seed);
        for byte in fault.bytes().chain(round.to_le_bytes()) {
            chance.0 = chance.next() ^ u64::from(byte);
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// One of several.
    pub fn one_of<T: Copy>(&mut self, several: &[T]) -> T {
        let place = self.below(several.len() as u64);
        *several.get(usize::try_from(place).expect("a small number")).expect("there are several")
    }

    /// All of them in a chance order (Fisher and Yates).
    pub fn shuffled<T: Copy, const N: usize>(&mut self, mut all: [T; N]) -> [T; N] {
        for last in (1..N).rev() {
            let place = self.below(last as u64 + 1);
            all.swap(last, usize::try_from(place).expect("a small number"));
        }
        all
    }
}
