//! Cumulative registers become interval readings.
//!
//! The energy of an interval is the difference of the registers at its end and at its start. The first value of a meter gives no reading:
//! it is the base. A difference over several intervals is spread over them exactly and marked. A register that starts again at zero is
//! told from one that went back by whether the energy between is plausible. An exchanged meter is a new meter and begins a new series.

use crate::reading::{Quality, Reading};
use crate::refusal::{Column, RowRefusal};
use crate::validate::ValidationContext;
use domain::MeterNo;
use quantity::{Instant, Step, WattHours, split_exact};

/// Fewest and most digits of a register whose highest value is not told.
const DIGITS: std::ops::RangeInclusive<u32> = 6..=12;

/// The registers of a meter at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterValue {
    /// When they were read.
    pub read_at: Instant,
    /// Consumption register.
    pub consumption: WattHours,
    /// Generation register.
    pub generation: WattHours,
    /// The highest value they can show, after which comes zero; `None` when not known.
    pub register_max: Option<WattHours>,
}

/// What a series of register values gave.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegisterReadings {
    /// The readings, each with the index of the value that ended it, by rising start.
    pub readings: Vec<(usize, Reading)>,
    /// Values refused, by index.
    pub refused: Vec<(usize, RowRefusal)>,
    /// Values that repeat the one before: no reading, no refusal.
    pub repeated: u64,
    /// Values that began to count anew: the first of a meter, or the first after a reset.
    pub bases: u64,
    /// The base for what follows; kept until the next values come.
    pub last: Option<RegisterValue>,
}

/// How registers of one meter are counted.
struct Series<'a> {
    meter: MeterNo,
    step: Step,
    context: &'a ValidationContext,
    energy_max: WattHours,
    base: Option<RegisterValue>,
    /// A value that was refused against the base. When the next one fits it but not the base, the register was reset.
    suspect: Option<RegisterValue>,
}

/// The readings between `base` (the last value known before) and `values`, which are of one meter and sorted by time.
///
/// `energy_max` is the most the meter can measure in one interval. A value up to [`crate::validate::Limits::register_snap_ms`] beside a full step counts for it. Of
/// several values for one moment the last counts. A value that does not fit is refused; when the next one continues it, the count goes
/// on from there.
#[must_use]
pub fn readings(
    meter: MeterNo,
    base: Option<RegisterValue>,
    values: &[RegisterValue],
    context: &ValidationContext,
    energy_max: WattHours,
) -> RegisterReadings {
    let mut series = Series { meter, step: context.step, context, energy_max, base, suspect: None };
    let mut out = RegisterReadings::default();
    let mut snapped: Vec<(usize, RegisterValue)> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        match series.snap(value) {
            Ok(value) => match snapped.last() {
                Some(&(_, last)) if last == value => out.repeated += 1,
                Some(&(before, last)) if last.read_at == value.read_at => {
                    out.refused.push((before, RowRefusal::DuplicateConflict));
                    snapped.pop();
                    snapped.push((at, value));
                }
                _ => snapped.push((at, value)),
            },
            Err(refusal) => out.refused.push((at, refusal)),
        }
    }
    for (at, value) in snapped {
        series.take(at, value, &mut out);
    }
    out.refused.sort_by_key(|&(at, _)| at);
    out.last = series.base;
    out
}

