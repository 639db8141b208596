//! Orders that the guard held, and what officers decide about them.

use super::trade::{Order, order_no};
use crate::answer::{Done, Read};
use crate::caller::Caller;
use crate::input::{Body, Path};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::BigId;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use service::trade::{OrderReview, ReviewDecision};
use store::tables::OrderState;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(order_review_list)).routes(routes!(order_review))
}

/// An order that waits for an officer.
#[derive(Debug, Serialize, ToSchema)]
struct HeldOrder {
    order: Order,
    /// The member's name as others see it.
    alias: String,
    /// Whether it is of a household that the caller acts for: another officer decides.
    is_own: bool,
}

/// An order about which an officer decided. What became of it since is in the order.
#[derive(Debug, Serialize, ToSchema)]
struct DecidedOrder {
    order: Order,
    /// The member's name as others see it.
    alias: String,
    /// `release` or `refuse`.
    decision: &'static str,
    /// Id of the user who decided; none for the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by: Option<BigId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<i64>,
}

impl From<OrderReview> for DecidedOrder {
    fn from(review: OrderReview) -> Self {
        let OrderReview { order, alias, .. } = review;
        let decision = if order.state == OrderState::Refused { "refuse" } else { "release" };
        let (by, at) = (order.decided_by.filter(|user| *user > 0), order.decided_at);
        Self { order: order.into(), alias, decision, decided_by: by.map(BigId), decided_at: at.map(|at| at.0) }
    }
}

/// Orders that wait for an officer, and those about which one decided.
#[derive(Debug, Serialize, ToSchema)]
struct HeldOrders {
    /// Those that wait, the oldest first, 200 at most.
    items: Vec<HeldOrder>,
    /// Those about which was decided, the last first, 200 at most.
    decided: Vec<DecidedOrder>,
}

/// What an officer decides.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HeldDecision {
    /// It goes into the book now.
    Release,
    /// It ends.
    Refuse,
}

/// A decision about a held order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HeldDecide {
    decision: HeldDecision,
}

/// The orders that wait for an officer, the oldest first, and those about which one decided: who did, and when.
#[utoipa::path(
    get, path = "/trade/{cluster}/reviews", tag = "trade", operation_id = "order_review_list",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = HeldOrders))
)]
async fn order_review_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<HeldOrders>, Problem> {
    let cluster = api.cluster(&code).await?;
    let found = api.service().order_review_list(caller.actor, &cluster).await?;
    let held = |review: OrderReview| HeldOrder { order: review.order.into(), alias: review.alias, is_own: review.is_own };
    let decided = api.service().order_decided_list(caller.actor, &cluster).await?;
    Ok(Read(HeldOrders { items: found.into_iter().map(held).collect(), decided: decided.into_iter().map(DecidedOrder::from).collect() }))
}

/// Lets a held order go on, or refuses it. Not for the own household (`order_own`), save for the operator.
#[utoipa::path(
    post, path = "/trade/{cluster}/reviews/{order}", tag = "trade", operation_id = "order_review", request_body = HeldDecide,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("order" = i64, Path, description = "Number of the order.")),
    responses((status = 200, body = Order))
)]
async fn order_review(
    State(api): State<Api>,
    caller: Caller,
    Path((code, order)): Path<(String, i64)>,
    Body(body): Body<HeldDecide>,
) -> Result<Done<Order>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let decision = match body.decision {
        HeldDecision::Release => ReviewDecision::Release,
        HeldDecision::Refuse => ReviewDecision::Refuse,
    };
    let done = api.service().order_review(caller.actor, &cluster, order_no(order)?, decision).await?;
    Ok(Done(StatusCode::OK, done.order.into()))
}
