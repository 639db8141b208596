//! Deals between clusters, and what was delivered of them.

use super::between::window;
use crate::answer::{Done, Page, PageQuery, Paged, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, Path, Query};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::{BigId, on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::DealNo;
use market::between::{DealState, Party};
use quantity::{Instant, PricePerKwh, WattHours};
use serde::{Deserialize, Serialize};
use service::between::{DealMove, DealOffer, DealTold};
use store::tables::{DealAct, DeliveryRow};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(deal_list, deal_offer))
        .routes(routes!(deal_read))
        .routes(routes!(deal_counter))
        .routes(routes!(deal_accept))
        .routes(routes!(deal_decline))
        .routes(routes!(deal_withdraw))
        .routes(routes!(delivery_list))
        .routes(routes!(delivery_read))
}

/// A deal as the cluster sees it.
#[derive(Debug, Serialize, ToSchema)]
struct DealOut {
    deal_no: i64,
    /// `bilateral`, or `auction` from a joint clearing.
    way: &'static str,
    /// Which side the cluster is on: `seller` or `buyer`.
    side: &'static str,
    /// Code of the other cluster.
    other: String,
    other_name: String,
    /// `open`, `accepted`, `declined`, `withdrawn` or `expired`.
    state: &'static str,
    /// Who is asked, while it is open.
    turn: &'static str,
    /// Whether something that the cluster did waits for the other one.
    is_waiting: bool,
    start_at: i64,
    end_at: i64,
    /// Sent in each interval.
    energy_wh: i64,
    /// To the seller, for each kWh sent.
    price_ngwee_per_kwh: i64,
    /// What the buyer pays for each kWh received, where that is not price and fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer_price_ngwee_per_kwh: Option<i64>,
    /// Of the line, for each kWh sent.
    fee_ngwee_per_kwh: i64,
    loss_ppm: i64,
    /// From the seller, for each kWh not sent.
    penalty_ngwee_per_kwh: i64,
    expires_at: i64,
    /// Grows with everything that is done.
    version: i64,
    /// Why it needs, or needed, a second officer of this cluster, and who was the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<DealReviewOut>,
    /// What was done, in order; left out in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acts: Vec<DealActOut>,
}

/// A deal that needs two officers.
#[derive(Debug, Serialize, ToSchema)]
struct DealReviewOut {
    /// `deal_same_person`, `deal_round_trip` or `deal_price_band`, the gravest first.
    reasons: Vec<&'static str>,
    /// Id of the user who accepted first.
    first_by: BigId,
    /// Whether a second officer has not accepted these terms yet.
    is_waiting: bool,
}

/// What a side did.
#[derive(Debug, Serialize, ToSchema)]
struct DealActOut {
    /// `offer`, `counter`, `accept`, `decline`, `withdraw`, `expire` or `clear`.
    kind: &'static str,
    side: &'static str,
    energy_wh: i64,
    price_ngwee_per_kwh: i64,
    penalty_ngwee_per_kwh: i64,
    done_at: i64,
}

/// The terms of a counter-offer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TermsWrite {
    start_at: i64,
    end_at: i64,
    /// Sent in each interval.
    #[schema(minimum = 1)]
    energy_wh: i64,
    /// To the seller, for each kWh sent.
    #[schema(minimum = 1)]
    price_ngwee_per_kwh: i64,
    /// From the seller, for each kWh not sent.
    #[schema(minimum = 0)]
    penalty_ngwee_per_kwh: i64,
    /// Until when the other side may answer.
    expires_at: i64,
}

/// A deal to be offered to another cluster.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DealWrite {
    /// Code of the other cluster.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    other: String,
    /// Which side the cluster takes: `seller` or `buyer`.
    #[schema(max_length = 8)]
    side: String,
    terms: TermsWrite,
}

/// Which days of deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DaysQuery {
    /// First day, `YYYY-MM-DD`.
    #[param(format = Date)]
    from: String,
    /// First day that is not wanted, at most 31 days later.
    #[param(format = Date)]
    to: String,
}

