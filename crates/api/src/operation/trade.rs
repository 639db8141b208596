//! A member's orders, standing orders, trades and position.

use crate::answer::{Done, Page, PageQuery, Paged, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, Path, Query, member_no};
use crate::problem::Problem;
use crate::state::Api;
use crate::wire::on;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{MemberNo, OrderNo, StandingNo};
use ledger::IdempotencyKey;
use market::Side;
use quantity::{Instant, PricePerKwh, WattHours};
use serde::{Deserialize, Serialize};
use service::trade::{OrderCreate, OrderDone, OwnPosition, StandingCreate};
use store::tables::{ClusterRow, OrderRow, StandingRow, TradeRow, TradeSum};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(order_list, order_place))
        .routes(routes!(order_preview))
        .routes(routes!(order_read, order_amend, order_cancel))
        .routes(routes!(standing_list, standing_set))
        .routes(routes!(standing_end))
        .routes(routes!(trade_list))
        .routes(routes!(position_read))
}

/// Buys or sells.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OrderSide {
    /// Pays the price at most.
    Buy,
    /// Takes the price at least.
    Sell,
}

impl From<OrderSide> for Side {
    fn from(side: OrderSide) -> Self {
        match side {
            OrderSide::Buy => Self::Buy,
            OrderSide::Sell => Self::Sell,
        }
    }
}

/// An order to be placed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderNew {
    side: OrderSide,
    /// The most a buyer pays, the least a seller takes.
    #[schema(minimum = 1)]
    price_ngwee_per_kwh: i64,
    /// How much, in steps of 10 Wh from 100 Wh on.
    #[schema(minimum = 1)]
    energy_wh: i64,
    /// From then on it is no longer good; 90 days ahead at most. Without it: until it is taken back.
    expires_at: Option<i64>,
    /// Only if the book is still at this version, as a preview told it; else `book_changed`.
    at_version: Option<i64>,
}

impl OrderNew {
    fn of(self, member: MemberNo, key: IdempotencyKey) -> OrderCreate {
        OrderCreate {
            member,
            side: self.side.into(),
            price: PricePerKwh(self.price_ngwee_per_kwh),
            energy: WattHours(self.energy_wh),
            expires_at: self.expires_at.map(Instant),
            at_version: self.at_version,
            key,
        }
    }
}

/// How an open order is changed; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderChange {
    /// The new limit.
    #[schema(minimum = 1)]
    price_ngwee_per_kwh: Option<i64>,
    /// How much it shall be in all, traded or not. With the same price and no more energy, the order keeps its place.
    #[schema(minimum = 1)]
    energy_wh: Option<i64>,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Order {
    order_no: i64,
    member_no: i64,
    /// `buy` or `sell`.
    side: &'static str,
    price_ngwee_per_kwh: i64,
    /// All of it, traded or not.
    energy_wh: i64,
    filled_wh: i64,
    /// What may still be traded.
    left_wh: i64,
    /// What was paid or got for what was traded.
    paid_ngwee: i64,
    /// Money that is reserved for it, of a buyer.
    reserved_ngwee: i64,
    /// Energy credits that are reserved for it, of a seller.
    reserved_wh: i64,
    /// `open`, `filled`, `cancelled`, `expired`, `held` (waits for an officer; nothing is reserved) or `refused`.
    state: &'static str,
    /// `limit`, or `standing` for what a standing order became in an auction, or what waits for an officer in its stead.
    origin: &'static str,
    /// Why it was held: `guard_wash`, `guard_related`, `guard_price_band` or `guard_burst`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// All reasons, the gravest first; `reason` is the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    placed_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
}

