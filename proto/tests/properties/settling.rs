use kassa_proto::pricing::{
    CashMode, CashRounding, Place, PricingErrorKind, Settlement, Tender, cash_change, cash_refund,
    cash_total, settle,
};
use proptest::prelude::*;

use crate::inputs::{config, good_payment, shop_rules};

fn net(tenders: &[Tender], cash: bool) -> i64 {
    tenders.iter().filter(|tender| tender.cash == cash).map(|tender| tender.amount - tender.tip).sum()
}

/// How far the two roundings of a sale together can be from exact.
fn most(cash: CashRounding) -> i64 {
    let half = |mode| match mode {
        CashMode::None => 0,
        CashMode::HalfUp | CashMode::HalfDown => cash.unit / 2,
        CashMode::Up | CashMode::Down => (cash.unit - 1).max(0),
    };
    half(cash.total) + half(cash.change)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_invariant_of_every_sale((total, tenders) in good_payment(), rules in shop_rules()) {
        let Ok(settled) = settle(&rules, total, &tenders) else { return Ok(()) };
        let reversed: Vec<Tender> = tenders.iter().copied().rev().collect();
        prop_assert_eq!(settle(&rules, total, &reversed), Ok(settled), "the order of tenders is no matter");
        let Settlement { amount_due, cash_due: _, change, rounding_adjustment, tip_total } = settled;
        let handed_over: i64 = tenders.iter().map(|tender| tender.amount).sum();
        prop_assert_eq!(tip_total, tenders.iter().map(|tender| tender.tip).sum::<i64>());
        prop_assert_eq!(handed_over + amount_due - change, total + rounding_adjustment + tip_total);
        prop_assert!(amount_due >= 0 && change >= 0);
        prop_assert!(amount_due == 0 || change == 0);
        prop_assert!(rounding_adjustment.abs() <= most(rules.cash));
    }

    #[test]
    fn change_comes_out_of_cash_only((total, tenders) in good_payment(), rules in shop_rules()) {
        let over = net(&tenders, false) > total;
        match settle(&rules, total, &tenders) {
            Ok(settled) => {
                prop_assert!(!over);
                prop_assert!(settled.change <= net(&tenders, true));
            }
            Err(_) => prop_assert!(over),
        }
    }

    #[test]
    fn without_cash_nothing_is_rounded((total, tenders) in good_payment(), rules in shop_rules()) {
        let cards: Vec<Tender> = tenders.into_iter().map(|tender| Tender { cash: false, ..tender }).collect();
        let Ok(settled) = settle(&rules, total, &cards) else { return Ok(()) };
        prop_assert_eq!(settled.change, 0);
        if cards.is_empty() && cash_total(&rules, total) == Ok(0) {
            // Coins make nothing of it: there is nothing to pay.
            prop_assert_eq!((settled.amount_due, settled.rounding_adjustment), (0, -total));
            return Ok(());
        }
        prop_assert_eq!(settled.rounding_adjustment, 0);
        prop_assert_eq!(settled.amount_due, total - net(&cards, false));
    }

    #[test]
    fn a_total_that_a_card_paid_is_not_rounded_by_cash_beside_it(
        total in 1..1000_i64,
        cash in 1..1000_i64,
        rules in shop_rules(),
    ) {
        let tenders =
            [Tender { cash: false, amount: total, tip: 0 }, Tender { cash: true, amount: cash, tip: 0 }];
        let settled = settle(&rules, total, &tenders).expect("in order");
        let all_back = Settlement { amount_due: 0, cash_due: 0, change: cash, rounding_adjustment: 0, tip_total: 0 };
        prop_assert_eq!(settled, all_back);
    }

    #[test]
    fn without_small_coins_nothing_moves_but_what_coins_make(
        (total, tenders) in good_payment(),
        rules in shop_rules(),
    ) {
        let mut rules = rules;
        rules.cash.small_coins = false;
        let coins = rules.cash;
        let is_made = |tender: &Tender| !tender.cash || coins.makes(tender.amount) && coins.makes(tender.tip);
        match settle(&rules, total, &tenders) {
            Ok(settled) => {
                prop_assert!(tenders.iter().all(is_made));
                let rounds = coins.total != CashMode::None && coins.change != CashMode::None;
                prop_assert!(!rounds || coins.makes(settled.change) && coins.makes(settled.cash_due));
            }
            Err(error) if error.kind == PricingErrorKind::NotInCoins => {
                let Place::Tender(number) = error.place else { panic!("a tender: {error}") };
                prop_assert!(!is_made(&tenders[number]));
            }
            Err(_) => {}
        }
    }

    #[test]
    fn exact_cash_is_accepted(total in 1..100_000_i64, rules in shop_rules()) {
        let settled = settle(&rules, total, &[Tender { cash: true, amount: total, tip: 0 }]).expect("in order");
        let exact = Settlement { amount_due: 0, cash_due: 0, change: 0, rounding_adjustment: 0, tip_total: 0 };
        prop_assert_eq!(settled, exact);
    }

    #[test]
    fn what_is_due_settles_the_total_when_it_comes((total, mut tenders) in good_payment(), rules in shop_rules()) {
        let Ok(short) = settle(&rules, total, &tenders) else { return Ok(()) };
        if short.amount_due == 0 {
            return Ok(());
        }
        tenders.push(Tender { cash: true, amount: short.amount_due, tip: 0 });
        let settled = settle(&rules, total, &tenders).expect("in order");
        prop_assert_eq!((settled.amount_due, settled.change), (0, 0));
    }

    #[test]
    fn rounded_cash_is_the_multiple_of_the_coin_that_its_rule_names(amount in -100_000..100_000_i64, rules in shop_rules()) {
        let CashRounding { unit, total, change, refund, small_coins: _ } = rules.cash;
        for (mode, rounded) in [
            (total, cash_total(&rules, amount)),
            (change, cash_change(&rules, amount)),
            (refund, cash_refund(&rules, amount)),
        ] {
            let rounded = rounded.expect("within the limit");
            if mode == CashMode::None || unit == 0 {
                prop_assert_eq!(rounded, amount);
            } else {
                prop_assert_eq!(rounded % unit, 0);
                let off = (rounded - amount).abs();
                prop_assert!(off < unit);
                let up = rounded.abs() > amount.abs();
                match mode {
                    CashMode::Up => prop_assert!(off == 0 || up),
                    CashMode::Down => prop_assert!(!up),
                    _ if 2 * off == unit => prop_assert_eq!(up, mode == CashMode::HalfUp),
                    CashMode::None | CashMode::HalfUp | CashMode::HalfDown => prop_assert!(2 * off < unit),
                }
            }
        }
    }
}
