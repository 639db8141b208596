//! The one validation: rows of files and batches of programs become readings here, or are refused with a reason.

use crate::clock::{ClockFinding, ClockWatch};
use crate::reading::{Quality, Reading};
use crate::refusal::{Column, RowRefusal};
use domain::MeterNo;
use quantity::{Instant, MINUTE_MS, Step, UtcOffset, WattHours, Watts};
use std::collections::HashMap;

/// What may come from a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most power a meter can measure, where it has no limit of its own. 100 kW is a three-phase connection of 145 A.
    pub power_max: Watts,
    /// Most intervals over which a register difference is spread.
    pub register_gap_max: i64,
    /// How far from a full step a register may be read to count for that step, ms.
    pub register_snap_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { power_max: Watts(100_000), register_gap_max: 45 * 96, register_snap_ms: MINUTE_MS }
    }
}

/// When a meter belonged to somebody: from `from`, until just before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// First instant.
    pub from: Instant,
    /// First instant after; `None` while it lasts.
    pub until: Option<Instant>,
}

/// A meter that may send readings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterEntry {
    /// Its number in the cluster.
    pub meter: MeterNo,
    /// When it belonged to somebody.
    pub assigned: Vec<Assignment>,
    /// Most power it can measure; `None`: the general limit.
    pub power_max: Option<Watts>,
}

impl MeterEntry {
    /// A meter that was always assigned and has no limit of its own.
    #[must_use]
    pub fn always(meter: MeterNo) -> Self {
        Self { meter, assigned: vec![Assignment { from: Instant(i64::MIN), until: None }], power_max: None }
    }

    /// Whether the meter belonged to somebody at `at`.
    #[must_use]
    pub fn is_assigned(&self, at: Instant) -> bool {
        self.assigned.iter().any(|span| span.from <= at && span.until.is_none_or(|until| at < until))
    }
}

/// The meters of one cluster by the id that stands on them and in files.
#[derive(Debug, Clone, Default)]
pub struct MeterDirectory {
    entries: Vec<(String, MeterEntry)>,
    by_id: HashMap<String, usize>,
    by_meter: HashMap<MeterNo, usize>,
    highest: i64,
    is_open: bool,
}

impl MeterDirectory {
    /// A directory that knows what is put into it and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A directory that gives every id it does not know the next number: for trying rules on a file without a database.
    #[must_use]
    pub fn open() -> Self {
        Self { is_open: true, ..Self::default() }
    }

    /// Adds a meter, or replaces the one of the same id.
    pub fn insert(&mut self, meter_id: &str, entry: MeterEntry) {
        let at = *self.by_id.entry(meter_id.to_owned()).or_insert(self.entries.len());
        self.by_meter.insert(entry.meter, at);
        self.highest = self.highest.max(entry.meter.get());
        match self.entries.get_mut(at) {
            Some(slot) => slot.1 = entry,
            None => self.entries.push((meter_id.to_owned(), entry)),
        }
    }

    /// The meters in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &MeterEntry)> {
        self.entries.iter().map(|(id, entry)| (id.as_str(), entry))
    }

    /// The id of a meter.
    #[must_use]
    pub fn id_of(&self, meter: MeterNo) -> Option<&str> {
        self.by_meter.get(&meter).map(|&at| self.entries[at].0.as_str())
    }

    /// The entry of a meter.
    #[must_use]
    pub fn entry(&self, meter: MeterNo) -> Option<&MeterEntry> {
        self.by_meter.get(&meter).map(|&at| &self.entries[at].1)
    }

    fn find(&mut self, meter_id: &str) -> Option<usize> {
        if let Some(&at) = self.by_id.get(meter_id) {
            return Some(at);
        }
        if !self.is_open {
            return None;
        }
        let meter = MeterNo::new(self.highest.checked_add(1)?).ok()?;
        self.insert(meter_id, MeterEntry::always(meter));
        self.by_id.get(meter_id).copied()
    }
}

