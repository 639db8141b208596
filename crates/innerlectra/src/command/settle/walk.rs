//! From readings to money: interval after interval through the settlement kernel, with days, months and what was missing.

use super::setup::Plan;
use super::sift::Sifted;
use crate::exit::Failure;
use domain::MeterNo;
use indicatif::ProgressBar;
use metering::import::Import;
use metering::series::{ESTIMATE_DAYS, estimate};
use metering::{ImportReport, Reading, RefusedRow};
use quantity::{BusinessDay, DAY_MS, Instant, MilliNgwee, Ngwee, Step, UtcOffset, WattHours, round_day};
use settlement::laws::Laws;
use settlement::{BatteryContent, DayTotals, DistributeError, MEMBERS_MAX, MemberDay, MonthCheck, Run, RunError, RunState, Totals};
use std::collections::{BTreeMap, HashSet};

/// The money of many days in whole ngwee.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Money {
    /// What each member pays, in order (negative: gets).
    pub members: Vec<i64>,
    /// For energy from the grid.
    pub import: i64,
    /// From the grid for energy.
    pub export: i64,
    /// To the maintenance and replacement fund.
    pub service: i64,
}

/// Another value for a meter and interval that already had one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The meter.
    pub meter_id: String,
    /// Start of the interval.
    pub start: Instant,
    /// Consumption and generation that were replaced, Wh.
    pub before: (i64, i64),
    /// Those that count, Wh.
    pub after: (i64, i64),
}

/// How a missing reading was filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filled {
    /// From the same time of earlier days.
    Estimated,
    /// With nothing: more than a day before the meter's first reading or after its last.
    Absent,
}

/// A stretch without readings of one meter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The meter.
    pub meter_id: String,
    /// Start of the first interval without a reading.
    pub from: Instant,
    /// End of the last.
    pub until: Instant,
    /// Intervals without a reading.
    pub missing: i64,
    /// How they were filled.
    pub filled: Filled,
}

/// Everything that came out. Two computations of the same rows must be equal in all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Step of the readings.
    pub step: Step,
    /// Whether it was assumed.
    pub is_step_assumed: bool,
    /// Ids of the members, sorted.
    pub members: Vec<String>,
    /// Ids of the plant's meters, sorted.
    pub plants: Vec<String>,
    /// Rows that validation refused, by line.
    pub refused: Vec<RefusedRow>,
    /// Rows that another replaced.
    pub corrected: Vec<Correction>,
    /// Rows that stood there twice.
    pub duplicates: i64,
    /// What was missing.
    pub gaps: Vec<Gap>,
    /// Readings that were estimated.
    pub estimated: i64,
    /// Intervals between the first and the last without any reading: not settled.
    pub skipped: i64,
    /// Consumption of the plant's meters, which is not counted, Wh.
    pub plant_consumption: i64,
    /// Each settled interval.
    pub intervals: Vec<(Instant, Totals)>,
    /// The sums of all.
    pub totals: Totals,
    /// The sums of each member.
    pub sums: Vec<MemberDay>,
    /// The money.
    pub money: Money,
    /// Whether the ngwee of each day add up to zero.
    pub days_balance: bool,
    /// The laws of each interval.
    pub laws: Laws,
    /// The months against being alone.
    pub months: Vec<MonthCheck>,
    /// What the battery holds at the end.
    pub content: BatteryContent,
    /// First local day.
    pub first_day: BusinessDay,
}

/// The meters in their columns: members by id, then the plant's.
struct Columns {
    members: Vec<String>,
    plants: Vec<String>,
    /// Column of each meter number, from 1.
    of_meter: Vec<Option<usize>>,
    /// First and last interval in which each column's meter was there.
    present: Vec<(Instant, Instant)>,
}