impl From<OrderRow> for Order {
    fn from(row: OrderRow) -> Self {
        let is_buy = row.side == Side::Buy;
        Self {
            order_no: row.no.get(),
            member_no: row.member.get(),
            side: row.side.as_str(),
            price_ngwee_per_kwh: row.price.0,
            energy_wh: row.energy.0,
            filled_wh: row.filled.0,
            left_wh: row.left().0,
            paid_ngwee: row.paid.0,
            reserved_ngwee: if is_buy { row.hold_amount } else { 0 },
            reserved_wh: if is_buy { 0 } else { row.hold_amount },
            state: row.state.as_str(),
            origin: row.origin.as_str(),
            reason: row.reason().map(str::to_owned),
            reasons: row.reasons().map(str::to_owned).collect(),
            placed_at: row.placed_at.0,
            expires_at: row.expires_at.map(|at| at.0),
            ended_at: row.ended_at.map(|at| at.0),
        }
    }
}

/// A trade of a member; with whom is not told.
#[derive(Debug, Serialize, ToSchema)]
struct OwnTrade {
    trade_no: i64,
    /// The member's order.
    order_no: i64,
    /// `buy` or `sell`, as the member did.
    side: &'static str,
    traded_at: i64,
    price_ngwee_per_kwh: i64,
    energy_wh: i64,
    /// What was paid or got.
    money_ngwee: i64,
    /// Whether it was made in an auction.
    is_auction: bool,
}

fn own_trade(row: &TradeRow, member: MemberNo) -> OwnTrade {
    let (side, order) = if row.buyer == member { (Side::Buy, row.buy_order) } else { (Side::Sell, row.sell_order) };
    OwnTrade {
        trade_no: row.no.get(),
        order_no: order.get(),
        side: side.as_str(),
        traded_at: row.traded_at.0,
        price_ngwee_per_kwh: row.price.0,
        energy_wh: row.energy.0,
        money_ngwee: row.money.0,
        is_auction: row.auction.is_some(),
    }
}

/// What became of an order.
#[derive(Debug, Serialize, ToSchema)]
struct OrderOutcome {
    order: Order,
    /// What it traded by this request; nothing on a repeat.
    trades: Vec<OwnTrade>,
    /// Whether an earlier request with the same key placed it.
    is_repeat: bool,
    /// Version of the book after it.
    version: i64,
}

fn outcome(done: OrderDone) -> OrderOutcome {
    let member = done.order.member;
    let trades = done.trades.iter().map(|row| own_trade(row, member)).collect();
    OrderOutcome { trades, is_repeat: done.is_repeat, version: done.version, order: done.order.into() }
}

/// What an order would do if it were placed now.
#[derive(Debug, Serialize, ToSchema)]
struct OrderLook {
    /// Trades that it would make at once.
    trades: Vec<OwnTrade>,
    /// What they would cost or bring.
    money_ngwee: i64,
    /// What would wait in the book.
    rest_wh: i64,
    /// Money that would be reserved for that, of a buyer.
    reserved_ngwee: i64,
    /// Energy credits that would be reserved for that, of a seller.
    reserved_wh: i64,
    /// The fee: none inside a cluster.
    fee_ngwee: i64,
    /// Why an officer would look at it first; nothing would be traded or reserved then.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// All reasons, the gravest first; `reason` is the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    /// The version to give as `at_version`, so that it is placed as told or not at all.
    version: i64,
}

/// A standing order to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StandingNew {
    side: OrderSide,
    #[schema(minimum = 1)]
    price_ngwee_per_kwh: i64,
    /// Own energy credits that are kept: in every auction what is above is sold, or what is below is bought.
    #[schema(minimum = 0)]
    keep_wh: i64,
    /// From then on it is no longer good; 90 days ahead at most.
    expires_at: Option<i64>,
}

/// A standing order.
#[derive(Debug, Serialize, ToSchema)]
struct Standing {
    standing_no: i64,
    member_no: i64,
    /// `buy` or `sell`.
    side: &'static str,
    price_ngwee_per_kwh: i64,
    keep_wh: i64,
    /// `on`, `ended` or `expired`.
    state: &'static str,
    placed_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
}

impl From<StandingRow> for Standing {
    fn from(row: StandingRow) -> Self {
        Self {
            standing_no: row.no.get(),
            member_no: row.member.get(),
            side: row.side.as_str(),
            price_ngwee_per_kwh: row.price.0,
            keep_wh: row.keep.0,
            state: row.state.as_str(),
            placed_at: row.placed_at.0,
            expires_at: row.expires_at.map(|at| at.0),
            ended_at: row.ended_at.map(|at| at.0),
        }
    }
}

