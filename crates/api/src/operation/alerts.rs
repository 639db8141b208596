//! Price alerts of one's own, and how reliably others traded.

use crate::answer::{Done, Read};
use crate::caller::Caller;
use crate::input::{Body, Path, Query, member_no};
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::StatusCode;
use domain::AlertNo;
use quantity::Instant;
use serde::{Deserialize, Serialize};
use service::reputation::Standing;
use service::{AlertCreate, AlertLine, Reputation as Known};
use store::tables::AlertRow;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(alert_list, alert_create)).routes(routes!(alert_delete)).routes(routes!(reputation_read))
}

/// One's price alerts.
#[derive(Debug, Serialize, ToSchema)]
struct Alerts {
    items: Vec<Alert>,
}

/// A price alert.
#[derive(Debug, Serialize, ToSchema)]
struct Alert {
    alert_no: i64,
    /// Code of the cluster.
    cluster: String,
    /// `above`, `below`, `change`, `change_day` or `cheap_ahead`.
    kind: String,
    /// The price that is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_ngwee_per_kwh: Option<i64>,
    /// The change that is waited for, in parts per ten thousand.
    #[serde(skip_serializing_if = "Option::is_none")]
    change_parts: Option<i64>,
    /// The price that a `change` counts from.
    #[serde(skip_serializing_if = "Option::is_none")]
    base_ngwee_per_kwh: Option<i64>,
    /// Whether it tells when it is so; if not, what it waits for is so already and has to end first.
    is_armed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_fired_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    created_at: i64,
}

/// A price alert to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AlertNew {
    /// Code of the cluster, to which one belongs.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    cluster: String,
    /// `above`, `below`, `change` (since now), `change_day` (within a day) or `cheap_ahead`.
    #[schema(max_length = 16)]
    kind: String,
    /// For `above` and `below`.
    #[schema(minimum = 1)]
    price_ngwee_per_kwh: Option<i64>,
    /// For changes: parts per ten thousand, up or down.
    #[schema(minimum = 500, maximum = 100000)]
    change_parts: Option<i64>,
    /// From when on it is over; never when it is left out.
    expires_at: Option<i64>,
}

/// How somebody did as seller and as buyer.
#[derive(Debug, Serialize, ToSchema)]
struct Reputation {
    /// Code of the cluster.
    cluster: String,
    /// Absent for the cluster as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_no: Option<i64>,
    seller: Role,
    buyer: Role,
}

/// How somebody did in one role.
#[derive(Debug, Serialize, ToSchema)]
struct Role {
    /// Too little is known to go by the score.
    is_new: bool,
    /// The score, in millionths.
    reliability_ppm: i64,
    /// The lower end of what it may be; ranks go by it.
    lower_bound_ppm: i64,
    /// Promises kept or broken so far, whatever they weigh.
    count: i64,
}

/// Whose reputation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Code of the cluster.
    cluster: String,
    /// Number of the member; without it the cluster as a whole is meant, in its trade with others.
    member: Option<i64>,
}

impl Alert {
    fn of(row: &AlertRow, cluster: String) -> Self {
        let kind = row.alert.kind;
        let is_price = matches!(kind.as_str(), "above" | "below");
        let is_change = matches!(kind.as_str(), "change" | "change_day");
        Self {
            alert_no: row.no.get(),
            cluster,
            kind: kind.as_str().to_owned(),
            price_ngwee_per_kwh: is_price.then_some(kind.threshold()),
            change_parts: is_change.then_some(kind.threshold()),
            base_ngwee_per_kwh: kind.base().map(|base| base.0),
            is_armed: row.alert.is_armed,
            last_fired_at: row.alert.last_fired_at.map(|at| at.0),
            expires_at: row.alert.expires_at.map(|at| at.0),
            created_at: row.created_at.0,
        }
    }
}

impl Role {
    const fn of(standing: &Standing, count: i64) -> Self {
        Self { is_new: standing.is_new, reliability_ppm: standing.reliability, lower_bound_ppm: standing.lower_bound, count }
    }
}

/// One's price alerts, by number.
#[utoipa::path(get, path = "/alerts", tag = "alerts", operation_id = "alert_list", responses((status = 200, body = Alerts)))]
async fn alert_list(State(api): State<Api>, caller: Caller) -> Result<Read<Alerts>, Problem> {
    let lines = api.service().alert_list(caller.actor).await?;
    let alert = |line: &AlertLine| Alert::of(&line.row, line.cluster.to_string());
    Ok(Read(Alerts { items: lines.iter().map(alert).collect() }))
}

/// Sets a price alert on a cluster one belongs to. The same alert twice is one; at most 20 in all.
#[utoipa::path(
    post, path = "/alerts", tag = "alerts", operation_id = "alert_create", request_body = AlertNew, responses((status = 201, body = Alert))
)]
async fn alert_create(State(api): State<Api>, caller: Caller, Body(body): Body<AlertNew>) -> Result<Done<Alert>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&body.cluster).await?;
    // What its kind does not wait for is none: a threshold of zero is refused where one is needed.
    let threshold = if body.kind.starts_with("change") { body.change_parts } else { body.price_ngwee_per_kwh };
    let new = AlertCreate { kind: body.kind, threshold: threshold.unwrap_or(0), expires_at: body.expires_at.map(Instant) };
    let row = api.service().alert_create(caller.actor, &cluster, new).await?;
    Ok(Done(StatusCode::CREATED, Alert::of(&row, cluster.code.to_string())))
}

/// Deletes a price alert of one's own.
#[utoipa::path(
    delete, path = "/alerts/{no}", tag = "alerts", operation_id = "alert_delete",
    params(("no" = i64, Path, description = "Number of the alert.")), responses((status = 204, description = "It is gone."))
)]
async fn alert_delete(State(api): State<Api>, caller: Caller, Path(no): Path<i64>) -> Result<StatusCode, Problem> {
    caller.user()?;
    let no = AlertNo::new(no).map_err(|_| Problem::new("alert_unknown", format!("you have no price alert {no}")))?;
    api.service().alert_delete(caller.actor, no).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How reliably a member sold and bought inside its cluster, or a cluster with others: for those who may read the directory, or are signed in and
/// have the code.
#[utoipa::path(
    get, path = "/trade/reputation", tag = "trade", operation_id = "reputation_read", params(Whose), responses((status = 200, body = Reputation))
)]
async fn reputation_read(State(api): State<Api>, caller: Caller, Query(whose): Query<Whose>) -> Result<Read<Reputation>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&whose.cluster).await?;
    let member = whose.member.map(member_no).transpose()?;
    let Known { seller, buyer, sales, purchases } = match member {
        Some(member) => api.service().reputation_of(caller.actor, &cluster, member).await?,
        None => api.service().reputation_of_cluster(caller.actor, &cluster).await?,
    };
    Ok(Read(Reputation {
        cluster: cluster.code.to_string(),
        member_no: member.map(|member| member.get()),
        seller: Role::of(&seller, sales),
        buyer: Role::of(&buyer, purchases),
    }))
}
