//! What joining would mean for one household, told before it joins: computed by the same kernel that settles, for a modelled year, with
//! every assumption beside it. It says "not at this use" where that is so.

use super::model::{self, Assumption, assume};
use super::rules::{rules_on, usual_settlement, usual_trading};
use super::{ClusterError, again, entering, number};
use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{ClusterCode, ClusterKind, Confidence, Connection, GridKind, MemberNo, OutageCalendar, Region};
use quantity::{BusinessDay, Instant, MINUTE_MS, MilliNgwee, Ngwee, Step, UtcOffset, WattHours, Watts};
use settlement::returns::{Stake, calculate_member_returns};
use settlement::seal::SealedRecord;
use settlement::{Battery, Grid, MemberDay, PriceSource, RuleSet, Run, RunState};
use std::sync::Arc;
use store::Tx;
use store::tables::{ClusterRow, RulePrices};

/// Settled days of a cluster that stand for a year.
const DAYS_OWN: i32 = 30;
/// Readings of a household that are taken at most: a year of quarter hours and a leap day.
const READINGS_MAX: usize = 35_136;
const MONTHS: i64 = 12;
const DAYS_A_YEAR: i64 = 365;

/// What would be joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerdictOf {
    /// A cluster.
    Cluster(ClusterCode),
    /// A cluster that may come to be.
    Kind {
        /// Code of the region.
        region: String,
        /// Kind.
        kind: ClusterKind,
        /// How it would be wired.
        connection: Connection,
    },
}

/// What the household uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerdictUse {
    /// So much a month, on a typical day.
    Monthly(WattHours),
    /// Its own readings: start and energy of each interval.
    Readings(Vec<(Instant, WattHours)>),
    /// Its settled days as a member of another cluster, which the asker acts for.
    Member(ClusterCode, MemberNo),
}

/// A question before joining.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictAsk {
    /// What would be joined.
    pub of: VerdictOf,
    /// What would be put in.
    pub contribution: Ngwee,
    /// What is used.
    pub usage: VerdictUse,
    /// Hours a day without the grid, one of the region's scenarios.
    pub outage_hours: i64,
}

/// When the contribution comes back as money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payback {
    /// After so many days, within the life of the equipment.
    Days(i64),
    /// Not within the life of the equipment, at this use and these prices: what is bought is supply in outages and ownership.
    NotAtThisUse,
    /// There is no grid price to compare with.
    NothingToCompare,
    /// Nothing is put in.
    NothingPutIn,
}

/// The answer: averages over the year, each for one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What the household uses.
    pub used: WattHours,
    /// What it pays the utility now; `None` without a grid.
    pub pays_now: Option<Ngwee>,
    /// What it would pay in the cluster, service charge included.
    pub pays_then: Ngwee,
    /// What it would save (negative: pay more); `None` without a grid.
    pub saves: Option<Ngwee>,
    /// What the equipment wears for its part: the contribution over the planning life.
    pub wear: Ngwee,
    /// Whether the saving is more than the wear.
    pub is_saving: bool,
    /// Energy from the plant, at once or from the battery.
    pub from_plant: WattHours,
    /// Minutes without the grid in which it wants energy.
    pub outage_minutes: i64,
    /// Of these, minutes that the cluster would serve whole.
    pub served_minutes: i64,
    /// Energy wanted in outages and not there, in the cluster.
    pub unserved: WattHours,
    /// When what was put in has come back.
    pub payback: Payback,
    /// What all this rests on.
    pub assumptions: Vec<Assumption>,
    /// The least sure of these.
    pub confidence: Confidence,
}

/// Everything the model needs, worked out.
struct Case {
    region: Arc<Region>,
    rule: RuleSet,
    prices: RulePrices,
    offset: UtcOffset,
    today: BusinessDay,
    /// Use of a month and how it lies on the hours of a day.
    used: WattHours,
    hours: [u64; 24],
    /// The plant's part, Wh by hour of a day of each month.
    plant: Box<[[i64; 24]; 12]>,
    outages: OutageCalendar,
    contribution: Ngwee,
    assumptions: Vec<Assumption>,
}

