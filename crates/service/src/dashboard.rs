//! A cluster now and today: what the first pages show. Every figure comes from sealed intervals.

use crate::accounts::ClusterAccounts;
use crate::policy::{Action, Actor, Standing};
use crate::statement::{day_sum, funded};
use crate::{Service, ServiceError};
use domain::{MemberNo, SizeRule};
use ledger::merkle::Hash;
use quantity::{BusinessDay, Instant, Ngwee};
use settlement::credits::CreditSum;
use settlement::receipt::{LineKind, receipt};
use settlement::returns::Funded;
use settlement::seal::SealedRecord;
use settlement::{BatteryFlows, Flows, Grid, MemberDay, Totals};
use std::collections::{BTreeMap, BTreeSet};
use store::Tx;
use store::tables::{AssetRow, ClusterRow, MemberRow, RuleRow};

/// One sealed interval as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Start.
    pub start: Instant,
    /// Version of the record.
    pub version: i64,
    /// The cluster's energy, Wh.
    pub totals: Totals,
    /// The battery.
    pub battery: BatteryFlows,
    /// Whether the grid supplied.
    pub is_outage: bool,
    /// Wh given from member to member, and what was paid for it in milli-ngwee.
    pub given: (i64, i64),
    /// What members paid in all for what they used, service charge included, in milli-ngwee.
    pub paid: i64,
    /// Meters whose reading was estimated.
    pub estimated: i64,
    /// Readings sealed.
    pub readings: i64,
    /// Homes whose need was not met.
    pub homes_dark: i64,
    /// The record's leaf in the log.
    pub leaf: Hash,
}

impl Slot {
    /// The figures of a record.
    #[must_use]
    pub fn of(record: &SealedRecord, leaf: Hash) -> Self {
        let is_estimated =
            |quality: i64| u8::try_from(quality).ok().and_then(metering::Quality::from_number).is_some_and(metering::Quality::is_estimate);
        let readings = || record.plant.iter().chain(record.lines.iter().flat_map(|line| &line.readings));
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        Self {
            start: record.start,
            version: record.version,
            totals: record.totals,
            battery: record.battery,
            is_outage: record.grid == Grid::Outage,
            given: (record.given.0, record.given.1),
            paid: record.lines.iter().map(|line| line.flows.import_cost + line.flows.given_cost + line.flows.service_charge).sum(),
            estimated: count(readings().filter(|reading| is_estimated(reading.quality)).count()),
            readings: count(readings().count()),
            homes_dark: count(record.lines.iter().filter(|line| line.flows.unserved > 0).count()),
            leaf,
        }
    }
}

/// A member today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberNow {
    /// The member.
    pub member: MemberRow,
    /// Energy of today's settled intervals, where the reader may see it: of the own home, and of those who agreed.
    pub today: Option<Flows>,
    /// What the month cost so far, as posted; of the own home alone.
    pub month_posted: Option<Ngwee>,
    /// Whether the reader may see its energy; where not, that is no missing reading.
    pub is_shown: bool,
    /// Its money today and what it promised; of the own home alone.
    pub own: Option<OwnNow>,
    /// Whether the last settled interval has a line of it.
    pub is_settled: bool,
    /// Whether it wanted more than it got in the last settled interval.
    pub is_dark: bool,
    /// Whether a reading of the last interval was estimated.
    pub is_estimated: bool,
}

/// What a home alone may see of itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnNow {
    /// What today's settled intervals cost so far (negative: gave), not booked before the day is over.
    pub cost: Ngwee,
    /// Its energy in the last settled interval.
    pub last: Option<Flows>,
    /// What it promised to put in.
    pub pledged: Ngwee,
    /// What it has put in.
    pub put_in: Ngwee,
    /// What it owes the cluster, never negative.
    pub owed: Ngwee,
}

/// A cluster now and today.
#[derive(Debug, Clone)]
pub struct ClusterToday {
    /// The cluster.
    pub cluster: ClusterRow,
    /// How many members make a cluster of its kind.
    pub size: SizeRule,
    /// The rules of today.
    pub rule: RuleRow,
    /// The present.
    pub now: Instant,
    /// The local day that is shown: today, or the last settled one.
    pub day: BusinessDay,
    /// Settled intervals of the day.
    pub today: Vec<Slot>,
    /// Settled intervals of the day before.
    pub yesterday: Vec<Slot>,
    /// Members by number.
    pub members: Vec<MemberNow>,
    /// Accounts.
    pub accounts: ClusterAccounts,
    /// Equipment.
    pub assets: Vec<AssetRow>,
    /// Until when replacements are paid for.
    pub funded: Funded,
    /// First and last transfer of the latest posted day.
    pub ledger_lines: Option<(i64, i64)>,
    /// Days that were settled again in the last week, with the day of the correction.
    pub corrected: Vec<BusinessDay>,
}

/// A cluster in the list.
pub type ClusterOverview = ClusterToday;

impl Service {
    /// A cluster now and today.
    ///
    /// # Errors
    /// What the store says.
    pub async fn cluster_today(&self, actor: Actor, cluster: &ClusterRow) -> Result<ClusterToday, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::ClusterRead).await?;
        let (row, now) = (cluster.clone(), self.now());
        let size = self.region(&row.region)?.country.size(row.kind);
        self.store
            .read(move |tx| {
                let (row, standing) = (row.clone(), standing.clone());
                Box::pin(async move { today(tx, row, &standing, size, now).await })
            })
            .await
    }

    /// What each member used and got on a day, settled so far, for officers: a look that is written down. By member.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn member_energy(&self, actor: Actor, cluster: &ClusterRow, day: BusinessDay) -> Result<BTreeMap<MemberNo, Flows>, ServiceError> {
        self.require(actor, cluster.id, Action::LedgerRead).await?;
        let id = cluster.id;
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let rows = tx.member_day_list(id, day, day.next(), None).await?;
                    rows.iter().map(|row| Ok((row.member, day_sum(row)?.sums.flows))).collect()
                })
            })
            .await
    }
}

