//! A cluster as a whole: dashboard, days, settling.

use crate::answer::{Done, Page, PageQuery, Paged, Read};
use crate::caller::Caller;
use crate::input::{Path, Query, day};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::{BatteryState, Cluster, Energy, Equipment, MemberFlows, hex, on};
use axum::extract::State;
use axum::http::StatusCode;
use ledger::AccountCode;
use quantity::BusinessDay;
use serde::Serialize;
use service::{ClusterToday, DayDetail, DaySettled, DaySummary, Slot};
use settlement::returns::Funded;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(cluster_dashboard)).routes(routes!(day_list)).routes(routes!(day_read)).routes(routes!(distribute_energy))
}

/// A cluster now and today.
#[derive(Debug, Serialize, ToSchema)]
struct Dashboard {
    cluster: Cluster,
    /// The present of the server.
    now_at: i64,
    /// The local day shown: today, or the last settled one.
    day_on: String,
    /// How many members it has.
    members: i64,
    /// How many members make a cluster of its kind.
    members_min: i64,
    members_max: i64,
    /// Settled intervals of the day.
    today: Vec<Interval>,
    /// Settled intervals of the day before.
    yesterday: Vec<Interval>,
    /// What the funds hold.
    funds: Vec<Fund>,
    assets: Vec<Equipment>,
    /// How long the fund pays for replacements.
    replacement: Replacement,
    /// Days of the last week that were settled again after a correction.
    corrected_on: Vec<String>,
}

/// A settled interval of a cluster.
#[derive(Debug, Serialize, ToSchema)]
struct Interval {
    start_at: i64,
    /// Version of the sealed record.
    version: i64,
    energy: Energy,
    battery: BatteryState,
    /// Whether the grid did not supply.
    is_outage: bool,
    /// Given from member to member.
    given_wh: i64,
    /// Paid for it.
    given_milli_ngwee: i64,
    /// What members paid in all, service charge included.
    paid_milli_ngwee: i64,
    /// Readings that were estimated.
    estimated: i64,
    readings: i64,
    /// Homes whose need was not met.
    homes_dark: i64,
    /// The record's leaf in the log, in hexadecimal digits.
    leaf: String,
}

impl From<&Slot> for Interval {
    fn from(slot: &Slot) -> Self {
        Self {
            start_at: slot.start.0,
            version: slot.version,
            energy: slot.totals.into(),
            battery: slot.battery.into(),
            is_outage: slot.is_outage,
            given_wh: slot.given.0,
            given_milli_ngwee: slot.given.1,
            paid_milli_ngwee: slot.paid,
            estimated: slot.estimated,
            readings: slot.readings,
            homes_dark: slot.homes_dark,
            leaf: hex(&slot.leaf),
        }
    }
}

/// What a fund holds.
#[derive(Debug, Serialize, ToSchema)]
struct Fund {
    /// `equipment_fund`, `maintenance_fund` …
    code: &'static str,
    balance_ngwee: i64,
}

/// How long the fund pays for replacements.
#[derive(Debug, Serialize, ToSchema)]
struct Replacement {
    /// `funded_through` the whole horizon, `funded_until` a day, or `nothing_to_replace`.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_on: Option<String>,
    /// What is replaced then.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// How much is missing then.
    #[serde(skip_serializing_if = "Option::is_none")]
    short_ngwee: Option<i64>,
}

impl From<&Funded> for Replacement {
    fn from(funded: &Funded) -> Self {
        match funded {
            Funded::Through(day) => Self { state: "funded_through", until_on: Some(on(*day)), name: None, short_ngwee: None },
            Funded::Until { day, name, short } => {
                Self { state: "funded_until", until_on: Some(on(*day)), name: Some(name.clone()), short_ngwee: Some(short.0) }
            }
            Funded::NothingToReplace => Self { state: "nothing_to_replace", until_on: None, name: None, short_ngwee: None },
        }
    }
}

/// A settled day in the list.
#[derive(Debug, Serialize, ToSchema)]
struct Day {
    day_on: String,
    /// `settled`, `posted`, or `dirty` when a reading changed since.
    status: String,
    /// How often it was posted.
    revision: i64,
    /// Number of the rules that held.
    rule_no: i64,
    intervals: i64,
    /// Readings that were estimated.
    estimated: i64,
    energy: Energy,
    service_charge_ngwee: i64,
    settled_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    posted_at: Option<i64>,
}

impl From<&DaySummary> for Day {
    fn from(day: &DaySummary) -> Self {
        let row = &day.row;
        Self {
            day_on: on(row.day),
            status: row.status.clone(),
            revision: row.revision,
            rule_no: row.rule_no,
            intervals: row.intervals,
            estimated: row.estimated,
            energy: day.totals.into(),
            service_charge_ngwee: row.service_charge.0,
            settled_at: row.settled_at.0,
            posted_at: row.posted_at.map(|at| at.0),
        }
    }
}

/// A settled day with its intervals.
#[derive(Debug, Serialize, ToSchema)]
struct DayWhole {
    day_on: String,
    status: String,
    revision: i64,
    rule_no: i64,
    estimated: i64,
    service_charge_ngwee: i64,
    /// Latest version of each interval, in order.
    intervals: Vec<Interval>,
    /// What each member had, as far as the caller may see it: officers all, a member its own.
    members: Vec<DayMember>,
    has_previous: bool,
    has_next: bool,
}

/// What a member had on a day.
#[derive(Debug, Serialize, ToSchema)]
struct DayMember {
    member_no: i64,
    flows: MemberFlows,
    /// What was posted: positive is paid by the member.
    posted_ngwee: i64,
}