impl Columns {
    fn new(plan: &Plan, sifted: &Sifted) -> Self {
        let mut spans: BTreeMap<MeterNo, (Instant, Instant)> = BTreeMap::new();
        for reading in &sifted.import.readings {
            spans.entry(reading.meter).or_insert((reading.start, reading.start)).1 = reading.start;
        }
        let plant_ids: HashSet<&str> =
            plan.sites.iter().flatten().filter(|site| site.role == domain::MeterRole::Plant).map(|site| site.meter_id.as_str()).collect();
        let mut known: Vec<(bool, &str, MeterNo)> =
            spans.keys().filter_map(|&meter| sifted.meters.id_of(meter).map(|id| (plant_ids.contains(id), id, meter))).collect();
        known.sort_unstable();
        let most = known.iter().map(|&(.., meter)| index(meter)).max().map_or(0, |most| most + 1);
        let mut of_meter = vec![None; most];
        for (column, &(.., meter)) in known.iter().enumerate() {
            of_meter[index(meter)] = Some(column);
        }
        let ids = |is_plant: bool| known.iter().filter(|known| known.0 == is_plant).map(|&(_, id, _)| id.to_owned()).collect();
        let present = known.iter().map(|(.., meter)| presence(spans[meter], &sifted.import)).collect();
        Self { members: ids(false), plants: ids(true), of_meter, present }
    }

    fn id(&self, column: usize) -> &str {
        self.members.get(column).or_else(|| self.plants.get(column - self.members.len())).map_or("", String::as_str)
    }
}

/// A meter whose readings begin or end more than a day from those of all is taken as not there before or after.
fn presence((first, last): (Instant, Instant), import: &Import) -> (Instant, Instant) {
    let (from, until) = (import.report.first_start.unwrap_or(first), import.report.last_start.unwrap_or(last));
    (if first.ms_since(from) > DAY_MS { first } else { from }, if until.ms_since(last) > DAY_MS { last } else { until })
}

fn index(meter: MeterNo) -> usize {
    usize::try_from(meter.get()).unwrap_or(0)
}

/// What was measured in the same interval of earlier days, by column and time of day; the latest first.
struct History {
    per_day: usize,
    step_ms: i64,
    days: Vec<Vec<(WattHours, WattHours)>>,
}

impl History {
    fn new(columns: usize, step: Step) -> Self {
        let per_day = usize::try_from(step.per_day()).unwrap_or(96);
        Self { per_day, step_ms: step.ms(), days: vec![Vec::new(); columns * per_day] }
    }

    fn of(&mut self, column: usize, start: Instant) -> &mut Vec<(WattHours, WattHours)> {
        let time = usize::try_from(start.0.rem_euclid(DAY_MS) / self.step_ms).unwrap_or(0);
        &mut self.days[column * self.per_day + time]
    }

    fn remember(&mut self, column: usize, start: Instant, measured: (i64, i64)) {
        let days = self.of(column, start);
        days.truncate(ESTIMATE_DAYS - 1);
        days.insert(0, (WattHours(measured.0), WattHours(measured.1)));
    }
}

/// The weights of the members, in order.
///
/// # Errors
/// [`Failure`] for a member without a weight, where the key takes weights.
fn weights(plan: &Plan, uses_weights: bool, members: &[String]) -> Result<Vec<u64>, Failure> {
    let Some(given) = plan.weights.as_ref().filter(|_| uses_weights) else { return Ok(vec![0; members.len()]) };
    let given: BTreeMap<&str, u64> = given.iter().map(|weight| (weight.meter_id.as_str(), weight.weight)).collect();
    let missing: Vec<&str> = members.iter().map(String::as_str).filter(|id| !given.contains_key(id)).collect();
    if !missing.is_empty() {
        let (shown, more) = (missing.iter().take(5).copied().collect::<Vec<_>>().join(", "), missing.len().saturating_sub(5));
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(Failure::bad_input("weight_missing_member", format!("the weights file has no weight for {shown}{more}")));
    }
    Ok(members.iter().map(|id| given[id.as_str()]).collect())
}

