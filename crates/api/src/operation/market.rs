//! The market of a cluster as its members see it: prices, depth, trades without names, charts, auctions, what is ahead; and live.

use crate::answer::{Page, PageQuery, Paged, Read};
use crate::caller::{Caller, Token};
use crate::input::{Path, Query};
use crate::live::{Listener, listen};
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::response::sse::{Event, Sse};
use futures_util::Stream;
use market::Level;
use market::candle::{Candle, Span};
use market::pricing::StripSlot;
use quantity::{Instant, PricePerKwh};
use serde::{Deserialize, Serialize};
use service::policy::Action;
use service::trade::{MarketNow, TradeShown};
use std::convert::Infallible;
use store::tables::AuctionRow;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Price levels of each side that `depth` gives.
const LEVELS: u32 = 50;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(market_read))
        .routes(routes!(candle_list))
        .routes(routes!(market_depth))
        .routes(routes!(market_trades))
        .routes(routes!(auction_list))
        .routes(routes!(market_strip))
        .routes(routes!(market_events))
}

/// The orders of one side at one price, together.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct MarketLevel {
    price_ngwee_per_kwh: i64,
    energy_wh: i64,
    /// How many orders.
    orders: u32,
}

impl From<&Level> for MarketLevel {
    fn from(level: &Level) -> Self {
        Self { price_ngwee_per_kwh: level.price.0, energy_wh: level.energy.0, orders: level.orders }
    }
}

/// The best prices of both sides.
#[derive(Debug, Serialize, ToSchema)]
struct MarketDepth {
    /// What buyers offer, the highest price first.
    bids: Vec<MarketLevel>,
    /// What sellers ask, the lowest price first.
    asks: Vec<MarketLevel>,
}

/// A trade, without names.
#[derive(Debug, Serialize, ToSchema)]
struct MarketTrade {
    trade_no: i64,
    traded_at: i64,
    price_ngwee_per_kwh: i64,
    energy_wh: i64,
    /// Whether it was made in an auction.
    is_auction: bool,
    /// Whether a household that the caller acts for bought or sold.
    is_own: bool,
}

impl From<TradeShown> for MarketTrade {
    fn from(trade: TradeShown) -> Self {
        Self {
            trade_no: trade.no,
            traded_at: trade.traded_at.0,
            price_ngwee_per_kwh: trade.price.0,
            energy_wh: trade.energy.0,
            is_auction: trade.is_auction,
            is_own: trade.is_own,
        }
    }
}

/// A call auction.
#[derive(Debug, Serialize, ToSchema)]
struct MarketAuction {
    auction_no: i64,
    /// The interval it was held for.
    start_at: i64,
    held_at: i64,
    /// What every kWh cost; absent when no two orders met.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_ngwee_per_kwh: Option<i64>,
    /// Energy that changed hands.
    volume_wh: i64,
    /// Orders to buy.
    bids: i64,
    /// Orders to sell.
    asks: i64,
    bid_wh: i64,
    ask_wh: i64,
}

impl From<AuctionRow> for MarketAuction {
    fn from(row: AuctionRow) -> Self {
        Self {
            auction_no: row.no.get(),
            start_at: row.start_at.0,
            held_at: row.held_at.0,
            price_ngwee_per_kwh: row.price.map(|price| price.0),
            volume_wh: row.volume.0,
            bids: row.bids,
            asks: row.asks,
            bid_wh: row.bid_energy.0,
            ask_wh: row.ask_energy.0,
        }
    }
}

/// 15 minutes that are ahead.
#[derive(Debug, Serialize, ToSchema)]
struct MarketSlot {
    start_at: i64,
    /// What a kWh is expected to cost; absent where the rule has nothing to go by.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_ngwee_per_kwh: Option<i64>,
    /// What is expected to be left over.
    #[serde(skip_serializing_if = "Option::is_none")]
    supply_wh: Option<i64>,
    /// What more is expected to be wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    demand_wh: Option<i64>,
    /// Whether supply is expected to cover demand.
    is_sun: bool,
    /// Whether it is at least 10 % below the mean of the strip.
    is_cheap: bool,
}

