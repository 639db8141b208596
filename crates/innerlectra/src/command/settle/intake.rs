//! From a file to compact rows: what stands there, before anything is judged.

use super::setup::Plan;
use crate::exit::Failure;
use crate::progress;
use metering::csv::{CsvKind, CsvReader, Line};
use metering::validate::{MeterDirectory, MeterEntry, RowValues, ValidationContext, Validator};
use metering::{RefusedRow, import};
use quantity::{Instant, Step, UtcOffset, Watts};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

/// One row of energy: which meter (place in [`Rows::ids`]), when, how much.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Place of the meter in [`Rows::ids`].
    pub meter: u32,
    /// Line in the file.
    pub line: u64,
    /// Start of the interval.
    pub start: Instant,
    /// Wh.
    pub consumption: i64,
    /// Wh.
    pub generation: i64,
    /// When it arrived, where the file says so.
    pub received_at: Option<Instant>,
}

/// What a file holds.
pub struct Rows {
    /// The ids of the meters that have a row.
    pub ids: Vec<String>,
    /// The rows in the order of the file.
    pub rows: Vec<Row>,
    /// What could not be read as a row.
    pub refused: Vec<RefusedRow>,
    /// Rows of the file, the refused among them.
    pub rows_read: u64,
    /// Local time of the file.
    pub offset: UtcOffset,
    /// The step, where it cannot be seen from the rows: those of registers.
    pub step: Option<Step>,
    /// Columns that were not read.
    pub ignored_columns: Vec<String>,
}

/// Reads a file of readings, plain or gzip, interval energy or registers.
///
/// # Errors
/// [`Failure`] when the file cannot be read to its end.
pub fn read(path: &Path, plan: &Plan, now: Instant) -> Result<Rows, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    let bytes = file.metadata().map_or(0, |data| data.len());
    let bar = progress::bytes(bytes, "reading");
    let mut csv = CsvReader::new(bar.wrap_read(file)).map_err(|error| Failure::content(path, &error))?;
    let rows = match csv.kind() {
        CsvKind::Interval => interval_rows(&mut csv),
        CsvKind::Register => register_rows(&mut csv, plan, now),
    };
    bar.finish_and_clear();
    rows.map_err(|error| Failure::content(path, &error))
}

/// Gives each id a number.
#[derive(Default)]
struct Interner {
    ids: Vec<String>,
    known: HashMap<String, u32>,
    last: u32,
}

impl Interner {
    fn number(&mut self, id: &str) -> u32 {
        // Rows of one meter usually follow each other.
        if self.ids.get(self.last as usize).is_some_and(|last| last == id) {
            return self.last;
        }
        self.last = match self.known.get(id) {
            Some(&number) => number,
            None => {
                let number = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
                self.ids.push(id.to_owned());
                self.known.insert(id.to_owned(), number);
                number
            }
        };
        self.last
    }
}

fn interval_rows<R: std::io::Read>(csv: &mut CsvReader<R>) -> Result<Rows, metering::csv::FileError> {
    let mut ids = Interner::default();
    let (mut rows, mut refused) = (Vec::new(), Vec::new());
    while let Some(line) = csv.next_line()? {
        match line {
            Line::Interval(row) => {
                let RowValues { meter_id, start, consumption, generation, received_at } = row.values;
                rows.push(Row { meter: ids.number(meter_id), line: row.line, start, consumption, generation, received_at });
            }
            Line::Refused(row) => refused.push(row),
            // A file has one header and so one kind of rows.
            Line::Register(_) => {}
        }
    }
    let rows_read = (rows.len() + refused.len()) as u64;
    let (offset, ignored_columns) = (csv.offset().unwrap_or_default(), csv.ignored_columns().to_vec());
    Ok(Rows { ids: ids.ids, rows, refused, rows_read, offset, step: None, ignored_columns })
}

/// Registers are differences between rows, so they go through their own validation first; the readings they give are the rows.
fn register_rows<R: std::io::Read>(csv: &mut CsvReader<R>, plan: &Plan, now: Instant) -> Result<Rows, metering::csv::FileError> {
    let (offset, ignored_columns) = (csv.offset().unwrap_or_default(), csv.ignored_columns().to_vec());
    let step = csv.step()?.unwrap_or(Step::Min15);
    let meters = match &plan.sites {
        Some(sites) => directory(plan, sites.iter().map(|site| site.meter_id.as_str())),
        None => MeterDirectory::open(),
    };
    let mut validator = Validator::new(context(plan, step, now, offset), meters);
    let mut refused = Vec::new();
    let read = import::read(csv, &mut validator, &BTreeMap::new(), |row| refused.push(row))?;
    let mut ids = Interner::default();
    let mut rows = Vec::with_capacity(read.readings.len());
    for reading in &read.readings {
        let Some(id) = validator.meters().id_of(reading.meter) else { continue };
        let (consumption, generation) = (reading.consumption.0, reading.generation.0);
        rows.push(Row { meter: ids.number(id), line: 0, start: reading.start, consumption, generation, received_at: None });
    }
    Ok(Rows { ids: ids.ids, rows, refused, rows_read: read.report.rows, offset, step: Some(step), ignored_columns })
}

/// The validation of a file of the past: everything is open, nothing is late.
pub fn context(plan: &Plan, step: Step, now: Instant, offset: UtcOffset) -> ValidationContext {
    let mut context = ValidationContext { late_after_ms: None, ..ValidationContext::new(step, now, offset) };
    context.limits.power_max = plan.meter_limit;
    context
}

/// The meters that may bring readings, numbered in the order of `ids`: with sites only theirs.
pub fn directory<'a>(plan: &Plan, ids: impl Iterator<Item = &'a str>) -> MeterDirectory {
    let sites: Option<HashMap<&str, _>> = plan.sites.as_ref().map(|sites| sites.iter().map(|site| (site.meter_id.as_str(), site)).collect());
    let mut meters = MeterDirectory::new();
    for (number, id) in (1..).zip(ids) {
        let site = sites.as_ref().map(|sites| sites.get(id));
        let Ok(meter) = domain::MeterNo::new(number) else { continue };
        let is_known = !matches!(site, Some(None));
        if is_known {
            // A plant's meter measures what the plant can give, with room for a bright moment.
            let peak = site.flatten().and_then(|site| site.pv).map(|pv| Watts(pv.0.saturating_mul(2)));
            let power_max = peak.map(|peak| Watts(peak.0.max(plan.meter_limit.0)));
            meters.insert(id, MeterEntry { power_max, ..MeterEntry::always(meter) });
        }
    }
    meters
}
