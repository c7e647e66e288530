use kassa_proto::pricing::share;
use proptest::{collection::vec, prelude::*};

use crate::inputs::{any_number, config};

proptest! {
    #![proptest_config(config())]

    #[test]
    fn shares_sum_to_the_amount_and_are_less_than_one_from_exact(
        amount in any_number(),
        weights in vec(prop_oneof![0..=i64::MAX, 0..5_i64, 0..10_000_i64], 1..12),
    ) {
        let whole: i128 = weights.iter().copied().map(i128::from).sum();
        prop_assume!(whole > 0);
        let shares = share(amount, &weights).expect("weights that are in order");
        prop_assert_eq!(shares.iter().copied().map(i128::from).sum::<i128>(), i128::from(amount));
        for (share, weight) in shares.iter().zip(&weights) {
            // |share - amount * weight / whole| < 1, without a fraction: all but `whole` cancels.
            let exact = i128::from(amount) * i128::from(*weight);
            let (low, rest) = (exact.div_euclid(whole), exact.rem_euclid(whole));
            let nearest = [low, if rest == 0 { low } else { low + 1 }];
            prop_assert!(nearest.contains(&i128::from(*share)), "{share} of {exact}/{whole}");
        }
    }

    #[test]
    fn among_equals_the_first_get_the_odd_units(amount in 0..10_000_i64, people in 1..30_usize) {
        let shares = share(amount, &vec![7; people]).expect("weights that are in order");
        prop_assert!(shares.is_sorted_by(|first, later| first >= later));
    }

    #[test]
    fn a_share_never_exceeds_its_weight(
        weights in vec(0..1000_i64, 1..12),
        part in 0..=1000_i64,
    ) {
        let amount = weights.iter().sum::<i64>() * part / 1000;
        let shares = share(amount, &weights).expect("weights that are in order");
        for (share, weight) in shares.iter().zip(&weights) {
            prop_assert!((0..=*weight).contains(share));
        }
    }

    #[test]
    fn a_larger_fraction_is_served_before_a_smaller_one(
        amount in 0..10_000_i64,
        weights in vec(1..1000_i64, 2..12),
    ) {
        let whole: i64 = weights.iter().sum();
        let shares = share(amount, &weights).expect("weights that are in order");
        let fraction = |weight: &i64| amount * weight % whole;
        let extra = |(share, weight): &(&i64, &i64)| **share > amount * **weight / whole;
        let (up, down): (Vec<_>, Vec<_>) = shares.iter().zip(&weights).partition(extra);
        for (_, served) in &up {
            for (_, unserved) in &down {
                prop_assert!(fraction(served) >= fraction(unserved));
            }
        }
    }
}

#[test]
fn what_cannot_be_shared_is_refused() {
    assert_eq!(share(1, &[]), None);
    assert_eq!(share(1, &[0, 0]), None);
    assert_eq!(share(0, &[0, 0]), Some(vec![0, 0]));
    assert_eq!(share(0, &[]), Some(vec![]));
    assert_eq!(share(10, &[1, -1, 5]), None);
    assert_eq!(share(-10, &[1, 1, 1]), Some(vec![-4, -3, -3]));
    assert_eq!(share(i64::MIN, &[i64::MAX]), Some(vec![i64::MIN]));
}
