//! Reading files: interval energy or cumulative registers, plain or gzip, row by row.
//!
//! Two formats, told apart by the header (columns in any order, others ignored and named by [`CsvReader::ignored_columns`]):
//!
//! - interval energy: `meter_id,interval_start,consumption_wh,generation_wh[,received_at]`
//! - cumulative registers: `meter_id,read_at,consumption_register_wh,generation_register_wh[,register_max_wh][,received_at]`
//!
//! UTF-8, LF or CRLF, a byte order mark is skipped, fields may be quoted (without line breaks inside). Times are RFC 3339 with an offset.
//! Memory is bounded: one buffer of a megabyte, and no line may be longer than 64 KiB.

mod file;
mod row;

pub use file::FileError;
pub(crate) use file::Source;
pub use row::{CsvKind, RawRow, RegisterRow};

use crate::refusal::{Column, RefusedRow, RowRefusal};
use crate::time::TimeParser;
use crate::validate::RowValues;
use file::LineBuffer;
use quantity::{Step, UtcOffset};
use row::{Fields, Layout, parse_value};
use std::collections::HashMap;
use std::io::Read;

/// Most bytes of one file after unpacking, unless told otherwise: 8 GiB.
pub const FILE_BYTES_MAX: u64 = 8 << 30;

/// One line of a file after the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    /// Energy of an interval.
    Interval(RawRow<'a>),
    /// Values of cumulative registers.
    Register(RegisterRow<'a>),
    /// Not a row.
    Refused(RefusedRow),
}

/// Reads one file of readings.
pub struct CsvReader<R: Read> {
    source: LineBuffer<Source<R>>,
    layout: Layout,
    fields: Fields,
    times: TimeParser,
    line: u64,
    offset: Option<UtcOffset>,
    step: Result<Option<Step>, i64>,
}

impl<R: Read> CsvReader<R> {
    /// Opens `input`: unpacks gzip by its first bytes, reads the header and looks ahead for the offset and the step.
    ///
    /// # Errors
    /// [`FileError`] when the file is empty, no text, cut, or has another header.
    pub fn new(input: R) -> Result<Self, FileError> {
        Self::with_limit(input, FILE_BYTES_MAX)
    }

    /// [`CsvReader::new`] with an own limit of unpacked bytes.
    ///
    /// # Errors
    /// As [`CsvReader::new`].
    pub fn with_limit(input: R, bytes_max: u64) -> Result<Self, FileError> {
        let mut source = LineBuffer::new(Source::open(input)?, bytes_max);
        source.fill();
        source.check_text()?;
        let mut line = 0;
        let layout = loop {
            let Some(header) = source.next_line()? else { return Err(FileError::Empty) };
            line += 1;
            if let Some(header) = header.within(&source).filter(|bytes| !bytes.trim_ascii().is_empty()) {
                break Layout::parse(header)?;
            }
        };
        let mut reader = Self { source, layout, fields: Fields::default(), times: TimeParser::default(), line, offset: None, step: Ok(None) };
        reader.look_ahead();
        if reader.source.is_at_end() {
            return Err(FileError::Empty);
        }
        Ok(reader)
    }

    /// Which of the two formats the file has.
    #[must_use]
    pub const fn kind(&self) -> CsvKind {
        self.layout.kind
    }

    /// Columns that are not read.
    #[must_use]
    pub fn ignored_columns(&self) -> &[String] {
        &self.layout.ignored
    }

    /// The UTC offset of the first row with a readable time: the local time the file is written in.
    #[must_use]
    pub const fn offset(&self) -> Option<UtcOffset> {
        self.offset
    }

    /// The step of the file: the most frequent distance between consecutive rows of one meter in the first megabyte. `None` when no meter
    /// has two rows there, and for registers that are not read every 15, 30 or 60 minutes: their difference is spread.
    ///
    /// # Errors
    /// [`FileError::StepUnknown`] when interval rows are another distance apart.
    pub fn step(&self) -> Result<Option<Step>, FileError> {
        self.step.map_err(|distance_ms| FileError::StepUnknown { seconds: distance_ms / 1000 })
    }

    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// [`FileError`] when the file is cut, too large, or cannot be read: what was read before is only a part.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, FileError> {
        let bytes = loop {
            let Some(found) = self.source.next_line()? else { return Ok(None) };
            self.line += 1;
            let Some(range) = found.range() else {
                let problem = "it is longer than 65536 bytes; end each row with a line break";
                return Ok(Some(Line::Refused(RefusedRow::new(self.line, "", "", RowRefusal::Unreadable { problem }))));
            };
            if !self.source.bytes(&range).trim_ascii().is_empty() {
                break range;
            }
        };
        let Self { source, layout, fields, times, line, .. } = self;
        Ok(Some(parse_line(source.bytes(&bytes), *line, layout, fields, times)))
    }

    /// Finds offset and step in what is buffered, without consuming it.
    fn look_ahead(&mut self) {
        let mut last_of: HashMap<Vec<u8>, i64> = HashMap::new();
        let mut distances: HashMap<i64, u64> = HashMap::new();
        let Self { source, layout, fields, times, .. } = self;
        let mut offset = None;
        for bytes in source.buffered().split(|&b| b == b'\n') {
            if fields.split(bytes).is_err() {
                continue;
            }
            let (Some(meter), Some(time)) = (fields.get(bytes, layout.meter), fields.get(bytes, layout.time)) else { continue };
            let Some((at, of)) = times.parse(time) else { continue };
            offset.get_or_insert(of);
            if let Some(last) = last_of.get_mut(meter) {
                let distance = at.0.saturating_sub(*last);
                // Registers are read some seconds beside the full step.
                let distance = if layout.kind == CsvKind::Register { (distance + 30_000) / 60_000 * 60_000 } else { distance };
                if distance > 0 {
                    *distances.entry(distance).or_default() += 1;
                }
                *last = at.0;
            } else {
                last_of.insert(meter.to_vec(), at.0);
            }
        }
        self.offset = offset;
        let common = distances.into_iter().max_by_key(|&(distance, count)| (count, std::cmp::Reverse(distance)));
        let step_of = |ms: i64| if ms % 60_000 == 0 { Step::from_minutes(ms / 60_000).ok() } else { None };
        self.step = match common.map(|(ms, _)| (ms, step_of(ms))) {
            None => Ok(None),
            Some((ms, None)) if self.layout.kind == CsvKind::Interval => Err(ms),
            Some((_, step)) => Ok(step),
        };
    }
}