/// Settles all readings.
///
/// # Errors
/// [`Failure`] when there is nothing to settle, or when rules, weights, prices and readings do not fit.
pub fn walk(plan: &Plan, sifted: Sifted, offset: UtcOffset, bar: &ProgressBar) -> Result<Outcome, Failure> {
    let columns = Columns::new(plan, &sifted);
    let Some(first) = sifted.import.readings.first() else {
        return Err(Failure::bad_input("no_readings", "no row of the file can be used"));
    };
    if columns.members.is_empty() {
        return Err(Failure::bad_input("no_members", "all meters with readings are those of the shared plant: nobody is there to share it"));
    }
    let members = columns.members.len().max(columns.plants.len());
    if members > MEMBERS_MAX {
        return Err(failure(&DistributeError::TooMany { members }.into()));
    }
    let first_day = BusinessDay::of(first.start, offset);
    let rule = plan.rule_from(first_day)?;
    let uses_weights = rule.sharing_key.needs_weights() || matches!(rule.sharing_key, settlement::SharingKey::Hybrid(_));
    let weights = weights(plan, uses_weights, &columns.members)?;
    rule.check(&weights).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
    let members = columns.members.len();
    let run = Run::new(rule, plan.prices.clone(), offset, sifted.step, weights, RunState::start(members));
    let mut walk = Walk::new(plan, run, &columns, sifted.step, offset, first_day);
    for (start, readings) in sifted.import.batches() {
        walk.interval(start, readings)?;
        bar.inc(readings.len() as u64);
    }
    let mut outcome = walk.finish(&sifted.import.report);
    (outcome.refused, outcome.is_step_assumed) = (sifted.refused, sifted.is_step_assumed);
    Ok(outcome)
}

struct Walk<'a> {
    plan: &'a Plan,
    run: Run,
    columns: &'a Columns,
    step: Step,
    offset: UtcOffset,
    day: BusinessDay,
    history: History,
    measured: Vec<Option<(i64, i64)>>,
    consumption: Vec<i64>,
    generation: Vec<i64>,
    out: Outcome,
}

impl<'a> Walk<'a> {
    fn new(plan: &'a Plan, run: Run, columns: &'a Columns, step: Step, offset: UtcOffset, first_day: BusinessDay) -> Self {
        let members = columns.members.len();
        let all = members + columns.plants.len();
        let out = Outcome {
            step,
            is_step_assumed: false,
            members: columns.members.clone(),
            plants: columns.plants.clone(),
            refused: Vec::new(),
            corrected: Vec::new(),
            duplicates: 0,
            gaps: Vec::new(),
            estimated: 0,
            skipped: 0,
            plant_consumption: 0,
            intervals: Vec::new(),
            totals: Totals::default(),
            sums: vec![MemberDay::default(); members],
            money: Money { members: vec![0; members], ..Money::default() },
            days_balance: true,
            laws: Laws::held(),
            months: Vec::new(),
            content: BatteryContent::default(),
            first_day,
        };
        let (consumption, generation) = (vec![0; members], vec![0; members]);
        Self {
            plan,
            run,
            columns,
            step,
            offset,
            day: first_day,
            history: History::new(all, step),
            measured: vec![None; all],
            consumption,
            generation,
            out,
        }
    }

    fn interval(&mut self, start: Instant, readings: &[Reading]) -> Result<(), Failure> {
        let day = BusinessDay::of(start, self.offset);
        if day != self.day {
            self.close_day();
            self.day = day;
        }
        self.measured.fill(None);
        for reading in readings {
            self.take(reading);
        }
        let mut plant = 0;
        for column in 0..self.measured.len() {
            let (consumption, generation) = self.value(column, start);
            match self.consumption.get_mut(column) {
                Some(slot) => (*slot, self.generation[column]) = (consumption, generation),
                None => {
                    plant += generation;
                    self.out.plant_consumption += consumption;
                }
            }
        }
        let grid = self.plan.grid_at(start);
        let settled = self.run.interval(start, grid, WattHours(plant), &self.consumption, &self.generation).map_err(|error| failure(&error))?;
        self.out.intervals.push((start, settled.totals));
        Ok(())
    }