/// What settling did.
#[derive(Debug, Serialize, ToSchema)]
struct Settled {
    /// Days settled or settled again, in order.
    days: Vec<SettledDay>,
    /// Records newly sealed.
    sealed: i64,
    /// Transfers newly booked.
    transfers: i64,
}

/// What settling did to a day.
#[derive(Debug, Serialize, ToSchema)]
struct SettledDay {
    day_on: String,
    intervals: i64,
    sealed: i64,
    transfers: i64,
    estimated: i64,
    /// Whether the day is complete and posted.
    is_posted: bool,
    revision: i64,
    energy: Energy,
}

impl From<&DaySettled> for SettledDay {
    fn from(day: &DaySettled) -> Self {
        Self {
            day_on: on(day.day),
            intervals: day.intervals,
            sealed: day.sealed,
            transfers: day.transfers,
            estimated: day.estimated,
            is_posted: day.is_posted,
            revision: day.revision,
            energy: day.totals.into(),
        }
    }
}

/// A cluster now and today, from sealed intervals.
#[utoipa::path(
    get, path = "/clusters/{id}/dashboard", tag = "clusters", operation_id = "cluster_dashboard",
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Dashboard))
)]
async fn cluster_dashboard(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Dashboard>, Problem> {
    let cluster = api.cluster(&code).await?;
    let today = api.service().cluster_today(caller.actor, &cluster).await?;
    Ok(Read(dashboard(&today)))
}

fn dashboard(today: &ClusterToday) -> Dashboard {
    let codes = [
        AccountCode::EquipmentFund,
        AccountCode::LoanFund,
        AccountCode::EmergencyFund,
        AccountCode::MaintenanceFund,
        AccountCode::OperatingFund,
        AccountCode::SurplusFund,
        AccountCode::CreditFund,
        AccountCode::CommunityFund,
    ];
    let fund = |code: AccountCode| today.accounts.own(code).map(|account| Fund { code: code.as_str(), balance_ngwee: account.balance() });
    Dashboard {
        cluster: (&today.cluster).into(),
        now_at: today.now.0,
        day_on: on(today.day),
        members: i64::try_from(today.members.len()).unwrap_or(i64::MAX),
        members_min: today.size.members_min,
        members_max: today.size.members_max,
        today: today.today.iter().map(Interval::from).collect(),
        yesterday: today.yesterday.iter().map(Interval::from).collect(),
        funds: codes.into_iter().filter_map(fund).collect(),
        assets: today.assets.iter().map(Equipment::from).collect(),
        replacement: (&today.funded).into(),
        corrected_on: today.corrected.iter().map(|day| on(*day)).collect(),
    }
}

/// Settled days, from the first.
#[utoipa::path(
    get, path = "/clusters/{id}/days", tag = "clusters", operation_id = "day_list",
    params(("id" = String, Path, description = "Code of the cluster."), PageQuery), responses((status = 200, body = Page<Day>))
)]
async fn day_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>, Query(query): Query<PageQuery>) -> Result<Paged<Day>, Problem> {
    let cluster = api.cluster(&code).await?;
    let (after, rows) = query.read()?;
    let from = after.and_then(|after| i32::try_from(after).ok()).map_or(BusinessDay(i32::MIN), |day| BusinessDay(day).next());
    let days = api.service().day_list(caller.actor, &cluster, from, rows + 1).await?;
    let page = Page::cut(days, rows, |day: &DaySummary| i64::from(day.row.day.0));
    let page = Page { items: page.items.iter().map(Day::from).collect(), next: page.next };
    Ok(Paged::new(page, &format!("/clusters/{code}/days"), rows))
}

/// A settled day: its intervals, and what members had, as far as the caller may see it.
#[utoipa::path(
    get, path = "/clusters/{id}/days/{date}", tag = "clusters", operation_id = "day_read",
    params(("id" = String, Path, description = "Code of the cluster."), ("date" = String, Path, description = "The local day, YYYY-MM-DD.")),
    responses((status = 200, body = DayWhole))
)]
async fn day_read(State(api): State<Api>, caller: Caller, Path((code, date)): Path<(String, String)>) -> Result<Read<DayWhole>, Problem> {
    let cluster = api.cluster(&code).await?;
    let asked = day("date", &date)?;
    let detail = api.service().day_detail(caller.actor, &cluster, asked).await?;
    let detail = detail.ok_or_else(|| Problem::new("day_unknown", format!("{asked} is not settled")))?;
    Ok(Read(day_whole(&detail)))
}

fn day_whole(detail: &DayDetail) -> DayWhole {
    DayWhole {
        day_on: on(detail.day),
        status: detail.row.status.clone(),
        revision: detail.row.revision,
        rule_no: detail.row.rule_no,
        estimated: detail.row.estimated,
        service_charge_ngwee: detail.row.service_charge.0,
        intervals: detail.intervals.iter().map(|interval| Interval::from(&interval.slot)).collect(),
        members: detail
            .members
            .iter()
            .map(|(member, sum)| DayMember { member_no: member.no.get(), flows: sum.sums.flows.into(), posted_ngwee: sum.posted.0 })
            .collect(),
        has_previous: detail.has_previous,
        has_next: detail.has_next,
    }
}

/// Shares, prices, seals and posts what has closed, without waiting for the next round.
#[utoipa::path(
    post, path = "/clusters/{id}/settle", tag = "clusters", operation_id = "distribute_energy",
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Settled))
)]
async fn distribute_energy(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Done<Settled>, Problem> {
    let cluster = api.cluster(&code).await?;
    let report = api.service().cluster_settle(caller.actor, &cluster, |_| {}).await?;
    let days = report.days.iter().map(SettledDay::from).collect();
    Ok(Done(StatusCode::OK, Settled { days, sealed: report.sealed, transfers: report.transfers }))
}
