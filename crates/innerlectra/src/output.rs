//! What commands print: tables for people, one JSON object for programs.

use crate::exit::Failure;
use quantity::Ngwee;
use serde::Serialize;
use std::fmt::Write as _;
use std::io::Write as _;

/// Something that is not an error and that whoever reads the result should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable code.
    pub code: &'static str,
    /// What is so.
    pub message: String,
    /// What can be done.
    pub next: String,
}

impl Warning {
    /// A warning.
    pub fn new(code: &'static str, message: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, message: message.into(), next: next.into() }
    }

    /// Tells it on stderr.
    pub fn tell(&self) {
        eprintln!("{}", printable(&format!("warning[{}]: {}\nnext: {}", self.code, self.message, self.next)));
    }
}

/// Writes one JSON value and a line break to stdout.
///
/// # Errors
/// [`Failure`] when stdout cannot take it.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let written = serde_json::to_writer(&mut out, value).map_err(std::io::Error::from).and_then(|()| writeln!(out)).and_then(|()| out.flush());
    written.or_else(|error| Failure::output(&error).map_or(Ok(()), Err))
}

/// Writes text to stdout.
///
/// # Errors
/// [`Failure`] when stdout cannot take it.
pub fn text(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(printable(text).as_bytes()).and_then(|()| out.flush());
    written.or_else(|error| Failure::output(&error).map_or(Ok(()), Err))
}

/// Text without control characters but line breaks: names from files must not steer a terminal.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Rows in aligned columns: the first to the left, the others to the right.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads.
    pub fn new<'a>(heads: impl IntoIterator<Item = &'a str>) -> Self {
        Self { rows: vec![heads.into_iter().map(str::to_owned).collect()] }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table as text.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (at, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                // Writing to a string cannot fail.
                let _ = if at == 0 { write!(line, "{cell:<width$}") } else { write!(line, "  {cell:>width$}") };
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// Energy in kWh with two digits, half to even: `1,234.50`.
pub fn kwh(watt_hours: i64) -> String {
    let (hundredths, rest) = (watt_hours.div_euclid(10), watt_hours.rem_euclid(10));
    let up = rest > 5 || (rest == 5 && hundredths % 2 != 0);
    // Grouping and two digits are the same for kwacha and ngwee.
    Ngwee(hundredths + i64::from(up)).to_string().replace('K', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilowatt_hours_have_two_digits() {
        for (wh, text) in [(0, "0.00"), (5, "0.00"), (15, "0.02"), (1_234_567, "1,234.57"), (-1_500, "-1.50")] {
            assert_eq!(kwh(wh), text);
        }
    }

    #[test]
    fn names_do_not_steer_the_terminal() {
        assert_eq!(printable("A\u{1b}[2J\nB\u{85}"), "A\u{fffd}[2J\nB\u{fffd}");
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(["meter", "kWh"]);
        table.row(["A".to_owned(), "10.00".to_owned()]);
        assert_eq!(table.render(), "meter    kWh\nA      10.00\n");
    }
}
