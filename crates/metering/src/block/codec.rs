//! The bytes of a block. The layout is described at the head of [`super`].

use super::{Block, BlockColumns, History, Version, number};
use crate::reading::Quality;
use domain::MeterNo;
use quantity::{Instant, MINUTE_MS, Step, WattHours};

/// First byte of every block of this layout.
const LAYOUT: u8 = 1;
const CHECK_BYTES: usize = 4;
/// An entry takes at least a byte for the meter and one for each energy.
const ENTRY_BYTES_MIN: usize = 3;
/// An older version takes at least two energies, the quality and the arrival.
const VERSION_BYTES_MIN: usize = 4;

/// What is wrong with a block, its bytes or what should be merged into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The bytes end too early.
    #[error("the reading block is cut; restore it from a backup")]
    Cut,
    /// The bytes were changed.
    #[error("the reading block is damaged: its check sum does not match; restore it from a backup")]
    CheckSum,
    /// Written by a newer program.
    #[error("the reading block has layout {layout}, this program knows layout {LAYOUT}; use the newer program")]
    Layout {
        /// The layout found.
        layout: u8,
    },
    /// Bytes that no program writes.
    #[error("the reading block is damaged: {what} cannot be; restore it from a backup")]
    Impossible {
        /// Which part.
        what: &'static str,
    },
    /// The start of a block is not on a full step.
    #[error("a reading block starts on a full step, not at {start}")]
    Start {
        /// The start given.
        start: Instant,
    },
    /// A reading of another interval.
    #[error("a reading of {got} does not belong into the block of {start}")]
    OtherInterval {
        /// Start of the block.
        start: Instant,
        /// Start of the reading.
        got: Instant,
    },
    /// The readings are not sorted.
    #[error("readings are merged by rising meter; meter {meter} came too late")]
    Unsorted {
        /// The first that is out of order.
        meter: MeterNo,
    },
    /// A reading below zero.
    #[error("a reading of meter {meter} is below zero; validate readings before they are merged")]
    Negative {
        /// Its meter.
        meter: MeterNo,
    },
}

impl BlockError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cut => "block_cut",
            Self::CheckSum => "block_check_sum",
            Self::Layout { .. } => "block_layout",
            Self::Impossible { .. } => "block_impossible",
            Self::Start { .. } => "block_start",
            Self::OtherInterval { .. } => "block_other_interval",
            Self::Unsorted { .. } => "block_unsorted",
            Self::Negative { .. } => "block_negative",
        }
    }
}

fn check_sum(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

// ---- writing

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Energies and meter numbers are never below zero.
fn put_amount(out: &mut Vec<u8>, value: i64) {
    put(out, value.unsigned_abs());
}

fn put_runs<T: Copy + PartialEq>(out: &mut Vec<u8>, values: &[T], put_value: impl Fn(&mut Vec<u8>, T)) {
    for run in values.chunk_by(|a, b| a == b) {
        put(out, run.len() as u64);
        put_value(out, run[0]);
    }
}

fn delay_seconds(end: Instant, received_at: Instant) -> i64 {
    received_at.ms_since(end).div_euclid(1000)
}

pub(super) fn encode_block(block: &Block, out: &mut Vec<u8>) {
    let columns = &block.columns;
    let end = columns.start.plus_ms(columns.step.ms());
    let from = out.len();
    out.reserve(columns.len() * 8 + 32);
    out.push(LAYOUT);
    out.push(columns.step.minutes() as u8);
    put_signed(out, columns.start.0.div_euclid(MINUTE_MS));
    put(out, columns.len() as u64);
    let mut last = 0;
    for meter in &columns.meters {
        put_amount(out, meter.get() - last);
        last = meter.get();
    }
    for energy in columns.consumption.iter().chain(&columns.generation) {
        put_amount(out, energy.0);
    }
    put_runs(out, &columns.quality, |out, quality| out.push(quality.number()));
    put_runs(out, &block.received_at, |out, received_at| put_signed(out, delay_seconds(end, received_at)));
    encode_history(block, end, out);
    let check = check_sum(&out[from..]);
    out.extend_from_slice(&check);
}

fn encode_history(block: &Block, end: Instant, out: &mut Vec<u8>) {
    put(out, block.history.len() as u64);
    let mut last = 0;
    let mut at = 0;
    for history in &block.history {
        while block.columns.meters[at] < history.meter {
            at += 1;
        }
        put(out, (at - last) as u64);
        last = at;
        put(out, history.older.len() as u64);
        for version in &history.older {
            put_amount(out, version.consumption.0);
            put_amount(out, version.generation.0);
            out.push(version.quality.number());
            put_signed(out, delay_seconds(end, version.received_at));
        }
    }
}

// ---- reading

struct Cursor<'a> {
    bytes: &'a [u8],
}

