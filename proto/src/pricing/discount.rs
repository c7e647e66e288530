//! Reductions, of a line or of the whole order.

use crate::decimal::Rate;

use super::{
    Place, PricingError,
    PricingErrorKind::{ExceedsRemainder, NotPositive, PercentOutOfRange},
    Rounding,
    error::limited,
    rounding::WHOLE,
};

/// How much is taken off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discount {
    /// Minor units, more than zero, at most what is left.
    Amount(i64),
    /// Percent of what is left, more than 0, at most 100.
    Percent(Rate),
}

impl Discount {
    /// What it takes off `left` (zero or more): never less than zero, never more than `left`.
    fn off(self, rounding: Rounding, left: i64, place: Place) -> Result<i64, PricingError> {
        match self {
            Self::Amount(amount) if amount <= 0 => Err(NotPositive.at(place)),
            Self::Amount(amount) => {
                let off = limited(i128::from(amount), place)?;
                if off > left { Err(ExceedsRemainder.at(place)) } else { Ok(off) }
            }
            Self::Percent(rate) if !(1..=WHOLE).contains(&i128::from(rate.ten_thousandths())) => {
                Err(PercentOutOfRange.at(place))
            }
            Self::Percent(rate) => limited(rounding.percent(left, rate), place),
        }
    }
}

/// Applies discounts in their order, each to what the ones before left, and answers what each took
/// off and what is left in the end.
pub(super) fn reduce(
    rounding: Rounding,
    amount: i64,
    discounts: &[Discount],
    place: impl Fn(usize) -> Place,
) -> Result<(Vec<i64>, i64), PricingError> {
    let mut left = amount;
    let mut offs = Vec::with_capacity(discounts.len());
    for (index, discount) in discounts.iter().enumerate() {
        let off = discount.off(rounding, left, place(index))?;
        left -= off;
        offs.push(off);
    }
    Ok((offs, left))
}
