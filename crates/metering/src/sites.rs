//! The sites file: which meters there are, what they measure, and what stands there.
//!
//! Columns `meter_id,cluster_id,kind,latitude,longitude,altitude_m,timezone,pv_kwp,tilt_deg,azimuth_deg,inverter_kw`; only `meter_id` and
//! `kind` are needed. A site of kind `shared_pv` is the jointly owned plant of its cluster, every other meter is a member's.

use crate::csv::FileError;
use crate::table::{Table, TableRow};
use domain::MeterRole;
use quantity::Watts;
use std::collections::HashSet;
use std::io::Read;

/// The kind of site that is a cluster's shared plant.
pub const SHARED_PLANT: &str = "shared_pv";

/// Why a sites file is refused.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The file itself.
    #[error(transparent)]
    File(#[from] FileError),
    /// A row without a meter or a kind.
    #[error("line {line}: {column} is empty; write it for every site")]
    Empty {
        /// Line in the file.
        line: u64,
        /// Which column.
        column: &'static str,
    },
    /// A number that is none.
    #[error("line {line}: {column} {text:?} is not a number from {min} to {max}; write it like 12.5")]
    Number {
        /// Line in the file.
        line: u64,
        /// Which column.
        column: &'static str,
        /// What stands there.
        text: String,
        /// Least that makes sense.
        min: i64,
        /// Most that makes sense.
        max: i64,
    },
    /// The same meter twice.
    #[error("line {line}: meter {meter_id} stands in the file twice; keep one row")]
    Twice {
        /// Line of the second row.
        line: u64,
        /// The meter.
        meter_id: String,
    },
}

impl SiteError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(file) => file.code(),
            Self::Empty { .. } => "site_empty",
            Self::Number { .. } => "site_number_invalid",
            Self::Twice { .. } => "site_duplicate",
        }
    }
}

/// One meter and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The meter as written.
    pub meter_id: String,
    /// Code of its cluster.
    pub cluster_id: Option<String>,
    /// What kind of site it is, as written.
    pub kind: String,
    /// What the meter measures.
    pub role: MeterRole,
    /// Millionths of a degree north.
    pub latitude_udeg: Option<i64>,
    /// Millionths of a degree east.
    pub longitude_udeg: Option<i64>,
    /// Metres above the sea.
    pub altitude_m: Option<i64>,
    /// Name of the time zone.
    pub timezone: Option<String>,
    /// Peak power of the panels.
    pub pv: Option<Watts>,
    /// Thousandths of a degree from level.
    pub tilt_mdeg: Option<i64>,
    /// Thousandths of a degree clockwise from north.
    pub azimuth_mdeg: Option<i64>,
    /// Power of the inverter.
    pub inverter: Option<Watts>,
}

/// Reads a sites file, plain or gzip.
///
/// # Errors
/// [`SiteError`] with the line of the first row that is wrong.
pub fn parse<R: Read>(input: R) -> Result<Vec<Site>, SiteError> {
    let table = Table::read(input, &["meter_id", "kind"])?;
    let mut seen = HashSet::new();
    table
        .rows()
        .map(|row| {
            let site = site(&row)?;
            if seen.insert(site.meter_id.clone()) { Ok(site) } else { Err(SiteError::Twice { line: row.line, meter_id: site.meter_id }) }
        })
        .collect()
}

fn site(row: &TableRow<'_>) -> Result<Site, SiteError> {
    let text = |column: &'static str| row.get(column).ok_or(SiteError::Empty { line: row.line, column });
    let (meter_id, kind) = (text("meter_id")?.to_owned(), text("kind")?.to_owned());
    let role = if kind == SHARED_PLANT { MeterRole::Plant } else { MeterRole::Member };
    Ok(Site {
        meter_id,
        cluster_id: row.get("cluster_id").map(str::to_owned),
        kind,
        role,
        latitude_udeg: number(row, "latitude", 6, -90, 90)?,
        longitude_udeg: number(row, "longitude", 6, -180, 180)?,
        altitude_m: number(row, "altitude_m", 0, -500, 9000)?,
        timezone: row.get("timezone").map(str::to_owned),
        pv: number(row, "pv_kwp", 3, 0, 1_000_000)?.map(Watts),
        tilt_mdeg: number(row, "tilt_deg", 3, 0, 90)?,
        azimuth_mdeg: number(row, "azimuth_deg", 3, 0, 360)?,
        inverter: number(row, "inverter_kw", 3, 0, 1_000_000)?.map(Watts),
    })
}

/// A decimal number in units of 10^-`places`, from `min` to `max` whole ones; `None` when the field is empty.
fn number(row: &TableRow<'_>, column: &'static str, places: u32, min: i64, max: i64) -> Result<Option<i64>, SiteError> {
    let Some(text) = row.get(column) else { return Ok(None) };
    let scale = 10i64.pow(places);
    let value = decimal(text, places).filter(|&value| value >= min.saturating_mul(scale) && value <= max.saturating_mul(scale));
    let refusal = || SiteError::Number { line: row.line, column, text: text.chars().take(40).collect(), min, max };
    value.map(Some).ok_or_else(refusal)
}

/// `text` times 10^`places`, exactly; digits beyond are cut off.
fn decimal(text: &str, places: u32) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = !whole.is_empty() && whole.len() <= 9 && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    if !is_number {
        return None;
    }
    let fraction = fraction.bytes().chain(std::iter::repeat(b'0')).take(usize::try_from(places).ok()?);
    let value = whole.bytes().chain(fraction).fold(0i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_read() {
        let text = "meter_id,cluster_id,kind,latitude,longitude,altitude_m,timezone,pv_kwp,tilt_deg,azimuth_deg,inverter_kw\n\
                    FXA-001,FXA,urban_home,-15.4167,28.2833,1280,Africa/Lusaka,3.3,15,328.5,2.75\nGEN,FXA,shared_pv,,,,,10,,,\n";
        let sites = parse(text.as_bytes()).expect("sites");
        let home = &sites[0];
        assert_eq!((home.meter_id.as_str(), home.role, home.latitude_udeg), ("FXA-001", MeterRole::Member, Some(-15_416_700)));
        assert_eq!((home.pv, home.inverter, home.azimuth_mdeg), (Some(Watts(3300)), Some(Watts(2750)), Some(328_500)));
        assert_eq!((sites[1].role, sites[1].pv, sites[1].timezone.as_deref()), (MeterRole::Plant, Some(Watts(10_000)), None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, code, message) in [
            ("", "file_empty", "the file holds no rows; check that the right file was given"),
            ("meter_id,kind\n", "file_empty", "the file holds no rows; check that the right file was given"),
            ("meter_id,place\nA,home\n", "header_wrong", "the header is wrong: kind missing; the file has: meter_id,place"),
            ("meter_id,kind\nA,\n", "site_empty", "line 2: kind is empty; write it for every site"),
            ("meter_id,kind\nA,home\nA,home\n", "site_duplicate", "line 3: meter A stands in the file twice; keep one row"),
            (
                "kind,meter_id,pv_kwp\nhome,A,-1\n",
                "site_number_invalid",
                "line 2: pv_kwp \"-1\" is not a number from 0 to 1000000; write it like 12.5",
            ),
            (
                "kind,meter_id,tilt_deg\nhome,A,1e1\n",
                "site_number_invalid",
                "line 2: tilt_deg \"1e1\" is not a number from 0 to 90; write it like 12.5",
            ),
        ] {
            let error = parse(text.as_bytes()).expect_err(text);
            assert_eq!((error.code(), error.to_string().as_str()), (code, message));
        }
    }
}