impl Cursor<'_> {
    #[inline]
    fn byte(&mut self) -> Result<u8, BlockError> {
        let (&byte, rest) = self.bytes.split_first().ok_or(BlockError::Cut)?;
        self.bytes = rest;
        Ok(byte)
    }

    #[inline]
    fn take(&mut self) -> Result<u64, BlockError> {
        let first = self.byte()?;
        if first < 0x80 { Ok(u64::from(first)) } else { self.take_long(u64::from(first & 0x7f)) }
    }

    fn take_long(&mut self, mut value: u64) -> Result<u64, BlockError> {
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                break;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(BlockError::Impossible { what: "a number of more than 64 bits" })
    }

    fn take_signed(&mut self) -> Result<i64, BlockError> {
        let value = self.take()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    #[inline]
    fn take_amount(&mut self) -> Result<i64, BlockError> {
        i64::try_from(self.take()?).map_err(|_| BlockError::Impossible { what: "an amount of more than 63 bits" })
    }

    /// A count of things that take at least `bytes_each`, so that no count makes more memory than the block has bytes.
    fn take_count(&mut self, bytes_each: usize) -> Result<usize, BlockError> {
        let count = usize::try_from(self.take()?).map_err(|_| BlockError::Cut)?;
        if count > self.bytes.len() / bytes_each { Err(BlockError::Cut) } else { Ok(count) }
    }

    fn take_quality(&mut self) -> Result<Quality, BlockError> {
        Quality::from_number(self.byte()?).ok_or(BlockError::Impossible { what: "a quality" })
    }

    fn take_arrival(&mut self, end: Instant) -> Result<Instant, BlockError> {
        let ms = self.take_signed()?.checked_mul(1000).and_then(|ms| end.0.checked_add(ms));
        ms.map(Instant).ok_or(BlockError::Impossible { what: "a time of arrival" })
    }

    /// Calls `each` with the length of every run, until `count` is covered.
    fn runs(&mut self, count: usize, mut each: impl FnMut(&mut Self, usize) -> Result<(), BlockError>) -> Result<(), BlockError> {
        let mut left = count;
        while left > 0 {
            let run = usize::try_from(self.take()?).ok().filter(|&run| run > 0 && run <= left);
            let run = run.ok_or(BlockError::Impossible { what: "the length of a run" })?;
            each(self, run)?;
            left -= run;
        }
        Ok(())
    }

    fn take_version(&mut self, end: Instant) -> Result<Version, BlockError> {
        Ok(Version {
            consumption: WattHours(self.take_amount()?),
            generation: WattHours(self.take_amount()?),
            quality: self.take_quality()?,
            received_at: self.take_arrival(end)?,
        })
    }

    /// Reads the history; `each` gets the index of the entry and its number of older versions and must read them.
    fn history(&mut self, count: usize, mut each: impl FnMut(&mut Self, usize, usize) -> Result<(), BlockError>) -> Result<(), BlockError> {
        let corrected = self.take_count(2 + VERSION_BYTES_MIN)?;
        let mut last = None;
        for _ in 0..corrected {
            let delta = usize::try_from(self.take()?).unwrap_or(usize::MAX);
            let at = match last {
                None => Some(delta),
                Some(last) => delta.checked_add(last).filter(|_| delta > 0),
            };
            let at = at.filter(|&at| at < count).ok_or(BlockError::Impossible { what: "the place of a correction" })?;
            last = Some(at);
            let older = self.take_count(VERSION_BYTES_MIN)?;
            if older == 0 {
                return Err(BlockError::Impossible { what: "a correction without an older version" });
            }
            each(self, at, older)?;
        }
        Ok(())
    }
}

