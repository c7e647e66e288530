//! Refunds: what is given back of a line, over several refunds.

use super::{
    Place, PricingError, PricingErrorKind, Rounding,
    error::{limited, limited_sum},
};
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

/// A part of a line's total, such as a tax, or the net: how much was sold, and how much of that was given
/// back before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// What the line has of it; zero or more.
    pub sold: i64,
    /// What went back of it before.
    pub returned: i64,
}

impl Part {
    /// What is left to give back.
    fn left(self) -> i64 {
        self.sold.saturating_sub(self.returned).max(0)
    }
}

/// What `total`, the whole that is given back of a line now, consists of: its taxes in their order, and its net
/// last. The answer has as many parts and sums to `total`.
///
/// Each part so far is its share of the whole so far, peeled off one after the other: what is rounded off one
/// falls to the next, so that the parts are exact together. A part is held to what it and the ones after it have
/// left: so each grows and never shrinks, and all are whole at the end, whatever was rounded before.
///
/// # Errors
/// [`PricingErrorKind::Negative`] if the parts have not as much left; at [`Place::Order`].
pub fn returned_parts(parts: &[Part], total: i64, rounding: Rounding) -> Result<Vec<i64>, PricingError> {
    let all_left = limited_sum(parts.iter().map(|part| part.left()), Place::Order)?;
    if !(0..=all_left).contains(&total) {
        return Err(PricingErrorKind::Negative.at(Place::Order));
    }
    // The whole so far, and the parts that are still to be peeled off it.
    let mut so_far = limited_sum(parts.iter().map(|part| part.returned).chain([total]), Place::Order)?;
    let mut sold = limited_sum(parts.iter().map(|part| part.sold), Place::Order)?;
    let (mut rest, mut left_after) = (total, all_left);
    let mut given = Vec::with_capacity(parts.len());
    for part in parts {
        let exact = i128::from(part.sold) * i128::from(so_far);
        let after = if sold == 0 { 0 } else { limited(rounding.quotient(exact, sold.into()), Place::Order)? };
        so_far -= after;
        sold -= part.sold;
        left_after -= part.left();
        // Never empty, for no more than all is left: `rest` is at most this part's and the later ones' together.
        let (least, most) = ((rest - left_after).max(0), part.left().min(rest));
        let now = (after - part.returned).max(least).min(most);
        rest -= now;
        given.push(now);
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn the_sixth_of_twelve_bags_has_no_negative_net() {
        // 12 at 0.01, 15% within, half price: 0.06 = 0.01 tax + 0.05 net.
        let mut parts = [Part { sold: 1, returned: 0 }, Part { sold: 5, returned: 0 }];
        let mut told = Vec::new();
        for bag in 1..=12 {
            let total = worth(6, bag * 1_000, 12_000) - worth(6, (bag - 1) * 1_000, 12_000);
            let given = returned_parts(&parts, total, Rounding::HalfAwayFromZero).unwrap();
            for (part, now) in parts.iter_mut().zip(&given) {
                part.returned += now;
            }
            told.push(given);
        }
        assert_eq!(parts.map(|part| part.returned), [1, 5]);
        assert!(told.iter().flatten().all(|part| *part >= 0), "{told:?}");
    }

    #[test]
    fn what_an_older_rounding_gave_too_much_of_a_part_is_left_out_of_it() {
        let parts = [Part { sold: 1, returned: 0 }, Part { sold: 5, returned: 6 }];
        assert_eq!(returned_parts(&parts, 1, Rounding::HalfEven), Ok(vec![1, 0]));
        assert!(returned_parts(&parts, 2, Rounding::HalfEven).is_err());
    }

    proptest! {
        /// Any line with up to four taxes and its net, given back in any steps.
        #[test]
        fn parts_of_refunds_never_shrink_and_are_whole_at_the_end(
            sold in proptest::collection::vec(0_i64..2_000, 2..6),
            steps in proptest::collection::vec(1_i64..40, 1..30),
            half_even: bool,
        ) {
            let rounding = if half_even { Rounding::HalfEven } else { Rounding::HalfAwayFromZero };
            let (all, quantity): (i64, i64) = (sold.iter().sum(), steps.iter().sum());
            let mut parts: Vec<Part> = sold.iter().map(|sold| Part { sold: *sold, returned: 0 }).collect();
            let (mut returned, mut given_back) = (0, 0);
            for step in steps {
                returned += step;
                let [so_far, sold] = [returned, quantity].map(Quantity::from_thousandths);
                let total = returned_worth(all, so_far, sold, rounding).unwrap() - given_back;
                given_back += total;
                let given = returned_parts(&parts, total, rounding).unwrap();
                prop_assert_eq!(given.iter().sum::<i64>(), total);
                for (part, now) in parts.iter_mut().zip(given) {
                    prop_assert!(now >= 0, "{} of {:?}", now, part);
                    part.returned += now;
                    prop_assert!(part.returned <= part.sold, "{:?}", part);
                }
            }
            prop_assert!(parts.iter().all(|part| part.returned == part.sold), "{:?}", parts);
        }
    }
}
