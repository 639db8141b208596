//! Header and fields of one row.

use super::file::FileError;
use crate::refusal::{Column, RowRefusal};
use crate::validate::RowValues;
use quantity::Instant;
use std::ops::Range;

/// Most columns of a file.
const COLUMNS_MAX: usize = 64;

/// What a file of readings holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvKind {
    /// Energy of intervals.
    Interval,
    /// Values of cumulative registers.
    Register,
}

pub(super) struct KindColumns {
    pub(super) time: Column,
    pub(super) consumption: Column,
    pub(super) generation: Column,
}

impl CsvKind {
    pub(super) const fn columns(self) -> KindColumns {
        match self {
            Self::Interval => KindColumns { time: Column::IntervalStart, consumption: Column::Consumption, generation: Column::Generation },
            Self::Register => KindColumns { time: Column::ReadAt, consumption: Column::ConsumptionRegister, generation: Column::GenerationRegister },
        }
    }
}

/// A row of interval energy as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawRow<'a> {
    /// Line in the file, the header is 1.
    pub line: u64,
    /// The whole row.
    pub text: &'a str,
    /// What it says.
    pub values: RowValues<'a>,
}

/// A row of cumulative registers as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterRow<'a> {
    /// Line in the file, the header is 1.
    pub line: u64,
    /// The whole row.
    pub text: &'a str,
    /// The meter as written.
    pub meter_id: &'a str,
    /// When the registers showed these values.
    pub read_at: Instant,
    /// Consumption register, Wh.
    pub consumption: i64,
    /// Generation register, Wh.
    pub generation: i64,
    /// The highest value the registers can show, Wh.
    pub register_max: Option<i64>,
    /// When the row arrived.
    pub received_at: Option<Instant>,
}

pub(super) struct Parsed {
    pub(super) time: Instant,
    pub(super) consumption: i64,
    pub(super) generation: i64,
    pub(super) received_at: Option<Instant>,
    pub(super) register_max: Option<i64>,
}

/// Where the columns stand.
pub(super) struct Layout {
    pub(super) kind: CsvKind,
    pub(super) columns: usize,
    pub(super) meter: usize,
    pub(super) time: usize,
    pub(super) consumption: usize,
    pub(super) generation: usize,
    pub(super) received: Option<usize>,
    pub(super) register_max: Option<usize>,
    pub(super) ignored: Vec<String>,
}

impl Layout {
    pub(super) fn parse(header: &[u8]) -> Result<Self, FileError> {
        let text = std::str::from_utf8(header).map_err(|_| FileError::NotText)?;
        let wrong = |problem: String| FileError::Header { problem, found: text.trim().chars().take(200).collect() };
        let names: Vec<String> = text.split(',').map(|name| name.trim().trim_matches('"').trim().to_ascii_lowercase()).collect();
        if names.len() == 1 && text.contains(';') {
            return Err(wrong("its columns are separated by semicolons, save the file with commas".to_owned()));
        }
        if names.len() > COLUMNS_MAX {
            return Err(wrong(format!("it has more than {COLUMNS_MAX} columns")));
        }
        let find = |column: Column| names.iter().position(|name| name == column.as_str());
        let kind = if find(Column::IntervalStart).is_none() && find(Column::ReadAt).is_some() { CsvKind::Register } else { CsvKind::Interval };
        let wanted = kind.columns();
        let needed = [Column::MeterId, wanted.time, wanted.consumption, wanted.generation];
        let missing: Vec<&str> = needed.into_iter().filter(|&column| find(column).is_none()).map(Column::as_str).collect();
        if !missing.is_empty() {
            return Err(wrong(format!("{} missing", missing.join(", "))));
        }
        let optional = if kind == CsvKind::Register { &[Column::ReceivedAt, Column::RegisterMax][..] } else { &[Column::ReceivedAt] };
        let known: Vec<&str> = needed.iter().chain(optional).map(|column| column.as_str()).collect();
        if let Some(twice) = known.iter().find(|&&known| names.iter().filter(|name| *name == known).count() > 1) {
            return Err(wrong(format!("{twice} stands there twice")));
        }
        let at = |column: Column| find(column).unwrap_or_default();
        Ok(Self {
            kind,
            columns: names.len(),
            meter: at(Column::MeterId),
            time: at(wanted.time),
            consumption: at(wanted.consumption),
            generation: at(wanted.generation),
            received: find(Column::ReceivedAt),
            register_max: (kind == CsvKind::Register).then(|| find(Column::RegisterMax)).flatten(),
            ignored: names.iter().filter(|name| !known.contains(&name.as_str())).cloned().collect(),
        })
    }
}

