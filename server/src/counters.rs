//! The counters of a shift: sums that the postings keep, so that its report reads a few rows and not all
//! its sales.

use std::collections::BTreeMap;

use kassa_proto::v1::{OrderKind, TenderType};
use uuid::Uuid;

use crate::{
    amounts::add,
    books::{ReadSet, Stop, WorkingSet},
    encoding::{
        counter::{Counter, Figures},
        order::OrderRows,
    },
    error::Error,
    store::entity::shift_counter::{Model, ShiftCounterIndex},
};

/// Counters and their figures.
pub type Counters = BTreeMap<Counter, Figures>;

/// What an order counts in its shift. The one reading of it: the postings count by it; `check` has its own.
///
/// # Errors
/// `AMOUNT_OVERFLOW` for sums that no order has.
fn of_order(rows: &OrderRows) -> Result<Counters, Error> {
    let mut counters = Counters::new();
    let mut count = |counter, count, amount, tax| -> Result<(), Error> {
        let figures: &mut Figures = counters.entry(counter).or_default();
        *figures = plus(*figures, Figures { count, amount, tax })?;
        Ok(())
    };
    let order = &rows.order;
    if order.training {
        count(Counter::Training, 1, order.total, 0)?;
        return Ok(counters);
    }
    let is_sale = order.kind == i32::from(OrderKind::Sale);
    let sign = if is_sale { 1 } else { -1 };
    for tender in &rows.tenders {
        let tender_of = if is_sale { Counter::TenderIn } else { Counter::TenderOut };
        count(tender_of(tender.kind), 1, tender.amount, 0)?;
    }
    if order.change > 0 {
        count(Counter::TenderIn(TenderType::Cash.into()), 0, -order.change, 0)?;
    }
    for line in &rows.lines {
        count(Counter::TaxRate(line.tax_rate), sign, sign * line.net, sign * line.tax)?;
        count(Counter::Category(line.category.clone()), sign, sign * line.total, 0)?;
        if is_sale && line.unit_price != line.list_price {
            count(Counter::PriceOverrides, 1, line.subtotal, 0)?;
        }
    }
    if is_sale {
        for discount in &rows.discounts {
            count(Counter::Discounts, 1, discount.amount, 0)?;
        }
    }
    if order.rounding_adjustment != 0 {
        count(Counter::Rounding, 1, sign * order.rounding_adjustment, 0)?;
    }
    if order.tip_total != 0 {
        count(Counter::Tips, sign, sign * order.tip_total, 0)?;
    }
    let hour = local_hour(order.create_time, order.utc_offset_minutes);
    count(Counter::Hour(hour, order.utc_offset_minutes), i64::from(is_sale), sign * order.total, 0)?;
    Ok(counters)
}

fn plus(one: Figures, other: Figures) -> Result<Figures, Error> {
    Ok(Figures {
        count: add(one.count, other.count)?,
        amount: add(one.amount, other.amount)?,
        tax: add(one.tax, other.tax)?,
    })
}

/// The hours since 1970 by a clock that is ahead of UTC.
fn local_hour(micros: i64, utc_offset_minutes: i32) -> i64 {
    let minutes = micros.div_euclid(60_000_000).saturating_add(i64::from(utc_offset_minutes));
    minutes.div_euclid(60)
}

/// Names what [`count`] needs.
pub fn read_set(shift_id: Uuid, read_set: &mut ReadSet) {
    read_set.all::<Model>(ShiftCounterIndex::Shift(shift_id));
}

/// Counts something in a shift.
///
/// # Errors
/// [`Stop::MissingRows`] if the shift's counters are not loaded; `AMOUNT_OVERFLOW` if one is full.
pub fn count(
    books: &mut WorkingSet,
    shift_id: Uuid,
    counter: &Counter,
    figures: Figures,
) -> Result<(), Stop> {
    // Counters are loaded by their shift: one that is not here does not exist.
    books.loaded::<Model>(&ShiftCounterIndex::Shift(shift_id))?;
    let (kind, key) = counter.stored();
    let row_key = (shift_id, kind, key);
    if books.known::<Model>(&row_key).is_none() {
        let ((shift_id, kind, key), Figures { count, amount, tax }) = (row_key, figures);
        return books.insert(Model { shift_id, kind, key, count, amount, tax });
    }
    books.update::<Model, _>(&row_key, |row| {
        let before = Figures { count: row.count, amount: row.amount, tax: row.tax };
        let after = plus(before, figures)?;
        (row.count, row.amount, row.tax) = (after.count, after.amount, after.tax);
        Ok(())
    })
}

/// Counts an order in its shift.
///
/// # Errors
/// As [`count`].
pub fn count_order(books: &mut WorkingSet, rows: &OrderRows) -> Result<(), Stop> {
    for (counter, figures) in of_order(rows)? {
        count(books, rows.order.shift_id, &counter, figures)?;
    }
    Ok(())
}

/// A shift's counters from their rows.
pub fn of_rows<'a>(rows: impl IntoIterator<Item = &'a Model>) -> Counters {
    let parse = |row: &Model| {
        let figures = Figures { count: row.count, amount: row.amount, tax: row.tax };
        Some((Counter::parse(row.kind, &row.key)?, figures))
    };
    rows.into_iter().filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_the_shops() {
        let half_past_eleven = 1_795_174_200_000_000;
        assert_eq!(local_hour(half_past_eleven, 0) % 24, 11);
        assert_eq!(local_hour(half_past_eleven, 30) % 24, 12);
        assert_eq!(local_hour(half_past_eleven, -720) % 24, 23);
    }
}
