//! A member's own: statement, returns, readings, proof.

use crate::answer::Read;
use crate::caller::Caller;
use crate::input::{Path, Query, day, member_no, month};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::{hex, on};
use axum::extract::State;
use quantity::{BusinessDay, Instant, Interval, MilliNgwee};
use serde::{Deserialize, Serialize};
use service::Statement as MonthStatement;
use settlement::receipt::{Receipt as MonthReceipt, Verdict};
use settlement::returns::MemberReturns;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(member_statement))
        .routes(routes!(calculate_member_returns))
        .routes(routes!(member_readings))
        .routes(routes!(interval_proof))
}

/// A member's month.
#[derive(Debug, Serialize, ToSchema)]
struct Statement {
    member_no: i64,
    /// The month, YYYY-MM.
    month: String,
    /// The months there are.
    months: Vec<String>,
    /// Balance before: positive is the member's.
    opening_ngwee: i64,
    /// Balance after.
    closing_ngwee: i64,
    /// The receipt; absent when nothing of the month is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<Receipt>,
    /// The month's lines in the order in which they were booked.
    book: Vec<BookLine>,
    /// Posted days.
    days: Vec<StatementDay>,
    /// Carbon avoided.
    #[serde(skip_serializing_if = "Option::is_none")]
    avoided_g: Option<i64>,
    returns: Returns,
    credits: Credits,
    /// Readings that were estimated.
    estimated: i64,
    /// Number of the rules of the last day.
    rule_no: i64,
}

/// What a month cost, and what being alone would have cost.
#[derive(Debug, Serialize, ToSchema)]
struct Receipt {
    /// Lines whose money adds up to the total.
    lines: Vec<ReceiptLine>,
    energy_ngwee: i64,
    service_charge_ngwee: i64,
    /// Positive is paid by the member.
    total_ngwee: i64,
    /// The bill alone.
    alone_ngwee: i64,
    /// Total less the bill alone: negative is cheaper together.
    difference_ngwee: i64,
    /// Minutes of outage in which the member wanted energy.
    outage_minutes: i64,
    /// Of these, minutes in which all of it was met.
    served_minutes: i64,
    /// Of these, minutes that own equipment alone would have met.
    served_alone_minutes: i64,
    unserved_wh: i64,
    unserved_alone_wh: i64,
}

/// What energy credits did in the month.
#[derive(Debug, Serialize, ToSchema)]
struct Credits {
    /// Exports that became energy credits.
    banked_wh: i64,
    /// What they would have earned.
    banked_worth_ngwee: i64,
    /// Imports met with energy credits.
    used_wh: i64,
    /// What they would have cost in the books of the cluster.
    used_worth_ngwee: i64,
    /// Banked by mistake, and bought back after a correction.
    bought_back_wh: i64,
}

/// A line of the receipt.
#[derive(Debug, Serialize, ToSchema)]
struct ReceiptLine {
    /// `own_sun`, `our_plant`, `battery`, `from_neighbours`, `to_neighbours`, `grid_bought`, `grid_sold`, `into_battery`,
    /// `service_charge`, `credits_used`, `credits_banked`, `credits_bought_back` or `rounding`.
    kind: &'static str,
    energy_wh: i64,
    money_ngwee: i64,
}

/// A line of a member's book.
#[derive(Debug, Serialize, ToSchema)]
struct BookLine {
    transfer_no: i64,
    business_on: String,
    /// What it is about.
    code: &'static str,
    /// Positive: to the member; negative: from the member.
    amount_ngwee: i64,
}

/// A posted day.
#[derive(Debug, Serialize, ToSchema)]
struct StatementDay {
    day_on: String,
    consumption_wh: i64,
    generation_wh: i64,
    imported_wh: i64,
    exported_wh: i64,
    unserved_wh: i64,
    /// Positive is paid by the member.
    posted_ngwee: i64,
}

