//! Clocks, interleaved runs and chance from a seed.

use anyhow::{Context, Result};
use std::time::Duration;

/// Work done and the time it took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Units of work.
    pub(super) count: u64,
    /// Time.
    pub(super) took: Duration,
}

impl Sample {
    fn per_second(self) -> f64 {
        self.count as f64 / self.took.as_secs_f64().max(1e-9)
    }
}

/// One side of a comparison: does its work once and says how long it took.
pub(super) type Contender<'a> = &'a mut dyn FnMut() -> Result<Sample>;

/// Runs the contenders in turn, `runs` times each after one run that does not count, and gives the median of each in units per second.
///
/// Each round begins with the next contender, so that none always runs on the heels of the same other.
pub(super) fn interleaved(runs: usize, contenders: &mut [Contender<'_>]) -> Result<Vec<f64>> {
    for contender in contenders.iter_mut() {
        contender()?;
    }
    let count = contenders.len();
    let mut rates = vec![Vec::with_capacity(runs); count];
    for round in 0..runs {
        for turn in 0..count {
            let at = (round + turn) % count;
            rates[at].push(contenders[at]()?.per_second());
        }
    }
    Ok(rates.into_iter().map(median).collect())
}

/// The middle value; of an even number, the mean of the two in the middle.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The time on the wall that `work` takes.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
pub(super) fn on_wall(count: usize, work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let start = std::time::Instant::now();
    work()?;
    Ok(Sample { count: count as u64, took: start.elapsed() })
}

/// The processor time that `work` takes on this thread, where the system tells it; else the time on the wall.
pub(super) fn on_cpu(count: usize, work: impl FnOnce() -> Result<()>) -> Result<Sample> {
    let Some(before) = thread_cpu() else { return on_wall(count, work) };
    work()?;
    let after = thread_cpu().context("the system no longer tells the processor time of this thread")?;
    Ok(Sample { count: count as u64, took: after.saturating_sub(before) })
}

/// Processor time of this thread since it began. Linux writes it as the first number of `schedstat`, in nanoseconds, and brings it up to date
/// when the thread gives the processor away: hence the short sleep, which itself takes none.
fn thread_cpu() -> Option<Duration> {
    std::thread::sleep(Duration::from_micros(1));
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: u64 = text.split(' ').next()?.parse().ok()?;
    (nanos > 0).then(|| Duration::from_nanos(nanos))
}

/// Chance from a seed: the same numbers on every machine.
///
/// Source: SplitMix64, G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) const fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number in `[from, until)`; `from` when that is empty.
    pub(super) const fn between(&mut self, from: i64, until: i64) -> i64 {
        if until <= from {
            return from;
        }
        from + (self.next() % (until - from).unsigned_abs()).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-12);
    }

    #[test]
    fn each_contender_runs_once_more_than_it_counts() {
        let (mut first, mut second) = (0, 0);
        let mut one = || {
            first += 1;
            on_wall(1, || Ok(()))
        };
        let mut two = || {
            second += 1;
            on_cpu(1, || Ok(()))
        };
        assert_eq!(interleaved(5, &mut [&mut one, &mut two]).expect("runs").len(), 2);
        assert_eq!((first, second), (6, 6));
    }

    #[test]
    fn chance_repeats() {
        let numbers = |seed| {
            let mut chance = Chance::from_seed(seed);
            (0..50).map(|_| chance.between(-3, 4)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        assert!(numbers(9).iter().all(|number| (-3..4).contains(number)));
    }
}
