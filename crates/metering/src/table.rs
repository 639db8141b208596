//! Small tables beside the readings: read whole, with named columns.

use crate::csv::{FileError, Source};
use std::io::Read;

/// Most bytes of a small table after unpacking: 16 MiB.
const TABLE_BYTES_MAX: u64 = 16 << 20;

/// A table in memory.
pub(crate) struct Table {
    names: Vec<String>,
    rows: Vec<(u64, ::csv::StringRecord)>,
}

impl Table {
    /// Reads a CSV table (plain or gzip) and checks that the `needed` columns are there. A ragged row is refused as a header problem of that
    /// line.
    pub(crate) fn read<R: Read>(input: R, needed: &[&str]) -> Result<Self, FileError> {
        let text = read_text(input)?;
        let mut reader = ::csv::ReaderBuilder::new().flexible(true).trim(::csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|_| FileError::NotText)?.clone();
        let names: Vec<String> = header.iter().map(str::to_ascii_lowercase).collect();
        let found: String = text.lines().next().unwrap_or_default().chars().take(200).collect();
        let missing: Vec<&str> = needed.iter().copied().filter(|&needed| !names.iter().any(|name| name == needed)).collect();
        if !missing.is_empty() {
            return Err(FileError::Header { problem: format!("{} missing", missing.join(", ")), found });
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|_| FileError::NotText)?;
            let line = record.position().map_or(0, ::csv::Position::line);
            rows.push((line, record));
        }
        if rows.is_empty() { Err(FileError::Empty) } else { Ok(Self { names, rows }) }
    }

    /// The rows with their line numbers.
    pub(crate) fn rows(&self) -> impl Iterator<Item = TableRow<'_>> {
        self.rows.iter().map(|(line, record)| TableRow { line: *line, names: &self.names, record })
    }
}

fn read_text<R: Read>(input: R) -> Result<String, FileError> {
    let mut bytes = Vec::new();
    let read = Source::open(input)?.take(TABLE_BYTES_MAX + 1).read_to_end(&mut bytes);
    read.map_err(FileError::from_read)?;
    if bytes.len() as u64 > TABLE_BYTES_MAX {
        return Err(FileError::TooLarge { bytes_max: TABLE_BYTES_MAX });
    }
    let text = String::from_utf8(bytes).map_err(|_| FileError::NotText)?;
    match text.strip_prefix('\u{feff}').unwrap_or(&text) {
        text if text.trim().is_empty() => Err(FileError::Empty),
        text if text.contains('\0') => Err(FileError::NotText),
        text => Ok(text.to_owned()),
    }
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(crate) struct TableRow<'a> {
    /// Line in the file, the header is 1.
    pub(crate) line: u64,
    names: &'a [String],
    record: &'a ::csv::StringRecord,
}

impl<'a> TableRow<'a> {
    /// A field; `None` when the column is missing or the field empty.
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let at = self.names.iter().position(|known| known == name)?;
        self.record.get(at).filter(|field| !field.is_empty())
    }
}
