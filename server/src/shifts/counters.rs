//! The counters of a shift: sums that the postings keep, so that its report reads a few rows and not all
//! its sales.

use std::collections::BTreeMap;

use kassa_proto::v1::{MovementType, OrderKind, TenderType};
use uuid::Uuid;

use crate::{
    books::{Needs, Stop, WorkingSet},
    error::Error,
    orders::{cart::add, convert::OrderRows},
    store::entity::shift_counter::{Model, ShiftCounterIndex},
};

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// What sales took of a tender type; cash without the change.
    TenderIn(i32),
    /// What refunds and voids paid back by it.
    TenderOut(i32),
    /// The lines of a tax rate (ten-thousandths of a percent): net and tax, less what came back.
    TaxRate(i64),
    /// The lines of a category: totals, less what came back.
    Category(String),
    /// The sales of an hour of the shop's clock: the hours since 1970 by that clock, and what it was ahead
    /// of UTC in minutes, so that the hour that comes twice in autumn is two.
    Hour(i64, i32),
    /// Movements of cash by their type, but those of the opening.
    Movement(i32),
    /// Discounts of sales, and what they took off.
    Discounts,
    /// Lines of sales whose price was changed, and what was charged for them.
    PriceOverrides,
    /// Cash rounding: what it added to sales, less what it added to what was paid back.
    Rounding,
    /// Tips, less those of voided sales.
    Tips,
    /// Openings of the drawer without a sale.
    DrawerOpenings,
    /// Copies of receipts.
    Copies,
    /// Carts that were discarded.
    Corrections,
    /// Sales for training, which are in no total.
    Training,
}

/// A counter's figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many.
    pub count: i64,
    /// Their sum.
    pub amount: i64,
    /// Their tax.
    pub tax: i64,
}

impl Figures {
    fn plus(self, other: Self) -> Result<Self, Error> {
        Ok(Self {
            count: add(self.count, other.count)?,
            amount: add(self.amount, other.amount)?,
            tax: add(self.tax, other.tax)?,
        })
    }
}

impl Counter {
    /// As it is stored.
    pub fn stored(&self) -> (i32, String) {
        match self {
            Self::TenderIn(kind) => (1, kind.to_string()),
            Self::TenderOut(kind) => (2, kind.to_string()),
            Self::TaxRate(rate) => (3, rate.to_string()),
            Self::Category(name) => (4, name.clone()),
            Self::Hour(hour, offset) => (5, format!("{hour}{offset:+}")),
            Self::Movement(kind) => (6, kind.to_string()),
            Self::Discounts => (7, String::new()),
            Self::PriceOverrides => (8, String::new()),
            Self::Rounding => (9, String::new()),
            Self::Tips => (10, String::new()),
            Self::DrawerOpenings => (11, String::new()),
            Self::Copies => (12, String::new()),
            Self::Corrections => (13, String::new()),
            Self::Training => (14, String::new()),
        }
    }

    /// A stored counter; `None` for one that this program does not know.
    pub fn parse(kind: i32, key: &str) -> Option<Self> {
        Some(match kind {
            1 => Self::TenderIn(key.parse().ok()?),
            2 => Self::TenderOut(key.parse().ok()?),
            3 => Self::TaxRate(key.parse().ok()?),
            4 => Self::Category(key.to_owned()),
            5 => {
                let sign = key.rfind(['+', '-']).filter(|place| *place > 0)?;
                let (hour, offset) = key.split_at_checked(sign)?;
                Self::Hour(hour.parse().ok()?, offset.parse().ok()?)
            }
            6 => Self::Movement(key.parse().ok()?),
            7 => Self::Discounts,
            8 => Self::PriceOverrides,
            9 => Self::Rounding,
            10 => Self::Tips,
            11 => Self::DrawerOpenings,
            12 => Self::Copies,
            13 => Self::Corrections,
            14 => Self::Training,
            _ => return None,
        })
    }

    /// The counter of a type of movement.
    pub fn movement(kind: MovementType) -> Self {
        Self::Movement(kind.into())
    }
}

/// Counters and their figures.
pub type Counters = BTreeMap<Counter, Figures>;

/// What an order counts in its shift. The one reading of it: the postings count by it, and `check` too.
///
/// # Errors
/// `AMOUNT_OVERFLOW` for sums that no order has.
pub fn of_order(rows: &OrderRows) -> Result<Counters, Error> {
    let mut counters = Counters::new();
    let mut count = |counter, count, amount, tax| -> Result<(), Error> {
        let figures: &mut Figures = counters.entry(counter).or_default();
        *figures = figures.plus(Figures { count, amount, tax })?;
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

/// The hours since 1970 by a clock that is ahead of UTC.
pub fn local_hour(micros: i64, utc_offset_minutes: i32) -> i64 {
    let minutes = micros.div_euclid(60_000_000).saturating_add(i64::from(utc_offset_minutes));
    minutes.div_euclid(60)
}

/// Names what [`count`] needs.
pub fn needs(shift_id: Uuid, needs: &mut Needs) {
    needs.all::<Model>(ShiftCounterIndex::Shift(shift_id));
}

/// Counts something in a shift.
///
/// # Errors
/// [`Stop::NeedMore`] if the shift's counters are not loaded; `AMOUNT_OVERFLOW` if one is full.
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
        let after = before.plus(figures)?;
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
    fn every_counter_is_read_as_it_was_stored() {
        for counter in [
            Counter::TenderIn(1),
            Counter::TenderOut(2),
            Counter::TaxRate(150_000),
            Counter::Category("Bakery + more".to_owned()),
            Counter::Hour(498_660, 120),
            Counter::Hour(498_660, -210),
            Counter::Hour(-3, 0),
            Counter::movement(MovementType::SaleCash),
            Counter::Discounts,
            Counter::Training,
        ] {
            let (kind, key) = counter.stored();
            assert_eq!(Counter::parse(kind, &key), Some(counter), "{kind} {key}");
        }
        assert_eq!(Counter::parse(99, ""), None);
        assert_eq!(Counter::parse(5, "12"), None);
    }

    #[test]
    fn an_hour_is_the_shops() {
        let half_past_eleven = 1_795_174_200_000_000;
        assert_eq!(local_hour(half_past_eleven, 0) % 24, 11);
        assert_eq!(local_hour(half_past_eleven, 30) % 24, 12);
        assert_eq!(local_hour(half_past_eleven, -720) % 24, 23);
    }
}
