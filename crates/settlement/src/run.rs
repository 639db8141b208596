//! Many intervals in a row: what lasts from one to the next, and the sums of days and months.

use crate::battery::BatteryContent;
use crate::distribute::{DistributeError, IntervalInput, Scratch, Settlement, distribute_energy};
use crate::flows::{Flows, Totals};
use crate::laws::{self, Laws};
use crate::price::{ImportPrices, band_cost};
use crate::rules::{BandBasis, Grid, RuleSet};
use crate::seal::{SealedPrices, SealedRecord};
use domain::{Band, Connection, Region, RegionError, TariffPeriod};
use quantity::{BusinessDay, Instant, PricePerKwh, Step, UtcOffset, WattHours};
use std::sync::Arc;

/// Where prices come from.
#[derive(Debug, Clone)]
pub enum PriceSource {
    /// One import and one export price.
    Flat {
        /// Price of grid energy.
        import: PricePerKwh,
        /// What an exported kWh earns.
        export: PricePerKwh,
    },
    /// The dated tariff of a region.
    Region(Arc<Region>),
}

/// What a run takes its prices from.
#[derive(Debug)]
enum Prices {
    Source(PriceSource),
    /// As sealed: the bands of the days that are settled again.
    Bands(Vec<Band>, PricePerKwh),
}

/// Why a run stops.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The interval cannot be settled.
    #[error(transparent)]
    Distribute(#[from] DistributeError),
    /// The region has no price for the day.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// The run is longer than sums are safe for.
    #[error("a run of more than a thousand days cannot be added up; settle it in parts")]
    TooLong,
    /// Energy and prices are larger than sums are safe for.
    #[error("so much energy at such prices cannot be added up; check the units: energy is in Wh, prices in ngwee per kWh")]
    TooLarge,
}

/// The most that all energy of a run may be worth at its highest price, milli-ngwee. Every sum of money is at most three times that: what is
/// imported, what is given and the service charge.
const WORTH_MAX: i128 = (i64::MAX / 8) as i128;

impl RunError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Distribute(error) => error.code(),
            Self::Region(error) => error.code(),
            Self::TooLong => "run_too_long",
            Self::TooLarge => "run_too_large",
        }
    }
}

/// What a member would have had without the cluster: own generation, own meter, the same tariff.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alone {
    /// The bill: imports less exports, milli-ngwee.
    pub cost: i64,
    /// Bought, Wh.
    pub imported: i64,
    /// Sold, Wh.
    pub exported: i64,
    /// Need not met, Wh.
    pub unserved: i64,
    /// Minutes of outage in which the own generation alone met the need.
    pub served_minutes: i64,
}

impl Alone {
    const fn add(&mut self, other: &Self) {
        self.cost += other.cost;
        self.imported += other.imported;
        self.exported += other.exported;
        self.unserved += other.unserved;
        self.served_minutes += other.served_minutes;
    }
}

/// One member's day (or month): in the cluster and alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemberDay {
    /// In the cluster.
    pub flows: Flows,
    /// Alone.
    pub alone: Alone,
    /// Minutes without a grid in which the member wanted energy.
    pub outage_minutes: i64,
    /// Of these, minutes in which all of it was met.
    pub served_minutes: i64,
}

impl MemberDay {
    /// Adds another stretch of the same member.
    pub const fn add(&mut self, other: &Self) {
        self.flows.add(&other.flows);
        self.alone.add(&other.alone);
        self.outage_minutes += other.outage_minutes;
        self.served_minutes += other.served_minutes;
    }
}

/// One day of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayTotals {
    /// One for each member, in order.
    pub members: Vec<MemberDay>,
    /// The cluster.
    pub totals: Totals,
    /// Intervals settled.
    pub intervals: i64,
}

/// A calendar month against being alone, one value for each member, in milli-ngwee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthCheck {
    /// First day of the month.
    pub month: BusinessDay,
    /// What the cluster cost before the service charge, less what was served in addition (at the outage cap) and less the worth of
    /// what is still stored in the member's name, minus the bill alone. Above zero: worse than alone.
    pub worse_by: Vec<i64>,
}

/// What lasts from one interval to the next: enough to go on from any point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunState {
    /// The battery.
    pub content: BatteryContent,
    /// First day of the month that the sums below belong to.
    pub month: BusinessDay,
    /// Bought by each member in the month, Wh.
    pub bought: Vec<i64>,
    /// What each would have bought alone, Wh.
    pub bought_alone: Vec<i64>,
    /// Bought by the connection in the month, Wh.
    pub bought_together: i64,
}

impl RunState {
    /// The beginning: an empty battery and a fresh month, for `members`.
    #[must_use]
    pub fn start(members: usize) -> Self {
        Self {
            content: BatteryContent::empty(members),
            month: BusinessDay(i32::MIN),
            bought: vec![0; members],
            bought_alone: vec![0; members],
            bought_together: 0,
        }
    }
}

