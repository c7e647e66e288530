//! Currencies, and amounts of money as counts of their minor units.

use crate::{
    decimal::{self, DecimalError},
    v1,
};

/// The limit, either way, of every amount in a request or an order, in minor units.
///
/// Far above any sale, and far enough below 64 bits that sums of a shop's lifetime can't overflow.
pub const MAX_AMOUNT_MINOR: i64 = 1_000_000_000_000;

/// The limit, either way, of what is counted or moved of many sales together: a drawer, a shift, a float.
///
/// A shift's takings in Iranian rials or Vietnamese dong are more than one sale may be; it is still a whole number to
/// clients that know floats only (2^53).
pub const MAX_SUM_MINOR: i64 = 1_000_000_000_000_000;

/// Why a text is no amount. Its `max` is the currency's exponent.
pub type AmountError = DecimalError;

/// ISO 4217 list one, as of 2026 (`BGN`, `ANG` and `HRK` are gone, `XCG` and `ZWG` are there).
/// Funds, metals and test codes are left out: nothing is priced in them at a till.
const NO_PLACES: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
    "XPF",
];
const TWO_PLACES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD", "BND", "BOB",
    "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CUP", "CVE", "CZK",
    "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ",
    "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD",
    "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR",
    "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP",
    "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS",
    "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH",
    "USD", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
];
const THREE_PLACES: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// A currency of ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Currency {
    code: &'static str,
    exponent: u32,
}

impl Currency {
    /// The active currency with this code, in capitals as the standard writes it.
    pub fn from_code(code: &str) -> Option<Self> {
        [(NO_PLACES, 0), (TWO_PLACES, 2), (THREE_PLACES, 3)].into_iter().find_map(|(codes, exponent)| {
            codes.iter().find(|known| **known == code).map(|known| Self { code: known, exponent })
        })
    }

    /// The ISO 4217 code, such as `USD`.
    pub fn code(self) -> &'static str {
        self.code
    }

    /// How many decimal places the minor unit is: 2 for `USD`, 0 for `JPY`, 3 for `KWD`.
    pub fn exponent(self) -> u32 {
        self.exponent
    }

    /// Writes minor units as major ones, with all the currency's places and without its code:
    /// 1230 is `12.30` in `USD`, `1230` in `JPY`.
    pub fn format(self, minor: i64) -> String {
        decimal::exact(minor, self.exponent).to_string()
    }

    /// Reads major units into minor ones: `12.3` is 1230 in `USD`.
    ///
    /// Any 64-bit amount is read, as [`format`](Self::format) writes any; whether it is too much
    /// for a request is decided where the field is known.
    ///
    /// # Errors
    /// [`AmountError`]; there may be [`exponent`](Self::exponent) decimal places.
    pub fn parse(self, text: &str) -> Result<i64, AmountError> {
        decimal::scaled(text, self.exponent)
    }
}

impl v1::Money {
    /// An amount with its currency's code filled in.
    pub fn new(currency: Currency, minor: i64) -> Self {
        Self { currency_code: currency.code.to_owned(), amount_minor: minor }
    }
}
