//! Rounding and amounts, by the simplest way.

use kassa_proto::v1::Money;

/// `numerator / denominator` of what is not negative, a half rounded as the mode says.
pub(super) fn quotient(numerator: i128, denominator: i128, rounding_mode: i32) -> i64 {
    let (floor, rest) = (numerator / denominator, numerator % denominator);
    let up = 2 * rest > denominator || 2 * rest == denominator && (rounding_mode != 2 || floor % 2 == 1);
    i64::try_from(floor + i128::from(up)).expect("an amount")
}

/// Cash of a country without small coins: to the nearest, 1 rounds a half up and 2 down; 3 rounds all up, 4 all
/// down; 0 is of before a mode was asked for with every coin, and rounds as 1 does.
pub fn rounded(amount: i64, unit: i64, mode: i32) -> i64 {
    if unit <= 0 {
        return amount;
    }
    let rest = amount % unit;
    let up = match mode {
        3 => rest > 0,
        4 => false,
        2 => 2 * rest > unit,
        _ => 2 * rest >= unit,
    };
    amount - rest + if up { unit } else { 0 }
}

/// An amount of a message; none is zero.
pub fn minor(money: &Option<Money>) -> i64 {
    money.as_ref().map_or(0, |money| money.amount_minor)
}
