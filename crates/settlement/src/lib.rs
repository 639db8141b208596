//! Readings become money: sharing, prices, settlement of intervals and days, sealed records, receipts, returns and carbon.
//!
//! The heart is [`distribute_energy`]: one interval of one cluster goes in, every watt-hour comes out with one fate and one price.
//! [`Run`] carries what lasts from one interval to the next (battery content, the month's tariff bands) and adds up days and months.
//! [`seal`] writes an interval as bytes that never change; [`posting`] says which transfers a day implies. Everything here is a pure
//! function of its arguments: the same input gives the same bytes.
//!
//! Rules: market rules sections 1, 2 and 5 as written down in docs/settlement.md. What this crate does not do: input and output,
//! identity, and any choice that a vote must make.

#![deny(clippy::float_arithmetic)]

mod battery;
pub mod carbon;
pub mod credits;
mod distribute;
mod flows;
pub mod laws;
pub mod posting;
mod price;
pub mod receipt;
pub mod returns;
mod rules;
mod run;
pub mod seal;
mod share;
mod stored;

pub use battery::{Battery, BatteryContent, BatteryFlows};
pub use distribute::{DistributeError, IntervalInput, MEMBERS_MAX, Scratch, Settlement, distribute_energy};
pub use flows::{Flows, Totals};
pub use price::{ImportPrices, PriceRule};
pub use rules::{BandBasis, Filling, Grid, Mix, RuleError, RuleSet, SharingKey, check_price};
pub use run::{Alone, DayTotals, MemberDay, MonthCheck, PriceSource, Run, RunError, RunState};
pub use stored::StoredError;