/// Cuts the check sum off, once it is found right.
fn checked(bytes: &[u8]) -> Result<&[u8], BlockError> {
    let (&layout, _) = bytes.split_first().ok_or(BlockError::Cut)?;
    if layout != LAYOUT {
        return Err(BlockError::Layout { layout });
    }
    let (body, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(BlockError::Cut)?;
    if check_sum(body) == *check { Ok(body) } else { Err(BlockError::CheckSum) }
}

/// Reads everything up to the qualities. Versions are all 1 until the history says otherwise.
fn take_columns(cursor: &mut Cursor<'_>, columns: &mut BlockColumns) -> Result<(), BlockError> {
    columns.clear();
    cursor.byte()?;
    columns.step = Step::from_minutes(i64::from(cursor.byte()?)).map_err(|_| BlockError::Impossible { what: "the step" })?;
    let start = cursor.take_signed()?.checked_mul(MINUTE_MS).map(Instant).filter(|&start| columns.step.is_aligned(start));
    columns.start = start.ok_or(BlockError::Impossible { what: "the start" })?;
    let count = cursor.take_count(ENTRY_BYTES_MIN)?;
    let mut last = 0i64;
    columns.meters.reserve(count);
    for _ in 0..count {
        let delta = cursor.take_amount()?;
        last = last.checked_add(delta).filter(|_| delta > 0).ok_or(BlockError::Impossible { what: "a meter number" })?;
        columns.meters.push(MeterNo::new(last).map_err(|_| BlockError::Impossible { what: "a meter number" })?);
    }
    for energies in [&mut columns.consumption, &mut columns.generation] {
        energies.reserve(count);
        for _ in 0..count {
            energies.push(WattHours(cursor.take_amount()?));
        }
    }
    columns.version.resize(count, 1);
    cursor.runs(count, |cursor, run| {
        let quality = cursor.take_quality()?;
        columns.quality.resize(columns.quality.len() + run, quality);
        Ok(())
    })
}

fn finish(cursor: &Cursor<'_>) -> Result<(), BlockError> {
    if cursor.bytes.is_empty() { Ok(()) } else { Err(BlockError::Impossible { what: "more bytes than a block has" }) }
}

pub(super) fn decode_columns(bytes: &[u8], columns: &mut BlockColumns) -> Result<(), BlockError> {
    decode_columns_body(checked(bytes)?, columns)
}

pub(super) fn decode_columns_body(body: &[u8], columns: &mut BlockColumns) -> Result<(), BlockError> {
    let mut cursor = Cursor { bytes: body };
    take_columns(&mut cursor, columns)?;
    let end = columns.start.plus_ms(columns.step.ms());
    cursor.runs(columns.len(), |cursor, _| cursor.take_arrival(end).map(|_| ()))?;
    cursor.history(columns.len(), |cursor, at, older| {
        columns.version[at] = number(older);
        (0..older).try_for_each(|_| cursor.take_version(end).map(|_| ()))
    })?;
    finish(&cursor)
}

pub(super) fn decode_block(bytes: &[u8]) -> Result<Block, BlockError> {
    decode_block_body(checked(bytes)?)
}

pub(super) fn decode_block_body(body: &[u8]) -> Result<Block, BlockError> {
    let mut cursor = Cursor { bytes: body };
    let mut columns = BlockColumns::default();
    take_columns(&mut cursor, &mut columns)?;
    let end = columns.start.plus_ms(columns.step.ms());
    let mut received_at = Vec::with_capacity(columns.len());
    cursor.runs(columns.len(), |cursor, run| {
        let arrival = cursor.take_arrival(end)?;
        received_at.resize(received_at.len() + run, arrival);
        Ok(())
    })?;
    let mut history = Vec::new();
    cursor.history(columns.len(), |cursor, at, older| {
        columns.version[at] = number(older);
        let older = (0..older).map(|_| cursor.take_version(end)).collect::<Result<_, _>>()?;
        history.push(History { meter: columns.meters[at], older });
        Ok(())
    })?;
    finish(&cursor)?;
    Ok(Block { columns, received_at, history })
}
