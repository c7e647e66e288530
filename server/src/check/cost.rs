//! What goods cost, computed a second time: an average in thousandths of a minor unit for one unit of the product,
//! which only goods move whose own cost is known.

use kassa_proto::{money::MAX_AMOUNT_MINOR, v1::StockCause};

/// Thousandths of a unit times thousandths of a minor unit, in a minor unit.
const SCALE: i128 = 1_000_000;

/// A change of a stock, as far as it can move the average.
#[derive(Clone, Copy)]
pub struct Moved {
    /// Why.
    pub cause: i32,
    /// By how much, in thousandths.
    pub quantity: i64,
    /// What the goods cost together, in minor units.
    pub cost: Option<i64>,
}

impl Moved {
    /// The average after it, given the average and the quantity before it.
    pub fn average(&self, (before, there): (Option<i64>, i64)) -> Option<i64> {
        let Some(cost) = self.cost else { return before };
        let (there, moved, cost) = (i128::from(there), i128::from(self.quantity), i128::from(cost) * SCALE);
        if self.cause != i32::from(StockCause::PurchaseCancelled) {
            // What is missing from the books has no cost, nor have goods whose cost nobody knows.
            let weighed = before.filter(|_| there > 0).map(|average| (i128::from(average) * there, there));
            let (worth, of) = weighed.unwrap_or((0, 0));
            return Some(rounded(worth + cost, of + moved.max(1)));
        }
        // A delivery that goes back takes its cost along, if that much is left in the average.
        let before = before?;
        let (worth, left) = (i128::from(before) * there - cost, there + moved);
        Some(if left > 0 && worth >= 0 { rounded(worth, left) } else { before })
    }
}

/// What so much costs at an average, in minor units.
pub fn at_average(average: i64, quantity: i64) -> i64 {
    rounded(i128::from(average) * i128::from(quantity), SCALE)
}

/// The share that a part has of the cost of all.
pub fn share(cost: i64, part: i64, all: i64) -> i64 {
    rounded(i128::from(cost) * i128::from(part), i128::from(all))
}

/// A fraction as a whole number, half away from zero, within what sums of amounts may be.
fn rounded(number: i128, by: i128) -> i64 {
    let by = by.max(1);
    let (whole, rest) = (number / by, number % by);
    let up = if rest.abs() * 2 >= by { number.signum() } else { 0 };
    let most = i128::from(MAX_AMOUNT_MINOR) * 1_000;
    i64::try_from((whole + up).clamp(-most, most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_average_weighs_what_came_at_a_cost_and_gives_back_what_was_cancelled() {
        let came = |quantity, cost| Moved { cause: StockCause::Purchase.into(), quantity, cost };
        assert_eq!(came(10_000, Some(50_00)).average((None, 0)), Some(500_000));
        assert_eq!(came(30_000, Some(90_00)).average((Some(500_000), 10_000)), Some(350_000));
        assert_eq!(came(10_000, Some(30_00)).average((Some(500_000), -4_000)), Some(300_000));
        assert_eq!(came(10_000, None).average((Some(500_000), 10_000)), Some(500_000));
        let back = |quantity, cost| Moved {
            cause: StockCause::PurchaseCancelled.into(),
            quantity,
            cost: Some(cost),
        };
        assert_eq!(back(-30_000, 90_00).average((Some(350_000), 40_000)), Some(500_000));
        assert_eq!(back(-5_000, 90_00).average((Some(350_000), 10_000)), Some(350_000));
        assert_eq!(back(-10_000, 35_00).average((Some(350_000), 10_000)), Some(350_000));
    }

    #[test]
    fn worth_and_shares_are_rounded_half_away_from_zero() {
        assert_eq!([12_000, 1_000, 1_500].map(|quantity| at_average(83_333, quantity)), [10_00, 83, 1_25]);
        assert_eq!([0, 1, 2, 3, 4].map(|part| share(10_00, part, 3)), [0, 3_33, 6_67, 10_00, 13_33]);
    }
}
