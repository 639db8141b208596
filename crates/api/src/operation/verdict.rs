//! What joining would mean, told before joining.

use crate::answer::Done;
use crate::caller::{Caller, Guess};
use crate::input::{Body, LIST_BODY_MAX};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::confidence;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{ClusterCode, ClusterKind, Connection, MemberNo};
use quantity::{Instant, Ngwee, WattHours};
use serde::{Deserialize, Serialize};
use service::{Assumption, Payback, Verdict as VerdictFound, VerdictOf, VerdictUse};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(verdict))
}

/// A question before joining. One of `cluster` and `kind`, and one of `monthly_wh`, `readings` and `member`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerdictAsk {
    /// Code of the cluster that would be joined.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    cluster: Option<String>,
    /// A cluster that may come to be.
    kind: Option<VerdictKind>,
    /// What would be put in.
    #[schema(minimum = 0)]
    contribution_ngwee: i64,
    /// What is used in a month.
    #[schema(minimum = 1, maximum = 100000000)]
    monthly_wh: Option<i64>,
    /// The household's own readings.
    #[schema(max_items = 35136)]
    readings: Option<Vec<VerdictReading>>,
    /// Own settled days as a member of another cluster.
    member: Option<VerdictMember>,
    /// Hours a day without the grid, one of the region's scenarios.
    #[schema(minimum = 0, maximum = 24)]
    outage_hours: i64,
}

/// A cluster that may come to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerdictKind {
    region: String,
    kind: String,
    connection: String,
}

/// Energy used in an interval.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerdictReading {
    start_at: i64,
    #[schema(minimum = 0)]
    consumption_wh: i64,
}

/// A membership that the caller acts for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct VerdictMember {
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    cluster: String,
    #[schema(minimum = 1)]
    member_no: i64,
}

/// What joining would mean: averages over a year, each for one month.
#[derive(Debug, Serialize, ToSchema)]
struct Verdict {
    used_wh: i64,
    /// What it pays the utility now; absent without a grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pays_now_ngwee: Option<i64>,
    /// What it would pay in the cluster, service charge included.
    pays_then_ngwee: i64,
    /// What it would save (negative: pay more); absent without a grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    saves_ngwee: Option<i64>,
    /// What the equipment wears for its part.
    wear_ngwee: i64,
    /// Whether the saving is more than the wear.
    is_saving: bool,
    from_plant_wh: i64,
    /// Minutes without the grid in which it wants energy.
    outage_minutes: i64,
    /// Of these, minutes that the cluster would serve whole.
    served_minutes: i64,
    unserved_wh: i64,
    /// `days`, `not_at_this_use`, `nothing_to_compare` or `nothing_put_in`.
    payback: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payback_days: Option<i64>,
    assumptions: Vec<VerdictAssumption>,
    /// The least sure of these: `high`, `medium` or `low`.
    confidence: &'static str,
}

/// Something the verdict rests on.
#[derive(Debug, Serialize, ToSchema)]
struct VerdictAssumption {
    code: &'static str,
    /// In the unit of its code.
    value: i64,
    confidence: &'static str,
}

/// What joining would mean, told before joining, with every assumption.
#[utoipa::path(
    post, path = "/clusters/verdict", tag = "clusters", operation_id = "verdict", security((), ("bearer" = [])), request_body = VerdictAsk,
    responses((status = 200, body = Verdict))
)]
async fn verdict(State(api): State<Api>, caller: Caller, _: Guess, Body(body): Body<VerdictAsk, LIST_BODY_MAX>) -> Result<Done<Verdict>, Problem> {
    let mut fields = Fields::default();
    let of = verdict_of(&mut fields, body.cluster.as_deref(), body.kind.as_ref());
    let usage = verdict_use(&mut fields, &body);
    fields.finish()?;
    let (Some(of), Some(usage)) = (of, usage) else { return Err(Fields::missing()) };
    let ask = service::VerdictAsk { of, contribution: Ngwee(body.contribution_ngwee), usage, outage_hours: body.outage_hours };
    Ok(Done(StatusCode::OK, told(api.service().verdict(caller.actor, ask).await?)))
}

fn verdict_of(fields: &mut Fields, cluster: Option<&str>, kind: Option<&VerdictKind>) -> Option<VerdictOf> {
    match (cluster, kind) {
        (Some(code), None) => fields.take("/cluster", ClusterCode::parse(code)).map(VerdictOf::Cluster),
        (None, Some(asked)) => {
            let kind = fields.take("/kind/kind", ClusterKind::parse(&asked.kind));
            let connection = fields.take("/kind/connection", Connection::parse(&asked.connection));
            kind.zip(connection).map(|(kind, connection)| VerdictOf::Kind { region: asked.region.clone(), kind, connection })
        }
        _ => {
            fields.check(false, "/cluster", "choice_needed", "name either a cluster or a kind");
            None
        }
    }
}

fn verdict_use(fields: &mut Fields, body: &VerdictAsk) -> Option<VerdictUse> {
    match (body.monthly_wh, &body.readings, &body.member) {
        (Some(wh), None, None) => Some(VerdictUse::Monthly(WattHours(wh))),
        (None, Some(readings), None) => {
            Some(VerdictUse::Readings(readings.iter().map(|row| (Instant(row.start_at), WattHours(row.consumption_wh))).collect()))
        }
        (None, None, Some(member)) => {
            let code = fields.take("/member/cluster", ClusterCode::parse(&member.cluster));
            code.zip(fields.take("/member/member_no", MemberNo::new(member.member_no))).map(|(code, no)| VerdictUse::Member(code, no))
        }
        _ => {
            fields.check(false, "/monthly_wh", "choice_needed", "give one of monthly_wh, readings and member");
            None
        }
    }
}

fn told(found: VerdictFound) -> Verdict {
    let (payback, payback_days) = match found.payback {
        Payback::Days(days) => ("days", Some(days)),
        Payback::NotAtThisUse => ("not_at_this_use", None),
        Payback::NothingToCompare => ("nothing_to_compare", None),
        Payback::NothingPutIn => ("nothing_put_in", None),
    };
    let assumption = |one: &Assumption| VerdictAssumption { code: one.code, value: one.value, confidence: confidence(one.confidence) };
    Verdict {
        used_wh: found.used.0,
        pays_now_ngwee: found.pays_now.map(|money| money.0),
        pays_then_ngwee: found.pays_then.0,
        saves_ngwee: found.saves.map(|money| money.0),
        wear_ngwee: found.wear.0,
        is_saving: found.is_saving,
        from_plant_wh: found.from_plant.0,
        outage_minutes: found.outage_minutes,
        served_minutes: found.served_minutes,
        unserved_wh: found.unserved.0,
        payback,
        payback_days,
        assumptions: found.assumptions.iter().map(assumption).collect(),
        confidence: confidence(found.confidence),
    }
}
