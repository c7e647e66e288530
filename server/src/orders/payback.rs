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
/// Goods that came back and paid in an exchange: they go back as money alone.
const GOODS: i32 = TenderType::Exchange as i32;

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
    /// than it was paid; that is taken off what goods paid first, and off cash last.
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
        let others: Vec<i32> =
            self.tenders.keys().copied().filter(|kind| ![CASH, GOODS].contains(kind)).collect();
        for kind in [GOODS].into_iter().chain(others) {
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
    /// of it went another way, and with what cash went back for; and what goods paid and still have.
    fn most_cash(&self) -> i64 {
        let kept = self.tenders.get(&CASH).map_or(0, |cash| cash.captured);
        let goods = self.tenders.get(&GOODS).map_or(0, |goods| goods.captured.saturating_sub(goods.returned));
        kept.saturating_sub(self.given_back.cash_for_others).saturating_add(goods)
    }

    /// What went back of the cash that came is what was paid out in cash but for others' money, and what
    /// of it went another way. Rounding may have paid out less than the others' money was, or more.
    fn count_cash(&mut self) {
        if let Some(cash) = self.tenders.get_mut(&CASH) {
            let returned = self.given_back.returned_cash.saturating_add(self.given_back.cash_for_others);
            cash.returned = returned.clamp(0, cash.captured);
        }
    }
}

#[cfg(test)]
mod tests {
    use kassa_proto::pricing::{CashMode, CashRounding, Rounding, TaxRounding};
    use uuid::Uuid;

    use super::*;
    use crate::orders::reversal::captured;

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
            let order_id = Uuid::from_u128(1);
            let given_back = order_return::Model {
                order_id,
                sold_total: total,
                returned_total: 0,
                returned_cash_exact: 0,
                voided_by_order_id: None,
                returned_cash: 0,
                cash_for_others: 0,
            };
            let paid = paid.iter().map(|(kind, amount)| (*kind, *amount, 0));
            Self { given_back, tenders: captured(order_id, 0, paid).unwrap() }
        }

        /// Gives back an amount, some of it to a card and to a voucher and the rest in cash: what goes out
        /// of the drawer, and what goes another way.
        fn refund(&mut self, amount: i64, card: i64, voucher: i64) -> Option<(i64, i64)> {
            let before = self.clone();
            let mut payback = Payback { given_back: &mut self.given_back, tenders: &mut self.tenders };
            let another_way = payback.take(&[(CARD, card), (VOUCHER, voucher)], amount - card - voucher);
            let cash = payback.cash_now(&RULES).unwrap();
            payback.pay_cash(cash);
            let Ok(another_way) = another_way else {
                *self = before;
                return None;
            };
            self.given_back.returned_total += amount;
            Some((cash, another_way))
        }

        fn returned(&self, kind: i32) -> i64 {
            self.tenders.get(&kind).map_or(0, |tender| tender.returned)
        }
    }

    #[test]
    fn what_goes_back_the_way_it_came_needs_nobody() {
        let mut sale = Sale::of(10_00, &[(CARD, 6_00), (CASH, 4_00)]);
        assert_eq!(sale.refund(7_00, 5_00, 0), Some((2_00, 0)));
        assert_eq!((sale.returned(CARD), sale.returned(CASH)), (5_00, 2_00));
        assert_eq!(sale.refund(3_00, 1_00, 0), Some((2_00, 0)));
        assert_eq!((sale.returned(CARD), sale.returned(CASH)), (6_00, 4_00));
    }

    #[test]
    fn what_goes_another_way_is_counted_where_it_was_paid() {
        let mut sale = Sale::of(10_00, &[(CARD, 6_00), (CASH, 4_00)]);
        assert_eq!(sale.refund(5_00, 0, 0), Some((5_00, 1_00)));
        assert_eq!((sale.returned(CARD), sale.returned(CASH)), (1_00, 4_00));
        assert_eq!(sale.refund(5_00, 0, 5_00), Some((0, 5_00)));
        assert_eq!((sale.returned(CARD), sale.returned(CASH)), (6_00, 4_00));
    }

    #[test]
    fn cash_for_what_a_card_paid_is_rounded_over_all_refunds_and_never_above_what_was_paid() {
        let mut sale = Sale::of(9_99, &[(CARD, 9_99)]);
        let cash: Vec<_> = [3_97, 4_01, 2_01].map(|amount| sale.refund(amount, 0, 0).unwrap().0).to_vec();
        // 3.97, 7.98 and 9.99 so far are 3.95 and, not 8.00 and 10.00, but 7.98 and 9.99.
        assert_eq!(cash, [3_95, 4_03, 2_01]);
        assert_eq!(sale.returned(CARD), 9_99);
    }

    #[test]
    fn cash_that_was_rounded_down_is_worth_no_more_on_a_card() {
        // 3.97 was paid with 3.95: on the card goes what was paid, and 0.02 are rounded away.
        let mut sale = Sale::of(3_97, &[(CASH, 3_95)]);
        assert_eq!(sale.refund(3_97, 3_97, 0), None);
        assert_eq!(sale.refund(3_97, 3_95, 0), Some((0, 3_95)));
        assert_eq!(sale.returned(CASH), 3_95);
    }

    #[test]
    fn what_goods_paid_goes_back_as_money_before_that_of_another_tender() {
        let mut sale = Sale::of(10_00, &[(GOODS, 4_00), (CARD, 6_00)]);
        assert_eq!(sale.refund(4_00, 0, 0), Some((4_00, 4_00)));
        assert_eq!((sale.returned(GOODS), sale.returned(CARD)), (4_00, 0));
        assert_eq!(sale.refund(6_00, 6_00, 0), Some((0, 0)));
        // No coins were paid: cash for goods is rounded like any other.
        let mut sale = Sale::of(7_98, &[(GOODS, 7_98)]);
        let cash: Vec<_> = [3_99, 3_99].map(|amount| sale.refund(amount, 0, 0).unwrap().0).to_vec();
        assert_eq!(cash, [4_00, 3_98]);
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
        let kept: i64 = sale.tenders.values().map(|tender| tender.captured).sum();
        assert!(paid_back <= kept, "{paid_back} of {kept}");
        for tender in sale.tenders.values() {
            assert!((0..=tender.captured).contains(&tender.returned), "{tender:?}");
        }
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
