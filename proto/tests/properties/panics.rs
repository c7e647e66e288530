//! Whatever comes in, an answer comes out, and no amount in it is above the limit. Debug builds
//! panic where arithmetic wraps around.

use kassa_proto::{
    decimal::{Quantity, Rate},
    money::{Currency, MAX_AMOUNT_MINOR},
    pricing::{
        Discount, Line, Settlement, Tender, cash_change, cash_refund, cash_total, price, settle, share,
    },
};
use proptest::{collection::vec, prelude::*};

use crate::inputs::{any_number, config, good_line, rules};

fn any_discount() -> impl Strategy<Value = Discount> {
    (any::<bool>(), any_number()).prop_map(|(fixed, number)| {
        if fixed { Discount::Amount(number) } else { Discount::Percent(Rate::from_ten_thousandths(number)) }
    })
}

fn any_line() -> impl Strategy<Value = Line> {
    (any_number(), any_number(), any_number(), vec(any_discount(), 0..2)).prop_map(
        |(unit_price, quantity, rate, discounts)| Line {
            unit_price,
            quantity: Quantity::from_thousandths(quantity),
            tax_rate: Rate::from_ten_thousandths(rate),
            discounts,
        },
    )
}

/// In order but for its size.
fn huge_line() -> impl Strategy<Value = Line> {
    let size = || prop_oneof![1..=MAX_AMOUNT_MINOR, Just(MAX_AMOUNT_MINOR), 1..10_i64];
    (size(), prop_oneof![Just(1000), Just(1), size()], 0..=1_000_000_i64).prop_map(
        |(unit_price, quantity, rate)| Line {
            unit_price,
            quantity: Quantity::from_thousandths(quantity),
            tax_rate: Rate::from_ten_thousandths(rate),
            discounts: vec![],
        },
    )
}

fn limited(amount: i64) -> bool {
    (0..=MAX_AMOUNT_MINOR).contains(&amount)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_order_is_priced_or_refused(
        rules in rules(any_number()),
        lines in vec(prop_oneof![any_line(), huge_line(), huge_line(), good_line()], 0..4),
        discounts in vec(any_discount(), 0..2),
    ) {
        for discounts in [discounts, vec![]] {
            let Ok(totals) = price(&rules, &lines, &discounts) else { continue };
            prop_assert!(limited(totals.subtotal) && limited(totals.discount_total) && limited(totals.total));
            prop_assert!(totals.tax_totals.iter().all(|row| limited(row.base) && limited(row.tax)));
            prop_assert!(totals.lines.iter().all(|line| limited(line.subtotal) && limited(line.total)));
        }
    }

    #[test]
    fn any_payment_is_settled_or_refused(
        rules in rules(any_number()),
        total in any_number(),
        tenders in vec((any::<bool>(), any_number(), prop_oneof![Just(0), any_number()]), 0..4),
    ) {
        let tenders: Vec<Tender> =
            tenders.into_iter().map(|(cash, amount, tip)| Tender { cash, amount, tip }).collect();
        let settled = settle(&rules, total, &tenders);
        if let Ok(Settlement { amount_due, cash_due, change, rounding_adjustment, tip_total }) = settled {
            prop_assert!([amount_due, cash_due, change, tip_total].into_iter().all(limited));
            prop_assert!(limited(rounding_adjustment.abs()));
            prop_assert!(change == 0 || tenders.iter().any(|tender| tender.cash));
        }
    }

    #[test]
    fn any_cash_is_rounded_or_refused(rules in rules(any_number()), amount in any_number()) {
        for rounded in [cash_total(&rules, amount), cash_change(&rules, amount), cash_refund(&rules, amount)] {
            prop_assert!(rounded.is_ok_and(|rounded| limited(rounded.abs())) || rounded.is_err());
        }
    }

    #[test]
    fn anything_is_shared_or_not(amount in any_number(), weights in vec(any_number(), 0..6)) {
        let shares = share(amount, &weights);
        prop_assert!(shares.is_none_or(|shares| shares.len() == weights.len()));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}|-?[0-9]{0,40}(\\.[0-9]{0,40})?", count in any_number()) {
        let _ = (Quantity::parse(&text), Rate::parse(&text), Currency::from_code(&text));
        for code in ["JPY", "USD", "KWD"] {
            let currency = Currency::from_code(code).expect("an active currency");
            let _ = (currency.parse(&text), currency.format(count));
        }
    }
}
