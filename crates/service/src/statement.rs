//! A member's month, and a settled day: what statements and day pages show.

use crate::accounts::ClusterAccounts;
use crate::dashboard::Slot;
use crate::policy::{Action, Actor, Standing};
use crate::trade::credit_sum;
use crate::{Service, ServiceError};
use domain::{CarbonMethod, ClusterId, MemberNo};
use ledger::{Cause, Transfer, TransferCode, TransferKind};
use quantity::{BusinessDay, Instant, MilliNgwee, Ngwee};
use settlement::MemberDay;
use settlement::carbon::{self, Avoided};
use settlement::credits::CreditSum;
use settlement::receipt::{Receipt, receipt};
use settlement::returns::{Funded, MemberReturns, Replaceable, Stake, calculate_member_returns, funded_until};
use settlement::seal::SealedRecord;
use std::collections::BTreeSet;
use store::Tx;
use store::tables::{AssetRow, ClusterRow, DayRow, MemberDayRow, MemberRow, RuleRow};

/// How far ahead replacements are looked at.
const HORIZON_YEARS: i32 = 15;
/// Days whose service charge says what the fund gains a day.
const FUND_DAYS: i32 = 30;

/// A line of a member's book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookEntry {
    /// Number of the transfer.
    pub no: i64,
    /// Business day.
    pub on: BusinessDay,
    /// What it is about.
    pub code: TransferCode,
    /// What it does.
    pub kind: TransferKind,
    /// The event behind it.
    pub cause: Cause,
    /// Positive: to the member; negative: from the member.
    pub amount: Ngwee,
}

/// A member's settled day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDaySum {
    /// The day.
    pub day: BusinessDay,
    /// Its sums.
    pub sums: MemberDay,
    /// What was posted: positive is paid by the member.
    pub posted: Ngwee,
    /// Readings of the member that were estimated.
    pub estimated: i64,
}

/// A member's month.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The cluster.
    pub cluster: ClusterRow,
    /// The member.
    pub member: MemberRow,
    /// First day of the month.
    pub month: BusinessDay,
    /// First days of the months that have posted days, in order.
    pub months: Vec<BusinessDay>,
    /// The receipt; `None` when nothing of the month is settled.
    pub receipt: Option<Receipt>,
    /// What energy credits did in the month.
    pub credits: CreditSum,
    /// Carbon avoided in the month.
    pub avoided: Option<Avoided>,
    /// Balance before the month: positive is the member's.
    pub opening: Ngwee,
    /// The month's lines, in the order in which they were booked.
    pub book: Vec<BookEntry>,
    /// Balance after the month.
    pub closing: Ngwee,
    /// What the member promised to put in, never less than what is in.
    pub pledge: Ngwee,
    /// What the contribution gave since the member joined.
    pub returns: MemberReturns,
    /// Until when replacements are paid for.
    pub funded: Funded,
    /// What the equipment cost.
    pub assets: Vec<AssetRow>,
    /// Posted days of the month.
    pub days: Vec<MemberDaySum>,
    /// The rules of the last day.
    pub rule: RuleRow,
    /// Readings of the member that were estimated in the month.
    pub estimated: i64,
}

/// One interval of a day page.
#[derive(Debug, Clone)]
pub struct IntervalDetail {
    /// Figures of the interval.
    pub slot: Slot,
}

/// A settled day of a cluster.
#[derive(Debug, Clone)]
pub struct DayDetail {
    /// The cluster.
    pub cluster: ClusterRow,
    /// The day.
    pub day: BusinessDay,
    /// Its row.
    pub row: DayRow,
    /// Its intervals in order, latest version of each.
    pub intervals: Vec<IntervalDetail>,
    /// Sums and what was posted of those members whom the reader acts for; the program itself sees all.
    pub members: Vec<(MemberRow, MemberDaySum)>,
    /// Whether the day before and after are settled.
    pub has_previous: bool,
    /// Whether the day after is settled.
    pub has_next: bool,
}

impl Service {
    /// A member's month; without a month, the latest that has settled days.
    ///
    /// # Errors
    /// [`ServiceError::MemberUnknown`]; what the store says.
    pub async fn member_statement(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        month: Option<BusinessDay>,
    ) -> Result<Statement, ServiceError> {
        self.require(actor, cluster.id, Action::MoneyRead(member)).await?;
        let (row, region, now) = (cluster.clone(), self.region(&cluster.region)?, self.now());
        self.store
            .read(move |tx| {
                let (row, region) = (row.clone(), region.clone());
                Box::pin(async move { statement(tx, row, &region, member.get(), month, now).await })
            })
            .await
    }

