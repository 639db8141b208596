//! Why a row is refused, and the file of refused rows.

use quantity::{Instant, WattHours};
use std::fmt;
use std::io::Write;

/// Longest part of a refused row that is kept, in characters.
pub const REFUSED_TEXT_MAX: usize = 200;

/// A column of a reading file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// `meter_id`
    MeterId,
    /// `interval_start`
    IntervalStart,
    /// `consumption_wh`
    Consumption,
    /// `generation_wh`
    Generation,
    /// `received_at`
    ReceivedAt,
    /// `read_at`
    ReadAt,
    /// `consumption_register_wh`
    ConsumptionRegister,
    /// `generation_register_wh`
    GenerationRegister,
    /// `register_max_wh`
    RegisterMax,
}

impl Column {
    /// The name in the header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MeterId => "meter_id",
            Self::IntervalStart => "interval_start",
            Self::Consumption => "consumption_wh",
            Self::Generation => "generation_wh",
            Self::ReceivedAt => "received_at",
            Self::ReadAt => "read_at",
            Self::ConsumptionRegister => "consumption_register_wh",
            Self::GenerationRegister => "generation_register_wh",
            Self::RegisterMax => "register_max_wh",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why one row is refused. The first reason that holds is given, in the order of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowRefusal {
    /// Not a row of this file.
    #[error("the row has {found} fields where the header has {expected}; write one value for each column")]
    Malformed {
        /// Fields found.
        found: usize,
        /// Columns of the header.
        expected: usize,
    },
    /// The row is not text, too long, has a broken quote or no meter.
    #[error("the row is not readable: {problem}")]
    Unreadable {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Not an instant with an offset.
    #[error("{column} is not a time; write it like 2025-09-15T00:15:00+02:00, with its offset")]
    TimestampInvalid {
        /// Where.
        column: Column,
    },
    /// Not a whole number.
    #[error("{column} is not a number; write whole watt-hours, digits only")]
    ValueInvalid {
        /// Where.
        column: Column,
    },
    /// Below zero.
    #[error("{column} is below zero; consumption and generation are both counted upwards, check the sign or the wiring")]
    ValueNegative {
        /// Where.
        column: Column,
    },
    /// No such meter.
    #[error("the meter is not known; register it first, or correct its id")]
    MeterUnknown,
    /// The meter belongs to nobody in that interval.
    #[error("the meter is not assigned at {start}; assign it from that time, or check the time")]
    MeterNotAssigned {
        /// Start of the interval.
        start: Instant,
    },
    /// The start or the distance of the rows does not fit the step of the file.
    #[error("the row does not fit intervals of {minutes} minutes; send one step per file and starts on full steps, and set the meter's clock")]
    StepMismatch {
        /// Minutes of the step in force.
        minutes: i64,
    },
    /// The interval has not ended yet.
    #[error("the interval ends at {end}, in the future; check the meter's clock and the offset")]
    InFuture {
        /// End of the interval.
        end: Instant,
    },
    /// It arrived long before it ended.
    #[error("the row arrived {minutes} minutes before its interval ended; set the meter's clock")]
    ClockOffset {
        /// Whole minutes.
        minutes: i64,
    },
    /// The correction window is over.
    #[error("readings before {accept_from} are closed; only a vote can reopen them")]
    TooLate {
        /// First instant that is open.
        accept_from: Instant,
    },
    /// More than the meter can measure.
    #[error("{column} is {value}, more than the {limit} this meter can measure; check the unit, or raise the meter's limit")]
    ValueAbsurd {
        /// Where.
        column: Column,
        /// The value given.
        value: WattHours,
        /// The most that is taken.
        limit: WattHours,
    },
    /// The register went back and did not roll over.
    #[error("{column} went back from {before} to {value}; if the meter was exchanged, register the new one under its own id")]
    RegisterBackwards {
        /// Where.
        column: Column,
        /// Register before.
        before: WattHours,
        /// Register now.
        value: WattHours,
    },
    /// Too long without a register value.
    #[error("{steps} intervals passed since the last register value, more than can be spread; the count starts again here")]
    RegisterGap {
        /// Intervals passed.
        steps: i64,
    },
    /// Two register values for one moment.
    #[error("a later row gives another register value for the same moment, which is used; remove the wrong one")]
    DuplicateConflict,
}

impl RowRefusal {
    /// The stable code of this reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } | Self::Unreadable { .. } => "row_malformed",
            Self::TimestampInvalid { .. } => "timestamp_invalid",
            Self::ValueInvalid { .. } => "value_invalid",
            Self::ValueNegative { .. } => "value_negative",
            Self::MeterUnknown => "meter_unknown",
            Self::MeterNotAssigned { .. } => "meter_not_assigned",
            Self::StepMismatch { .. } => "step_mismatch",
            Self::InFuture { .. } => "in_future",
            Self::ClockOffset { .. } => "clock_offset",
            Self::TooLate { .. } => "too_late",
            Self::ValueAbsurd { .. } => "value_absurd",
            Self::RegisterBackwards { .. } => "register_backwards",
            Self::RegisterGap { .. } => "register_gap",
            Self::DuplicateConflict => "duplicate_conflict_in_file",
        }
    }
}