/// What was delivered, the newest day first, 200 at most.
#[derive(Debug, Serialize, ToSchema)]
struct Deliveries {
    items: Vec<Delivery>,
}

/// A day of a deal, as it was settled last.
#[derive(Debug, Serialize, ToSchema)]
struct Delivery {
    deal_no: i64,
    day_on: String,
    /// How often it was settled.
    revision: i64,
    contracted_wh: i64,
    sent_wh: i64,
    received_wh: i64,
    shortfall_wh: i64,
    /// What the line could not carry; nobody pays for it.
    undeliverable_wh: i64,
    /// Whether readings are still missing: there is no penalty yet.
    is_estimated: bool,
    /// To the seller, before rounding.
    seller_due_milli_ngwee: i64,
    /// To the owner of the line.
    fee_milli_ngwee: i64,
    /// To the community fund of the buying cluster.
    rent_milli_ngwee: i64,
    /// From the seller, for replacing the shortfall.
    replacement_milli_ngwee: i64,
    /// From the seller.
    penalty_milli_ngwee: i64,
    /// What the buying cluster owes the selling one for all of it.
    clearing_ngwee: i64,
    /// Its intervals; left out in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    intervals: Vec<DeliveryInterval>,
}

/// An interval of a delivery.
#[derive(Debug, Serialize, ToSchema)]
struct DeliveryInterval {
    start_at: i64,
    contracted_wh: i64,
    sent_wh: i64,
    received_wh: i64,
    is_estimated: bool,
}

fn deal_out(told: &DealTold) -> DealOut {
    let (row, terms) = (&told.row, &told.row.deal.terms);
    DealOut {
        deal_no: row.no.get(),
        way: row.way.as_str(),
        side: told.side.as_str(),
        other: told.other.code.to_string(),
        other_name: told.other.name.clone(),
        state: row.deal.state.as_str(),
        turn: row.deal.turn.as_str(),
        is_waiting: row.intent.is_some(),
        start_at: terms.window.start().0,
        end_at: terms.window.end().0,
        energy_wh: terms.energy_per_interval.0,
        price_ngwee_per_kwh: terms.price.0,
        buyer_price_ngwee_per_kwh: row.buyer_price.map(|price| price.0),
        fee_ngwee_per_kwh: terms.fee.0,
        loss_ppm: terms.loss.ppm(),
        penalty_ngwee_per_kwh: terms.penalty.0,
        expires_at: row.deal.expires_at.0,
        version: row.version,
        review: row.review.map(|review| DealReviewOut {
            reasons: review.reasons.iter().map(|reason| reason.as_str()).collect(),
            first_by: BigId(review.by),
            is_waiting: row.deal.state == DealState::Open && review.version == row.version,
        }),
        acts: told.acts.iter().map(act_out).collect(),
    }
}

fn act_out(act: &DealAct) -> DealActOut {
    DealActOut {
        kind: act.kind.as_str(),
        side: act.side.as_str(),
        energy_wh: act.energy.0,
        price_ngwee_per_kwh: act.price.0,
        penalty_ngwee_per_kwh: act.penalty.0,
        done_at: act.at.0,
    }
}