impl Service {
    /// What joining would mean. Anybody may ask; own settled days need the right to read them.
    ///
    /// # Errors
    /// [`ServiceError::ClusterUnknown`]; [`ServiceError::RegionUnknown`]; [`ServiceError::Region`] for an outage scenario that the region
    /// does not have; [`ClusterError::ContributionLow`] and `High`; [`ClusterError::Number`].
    pub async fn verdict(&self, actor: Actor, ask: VerdictAsk) -> Result<Verdict, ServiceError> {
        Standing::stranger(actor).require(Action::CardRead)?;
        let mut case = match &ask.of {
            VerdictOf::Cluster(code) => {
                let cluster = self.cluster(code).await?;
                self.case_of_cluster(&cluster, &ask).await?
            }
            VerdictOf::Kind { region, kind, connection } => self.case_of_kind(region, *kind, *connection, &ask)?,
        };
        let (used, hours, mut assumptions) = self.verdict_use(actor, &ask.usage, case.offset).await?;
        number("the use of a month in Wh", 1, 100_000_000, used.0)?;
        case.assumptions.append(&mut assumptions);
        (case.used, case.hours) = (used, hours);
        // A year of hours is arithmetic for a moment: not on the thread that answers others.
        let done = tokio::task::spawn_blocking(move || case.decide()).await;
        done.map_err(|_| ServiceError::DayUnbalanced { day: BusinessDay(0) })?
    }

    async fn verdict_use(
        &self,
        actor: Actor,
        usage: &VerdictUse,
        offset: UtcOffset,
    ) -> Result<(WattHours, [u64; 24], Vec<Assumption>), ServiceError> {
        let typical = assume("load_typical_day", 1, Confidence::Low);
        match usage {
            VerdictUse::Monthly(used) => Ok((*used, model::TYPICAL_HOURS, vec![typical])),
            VerdictUse::Readings(readings) => Ok(of_readings(readings, offset)?),
            VerdictUse::Member(code, member) => {
                let cluster = self.cluster(code).await?;
                self.require(actor, cluster.id, Action::ReadingsRead(*member)).await?;
                let (id, member, today) = (cluster.id, *member, again::today(&cluster, self.now()));
                let days = self.store.read::<_, ServiceError, _>(move |tx| {
                    Box::pin(async move { Ok(tx.member_day_list(id, today.plus_days(-DAYS_OWN), today, Some(member)).await?) })
                });
                let days = days.await?;
                let mut sum = 0i64;
                for day in &days {
                    sum += MemberDay::from_bytes(&day.sums)?.flows.consumption;
                }
                let count = days.len() as i64;
                let used = WattHours(if count == 0 { 0 } else { sum.saturating_mul(DAYS_A_YEAR) / (MONTHS * count) });
                Ok((used, model::TYPICAL_HOURS, vec![typical, assume("use_own_days", count, Confidence::Medium)]))
            }
        }
    }

    async fn case_of_cluster(&self, cluster: &ClusterRow, ask: &VerdictAsk) -> Result<Case, ServiceError> {
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        let ask = Arc::new(ask.clone());
        self.store
            .read(move |tx| {
                let (row, region, ask) = (row.clone(), region.clone(), ask.clone());
                Box::pin(async move { case_of_cluster(tx, &row, region, &ask, now).await })
            })
            .await
    }

    fn case_of_kind(&self, region: &str, kind: ClusterKind, connection: Connection, ask: &VerdictAsk) -> Result<Case, ServiceError> {
        let region = self.region(region)?;
        let today = BusinessDay::of(self.now(), region.offset);
        entering::contribution_fits(kind, region.contribution_on(today), ask.contribution)?;
        let watts = model::watts_for(ask.contribution);
        let rule = usual_settlement(kind, connection, &usual_trading(kind, &region), &region, today)?;
        let mut assumptions = model::EQUIPMENT.to_vec();
        assumptions.extend(model::SUN);
        Ok(Case {
            rule: with_battery(rule, model::battery_for(watts)),
            prices: RulePrices::Region,
            offset: region.offset,
            today,
            used: WattHours(0),
            hours: model::TYPICAL_HOURS,
            plant: by_sun(&region, watts),
            outages: region.outage_calendar(ask.outage_hours, None)?,
            contribution: ask.contribution,
            assumptions,
            region,
        })
    }
}

