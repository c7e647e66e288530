//! Cash where the smallest coins are gone.

use super::{Place, PricingError, Rules, error::limited};

/// How cash is rounded: one unit, and a rule of its own for each direction cash goes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct CashRounding {
    /// The smallest coin in minor units, such as 5 or 100. Zero (or less) rounds nothing.
    pub unit: i64,
    /// What is to be paid in cash.
    pub total: CashMode,
    /// What is given back.
    pub change: CashMode,
    /// What is refunded in cash.
    pub refund: CashMode,
}

/// How a rule treats half of the unit; everything else goes to the nearest multiple.
///
/// Countries differ at the half only: New Zealand leaves 5 cents of 10 to the shop, Sweden rounds
/// 50 öre of a total up and 50 öre of change down, and Australia's 5 cents have no half to ask about.
/// A negative amount is rounded like its positive.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CashMode {
    /// No rounding.
    #[default]
    None,
    /// Half of the unit becomes the unit.
    HalfUp,
    /// Half of the unit becomes nothing.
    HalfDown,
}

impl CashMode {
    /// The multiple of `unit` for `amount`.
    pub(super) fn nearest(self, unit: i64, amount: i64) -> i128 {
        let (unit, amount) = (i128::from(unit), i128::from(amount));
        if self == Self::None || unit <= 0 {
            return amount;
        }
        let rest = amount % unit;
        let away = match self {
            Self::HalfUp => 2 * rest.abs() >= unit,
            Self::HalfDown | Self::None => 2 * rest.abs() > unit,
        };
        amount - rest + if away { unit * amount.signum() } else { 0 }
    }
}

/// What is to be paid for `amount` if all of it comes in cash.
///
/// # Errors
/// `Overflow` at [`Place::Order`] if the amount or the result is too large.
pub fn cash_total(rules: &Rules, amount: i64) -> Result<i64, PricingError> {
    rounded(rules.cash.total, rules, amount)
}

/// What is given back where change of `amount` is due.
///
/// # Errors
/// `Overflow` at [`Place::Order`] if the amount or the result is too large.
pub fn cash_change(rules: &Rules, amount: i64) -> Result<i64, PricingError> {
    rounded(rules.cash.change, rules, amount)
}

/// What is paid out in cash for a refund of `amount`.
///
/// # Errors
/// `Overflow` at [`Place::Order`] if the amount or the result is too large.
pub fn cash_refund(rules: &Rules, amount: i64) -> Result<i64, PricingError> {
    rounded(rules.cash.refund, rules, amount)
}

fn rounded(mode: CashMode, rules: &Rules, amount: i64) -> Result<i64, PricingError> {
    limited(i128::from(amount), Place::Order)?;
    limited(mode.nearest(rules.cash.unit, amount), Place::Order)
}