impl Series<'_> {
    fn snap(&self, value: &RegisterValue) -> Result<RegisterValue, RowRefusal> {
        let nearest = self.step.floor(value.read_at.plus_ms(self.step.ms() / 2));
        let is_near = nearest.ms_since(value.read_at).abs() <= self.context.limits.register_snap_ms;
        if !is_near {
            return Err(RowRefusal::StepMismatch { minutes: self.step.minutes() });
        }
        if nearest > self.context.now.plus_ms(self.context.clock_tolerance_ms) {
            return Err(RowRefusal::InFuture { end: nearest });
        }
        Ok(RegisterValue { read_at: nearest, ..*value })
    }

    fn take(&mut self, at: usize, value: RegisterValue, out: &mut RegisterReadings) {
        let Some(base) = self.base else {
            self.base = Some(value);
            out.bases += 1;
            return;
        };
        let mut outcome = self.between(&base, &value);
        if outcome.is_err()
            && let Some(suspect) = self.suspect
            && let Ok(readings) = self.between(&suspect, &value)
        {
            out.bases += 1;
            outcome = Ok(readings);
        }
        match outcome {
            Ok(Between::Nothing) => out.repeated += 1,
            Ok(Between::Readings(readings)) => {
                out.readings.extend(readings.into_iter().map(|reading| (at, reading)));
                (self.base, self.suspect) = (Some(value), None);
            }
            Err(RowRefusal::RegisterGap { steps }) => {
                out.refused.push((at, RowRefusal::RegisterGap { steps }));
                out.bases += 1;
                (self.base, self.suspect) = (Some(value), None);
            }
            Err(refusal) => {
                out.refused.push((at, refusal));
                self.suspect = Some(value);
            }
        }
    }

    fn between(&self, base: &RegisterValue, value: &RegisterValue) -> Result<Between, RowRefusal> {
        let steps = value.read_at.ms_since(base.read_at) / self.step.ms();
        if steps <= 0 {
            let is_same = steps == 0 && (base.consumption, base.generation) == (value.consumption, value.generation);
            // A value before the base is older than what was counted already.
            return if is_same { Ok(Between::Nothing) } else { Err(RowRefusal::TooLate { accept_from: base.read_at }) };
        }
        if steps > self.context.limits.register_gap_max {
            return Err(RowRefusal::RegisterGap { steps });
        }
        let max = value.register_max.or(base.register_max);
        let (consumption, first_rolled) = self.energy(Column::ConsumptionRegister, base.consumption, value.consumption, max, steps)?;
        let (generation, second_rolled) = self.energy(Column::GenerationRegister, base.generation, value.generation, max, steps)?;
        let quality = match (steps, first_rolled || second_rolled) {
            (1, false) => Quality::Register,
            (1, true) => Quality::Rollover,
            _ => Quality::Spread,
        };
        Ok(Between::Readings(self.spread(base.read_at, steps, consumption, generation, quality)))
    }

    /// The energy between two values of one register, and whether it rolled over.
    fn energy(
        &self,
        column: Column,
        before: WattHours,
        value: WattHours,
        max: Option<WattHours>,
        steps: i64,
    ) -> Result<(WattHours, bool), RowRefusal> {
        let limit = WattHours(self.energy_max.0.saturating_mul(steps));
        if before.0 < 0 || value.0 < 0 {
            return Err(RowRefusal::ValueNegative { column });
        }
        if let Some(max) = max.filter(|&max| value > max) {
            return Err(RowRefusal::ValueAbsurd { column, value, limit: max });
        }
        let difference = WattHours(value.0 - before.0);
        if difference.0 >= 0 {
            return if difference <= limit { Ok((difference, false)) } else { Err(RowRefusal::ValueAbsurd { column, value: difference, limit }) };
        }
        let highest = max.or_else(|| DIGITS.map(|digits| WattHours(10i64.pow(digits) - 1)).find(|&max| before <= max));
        let rolled = highest.and_then(|max| max.0.checked_sub(before.0)?.checked_add(1)?.checked_add(value.0)).map(WattHours);
        match rolled.filter(|&energy| energy.0 > 0 && energy <= limit) {
            Some(energy) => Ok((energy, true)),
            None => Err(RowRefusal::RegisterBackwards { column, before, value }),
        }
    }

    fn spread(&self, from: Instant, steps: i64, consumption: WattHours, generation: WattHours, quality: Quality) -> Vec<Reading> {
        let weights = vec![1; usize::try_from(steps).unwrap_or(0)];
        // Energies are zero or more and there is at least one step, so that a split always exists.
        let parts = |total| split_exact(total, &weights).unwrap_or_default();
        let mut start = from;
        let pairs = parts(consumption).into_iter().zip(parts(generation));
        pairs
            .map(|(consumption, generation)| {
                let reading = Reading { meter: self.meter, start, consumption, generation, quality };
                start = start.plus_ms(self.step.ms());
                reading
            })
            .collect()
    }
}

