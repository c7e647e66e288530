//! Refunds: what is given back of a line, over several refunds.

use super::{Place, PricingError, PricingErrorKind, Rounding, error::limited};
use crate::decimal::Quantity;

/// What `returned` of `sold` is worth of an amount of the line: `round(amount * returned / sold)`.
///
/// A refund pays the difference between this after and before it. The last refund of a line so takes
/// the rest by itself, and many small refunds are worth as much as one large one.
///
/// # Errors
/// [`PricingErrorKind::NotPositive`] if nothing was sold, [`PricingErrorKind::Negative`] if less than
/// nothing or more than was sold is returned; at [`Place::Order`].
pub fn returned_worth(
    amount: i64,
    returned: Quantity,
    sold: Quantity,
    rounding: Rounding,
) -> Result<i64, PricingError> {
    let (returned, sold) = (returned.thousandths(), sold.thousandths());
    if sold <= 0 {
        return Err(PricingErrorKind::NotPositive.at(Place::Order));
    }
    if !(0..=sold).contains(&returned) {
        return Err(PricingErrorKind::Negative.at(Place::Order));
    }
    let worth = rounding.quotient(i128::from(amount) * i128::from(returned), i128::from(sold));
    limited(worth, Place::Order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worth(amount: i64, returned: i64, sold: i64) -> i64 {
        let [returned, sold] = [returned, sold].map(Quantity::from_thousandths);
        returned_worth(amount, returned, sold, Rounding::HalfAwayFromZero).unwrap()
    }

    #[test]
    fn three_pieces_for_ten_come_back_as_three_and_four_and_three() {
        let so_far = [0, 1_000, 2_000, 3_000].map(|returned| worth(10, returned, 3_000));
        assert_eq!(so_far, [0, 3, 7, 10]);
    }

    #[test]
    fn a_weighed_good_comes_back_to_the_last_gram() {
        assert_eq!(worth(1_531, 1_235, 1_235), 1_531);
        assert_eq!(worth(1_531, 617, 1_235) + (worth(1_531, 1_235, 1_235) - worth(1_531, 617, 1_235)), 1_531);
    }

    #[test]
    fn more_than_was_sold_or_of_nothing_is_worth_nothing() {
        let [none, one, two] = [0, 1_000, 2_000].map(Quantity::from_thousandths);
        assert!(returned_worth(10, two, one, Rounding::HalfEven).is_err());
        assert!(returned_worth(10, none, none, Rounding::HalfEven).is_err());
    }
}
