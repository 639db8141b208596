//! What an import did, as numbers and as a table for people.

use crate::block::MergeOutcome;
use crate::clock::ClockFinding;
use crate::reading::{Quality, Reading};
use quantity::{Instant, Interval};
use std::collections::BTreeMap;
use std::fmt;

/// Most meters listed in the table for people.
const LISTED_MAX: usize = 10;

/// Readings that a meter should have had between the first and the last of the import, and did not bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterGaps {
    /// The meter as written.
    pub meter_id: String,
    /// Intervals without a reading.
    pub missing: i64,
    /// Where they lie; intervals that follow each other are one.
    pub gaps: Vec<Interval>,
}

/// What an import did.
///
/// Reading a file fills in the rows, what was refused, the gaps and the clocks; merging the readings into their blocks fills in the rest,
/// one [`ImportReport::record`] for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows of the file without its header, blank lines not counted.
    pub rows: u64,
    /// Readings that are the first of their meter and interval.
    pub accepted: u64,
    /// Readings that were there already.
    pub duplicates: u64,
    /// Readings that repeat a value which was corrected since, without effect.
    pub superseded: u64,
    /// Readings with another value than before, kept as a new version.
    pub corrected: u64,
    /// Readings that took the place of an estimate.
    pub replaced_estimates: u64,
    /// Estimates for what was known better.
    pub ignored_estimates: u64,
    /// Readings among the accepted and replacing ones that arrived after the grace time.
    pub late: u64,
    /// Register values from which the count begins and that give no reading of their own.
    pub register_bases: u64,
    /// Register values that repeat the one before.
    pub register_repeated: u64,
    /// Refused rows by the code of the reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Meters with gaps, by number.
    pub gaps: Vec<MeterGaps>,
    /// Meters whose clock is off, with their ids.
    pub clock_findings: Vec<(String, ClockFinding)>,
    /// Columns of the file that were not read.
    pub ignored_columns: Vec<String>,
    /// Start of the first interval with a reading.
    pub first_start: Option<Instant>,
    /// Start of the last interval with a reading.
    pub last_start: Option<Instant>,
}

impl ImportReport {
    /// Counts what became of one reading.
    pub fn record(&mut self, reading: &Reading, outcome: MergeOutcome) {
        let counter = match outcome {
            MergeOutcome::Accepted => &mut self.accepted,
            MergeOutcome::Duplicate => &mut self.duplicates,
            MergeOutcome::Superseded { .. } => &mut self.superseded,
            MergeOutcome::Corrected { .. } => &mut self.corrected,
            MergeOutcome::ReplacedEstimate { .. } => &mut self.replaced_estimates,
            MergeOutcome::IgnoredEstimate => &mut self.ignored_estimates,
        };
        *counter += 1;
        let is_first = matches!(outcome, MergeOutcome::Accepted | MergeOutcome::ReplacedEstimate { .. });
        if is_first && reading.quality == Quality::Late {
            self.late += 1;
        }
    }

    /// How many rows were refused.
    #[must_use]
    pub fn refused_rows(&self) -> u64 {
        self.refused.values().sum()
    }

    /// How many intervals are without a reading, over all meters.
    #[must_use]
    pub fn missing(&self) -> i64 {
        self.gaps.iter().map(|meter| meter.missing).sum()
    }
}

/// A table for people; counts of zero are left out, save the first two.
impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{:>12}", "rows", self.rows)?;
        writeln!(f, "{:<24}{:>12}", "accepted", self.accepted)?;
        for (name, count) in [
            ("  of these late", self.late),
            ("duplicates", self.duplicates),
            ("corrected", self.corrected),
            ("superseded", self.superseded),
            ("replaced estimates", self.replaced_estimates),
            ("ignored estimates", self.ignored_estimates),
            ("register bases", self.register_bases),
            ("register repeated", self.register_repeated),
            ("refused", self.refused_rows()),
        ] {
            if count > 0 {
                writeln!(f, "{name:<24}{count:>12}")?;
            }
        }
        for (code, count) in &self.refused {
            writeln!(f, "  {code:<22}{count:>12}")?;
        }
        if let (Some(first), Some(last)) = (self.first_start, self.last_start) {
            writeln!(f, "first interval          {first}")?;
            writeln!(f, "last interval           {last}")?;
        }
        if !self.gaps.is_empty() {
            writeln!(f, "{:<24}{:>12}", "missing", self.missing())?;
        }
        for meter in self.gaps.iter().take(LISTED_MAX) {
            let (count, word) = (meter.gaps.len(), if meter.gaps.len() == 1 { "gap" } else { "gaps" });
            writeln!(f, "  {:<22}{:>12} in {count} {word}", meter.meter_id, meter.missing)?;
        }
        if self.gaps.len() > LISTED_MAX {
            writeln!(f, "  and {} more meters", self.gaps.len() - LISTED_MAX)?;
        }
        for (meter_id, finding) in self.clock_findings.iter().take(LISTED_MAX) {
            let direction = if finding.offset_ms < 0 { "behind" } else { "ahead" };
            let seconds = finding.offset_ms.unsigned_abs() / 1000;
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            writeln!(f, "clock of {meter_id}: {minutes} min {seconds} s {direction}, {} .. {}, {} rows", finding.first, finding.last, finding.rows)?;
        }
        if self.clock_findings.len() > LISTED_MAX {
            writeln!(f, "  and {} more clocks", self.clock_findings.len() - LISTED_MAX)?;
        }
        if !self.ignored_columns.is_empty() {
            writeln!(f, "columns not read: {}", self.ignored_columns.join(", "))?;
        }
        Ok(())
    }
}