/// The standing orders that are on: one on each side at most.
#[derive(Debug, Serialize, ToSchema)]
struct StandingOrders {
    items: Vec<Standing>,
}

/// What was traded on one side.
#[derive(Debug, Serialize, ToSchema)]
struct Traded {
    energy_wh: i64,
    money_ngwee: i64,
    trades: i64,
    /// What a kWh cost on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean_ngwee_per_kwh: Option<i64>,
}

impl From<&TradeSum> for Traded {
    fn from(sum: &TradeSum) -> Self {
        let mean = OwnPosition::mean_price(sum);
        Self { energy_wh: sum.energy.0, money_ngwee: sum.money.0, trades: sum.trades, mean_ngwee_per_kwh: mean.map(|price| price.0) }
    }
}

/// What a member has in the market.
#[derive(Debug, Serialize, ToSchema)]
struct Position {
    /// Energy credits that are free.
    credits_available_wh: i64,
    /// Energy credits that orders reserve.
    credits_reserved_wh: i64,
    /// Money of the wallet that is free.
    money_available_ngwee: i64,
    /// Money that orders reserve.
    money_reserved_ngwee: i64,
    open_orders: i64,
    /// First day of the month of the sums.
    month_on: String,
    bought: Traded,
    sold: Traded,
    /// What the household had over on a day of the last two weeks, on average; none before the first whole day.
    spare_day_wh: Option<i64>,
    /// What of it is expected still today; an estimate, none where nothing is known of the sun here.
    spare_left_wh: Option<i64>,
}

/// The cluster and the member of a path.
async fn of(api: &Api, code: &str, no: i64) -> Result<(ClusterRow, MemberNo), Problem> {
    Ok((api.cluster(code).await?, member_no(no)?))
}

pub(super) fn order_no(no: i64) -> Result<OrderNo, Problem> {
    OrderNo::new(no).map_err(|_| Problem::new("order_unknown", format!("there is no order {no}")))
}

/// A member's orders, the newest first.
#[utoipa::path(
    get, path = "/trade/{cluster}/members/{no}/orders", tag = "trade", operation_id = "order_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."), PageQuery),
    responses((status = 200, body = Page<Order>))
)]
async fn order_list(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Query(query): Query<PageQuery>,
) -> Result<Paged<Order>, Problem> {
    let (cluster, member) = of(&api, &code, no).await?;
    let (before, rows) = query.read()?;
    let found = api.service().order_list(caller.actor, &cluster, member, before).await?;
    let page = Page::cut(found.into_iter().map(Order::from).collect(), rows, |order: &Order| order.order_no);
    Ok(Paged::new(page, &format!("/trade/{}/members/{no}/orders", cluster.code), rows))
}

/// Places an order: it trades at once with what waits, at the price of those who wait; what is left waits, and is reserved.
///
/// An order that looks wrong is answered with the state `held` and a `reason`: an officer looks at it first, and nothing is reserved.
#[utoipa::path(
    post, path = "/trade/{cluster}/members/{no}/orders", tag = "trade", operation_id = "order_place", request_body = OrderNew,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = OrderOutcome))
)]
async fn order_place(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    key: Key,
    Body(body): Body<OrderNew>,
) -> Result<Done<OrderOutcome>, Problem> {
    let user = caller.user()?;
    let (cluster, member) = of(&api, &code, no).await?;
    let new = body.of(member, key.of(user, "order_place", 0));
    Ok(Done(StatusCode::CREATED, outcome(api.service().order_place(caller.actor, &cluster, new).await?)))
}