/// The deals of a cluster, the newest first.
#[utoipa::path(
    get, path = "/trade/{cluster}/deals", tag = "trade", operation_id = "deal_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), PageQuery), responses((status = 200, body = Page<DealOut>))
)]
async fn deal_list(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Paged<DealOut>, Problem> {
    let cluster = api.cluster(&code).await?;
    let (before, rows) = page.read()?;
    let before = before.and_then(|no| DealNo::new(no).ok());
    let deals = api.service().deal_list(caller.actor, &cluster, before, rows + 1).await?;
    let items = deals.iter().map(deal_out).collect();
    Ok(Paged::new(Page::cut(items, rows, |row: &DealOut| row.deal_no), &format!("/trade/{code}/deals"), rows))
}

/// Offers a deal to another cluster. What the line between them costs and loses becomes part of it.
#[utoipa::path(
    post, path = "/trade/{cluster}/deals", tag = "trade", operation_id = "deal_offer", request_body = DealWrite,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("Idempotency-Key" = String, Header, description = "New for each wish.")),
    responses((status = 201, body = DealOut))
)]
async fn deal_offer(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    key: Key,
    Body(body): Body<DealWrite>,
) -> Result<Done<DealOut>, Problem> {
    let user = caller.user()?;
    let (cluster, other) = (api.cluster(&code).await?, api.cluster(&body.other).await?);
    let side = [Party::Seller, Party::Buyer].into_iter().find(|side| side.as_str() == body.side);
    let side = side.ok_or_else(|| Problem::of_field("/side", "word_unknown", "one of: seller, buyer"))?;
    let terms = body.terms;
    let new = DealOffer {
        side,
        window: window(terms.start_at, terms.end_at)?,
        energy: WattHours(terms.energy_wh),
        price: PricePerKwh(terms.price_ngwee_per_kwh),
        penalty: PricePerKwh(terms.penalty_ngwee_per_kwh),
        expires_at: Instant(terms.expires_at),
        key: key.of(user, "deal_offer", 0),
    };
    let told = api.service().deal_offer(caller.actor, &cluster, &other, new).await?;
    Ok(Done(StatusCode::CREATED, deal_out(&told)))
}

fn deal_no(no: i64) -> Result<DealNo, Problem> {
    DealNo::new(no).map_err(|error| Problem::new("bad_address", error.to_string()))
}

/// A deal with everything that was done with it.
#[utoipa::path(
    get, path = "/trade/{cluster}/deals/{no}", tag = "trade", operation_id = "deal_read",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the deal.")),
    responses((status = 200, body = DealOut))
)]
async fn deal_read(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<DealOut>, Problem> {
    let cluster = api.cluster(&code).await?;
    Ok(Read(deal_out(&api.service().deal_read(caller.actor, &cluster, deal_no(no)?).await?)))
}

async fn act(api: &Api, caller: &Caller, (code, no): (String, i64), key: &Key, action: DealMove) -> Result<Done<DealOut>, Problem> {
    let user = caller.user()?;
    let cluster = api.cluster(&code).await?;
    let told = api.service().deal_act(caller.actor, &cluster, deal_no(no)?, action, key.of(user, "deal_act", 0)).await?;
    Ok(Done(StatusCode::OK, deal_out(&told)))
}

/// Names other terms for a deal.
#[utoipa::path(
    post, path = "/trade/{cluster}/deals/{no}/counter", tag = "trade", operation_id = "deal_counter", request_body = TermsWrite,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the deal."),
        ("Idempotency-Key" = String, Header, description = "New for each wish.")
    ),
    responses((status = 200, body = DealOut))
)]
async fn deal_counter(
    State(api): State<Api>,
    caller: Caller,
    Path(deal): Path<(String, i64)>,
    key: Key,
    Body(body): Body<TermsWrite>,
) -> Result<Done<DealOut>, Problem> {
    let action = DealMove::Counter {
        window: window(body.start_at, body.end_at)?,
        energy: WattHours(body.energy_wh),
        price: PricePerKwh(body.price_ngwee_per_kwh),
        penalty: PricePerKwh(body.penalty_ngwee_per_kwh),
        expires_at: Instant(body.expires_at),
    };
    act(&api, &caller, deal, &key, action).await
}

/// Takes the terms on the table: they bind both clusters.
#[utoipa::path(
    post, path = "/trade/{cluster}/deals/{no}/accept", tag = "trade", operation_id = "deal_accept",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the deal."),
        ("Idempotency-Key" = String, Header, description = "New for each wish.")
    ),
    responses((status = 200, body = DealOut))
)]
async fn deal_accept(State(api): State<Api>, caller: Caller, Path(deal): Path<(String, i64)>, key: Key) -> Result<Done<DealOut>, Problem> {
    act(&api, &caller, deal, &key, DealMove::Accept).await
}

