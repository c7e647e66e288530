//! From lines and discounts to an order's totals.

use crate::decimal::{Quantity, Rate};

use super::{
    Discount, Place, PricingError,
    PricingErrorKind::{Negative, NotPositive, Overflow, PercentOutOfRange},
    Rounding, Rules, TaxTotal,
    discount::reduce,
    error::{limited, limited_sum},
    rounding::WHOLE,
    share::share,
    tax::tax,
};

/// What a line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The price of one unit, zero or more; with tax or without, as the rules say.
    pub unit_price: i64,
    /// How many units, more than zero.
    pub quantity: Quantity,
    /// The tax rate, 0 to 100%.
    pub tax_rate: Rate,
    /// The line's own discounts, in the order they apply.
    pub discounts: Vec<Discount>,
}

/// An order, priced. Every figure is the sum of the lines' figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Totals {
    /// The lines, in their order.
    pub lines: Vec<PricedLine>,
    /// What each discount of the order took off.
    pub order_discounts: Vec<i64>,
    /// The sum of the lines before all discounts.
    pub subtotal: i64,
    /// All discounts, those of lines and those of the order.
    pub discount_total: i64,
    /// The taxes, a row per rate, the lowest rate first.
    pub tax_totals: Vec<TaxTotal>,
    /// What is to be paid, before cash rounding and tips.
    pub total: i64,
}

/// A line, priced. None of its figures is negative.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PricedLine {
    /// Unit price times quantity, rounded.
    pub subtotal: i64,
    /// What each of the line's own discounts took off.
    pub discounts: Vec<i64>,
    /// The sum of them.
    pub discount_total: i64,
    /// The line's share of the order's discounts.
    pub order_discount_share: i64,
    /// What the tax is on.
    pub net: i64,
    /// The tax.
    pub tax: i64,
    /// What the customer pays: net and tax.
    pub total: i64,
}

impl PricedLine {
    /// What is left of the subtotal after the discounts so far, with tax or without as the price.
    pub(super) fn payable(&self) -> i64 {
        self.subtotal - self.discount_total - self.order_discount_share
    }
}

/// Prices an order.
///
/// Each line is rounded, then reduced by its own discounts; the order's discounts reduce the sum of
/// what is left and are shared out over the lines in proportion to that; then the taxes are taken
/// of what remains. No lines make an order of zero.
///
/// # Errors
/// [`PricingError`] at the first line, discount or total that is against the rules of its field or
/// above the limit of amounts.
pub fn price(rules: &Rules, lines: &[Line], order_discounts: &[Discount]) -> Result<Totals, PricingError> {
    let mut priced = lines
        .iter()
        .enumerate()
        .map(|(index, line)| reduced(rules, index, line))
        .collect::<Result<Vec<_>, _>>()?;
    let subtotal = limited_sum(priced.iter().map(|line| line.subtotal), Place::Order)?;

    let weights: Vec<i64> = priced.iter().map(PricedLine::payable).collect();
    let reducible = limited_sum(weights.iter().copied(), Place::Order)?;
    let (order_discounts, left) = reduce(rules.rounding, reducible, order_discounts, Place::OrderDiscount)?;
    // Always there: without weight nothing was left to take a discount off.
    let shares = share(reducible - left, &weights).ok_or(Overflow.at(Place::Order))?;
    for (line, share) in priced.iter_mut().zip(shares) {
        line.order_discount_share = share;
    }

    let tax_totals = tax(rules, lines.iter().map(|line| line.tax_rate).zip(&mut priced))?;
    for (index, line) in priced.iter().enumerate() {
        limited(i128::from(line.total), Place::Line(index))?;
    }
    let total = limited_sum(priced.iter().map(|line| line.total), Place::Order)?;
    let discount_total = subtotal - left;
    Ok(Totals { lines: priced, order_discounts, subtotal, discount_total, tax_totals, total })
}

/// What a quantity costs before discounts: unit price times quantity, rounded.
///
/// # Errors
/// [`PricingErrorKind::Overflow`](super::PricingErrorKind::Overflow) above the limit of amounts; at
/// [`Place::Order`].
pub fn full_price(unit_price: i64, quantity: Quantity, rounding: Rounding) -> Result<i64, PricingError> {
    limited(worth(unit_price, quantity, rounding), Place::Order)
}

fn worth(unit_price: i64, quantity: Quantity, rounding: Rounding) -> i128 {
    rounding.quotient(i128::from(unit_price) * i128::from(quantity.thousandths()), 1000)
}

/// A line with its own discounts and without the order's and the taxes.
fn reduced(rules: &Rules, index: usize, line: &Line) -> Result<PricedLine, PricingError> {
    let place = Place::Line(index);
    if line.quantity.thousandths() <= 0 {
        return Err(NotPositive.at(place));
    }
    if line.unit_price < 0 {
        return Err(Negative.at(place));
    }
    if !(0..=WHOLE).contains(&i128::from(line.tax_rate.ten_thousandths())) {
        return Err(PercentOutOfRange.at(place));
    }

    let unit_price = limited(i128::from(line.unit_price), place)?;
    let subtotal = limited(worth(unit_price, line.quantity, rules.rounding), place)?;
    let (discounts, left) =
        reduce(rules.rounding, subtotal, &line.discounts, |discount| Place::LineDiscount(index, discount))?;
    Ok(PricedLine {
        subtotal,
        discounts,
        discount_total: subtotal - left,
        order_discount_share: 0,
        net: 0,
        tax: 0,
        total: 0,
    })
}
