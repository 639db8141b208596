//! A whole file or batch, from rows to readings that are ready to be merged interval by interval.
//!
//! Everything is read before anything is given out: a file that turns out to be cut in its last line changes nothing. That holds about 60
//! bytes of memory for each row.

use crate::csv::{CsvReader, FileError, Line, RegisterRow};
use crate::reading::Reading;
use crate::refusal::{RefusedRow, RowRefusal};
use crate::registers::{self, RegisterValue};
use crate::report::{ImportReport, MeterGaps};
use crate::series;
use crate::validate::{MeterEntry, RowValues, Validator};
use domain::MeterNo;
use quantity::{Instant, Interval, Step, WattHours};
use std::collections::{BTreeMap, HashMap};
use std::io::Read;

/// Rows at a longer step that are needed to say that a meter has that step.
const COARSER_MIN: u32 = 3;

/// What a file or batch brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The readings, by start, then meter; several of one meter and interval in the order of their arrival.
    pub readings: Vec<Reading>,
    /// The last register values of each meter in a register file, to be kept as bases for the next file.
    pub bases: BTreeMap<MeterNo, RegisterValue>,
    /// What is known before merging.
    pub report: ImportReport,
}

impl Import {
    /// The readings of each interval, by rising start: one call of [`crate::block::Block::merge`] each.
    pub fn batches(&self) -> impl Iterator<Item = (Instant, &[Reading])> {
        self.readings.chunk_by(|a, b| a.start == b.start).map(|batch| (batch[0].start, batch))
    }
}

/// Reads a file through to its end.
///
/// `bases` are the last register values known of each meter; `refuse` gets each refused row.
///
/// # Errors
/// [`FileError`] when the file cannot be read to its end. Rows refused until then were given to `refuse`; nothing else came of it.
pub fn read<R: Read>(
    csv: &mut CsvReader<R>,
    validator: &mut Validator,
    bases: &BTreeMap<MeterNo, RegisterValue>,
    refuse: impl FnMut(RefusedRow),
) -> Result<Import, FileError> {
    let mut intake = Intake::new(validator, refuse);
    intake.report.ignored_columns = csv.ignored_columns().to_vec();
    while let Some(line) = csv.next_line()? {
        match line {
            Line::Interval(row) => intake.row(row.line, Some(row.text), &row.values),
            Line::Register(row) => intake.register(&row),
            Line::Refused(row) => {
                intake.report.rows += 1;
                intake.refuse(row);
            }
        }
    }
    Ok(intake.finish(bases))
}

/// Takes a batch of a program. `line` of a refused row is its place in the batch, from 1.
pub fn collect<'a>(rows: impl IntoIterator<Item = RowValues<'a>>, validator: &mut Validator, refuse: impl FnMut(RefusedRow)) -> Import {
    let mut intake = Intake::new(validator, refuse);
    for (line, row) in (1..).zip(rows) {
        intake.row(line, None, &row);
    }
    intake.finish(&BTreeMap::new())
}

fn text_of(row: &RowValues<'_>) -> String {
    format!("{},{},{},{}", row.meter_id, row.start, row.consumption, row.generation)
}

struct Candidate {
    reading: Reading,
    received_at: Instant,
    line: u64,
}

struct RegisterCandidate {
    meter: MeterNo,
    value: RegisterValue,
    received_at: Instant,
    line: u64,
    text: String,
}

/// How far apart the rows of a meter are, whatever their order in the file.
#[derive(Default)]
struct Pace {
    finer: u32,
    exact: u32,
    coarser: u32,
}

impl Pace {
    fn of(starts: &mut Vec<Instant>, step: Step) -> Self {
        starts.sort_unstable();
        starts.dedup();
        let mut pace = Self::default();
        for pair in starts.windows(2) {
            match pair[1].ms_since(pair[0]) {
                distance if distance < step.ms() => pace.finer += 1,
                distance if distance == step.ms() => pace.exact += 1,
                distance if distance % 60_000 == 0 && Step::from_minutes(distance / 60_000).is_ok() => pace.coarser += 1,
                _ => {}
            }
        }
        pace
    }

