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
    /// Whether a sale takes cash that the unit does not make.
    pub small_coins: bool,
}

/// Which multiple of the unit an amount goes to.
///
/// Where it is the nearest one, countries differ at the half only: New Zealand leaves 5 cents of 10 to the
/// shop, Sweden rounds 50 öre of a total up and 50 öre of change down, and Australia's 5 cents have no half
/// to ask about. A negative amount is rounded like its positive.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum CashMode {
    /// No rounding.
    #[default]
    None,
    /// To the nearest; half of the unit becomes the unit.
    HalfUp,
    /// To the nearest; half of the unit becomes nothing.
    HalfDown,
    /// To the next multiple that is not less.
    Up,
    /// To the next multiple that is not more.
    Down,
}

impl CashMode {
    /// The multiple of `unit` for `amount`.
    pub(super) fn multiple(self, unit: i64, amount: i64) -> i128 {
        let (unit, amount) = (i128::from(unit), i128::from(amount));
        if self == Self::None || unit <= 0 {
            return amount;
        }
        let rest = amount % unit;
        let away = match self {
            Self::HalfUp => 2 * rest.abs() >= unit,
            Self::HalfDown => 2 * rest.abs() > unit,
            Self::Up => rest != 0,
            Self::Down | Self::None => false,
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

/// What a refund of `amount` pays out in cash, by the rule alone; see [`cash_back`] for what a sale brings.
///
/// # Errors
/// `Overflow` at [`Place::Order`] if the amount or the result is too large.
pub fn cash_refund(rules: &Rules, amount: i64) -> Result<i64, PricingError> {
    rounded(rules.cash.refund, rules, amount)
}

impl CashRounding {
    /// Whether coins make the amount.
    pub fn makes(&self, amount: i64) -> bool {
        self.unit <= 0 || amount % self.unit == 0
    }
}

/// What coins can make of `amount`, and no more.
fn in_coins(rules: &Rules, amount: i64) -> Result<i64, PricingError> {
    rounded(CashMode::Down, rules, amount)
}

/// A refund in cash: what cash paid of the sale and what came back of it. All but `returned` are exact, before
/// cash rounding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CashBack {
    /// What of the sale's total cash paid, less what of it went back to other tenders.
    pub exact: i64,
    /// The cash that was kept for it, less the same.
    pub kept: i64,
    /// What all refunds up to now give back in cash, this one included.
    pub returned_exact: i64,
    /// What the ones before it paid out.
    pub returned: i64,
}

/// What is paid out in cash for a refund.
///
/// All refunds of a sale together are rounded, so that many small ones pay what one large one would. The
/// sale's own cash brings at most the coins that were kept for it; what cash gives back beyond that was paid
/// another way, and is rounded by itself. (That may be up to half a coin more than it was: `Up` acts as
/// `HalfUp` there, or a customer would gain by it.)
///
/// # Errors
/// `Overflow` at [`Place::Order`] if an amount is too large.
pub fn cash_back(rules: &Rules, back: &CashBack) -> Result<i64, PricingError> {
    let others = back.returned_exact.saturating_sub(back.exact).max(0);
    let mode = match rules.cash.refund {
        CashMode::Up => CashMode::HalfUp,
        mode @ (CashMode::None | CashMode::HalfUp | CashMode::HalfDown | CashMode::Down) => mode,
    };
    let kept = in_coins(rules, back.kept.max(0))?;
    let most = limited(i128::from(kept) + i128::from(rounded(mode, rules, others)?), Place::Order)?;
    let all = cash_refund(rules, back.returned_exact)?.min(most);
    in_coins(rules, all.saturating_sub(back.returned).max(0))
}

fn rounded(mode: CashMode, rules: &Rules, amount: i64) -> Result<i64, PricingError> {
    limited(i128::from(amount), Place::Order)?;
    limited(mode.multiple(rules.cash.unit, amount), Place::Order)
}
