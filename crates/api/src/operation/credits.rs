//! Energy credits: what a member has, the choice for its surplus, gifts to others, and the cover behind all credits of a cluster.

use crate::answer::{Done, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, Path, member_no};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::on;
use axum::extract::State;
use axum::http::StatusCode;
use domain::MemberNo;
use quantity::{Ngwee, WattHours};
use serde::{Deserialize, Serialize};
use service::SurplusChosen;
use store::tables::{ClusterRow, SurplusChoice};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(credit_view))
        .routes(routes!(surplus_choice_set))
        .routes(routes!(credit_give))
        .routes(routes!(cover_view, cover_add))
}

/// What happens with what a member exports.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SurplusWish {
    /// It is paid.
    Paid,
    /// It becomes energy credits, as far as the cover goes, and is not paid.
    Bank,
}

impl From<SurplusWish> for SurplusChoice {
    fn from(wish: SurplusWish) -> Self {
        match wish {
            SurplusWish::Paid => Self::Paid,
            SurplusWish::Bank => Self::Bank,
        }
    }
}

/// The choice for the surplus.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SurplusSet {
    choice: SurplusWish,
}

/// A choice, and from when on it holds.
#[derive(Debug, Serialize, ToSchema)]
struct SurplusFrom {
    /// `paid` or `bank`.
    choice: &'static str,
    /// First local day on which it holds.
    from_on: String,
}

impl From<SurplusChosen> for SurplusFrom {
    fn from(chosen: SurplusChosen) -> Self {
        Self { choice: chosen.choice.as_str(), from_on: on(chosen.from_day) }
    }
}

/// What the posted days of a month did to a member's energy credits.
#[derive(Debug, Serialize, ToSchema)]
struct CreditSums {
    /// Exports that became credits, without what was bought back.
    banked_wh: i64,
    /// What they would have earned.
    banked_milli_ngwee: i64,
    /// Energy that was met with credits instead of being bought.
    used_wh: i64,
    /// What it would have cost.
    used_milli_ngwee: i64,
    /// Banked by mistake, and bought back after a correction.
    bought_back_wh: i64,
    /// What was paid for that.
    bought_back_milli_ngwee: i64,
}

/// A member's energy credits.
#[derive(Debug, Serialize, ToSchema)]
struct MemberCredits {
    /// Free: to be used, given or sold.
    available_wh: i64,
    /// Reserved for orders.
    reserved_wh: i64,
    /// The posted days of this local month.
    month: CreditSums,
    /// What happens with the surplus today: `paid` or `bank`.
    choice: &'static str,
    /// What was chosen for a later day.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<SurplusFrom>,
}

/// A gift of energy credits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiftNew {
    /// Who gets them.
    #[schema(minimum = 1)]
    to_member: i64,
    /// How much, 1,000,000 at most.
    #[schema(minimum = 1)]
    energy_wh: i64,
}

/// A gift that is in the ledger.
#[derive(Debug, Serialize, ToSchema)]
struct Gift {
    /// Its number in the cluster's ledger; a repeat has the same one.
    transfer_no: i64,
    energy_wh: i64,
}

/// What stands behind the energy credits of a cluster. At any time `issued_wh` is the sum of the six amounts after it.
#[derive(Debug, Serialize, ToSchema)]
struct Cover {
    /// Banked so far, less what was taken back.
    issued_wh: i64,
    /// With members, and free.
    held_wh: i64,
    /// With members, and reserved for orders.
    reserved_wh: i64,
    /// Used instead of bought energy.
    used_wh: i64,
    /// Gone to other clusters, less what came from them.
    moved_wh: i64,
    /// Turned into prepaid tokens.
    tokens_wh: i64,
    /// Over.
    expired_wh: i64,
    /// `off_grid`, `one_point` or `separate`. Under `separate` the utility's own bank owes the energy.
    connection: String,
    /// The credit fund.
    fund_ngwee: i64,
    /// What buying a kWh back can cost: the dearest import band of today.
    price_ngwee_per_kwh: i64,
    /// How much of what members hold could be bought back now.
    covered_wh: i64,
    /// Whether one more exported Wh could be banked today.
    is_banking_open: bool,
}

/// Where money for the cover comes from.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CoverFrom {
    /// The operating fund.
    Operating,
    /// The surplus fund.
    Surplus,
    /// Money from outside, paid into the cluster's bank account.
    Gift,
}

impl From<CoverFrom> for service::CoverSource {
    fn from(source: CoverFrom) -> Self {
        match source {
            CoverFrom::Operating => Self::Operating,
            CoverFrom::Surplus => Self::Surplus,
            CoverFrom::Gift => Self::Gift,
        }
    }
}

/// Money to be put behind energy credits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CoverNew {
    source: CoverFrom,
    /// How much, 100,000,000 at most.
    #[schema(minimum = 1)]
    amount_ngwee: i64,
}

