//! What sales come to, and what a row of it stands for.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{amounts::add, error::Error};

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// All of it.
    All,
    /// Hours since 1970 by the shop's clock, and what it was *behind* UTC: in the order of time.
    Hour(i64, i32),
    /// A business date, YYYYMMDD.
    Day(i32),
    /// A category.
    Category(String),
    /// A product.
    Product(Uuid),
    /// A user.
    Cashier(Uuid),
    /// A tender type.
    Tender(i32),
    /// Ten-thousandths of a percent.
    TaxRate(i64),
}

/// What a row comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Sales.
    pub sales: i64,
    /// Refunds and voids.
    pub returns: i64,
    /// What sales came to.
    pub gross: i64,
    /// What was given back.
    pub back: i64,
    /// Discounts of sales.
    pub discounts: i64,
    /// Tax, less what came back.
    pub tax: i64,
    /// Lines, less what came back.
    pub lines: i64,
    /// Thousandths, less what came back.
    pub quantity: i64,
    /// Cash rounding, less that of what came back.
    pub rounding: i64,
    /// Tips, less what came back.
    pub tips: i64,
    /// Change given.
    pub change: i64,
    /// What goods had cost where it is known, less that of what came back on the shelf.
    pub cost: i64,
    /// Revenue without tax of lines whose cost is known, less what was given back of it.
    pub revenue_with_cost: i64,
    /// The same of lines whose cost is not known.
    pub revenue_without_cost: i64,
    /// Exceptions.
    pub exceptions: i64,
}

impl Sums {
    /// Adds other orders' sums.
    ///
    /// # Errors
    /// `AMOUNT_OVERFLOW`.
    pub fn plus(&mut self, other: &Self) -> Result<(), Error> {
        let Self {
            sales,
            returns,
            gross,
            back,
            discounts,
            tax,
            lines,
            quantity,
            rounding,
            tips,
            change,
            cost,
            revenue_with_cost,
            revenue_without_cost,
            exceptions,
        } = self;
        for (sum, more) in [
            (sales, other.sales),
            (returns, other.returns),
            (gross, other.gross),
            (back, other.back),
            (discounts, other.discounts),
            (tax, other.tax),
            (lines, other.lines),
            (quantity, other.quantity),
            (rounding, other.rounding),
            (tips, other.tips),
            (change, other.change),
            (cost, other.cost),
            (revenue_with_cost, other.revenue_with_cost),
            (revenue_without_cost, other.revenue_without_cost),
            (exceptions, other.exceptions),
        ] {
            *sum = add(*sum, more)?;
        }
        Ok(())
    }
}

/// What a shift's sums are kept by: an hour, and who answers for what is counted in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// As [`Key::Hour`] has them.
    pub hour: (i64, i32),
    /// Who sold or gave back; of cash paid for what another tender had paid, who allowed it.
    pub user: Uuid,
}

/// Rows by what they stand for.
pub type Rows = BTreeMap<Key, Sums>;