/// Settles interval after interval of one cluster.
#[derive(Debug)]
pub struct Run {
    rule: RuleSet,
    prices: Prices,
    offset: UtcOffset,
    step: Step,
    weights: Vec<u64>,
    state: RunState,
    tariff: Option<(BusinessDay, TariffPeriod, PricePerKwh)>,
    scratch: Scratch,
    settlement: Settlement,
    day: DayTotals,
    laws: Laws,
    months: Vec<MonthCheck>,
    intervals: i64,
    worth: i128,
}

impl Run {
    /// A run under `rule` that goes on from `state`; `weights` has one fixed weight for each member.
    #[must_use]
    pub fn new(rule: RuleSet, prices: PriceSource, offset: UtcOffset, step: Step, weights: Vec<u64>, state: RunState) -> Self {
        Self::with_prices(rule, Prices::Source(prices), offset, step, weights, state)
    }

    /// A run that settles sealed intervals again, under the rule and at the prices of `first`, with its members; for the intervals that were
    /// sealed under the same.
    #[must_use]
    pub fn again(first: &SealedRecord, offset: UtcOffset, state: RunState) -> Self {
        let prices = match &first.prices {
            SealedPrices::Flat(import) => Prices::Source(PriceSource::Flat { import: *import, export: first.export }),
            SealedPrices::Bands(bands) => Prices::Bands(bands.clone(), first.export),
        };
        let weights = first.lines.iter().map(|line| line.weight).collect();
        Self::with_prices(first.rule.clone(), prices, offset, first.step, weights, state)
    }

    fn with_prices(rule: RuleSet, prices: Prices, offset: UtcOffset, step: Step, weights: Vec<u64>, state: RunState) -> Self {
        let day = DayTotals { members: vec![MemberDay::default(); weights.len()], ..DayTotals::default() };
        Self {
            rule,
            prices,
            offset,
            step,
            weights,
            state,
            tariff: None,
            scratch: Scratch::default(),
            settlement: Settlement::default(),
            day,
            laws: Laws::held(),
            months: Vec::new(),
            intervals: 0,
            worth: 0,
        }
    }

    /// Settles the interval that starts at `start`; members' columns in the order of the weights.
    ///
    /// # Errors
    /// [`RunError`]; the run must not be used after one.
    pub fn interval(
        &mut self,
        start: Instant,
        grid: Grid,
        plant: WattHours,
        consumption: &[i64],
        generation: &[i64],
    ) -> Result<&Settlement, RunError> {
        if self.intervals >= 1_000 * self.step.per_day() {
            return Err(RunError::TooLong);
        }
        self.intervals += 1;
        let local_day = BusinessDay::of(start, self.offset);
        self.enter_day(local_day)?;
        self.enter_month(local_day.month_start());
        let (bands, export) = match (&self.prices, &self.tariff) {
            (Prices::Source(PriceSource::Flat { import, export }), _) => (Err(*import), *export),
            (Prices::Bands(bands, export), _) => (Ok(bands), *export),
            (Prices::Source(PriceSource::Region(_)), Some((_, tariff, export))) => (Ok(&tariff.bands), *export),
            (Prices::Source(PriceSource::Region(region)), None) => {
                return Err(RegionError::Gap { region: region.code.clone(), table: "tariff", day: local_day }.into());
            }
        };
        let import = match (bands, self.rule.band_basis) {
            (Err(price), _) => ImportPrices::Flat(price),
            (Ok(bands), BandBasis::EachHome) => ImportPrices::EachHome { bands, before: &self.state.bought },
            (Ok(bands), BandBasis::Connection) => ImportPrices::Connection { bands, before: self.state.bought_together },
        };
        let input = IntervalInput { step: self.step, grid, plant, consumption, generation, weights: &self.weights, import, export };
        let before = self.state.content.total();
        distribute_energy(&self.rule, &input, &mut self.state.content, &mut self.scratch, &mut self.settlement)?;
        self.worth += worth(&self.rule, &input, &self.settlement);
        if self.worth > WORTH_MAX {
            return Err(RunError::TooLarge);
        }
        self.laws.also(&laws::check_interval(&self.rule, &input, &self.settlement, before));
        let reaches_grid = self.rule.reaches_grid(grid);
        let tariff = match import {
            ImportPrices::Flat(price) => AloneTariff::Flat(price.0),
            ImportPrices::EachHome { bands, .. } | ImportPrices::Connection { bands, .. } => AloneTariff::Bands(bands),
        };
        if self.rule.connection == Connection::Separate {
            // Under own contracts a member is alone with the utility: what was bought and what would have been are one.
            self.state.bought_alone.copy_from_slice(&self.state.bought);
        }
        let served = Served { reaches_grid, minutes: self.step.minutes(), cap: self.rule.outage_cap.0, export: export.0 };
        let month = self.months.last_mut().map(|month| month.worse_by.as_mut_slice());
        account(&served, &tariff, &self.settlement, &mut self.state.bought_alone, &mut self.day, month);
        self.remember();
        Ok(&self.settlement)
    }

