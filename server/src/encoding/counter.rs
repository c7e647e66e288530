//! What a shift counts, and the row of each counter.

use kassa_proto::v1::MovementType;

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
}