/// Turns one line into a row, or says why it is none.
fn parse_line<'a>(bytes: &'a [u8], line: u64, layout: &Layout, fields: &'a mut Fields, times: &mut TimeParser) -> Line<'a> {
    let refuse = |meter: &[u8], reason| {
        let (meter, text) = (String::from_utf8_lossy(meter), String::from_utf8_lossy(bytes));
        Line::Refused(RefusedRow::new(line, &meter, text.trim_end(), reason))
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return refuse(b"", RowRefusal::Unreadable { problem: "it is not UTF-8 text; save the file as UTF-8" });
    };
    if let Err(problem) = fields.split(bytes) {
        return refuse(b"", RowRefusal::Unreadable { problem });
    }
    let fields: &'a Fields = fields;
    if fields.len() != layout.columns {
        let meter = fields.get(bytes, layout.meter).unwrap_or_default();
        return refuse(meter, RowRefusal::Malformed { found: fields.len(), expected: layout.columns });
    }
    let at = |index: usize| fields.get(bytes, index).unwrap_or_default();
    let meter = at(layout.meter);
    let Some(meter_id) = std::str::from_utf8(meter).ok().filter(|id| !id.is_empty() && id.len() <= 64) else {
        return refuse(meter, RowRefusal::Unreadable { problem: "meter_id is empty or longer than 64 characters; write the meter's id" });
    };
    let row = match parse_row(layout, at, times) {
        Ok(row) => row,
        Err(reason) => return refuse(meter, reason),
    };
    let (text, row::Parsed { time, consumption, generation, received_at, register_max }) = (text.trim_end(), row);
    match layout.kind {
        CsvKind::Interval => Line::Interval(RawRow { line, text, values: RowValues { meter_id, start: time, consumption, generation, received_at } }),
        CsvKind::Register => Line::Register(RegisterRow { line, text, meter_id, read_at: time, consumption, generation, register_max, received_at }),
    }
}

fn parse_row<'a>(layout: &Layout, at: impl Fn(usize) -> &'a [u8], times: &mut TimeParser) -> Result<row::Parsed, RowRefusal> {
    let names = layout.kind.columns();
    let (time, _) = times.parse(at(layout.time)).ok_or(RowRefusal::TimestampInvalid { column: names.time })?;
    let consumption = parse_value(at(layout.consumption), names.consumption)?;
    let generation = parse_value(at(layout.generation), names.generation)?;
    let received_at = match layout.received.map(&at) {
        None | Some(b"") => None,
        Some(text) => Some(times.parse(text).ok_or(RowRefusal::TimestampInvalid { column: Column::ReceivedAt })?.0),
    };
    let register_max = match layout.register_max.map(&at) {
        None | Some(b"") => None,
        Some(text) => Some(parse_value(text, Column::RegisterMax)?),
    };
    Ok(row::Parsed { time, consumption, generation, received_at, register_max })
}

#[cfg(test)]
mod tests;