async fn case_of_cluster(tx: &mut Tx<'_>, cluster: &ClusterRow, region: Arc<Region>, ask: &VerdictAsk, now: Instant) -> Result<Case, ServiceError> {
    let today = again::today(cluster, now);
    let rules = rules_on(tx, cluster, &region, today).await?;
    let governance = rules.governance.config;
    entering::contribution_fits(cluster.kind, entering::contribution_range(&governance, &region, today), ask.contribution)?;
    let room = entering::Room::load(tx, cluster, &region, today).await?;
    // The part of the plant is by the tiers of all, this household's among them.
    let own = entering::weight_of(ask.contribution).max(1);
    let all = room.here().map(|member| member.weight.max(1)).sum::<u64>().saturating_add(own);
    let part = |whole: i64| i64::try_from(i128::from(whole) * i128::from(own) / i128::from(all)).unwrap_or(i64::MAX);
    let profile = tx.cluster_profile(cluster.id).await?;
    let planned = profile.map_or(0, |profile| profile.power.0);
    let mut assumptions = vec![assume("plant_part_of_weights", i64::try_from(all).unwrap_or(i64::MAX), Confidence::Medium)];
    let mut rule = rules.settlement.rule.clone();
    let mut planned_battery = None;
    let plant = match own_plant(tx, cluster, today).await? {
        Some(hours) => {
            assumptions.push(assume("plant_own_days", i64::from(DAYS_OWN), Confidence::Medium));
            Box::new([hours.map(part); 12])
        }
        None if planned > 0 => {
            assumptions.push(assume("plant_planned_watts", planned, Confidence::Low));
            assumptions.extend(model::SUN);
            assumptions.extend(model::EQUIPMENT);
            // A plan is not a plant: nobody is promised more of it than the own money buys.
            let watts = part(planned).min(model::watts_for(ask.contribution));
            planned_battery = Some(model::battery_for(watts));
            by_sun(&region, watts)
        }
        None => {
            assumptions.extend(model::EQUIPMENT);
            assumptions.extend(model::SUN);
            rule = with_battery(rule, model::battery_for(model::watts_for(ask.contribution)));
            by_sun(&region, model::watts_for(ask.contribution))
        }
    };
    if let Some(battery) = rules.settlement.rule.battery {
        let (capacity, power) = planned_battery.unwrap_or((i64::MAX, i64::MAX));
        rule = with_battery(rule, (part(battery.capacity.0).min(capacity), part(battery.power.0).min(power)));
    }
    Ok(Case {
        rule,
        prices: rules.settlement.prices,
        offset: cluster.offset,
        today,
        used: WattHours(0),
        hours: model::TYPICAL_HOURS,
        plant,
        outages: region.outage_calendar(ask.outage_hours, None)?,
        contribution: ask.contribution,
        assumptions,
        region,
    })
}

/// What the cluster's own plant gave by the hour of the day, on average over its last settled days; `None` with fewer days.
async fn own_plant(tx: &mut Tx<'_>, cluster: &ClusterRow, today: BusinessDay) -> Result<Option<[i64; 24]>, ServiceError> {
    let Some(last) = tx.day_last(cluster.id).await? else { return Ok(None) };
    let until = last.next().min(today);
    let from = until.plus_days(-DAYS_OWN);
    let posted = tx.day_list(cluster.id, from, until).await?.iter().filter(|day| day.posted_at.is_some()).count();
    if i32::try_from(posted).unwrap_or(0) < DAYS_OWN {
        return Ok(None);
    }
    let mut sums = [0i64; 24];
    let mut day = from;
    while day < until {
        for row in tx.sealed_latest(cluster.id, day.interval(cluster.offset)).await? {
            let record = SealedRecord::decode(&row.header, &row.body)?;
            let minute = record.start.plus_ms(cluster.offset.ms()).0.div_euclid(60_000).rem_euclid(1_440);
            let hour = usize::try_from(minute / 60).unwrap_or(0).min(23);
            sums[hour] = sums[hour].saturating_add(record.plant.iter().map(|reading| reading.generation).sum());
        }
        day = day.next();
    }
    Ok(Some(sums.map(|sum| sum / i64::from(DAYS_OWN))))
}

fn by_sun(region: &Region, watts: i64) -> Box<[[i64; 24]; 12]> {
    let mut months = Box::new([[0; 24]; 12]);
    for (month, hours) in (1u32..).zip(months.iter_mut()) {
        *hours = model::sun_by_hour(&region.code, month, watts);
    }
    months
}

