//! From milli-ngwee to ngwee, once per settlement day.

use crate::{MilliNgwee, Ngwee};

/// `value / by`, to the nearest whole number, half to even. `by` must be positive.
///
/// # Panics
/// When `by` is zero.
#[must_use]
#[expect(clippy::arithmetic_side_effects, reason = "`by` is positive; the quotient leaves room for one more, as only `by` > 1 rounds up")]
pub fn div_half_even(value: i64, by: i64) -> i64 {
    let (floor, rest) = (value.div_euclid(by), value.rem_euclid(by));
    let twice = i128::from(rest) * 2;
    let up = twice > i128::from(by) || (twice == i128::from(by) && floor % 2 != 0);
    floor + i64::from(up)
}

/// The lines of one settlement day in whole ngwee.
///
/// `lines` are signed milli-ngwee that add up to zero over the day (what members pay against what the cluster owes). Each is rounded
/// down, then the missing ngwee go one each to the largest remainders, ties to the lower index: the result adds up to zero again and
/// no line is a whole ngwee or more away from its exact value. Lines that do not add up to a whole ngwee cannot be rounded this way:
/// then `None`.
///
/// Source: largest-remainder method; docs/adr/0002-rounding-and-ids.md.
#[must_use]
pub fn round_day(lines: &[MilliNgwee]) -> Option<Vec<Ngwee>> {
    let mut rounded: Vec<Ngwee> = lines.iter().map(|line| Ngwee(line.0.div_euclid(1000))).collect();
    let missing_milli = lines.iter().try_fold(0i64, |sum, line| sum.checked_add(line.0.rem_euclid(1000)))?;
    if missing_milli % 1000 != 0 {
        return None;
    }
    let missing = usize::try_from(missing_milli / 1000).ok()?;
    let mut order: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].0.rem_euclid(1000) != 0).collect();
    order.sort_by_key(|&at| (std::cmp::Reverse(lines[at].0.rem_euclid(1000)), at));
    for at in order.into_iter().take(missing) {
        rounded[at].0 = rounded[at].0.checked_add(1)?;
    }
    Some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn golden_day() {
        let lines = [1500, 1500, 400, -3400].map(MilliNgwee);
        assert_eq!(round_day(&lines), Some(vec![Ngwee(2), Ngwee(1), Ngwee(0), Ngwee(-3)]));
        assert_eq!(round_day(&[MilliNgwee(1), MilliNgwee(0)]), None);
        assert_eq!(round_day(&[]), Some(vec![]));
    }

    #[test]
    fn half_goes_to_even() {
        for (value, expected) in [(500, 0), (1500, 2), (2500, 2), (-500, 0), (-1500, -2), (1501, 2), (-1499, -1)] {
            assert_eq!(div_half_even(value, 1000), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn the_day_still_sums_to_zero(mut lines in proptest::collection::vec(-1_000_000_000i64..1_000_000_000, 0..60)) {
            lines.push(-lines.iter().sum::<i64>());
            let lines: Vec<MilliNgwee> = lines.into_iter().map(MilliNgwee).collect();
            let rounded = round_day(&lines).expect("sums to zero");
            prop_assert_eq!(rounded.iter().map(|n| n.0).sum::<i64>(), 0);
            for (line, ngwee) in lines.iter().zip(&rounded) {
                prop_assert!((ngwee.0 * 1000 - line.0).abs() < 1000);
            }
        }
    }
}