async fn today(tx: &mut Tx<'_>, cluster: ClusterRow, standing: &Standing, size: SizeRule, now: Instant) -> Result<ClusterToday, ServiceError> {
    let id = cluster.id;
    let today = BusinessDay::of(now, cluster.offset);
    let day = tx.day_last(id).await?.filter(|last| *last < today).unwrap_or(today);
    let rule = tx.rule_on(id, day).await?.ok_or(ServiceError::NoRules { day })?;
    let (slots, last) = slots(tx, &cluster, day).await?;
    let (yesterday, _) = self::slots(tx, &cluster, day.previous()).await?;
    let accounts = ClusterAccounts::new(&tx.account_list(id).await?);
    let assets = tx.asset_list(id).await?;
    let funded = funded(tx, id, &accounts, &assets, today).await?;
    let week = tx.day_list(id, day.plus_days(-7), day.next()).await?;
    let corrected = week.iter().filter(|row| row.revision > 1).map(|row| row.day).collect();
    let lines = tx.transfer_span(id, day.previous(), day.next()).await?;
    Ok(ClusterToday {
        members: members(tx, &cluster, standing, &rule, &accounts, day, last.as_ref()).await?,
        cluster,
        size,
        rule,
        now,
        day,
        today: slots,
        yesterday,
        accounts,
        assets,
        funded,
        ledger_lines: lines,
        corrected,
    })
}

async fn slots(tx: &mut Tx<'_>, cluster: &ClusterRow, day: BusinessDay) -> Result<(Vec<Slot>, Option<SealedRecord>), ServiceError> {
    let mut last = None;
    let mut slots = Vec::new();
    for row in tx.sealed_latest(cluster.id, day.interval(cluster.offset)).await? {
        let record = SealedRecord::decode(&row.header, &row.body)?;
        slots.push(Slot::of(&record, SealedRecord::leaf(&row.header)));
        last = Some(record);
    }
    Ok((slots, last))
}

/// The members as the reader may see them. An officer sees no more here than others: a look at one member's figures is a page of its own,
/// and written down.
async fn members(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    standing: &Standing,
    rule: &RuleRow,
    accounts: &ClusterAccounts,
    day: BusinessDay,
    last: Option<&SealedRecord>,
) -> Result<Vec<MemberNow>, ServiceError> {
    let entries = tx.entry_list(cluster.id).await?;
    let agreed: BTreeSet<MemberNo> = entries.iter().filter(|entry| entry.consents.show_usage).map(|entry| entry.member).collect();
    let pledges: BTreeMap<MemberNo, Ngwee> = entries.iter().map(|entry| (entry.member, entry.pledge)).collect();
    let is_own = |no| standing.acts_for(no) || standing.actor == Actor::System;
    let rows = tx.member_day_list(cluster.id, day.month_start(), day.next(), None).await?;
    let mut month: BTreeMap<i64, i64> = BTreeMap::new();
    let mut today = BTreeMap::new();
    for row in &rows {
        *month.entry(row.member.get()).or_default() += row.posted.0;
        if row.day == day {
            today.insert(row.member.get(), day_sum(row)?.sums);
        }
    }
    let active =
        tx.member_list(cluster.id).await?.into_iter().filter(|member| member.joined_on <= day && member.left_on.is_none_or(|left| day < left));
    Ok(active
        .map(|member| {
            let no = member.no.get();
            let line = last.and_then(|record| record.lines.iter().find(|line| line.member == no));
            let is_estimated =
                line.is_some_and(|line| line.readings.iter().any(|reading| reading.quality == i64::from(metering::Quality::Estimated.number())));
            let (is_own, sums) = (is_own(member.no), today.remove(&no));
            let is_shown = is_own || agreed.contains(&member.no);
            let own = is_own.then(|| {
                let book = accounts.member(member.no);
                let put_in = Ngwee(book.map_or(0, |book| book.capital.balance()));
                OwnNow {
                    cost: sums.map_or(Ngwee::ZERO, |sums| cost_so_far(rule, &sums)),
                    last: line.map(|line| line.flows),
                    pledged: pledges.get(&member.no).map_or(put_in, |pledge| (*pledge).max(put_in)),
                    put_in,
                    owed: Ngwee(book.map_or(0, |book| book.balance().min(0).saturating_neg())),
                }
            });
            MemberNow {
                today: sums.map(|sums| sums.flows).filter(|_| is_shown),
                is_shown,
                own,
                month_posted: month.get(&no).map(|&ngwee| Ngwee(ngwee)).filter(|_| is_own),
                is_settled: line.is_some(),
                is_dark: line.is_some_and(|line| line.flows.unserved > 0),
                is_estimated,
                member,
            }
        })
        .collect())
}

/// What a day that is not over would cost: its lines, each rounded for itself; booked is the day as a whole.
fn cost_so_far(rule: &RuleRow, sums: &MemberDay) -> Ngwee {
    let receipt = receipt(rule.rule.connection, sums, &CreditSum::default(), Ngwee::ZERO);
    Ngwee(receipt.lines.iter().filter(|line| line.kind != LineKind::Rounding).map(|line| line.money.0).sum())
}
