//! Adjustments between the wire and the rows.

use kassa_proto::{
    decimal::Quantity,
    money::{Currency, MAX_AMOUNT_MINOR},
    v1::{self as pb, StockAdjustmentReason},
};
use prost::Message as _;

use crate::{
    encoding::time::{date, stored_timestamp},
    error::Error,
    store::entity::stock_adjustment,
};

/// An adjustment without its lines, as lists have it.
pub fn header_to_pb(row: &stock_adjustment::Model, currency: Currency) -> pb::StockAdjustment {
    pb::StockAdjustment {
        adjustment_id: row.id.to_string(),
        branch_id: row.branch_id.to_string(),
        user_id: row.user_id.to_string(),
        business_date: Some(date(row.business_date)),
        lines: Vec::new(),
        note: row.note.clone(),
        value: Some(pb::Money::new(currency, row.value)),
        line_count: row.line_count,
        create_time: Some(stored_timestamp(row.create_time)),
    }
}

/// An adjustment as the contract sends it.
///
/// # Errors
/// INTERNAL if the stored lines can't be read.
pub fn adjustment_to_pb(
    row: &stock_adjustment::Model,
    currency: Currency,
) -> Result<pb::StockAdjustment, Error> {
    let stored = pb::StockAdjustment::decode(row.lines.as_slice());
    let lines =
        stored.map_err(|error| Error::internal(format_args!("the lines of {}: {error}", row.id)))?.lines;
    Ok(pb::StockAdjustment { lines, ..header_to_pb(row, currency) })
}

/// What so much of a product is worth at its price, whether it goes or comes: half away from zero. None
/// beyond what an amount may be.
pub fn value(unit_price: i64, quantity: Quantity) -> Option<i64> {
    let exact = i128::from(unit_price) * i128::from(quantity.thousandths().unsigned_abs());
    i64::try_from((exact + 500) / 1_000).ok().filter(|value| *value <= MAX_AMOUNT_MINOR)
}

/// The reason that a change of the stock carries: `DAMAGED: fell off the shelf`.
pub fn reason_text(reason: StockAdjustmentReason, note: &str) -> String {
    let word = reason.as_str_name().trim_start_matches("STOCK_ADJUSTMENT_REASON_");
    if note.is_empty() { word.to_owned() } else { format!("{word}: {note}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goods_are_worth_their_price_whether_they_go_or_come() {
        let of = |thousandths| value(1_99, Quantity::from_thousandths(thousandths));
        assert_eq!([of(2_000), of(-2_000), of(250), of(-250)], [3_98, 3_98, 50, 50].map(Some));
        assert_eq!(of(i64::MIN), None);
        assert_eq!(value(0, Quantity::from_thousandths(i64::MIN)), Some(0));
    }

    #[test]
    fn a_reason_has_its_words_behind_it() {
        assert_eq!(reason_text(StockAdjustmentReason::OwnUse, ""), "OWN_USE");
        assert_eq!(reason_text(StockAdjustmentReason::Lost, "stolen"), "LOST: stolen");
    }
}