/// What a member put in and got out since joining.
#[derive(Debug, Serialize, ToSchema)]
struct Returns {
    put_in_ngwee: i64,
    /// Share of all contributions, in millionths.
    share_ppm: i64,
    /// Energy from the shared plant.
    energy_wh: i64,
    /// Saved against being alone.
    saved_ngwee: i64,
    /// Minutes of outage that were served.
    served_minutes: i64,
    /// Days until the contribution is paid back at this pace; absent when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    payback_days: Option<i64>,
    /// Return a year, in millionths of the contribution; absent before there is enough to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    yearly_return_ppm: Option<i64>,
}

/// Readings of a member's meters.
#[derive(Debug, Serialize, ToSchema)]
struct MemberReadings {
    items: Vec<MemberReading>,
}

/// The value in force of an interval.
#[derive(Debug, Serialize, ToSchema)]
struct MemberReading {
    start_at: i64,
    meter_no: i64,
    consumption_wh: i64,
    generation_wh: i64,
    /// `measured`, `late`, `estimated`, `register`, `rollover` or `spread`.
    quality: &'static str,
}

/// What shows that a member's line is part of a sealed interval. Bytes are in hexadecimal digits; docs/formats.md describes them.
#[derive(Debug, Serialize, ToSchema)]
struct Proof {
    start_at: i64,
    version: i64,
    /// Position of the record in the cluster's log.
    leaf_no: i64,
    /// The leaf: the hash of the header.
    leaf: String,
    header: String,
    /// Root of the members' lines, as the header names it.
    root: String,
    line_index: u64,
    line_count: u64,
    salt: String,
    line: String,
    /// From the line to the root.
    path: Vec<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct MonthQuery {
    /// The month, YYYY-MM; without it the latest that has settled days.
    #[param(pattern = "^[0-9]{4}-[0-9]{2}$")]
    month: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SpanQuery {
    /// First local day, YYYY-MM-DD.
    #[param(format = Date)]
    from: String,
    /// First local day after; at most 31 days later.
    #[param(format = Date)]
    to: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ProofQuery {
    /// The member whose line it is.
    #[param(minimum = 1)]
    member: i64,
}

/// A member's month: receipt, book and returns.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/statement", tag = "members", operation_id = "member_statement",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."), MonthQuery),
    responses((status = 200, body = Statement))
)]
async fn member_statement(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Query(query): Query<MonthQuery>,
) -> Result<Read<Statement>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let asked = query.month.as_deref().map(|text| month("month", text)).transpose()?;
    let found = api.service().member_statement(caller.actor, &cluster, member, asked).await?;
    Ok(Read(statement(&found)))
}

/// What a member put in and got out.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/returns", tag = "members", operation_id = "calculate_member_returns",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = Returns))
)]
async fn calculate_member_returns(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<Returns>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    Ok(Read(returns(&api.service().calculate_member_returns(caller.actor, &cluster, member).await?)))
}

/// A member's readings, by interval and meter.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/readings", tag = "members", operation_id = "member_readings",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."), SpanQuery),
    responses((status = 200, body = MemberReadings))
)]
async fn member_readings(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Query(query): Query<SpanQuery>,
) -> Result<Read<MemberReadings>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let (from, to) = (day("from", &query.from)?, day("to", &query.to)?);
    let within = Interval::new(from.start(cluster.offset), to.start(cluster.offset));
    let within = within.map_err(|_| Problem::of_field("to", "interval_empty", "`to` is the first day after: give a later one than `from`"))?;
    let readings = api.service().member_readings(caller.actor, &cluster, member, within).await?;
    let row = |reading: &metering::Reading| MemberReading {
        start_at: reading.start.0,
        meter_no: reading.meter.get(),
        consumption_wh: reading.consumption.0,
        generation_wh: reading.generation.0,
        quality: reading.quality.as_str(),
    };
    Ok(Read(MemberReadings { items: readings.iter().map(row).collect() }))
}

