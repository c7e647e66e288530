//! How a sale's money came back, by sums over all of its refunds: none of the server's arithmetic is used.

use std::collections::BTreeMap;

use super::{Document, arithmetic::rounded, orders::CASH};
use crate::store::entity::business;

const UP: i32 = 3;
const HALF_UP: i32 = 1;
const DOWN: i32 = 4;

/// What went back in money, exactly and in coins.
#[derive(Clone, Debug, Default)]
pub struct PaidBack {
    /// What of the totals went back in cash, before rounding.
    pub cash_exact: i64,
    /// The coins for it.
    pub cash: i64,
    /// What went back to other tenders, by type.
    pub others: BTreeMap<i32, i64>,
}

/// Where it came from.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// What cash gave back of what others had paid.
    pub over: i64,
    /// What all that left of the other tenders.
    pub others_left: i64,
    /// What others gave back of the sale's cash.
    pub cash_elsewhere: i64,
}

impl Document {
    fn other_kinds(&self) -> impl Iterator<Item = i32> {
        self.kinds().into_iter().filter(|kind| *kind != CASH)
    }

    /// What cash paid of the total, before rounding.
    pub fn cash_exact(&self) -> i64 {
        self.order.total - self.other_kinds().map(|kind| self.captured(kind)).sum::<i64>()
    }

    /// Where money came from that went back so.
    pub fn sources(&self, back: &PaidBack) -> Sources {
        let over = (back.cash_exact - self.cash_exact()).max(0);
        // What others were given back beyond what they had paid themselves.
        let homeless: i64 =
            back.others.iter().map(|(kind, amount)| (amount - self.other_captured(*kind)).max(0)).sum();
        let own = self.other_kinds().map(|kind| {
            self.captured(kind) - self.captured(kind).min(back.others.get(&kind).copied().unwrap_or_default())
        });
        let left: i64 = own.sum();
        let others_left = (left - over - homeless).max(0);
        Sources { over, others_left, cash_elsewhere: (over + homeless - left).max(0) }
    }

    fn other_captured(&self, kind: i32) -> i64 {
        if self.kinds().contains(&kind) { self.captured(kind) } else { 0 }
    }

    /// What all refunds up to now must have paid in coins, or `None` if more would go back than there was. `before`
    /// are those before the last.
    pub fn cash_due(&self, before: &PaidBack, back: &PaidBack, shop: &business::Model) -> Option<i64> {
        let (was, is) = (self.sources(before), self.sources(back));
        let kept = self.captured(CASH) - is.cash_elsewhere;
        if back.cash_exact - is.over + is.cash_elsewhere > self.cash_exact()
            || is.cash_elsewhere > was.cash_elsewhere && kept < before.cash
        {
            return None;
        }
        if back.cash_exact == before.cash_exact {
            return Some(0);
        }
        let coins = |amount: i64, mode: i32| rounded(amount, shop.cash_unit, mode);
        let mode = shop.cash_refund_mode;
        let others = coins(is.over, if mode == UP { HALF_UP } else { mode });
        let all = coins(back.cash_exact, mode).min(coins(kept.max(0), DOWN) + others);
        Some(coins((all - before.cash).max(0), DOWN))
    }
}
