//! Checked arithmetic of what the books add up.

use kassa_proto::{money::MAX_AMOUNT_MINOR, v1::ErrorReason as Reason};

use crate::error::Error;

/// Adds amounts of an order or a counter.
///
/// # Errors
/// `AMOUNT_OVERFLOW` beyond what a column holds; amounts of orders are far below it.
pub fn add(counter: i64, amount: i64) -> Result<i64, Error> {
    counter.checked_add(amount).ok_or_else(|| {
        Error::new(
            Reason::AmountOverflow,
            format!("a counter is full: {counter} and {amount} ({MAX_AMOUNT_MINOR})"),
        )
    })
}
