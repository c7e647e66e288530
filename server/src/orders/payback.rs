//! How the money of a sale goes back: to each tender at most what it paid. What goes another way is
//! counted where it was paid, so that never more goes back than was paid in all.

use std::collections::BTreeMap;

use kassa_proto::{
    pricing::{Rules, cash_refund},
    v1::TenderType,
};

use crate::{
    error::Error,
    store::entity::{order_return, order_tender_return},
};

const CASH: i32 = TenderType::Cash as i32;

/// What a sale has left to pay back, by what it was paid with.
pub struct Payback<'a> {
    /// What was given back of the sale.
    pub given_back: &'a mut order_return::Model,
    /// What went back to its tenders, by kind.
    pub tenders: &'a mut BTreeMap<i32, order_tender_return::Model>,
}

/// More would go back than was paid.
pub struct TooMuch;

impl Payback<'_> {
    /// Takes a refund off what is left, before cash rounding: kinds and amounts of its other tenders,
    /// and what cash is left with. Each takes from its own kind first. Says how much goes another way
    /// than it was paid; that is taken from the other kinds, cash last.
    pub fn take(&mut self, others: &[(i32, i64)], in_cash: i64) -> Result<i64, TooMuch> {
        let mut elsewhere = 0_i64;
        for (kind, amount) in others {
            elsewhere = elsewhere.saturating_add(amount.saturating_sub(self.take_from(*kind, *amount)));
        }
        let over = in_cash.saturating_sub(in_cash.min(self.cash_left()));
        self.given_back.returned_cash_exact = self.given_back.returned_cash_exact.saturating_add(in_cash);
        self.given_back.cash_for_others = self.given_back.cash_for_others.saturating_sub(over);
        let mut rest = elsewhere.saturating_add(over);
        let another_way = rest;
        let kinds: Vec<i32> = self.tenders.keys().copied().filter(|kind| *kind != CASH).collect();
        for kind in kinds {
            rest = rest.saturating_sub(self.take_from(kind, rest));
        }
        self.given_back.cash_for_others = self.given_back.cash_for_others.saturating_add(rest);
        let enough = self.cash_left() >= 0 && self.most_cash() >= self.given_back.returned_cash;
        self.count_cash();
        if enough { Ok(another_way) } else { Err(TooMuch) }
    }

    /// What is to be paid out in cash now: rounded on all that went back in cash up to now, so that many
    /// small refunds pay out what one large one would.
    pub fn cash_now(&self, rules: &Rules) -> Result<i64, Error> {
        let rounded = cash_refund(rules, self.given_back.returned_cash_exact).map_err(Error::internal)?;
        Ok(rounded.min(self.most_cash()).saturating_sub(self.given_back.returned_cash).max(0))
    }

    /// Cash was paid out.
    pub fn pay_cash(&mut self, amount: i64) {
        self.given_back.returned_cash = self.given_back.returned_cash.saturating_add(amount);
        self.count_cash();
    }

    /// Takes from one kind of tender what it has, and says how much that was.
    fn take_from(&mut self, kind: i32, amount: i64) -> i64 {
        let Some(left) = self.tenders.get_mut(&kind) else { return 0 };
        let taken = amount.min(left.captured.saturating_sub(left.returned));
        left.returned = left.returned.saturating_add(taken);
        taken
    }

    /// What the sale's own cash is still worth, before cash rounding.
    fn cash_left(&self) -> i64 {
        let others = self.tenders.values().filter(|tender| tender.kind != CASH);
        let not_cash = others.fold(0_i64, |sum, tender| sum.saturating_add(tender.captured));
        let paid_in_cash = self.given_back.sold_total.saturating_sub(not_cash);
        let used = self.given_back.returned_cash_exact.saturating_add(self.given_back.cash_for_others);
        paid_in_cash.saturating_sub(used)
    }

    /// The most that may be paid out in cash in all: what was kept of the cash that came, without what
    /// of it went another way, and with what cash went back for.
    fn most_cash(&self) -> i64 {
        let kept = self.tenders.get(&CASH).map_or(0, |cash| cash.captured);
        kept.saturating_sub(self.given_back.cash_for_others)
    }

    /// What went back of the cash that came is what was paid out in cash but for others' money, and what
    /// of it went another way. Rounding may have paid out less than the others' money was.
    fn count_cash(&mut self) {
        if let Some(cash) = self.tenders.get_mut(&CASH) {
            let returned = self.given_back.returned_cash.saturating_add(self.given_back.cash_for_others);
            cash.returned = returned.max(0);
        }
    }
}