/// What shows that a member's line is part of a sealed interval, without a neighbour's.
#[utoipa::path(
    get, path = "/clusters/{id}/intervals/{start}/proof", tag = "members", operation_id = "interval_proof",
    params(
        ("id" = String, Path, description = "Code of the cluster."),
        ("start" = i64, Path, description = "Start of the interval, milliseconds since 1970 UTC."),
        ProofQuery
    ),
    responses((status = 200, body = Proof))
)]
async fn interval_proof(
    State(api): State<Api>,
    caller: Caller,
    Path((code, start)): Path<(String, i64)>,
    Query(query): Query<ProofQuery>,
) -> Result<Read<Proof>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(query.member)?);
    let proof = api.service().interval_proof(caller.actor, &cluster, member, Instant(start)).await?;
    Ok(Read(Proof {
        start_at: proof.start.0,
        version: proof.version,
        leaf_no: proof.leaf_no,
        leaf: hex(&proof.leaf),
        header: hex(&proof.header),
        root: hex(&proof.root),
        line_index: proof.line.index,
        line_count: proof.line.size,
        salt: hex(&proof.line.salt),
        line: hex(&proof.line.line),
        path: proof.line.path.iter().map(|hash| hex(hash)).collect(),
    }))
}

fn statement(found: &MonthStatement) -> Statement {
    let line = |entry: &service::BookEntry| BookLine {
        transfer_no: entry.no,
        business_on: on(entry.on),
        code: entry.code.as_str(),
        amount_ngwee: entry.amount.0,
    };
    let posted = |day: &service::MemberDaySum| StatementDay {
        day_on: on(day.day),
        consumption_wh: day.sums.flows.consumption,
        generation_wh: day.sums.flows.generation,
        imported_wh: day.sums.flows.imported,
        exported_wh: day.sums.flows.exported,
        unserved_wh: day.sums.flows.unserved,
        posted_ngwee: day.posted.0,
    };
    Statement {
        member_no: found.member.no.get(),
        month: month_text(found.month),
        months: found.months.iter().map(|month| month_text(*month)).collect(),
        opening_ngwee: found.opening.0,
        closing_ngwee: found.closing.0,
        receipt: found.receipt.as_ref().map(receipt),
        book: found.book.iter().map(line).collect(),
        days: found.days.iter().map(posted).collect(),
        avoided_g: found.avoided.as_ref().map(|avoided| avoided.carbon.0),
        returns: returns(&found.returns),
        credits: Credits {
            banked_wh: found.credits.banked,
            used_wh: found.credits.used,
            bought_back_wh: found.credits.bought_back,
            used_worth_ngwee: MilliNgwee(found.credits.used_money).to_ngwee_half_even().0,
            banked_worth_ngwee: MilliNgwee(found.credits.banked_money).to_ngwee_half_even().0,
        },
        estimated: found.estimated,
        rule_no: found.rule.rule.version,
    }
}

fn month_text(first: BusinessDay) -> String {
    let (year, month, _) = first.ymd();
    format!("{year:04}-{month:02}")
}

fn receipt(found: &MonthReceipt) -> Receipt {
    Receipt {
        lines: found.lines.iter().map(|line| ReceiptLine { kind: line.kind.as_str(), energy_wh: line.energy.0, money_ngwee: line.money.0 }).collect(),
        energy_ngwee: found.energy_money.0,
        service_charge_ngwee: found.service_charge.0,
        total_ngwee: found.total.0,
        alone_ngwee: found.alone.0,
        difference_ngwee: match found.verdict {
            Verdict::Cheaper(by) => by.0.saturating_neg(),
            Verdict::Same => 0,
            Verdict::Dearer(by) => by.0,
        },
        outage_minutes: found.outage_minutes,
        served_minutes: found.served_minutes,
        served_alone_minutes: found.served_alone_minutes,
        unserved_wh: found.unserved.0,
        unserved_alone_wh: found.unserved_alone.0,
    }
}

fn returns(found: &MemberReturns) -> Returns {
    Returns {
        put_in_ngwee: found.put_in.0,
        share_ppm: found.share.of_floor(1_000_000).unwrap_or(0),
        energy_wh: found.energy.0,
        saved_ngwee: found.saved.0,
        served_minutes: found.served_minutes,
        payback_days: found.payback_days,
        yearly_return_ppm: found.yearly_return,
    }
}
