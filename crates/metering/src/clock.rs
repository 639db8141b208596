//! What arrival times say about the clocks of meters.

use domain::MeterNo;
use quantity::{BusinessDay, Instant, UtcOffset};
use std::collections::BTreeMap;

/// Fewest rows of a day that a judgement is made on.
const ROWS_MIN: usize = 4;
/// Fewest meters from which a usual delay can be told.
const METERS_MIN: usize = 3;

/// A meter whose clock is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockFinding {
    /// The meter.
    pub meter: MeterNo,
    /// How far its clock is ahead (behind when negative), ms: the usual delay of arrival minus the meter's median delay.
    pub offset_ms: i64,
    /// Start of the first interval it was seen in.
    pub first: Instant,
    /// Start of the last interval it was seen in.
    pub last: Instant,
    /// Rows seen in that time.
    pub rows: u64,
}

#[derive(Debug, Clone, Default)]
struct Day {
    delays_ms: Vec<i64>,
    first: Option<Instant>,
    last: Option<Instant>,
}

/// Collects, per meter and local day, how long after the end of its interval each row arrived.
///
/// A clock that is off shifts all delays of a day by the same amount; rows that were held back and delivered together have delays that
/// differ. So a day counts when the median of its delays is beyond the tolerance from what is usual and the median distance of the delays
/// from that median is within it. What is usual is the median over the meters' medians, where there are three meters or more, else nothing.
#[derive(Debug, Clone)]
pub struct ClockWatch {
    offset: UtcOffset,
    tolerance_ms: i64,
    days: BTreeMap<(MeterNo, BusinessDay), Day>,
}

impl ClockWatch {
    /// A watch that tells clocks which are off by more than `tolerance_ms`.
    #[must_use]
    pub const fn new(offset: UtcOffset, tolerance_ms: i64) -> Self {
        Self { offset, tolerance_ms, days: BTreeMap::new() }
    }

    /// Takes a row that arrived `delay_ms` after the end of the interval from `start` (before it, when negative).
    pub fn add(&mut self, meter: MeterNo, start: Instant, delay_ms: i64) {
        let day = self.days.entry((meter, BusinessDay::of(start, self.offset))).or_default();
        day.delays_ms.push(delay_ms);
        day.first = Some(day.first.map_or(start, |first| first.min(start)));
        day.last = Some(day.last.map_or(start, |last| last.max(start)));
    }

    /// The meters whose clocks are off, by meter and time; days that follow each other with the same offset are one finding.
    #[must_use]
    pub fn findings(&self) -> Vec<ClockFinding> {
        let usual = self.usual_delay_ms();
        let mut findings: Vec<(BusinessDay, ClockFinding)> = Vec::new();
        for (&(meter, date), day) in &self.days {
            let (Some(offset_ms), Some(first), Some(last)) = (self.offset_of(day, usual), day.first, day.last) else { continue };
            let rows = day.delays_ms.len() as u64;
            match findings.last_mut() {
                Some((until, finding))
                    if finding.meter == meter
                        && until.next() == date
                        && finding.offset_ms.abs_diff(offset_ms) <= self.tolerance_ms.unsigned_abs() =>
                {
                    *until = date;
                    finding.last = last;
                    finding.rows += rows;
                }
                _ => findings.push((date, ClockFinding { meter, offset_ms, first, last, rows })),
            }
        }
        findings.into_iter().map(|(_, finding)| finding).collect()
    }

    fn offset_of(&self, day: &Day, usual_ms: i64) -> Option<i64> {
        if day.delays_ms.len() < ROWS_MIN {
            return None;
        }
        let median_ms = median(day.delays_ms.clone());
        let scatter_ms = median(day.delays_ms.iter().map(|delay| delay.saturating_sub(median_ms).saturating_abs()).collect());
        let offset_ms = usual_ms.saturating_sub(median_ms);
        (scatter_ms <= self.tolerance_ms && offset_ms.saturating_abs() > self.tolerance_ms).then_some(offset_ms)
    }

    fn usual_delay_ms(&self) -> i64 {
        let mut by_meter: BTreeMap<MeterNo, Vec<i64>> = BTreeMap::new();
        for (&(meter, _), day) in &self.days {
            by_meter.entry(meter).or_default().push(median(day.delays_ms.clone()));
        }
        if by_meter.len() < METERS_MIN { 0 } else { median(by_meter.into_values().map(median).collect()).max(0) }
    }
}

/// The middle value; the upper of two. Zero of none.
fn median(mut values: Vec<i64>) -> i64 {
    if values.is_empty() {
        return 0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn watch_with(delay_of: impl Fn(i64) -> i64) -> Vec<ClockFinding> {
        let mut watch = ClockWatch::new(UtcOffset::UTC, 3 * MINUTE);
        for slot in 0..96 * 3 {
            for meter in 1..=4 {
                let delay = if meter == 4 { delay_of(slot) } else { MINUTE };
                watch.add(MeterNo::new(meter).expect("a meter"), Instant(slot * 15 * MINUTE), delay);
            }
        }
        watch.findings()
    }

    #[test]
    fn a_clock_ahead_or_behind_is_found() {
        let meter = MeterNo::new(4).expect("a meter");
        let last = Instant((96 * 3 - 1) * 15 * MINUTE);
        let whole = |offset_ms| vec![ClockFinding { meter, offset_ms, first: Instant(0), last, rows: 288 }];
        assert_eq!(watch_with(|_| -6 * MINUTE), whole(7 * MINUTE));
        assert_eq!(watch_with(|_| 21 * MINUTE), whole(-20 * MINUTE));
        assert_eq!(watch_with(|slot| if slot < 96 { MINUTE } else { -6 * MINUTE })[0].rows, 192);
    }

    #[test]
    fn lateness_is_no_clock() {
        assert_eq!(watch_with(|_| 3 * MINUTE), vec![]);
        assert_eq!(watch_with(|slot| (96 * 3 - slot) * 15 * MINUTE), vec![]);
        assert_eq!(watch_with(|slot| if slot % 50 == 0 { 90 * MINUTE } else { MINUTE }), vec![]);
    }
}