/// Against what rows are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidationContext {
    /// Step of the cluster or file.
    pub step: Step,
    /// The present.
    pub now: Instant,
    /// What may come from a meter.
    pub limits: Limits,
    /// Local time, for judging clocks by local day.
    pub offset: UtcOffset,
    /// How far a meter's clock may be off before it is told, ms. Also how far ahead of `now` an interval may end.
    pub clock_tolerance_ms: i64,
    /// How long after its end an interval's reading is in time, ms; `None` where lateness means nothing (files of the past without arrival
    /// times).
    pub late_after_ms: Option<i64>,
    /// First instant that is open for readings; `None`: all.
    pub accept_from: Option<Instant>,
}

impl ValidationContext {
    /// The usual context: 30 minutes of grace, 3 minutes of clock tolerance, general limits, everything open.
    #[must_use]
    pub fn new(step: Step, now: Instant, offset: UtcOffset) -> Self {
        Self {
            step,
            now,
            limits: Limits::default(),
            offset,
            clock_tolerance_ms: 3 * MINUTE_MS,
            late_after_ms: Some(30 * MINUTE_MS),
            accept_from: None,
        }
    }
}

/// One row of interval energy before validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowValues<'a> {
    /// The meter as written.
    pub meter_id: &'a str,
    /// Start of the interval.
    pub start: Instant,
    /// Energy used, Wh.
    pub consumption: i64,
    /// Energy generated, Wh.
    pub generation: i64,
    /// When it arrived, where that was written down; otherwise the present counts.
    pub received_at: Option<Instant>,
}

/// Checks rows one by one; remembers what arrival times say about the meters' clocks.
#[derive(Debug, Clone)]
pub struct Validator {
    context: ValidationContext,
    meters: MeterDirectory,
    clocks: ClockWatch,
    /// The entry found last: rows of one meter usually follow each other.
    last: Option<usize>,
}

impl Validator {
    /// A validator for the meters of one cluster.
    #[must_use]
    pub fn new(context: ValidationContext, meters: MeterDirectory) -> Self {
        let clocks = ClockWatch::new(context.offset, context.clock_tolerance_ms);
        Self { context, meters, clocks, last: None }
    }

    /// The context given.
    #[must_use]
    pub const fn context(&self) -> &ValidationContext {
        &self.context
    }

    /// The meters, with those an open directory has numbered meanwhile.
    #[must_use]
    pub const fn meters(&self) -> &MeterDirectory {
        &self.meters
    }

    /// What the arrival times seen so far say about the meters' clocks.
    #[must_use]
    pub fn clock_findings(&self) -> Vec<ClockFinding> {
        self.clocks.findings()
    }

    /// Turns a row into a reading.
    ///
    /// # Errors
    /// The first [`RowRefusal`] that holds: of the meter, then of the time, then of the values.
    pub fn check(&mut self, row: &RowValues<'_>) -> Result<Reading, RowRefusal> {
        let at = self.find(row.meter_id)?;
        let end = row.start.plus_ms(self.context.step.ms());
        let meter = self.meters.entries[at].1.meter;
        if let Some(received_at) = row.received_at {
            self.clocks.add(meter, row.start, received_at.ms_since(end));
        }
        let entry = &self.meters.entries[at].1;
        self.check_time(entry, row.start, end, row.received_at)?;
        let (consumption, generation) = (WattHours(row.consumption), WattHours(row.generation));
        let limit = self.energy_max(entry, 1);
        for (column, value) in [(Column::Consumption, consumption), (Column::Generation, generation)] {
            if value.0 < 0 {
                return Err(RowRefusal::ValueNegative { column });
            }
            if value > limit {
                return Err(RowRefusal::ValueAbsurd { column, value, limit });
            }
        }
        let arrived = row.received_at.unwrap_or(self.context.now);
        let is_late = self.context.late_after_ms.is_some_and(|grace| arrived.ms_since(end) > grace);
        let quality = if is_late { Quality::Late } else { Quality::Measured };
        Ok(Reading { meter, start: row.start, consumption, generation, quality })
    }

