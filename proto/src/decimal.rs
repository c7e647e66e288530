//! Exact decimals of the contract: quantities and rates, and their text.

use std::{fmt, str::FromStr as _};

use rust_decimal::Decimal;

use crate::v1;

/// Decimal places of a [`Quantity`].
const QUANTITY_PLACES: u32 = 3;
/// Decimal places of a [`Rate`].
const RATE_PLACES: u32 = 4;

/// Why a text is no number here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with an optional leading `-` and at most one decimal point between digits.
    /// Exponents, `+`, blanks, thousands separators, `.5`, `5.`, `NaN` and no text at all are this.
    #[error("not a decimal number such as `12.5`")]
    NotANumber,
    /// More digits behind the decimal point than can be kept. Zeros count: how precise a number is
    /// meant to be is not for us to guess.
    #[error("more than {max} decimal places")]
    TooManyPlaces {
        /// How many there may be.
        max: u32,
    },
    /// Larger than 64 bits hold at that precision.
    #[error("too large a number")]
    OutOfRange,
}

/// How much of something, counted in thousandths of its unit: 1.235 kg is 1235.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Quantity(i64);

impl Quantity {
    /// From a count of thousandths.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Self(thousandths)
    }

    /// The count of thousandths.
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// Reads text such as `2` or `1.235`.
    ///
    /// # Errors
    /// [`DecimalError`]; there may be 3 decimal places.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        scaled(text, QUANTITY_PLACES).map(Self)
    }
}

/// A percentage, counted in ten-thousandths of a percent: 15% is 150,000, and 100% is a million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Rate(i64);

impl Rate {
    /// From a count of ten-thousandths of a percent.
    pub const fn from_ten_thousandths(ten_thousandths: i64) -> Self {
        Self(ten_thousandths)
    }

    /// The count of ten-thousandths of a percent.
    pub const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// Reads text in percent, such as `15` or `8.875`.
    ///
    /// # Errors
    /// [`DecimalError`]; there may be 4 decimal places.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        scaled(text, RATE_PLACES).map(Self)
    }
}

/// Without zeros at the end: `1.235`, `2`, `-0.5`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        exact(self.0, QUANTITY_PLACES).normalize().fmt(f)
    }
}

/// In percent, without zeros at the end: `15`, `8.875`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        exact(self.0, RATE_PLACES).normalize().fmt(f)
    }
}

impl From<Quantity> for v1::Decimal {
    fn from(quantity: Quantity) -> Self {
        Self { value: quantity.to_string() }
    }
}

impl From<Rate> for v1::Decimal {
    fn from(rate: Rate) -> Self {
        Self { value: rate.to_string() }
    }
}

impl TryFrom<&v1::Decimal> for Quantity {
    type Error = DecimalError;

    fn try_from(decimal: &v1::Decimal) -> Result<Self, DecimalError> {
        Self::parse(&decimal.value)
    }
}

impl TryFrom<&v1::Decimal> for Rate {
    type Error = DecimalError;

    fn try_from(decimal: &v1::Decimal) -> Result<Self, DecimalError> {
        Self::parse(&decimal.value)
    }
}

/// `count` units of which `places` zeros make a one.
pub(crate) fn exact(count: i64, places: u32) -> Decimal {
    // Can't panic: 64 bits fit in the 96 of a decimal, and no caller has more than 4 places.
    Decimal::from_i128_with_scale(i128::from(count), places)
}

/// Reads a decimal as a count of units of which `places` zeros make a one: `1.5` at 3 is 1500.
///
/// rust_decimal alone would read `+1`, `1_000`, `.5` and `1.` too, and round what it can't hold.
pub(crate) fn scaled(text: &str, places: u32) -> Result<i64, DecimalError> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    if !digits(whole) || !fraction.is_none_or(digits) {
        return Err(DecimalError::NotANumber);
    }
    if fraction.map_or(0, str::len) > places as usize {
        return Err(DecimalError::TooManyPlaces { max: places });
    }

    let mut decimal = Decimal::from_str(text).map_err(|_| DecimalError::OutOfRange)?;
    // A number too long for these places keeps fewer, but then it fills 90 bits and is refused below.
    decimal.rescale(places);
    i64::try_from(decimal.mantissa()).map_err(|_| DecimalError::OutOfRange)
}
