//! Dice that fall the same for the same number: what a step does in detail.

/// Dice of one step.
pub struct Dice(u64);

impl Dice {
    /// The dice of a number.
    pub fn of(number: u64) -> Self {
        Self(number)
    }

    /// A number below `sides` (SplitMix64).
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }

    /// A number from one to another, both included.
    pub fn from(&mut self, least: i64, most: i64) -> i64 {
        let span = u64::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.roll(span)).expect("below the span")
    }

    /// True once in so many.
    pub fn one_in(&mut self, many: u64) -> bool {
        self.roll(many) == 0
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let place = usize::try_from(self.roll(of.len() as u64)).ok()?;
        of.get(place).cloned()
    }
}
