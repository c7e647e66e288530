//! What the engine refuses, and where.

use std::fmt;

use crate::money::MAX_AMOUNT_MINOR;

use super::PricingErrorKind::Overflow;

/// A refusal: nothing was computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {kind}")]
pub struct PricingError {
    /// The first input, in the order of the arithmetic, that is to blame.
    pub place: Place,
    /// What is wrong with it.
    pub kind: PricingErrorKind,
}

/// A part of the input; all counting begins at 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A line.
    Line(usize),
    /// A line's discount: the line, then the discount within it.
    LineDiscount(usize, usize),
    /// A discount of the whole order.
    OrderDiscount(usize),
    /// The order as a whole, or the one amount that was asked about.
    Order,
    /// A tender.
    Tender(usize),
}

/// What can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PricingErrorKind {
    /// An amount, given or computed, is above [`MAX_AMOUNT_MINOR`] either way.
    #[error("an amount is above {MAX_AMOUNT_MINOR} minor units")]
    Overflow,
    /// A line's quantity, a discount's amount or a tender's amount is zero or less.
    #[error("must be more than zero")]
    NotPositive,
    /// A line's unit price, a tender's tip or the total to settle is less than zero.
    #[error("must not be negative")]
    Negative,
    /// A tax rate is not 0 to 100, or a discount's percentage is not above 0 and at most 100.
    #[error("the percentage is out of range")]
    PercentOutOfRange,
    /// A discount's amount is larger than what the discounts before it left.
    #[error("the discount is larger than what it reduces")]
    ExceedsRemainder,
    /// A tender that is not cash, its tip set aside, is larger than what remains to be paid.
    #[error("change is given for cash only")]
    ChangeNotCash,
    /// A tender's tip is larger than the tender.
    #[error("the tip is larger than the tender")]
    TipExceedsTender,
    /// Cash, or the tip in it, that coins can't make.
    #[error("coins can't make it")]
    NotInCoins,
}

impl PricingErrorKind {
    pub(super) fn at(self, place: Place) -> PricingError {
        PricingError { place, kind: self }
    }
}

/// As a path of the contract's fields: `lines[1].discounts[0]`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "lines[{line}]"),
            Self::LineDiscount(line, discount) => write!(f, "lines[{line}].discounts[{discount}]"),
            Self::OrderDiscount(discount) => write!(f, "discounts[{discount}]"),
            Self::Order => f.write_str("order"),
            Self::Tender(tender) => write!(f, "tenders[{tender}]"),
        }
    }
}

/// `amount`, unless it is beyond what an order may hold.
pub(super) fn limited(amount: i128, place: Place) -> Result<i64, PricingError> {
    i64::try_from(amount)
        .ok()
        .filter(|amount| (-MAX_AMOUNT_MINOR..=MAX_AMOUNT_MINOR).contains(amount))
        .ok_or(Overflow.at(place))
}

/// The sum, limited likewise. Terms of 64 bits can't overflow the 128 it is added up in.
pub(super) fn limited_sum(amounts: impl Iterator<Item = i64>, place: Place) -> Result<i64, PricingError> {
    limited(amounts.map(i128::from).sum(), place)
}