/// Money that was put behind energy credits.
#[derive(Debug, Serialize, ToSchema)]
struct CoverAdded {
    /// Its number in the cluster's ledger; a repeat has the same one.
    transfer_no: i64,
    /// What the credit fund holds now.
    fund_ngwee: i64,
}

/// The cluster and the member of a path.
async fn of(api: &Api, code: &str, no: i64) -> Result<(ClusterRow, MemberNo), Problem> {
    Ok((api.cluster(code).await?, member_no(no)?))
}

/// A member's energy credits, what they did this month, and what was chosen for the surplus.
#[utoipa::path(
    get, path = "/trade/{cluster}/members/{no}/credits", tag = "trade", operation_id = "credit_view",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = MemberCredits))
)]
async fn credit_view(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<MemberCredits>, Problem> {
    let (cluster, member) = of(&api, &code, no).await?;
    let own = api.service().credit_view(caller.actor, &cluster, member).await?;
    let month = CreditSums {
        banked_wh: own.month.banked,
        banked_milli_ngwee: own.month.banked_money,
        used_wh: own.month.used,
        used_milli_ngwee: own.month.used_money,
        bought_back_wh: own.month.bought_back,
        bought_back_milli_ngwee: own.month.bought_back_money,
    };
    Ok(Read(MemberCredits {
        available_wh: own.available.0,
        reserved_wh: own.reserved.0,
        month,
        choice: own.choice.as_str(),
        next: own.next.map(SurplusFrom::from),
    }))
}

/// Says what happens with a member's surplus from the next local day on: it is paid, or becomes energy credits. The same again changes nothing.
#[utoipa::path(
    put, path = "/trade/{cluster}/members/{no}/surplus", tag = "trade", operation_id = "surplus_choice_set", request_body = SurplusSet,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = SurplusFrom))
)]
async fn surplus_choice_set(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<SurplusSet>,
) -> Result<Done<SurplusFrom>, Problem> {
    caller.user()?;
    let (cluster, member) = of(&api, &code, no).await?;
    Ok(Done(StatusCode::OK, api.service().surplus_choice_set(caller.actor, &cluster, member, body.choice.into()).await?.into()))
}

/// Gives energy credits of a member to another member, for nothing.
#[utoipa::path(
    post, path = "/trade/{cluster}/members/{no}/gifts", tag = "trade", operation_id = "credit_give", request_body = GiftNew,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member that gives."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = Gift))
)]
async fn credit_give(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    key: Key,
    Body(body): Body<GiftNew>,
) -> Result<Done<Gift>, Problem> {
    let user = caller.user()?;
    let (cluster, from) = of(&api, &code, no).await?;
    let to = MemberNo::new(body.to_member).map_err(|error| Problem::of_field("/to_member", "member_unknown", error.to_string()))?;
    let key = key.of(user, "credit_give", 0);
    let given = api.service().credit_give(caller.actor, &cluster, from, to, WattHours(body.energy_wh), key).await?;
    Ok(Done(StatusCode::CREATED, Gift { transfer_no: given.transfer.get(), energy_wh: given.energy.0 }))
}

/// Where all energy credits of a cluster are, and what stands behind them.
#[utoipa::path(
    get, path = "/trade/{cluster}/cover", tag = "trade", operation_id = "cover_view",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Cover))
)]
async fn cover_view(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Cover>, Problem> {
    let cluster = api.cluster(&code).await?;
    let cover = api.service().cover_view(caller.actor, &cluster).await?;
    Ok(Read(Cover {
        issued_wh: cover.credits.issued,
        held_wh: cover.credits.held,
        reserved_wh: cover.credits.reserved,
        used_wh: cover.credits.used,
        moved_wh: cover.credits.moved,
        tokens_wh: cover.credits.tokens,
        expired_wh: cover.credits.expired,
        connection: cover.connection.to_string(),
        fund_ngwee: cover.fund.0,
        price_ngwee_per_kwh: cover.price.0,
        covered_wh: cover.covered.0,
        is_banking_open: cover.is_banking_open,
    }))
}

/// Puts money behind the energy credits of a cluster: from one of its funds, or money from outside.
#[utoipa::path(
    post, path = "/trade/{cluster}/cover", tag = "trade", operation_id = "cover_add", request_body = CoverNew,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = CoverAdded))
)]
async fn cover_add(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    key: Key,
    Body(body): Body<CoverNew>,
) -> Result<Done<CoverAdded>, Problem> {
    let user = caller.user()?;
    let cluster = api.cluster(&code).await?;
    let key = key.of(user, "cover_add", 0);
    let added = api.service().cover_add(caller.actor, &cluster, body.source.into(), Ngwee(body.amount_ngwee), key).await?;
    Ok(Done(StatusCode::CREATED, CoverAdded { transfer_no: added.transfer.get(), fund_ngwee: added.fund.0 }))
}