    /// What a member put in and got out since joining: the operation `calculate_member_returns`.
    ///
    /// # Errors
    /// [`ServiceError::MemberUnknown`]; what the store says.
    pub async fn calculate_member_returns(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<MemberReturns, ServiceError> {
        Ok(self.member_statement(actor, cluster, member, None).await?.returns)
    }

    /// What each member had on the posted days in `[from, until)`: sums and what was posted, by member.
    ///
    /// # Errors
    /// What the store says.
    pub async fn member_sums(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        from: BusinessDay,
        until: BusinessDay,
    ) -> Result<Vec<(MemberRow, MemberDaySum)>, ServiceError> {
        self.require(actor, cluster.id, Action::LedgerRead).await?;
        let id = cluster.id;
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let posted_days: BTreeSet<BusinessDay> = tx.day_list_posted(id).await?.into_iter().collect();
                    let rows = tx.member_day_list(id, from, until, None).await?;
                    let mut sums: std::collections::BTreeMap<MemberNo, MemberDaySum> = std::collections::BTreeMap::new();
                    for row in rows.iter().filter(|row| posted_days.contains(&row.day)) {
                        let day = day_sum(row)?;
                        let sum = sums.entry(row.member).or_insert_with(|| MemberDaySum {
                            day: from,
                            sums: MemberDay::default(),
                            posted: Ngwee::ZERO,
                            estimated: 0,
                        });
                        sum.sums.add(&day.sums);
                        sum.estimated += day.estimated;
                        sum.posted = Ngwee(sum.posted.0 + day.posted.0);
                    }
                    let members = tx.member_list(id).await?;
                    Ok(members.into_iter().filter_map(|member| sums.remove(&member.no).map(|sum| (member, sum))).collect())
                })
            })
            .await
    }

    /// A settled day; `None` when the day is not settled.
    ///
    /// # Errors
    /// What the store says.
    pub async fn day_detail(&self, actor: Actor, cluster: &ClusterRow, day: BusinessDay) -> Result<Option<DayDetail>, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::ClusterRead).await?;
        let row = cluster.clone();
        self.store
            .read(move |tx| {
                let (row, standing) = (row.clone(), standing.clone());
                Box::pin(async move { day_detail(tx, row, &standing, day).await })
            })
            .await
    }
}

async fn statement(
    tx: &mut Tx<'_>,
    cluster: ClusterRow,
    region: &domain::Region,
    number: i64,
    month: Option<BusinessDay>,
    now: Instant,
) -> Result<Statement, ServiceError> {
    let unknown = ServiceError::MemberUnknown { number };
    let Ok(no) = MemberNo::new(number) else { return Err(unknown) };
    let member = tx.member_list(cluster.id).await?.into_iter().find(|member| member.no == no).ok_or(unknown)?;
    let all = tx.member_day_list(cluster.id, BusinessDay(i32::MIN), BusinessDay(i32::MAX), Some(no)).await?;
    // The open day has energy but no posting yet: it joins the statement with its money.
    let posted_days: BTreeSet<BusinessDay> = tx.day_list_posted(cluster.id).await?.into_iter().collect();
    let all: Vec<MemberDaySum> = all.iter().filter(|row| posted_days.contains(&row.day)).map(day_sum).collect::<Result<_, _>>()?;
    let mut months: Vec<BusinessDay> = all.iter().map(|row| row.day.month_start()).collect();
    months.dedup();
    let today = BusinessDay::of(now, cluster.offset);
    let month = month.or(months.last().copied()).unwrap_or(today).month_start();
    let until = month.next_month_start();
    let days: Vec<MemberDaySum> = all.iter().filter(|row| month <= row.day && row.day < until).cloned().collect();
    let accounts = ClusterAccounts::new(&tx.account_list(cluster.id).await?);
    let book = accounts.member(no).ok_or(ServiceError::MemberUnknown { number })?;
    let since = tx.transfer_list_of(cluster.id, month, BusinessDay(i32::MAX), [book.wallet.no, book.receivable.no]).await?;
    let entries: Vec<BookEntry> = since.iter().map(|transfer| entry(transfer, book.wallet.no, book.receivable.no)).collect();
    let after: i64 = entries.iter().filter(|entry| entry.on >= until).map(|entry| entry.amount.0).sum();
    let lines: Vec<BookEntry> = entries.into_iter().filter(|entry| entry.on < until && entry.amount.0 != 0).collect();
    let closing = Ngwee(book.balance() - after);
    let opening = Ngwee(closing.0 - lines.iter().map(|entry| entry.amount.0).sum::<i64>());
    let sum = total(&days);
    let posted = Ngwee(days.iter().map(|row| row.posted.0).sum());
    let credits = credit_sum(&tx.credit_day_list(cluster.id, month, until, Some(no)).await?);
    let assets = tx.asset_list(cluster.id).await?;
    let stake = Stake { put_in: Ngwee(book.capital.balance()), put_in_by_all: Ngwee(accounts.capital()), days: all.len() as i64 };
    let pledge = tx.entry_find(cluster.id, no).await?.map_or(stake.put_in, |entry| entry.pledge.max(stake.put_in));
    let last_day = days.last().map_or(today, |row| row.day);
    let method = carbon_method(&cluster.carbon_method);
    let rule = tx.rule_on(cluster.id, last_day).await?.ok_or(ServiceError::NoRules { day: last_day })?;
    Ok(Statement {
        receipt: (!days.is_empty()).then(|| receipt(rule.rule.connection, &sum, &credits, posted)),
        credits,
        avoided: carbon::avoided(&sum.flows, region, method, last_day).ok(),
        pledge,
        returns: calculate_member_returns(&total(&all), &stake),
        funded: funded(tx, cluster.id, &accounts, &assets, today).await?,
        rule,
        estimated: days.iter().map(|day| day.estimated).sum(),
        cluster,
        member,
        month,
        months,
        opening,
        book: lines,
        closing,
        assets,
        days,
    })
}