impl From<&StripSlot> for MarketSlot {
    fn from(slot: &StripSlot) -> Self {
        Self {
            start_at: slot.start.0,
            price_ngwee_per_kwh: slot.price.map(|price| price.0),
            supply_wh: slot.energy.map(|energy| energy.supply.0),
            demand_wh: slot.energy.map(|energy| energy.demand.0),
            is_sun: slot.is_sun,
            is_cheap: slot.is_cheap,
        }
    }
}

/// The next six hours.
#[derive(Debug, Serialize, ToSchema)]
struct MarketStrip {
    items: Vec<MarketSlot>,
}

/// The last 24 hours.
#[derive(Debug, Serialize, ToSchema)]
struct MarketDay {
    volume_wh: i64,
    trades: i64,
    /// Average by volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    vwap_ngwee_per_kwh: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    high_ngwee_per_kwh: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    low_ngwee_per_kwh: Option<i64>,
    /// From the price before to the last one, in millionths.
    #[serde(skip_serializing_if = "Option::is_none")]
    change_ppm: Option<i64>,
}

/// How a market stands: also what its stream tells.
#[derive(Debug, Serialize, ToSchema)]
struct MarketState {
    /// When this was so.
    now_at: i64,
    /// Version of the book: it grows with every change.
    version: i64,
    /// Price of the last trade.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ngwee_per_kwh: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_traded_at: Option<i64>,
    /// What the rule of the cluster makes of it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote_ngwee_per_kwh: Option<i64>,
    /// The average of the last 24 hours, else the last price, else the quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_ngwee_per_kwh: Option<i64>,
    day: MarketDay,
    depth: MarketDepth,
    /// All that buyers in the book want.
    book_demand_wh: i64,
    /// All that sellers in the book offer.
    book_supply_wh: i64,
    /// What was left over in the last sealed interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    supply_wh: Option<i64>,
    /// What more was wanted in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    demand_wh: Option<i64>,
    /// When that interval began.
    #[serde(skip_serializing_if = "Option::is_none")]
    measured_at: Option<i64>,
    next_auction_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_auction: Option<MarketAuction>,
}

/// A market as it stands.
#[derive(Debug, Serialize, ToSchema)]
struct Market {
    /// Whether members trade among themselves.
    is_inside_on: bool,
    /// How the price is made: `fixed`, `mid_market`, `supply_demand_ratio` or `auction`.
    price_rule: &'static str,
    price_floor_ngwee_per_kwh: i64,
    price_ceiling_ngwee_per_kwh: i64,
    /// What the grid charges for one kWh more, in its last band.
    import_ngwee_per_kwh: i64,
    /// What the grid pays.
    export_ngwee_per_kwh: i64,
    /// Largest order.
    order_max_wh: i64,
    state: MarketState,
    /// The last 20 trades, the newest first.
    trades: Vec<MarketTrade>,
    strip: Vec<MarketSlot>,
}

fn ngwee(price: Option<PricePerKwh>) -> Option<i64> {
    price.map(|price| price.0)
}

fn depth(bids: &[Level], asks: &[Level]) -> MarketDepth {
    let levels = |side: &[Level]| side.iter().map(MarketLevel::from).collect();
    MarketDepth { bids: levels(bids), asks: levels(asks) }
}

fn state(now: &MarketNow) -> MarketState {
    let day = &now.summary;
    MarketState {
        now_at: now.now.0,
        version: now.version,
        last_ngwee_per_kwh: ngwee(now.last_price),
        last_traded_at: now.last_traded_at.map(|at| at.0),
        quote_ngwee_per_kwh: ngwee(now.quote.price),
        reference_ngwee_per_kwh: ngwee(now.reference),
        day: MarketDay {
            volume_wh: day.volume.0,
            trades: day.trades,
            vwap_ngwee_per_kwh: ngwee(day.vwap),
            high_ngwee_per_kwh: ngwee(day.high),
            low_ngwee_per_kwh: ngwee(day.low),
            // From parts per ten thousand.
            change_ppm: day.change.map(|parts| parts.saturating_mul(100)),
        },
        depth: depth(&now.bids, &now.asks),
        book_demand_wh: now.book_demand.0,
        book_supply_wh: now.book_supply.0,
        supply_wh: now.energy.map(|energy| energy.supply.0),
        demand_wh: now.energy.map(|energy| energy.demand.0),
        measured_at: now.energy.map(|energy| energy.start.0),
        next_auction_at: now.next_auction_at.0,
        last_auction: now.last_auction.map(MarketAuction::from),
    }
}

