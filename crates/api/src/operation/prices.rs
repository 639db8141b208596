//! What energy is worth between two clusters, and the offers that a cluster's open lines lead to.

use super::between::{BoardOffer, board_offer};
use crate::answer::Read;
use crate::caller::Caller;
use crate::input::Path;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use market::Side;
use serde::Serialize;
use service::between::{LinePrices, PairPrice};
use store::tables::BoardRow;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(cluster_price)).routes(routes!(cluster_board))
}

/// A price between two clusters, or why there is none.
#[derive(Debug, Serialize, ToSchema)]
struct PriceBetween {
    /// For each kWh sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_gets_ngwee_per_kwh: Option<i64>,
    /// For each kWh that arrives, fee and loss included.
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer_pays_ngwee_per_kwh: Option<i64>,
    /// Why there is none: `line_too_dear`, `nothing_offered`, `nothing_wanted` or `not_known`.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'static str>,
}

impl From<PairPrice> for PriceBetween {
    fn from(price: PairPrice) -> Self {
        Self {
            seller_gets_ngwee_per_kwh: price.ok().map(|price| price.seller_gets.0),
            buyer_pays_ngwee_per_kwh: price.ok().map(|price| price.buyer_pays.0),
            missing: price.err().map(|why| why.as_str()),
        }
    }
}

/// The price of a quarter of an hour.
#[derive(Debug, Serialize, ToSchema)]
struct PriceSlot {
    start_at: i64,
    price: PriceBetween,
}

/// The prices over a line, in its direction.
#[derive(Debug, Serialize, ToSchema)]
struct PricesOfLine {
    fee_ngwee_per_kwh: i64,
    /// Lost on the way, millionths.
    loss_ppm: i64,
    /// In the present quarter of an hour.
    now: PriceBetween,
    /// What is suggested for a deal: the present price, else the next one that is known.
    suggested: PriceBetween,
    /// The next six hours, from the present quarter of an hour on.
    ahead: Vec<PriceSlot>,
}

impl From<&LinePrices> for PricesOfLine {
    fn from(prices: &LinePrices) -> Self {
        Self {
            fee_ngwee_per_kwh: prices.line.fee.0,
            loss_ppm: prices.line.loss_ppm,
            now: prices.now.into(),
            suggested: prices.suggested().into(),
            ahead: prices.ahead.iter().map(|(at, price)| PriceSlot { start_at: at.0, price: (*price).into() }).collect(),
        }
    }
}

/// What energy is worth between a cluster and another one.
#[derive(Debug, Serialize, ToSchema)]
struct PricesBetween {
    now_at: i64,
    /// What the cluster sells to the other; left out without an open line there.
    #[serde(skip_serializing_if = "Option::is_none")]
    sells: Option<PricesOfLine>,
    /// What it buys from the other; left out without an open line from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    buys: Option<PricesOfLine>,
}

/// What energy is worth between a cluster and another one that an open line joins with it, for members of the cluster.
///
/// It is made from what both are expected to offer and to want, what the grids pay and charge, the line's fee and what is lost on it, and
/// binds nobody. Of the other cluster nothing but the price is told.
#[utoipa::path(
    get, path = "/market/{cluster}/prices/{other}", tag = "market", operation_id = "cluster_price",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("other" = String, Path, description = "Code of the other cluster.")),
    responses((status = 200, body = PricesBetween))
)]
async fn cluster_price(State(api): State<Api>, caller: Caller, Path((code, other)): Path<(String, String)>) -> Result<Read<PricesBetween>, Problem> {
    let (cluster, other) = (api.cluster(&code).await?, api.cluster(&other).await?);
    let prices = api.service().cluster_price(caller.actor, &cluster, &other).await?;
    let line = |prices: &Option<LinePrices>| prices.as_ref().map(PricesOfLine::from);
    Ok(Read(PricesBetween { now_at: prices.at.0, sells: line(&prices.sells), buys: line(&prices.buys) }))
}

/// An open offer of a cluster that a line joins with the own one.
#[derive(Debug, Serialize, ToSchema)]
struct NearOffer {
    #[serde(flatten)]
    offer: BoardOffer,
    /// What a kWh over the line of this offer is worth by the supply and demand of both; left out where no open line leads that way, and
    /// beyond the first 20 lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    worth: Option<PriceBetween>,
}

/// Open offers of other clusters, by day of delivery.
#[derive(Debug, Serialize, ToSchema)]
struct NearBoard {
    items: Vec<NearOffer>,
}

/// The open offers of the clusters that an open line joins with a cluster, 200 at most, of which each has its part; with what energy is worth
/// over that line.
#[utoipa::path(
    get, path = "/market/{cluster}/board", tag = "market", operation_id = "cluster_board",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = NearBoard))
)]
async fn cluster_board(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<NearBoard>, Problem> {
    let cluster = api.cluster(&code).await?;
    let offers = api.service().board_offers(caller.actor, &cluster).await?;
    let prices = api.service().line_prices(caller.actor, &cluster).await?;
    let near = |row: &BoardRow| {
        let (from, to) = if row.side == Side::Sell { (row.cluster, cluster.id) } else { (cluster.id, row.cluster) };
        let line = prices.iter().find(|prices| prices.line.from == from && prices.line.to == to);
        NearOffer { offer: board_offer(row), worth: line.map(|prices| prices.suggested().into()) }
    };
    Ok(Read(NearBoard { items: offers.iter().map(near).collect() }))
}
