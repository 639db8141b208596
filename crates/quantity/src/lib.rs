//! Exact quantities: money, energy, power, carbon, prices, ratios and half-open intervals.
//!
//! Every amount is an `i64` in its smallest unit behind a type of its own, so that watt-hours cannot be added to ngwee.
//! Arithmetic is checked and says what overflowed. There are no floats here and none may be added.
//! [`split_exact`] divides a whole into parts that add up to it again; [`round_day`] turns milli-ngwee into ngwee without losing one.
//!
//! What this crate does not do: it knows no tariff, no calendar beyond whole days, and no input or output.

#![deny(clippy::float_arithmetic)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod amount;
mod interval;
mod ratio;
mod rounding;
mod split;

pub use amount::{Grams, MilliNgwee, Ngwee, PricePerKwh, QuantityError, WattHours, Watts};
pub use interval::{BusinessDay, DAY_MS, HOUR_MS, Instant, Interval, IntervalError, MINUTE_MS, Step, UtcOffset};
pub use ratio::{Ratio, RatioError};
pub use rounding::{div_half_even, round_day};
pub use split::{SplitError, SplitScratch, split_exact, split_exact_into};