/// The rule with a battery of that size, where members share wires and the size is anything.
fn with_battery(rule: RuleSet, (capacity, power): (i64, i64)) -> RuleSet {
    let battery = Battery::new(WattHours(capacity), Watts(power));
    let fits = rule.connection != Connection::Separate && battery.is_valid();
    RuleSet { battery: fits.then_some(battery), ..rule }
}

/// A month's use and how it lies on the hours of a day: each hour of the day for itself, so that hours with more readings count no more
/// than others. Every hour needs one: a morning says nothing about an evening.
fn of_readings(readings: &[(Instant, WattHours)], offset: UtcOffset) -> Result<(WattHours, [u64; 24], Vec<Assumption>), ClusterError> {
    if readings.len() > READINGS_MAX {
        return Err(ClusterError::TooMany { most: READINGS_MAX });
    }
    let mut local: Vec<(i64, i64)> = Vec::with_capacity(readings.len());
    for &(start, energy) in readings {
        number("a reading in Wh", 0, 1_000_000_000, energy.0)?;
        local.push((start.plus_ms(offset.ms()).0, energy.0));
    }
    local.sort_unstable();
    let gaps = || local.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0));
    if gaps().any(|gap| gap == 0) {
        return Err(ClusterError::ReadingsTwice);
    }
    let minutes = gaps().min().map_or(60, |gap| (gap / MINUTE_MS).min(60));
    let step =
        Step::from_minutes(minutes).map_err(|_| ClusterError::Number { what: "the minutes between readings", min: 15, max: 60, found: minutes })?;
    let (mut sums, mut counts) = ([0i64; 24], [0i64; 24]);
    for &(at, energy) in &local {
        let hour = usize::try_from(at.div_euclid(60 * MINUTE_MS).rem_euclid(24)).unwrap_or(0);
        sums[hour] = sums[hour].saturating_add(energy);
        counts[hour] += 1;
    }
    if let Some(hour) = counts.iter().position(|&count| count == 0) {
        return Err(ClusterError::ReadingsShort { hour });
    }
    let an_hour = 60 / step.minutes();
    // In thousandths of a Wh: what is rounded off is far below a Wh a month.
    let hours: [u64; 24] = std::array::from_fn(|hour| (sums[hour].saturating_mul(1_000 * an_hour) / counts[hour]).unsigned_abs());
    let day = hours.iter().fold(0u64, |sum, &hour| sum.saturating_add(hour));
    let used =
        i64::try_from(u128::from(day) * u128::from(DAYS_A_YEAR.unsigned_abs()) / u128::from(1_000 * MONTHS.unsigned_abs())).unwrap_or(i64::MAX);
    let mut days: Vec<i64> = local.iter().map(|(at, _)| at.div_euclid(24 * 60 * MINUTE_MS)).collect();
    days.dedup();
    let count = days.len() as i64;
    let confidence = if count >= 28 { Confidence::Medium } else { Confidence::Low };
    Ok((WattHours(used), hours, vec![assume("use_own_readings_days", count, confidence)]))
}

impl Case {
    fn decide(self) -> Result<Verdict, ServiceError> {
        let sum = self.year()?;
        let (flows, alone) = (&sum.flows, &sum.alone);
        let has_grid = self.region.grid != GridKind::None && self.rule.connection != Connection::OffGrid;
        let month = |milli: i64| MilliNgwee(milli / MONTHS).to_ngwee_half_even();
        let stake = Stake { put_in: self.contribution, put_in_by_all: self.contribution, days: DAYS_A_YEAR };
        let life = self.region.life_years("mini_grid").unwrap_or(15);
        let mut assumptions = self.assumptions;
        assumptions.push(assume("equipment_life_years", life, Confidence::Low));
        let tariff = self.region.tariff_on(self.today)?.confidence;
        if has_grid {
            assumptions.push(assume("tariff_from_day", i64::from(self.region.tariff_on(self.today)?.from.0), tariff));
        }
        assumptions.push(assume("neighbours_not_modelled", 1, Confidence::Medium));
        let returned = calculate_member_returns(&sum, &stake).payback_days;
        let payback = match returned {
            _ if self.contribution.0 <= 0 => Payback::NothingPutIn,
            _ if !has_grid => Payback::NothingToCompare,
            Some(days) if days <= life * DAYS_A_YEAR => Payback::Days(days),
            _ => Payback::NotAtThisUse,
        };
        let saves = month(alone.cost - flows.money());
        let wear = Ngwee(self.contribution.0 / (life * MONTHS).max(1));
        Ok(Verdict {
            used: self.used,
            pays_now: has_grid.then(|| month(alone.cost)),
            pays_then: month(flows.money()),
            saves: has_grid.then_some(saves),
            wear,
            is_saving: has_grid && saves > wear,
            from_plant: WattHours((flows.own_share + flows.discharged) / MONTHS),
            outage_minutes: sum.outage_minutes / MONTHS,
            served_minutes: (sum.served_minutes - alone.served_minutes) / MONTHS,
            unserved: WattHours(flows.unserved / MONTHS),
            payback,
            confidence: least_sure(&assumptions),
            assumptions,
        })
    }

