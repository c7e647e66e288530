//! Random orders and payments: sensible ones, and any at all.

use kassa_proto::{
    decimal::{Quantity, Rate},
    money::MAX_AMOUNT_MINOR,
    pricing::{CashMode, CashRounding, Discount, Line, Rounding, Rules, TaxRounding, Tender},
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Few enough cases that all of it takes seconds in a debug build.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

/// Numbers at which arithmetic breaks, small ones, and any.
pub(crate) fn any_number() -> impl Strategy<Value = i64> {
    let limits = [0, 1, MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR + 1, i64::MAX];
    let edges: Vec<i64> = limits.into_iter().flat_map(|limit| [limit, -limit]).chain([i64::MIN]).collect();
    prop_oneof![any::<i64>(), select(edges), -1000..1000_i64, 0..=MAX_AMOUNT_MINOR]
}

pub(crate) fn rules(units: impl Strategy<Value = i64>) -> impl Strategy<Value = Rules> {
    let mode =
        || select(vec![CashMode::None, CashMode::HalfUp, CashMode::HalfDown, CashMode::Up, CashMode::Down]);
    let cash = (units, mode(), mode(), mode()).prop_map(|(unit, total, change, refund)| CashRounding {
        unit,
        total,
        change,
        refund,
        small_coins: true,
    });
    let tax_rounding = select(vec![TaxRounding::PerLine, TaxRounding::PerRate]);
    let rounding = select(vec![Rounding::HalfAwayFromZero, Rounding::HalfEven]);
    (any::<bool>(), tax_rounding, rounding, cash).prop_map(
        |(prices_include_tax, tax_rounding, rounding, cash)| Rules {
            prices_include_tax,
            tax_rounding,
            rounding,
            cash,
        },
    )
}

/// Rules as shops have them, which take small coins all the same.
pub(crate) fn shop_rules() -> impl Strategy<Value = Rules> {
    rules(select(vec![0, 5, 10, 50, 100]))
}

/// A line that is in order, of few rates so that some are shared.
pub(crate) fn good_line() -> impl Strategy<Value = Line> {
    let price = prop_oneof![0..30_i64, 0..100_000_i64, 0..10_000_000_i64];
    let quantity = prop_oneof![(1..10_i64).prop_map(|pieces| pieces * 1000), 1..5000_i64];
    let rate = prop_oneof![select(vec![0, 50_000, 88_750, 150_000, 1_000_000]), 0..=1_000_000_i64];
    let discounts = vec((1..=1_000_000_i64).prop_map(percent), 0..3);
    (price, quantity, rate, discounts).prop_map(|(unit_price, quantity, rate, discounts)| Line {
        unit_price,
        quantity: Quantity::from_thousandths(quantity),
        tax_rate: Rate::from_ten_thousandths(rate),
        discounts,
    })
}

/// Lines and percentages off the whole order, all in order.
pub(crate) fn good_order() -> impl Strategy<Value = (Vec<Line>, Vec<Discount>)> {
    (vec(good_line(), 1..9), vec((1..=1_000_000_i64).prop_map(percent), 0..3))
}

pub(crate) fn percent(ten_thousandths: i64) -> Discount {
    Discount::Percent(Rate::from_ten_thousandths(ten_thousandths))
}

/// A tender that is in order by itself.
pub(crate) fn good_tender() -> impl Strategy<Value = Tender> {
    let amount = prop_oneof![1..300_i64, 1..40_000_i64];
    (any::<bool>(), amount, prop_oneof![Just(0), 0..=1000_i64]).prop_map(|(cash, amount, tip_share)| Tender {
        cash,
        amount,
        tip: amount * tip_share / 1000,
    })
}

/// A total and tenders that often meet it to the last minor unit.
pub(crate) fn good_payment() -> impl Strategy<Value = (i64, Vec<Tender>)> {
    let pay = (vec(good_tender(), 0..5), prop_oneof![Just(0), -120..120_i64], any::<bool>(), 0..20_000_i64);
    pay.prop_map(|(tenders, beside, meet, total)| {
        let paid: i64 = tenders.iter().map(|tender| tender.amount - tender.tip).sum();
        (if meet { (paid + beside).max(0) } else { total }, tenders)
    })
}
