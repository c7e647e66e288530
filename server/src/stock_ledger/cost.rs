//! What goods have cost: a weighted average per product and branch, moved by what comes in at a price.
//!
//! An average counts thousandths of a minor unit for one unit of the product: a screw may cost a third of
//! a cent. What leaves, leaves at the average; so only goods that come in move it.

use kassa_proto::{decimal::Quantity, money::MAX_AMOUNT_MINOR};

/// Thousandths of a unit times thousandths of a minor unit, in a minor unit.
const SCALE: i128 = 1_000_000;

/// What this much costs at an average, in minor units, half away from zero.
pub fn worth(average: i64, quantity: Quantity) -> i64 {
    let exact = i128::from(average).saturating_mul(i128::from(quantity.thousandths()));
    clamped(divided(exact, SCALE))
}

/// What a part of goods cost, where all of them had cost `cost`.
pub fn share(cost: i64, part: Quantity, all: Quantity) -> i64 {
    let exact = i128::from(cost).saturating_mul(i128::from(part.thousandths()));
    clamped(divided(exact, i128::from(all.thousandths())))
}

/// The average once goods that cost `cost` together have come to what was there. Goods that are missing
/// from the books (a stock below zero) have no cost, and neither have those of which none was known.
pub fn average(before: Option<i64>, there: Quantity, come: Quantity, cost: i64) -> i64 {
    let come_quantity = i128::from(come.thousandths()).max(1);
    let value = i128::from(cost).saturating_mul(SCALE);
    let there = i128::from(there.thousandths());
    match before {
        Some(average) if there > 0 => {
            let together = i128::from(average).saturating_mul(there).saturating_add(value);
            clamped(divided(together, there.saturating_add(come_quantity)))
        }
        _ => clamped(divided(value, come_quantity)),
    }
}

/// The average once goods that had come at `cost` have left again what is there. Where nothing is left, or
/// less of their worth than they cost, because others were sold at the average meanwhile, it stays.
pub fn average_without(average: i64, there: Quantity, leave: Quantity, cost: i64) -> i64 {
    let there = i128::from(there.thousandths());
    let left = there.saturating_sub(i128::from(leave.thousandths()));
    let together = i128::from(average).saturating_mul(there);
    let value = together.saturating_sub(i128::from(cost).saturating_mul(SCALE));
    if left > 0 && value >= 0 { clamped(divided(value, left)) } else { average }
}

/// Half away from zero; neither number is below zero where it matters.
fn divided(number: i128, by: i128) -> i128 {
    let half = if number < 0 { -(by / 2) } else { by / 2 };
    number.saturating_add(half).checked_div(by).unwrap_or_default()
}

/// Within what an amount may be, so that sums of many stay countable.
fn clamped(number: i128) -> i64 {
    let most = i128::from(MAX_AMOUNT_MINOR).saturating_mul(1_000);
    i64::try_from(number.clamp(-most, most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(count: i64) -> Quantity {
        Quantity::from_thousandths(count * 1_000)
    }

    #[test]
    fn the_average_weighs_what_is_there_against_what_comes() {
        // 10 for 50.00, then 30 for 90.00: 140.00 for 40 is 3.50 each.
        let first = average(None, pieces(0), pieces(10), 50_00);
        assert_eq!(first, 500_000);
        assert_eq!(average(Some(first), pieces(10), pieces(30), 90_00), 350_000);
        // A dozen for 10.00 is 83.333 cents each, and a dozen of them is 10.00 again.
        let dozen = average(None, pieces(0), pieces(12), 10_00);
        assert_eq!((dozen, worth(dozen, pieces(12)), worth(dozen, pieces(1))), (83_333, 10_00, 83));
        assert_eq!(worth(dozen, Quantity::from_thousandths(1_500)), 1_25);
    }

    #[test]
    fn a_part_has_its_share_of_the_cost_and_all_has_all() {
        let shares = [0, 1, 2, 3, 4].map(|part| share(10_00, pieces(part), pieces(3)));
        assert_eq!(shares, [0, 3_33, 6_67, 10_00, 13_33]);
    }

    #[test]
    fn what_is_missing_or_of_unknown_cost_does_not_weigh() {
        assert_eq!(average(Some(500_000), pieces(-4), pieces(10), 30_00), 300_000);
        assert_eq!(average(None, pieces(7), pieces(10), 30_00), 300_000);
        assert_eq!(average(Some(500_000), pieces(10), pieces(10), 0), 250_000, "a gift");
    }

    #[test]
    fn what_leaves_again_takes_its_cost_out_of_the_average() {
        // 10 for 50.00 and 30 for 90.00 are 3.50 each; without the 30 they are 5.00 again.
        assert_eq!(average_without(350_000, pieces(40), pieces(30), 90_00), 500_000);
        // 20 were sold meanwhile: 20 are worth 70.00, and without 10 for 50.00 it is 2.00 each.
        assert_eq!(average_without(350_000, pieces(20), pieces(10), 50_00), 200_000);
        // 30 were sold: 10 are worth 35.00, and 90.00 can't leave; nor can a price where nothing is left.
        assert_eq!(average_without(350_000, pieces(10), pieces(5), 90_00), 350_000);
        assert_eq!(average_without(350_000, pieces(10), pieces(10), 35_00), 350_000);
        assert_eq!(average_without(350_000, pieces(10), pieces(30), 0), 350_000);
    }

    #[test]
    fn amounts_at_the_edge_stay_countable() {
        let most = average(None, pieces(0), Quantity::from_thousandths(1), MAX_AMOUNT_MINOR);
        assert!(most > 0 && worth(most, Quantity::from_thousandths(i64::MAX)) > 0);
        assert_eq!(worth(most, Quantity::from_thousandths(1)), MAX_AMOUNT_MINOR / 1_000);
    }
}
