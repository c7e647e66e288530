//! Taxes, out of prices that include them or on top of prices that don't.

use std::collections::BTreeMap;

use crate::decimal::Rate;

use super::{
    Place, PricedLine, PricingError, PricingErrorKind::Overflow, Rules, error::limited, rounding::WHOLE,
    share::share,
};

/// Where taxes are rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TaxRounding {
    /// Every line by itself.
    PerLine,
    /// Once per rate, on the sum of its lines; the tax is then shared out to the lines in
    /// proportion to what is paid for them, by largest remainder.
    PerRate,
}

/// The tax of one rate in an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TaxTotal {
    /// The rate.
    pub rate: Rate,
    /// What the tax is on: the sum of the lines' net.
    pub base: i64,
    /// The tax: the sum of the lines' tax.
    pub tax: i64,
}

/// Fills in every line's net, tax and total, and answers the sums by rate, lowest first.
///
/// `lines` are the priced lines with their rates; their discounts and shares are there already.
pub(super) fn tax<'a>(
    rules: &Rules,
    lines: impl Iterator<Item = (Rate, &'a mut PricedLine)>,
) -> Result<Vec<TaxTotal>, PricingError> {
    let mut rates: BTreeMap<Rate, Vec<&mut PricedLine>> = BTreeMap::new();
    for (rate, line) in lines {
        rates.entry(rate).or_default().push(line);
    }
    rates.into_iter().map(|(rate, lines)| tax_rate(rules, rate, lines)).collect()
}

fn tax_rate(rules: &Rules, rate: Rate, lines: Vec<&mut PricedLine>) -> Result<TaxTotal, PricingError> {
    let payable: Vec<i64> = lines.iter().map(|line| line.payable()).collect();
    let taxes = match rules.tax_rounding {
        TaxRounding::PerLine => payable.iter().map(|amount| tax_in(rules, rate, *amount)).collect(),
        TaxRounding::PerRate => tax_in(rules, rate, payable.iter().sum())
            .and_then(|tax| share(tax, &payable).ok_or(Overflow.at(Place::Order))),
    }?;

    let mut total = TaxTotal { rate, base: 0, tax: 0 };
    for ((line, amount), tax) in lines.into_iter().zip(payable).zip(taxes) {
        line.tax = tax;
        line.net = if rules.prices_include_tax { amount - tax } else { amount };
        line.total = line.net + tax;
        total.base += line.net;
        total.tax += tax;
    }
    Ok(total)
}

/// The tax for `amount`, which includes it or not: zero or more, and never above the amount,
/// because a rate is at most 100%.
fn tax_in(rules: &Rules, rate: Rate, amount: i64) -> Result<i64, PricingError> {
    let tax = if rules.prices_include_tax {
        // The net is what is rounded, not the tax: at a half they would differ by one.
        let gross = i128::from(amount);
        gross - rules.rounding.quotient(gross * WHOLE, WHOLE + i128::from(rate.ten_thousandths()))
    } else {
        rules.rounding.percent(amount, rate)
    };
    limited(tax, Place::Order)
}