    /// A year from the first of this month on, hour by hour, for this household alone with its part of the plant.
    fn year(&self) -> Result<MemberDay, ServiceError> {
        let prices = match self.prices {
            RulePrices::Flat(import, export) => PriceSource::Flat { import, export },
            RulePrices::Region => PriceSource::Region(Arc::clone(&self.region)),
        };
        let mut run = Run::new(self.rule.clone(), prices, self.offset, Step::Min60, vec![1], RunState::start(1));
        let mut month = self.today.month_start();
        for _ in 0..MONTHS {
            let until = month.next_month_start();
            let days = usize::try_from(until.0 - month.0).unwrap_or(30);
            let load = model::load_by_hour(self.used, &self.hours, days);
            let (_, number, _) = month.ymd();
            let plant = &self.plant[usize::try_from(number).unwrap_or(1).clamp(1, 12) - 1];
            let start = month.start(self.offset);
            for (at, used) in load.iter().enumerate() {
                let hour = start.plus_ms(at as i64 * Step::Min60.ms());
                let grid = if self.outages.is_out(hour, self.offset) { Grid::Outage } else { Grid::Available };
                run.interval(hour, grid, WattHours(plant[at % 24]), &[*used], &[0])?;
            }
            month = until;
        }
        let day = run.take_day();
        Ok(day.members.first().copied().unwrap_or_default())
    }
}

fn least_sure(assumptions: &[Assumption]) -> Confidence {
    let rank = |confidence: Confidence| match confidence {
        Confidence::Low => 0,
        Confidence::Medium => 1,
        Confidence::High => 2,
    };
    assumptions.iter().map(|assumption| assumption.confidence).min_by_key(|confidence| rank(*confidence)).unwrap_or(Confidence::High)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Readings of these many minutes from local midnight on, `per` Wh each.
    fn readings(count: i64, minutes: i64, per: i64) -> Vec<(Instant, WattHours)> {
        let midnight = BusinessDay(20_000).start(UtcOffset::LUSAKA);
        (0..count).map(|at| (midnight.plus_ms(at * minutes * MINUTE_MS), WattHours(per))).collect()
    }

    fn month(readings: &[(Instant, WattHours)]) -> Result<i64, &'static str> {
        of_readings(readings, UtcOffset::LUSAKA).map(|(used, ..)| used.0).map_err(|error| error.code())
    }

    #[test]
    fn the_month_follows_from_the_hours_that_were_read() {
        // 2.4 kWh a day are 73 kWh a month, in whatever step, and however much longer a part of a day was read.
        for (count, minutes, per) in [(24, 60, 100), (96, 15, 25), (48, 30, 50), (96 + 24, 15, 25), (24 * 28, 60, 100)] {
            assert_eq!(month(&readings(count, minutes, per)), Ok(73_000), "{count} of {minutes} minutes");
        }
        assert_eq!(month(&readings(24, 15, 100)), Err("readings_short"));
        assert_eq!(month(&[]), Err("readings_short"));
        assert_eq!(month(&readings(288, 5, 8)), Err("value_invalid"));
        let twice = [readings(24, 60, 100), readings(24, 60, 100)].concat();
        assert_eq!(month(&twice), Err("readings_twice"));
    }
}