/// Says no to a deal.
#[utoipa::path(
    post, path = "/trade/{cluster}/deals/{no}/decline", tag = "trade", operation_id = "deal_decline",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the deal."),
        ("Idempotency-Key" = String, Header, description = "New for each wish.")
    ),
    responses((status = 200, body = DealOut))
)]
async fn deal_decline(State(api): State<Api>, caller: Caller, Path(deal): Path<(String, i64)>, key: Key) -> Result<Done<DealOut>, Problem> {
    act(&api, &caller, deal, &key, DealMove::Decline).await
}

/// Takes back the own terms that nobody has answered.
#[utoipa::path(
    post, path = "/trade/{cluster}/deals/{no}/withdraw", tag = "trade", operation_id = "deal_withdraw",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the deal."),
        ("Idempotency-Key" = String, Header, description = "New for each wish.")
    ),
    responses((status = 200, body = DealOut))
)]
async fn deal_withdraw(State(api): State<Api>, caller: Caller, Path(deal): Path<(String, i64)>, key: Key) -> Result<Done<DealOut>, Problem> {
    act(&api, &caller, deal, &key, DealMove::Withdraw).await
}

fn delivery_out(row: &DeliveryRow) -> Delivery {
    let sum = &row.sum;
    Delivery {
        deal_no: row.deal.get(),
        day_on: on(row.day),
        revision: row.revision,
        contracted_wh: sum.contracted.0,
        sent_wh: sum.sent.0,
        received_wh: sum.received.0,
        shortfall_wh: sum.shortfall().0,
        undeliverable_wh: row.undeliverable.0,
        is_estimated: sum.is_estimated,
        seller_due_milli_ngwee: sum.seller_due.0,
        fee_milli_ngwee: sum.fee.0,
        rent_milli_ngwee: sum.rent.0,
        replacement_milli_ngwee: sum.replacement.0,
        penalty_milli_ngwee: sum.penalty.0,
        clearing_ngwee: row.clearing.0,
        intervals: Vec::new(),
    }
}

/// What was delivered to other clusters and by them.
#[utoipa::path(
    get, path = "/trade/{cluster}/deliveries", tag = "trade", operation_id = "delivery_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), DaysQuery), responses((status = 200, body = Deliveries))
)]
async fn delivery_list(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(days): Query<DaysQuery>,
) -> Result<Read<Deliveries>, Problem> {
    const DAYS_MAX: i32 = 31;
    let (from, to) = (crate::input::day("from", &days.from)?, crate::input::day("to", &days.to)?);
    if to > from.plus_days(DAYS_MAX) {
        return Err(Problem::of_field("to", "span_too_long", format!("at most {DAYS_MAX} days at once")));
    }
    let cluster = api.cluster(&code).await?;
    let rows = api.service().delivery_list(caller.actor, &cluster, (from, to), service::between::LIST_MAX).await?;
    Ok(Read(Deliveries { items: rows.iter().map(delivery_out).collect() }))
}

/// A day of a deal with its intervals, as the selling cluster settled it.
#[utoipa::path(
    get, path = "/trade/{cluster}/deals/{no}/deliveries/{date}", tag = "trade", operation_id = "delivery_read",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the deal."),
        ("date" = String, Path, description = "The local day.")
    ),
    responses((status = 200, body = Delivery))
)]
async fn delivery_read(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no, date)): Path<(String, i64, String)>,
) -> Result<Read<Delivery>, Problem> {
    let (cluster, day) = (api.cluster(&code).await?, crate::input::day("date", &date)?);
    let found = api.service().delivery_read(caller.actor, &cluster, deal_no(no)?, day).await?;
    let (row, parcels) = found.ok_or_else(|| Problem::new("day_unknown", format!("nothing of deal {no} is settled on {day}")))?;
    let interval = |(start, parcel): &(Instant, market::between::Parcel)| DeliveryInterval {
        start_at: start.0,
        contracted_wh: parcel.contracted.0,
        sent_wh: parcel.sent.0,
        received_wh: parcel.received.0,
        is_estimated: parcel.is_estimated,
    };
    Ok(Read(Delivery { intervals: parcels.iter().map(interval).collect(), ..delivery_out(&row) }))
}