    /// The number of a meter by its id.
    ///
    /// # Errors
    /// [`RowRefusal::MeterUnknown`].
    pub fn meter(&mut self, meter_id: &str) -> Result<MeterNo, RowRefusal> {
        let at = self.find(meter_id)?;
        Ok(self.meters.entries[at].1.meter)
    }

    /// Checks the time of a reading that was derived from registers; its values are checked already.
    ///
    /// # Errors
    /// [`RowRefusal`] of the meter or the time.
    pub fn check_derived(&self, reading: &Reading) -> Result<(), RowRefusal> {
        let entry = self.meters.entry(reading.meter).ok_or(RowRefusal::MeterUnknown)?;
        self.check_time(entry, reading.start, reading.start.plus_ms(self.context.step.ms()), None)
    }

    /// The most energy a meter can measure in `steps` intervals.
    #[must_use]
    pub fn energy_limit(&self, meter: MeterNo, steps: i64) -> WattHours {
        match self.meters.entry(meter) {
            Some(entry) => self.energy_max(entry, steps),
            None => WattHours(self.context.step.energy(self.context.limits.power_max).0.saturating_mul(steps)),
        }
    }

    fn energy_max(&self, entry: &MeterEntry, steps: i64) -> WattHours {
        let power = entry.power_max.unwrap_or(self.context.limits.power_max);
        WattHours(self.context.step.energy(power).0.saturating_mul(steps))
    }

    fn check_time(&self, entry: &MeterEntry, start: Instant, end: Instant, received_at: Option<Instant>) -> Result<(), RowRefusal> {
        let ValidationContext { step, now, clock_tolerance_ms, accept_from, .. } = self.context;
        if !step.is_aligned(start) {
            return Err(RowRefusal::StepMismatch { minutes: step.minutes() });
        }
        if end > now.plus_ms(clock_tolerance_ms) {
            return Err(RowRefusal::InFuture { end });
        }
        if let Some(ahead_ms) = received_at.map(|received| end.ms_since(received)).filter(|&ahead| ahead > step.ms()) {
            return Err(RowRefusal::ClockOffset { minutes: ahead_ms / MINUTE_MS });
        }
        if let Some(accept_from) = accept_from.filter(|&from| start < from) {
            return Err(RowRefusal::TooLate { accept_from });
        }
        if entry.is_assigned(start) { Ok(()) } else { Err(RowRefusal::MeterNotAssigned { start }) }
    }