/// What a stream tells of the market, as JSON.
///
/// # Errors
/// What cannot be written as JSON.
pub(crate) fn market_state(now: &MarketNow) -> serde_json::Result<String> {
    serde_json::to_string(&state(now))
}

/// What a stream tells of a candle that runs, as JSON: a list of one.
///
/// # Errors
/// What cannot be written as JSON.
pub(crate) fn candle_running(span: Span, candle: &Candle) -> serde_json::Result<String> {
    serde_json::to_string(&Candles { span: span.as_str(), items: vec![MarketCandle::from(candle)] })
}

/// The market as it stands: price, the last 24 hours, depth, last trades, supply and demand, the next six hours.
#[utoipa::path(
    get, path = "/market/{cluster}", tag = "market", operation_id = "market_now",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Market))
)]
async fn market_read(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Market>, Problem> {
    let cluster = api.cluster(&code).await?;
    let now = api.service().market_now(caller.actor, &cluster).await?;
    Ok(Read(Market {
        is_inside_on: now.rules.is_inside_on,
        price_rule: now.rule.as_str(),
        price_floor_ngwee_per_kwh: now.terms.floor.0,
        price_ceiling_ngwee_per_kwh: now.terms.ceiling.0,
        import_ngwee_per_kwh: now.terms.import.0,
        export_ngwee_per_kwh: now.terms.export.0,
        order_max_wh: now.rules.order_max.0,
        state: state(&now),
        trades: now.trades.iter().copied().map(MarketTrade::from).collect(),
        strip: now.strip.iter().map(MarketSlot::from).collect(),
    }))
}

/// Which candles.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CandleQuery {
    /// `15m`, `1h` or `1d`.
    #[param(pattern = "^(15m|1h|1d)$")]
    span: String,
    /// The earliest start.
    from_at: i64,
    /// Before which they begin.
    until_at: i64,
}

/// Candles of one span, by time. A span without a trade has none.
#[derive(Debug, Serialize, ToSchema)]
struct Candles {
    /// `15m`, `1h` or `1d`.
    span: &'static str,
    items: Vec<MarketCandle>,
}

/// The trades of one span.
#[derive(Debug, Serialize, ToSchema)]
struct MarketCandle {
    start_at: i64,
    open_ngwee_per_kwh: i64,
    high_ngwee_per_kwh: i64,
    low_ngwee_per_kwh: i64,
    close_ngwee_per_kwh: i64,
    volume_wh: i64,
    /// What it cost, exactly.
    money_milli_ngwee: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    vwap_ngwee_per_kwh: Option<i64>,
    trades: i64,
}

impl From<&Candle> for MarketCandle {
    fn from(candle: &Candle) -> Self {
        Self {
            start_at: candle.start.0,
            open_ngwee_per_kwh: candle.open.0,
            high_ngwee_per_kwh: candle.high.0,
            low_ngwee_per_kwh: candle.low.0,
            close_ngwee_per_kwh: candle.close.0,
            volume_wh: candle.volume.0,
            money_milli_ngwee: candle.money.0,
            vwap_ngwee_per_kwh: ngwee(candle.vwap()),
            trades: candle.trades,
        }
    }
}

/// Candles of a stretch of time: 1,000 spans at most (`span_too_long`).
#[utoipa::path(
    get, path = "/market/{cluster}/candles", tag = "market", operation_id = "candle_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), CandleQuery), responses((status = 200, body = Candles))
)]
async fn candle_list(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(query): Query<CandleQuery>,
) -> Result<Read<Candles>, Problem> {
    let cluster = api.cluster(&code).await?;
    let span = Span::parse(&query.span).ok_or_else(|| Problem::of_field("span", "word_unknown", "a span is 15m, 1h or 1d"))?;
    let found = api.service().candle_list(caller.actor, &cluster, span, Instant(query.from_at), Instant(query.until_at)).await?;
    Ok(Read(Candles { span: span.as_str(), items: found.iter().map(MarketCandle::from).collect() }))
}