/// What an order would do if it were placed now, to the ngwee. Nothing is changed.
#[utoipa::path(
    post, path = "/trade/{cluster}/members/{no}/orders/preview", tag = "trade", operation_id = "order_preview", request_body = OrderNew,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = OrderLook))
)]
async fn order_preview(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<OrderNew>,
) -> Result<Done<OrderLook>, Problem> {
    let user = caller.user()?;
    let (cluster, member) = of(&api, &code, no).await?;
    let is_buy = matches!(body.side, OrderSide::Buy);
    // It is never written down.
    let key = IdempotencyKey::derive(&[b"order_preview", &user.get().to_be_bytes()]);
    let told = api.service().order_preview(caller.actor, &cluster, body.of(member, key)).await?;
    let look = OrderLook {
        trades: told.trades.iter().map(|row| own_trade(row, member)).collect(),
        money_ngwee: told.money.0,
        rest_wh: told.rest.0,
        reserved_ngwee: if is_buy { told.hold } else { 0 },
        reserved_wh: if is_buy { 0 } else { told.hold },
        fee_ngwee: told.fee.0,
        reason: told.reasons.first().cloned(),
        reasons: told.reasons,
        version: told.version,
    };
    Ok(Done(StatusCode::OK, look))
}

/// An order of a member.
#[utoipa::path(
    get, path = "/trade/{cluster}/members/{no}/orders/{order}", tag = "trade", operation_id = "order_read",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."),
        ("order" = i64, Path, description = "Number of the order.")
    ),
    responses((status = 200, body = Order))
)]
async fn order_read(State(api): State<Api>, caller: Caller, Path((code, no, order)): Path<(String, i64, i64)>) -> Result<Read<Order>, Problem> {
    let (cluster, member) = of(&api, &code, no).await?;
    Ok(Read(api.service().order_find(caller.actor, &cluster, member, order_no(order)?).await?.into()))
}

/// Changes an open order. One that was filled, taken back or is over is `order_not_open`.
///
/// The same call again changes nothing: the energy is that of the whole order, whatever was traded in between.
#[utoipa::path(
    patch, path = "/trade/{cluster}/members/{no}/orders/{order}", tag = "trade", operation_id = "order_amend", request_body = OrderChange,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."),
        ("order" = i64, Path, description = "Number of the order.")
    ),
    responses((status = 200, body = OrderOutcome))
)]
async fn order_amend(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no, order)): Path<(String, i64, i64)>,
    Body(body): Body<OrderChange>,
) -> Result<Done<OrderOutcome>, Problem> {
    caller.user()?;
    let (cluster, member) = of(&api, &code, no).await?;
    let (price, energy) = (body.price_ngwee_per_kwh.map(PricePerKwh), body.energy_wh.map(WattHours));
    let done = api.service().order_amend(caller.actor, &cluster, member, order_no(order)?, price, energy).await?;
    Ok(Done(StatusCode::OK, outcome(done)))
}

/// Takes an order back: what it reserved is free again, what was traded stays. Also one that waits for an officer.
#[utoipa::path(
    delete, path = "/trade/{cluster}/members/{no}/orders/{order}", tag = "trade", operation_id = "order_cancel",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."),
        ("order" = i64, Path, description = "Number of the order.")
    ),
    responses((status = 200, body = OrderOutcome))
)]
async fn order_cancel(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no, order)): Path<(String, i64, i64)>,
) -> Result<Done<OrderOutcome>, Problem> {
    caller.user()?;
    let (cluster, member) = of(&api, &code, no).await?;
    Ok(Done(StatusCode::OK, outcome(api.service().order_cancel(caller.actor, &cluster, member, order_no(order)?).await?)))
}