    /// Whether the meter plainly meters in another step. A clock that jumps makes a short distance now and then, a gap a long one; only
    /// another step makes them all the time.
    fn is_other_step(&self) -> bool {
        let is_finer = self.finer > 1 && self.finer >= self.exact;
        let is_coarser = self.exact == 0 && self.coarser >= COARSER_MIN;
        is_finer || is_coarser
    }
}

struct Intake<'v, F> {
    validator: &'v mut Validator,
    refuse: F,
    step: Step,
    candidates: Vec<Candidate>,
    registers: Vec<RegisterCandidate>,
    starts: HashMap<MeterNo, Vec<Instant>>,
    report: ImportReport,
}

impl<'v, F: FnMut(RefusedRow)> Intake<'v, F> {
    fn new(validator: &'v mut Validator, refuse: F) -> Self {
        let step = validator.context().step;
        Self { validator, refuse, step, candidates: Vec::new(), registers: Vec::new(), starts: HashMap::new(), report: ImportReport::default() }
    }

    fn refuse(&mut self, row: RefusedRow) {
        *self.report.refused.entry(row.reason.code()).or_default() += 1;
        (self.refuse)(row);
    }

    fn row(&mut self, line: u64, text: Option<&str>, row: &RowValues<'_>) {
        self.report.rows += 1;
        let checked = self.validator.check(row);
        if let Ok(meter) = self.validator.meter(row.meter_id) {
            self.starts.entry(meter).or_default().push(row.start);
        }
        match checked {
            Ok(reading) => {
                let received_at = row.received_at.unwrap_or(self.validator.context().now);
                self.candidates.push(Candidate { reading, received_at, line });
            }
            Err(reason) => {
                let text = text.map_or_else(|| text_of(row), str::to_owned);
                self.refuse(RefusedRow::new(line, row.meter_id, &text, reason));
            }
        }
    }

    fn register(&mut self, row: &RegisterRow<'_>) {
        self.report.rows += 1;
        let value = RegisterValue {
            read_at: row.read_at,
            consumption: WattHours(row.consumption),
            generation: WattHours(row.generation),
            register_max: row.register_max.map(WattHours),
        };
        match self.validator.meter(row.meter_id) {
            Ok(meter) => {
                let received_at = row.received_at.unwrap_or(self.validator.context().now);
                self.registers.push(RegisterCandidate { meter, value, received_at, line: row.line, text: row.text.to_owned() });
            }
            Err(reason) => self.refuse(RefusedRow::new(row.line, row.meter_id, row.text, reason)),
        }
    }

    fn finish(mut self, bases: &BTreeMap<MeterNo, RegisterValue>) -> Import {
        self.refuse_other_steps();
        let bases = self.count_registers(bases);
        self.candidates.sort_unstable_by_key(|c| (c.reading.start, c.reading.meter, c.received_at, c.line));
        let readings: Vec<Reading> = self.candidates.iter().map(|candidate| candidate.reading).collect();
        let Self { validator, mut report, step, .. } = self;
        report.first_start = readings.first().map(|reading| reading.start);
        report.last_start = readings.last().map(|reading| reading.start);
        report.gaps = gaps(&readings, step, validator);
        let id_of = |meter| validator.meters().id_of(meter).unwrap_or_default().to_owned();
        report.clock_findings = validator.clock_findings().into_iter().map(|finding| (id_of(finding.meter), finding)).collect();
        Import { readings, bases, report }
    }