/// The best 50 prices of each side.
#[utoipa::path(
    get, path = "/market/{cluster}/depth", tag = "market", operation_id = "market_depth",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = MarketDepth))
)]
async fn market_depth(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<MarketDepth>, Problem> {
    let cluster = api.cluster(&code).await?;
    let (bids, asks) = api.service().market_depth(caller.actor, &cluster, LEVELS).await?;
    Ok(Read(depth(&bids, &asks)))
}

/// The trades, the newest first, without names.
#[utoipa::path(
    get, path = "/market/{cluster}/trades", tag = "market", operation_id = "market_trades",
    params(("cluster" = String, Path, description = "Code of the cluster."), PageQuery), responses((status = 200, body = Page<MarketTrade>))
)]
async fn market_trades(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Paged<MarketTrade>, Problem> {
    let cluster = api.cluster(&code).await?;
    let (before, rows) = query.read()?;
    let found = api.service().market_trades(caller.actor, &cluster, before, rows + 1).await?;
    let page = Page::cut(found.into_iter().map(MarketTrade::from).collect(), rows, |trade: &MarketTrade| trade.trade_no);
    Ok(Paged::new(page, &format!("/market/{}/trades", cluster.code), rows))
}

/// The auctions, the newest first.
#[utoipa::path(
    get, path = "/market/{cluster}/auctions", tag = "market", operation_id = "auction_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), PageQuery), responses((status = 200, body = Page<MarketAuction>))
)]
async fn auction_list(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Paged<MarketAuction>, Problem> {
    let cluster = api.cluster(&code).await?;
    let (before, rows) = query.read()?;
    let found = api.service().auction_list(caller.actor, &cluster, before, rows + 1).await?;
    let page = Page::cut(found.into_iter().map(MarketAuction::from).collect(), rows, |auction: &MarketAuction| auction.auction_no);
    Ok(Paged::new(page, &format!("/market/{}/auctions", cluster.code), rows))
}

/// The next six hours in slots of 15 minutes: price, supply and demand, what is cheap, when there is sun.
#[utoipa::path(
    get, path = "/market/{cluster}/strip", tag = "market", operation_id = "market_strip",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = MarketStrip))
)]
async fn market_strip(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<MarketStrip>, Problem> {
    let cluster = api.cluster(&code).await?;
    let slots = api.service().market_strip(caller.actor, &cluster).await?;
    Ok(Read(MarketStrip { items: slots.iter().map(MarketSlot::from).collect() }))
}

/// The market live, as server-sent events.
///
/// Each event `market` carries a `MarketState` as JSON, its id is the version of the book: the present one at once, then each change, at
/// most one a second. After it come the parts that changed with it: events `candle`, each `Candles` with the one that runs (`15m`, `1h` or
/// `1d`; none before the first trade of its span), and events `position`, each `{"member_no", "position"}` with the `Position` of a household
/// that the caller acts for; of others there is none. The stream ends with the session, or when it cannot be told any more, with an event
/// `end`. Five streams at most for one user.
#[utoipa::path(
    get, path = "/market/{cluster}/events", tag = "market", operation_id = "market_events",
    params(("cluster" = String, Path, description = "Code of the cluster.")),
    responses((status = 200, body = String, content_type = "text/event-stream", description = "Events without end."))
)]
async fn market_events(
    State(api): State<Api>,
    caller: Caller,
    token: Token,
    Path(code): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let user = caller.user()?;
    let cluster = api.cluster(&code).await?;
    api.service().require(caller.actor, cluster.id, Action::ClusterRead).await?;
    let seat = api.live().sit(&api, &cluster, user.get())?;
    Ok(Sse::new(listen(Listener { api, cluster, token: token.0, seat })))
}
