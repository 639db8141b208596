//! Meter readings: how they come in, what is refused, how they are corrected, and the packed block they are kept in.
//!
//! - [`csv`] reads files (plain or gzip) of interval energy or cumulative registers, row by row in bounded memory;
//! - [`validate`] is the one validation that rows of files and batches of programs go through;
//! - [`registers`] turns cumulative registers into readings;
//! - [`block`] is the packed form of all readings of one cluster in one interval, with every version of every reading;
//! - [`series`] finds gaps and estimates what is missing;
//! - [`import`] walks a whole file through all of them and reports;
//! - [`sites`] and [`weights`] read the small tables beside the readings.
//!
//! What this crate does not do: it knows no money, no database and no network, and it reads no clock.

#![deny(clippy::float_arithmetic)]

pub mod block;
mod clock;
pub mod csv;
pub mod import;
mod reading;
mod refusal;
pub mod registers;
mod report;
pub mod series;
pub mod sites;
mod table;
mod time;
pub mod validate;
pub mod weights;

pub use clock::{ClockFinding, ClockWatch};
pub use reading::{Quality, QualityUnknown, Reading};
pub use refusal::{Column, RefusedRow, RefusedWriter, RowRefusal};
pub use report::{ImportReport, MeterGaps};
pub use time::{TimeParser, parse_rfc3339};