/// A row that was refused: where it stood, what it said, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Line in the file from 1 (the header), or place in the batch from 1.
    pub line: u64,
    /// The meter as written; empty when it could not be read.
    pub meter_id: String,
    /// The row as written, at most 200 characters.
    pub text: String,
    /// Why.
    pub reason: RowRefusal,
}

impl RefusedRow {
    /// A refused row; `text` is cut to 200 characters.
    #[must_use]
    pub fn new(line: u64, meter_id: &str, text: &str, reason: RowRefusal) -> Self {
        Self { line, meter_id: meter_id.chars().take(64).collect(), text: text.chars().take(REFUSED_TEXT_MAX).collect(), reason }
    }
}

/// Writes refused rows as CSV: `line,meter_id,code,reason,row`.
pub struct RefusedWriter<W: Write> {
    out: ::csv::Writer<W>,
}

impl<W: Write> RefusedWriter<W> {
    /// Writes the header to `out`.
    ///
    /// # Errors
    /// What `out` says.
    pub fn new(out: W) -> std::io::Result<Self> {
        let mut out = ::csv::Writer::from_writer(out);
        out.write_record(["line", "meter_id", "code", "reason", "row"])?;
        Ok(Self { out })
    }

    /// Writes one row.
    ///
    /// # Errors
    /// What the output says.
    pub fn row(&mut self, row: &RefusedRow) -> std::io::Result<()> {
        let (line, reason) = (row.line.to_string(), row.reason.to_string());
        self.out.write_record([&line, &row.meter_id, row.reason.code(), &reason, &row.text])?;
        Ok(())
    }

    /// Writes what is left and gives the output back.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(self) -> std::io::Result<W> {
        self.out.into_inner().map_err(|error| std::io::Error::new(error.error().kind(), error.error().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_rows_are_written_as_csv() {
        let mut out = RefusedWriter::new(Vec::new()).expect("memory");
        let long = "x".repeat(500);
        out.row(&RefusedRow::new(3, "M-1", "M-1,\"a\",1,2", RowRefusal::MeterUnknown)).expect("memory");
        out.row(&RefusedRow::new(4, "", &long, RowRefusal::Malformed { found: 1, expected: 4 })).expect("memory");
        let text = String::from_utf8(out.finish().expect("memory")).expect("text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "line,meter_id,code,reason,row");
        assert_eq!(lines[1], "3,M-1,meter_unknown,\"the meter is not known; register it first, or correct its id\",\"M-1,\"\"a\"\",1,2\"");
        assert!(lines[2].starts_with("4,,row_malformed,") && lines[2].ends_with(&format!(",{}", "x".repeat(REFUSED_TEXT_MAX))));
    }
}
