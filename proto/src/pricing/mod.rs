//! The arithmetic of a sale: from lines to totals ([`price`]), from tenders to change ([`settle`]).
//!
//! Server and SDK compute with this one engine, so a terminal's `expected_total` is the server's
//! total. It is pure: no clock, no settings but [`Rules`], no input that makes it panic. Amounts
//! are minor units, never above [`MAX_AMOUNT_MINOR`](crate::money::MAX_AMOUNT_MINOR) either way.
//! `proto/vectors/` holds its golden cases for integrators in other languages.

mod cash;
mod discount;
mod error;
mod order;
mod refund;
mod rounding;
mod settlement;
mod share;
mod tax;

pub use cash::{CashBack, CashMode, CashRounding, cash_back, cash_change, cash_refund, cash_total};
pub use discount::Discount;
pub use error::{Place, PricingError, PricingErrorKind};
pub use order::{Line, PricedLine, Totals, full_price, price};
pub use refund::{Part, returned_parts, returned_worth};
pub use rounding::Rounding;
pub use settlement::{Settlement, Tender, settle};
pub use share::share;
pub use tax::{TaxRounding, TaxTotal};

/// The shop's settings that arithmetic depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rules {
    /// Whether unit prices include tax.
    pub prices_include_tax: bool,
    /// Where taxes are rounded.
    pub tax_rounding: TaxRounding,
    /// How a half of a minor unit is rounded.
    pub rounding: Rounding,
    /// How cash is rounded.
    pub cash: CashRounding,
}