enum Between {
    /// The same moment and the same values.
    Nothing,
    Readings(Vec<Reading>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use quantity::UtcOffset;

    const STEP: i64 = 900_000;

    fn context() -> ValidationContext {
        ValidationContext::new(Step::Min15, Instant(1000 * STEP), UtcOffset::UTC)
    }

    /// `slot consumption generation`, a `~` before the slot: two seconds later, `^N` at the end: highest register value.
    fn value(text: &str) -> RegisterValue {
        let (text, register_max) = match text.split_once('^') {
            Some((text, max)) => (text, Some(WattHours(max.trim().parse().expect("a number")))),
            None => (text, None),
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let late = if words[0].starts_with('~') { 2000 } else { 0 };
        let number = |word: &str| -> i64 { word.trim_start_matches('~').parse().expect("a number") };
        RegisterValue {
            read_at: Instant(number(words[0]) * STEP + late),
            consumption: WattHours(number(words[1])),
            generation: WattHours(number(words[2])),
            register_max,
        }
    }

    fn check(values: &str, expected: &str) {
        let values: Vec<RegisterValue> = values.split('|').map(value).collect();
        let out = readings(MeterNo::new(7).expect("a meter"), None, &values, &context(), WattHours(25_000));
        let mut lines: Vec<(usize, String)> = Vec::new();
        for (at, reading) in &out.readings {
            lines.push((*at, format!("{} {} {} {}", reading.start.0 / STEP, reading.consumption.0, reading.generation.0, reading.quality)));
        }
        lines.extend(out.refused.iter().map(|(at, refusal)| (*at, format!("#{at} {}", refusal.code()))));
        lines.sort_by_key(|line| line.0);
        let lines: Vec<String> = lines.into_iter().map(|line| line.1).collect();
        assert_eq!(lines.join(" | "), expected);
    }

    #[test]
    fn differences() {
        check("10 100 5", "");
        check("10 100 5 | 11 130 5 | ~12 131 9", "10 30 0 register | 11 1 4 register");
        check("10 100 5 | 11 130 5 | 11 130 5", "10 30 0 register");
        check("10 100 5 | 11 130 5 | 11 131 5", "#1 duplicate_conflict_in_file | 10 31 0 register");
    }

    #[test]
    fn gaps_are_spread_exactly() {
        check("10 100 0 | 13 110 7", "10 4 3 spread | 11 3 2 spread | 12 3 2 spread");
    }

    #[test]
    fn rollover_and_reset() {
        check("10 99999990 0 | 11 9 0", "10 19 0 rollover");
        check("10 999990 0 ^ 999999 | 11 10 1", "10 20 1 rollover");
        check("10 5000000 0 | 11 4000000 0", "#1 register_backwards");
        check("10 5000000 0 | 11 10 0 | 12 30 0 | 13 35 0", "#1 register_backwards | 11 20 0 register | 12 5 0 register");
        check("10 5000000 0 | 11 10 0 | 12 5000040 0", "#1 register_backwards | 10 20 0 spread | 11 20 0 spread");
        check("10 100 0 | 11 900000 0 | 12 150 0", "#1 value_absurd | 10 25 0 spread | 11 25 0 spread");
        check("10 100 0 ^ 999 | 11 1000 0 ^999", "#1 value_absurd");
    }

    #[test]
    fn times_that_do_not_fit() {
        let mut values = vec![value("10 1 1"), value("11 2 2")];
        values[1].read_at = values[1].read_at.plus_ms(61_000);
        let meter = MeterNo::new(7).expect("a meter");
        let codes = |base, values: &[RegisterValue]| -> Vec<&str> {
            readings(meter, base, values, &context(), WattHours(25_000)).refused.iter().map(|(_, refusal)| refusal.code()).collect()
        };
        assert_eq!(codes(None, &values), ["step_mismatch"]);
        assert_eq!(codes(None, &[value("1001 1 1")]), ["in_future"]);
        assert_eq!(codes(Some(value("10 1 1")), &[value("9 1 1")]), ["too_late"]);
        assert_eq!(codes(Some(value("-9000 1 1")), &[value("9 1 1"), value("10 1 1")]), ["register_gap"]);
        assert_eq!(codes(None, &[value("9 1 1"), value("10 -5 1")]), ["value_negative"]);
    }

    proptest! {
        #[test]
        fn no_register_panics(values in proptest::collection::vec((any::<i64>(), any::<i64>(), any::<i64>(), any::<Option<i64>>()), 1..5)) {
            let value = |(read_at, consumption, generation, max): (i64, i64, i64, Option<i64>)| RegisterValue {
                read_at: Instant(read_at),
                consumption: WattHours(consumption),
                generation: WattHours(generation),
                register_max: max.map(WattHours),
            };
            let mut values: Vec<RegisterValue> = values.into_iter().map(value).collect();
            values.extend(values.clone().iter().map(|v| RegisterValue { read_at: Step::Min15.floor(v.read_at), ..*v }));
            values.sort_by_key(|v| v.read_at);
            let out = readings(MeterNo::new(1).expect("a meter"), None, &values, &context(), WattHours(25_000));
            prop_assert!(out.readings.windows(2).all(|pair| pair[0].1.start < pair[1].1.start));
            prop_assert!(out.readings.iter().all(|(_, r)| (0..=25_000).contains(&r.consumption.0) && (0..=25_000).contains(&r.generation.0)));
            prop_assert!(out.refused.iter().all(|&(at, _)| at < values.len()));
        }

        #[test]
        fn readings_add_up_to_the_register(steps in proptest::collection::vec((1i64..5, 0i64..20_000, 0i64..20_000), 1..40), start in 0i64..100_000_000) {
            let (mut slot, mut consumption, mut generation) = (0, start, start);
            let mut values = vec![value(&format!("0 {start} {start}"))];
            for (distance, used, made) in steps {
                (slot, consumption, generation) = (slot + distance, consumption + used, generation + made);
                values.push(value(&format!("{slot} {consumption} {generation}")));
            }
            let out = readings(MeterNo::new(1).expect("a meter"), None, &values, &context(), WattHours(25_000));
            prop_assert_eq!(out.readings.len() as i64, slot);
            prop_assert_eq!(out.readings.iter().map(|(_, r)| r.consumption.0).sum::<i64>(), consumption - start);
            prop_assert_eq!(out.readings.iter().map(|(_, r)| r.generation.0).sum::<i64>(), generation - start);
            // Counting in two goes gives the same as in one.
            let (first, second) = values.split_at(values.len() / 2);
            let one = readings(MeterNo::new(1).expect("a meter"), None, first, &context(), WattHours(25_000));
            let two = readings(MeterNo::new(1).expect("a meter"), one.last, second, &context(), WattHours(25_000));
            let both: Vec<Reading> = one.readings.into_iter().chain(two.readings).map(|(_, r)| r).collect();
            prop_assert_eq!(both, out.readings.into_iter().map(|(_, r)| r).collect::<Vec<_>>());
        }
    }
}
