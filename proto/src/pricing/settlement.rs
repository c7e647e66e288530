//! From a total and its tenders to what is due, given back and rounded.

use super::{
    Place, PricingError,
    PricingErrorKind::{ChangeNotCash, Negative, NotInCoins, NotPositive, TipExceedsTender},
    Rules,
    cash::cash_total,
    error::limited,
};

/// A part of the payment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tender {
    /// Whether it is notes and coins: only those are rounded and give change.
    pub cash: bool,
    /// What was handed over or charged, the tip included; more than zero. Cash alone may be zero: it says that
    /// what is left is to be settled in coins, which may make nothing of it.
    pub amount: i64,
    /// The part of `amount` that is a tip; zero or more.
    pub tip: i64,
}

/// What the tenders come to. Always, and with nothing due as the invariant of every sale:
/// `sum(tenders) + amount_due - change = total + rounding_adjustment + tip_total`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// What is still to be paid; zero when the tenders suffice.
    pub amount_due: i64,
    /// What of that would be paid if it came in cash. It may be zero where `amount_due` is not: then a cash
    /// tender of zero settles it.
    pub cash_due: i64,
    /// The cash to give back.
    pub change: i64,
    /// What cash rounding added (or, negative, took off).
    pub rounding_adjustment: i64,
    /// The sum of the tips.
    pub tip_total: i64,
}

/// Settles a total.
///
/// Only the part that the other tenders leave for cash is rounded, and not even that where the cash
/// is exact to the last minor unit. Without cash nothing is, but for a total that coins make nothing of and
/// that has no tender at all.
///
/// # Errors
/// [`PricingError`] at the tender that is against the rules, or `Overflow` where an amount or the
/// sum of the tenders is above the limit.
pub fn settle(rules: &Rules, total: i64, tenders: &[Tender]) -> Result<Settlement, PricingError> {
    if total < 0 {
        return Err(Negative.at(Place::Order));
    }
    let total = limited(i128::from(total), Place::Order)?;
    let paid = Paid::add_up(rules, total, tenders)?;
    let rest = total - paid.other;
    let settled = match paid.cash {
        Some(cash) => settle_cash(rules, rest, cash)?,
        // A card that was keyed short never passes by itself, but where coins make nothing of the whole total
        // there is nothing to key.
        None if tenders.is_empty() && cash_total(rules, rest)? == 0 => settle_cash(rules, rest, 0)?,
        None => Settlement {
            amount_due: rest,
            cash_due: cash_total(rules, rest)?,
            change: 0,
            rounding_adjustment: 0,
            tip_total: 0,
        },
    };
    Ok(Settlement { tip_total: paid.tips, ..settled })
}

/// Tenders by what they do, tips set aside. All of them together are within the limit.
struct Paid {
    /// `None` without a cash tender, which is not the same as one that is all tip.
    cash: Option<i64>,
    /// At most the total.
    other: i64,
    tips: i64,
}

impl Paid {
    fn add_up(rules: &Rules, total: i64, tenders: &[Tender]) -> Result<Self, PricingError> {
        let mut paid = Self { cash: None, other: 0, tips: 0 };
        let mut sum = 0;
        for (index, tender) in tenders.iter().enumerate() {
            let place = Place::Tender(index);
            if tender.amount < 0 || tender.amount == 0 && !tender.cash {
                return Err(NotPositive.at(place));
            }
            if tender.tip < 0 {
                return Err(Negative.at(place));
            }
            if tender.tip > tender.amount {
                return Err(TipExceedsTender.at(place));
            }
            let cash = &rules.cash;
            if tender.cash && !cash.small_coins && !(cash.makes(tender.amount) && cash.makes(tender.tip)) {
                return Err(NotInCoins.at(place));
            }
            sum = limited(i128::from(sum) + i128::from(tender.amount), place)?;
            paid.tips += tender.tip;
            let net = tender.amount - tender.tip;
            if tender.cash {
                paid.cash = Some(paid.cash.unwrap_or_default() + net);
            } else if net > total - paid.other {
                return Err(ChangeNotCash.at(place));
            } else {
                paid.other += net;
            }
        }
        Ok(paid)
    }
}

/// Settles the `rest` that is left for cash with the `cash` that came. Tips are not its business.
fn settle_cash(rules: &Rules, rest: i64, cash: i64) -> Result<Settlement, PricingError> {
    let settled = |amount_due: i64, change: i64| Settlement {
        amount_due,
        cash_due: amount_due,
        change,
        rounding_adjustment: cash + amount_due - change - rest,
        tip_total: 0,
    };
    if cash == rest {
        return Ok(settled(0, 0));
    }
    // The others paid all of it: whatever cash came goes back, and nothing is rounded.
    if rest == 0 {
        return Ok(settled(0, cash));
    }

    let payable = cash_total(rules, rest)?;
    let over = if cash >= payable {
        cash - payable
    } else if cash > rest {
        // More than is owed, less than is owed in coins: accepted like exact cash.
        cash - rest
    } else {
        return Ok(settled(payable - cash, 0));
    };
    // Rounding up must not give back more than came.
    let change = rules.cash.change.multiple(rules.cash.unit, over).min(i128::from(cash));
    Ok(settled(0, limited(change, Place::Order)?))
}
