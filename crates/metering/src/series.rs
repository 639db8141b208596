//! The readings of one meter over time: gaps and estimates.

use quantity::{Instant, Interval, Step, WattHours};

/// Most earlier days an estimate is made of.
pub const ESTIMATE_DAYS: usize = 7;

/// The stretches of `range` without a reading, each as long as it gets.
///
/// `present` are the starts of readings, rising; those outside the range do not matter. A slot counts when it starts inside the range.
#[must_use]
pub fn gaps(range: Interval, step: Step, present: &[Instant]) -> Vec<Interval> {
    let mut gaps = Vec::new();
    let mut missing_from = step.floor(range.start().plus_ms(step.ms().saturating_sub(1)));
    let until = step.floor(range.end().plus_ms(step.ms().saturating_sub(1)));
    for &start in present.iter().filter(|&&start| range.contains(start)).chain(std::iter::once(&until)) {
        if let Ok(gap) = Interval::new(missing_from, start) {
            gaps.push(gap);
        }
        missing_from = missing_from.max(start.plus_ms(step.ms()));
    }
    gaps
}

/// How many readings of `step` are missing in `gaps`.
#[must_use]
pub fn slots(gaps: &[Interval], step: Step) -> i64 {
    gaps.iter().map(|gap| gap.end().ms_since(gap.start()) / step.ms()).sum()
}

/// Energy to put where a reading is missing: the mean of the same slot on earlier days, of up to seven, rounded half to even.
///
/// `same_slot_history` holds consumption and generation of the slot on earlier days, the latest first. Of none, nothing is estimated: zero.
/// A plain mean of the same slot is what better models have to beat, and anybody can check it by hand.
#[must_use]
pub fn estimate(same_slot_history: &[(WattHours, WattHours)]) -> (WattHours, WattHours) {
    let days = &same_slot_history[..same_slot_history.len().min(ESTIMATE_DAYS)];
    (mean(days.iter().map(|day| day.0)), mean(days.iter().map(|day| day.1)))
}

fn mean(values: impl ExactSizeIterator<Item = WattHours>) -> WattHours {
    let count = values.len() as i128;
    if count == 0 {
        return WattHours::ZERO;
    }
    let sum: i128 = values.map(|value| i128::from(value.0)).sum();
    let (floor, twice_rest) = (sum.div_euclid(count), sum.rem_euclid(count) * 2);
    let rounds_up = twice_rest > count || (twice_rest == count && floor % 2 != 0);
    WattHours(i64::try_from(floor + i128::from(rounds_up)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STEP: i64 = 900_000;

    fn slot(number: i64) -> Instant {
        Instant(number * STEP)
    }

    #[test]
    fn gaps_are_the_holes() {
        let range = Interval::new(slot(0), slot(10)).expect("a day");
        let holes = |present: &[i64]| -> Vec<(i64, i64)> {
            let present: Vec<Instant> = present.iter().copied().map(slot).collect();
            gaps(range, Step::Min15, &present).iter().map(|gap| (gap.start().0 / STEP, gap.end().0 / STEP)).collect()
        };
        assert_eq!(holes(&[]), [(0, 10)]);
        assert_eq!(holes(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), []);
        assert_eq!(holes(&[-1, 1, 1, 2, 5, 9, 12]), [(0, 1), (3, 5), (6, 9)]);
        assert_eq!(holes(&[0, 1, 2]), [(3, 10)]);
        assert_eq!(slots(&gaps(range, Step::Min15, &[slot(4)]), Step::Min15), 9);
    }

    #[test]
    fn estimates_are_means_of_seven_days() {
        let days = |values: &[i64]| -> i64 {
            let history: Vec<_> = values.iter().map(|&v| (WattHours(v), WattHours(v / 2))).collect();
            let (consumption, _) = estimate(&history);
            consumption.0
        };
        assert_eq!(days(&[]), 0);
        assert_eq!((days(&[1, 2]), days(&[3, 4]), days(&[1, 1, 2])), (2, 4, 1));
        assert_eq!(days(&[7, 7, 7, 7, 7, 7, 7, 1_000_000]), 7);
        assert_eq!(days(&[i64::MAX; 7]), i64::MAX);
        assert_eq!(estimate(&[(WattHours(10), WattHours(20))]), (WattHours(10), WattHours(20)));
    }

    proptest! {
        #[test]
        fn gaps_and_readings_fill_the_range(mut present in proptest::collection::vec(0i64..50, 0..60)) {
            present.sort_unstable();
            let starts: Vec<Instant> = present.iter().copied().map(slot).collect();
            present.dedup();
            let gaps = gaps(Interval::new(slot(0), slot(50)).expect("range"), Step::Min15, &starts);
            prop_assert_eq!(slots(&gaps, Step::Min15) + present.len() as i64, 50);
            prop_assert!(gaps.iter().all(|gap| !starts.iter().any(|&start| gap.contains(start))));
        }
    }
}