    fn take(&mut self, reading: &Reading) {
        let Some(&Some(column)) = self.columns.of_meter.get(index(reading.meter)) else { return };
        let value = (reading.consumption.0, reading.generation.0);
        match self.measured[column].replace(value) {
            Some(before) if before == value => self.out.duplicates += 1,
            Some(before) => {
                let meter_id = self.columns.id(column).to_owned();
                self.out.corrected.push(Correction { meter_id, start: reading.start, before, after: value });
            }
            None => {}
        }
    }

    /// What was measured, or an estimate in its place.
    fn value(&mut self, column: usize, start: Instant) -> (i64, i64) {
        if let Some(measured) = self.measured[column] {
            self.history.remember(column, start, measured);
            return measured;
        }
        let (from, until) = self.columns.present[column];
        if start < from || start > until {
            return (0, 0);
        }
        self.out.estimated += 1;
        let (consumption, generation) = estimate(self.history.of(column, start));
        (consumption.0, generation.0)
    }

    fn close_day(&mut self) {
        let day = self.run.take_day();
        self.out.totals.add(&day.totals);
        for (sum, member) in self.out.sums.iter_mut().zip(&day.members) {
            sum.add(member);
        }
        match rounded(&day) {
            Some(money) => {
                self.out.days_balance &= money.members.iter().sum::<i64>() + money.export == money.import + money.service;
                for (sum, ngwee) in self.out.money.members.iter_mut().zip(&money.members) {
                    *sum += ngwee;
                }
                self.out.money.import += money.import;
                self.out.money.export += money.export;
                self.out.money.service += money.service;
            }
            None => self.out.days_balance = false,
        }
    }

    fn finish(mut self, report: &ImportReport) -> Outcome {
        self.close_day();
        let expected = report.last_start.zip(report.first_start).map_or(0, |(last, first)| last.ms_since(first) / self.step.ms() + 1);
        self.out.skipped = expected - self.out.intervals.len() as i64;
        self.out.gaps = self.gaps(report);
        self.out.content = self.run.state().content.clone();
        (self.out.laws, self.out.months) = self.run.finish();
        self.out
    }

    fn gaps(&self, report: &ImportReport) -> Vec<Gap> {
        let by_id: BTreeMap<&str, usize> = (0..self.columns.present.len()).map(|column| (self.columns.id(column), column)).collect();
        let mut gaps = Vec::new();
        for meter in &report.gaps {
            let Some(&(from, until)) = by_id.get(meter.meter_id.as_str()).map(|&column| &self.columns.present[column]) else { continue };
            gaps.extend(meter.gaps.iter().map(|gap| Gap {
                meter_id: meter.meter_id.clone(),
                from: gap.start(),
                until: gap.end(),
                missing: gap.end().ms_since(gap.start()) / self.step.ms(),
                filled: if gap.start() < from || gap.start() > until { Filled::Absent } else { Filled::Estimated },
            }));
        }
        gaps.sort_by(|a, b| (&a.meter_id, a.from).cmp(&(&b.meter_id, b.from)));
        gaps
    }
}

/// A day's money in whole ngwee: what members pay, less what the grid and the fund get, is zero before and after.
fn rounded(day: &DayTotals) -> Option<Money> {
    let sum = |pick: fn(&MemberDay) -> i64| day.members.iter().map(pick).sum::<i64>();
    let (import, export) = (sum(|m| m.flows.import_cost), sum(|m| m.flows.export_revenue));
    let service = sum(|m| m.flows.service_charge);
    let mut lines: Vec<MilliNgwee> = day.members.iter().map(|member| MilliNgwee(member.flows.money())).collect();
    lines.extend([-import, export, -service].map(MilliNgwee));
    if lines.iter().map(|line| line.0).sum::<i64>() != 0 {
        return None;
    }
    let rounded: Vec<i64> = round_day(&lines)?.into_iter().map(|Ngwee(ngwee)| ngwee).collect();
    let (members, others) = rounded.split_at(day.members.len());
    let &[import, export, service] = others else { return None };
    Some(Money { members: members.to_vec(), import: -import, export, service: -service })
}

fn failure(error: &RunError) -> Failure {
    Failure::bad_input(error.code(), error.to_string())
}
