//! Exact splitting of a whole into parts.

use crate::WattHours;

/// Why a whole cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// There are no weights, or all are zero.
    #[error("the weights are empty or add up to zero: give at least one member a weight above zero")]
    NoWeight,
    /// The whole is negative.
    #[error("cannot split a negative amount: {total}")]
    Negative {
        /// The amount given.
        total: i64,
    },
    /// The weights add up to more than 63 bits.
    #[error("the weights are too large to be added")]
    TooLarge,
}

impl SplitError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoWeight => "zero_weight",
            Self::Negative { .. } => "split_negative",
            Self::TooLarge => "weight_too_large",
        }
    }
}

/// Working memory of [`split_exact_into`], kept between calls so that splitting allocates nothing.
#[derive(Debug, Default, Clone)]
pub struct SplitScratch {
    /// Remainder above, index below (inverted), so that one integer comparison orders both.
    keys: Vec<u64>,
    wide: Vec<(u128, usize)>,
}

/// Splits `total` (Wh) by `weights` so that the parts add up to `total` exactly.
///
/// Rounds down, then hands the left-over units one each to the largest remainders; a tie goes to the lower index, so the result depends
/// on the arguments alone. Returns one part per weight, in the same order; a weight of zero gets nothing.
///
/// # Errors
/// [`SplitError::NoWeight`] when the weights are empty or add up to zero, [`SplitError::Negative`] for a negative total,
/// [`SplitError::TooLarge`] when the weights add up to more than 63 bits.
///
/// Source: largest-remainder (Hamilton) method; docs/adr/0002-rounding-and-ids.md.
pub fn split_exact(total: WattHours, weights: &[u64]) -> Result<Vec<WattHours>, SplitError> {
    let mut parts = vec![0i64; weights.len()];
    split_exact_into(total.0, weights, &mut parts, &mut SplitScratch::default())?;
    Ok(parts.into_iter().map(WattHours).collect())
}

/// [`split_exact`] for any unit, into `parts` (as long as `weights`) and without allocating.
///
/// # Errors
/// As [`split_exact`].
///
/// # Panics
/// When `parts` and `weights` differ in length: a bug in the caller.
pub fn split_exact_into(total: i64, weights: &[u64], parts: &mut [i64], scratch: &mut SplitScratch) -> Result<(), SplitError> {
    assert_eq!(weights.len(), parts.len(), "one part for each weight");
    let amount = u64::try_from(total).map_err(|_| SplitError::Negative { total })?;
    let sum = weights.iter().try_fold(0u64, |sum, &weight| sum.checked_add(weight)).ok_or(SplitError::TooLarge)?;
    match sum {
        0 => return Err(SplitError::NoWeight),
        sum if i64::try_from(sum).is_err() => return Err(SplitError::TooLarge),
        _ => {}
    }
    if amount == 0 {
        parts.fill(0);
    } else if sum <= u64::from(u32::MAX) && amount.checked_mul(sum).is_some_and(|product| product <= u64::from(u32::MAX)) {
        split_narrow(amount, sum, weights, parts, &mut scratch.keys);
    } else {
        split_wide(amount, sum, weights, parts, &mut scratch.wide);
    }
    Ok(())
}

/// The common case: every product of the total and a weight fits 32 bits, so that one multiplication by the reciprocal of the sum
/// replaces each division, and remainder and index fit one 64-bit key.
#[expect(clippy::arithmetic_side_effects, clippy::cast_possible_wrap, reason = "all products are below 2^32 and all quotients below the total")]
fn split_narrow(amount: u64, sum: u64, weights: &[u64], parts: &mut [i64], keys: &mut Vec<u64>) {
    let reciprocal = (1u64 << 32) / sum;
    let last = weights.len() as u64;
    let mut left = amount;
    keys.clear();
    keys.extend(weights.iter().zip(parts.iter_mut()).enumerate().map(|(at, (&weight, part))| {
        let product = amount * weight;
        // The estimate is at most one below the quotient: reciprocal * sum > 2^32 - sum, and product < 2^32.
        let estimate = (product * reciprocal) >> 32;
        let rest = product - estimate * sum;
        let under = u64::from(rest >= sum);
        let quotient = estimate + under;
        *part = quotient as i64;
        left -= quotient;
        ((rest - under * sum) << 32) | (last - at as u64)
    }));
    let left = left as usize;
    if left == 0 {
        return;
    }
    if left < keys.len() {
        keys.select_nth_unstable_by(left, |a, b| b.cmp(a));
    }
    for &key in &keys[..left] {
        parts[(last - (key & 0xFFFF_FFFF)) as usize] += 1;
    }
}

