//! One line of a benchmark: what was measured, against what, and what it should come to.

use serde::Serialize;

/// One comparison. `value` and `baseline_value` are medians in the same unit.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    baseline: &'static str,
    baseline_value: f64,
    ratio: f64,
    target: Option<f64>,
    /// Which way is good: every figure says how much is done, so always `higher`.
    better: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stretch: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<bool>,
    runs: usize,
    engine: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// How a figure was taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    /// What is counted.
    pub(super) unit: &'static str,
    /// Runs of each side.
    pub(super) runs: usize,
    /// `memory`, `sqlite` or `postgres`.
    pub(super) engine: &'static str,
}

impl Row {
    /// A row without a target where more is better.
    pub(super) fn new(name: impl Into<String>, taken: Taken, value: f64, baseline: &'static str, baseline_value: f64) -> Self {
        Self {
            name: name.into(),
            value,
            unit: taken.unit,
            baseline,
            baseline_value,
            ratio: value / baseline_value,
            target: None,
            better: "higher",
            stretch: None,
            met: None,
            runs: taken.runs,
            engine: taken.engine,
            note: String::new(),
        }
    }

    /// With the ratio it must reach and the one it may reach for.
    pub(super) fn target(mut self, target: f64, stretch: f64) -> Self {
        self.target = Some(target);
        self.stretch = Some(stretch);
        self.met = Some(self.ratio >= target);
        self
    }

    /// With a sentence on how to read it.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// The rows as a table for people: one line each, a note below where there is one.
pub(super) fn table(rows: &[Row]) -> String {
    use std::fmt::Write;
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let mut out = format!("{:<width$}  {:>12} {:>12}  {:>8}  {:>7}  {:<6}  against\n", "what", "value", "baseline", "ratio", "target", "met");
    for row in rows {
        let target = row.target.map_or_else(String::new, figure);
        let met = row.met.map_or("", |met| if met { "yes" } else { "NO" });
        let (value, baseline) = (figure(row.value), figure(row.baseline_value));
        let _ = writeln!(
            out,
            "{:<width$}  {value:>12} {baseline:>12}  {:>8}  {target:>7}  {met:<6}  {} ({}, {})",
            row.name,
            figure(row.ratio),
            row.baseline,
            row.unit,
            row.engine
        );
        if !row.note.is_empty() {
            let _ = writeln!(out, "{:<width$}    {}", "", row.note);
        }
    }
    out
}

/// Three digits that count, with k, M and G.
fn figure(value: f64) -> String {
    let (scaled, suffix) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, "G"),
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e3 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    format!("{scaled:.digits$}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKEN: Taken = Taken { unit: "things/s", runs: 5, engine: "memory" };

    #[test]
    fn figures_are_short() {
        for (value, text) in [(93_412_000.0, "93.4M"), (1234.5, "1.23k"), (0.254, "0.254"), (999.0, "999"), (2e9, "2.00G")] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn a_missed_target_is_said() {
        let missed = Row::new("slow", TAKEN, 1.0, "bare", 10.0).target(0.5, 0.8);
        let met = Row::new("quick", TAKEN, 6.0, "bare", 10.0).target(0.5, 0.8).note("why");
        assert_eq!((missed.met, met.met), (Some(false), Some(true)));
        let text = table(&[missed, met, Row::new("extra", TAKEN, 1.0, "bare", 1.0)]);
        assert_eq!(text.matches(" NO ").count(), 1);
        assert_eq!(text.lines().count(), 5);
    }
}
