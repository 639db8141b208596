//! The weights file: `meter_id,weight`, the share of each member in the plant under a voted key.

use crate::csv::FileError;
use crate::table::Table;
use std::collections::HashSet;
use std::io::Read;

/// Most digits of a weight, so that the weights of any cluster can be added.
const DIGITS_MAX: usize = 15;

/// Why a weights file is refused.
#[derive(Debug, thiserror::Error)]
pub enum WeightError {
    /// The file itself.
    #[error(transparent)]
    File(#[from] FileError),
    /// No meter.
    #[error("line {line}: meter_id is empty; write it for every weight")]
    MeterEmpty {
        /// Line in the file.
        line: u64,
    },
    /// Not a whole number.
    #[error(
        "line {line}: weight {text:?} of meter {meter_id} is not a whole number of at most {DIGITS_MAX} digits; use ngwee or shares, not fractions"
    )]
    Invalid {
        /// Line in the file.
        line: u64,
        /// The meter.
        meter_id: String,
        /// What stands there.
        text: String,
    },
    /// Below zero.
    #[error("line {line}: the weight of meter {meter_id} is below zero; use zero for no share")]
    Negative {
        /// Line in the file.
        line: u64,
        /// The meter.
        meter_id: String,
    },
    /// The same meter twice.
    #[error("line {line}: meter {meter_id} has a weight already; keep one row")]
    Twice {
        /// Line of the second row.
        line: u64,
        /// The meter.
        meter_id: String,
    },
}

impl WeightError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(file) => file.code(),
            Self::MeterEmpty { .. } => "weight_meter_empty",
            Self::Invalid { .. } => "weight_invalid",
            Self::Negative { .. } => "weight_negative",
            Self::Twice { .. } => "weight_duplicate",
        }
    }
}

/// The weight of one meter's member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// The meter as written.
    pub meter_id: String,
    /// Its weight.
    pub weight: u64,
}

/// Reads a weights file, plain or gzip, in the order of its rows.
///
/// # Errors
/// [`WeightError`] with the line of the first row that is wrong.
pub fn parse<R: Read>(input: R) -> Result<Vec<Weight>, WeightError> {
    let table = Table::read(input, &["meter_id", "weight"])?;
    let mut seen = HashSet::new();
    table
        .rows()
        .map(|row| {
            let line = row.line;
            let meter_id = row.get("meter_id").ok_or(WeightError::MeterEmpty { line })?.to_owned();
            let text = row.get("weight").unwrap_or_default();
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_whole = !digits.is_empty() && digits.len() <= DIGITS_MAX && digits.bytes().all(|b| b.is_ascii_digit());
            let weight = digits.parse().ok().filter(|_| is_whole);
            match weight {
                None => Err(WeightError::Invalid { line, meter_id, text: text.chars().take(40).collect() }),
                Some(weight) if text.starts_with('-') && weight > 0 => Err(WeightError::Negative { line, meter_id }),
                Some(_) if !seen.insert(meter_id.clone()) => Err(WeightError::Twice { line, meter_id }),
                Some(weight) => Ok(Weight { meter_id, weight }),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read() {
        let weights = parse("\u{feff}weight,meter_id,note\r\n2000,A,x\r\n0,\"B\",\r\n".as_bytes()).expect("weights");
        let pairs: Vec<(&str, u64)> = weights.iter().map(|w| (w.meter_id.as_str(), w.weight)).collect();
        assert_eq!(pairs, [("A", 2000), ("B", 0)]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (rows, code) in [
            ("A,1\nA,2", "weight_duplicate"),
            ("A,-1", "weight_negative"),
            ("A,1.5", "weight_invalid"),
            ("A,", "weight_invalid"),
            ("A", "weight_invalid"),
            ("A,1234567890123456", "weight_invalid"),
            (",1", "weight_meter_empty"),
        ] {
            assert_eq!(parse(format!("meter_id,weight\n{rows}\n").as_bytes()).expect_err(rows).code(), code, "{rows}");
        }
        assert_eq!(parse("meter,weight\nA,1".as_bytes()).expect_err("header").code(), "header_wrong");
    }
}