    fn find(&mut self, meter_id: &str) -> Result<usize, RowRefusal> {
        if let Some(last) = self.last.filter(|&at| self.meters.entries[at].0 == meter_id) {
            return Ok(last);
        }
        self.last = self.meters.find(meter_id);
        self.last.ok_or(RowRefusal::MeterUnknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Instant {
        crate::parse_rfc3339(text).expect("a time").0
    }

    fn validator() -> Validator {
        let mut context = ValidationContext::new(Step::Min15, at("2025-09-15T12:00:00Z"), UtcOffset::LUSAKA);
        context.accept_from = Some(at("2025-08-01T00:00:00Z"));
        let mut meters = MeterDirectory::new();
        let mut home = MeterEntry::always(MeterNo::new(1).expect("one"));
        meters.insert("HOME", home.clone());
        home.meter = MeterNo::new(2).expect("two");
        home.power_max = Some(Watts(1_000_000));
        meters.insert("PLANT", home.clone());
        home.meter = MeterNo::new(3).expect("three");
        home.assigned = vec![Assignment { from: at("2025-09-01T00:00:00Z"), until: Some(at("2025-09-10T00:00:00Z")) }];
        meters.insert("SWAPPED", home);
        Validator::new(context, meters)
    }

    /// `meter start consumption generation received` gives the word after `->`: the quality or the code of the refusal.
    #[test]
    fn every_row_gets_its_answer() {
        let table = "
            HOME    2025-09-15T11:30:00Z 10 0 -                       -> measured
            HOME    2025-09-15T11:00:00Z 10 0 -                       -> late
            HOME    2025-09-15T11:00:00Z 10 0 2025-09-15T11:16:00Z    -> measured
            HOME    2025-09-15T11:00:00Z 10 0 2025-09-15T11:45:00Z    -> measured
            HOME    2025-09-15T11:00:00Z 10 0 2025-09-15T11:45:01Z    -> late
            HOME    2025-09-15T11:00:00Z 10 0 2025-09-15T11:00:00Z    -> measured
            HOME    2025-09-15T11:00:00Z 10 0 2025-09-15T10:59:00Z    -> clock_offset
            HOME    2025-09-15T11:45:00Z 10 0 -                       -> measured
            HOME    2025-09-15T12:00:00Z 10 0 -                       -> in_future
            HOME    2025-09-15T11:37:00Z 10 0 -                       -> step_mismatch
            HOME    2025-07-31T23:45:00Z 10 0 -                       -> too_late
            HOME    2025-08-01T00:00:00Z 10 0 -                       -> late
            HOME    2025-09-15T11:30:00Z 25000 25000 -                -> measured
            HOME    2025-09-15T11:30:00Z 25001 0 -                    -> value_absurd
            HOME    2025-09-15T11:30:00Z 0 25001 -                    -> value_absurd
            HOME    2025-09-15T11:30:00Z -1 0 -                       -> value_negative
            HOME    2025-09-15T11:30:00Z 0 -1 -                       -> value_negative
            PLANT   2025-09-15T11:30:00Z 0 250000 -                   -> measured
            PLANT   2025-09-15T11:30:00Z 0 250001 -                   -> value_absurd
            OTHER   2025-09-15T11:37:00Z -1 0 -                       -> meter_unknown
            SWAPPED 2025-08-31T23:45:00Z 10 0 -                       -> meter_not_assigned
            SWAPPED 2025-09-01T00:00:00Z 10 0 -                       -> late
            SWAPPED 2025-09-10T00:00:00Z 10 0 -                       -> meter_not_assigned
        ";
        let mut validator = validator();
        for case in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = case.split_whitespace().collect();
            let [meter_id, start, consumption, generation, received, "->", expected] = words[..] else { panic!("{case}") };
            let row = RowValues {
                meter_id,
                start: at(start),
                consumption: consumption.parse().expect(case),
                generation: generation.parse().expect(case),
                received_at: (received != "-").then(|| at(received)),
            };
            let answer = validator.check(&row).map_or_else(|refusal| refusal.code(), |reading| reading.quality.as_str());
            assert_eq!(answer, expected, "{case}");
        }
    }

    #[test]
    fn an_open_directory_numbers_what_comes() {
        let now = at("2025-09-15T12:00:00Z");
        let mut validator = Validator::new(ValidationContext::new(Step::Min15, now, UtcOffset::UTC), MeterDirectory::open());
        for (meter_id, number) in [("B", 1), ("A", 2), ("B", 1)] {
            assert_eq!(validator.meter(meter_id).map(|meter| meter.get()), Ok(number));
        }
        assert_eq!(validator.meters().id_of(MeterNo::new(2).expect("two")), Some("A"));
    }
    proptest! {
        #[test]
        fn no_row_of_a_program_panics(start: i64, consumption: i64, generation: i64, received: Option<i64>, is_aligned: bool) {
            let start = if is_aligned { start / 900_000 * 900_000 } else { start };
            let row = RowValues { meter_id: "HOME", start: Instant(start), consumption, generation, received_at: received.map(Instant) };
            let (mut refused, mut validator) = (0, validator());
            let import = crate::import::collect([row, row], &mut validator, |_| refused += 1);
            prop_assert_eq!(import.readings.len() + refused, 2);
        }
    }
}