    fn refuse_other_steps(&mut self) {
        let mut starts = std::mem::take(&mut self.starts);
        let paces: HashMap<MeterNo, Pace> = starts.iter_mut().map(|(meter, starts)| (*meter, Pace::of(starts, self.step))).collect();
        if !paces.values().any(Pace::is_other_step) {
            return;
        }
        let is_other = |candidate: &Candidate| paces.get(&candidate.reading.meter).is_some_and(Pace::is_other_step);
        let (other, kept): (Vec<Candidate>, Vec<Candidate>) = std::mem::take(&mut self.candidates).into_iter().partition(is_other);
        self.candidates = kept;
        for Candidate { reading, line, .. } in other {
            let meter_id = self.validator.meters().id_of(reading.meter).unwrap_or_default().to_owned();
            let row = RowValues {
                meter_id: &meter_id,
                start: reading.start,
                consumption: reading.consumption.0,
                generation: reading.generation.0,
                received_at: None,
            };
            let refused = RefusedRow::new(line, &meter_id, &text_of(&row), RowRefusal::StepMismatch { minutes: self.step.minutes() });
            self.refuse(refused);
        }
    }

    fn count_registers(&mut self, bases: &BTreeMap<MeterNo, RegisterValue>) -> BTreeMap<MeterNo, RegisterValue> {
        let mut rows = std::mem::take(&mut self.registers);
        rows.sort_by_key(|row| (row.meter, row.value.read_at, row.received_at, row.line));
        let mut last = BTreeMap::new();
        for rows in rows.chunk_by(|a, b| a.meter == b.meter) {
            let meter = rows[0].meter;
            let values: Vec<RegisterValue> = rows.iter().map(|row| row.value).collect();
            let energy_max = self.validator.energy_limit(meter, 1);
            let counted = registers::readings(meter, bases.get(&meter).copied(), &values, self.validator.context(), energy_max);
            self.report.register_bases += counted.bases;
            self.report.register_repeated += counted.repeated;
            let mut refused = counted.refused;
            for (at, reading) in counted.readings {
                match self.validator.check_derived(&reading) {
                    Ok(()) => {
                        let RegisterCandidate { received_at, line, .. } = rows[at];
                        self.candidates.push(Candidate { reading, received_at, line });
                    }
                    // One row may stand for many intervals; it is told once.
                    Err(reason) if refused.iter().all(|&(before, _)| before != at) => refused.push((at, reason)),
                    Err(_) => {}
                }
            }
            for (at, reason) in refused {
                let meter_id = self.validator.meters().id_of(meter).unwrap_or_default().to_owned();
                self.refuse(RefusedRow::new(rows[at].line, &meter_id, &rows[at].text, reason));
            }
            last.extend(counted.last.map(|value| (meter, value)));
        }
        last
    }
}

/// The gaps of every meter that brought a reading, between the first and the last interval of all, while the meter was assigned.
fn gaps(readings: &[Reading], step: Step, validator: &Validator) -> Vec<MeterGaps> {
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else { return Vec::new() };
    let (from, until) = (first.start, last.start.plus_ms(step.ms()));
    let mut present: HashMap<MeterNo, Vec<Instant>> = HashMap::new();
    for reading in readings {
        present.entry(reading.meter).or_default().push(reading.start);
    }
    let mut found: Vec<(MeterNo, MeterGaps)> = Vec::new();
    for (meter, starts) in present {
        let Some(entry) = validator.meters().entry(meter) else { continue };
        let gaps: Vec<Interval> = expected(entry, from, until).flat_map(|range| series::gaps(range, step, &starts)).collect();
        if !gaps.is_empty() {
            let meter_id = validator.meters().id_of(meter).unwrap_or_default().to_owned();
            found.push((meter, MeterGaps { meter_id, missing: series::slots(&gaps, step), gaps }));
        }
    }
    found.sort_by_key(|(meter, _)| *meter);
    found.into_iter().map(|(_, gaps)| gaps).collect()
}

/// When `entry` should have had readings.
fn expected(entry: &MeterEntry, from: Instant, until: Instant) -> impl Iterator<Item = Interval> {
    let spans = entry.assigned.iter();
    spans.filter_map(move |span| Interval::new(span.from.max(from), span.until.unwrap_or(until).min(until)).ok())
}

#[cfg(test)]
mod tests;