/// Until when the maintenance fund pays, at the pace of the last settled days.
pub(crate) async fn funded(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    accounts: &ClusterAccounts,
    assets: &[AssetRow],
    today: BusinessDay,
) -> Result<Funded, ServiceError> {
    let days = tx.day_list(cluster, today.plus_days(-FUND_DAYS), today.next()).await?;
    let gained: i64 = days.iter().map(|day| day.service_charge.0).sum();
    let settled = days.iter().filter(|day| day.posted_at.is_some()).count() as i64;
    let per_day = MilliNgwee(if settled == 0 { 0 } else { gained * 1000 / settled });
    let fund = Ngwee(accounts.own(ledger::AccountCode::MaintenanceFund).map_or(0, ledger::Account::balance));
    let equipment: Vec<Replaceable> = assets
        .iter()
        .map(|asset| Replaceable {
            name: asset.name.clone(),
            cost: asset.cost,
            commissioned_on: asset.commissioned_on,
            life_years: i32::try_from(asset.life_years).unwrap_or(0),
        })
        .collect();
    Ok(funded_until(today, fund, per_day, &equipment, HORIZON_YEARS))
}

fn entry(transfer: &Transfer, wallet: domain::AccountNo, receivable: domain::AccountNo) -> BookEntry {
    let is_mine = |no| no == wallet || no == receivable;
    let is_counted = !matches!(transfer.kind, TransferKind::Pending { .. } | TransferKind::Void { .. });
    let credit = if is_mine(transfer.credit) { transfer.amount } else { 0 };
    let debit = if is_mine(transfer.debit) { transfer.amount } else { 0 };
    let amount = Ngwee(if is_counted { credit - debit } else { 0 });
    BookEntry { no: transfer.no.get(), on: transfer.business_on, code: transfer.code, kind: transfer.kind, cause: transfer.cause, amount }
}

pub(crate) fn carbon_method(name: &str) -> CarbonMethod {
    match name {
        "combined_margin" => CarbonMethod::CombinedMargin,
        "diesel" => CarbonMethod::Diesel,
        _ => CarbonMethod::GridAverage,
    }
}

pub(crate) fn day_sum(row: &MemberDayRow) -> Result<MemberDaySum, ServiceError> {
    Ok(MemberDaySum { day: row.day, sums: MemberDay::from_bytes(&row.sums)?, posted: row.posted, estimated: row.estimated })
}

pub(crate) fn total(days: &[MemberDaySum]) -> MemberDay {
    let mut sum = MemberDay::default();
    days.iter().for_each(|row| sum.add(&row.sums));
    sum
}

async fn day_detail(tx: &mut Tx<'_>, cluster: ClusterRow, standing: &Standing, day: BusinessDay) -> Result<Option<DayDetail>, ServiceError> {
    let Some(row) = tx.day_find(cluster.id, day).await? else { return Ok(None) };
    let sealed = tx.sealed_latest(cluster.id, day.interval(cluster.offset)).await?;
    let mut intervals = Vec::with_capacity(sealed.len());
    for record in &sealed {
        intervals.push(IntervalDetail { slot: Slot::of(&SealedRecord::decode(&record.header, &record.body)?, SealedRecord::leaf(&record.header)) });
    }
    let members = tx.member_list(cluster.id).await?;
    let rows = tx.member_day_list(cluster.id, day, day.next(), None).await?;
    let mut sums = Vec::with_capacity(rows.len());
    for row in &rows {
        let is_own = standing.acts_for(row.member) || standing.actor == Actor::System;
        if let Some(member) = members.iter().find(|member| is_own && member.no == row.member) {
            sums.push((member.clone(), day_sum(row)?));
        }
    }
    let has_previous = tx.day_find(cluster.id, day.previous()).await?.is_some();
    let has_next = tx.day_find(cluster.id, day.next()).await?.is_some();
    Ok(Some(DayDetail { cluster, day, row, intervals, members: sums, has_previous, has_next }))
}
