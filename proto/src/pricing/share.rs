//! Dividing an amount without losing a cent.

/// Shares `amount` out in proportion to `weights`, by the method of the largest remainder
/// (Hamilton): everyone gets the whole part of their exact share, and the units that are left go
/// one each to the largest fractions, the earlier first among equals.
///
/// The shares sum to `amount`, each is less than one unit from exact, a weight of zero gets
/// nothing, and no share exceeds its weight where the amount does not exceed their sum. A negative
/// amount is shared like its positive.
///
/// `None` if a weight is negative, or if all are zero (or there are none) and the amount is not.
pub fn share(amount: i64, weights: &[i64]) -> Option<Vec<i64>> {
    if weights.iter().any(|weight| *weight < 0) {
        return None;
    }
    let whole: i128 = weights.iter().copied().map(i128::from).sum();
    if whole == 0 {
        return (amount == 0).then(|| vec![0; weights.len()]);
    }

    let size = i128::from(amount).abs();
    let exact = |weight: &i64| size * i128::from(*weight);
    let mut shares: Vec<i128> = weights.iter().map(|weight| exact(weight) / whole).collect();
    let mut left = size - shares.iter().sum::<i128>();

    let mut by_fraction: Vec<(i128, &mut i128)> =
        weights.iter().map(|weight| exact(weight) % whole).zip(&mut shares).collect();
    // A stable sort: equal fractions stay in their order.
    by_fraction.sort_by_key(|(fraction, _)| -fraction);
    for (_, share) in by_fraction {
        if left == 0 {
            break;
        }
        *share += 1;
        left -= 1;
    }

    let sign = i128::from(amount.signum());
    shares.into_iter().map(|share| i64::try_from(share * sign).ok()).collect()
}