/// Every other case, in 128 bits.
#[expect(clippy::arithmetic_side_effects, reason = "products of 63-bit numbers fit 128 bits; quotients are below the total")]
fn split_wide(amount: u64, sum: u64, weights: &[u64], parts: &mut [i64], remainders: &mut Vec<(u128, usize)>) {
    let (amount, sum) = (u128::from(amount), u128::from(sum));
    let mut left = amount;
    remainders.clear();
    for (at, (&weight, part)) in weights.iter().zip(parts.iter_mut()).enumerate() {
        let product = amount * u128::from(weight);
        let quotient = product / sum;
        *part = quotient as i64;
        left -= quotient;
        remainders.push((product % sum, at));
    }
    let left = left as usize;
    if left == 0 {
        return;
    }
    if left < remainders.len() {
        remainders.select_nth_unstable_by(left, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    }
    for &(_, at) in &remainders[..left] {
        parts[at] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The method as it is taught: divide, sort all remainders, hand out.
    fn textbook(total: i64, weights: &[u64]) -> Vec<i64> {
        let sum: u128 = weights.iter().map(|&w| u128::from(w)).sum();
        let product = |w: u64| u128::try_from(total).expect("positive") * u128::from(w);
        let mut parts: Vec<i64> = weights.iter().map(|&w| i64::try_from(product(w) / sum).expect("fits")).collect();
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(product(weights[at]) % sum), at));
        let left = total - parts.iter().sum::<i64>();
        for &at in order.iter().take(usize::try_from(left).expect("positive")) {
            parts[at] += 1;
        }
        parts
    }

    #[test]
    fn golden_splits() {
        for (total, weights, expected) in [
            (10, vec![1, 1, 1], vec![4, 3, 3]),
            (0, vec![5, 7], vec![0, 0]),
            (7, vec![0, 1, 0], vec![0, 7, 0]),
            (100, vec![2000, 3500, 5000], vec![19, 33, 48]),
            (2, vec![1, 1, 1, 1], vec![1, 1, 0, 0]),
            (i64::MAX, vec![1, 1], vec![i64::MAX / 2 + 1, i64::MAX / 2]),
        ] {
            let parts: Vec<i64> = split_exact(WattHours(total), &weights).expect("weights").into_iter().map(|p| p.0).collect();
            assert_eq!(parts, expected, "{total} by {weights:?}");
        }
    }

    #[test]
    fn nothing_to_split_by_is_refused() {
        assert_eq!(split_exact(WattHours(5), &[]), Err(SplitError::NoWeight));
        assert_eq!(split_exact(WattHours(0), &[0, 0]), Err(SplitError::NoWeight));
        assert_eq!(split_exact(WattHours(-1), &[1]), Err(SplitError::Negative { total: -1 }));
        assert_eq!(split_exact(WattHours(1), &[u64::MAX, 1]), Err(SplitError::TooLarge));
    }

    proptest! {
        #[test]
        fn equals_the_textbook_narrow(total in 0i64..70_000, weights in proptest::collection::vec(0u64..60_000, 1..60)) {
            prop_assume!(weights.iter().any(|&w| w > 0));
            let parts: Vec<i64> = split_exact(WattHours(total), &weights).expect("weights").into_iter().map(|p| p.0).collect();
            prop_assert_eq!(&parts, &textbook(total, &weights));
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
        }

        #[test]
        fn equals_the_textbook_wide(total in 0i64..i64::MAX, weights in proptest::collection::vec(0u64..1_000_000_000_000, 1..20)) {
            prop_assume!(weights.iter().any(|&w| w > 0));
            let parts: Vec<i64> = split_exact(WattHours(total), &weights).expect("weights").into_iter().map(|p| p.0).collect();
            prop_assert_eq!(parts, textbook(total, &weights));
        }

        #[test]
        fn equal_weights_differ_by_one_at_most(total in 0i64..1_000_000, n in 1usize..100) {
            let parts = split_exact(WattHours(total), &vec![7; n]).expect("weights");
            let (low, high) = (parts.iter().min().expect("one"), parts.iter().max().expect("one"));
            prop_assert!(high.0 - low.0 <= 1);
        }
    }
}