/// The fields of one row, as ranges of its bytes, or of an unquoted copy when it has quotes.
#[derive(Debug)]
pub(super) struct Fields {
    ranges: [Range<u32>; COLUMNS_MAX],
    len: usize,
    unquoted: Vec<u8>,
    is_unquoted: bool,
}

impl Default for Fields {
    fn default() -> Self {
        Self { ranges: std::array::from_fn(|_| 0..0), len: 0, unquoted: Vec::new(), is_unquoted: false }
    }
}

impl Fields {
    /// Fields found, also those beyond the most that are kept.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// A field without blanks around it.
    pub(super) fn get<'a>(&'a self, line: &'a [u8], index: usize) -> Option<&'a [u8]> {
        let range = self.ranges.get(..self.len.min(COLUMNS_MAX))?.get(index)?;
        let bytes = if self.is_unquoted { &self.unquoted } else { line };
        Some(bytes.get(range.start as usize..range.end as usize)?.trim_ascii())
    }

    /// Finds the fields of `line`, which is at most 64 KiB long.
    pub(super) fn split(&mut self, line: &[u8]) -> Result<(), &'static str> {
        self.len = 0;
        self.is_unquoted = line.contains(&b'"');
        if self.is_unquoted {
            return self.split_quoted(line);
        }
        let mut start = 0;
        for (at, &byte) in line.iter().enumerate() {
            if byte == b',' {
                self.push(start, at);
                start = at + 1;
            }
        }
        self.push(start, line.len());
        Ok(())
    }

    fn push(&mut self, start: usize, end: usize) {
        if let Some(range) = self.ranges.get_mut(self.len) {
            // A line is at most 64 KiB long.
            *range = start as u32..end as u32;
        }
        self.len += 1;
    }

    /// Source: RFC 4180 section 2, rules 5 to 7, without line breaks inside quotes.
    fn split_quoted(&mut self, line: &[u8]) -> Result<(), &'static str> {
        self.unquoted.clear();
        let (mut start, mut is_inside) = (0, false);
        let mut bytes = line.trim_ascii_end().iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' if is_inside && bytes.peek() == Some(&b'"') => {
                    bytes.next();
                    self.unquoted.push(b'"');
                }
                b'"' => is_inside = !is_inside,
                b',' if !is_inside => {
                    self.push(start, self.unquoted.len());
                    start = self.unquoted.len();
                }
                byte => self.unquoted.push(byte),
            }
        }
        self.push(start, self.unquoted.len());
        if is_inside { Err("a quote is opened and not closed") } else { Ok(()) }
    }
}

/// A whole number of at most 15 digits.
pub(super) fn parse_value(text: &[u8], column: Column) -> Result<i64, RowRefusal> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 15 {
        return Err(RowRefusal::ValueInvalid { column });
    }
    let mut value = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            // A negative decimal number is first of all negative: that is the more useful thing to say.
            let rest_is_number = digits.iter().all(|b| b.is_ascii_digit() || *b == b'.');
            return Err(if is_negative && rest_is_number { RowRefusal::ValueNegative { column } } else { RowRefusal::ValueInvalid { column } });
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    if is_negative && value != 0 { Err(RowRefusal::ValueNegative { column }) } else { Ok(value) }
}
