//! How the money of a sale goes back: to each tender at most what it paid. What goes another way is
//! counted where it was paid, so that never more goes back than was paid in all.

use std::collections::BTreeMap;

use kassa_proto::{
    pricing::{CashBack, Rules, cash_back},
    v1::TenderType,
};

use crate::{
    error::Error,
    store::entity::{order_return, order_tender_return},
};

/// Goods that came back and paid in an exchange: they go back as money alone.
const GOODS: i32 = TenderType::Exchange as i32;

/// What a sale has left to pay back, by what it was paid with.
pub struct Payback<'a> {
    /// What was given back of the sale, and of its cash.
    pub given_back: &'a mut order_return::Model,
    /// What went back to its other tenders, by kind.
    pub tenders: &'a mut BTreeMap<i32, order_tender_return::Model>,
}

/// More would go back than was paid.
pub struct TooMuch;

/// What goes back another way than it was paid.
#[derive(Clone, Copy, Debug)]
pub struct AnotherWay {
    /// To tenders that had not paid it.
    pub to_others: i64,
    /// In cash that others had paid.
    pub in_cash: i64,
}

impl AnotherWay {
    /// All of it.
    pub fn sum(self) -> i64 {
        self.to_others.saturating_add(self.in_cash)
    }
}

impl Payback<'_> {
    /// Takes a refund off what is left, before cash rounding: kinds and amounts of its other tenders,
    /// and what cash is left with. Each takes from its own kind first. Says how much goes another way
    /// than it was paid; that is taken off what goods paid first, then off the other tenders, and off cash last.
    pub fn take(&mut self, others: &[(i32, i64)], in_cash: i64) -> Result<AnotherWay, TooMuch> {
        let mut elsewhere = 0_i64;
        for (kind, amount) in others {
            elsewhere = elsewhere.saturating_add(amount.saturating_sub(self.take_from(*kind, *amount)));
        }
        let over = in_cash.saturating_sub(in_cash.min(self.cash_left()));
        self.given_back.returned_cash_exact = self.given_back.returned_cash_exact.saturating_add(in_cash);
        self.given_back.cash_for_others = self.given_back.cash_for_others.saturating_sub(over);
        let another_way = AnotherWay { to_others: elsewhere, in_cash: over };
        let mut rest = another_way.sum();
        let others: Vec<i32> = self.tenders.keys().copied().filter(|kind| *kind != GOODS).collect();
        for kind in [GOODS].into_iter().chain(others) {
            rest = rest.saturating_sub(self.take_from(kind, rest));
        }
        self.given_back.cash_for_others = self.given_back.cash_for_others.saturating_add(rest);
        // Coins that were rounded away are no money that another tender could get.
        let coins = self.given_back.cash_kept.saturating_sub(self.given_back.returned_cash);
        let enough = self.cash_left() >= 0 && (rest == 0 || self.given_back.cash_for_others <= coins);
        if enough { Ok(another_way) } else { Err(TooMuch) }
    }

    /// What is to be paid out in cash now.
    pub fn cash_now(&self, rules: &Rules) -> Result<i64, Error> {
        let gone = self.given_back.cash_for_others.max(0);
        let back = CashBack {
            exact: self.given_back.cash_exact.saturating_sub(gone),
            kept: self.given_back.cash_kept.saturating_sub(gone),
            returned_exact: self.given_back.returned_cash_exact,
            returned: self.given_back.returned_cash,
        };
        cash_back(rules, &back).map_err(Error::internal)
    }

    /// Cash was paid out.
    pub fn pay_cash(&mut self, amount: i64) {
        self.given_back.returned_cash = self.given_back.returned_cash.saturating_add(amount);
    }

    /// Takes from one kind of tender what it has, and says how much that was.
    fn take_from(&mut self, kind: i32, amount: i64) -> i64 {
        let Some(left) = self.tenders.get_mut(&kind) else { return 0 };
        let taken = amount.min(left.captured.saturating_sub(left.returned));
        left.returned = left.returned.saturating_add(taken);
        taken
    }

    /// What of the total cash paid and has not come back, before cash rounding.
    fn cash_left(&self) -> i64 {
        let used = self.given_back.returned_cash_exact.saturating_add(self.given_back.cash_for_others);
        self.given_back.cash_exact.saturating_sub(used)
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::pricing::{CashMode, CashRounding, Rounding, TaxRounding};
    use uuid::Uuid;

    use super::*;
    use crate::orders::reversal::{Captured, captured};

    const CASH: i32 = TenderType::Cash as i32;
    const CARD: i32 = TenderType::Card as i32;
    const VOUCHER: i32 = TenderType::Voucher as i32;
    const RULES: Rules = Rules {
        prices_include_tax: true,
        tax_rounding: TaxRounding::PerLine,
        rounding: Rounding::HalfAwayFromZero,
        cash: CashRounding {
            unit: 5,
            total: CashMode::HalfUp,
            change: CashMode::HalfUp,
            refund: CashMode::HalfUp,
            small_coins: false,
        },
    };

    /// A sale of a total, by kinds and amounts of what paid it.
    #[derive(Clone)]
    struct Sale {
        given_back: order_return::Model,
        tenders: BTreeMap<i32, order_tender_return::Model>,
    }

    impl Sale {
        fn of(total: i64, paid: &[(i32, i64)]) -> Self {
            let paid = paid.iter().map(|(kind, amount)| (*kind, *amount, 0));
            let Captured { given_back, tenders } = captured(Uuid::from_u128(1), total, 0, paid).unwrap();
            Self { given_back, tenders }
        }

        /// Gives back an amount, some of it to a card and to a voucher and the rest in cash: what goes out
        /// of the drawer, and what goes another way.
        fn refund(&mut self, amount: i64, card: i64, voucher: i64) -> Option<(i64, i64)> {
            self.refund_by(&RULES, amount, card, voucher)
        }

        fn refund_by(&mut self, rules: &Rules, amount: i64, card: i64, voucher: i64) -> Option<(i64, i64)> {
            let before = self.clone();
            let mut payback = Payback { given_back: &mut self.given_back, tenders: &mut self.tenders };
            let another_way = payback.take(&[(CARD, card), (VOUCHER, voucher)], amount - card - voucher);
            let cash = payback.cash_now(rules).unwrap();
            payback.pay_cash(cash);
            let Ok(another_way) = another_way else {
                *self = before;
                return None;
            };
            self.given_back.returned_total += amount;
            Some((cash, another_way.sum()))
        }

        fn returned(&self, kind: i32) -> i64 {
            self.tenders.get(&kind).map_or(0, |tender| tender.returned)
        }

        /// What of the cash that paid the sale is used up, before cash rounding.
        fn cash_used(&self) -> i64 {
            self.given_back.returned_cash_exact + self.given_back.cash_for_others
        }

        /// What refunds in cash alone pay, one after the other.
        fn pays(mut self, amounts: &[i64]) -> Vec<i64> {
            amounts.iter().map(|amount| self.refund(*amount, 0, 0).unwrap().0).collect()
        }
    }

    #[test]
    fn what_goes_back_the_way_it_came_needs_nobody() {
        let mut sale = Sale::of(10_00, &[(CARD, 6_00), (CASH, 4_00)]);
        assert_eq!(sale.refund(7_00, 5_00, 0), Some((2_00, 0)));
        assert_eq!((sale.returned(CARD), sale.cash_used()), (5_00, 2_00));
        assert_eq!(sale.refund(3_00, 1_00, 0), Some((2_00, 0)));
        assert_eq!((sale.returned(CARD), sale.cash_used()), (6_00, 4_00));
    }

    #[test]
    fn what_goes_another_way_is_counted_where_it_was_paid() {
        let mut sale = Sale::of(10_00, &[(CARD, 6_00), (CASH, 4_00)]);
        assert_eq!(sale.refund(5_00, 0, 0), Some((5_00, 1_00)));
        assert_eq!((sale.returned(CARD), sale.cash_used()), (1_00, 4_00));
        assert_eq!(sale.refund(5_00, 0, 5_00), Some((0, 5_00)));
        assert_eq!((sale.returned(CARD), sale.cash_used()), (6_00, 4_00));
    }

    /// The examples of the rule, and what its caps are for.
    #[test]
    fn cash_goes_back_in_coins_and_never_brings_more_than_it_paid() {
        let pays = |total: i64, paid: &[(i32, i64)], amounts: &[i64]| Sale::of(total, paid).pays(amounts);
        // What a card paid is rounded over all refunds.
        assert_eq!(pays(9_99, &[(CARD, 9_99)], &[3_97, 4_01, 2_01]), [3_95, 4_05, 2_00]);
        assert_eq!(pays(9_99, &[(CASH, 10_00)], &[4_98, 5_01]), [5_00, 5_00]);
        // 0.02 were settled by rounding: no coin was paid for them, and none comes back.
        assert_eq!(pays(10_02, &[(CARD, 10_00)], &[3, 9_99]), [0, 10_00]);
        // They were paid exactly, before coins were asked for.
        assert_eq!(pays(10_02, &[(CARD, 10_00), (CASH, 2)], &[3, 9_99]), [0, 10_00]);
        assert_eq!(pays(9_97, &[(CASH, 9_95)], &[2_49, 2_49, 2_49, 2_50]), [2_50, 2_50, 2_45, 2_50]);
    }

    #[test]
    fn a_total_that_is_rounded_down_to_whole_coins_comes_back_as_them() {
        let mut rules = RULES;
        rules.cash = CashRounding { unit: 1_00, total: CashMode::Down, ..RULES.cash };
        let mut sale = Sale::of(7_60, &[(CASH, 7_00)]);
        assert_eq!([3_80, 3_80].map(|amount| sale.refund_by(&rules, amount, 0, 0).unwrap().0), [4_00, 3_00]);
    }

    #[test]
    fn cash_that_was_rounded_down_is_worth_no_more_on_a_card() {
        // 3.97 was paid with 3.95: on the card goes what was paid, and 0.02 are rounded away.
        let mut sale = Sale::of(3_97, &[(CASH, 3_95)]);
        assert_eq!(sale.refund(3_97, 3_97, 0), None);
        assert_eq!(sale.refund(3_97, 3_95, 0), Some((0, 3_95)));
        assert_eq!(sale.given_back.cash_for_others, 3_95);
    }

    #[test]
    fn what_goods_paid_goes_back_as_money_before_that_of_another_tender() {
        let mut sale = Sale::of(10_00, &[(GOODS, 4_00), (CARD, 6_00)]);
        assert_eq!(sale.refund(4_00, 0, 0), Some((4_00, 4_00)));
        assert_eq!((sale.returned(GOODS), sale.returned(CARD)), (4_00, 0));
        assert_eq!(sale.refund(6_00, 6_00, 0), Some((0, 0)));
        // No coins were paid: cash for goods is rounded like any other.
        assert_eq!(Sale::of(7_98, &[(GOODS, 7_98)]).pays(&[3_99, 3_99]), [4_00, 4_00]);
    }

    /// All refunds that a few steps and ways can make of some sales.
    #[test]
    fn whatever_way_it_goes_never_more_goes_back_than_was_paid_of_any_tender_and_in_all() {
        let sales = [
            (10_03, vec![(CARD, 6_01), (CASH, 4_00)]),
            (10_03, vec![(CARD, 6_00), (CASH, 4_05)]),
            (10_03, vec![(CARD, 3_00), (VOUCHER, 3_00), (CASH, 4_05)]),
            (10_03, vec![(GOODS, 3_00), (CARD, 3_02), (CASH, 4_00)]),
            (9_98, vec![(CASH, 10_00)]),
            (9_97, vec![(CASH, 9_95)]),
            (9_99, vec![(CARD, 9_99)]),
        ];
        for (total, paid) in sales {
            go_on(&Sale::of(total, &paid), 0);
        }
    }

    fn go_on(sale: &Sale, paid_back: i64) {
        let others: i64 = sale.tenders.values().map(|tender| tender.captured).sum();
        let kept = others + sale.given_back.cash_kept;
        // What others paid is rounded by itself, by half a coin at most.
        assert!(paid_back <= kept + 2, "{paid_back} of {kept}");
        for tender in sale.tenders.values() {
            assert!((0..=tender.captured).contains(&tender.returned), "{tender:?}");
        }
        assert!(sale.cash_used() <= sale.given_back.cash_exact, "{:?}", sale.given_back);
        let left = sale.given_back.sold_total - sale.given_back.returned_total;
        for amount in [left, 2_51, 4_99].into_iter().filter(|amount| (1..=left).contains(amount)) {
            for (card, voucher) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2)] {
                let mut sale = sale.clone();
                let [card, voucher] = [card, voucher].map(|half| amount * half / 2);
                match sale.refund(amount, card, voucher) {
                    Some((cash, _)) => go_on(&sale, paid_back + card + voucher + cash),
                    // Only what rounding took from the customer can be missing.
                    None => assert!(kept < sale.given_back.sold_total + 5),
                }
            }
        }
    }
}