    fn enter_day(&mut self, day: BusinessDay) -> Result<(), RunError> {
        let Prices::Source(PriceSource::Region(region)) = &self.prices else { return Ok(()) };
        if self.tariff.as_ref().is_some_and(|(known, ..)| *known == day) {
            return Ok(());
        }
        let export = region.export_price_on(day);
        self.tariff = Some((day, region.tariff_on(day)?.clone(), export));
        Ok(())
    }

    fn enter_month(&mut self, month: BusinessDay) {
        let members = self.weights.len();
        if self.state.month != month {
            self.state.month = month;
            self.state.bought.fill(0);
            self.state.bought_alone.fill(0);
            self.state.bought_together = 0;
        }
        if self.months.last().is_none_or(|last| last.month != month) {
            self.value_claims(1);
            self.months.push(MonthCheck { month, worse_by: vec![0; members] });
            self.value_claims(-1);
        }
    }

    /// What is stored in a member's name is worth the export it stood for: credited at the end of a month, debited at the next start.
    fn value_claims(&mut self, sign: i64) {
        let (Some(battery), Some(month)) = (self.rule.battery, self.months.last_mut()) else { return };
        let export = match (&self.prices, &self.tariff) {
            (Prices::Source(PriceSource::Flat { export, .. }) | Prices::Bands(_, export), _) | (_, Some((_, _, export))) => export.0,
            _ => 0,
        };
        for (worse_by, &claim) in month.worse_by.iter_mut().zip(&self.state.content.claims) {
            *worse_by -= sign * battery.efficiency.inverse_ceil(claim).unwrap_or(0) * export;
        }
    }

    fn remember(&mut self) {
        for (bought, flows) in self.state.bought.iter_mut().zip(&self.settlement.members) {
            *bought += flows.imported;
        }
        self.state.bought_together += self.settlement.totals.imported;
    }

    /// The state to go on from.
    #[must_use]
    pub const fn state(&self) -> &RunState {
        &self.state
    }

    /// The rules of this run.
    #[must_use]
    pub const fn rule(&self) -> &RuleSet {
        &self.rule
    }

    /// The sums since the last call; begins a new day.
    pub fn take_day(&mut self) -> DayTotals {
        let fresh = DayTotals { members: vec![MemberDay::default(); self.weights.len()], ..DayTotals::default() };
        std::mem::replace(&mut self.day, fresh)
    }

    /// Ends the run: which laws held, and the months against being alone.
    #[must_use]
    pub fn finish(mut self) -> (Laws, Vec<MonthCheck>) {
        self.value_claims(1);
        (self.laws, self.months)
    }
}

/// All energy of an interval at its highest price: no sum of its money is larger, nor is the energy itself.
fn worth(rule: &RuleSet, input: &IntervalInput<'_>, settlement: &Settlement) -> i128 {
    let highest = [input.import.highest(), input.export.0, rule.outage_cap.0, rule.service_charge.0].into_iter().max().unwrap_or(0).max(1);
    i128::from(settlement.totals.generation + settlement.totals.consumption) * i128::from(highest)
}

enum AloneTariff<'a> {
    Flat(i64),
    Bands(&'a [domain::Band]),
}

struct Served {
    reaches_grid: bool,
    minutes: i64,
    cap: i64,
    export: i64,
}

/// Adds an interval to the day and to the month's comparison, and replays it for each member alone.
fn account(
    served: &Served,
    tariff: &AloneTariff<'_>,
    settlement: &Settlement,
    bought_alone: &mut [i64],
    day: &mut DayTotals,
    mut month: Option<&mut [i64]>,
) {
    day.intervals += 1;
    day.totals.add(&settlement.totals);
    for (at, flows) in settlement.members.iter().enumerate() {
        let need = flows.consumption - flows.self_used;
        let spare = flows.generation - flows.self_used;
        let mut alone = Alone::default();
        if served.reaches_grid {
            let cost = match tariff {
                AloneTariff::Flat(price) => need * price,
                AloneTariff::Bands(bands) => band_cost(bands, bought_alone[at], need),
            };
            alone = Alone { cost: cost - spare * served.export, imported: need, exported: spare, ..alone };
            bought_alone[at] += need;
        } else {
            alone.unserved = need;
        }
        let mut hours = (0, 0);
        if !served.reaches_grid && flows.consumption > 0 {
            hours = (served.minutes, if flows.unserved == 0 { served.minutes } else { 0 });
            alone.served_minutes = if need == 0 { served.minutes } else { 0 };
        }
        if let Some(worse_by) = month.as_deref_mut() {
            worse_by[at] += flows.energy_money() - alone.cost - (alone.unserved - flows.unserved) * served.cap;
        }
        day.members[at].add(&MemberDay { flows: *flows, alone, outage_minutes: hours.0, served_minutes: hours.1 });
    }
}
