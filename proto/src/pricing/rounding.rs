//! The one place where a fraction becomes minor units.

use std::cmp::Ordering;

use crate::decimal::Rate;

/// A hundred percent, in the units of a [`Rate`].
pub(super) const WHOLE: i128 = 1_000_000;

/// How a half of a minor unit is rounded; everything else goes to the nearest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// 0.5 becomes 1, -0.5 becomes -1: what a customer checks by hand.
    HalfAwayFromZero,
    /// To the even neighbour, 0.5 becomes 0 and 1.5 becomes 2: halves don't add up to a bias.
    HalfEven,
}

impl Rounding {
    /// `numerator / denominator`, rounded.
    ///
    /// The denominator is more than zero; both are products of a 64-bit number with a 64-bit
    /// number or with [`WHOLE`], so that twice a remainder still fits.
    pub(super) fn quotient(self, numerator: i128, denominator: i128) -> i128 {
        let (quotient, rest) = (numerator / denominator, numerator % denominator);
        let away = match (2 * rest.abs()).cmp(&denominator) {
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => match self {
                Self::HalfAwayFromZero => true,
                Self::HalfEven => quotient % 2 != 0,
            },
        };
        if away { quotient + numerator.signum() } else { quotient }
    }

    /// `rate` of `amount`: 15% of 200 is 30.
    pub(super) fn percent(self, amount: i64, rate: Rate) -> i128 {
        self.quotient(i128::from(amount) * i128::from(rate.ten_thousandths()), WHOLE)
    }
}
