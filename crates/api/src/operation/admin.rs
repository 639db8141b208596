//! The installation, for its operators: messages that went out, who was refused, who looked.

use crate::answer::{Done, Page, PageQuery, Paged};
use crate::caller::Caller;
use crate::input::Query;
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::BigId;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use service::AuditLine;
use store::tables::SmsRow;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(sms_list)).routes(routes!(audit_list)).routes(routes!(clearing_check))
}

/// A message to a phone.
#[derive(Debug, Serialize, ToSchema)]
struct Sms {
    sms_id: BigId,
    /// The number, with its middle hidden.
    to_masked: String,
    /// What it is about, as a code.
    kind: String,
    /// The text; empty when it held a code that is over.
    body: String,
    /// How far it is.
    state: String,
    created_at: i64,
    attempts: i64,
    /// Why the last attempt failed, as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<i64>,
}

/// A line of the audit.
#[derive(Debug, Serialize, ToSchema)]
struct Audit {
    audit_id: BigId,
    /// Id of the cluster it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_id: Option<BigId>,
    /// Who; absent for nobody who had signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<BigId>,
    /// What was asked for.
    action: String,
    /// What came of it.
    outcome: String,
    /// Whose data it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_no: Option<i64>,
    /// The roles held there, with commas between.
    roles: String,
    detail: String,
    occurred_at: i64,
}

/// Messages to phones, the newest first.
#[utoipa::path(get, path = "/admin/sms", tag = "admin", operation_id = "sms_list", params(PageQuery), responses((status = 200, body = Page<Sms>)))]
async fn sms_list(State(api): State<Api>, caller: Caller, Query(query): Query<PageQuery>) -> Result<Paged<Sms>, Problem> {
    let (before, rows) = query.read()?;
    let lines = api.service().sms_list(caller.actor, before, rows + 1).await?;
    let page = Page::cut(lines.into_iter().map(sms).collect(), rows, |sms: &Sms| sms.sms_id.0);
    Ok(Paged::new(page, "/admin/sms", rows))
}

fn sms(row: SmsRow) -> Sms {
    Sms {
        sms_id: BigId(row.id),
        to_masked: row.to.masked(),
        kind: row.kind,
        body: row.body,
        state: row.state.as_str().to_owned(),
        created_at: row.created_at.0,
        attempts: row.attempts,
        last_error: row.last_error,
        sent_at: row.sent_at.map(|at| at.0),
    }
}

/// Who was refused and who looked at what is not their own, the newest first.
#[utoipa::path(get, path = "/admin/audit", tag = "admin", operation_id = "audit_list", params(PageQuery), responses((status = 200, body = Page<Audit>)))]
async fn audit_list(State(api): State<Api>, caller: Caller, Query(query): Query<PageQuery>) -> Result<Paged<Audit>, Problem> {
    let (before, rows) = query.read()?;
    let lines = api.service().audit_list(caller.actor, before, rows + 1).await?;
    let page = Page::cut(lines.into_iter().map(audit).collect(), rows, |line: &Audit| line.audit_id.0);
    Ok(Paged::new(page, "/admin/audit", rows))
}

fn audit(line: AuditLine) -> Audit {
    Audit {
        audit_id: BigId(line.id),
        cluster_id: line.cluster.map(|cluster| BigId(cluster.get())),
        user_id: line.user.map(|user| BigId(user.get())),
        action: line.action,
        outcome: line.outcome.as_str().to_owned(),
        member_no: line.member.map(domain::MemberNo::get),
        roles: line.roles,
        detail: line.detail,
        occurred_at: line.occurred_at.0,
    }
}

/// What the comparison of clearing accounts found.
#[derive(Debug, Serialize, ToSchema)]
struct Clearing {
    /// Moves that had a step to do.
    advanced: i64,
    /// Moves that wait: for their day, for a bill, or for the end of corrections.
    waiting: i64,
    /// Moves that could not go on.
    failed: Vec<ClearingFailure>,
    /// Pairs of clusters that have cleared anything.
    pairs: i64,
    /// Pairs that do not add up to zero.
    differences: Vec<ClearingDifference>,
}

/// A move that could not go on.
#[derive(Debug, Serialize, ToSchema)]
struct ClearingFailure {
    cluster_id: BigId,
    move_no: i64,
    /// Why.
    code: &'static str,
}

/// Two clusters whose clearing accounts differ.
#[derive(Debug, Serialize, ToSchema)]
struct ClearingDifference {
    one_cluster_id: BigId,
    other_cluster_id: BigId,
    amount_ngwee: i64,
}

/// Finishes every move between clusters that can go on, then proves that the clearing accounts add up to zero.
#[utoipa::path(post, path = "/admin/clearing", tag = "admin", operation_id = "clearing_check", responses((status = 200, body = Clearing)))]
async fn clearing_check(State(api): State<Api>, caller: Caller) -> Result<Done<Clearing>, Problem> {
    let report = api.service().clearing_check(caller.actor).await?;
    let failure = |&(cluster, no, code): &(domain::ClusterId, domain::MoveNo, &'static str)| ClearingFailure {
        cluster_id: BigId(cluster.get()),
        move_no: no.get(),
        code,
    };
    let difference = |one: &service::ClearingDifference| ClearingDifference {
        one_cluster_id: BigId(one.one),
        other_cluster_id: BigId(one.other),
        amount_ngwee: one.amount.0,
    };
    let clearing = Clearing {
        advanced: report.advanced,
        waiting: report.waiting,
        failed: report.failed.iter().map(failure).collect(),
        pairs: report.pairs,
        differences: report.differences.iter().map(difference).collect(),
    };
    Ok(Done(StatusCode::OK, clearing))
}