/// A member's standing orders that are on.
#[utoipa::path(
    get, path = "/trade/{cluster}/members/{no}/standing", tag = "trade", operation_id = "standing_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = StandingOrders))
)]
async fn standing_list(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<StandingOrders>, Problem> {
    let (cluster, member) = of(&api, &code, no).await?;
    let found = api.service().standing_list(caller.actor, &cluster, member).await?;
    Ok(Read(StandingOrders { items: found.into_iter().map(Standing::from).collect() }))
}

/// Sets a standing order in the place of the member's earlier one on that side. It takes part in every auction and reserves nothing.
#[utoipa::path(
    post, path = "/trade/{cluster}/members/{no}/standing", tag = "trade", operation_id = "standing_set", request_body = StandingNew,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = Standing))
)]
async fn standing_set(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    key: Key,
    Body(body): Body<StandingNew>,
) -> Result<Done<Standing>, Problem> {
    let user = caller.user()?;
    let (cluster, member) = of(&api, &code, no).await?;
    let new = StandingCreate {
        member,
        side: body.side.into(),
        price: PricePerKwh(body.price_ngwee_per_kwh),
        keep: WattHours(body.keep_wh),
        expires_at: body.expires_at.map(Instant),
        key: key.of(user, "standing_set", 0),
    };
    Ok(Done(StatusCode::CREATED, api.service().standing_set(caller.actor, &cluster, new).await?.into()))
}

/// Ends a standing order.
#[utoipa::path(
    delete, path = "/trade/{cluster}/members/{no}/standing/{order}", tag = "trade", operation_id = "standing_end",
    params(
        ("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."),
        ("order" = i64, Path, description = "Number of the standing order.")
    ),
    responses((status = 200, body = Standing))
)]
async fn standing_end(State(api): State<Api>, caller: Caller, Path((code, no, order)): Path<(String, i64, i64)>) -> Result<Done<Standing>, Problem> {
    caller.user()?;
    let (cluster, member) = of(&api, &code, no).await?;
    let standing = StandingNo::new(order).map_err(|_| Problem::new("standing_unknown", format!("there is no standing order {order}")))?;
    Ok(Done(StatusCode::OK, api.service().standing_end(caller.actor, &cluster, member, standing).await?.into()))
}

/// A member's trades, the newest first.
#[utoipa::path(
    get, path = "/trade/{cluster}/members/{no}/trades", tag = "trade", operation_id = "trade_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."), PageQuery),
    responses((status = 200, body = Page<OwnTrade>))
)]
async fn trade_list(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Query(query): Query<PageQuery>,
) -> Result<Paged<OwnTrade>, Problem> {
    let (cluster, member) = of(&api, &code, no).await?;
    let (before, rows) = query.read()?;
    let found = api.service().trade_list(caller.actor, &cluster, member, before).await?;
    let page = Page::cut(found.iter().map(|row| own_trade(row, member)).collect(), rows, |trade: &OwnTrade| trade.trade_no);
    Ok(Paged::new(page, &format!("/trade/{}/members/{no}/trades", cluster.code), rows))
}

/// What a member has in the market: free, reserved, and traded this month.
#[utoipa::path(
    get, path = "/trade/{cluster}/members/{no}/position", tag = "trade", operation_id = "own_position",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = Position))
)]
async fn position_read(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<Position>, Problem> {
    let (cluster, member) = of(&api, &code, no).await?;
    let own = api.service().own_position(caller.actor, &cluster, member).await?;
    Ok(Read(Position::from(&own)))
}

impl From<&OwnPosition> for Position {
    fn from(own: &OwnPosition) -> Self {
        Self {
            credits_available_wh: own.credits_available.0,
            credits_reserved_wh: own.credits_reserved.0,
            money_available_ngwee: own.money_available.0,
            money_reserved_ngwee: own.money_reserved.0,
            open_orders: own.open_orders,
            month_on: on(own.month),
            bought: Traded::from(&own.bought),
            sold: Traded::from(&own.sold),
            spare_day_wh: own.spare_day.map(|energy| energy.0),
            spare_left_wh: own.spare_left.map(|energy| energy.0),
        }
    }
}

/// A household's position as a stream tells it.
#[derive(Serialize)]
struct PositionTold {
    member_no: i64,
    position: Position,
}

/// What a stream tells of a household that the listener acts for, as JSON.
///
/// # Errors
/// What cannot be written as JSON.
pub(crate) fn position_told(member: MemberNo, own: &OwnPosition) -> serde_json::Result<String> {
    serde_json::to_string(&PositionTold { member_no: member.get(), position: Position::from(own) })
}
