//! Whether and within what a cluster trades with others: the checklist, limits, lines, and the marketplace of its region.

use crate::answer::{Done, Page, PageQuery, Paged, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, Path, Query};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::{BigId, on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{BetweenLimits, Compliance as Checklist, GridLink, OfferNo, SellerOfRecord};
use market::Side;
use quantity::{BusinessDay, Instant, Interval, Ngwee, PricePerKwh, WattHours};
use serde::{Deserialize, Serialize};
use service::between::{ComplianceView, LineOutageSet, LineSet, OfferCreate};
use store::tables::{BoardRow, ClusterRow, LineRow, OfferRow};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(compliance_view, compliance_set))
        .routes(routes!(between_limits_set))
        .routes(routes!(line_list))
        .routes(routes!(line_set))
        .routes(routes!(line_outage_set))
        .routes(routes!(market_board))
        .routes(routes!(offer_list, offer_place))
        .routes(routes!(offer_withdraw))
}

/// What the law asks of a cluster that trades with others. What is left out is not known yet.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComplianceItems {
    /// Generating capacity.
    #[schema(minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_w: Option<i64>,
    /// `none`, `one_point` or `net_metering`.
    #[serde(skip_serializing_if = "Option::is_none")]
    grid_link: Option<String>,
    #[schema(max_length = 800)]
    #[serde(skip_serializing_if = "Option::is_none")]
    licence_number: Option<String>,
    /// Last day of the licence.
    #[schema(format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    licence_expires_on: Option<String>,
    /// Why none is needed, for systems of 100 kW at most.
    #[schema(max_length = 800)]
    #[serde(skip_serializing_if = "Option::is_none")]
    licence_exemption: Option<String>,
    /// Who sells by law: `member` or `cooperative`.
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_of_record: Option<String>,
    /// Whose wires the energy takes, and by what agreement.
    #[schema(max_length = 800)]
    #[serde(skip_serializing_if = "Option::is_none")]
    wiring_note: Option<String>,
    /// When the members voted to trade with other clusters.
    #[schema(format = Date)]
    #[serde(skip_serializing_if = "Option::is_none")]
    voted_on: Option<String>,
}

/// The checklist of a cluster, and what stands in the way of trade.
#[derive(Debug, Serialize, ToSchema)]
struct Compliance {
    items: ComplianceItems,
    /// What is missing or over today.
    missing: Vec<&'static str>,
    /// Whether the rules allow trade with other clusters.
    is_between_on: bool,
    limits: Limits,
    /// Who wrote the checklist when, by version.
    history: Vec<ComplianceVersion>,
}

/// A version of the checklist.
#[derive(Debug, Serialize, ToSchema)]
struct ComplianceVersion {
    version: i64,
    set_at: i64,
    /// The user; `0` is the program.
    set_by: BigId,
}

/// What officers may commit the cluster to, for each day of delivery.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Limits {
    /// First day on which they hold.
    #[schema(format = Date)]
    from_on: String,
    #[schema(minimum = 0, maximum = 1000000000)]
    sell_max_wh: i64,
    #[schema(minimum = 0, maximum = 1000000000)]
    buy_max_wh: i64,
    /// Lowest price for each kWh sold.
    #[schema(minimum = 0, maximum = 1000000)]
    sell_price_min_ngwee_per_kwh: i64,
    /// Highest price for each kWh bought, fee included.
    #[schema(minimum = 0, maximum = 1000000)]
    buy_price_max_ngwee_per_kwh: i64,
    #[schema(minimum = 0, maximum = 10000000000i64)]
    spend_max_ngwee: i64,
}

/// Lines that begin or end at a cluster.
#[derive(Debug, Serialize, ToSchema)]
struct Lines {
    items: Vec<LineOut>,
}

/// A line from one cluster to another.
#[derive(Debug, Serialize, ToSchema)]
struct LineOut {
    from_cluster: String,
    to_cluster: String,
    /// Since when it is so.
    from_on: String,
    /// For each kWh sent.
    fee_ngwee_per_kwh: i64,
    /// In an interval; 0 when it is closed.
    capacity_wh: i64,
    /// Of what is sent, parts per million.
    loss_ppm: i64,
    owner: String,
}

/// A line as it is from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineWrite {
    /// Code of the sending cluster.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    from_cluster: String,
    /// Code of the receiving cluster.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    to_cluster: String,
    #[schema(format = Date)]
    from_on: String,
    #[schema(minimum = 0)]
    fee_ngwee_per_kwh: i64,
    #[schema(minimum = 0)]
    capacity_wh: i64,
    /// 0, or 1,000 to 500,000.
    #[schema(minimum = 0, maximum = 500000)]
    loss_ppm: i64,
    #[schema(max_length = 320)]
    owner: String,
}

/// A time in which a line carried less.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineOutageWrite {
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    from_cluster: String,
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    to_cluster: String,
    start_at: i64,
    end_at: i64,
    /// What it could carry in an interval; 0 for nothing.
    #[schema(minimum = 0)]
    capacity_wh: i64,
    #[schema(max_length = 320)]
    note: String,
}

/// Nothing more to tell.
#[derive(Debug, Serialize, ToSchema)]
struct Written {
    is_written: bool,
}

/// Which region's board, and which part of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BoardQuery {
    /// Code of the region; of one that is not there nothing is listed.
    region: String,
    /// The `next` of the page before.
    #[param(pattern = "^[0-9]{1,6}[.][0-9]{1,18}[.][0-9]{1,18}$")]
    beyond: Option<String>,
    /// Rows of the page, 50 when it is left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Open offers of a region, by day of delivery.
#[derive(Debug, Serialize, ToSchema)]
struct BoardPage {
    items: Vec<BoardOffer>,
    /// Give this as `beyond` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An open offer of a cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BoardOffer {
    cluster: String,
    name: String,
    offer_no: i64,
    /// `sell` or `buy`.
    side: &'static str,
    delivery_on: String,
    start_at: i64,
    end_at: i64,
    /// In each interval.
    energy_wh: i64,
    /// The limit for each kWh.
    price_ngwee_per_kwh: i64,
    /// When the clearing takes it.
    gate_at: i64,
}

/// An offer of the cluster.
#[derive(Debug, Serialize, ToSchema)]
struct Offer {
    offer_no: i64,
    /// `sell` or `buy`.
    side: &'static str,
    delivery_on: String,
    start_at: i64,
    end_at: i64,
    energy_wh: i64,
    price_ngwee_per_kwh: i64,
    gate_at: i64,
    /// `open`, `cleared` or `withdrawn`.
    state: &'static str,
    /// What of it met a partner, in all intervals.
    filled_wh: i64,
    /// Why it met nobody in the clearing: `not_ready`, `too_many_clusters`, `nobody_met`, `line_limit`, `late` or `unreadable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    placed_at: i64,
}

/// An offer to all clusters of the region, for intervals of one local day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OfferWrite {
    /// `sell` or `buy`.
    #[schema(max_length = 8)]
    side: String,
    start_at: i64,
    end_at: i64,
    /// In each interval.
    #[schema(minimum = 1)]
    energy_wh: i64,
    /// The least a seller takes for each kWh sent, the most a buyer pays for each kWh received.
    #[schema(minimum = 1)]
    price_ngwee_per_kwh: i64,
}

fn seller_of(word: &str) -> Option<SellerOfRecord> {
    match word {
        "member" => Some(SellerOfRecord::Member),
        "cooperative" => Some(SellerOfRecord::Cooperative),
        _ => None,
    }
}

fn compliance(view: &ComplianceView) -> Compliance {
    let list = view.row.as_ref().map_or_else(Checklist::new, |row| row.config.clone());
    let limits = &view.limits;
    Compliance {
        items: ComplianceItems {
            capacity_w: list.capacity_w,
            grid_link: list.grid_link.map(|link| link.as_str().to_owned()),
            licence_number: list.licence_number,
            licence_expires_on: list.licence_expires_on.map(on),
            licence_exemption: list.licence_exemption,
            seller_of_record: list.seller_of_record.map(|seller| if seller == SellerOfRecord::Member { "member" } else { "cooperative" }.to_owned()),
            wiring_note: list.wiring_note,
            voted_on: list.voted_on.map(on),
        },
        missing: view.missing.clone(),
        is_between_on: view.is_between_on,
        limits: Limits {
            from_on: on(limits.from_day),
            sell_max_wh: limits.config.sell_max.0,
            buy_max_wh: limits.config.buy_max.0,
            sell_price_min_ngwee_per_kwh: limits.config.sell_price_min.0,
            buy_price_max_ngwee_per_kwh: limits.config.buy_price_max.0,
            spend_max_ngwee: limits.config.spend_max.0,
        },
        history: view.history.iter().map(|row| ComplianceVersion { version: row.version, set_at: row.set_at.0, set_by: BigId(row.set_by) }).collect(),
    }
}

/// What the law asks of a cluster that trades with others, what of it is missing, and what officers may commit.
#[utoipa::path(
    get, path = "/clusters/{id}/compliance", tag = "clusters", operation_id = "compliance_view",
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Compliance))
)]
async fn compliance_view(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Compliance>, Problem> {
    let cluster = api.cluster(&code).await?;
    Ok(Read(compliance(&api.service().compliance_view(caller.actor, &cluster).await?)))
}

/// Writes a new version of the checklist, whole.
#[utoipa::path(
    put, path = "/clusters/{id}/compliance", tag = "clusters", operation_id = "compliance_set", request_body = ComplianceItems,
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Compliance))
)]
async fn compliance_set(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<ComplianceItems>,
) -> Result<Done<Compliance>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let link = body.grid_link.as_deref().map(GridLink::parse);
    fields.check(link != Some(None), "/grid_link", "word_unknown", "one of: none, one_point, net_metering");
    let seller = body.seller_of_record.as_deref().map(seller_of);
    fields.check(seller != Some(None), "/seller_of_record", "word_unknown", "one of: member, cooperative");
    let licence_expires_on = body.licence_expires_on.as_deref().and_then(|text| fields.day("/licence_expires_on", text));
    let voted_on = body.voted_on.as_deref().and_then(|text| fields.day("/voted_on", text));
    fields.finish()?;
    let list = Checklist {
        capacity_w: body.capacity_w,
        grid_link: link.flatten(),
        licence_number: body.licence_number,
        licence_expires_on,
        licence_exemption: body.licence_exemption,
        seller_of_record: seller.flatten(),
        wiring_note: body.wiring_note,
        voted_on,
        ..Checklist::new()
    };
    let view = api.service().compliance_set(caller.actor, &cluster, list).await?;
    Ok(Done(StatusCode::OK, compliance(&view)))
}

/// Writes what officers may commit the cluster to from a day on: the chair's right while the cluster is forming, later by a vote.
#[utoipa::path(
    put, path = "/clusters/{id}/between-limits", tag = "clusters", operation_id = "between_limits_set", request_body = Limits,
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Compliance))
)]
async fn between_limits_set(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<Limits>,
) -> Result<Done<Compliance>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let from = crate::input::day("/from_on", &body.from_on)?;
    let limits = BetweenLimits {
        sell_max: WattHours(body.sell_max_wh),
        buy_max: WattHours(body.buy_max_wh),
        sell_price_min: PricePerKwh(body.sell_price_min_ngwee_per_kwh),
        buy_price_max: PricePerKwh(body.buy_price_max_ngwee_per_kwh),
        spend_max: Ngwee(body.spend_max_ngwee),
        ..BetweenLimits::NOTHING
    };
    let view = api.service().between_limits_set(caller.actor, &cluster, from, limits).await?;
    Ok(Done(StatusCode::OK, compliance(&view)))
}

fn line_out(row: &LineRow, from: &ClusterRow, to: &ClusterRow) -> LineOut {
    LineOut {
        from_cluster: from.code.to_string(),
        to_cluster: to.code.to_string(),
        from_on: on(row.from_day),
        fee_ngwee_per_kwh: row.fee.0,
        capacity_wh: row.capacity.0,
        loss_ppm: row.loss_ppm,
        owner: row.owner.clone(),
    }
}

/// The lines that begin or end at a cluster, as they are today.
#[utoipa::path(
    get, path = "/market/{cluster}/lines", tag = "market", operation_id = "line_list",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Lines))
)]
async fn line_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Lines>, Problem> {
    let cluster = api.cluster(&code).await?;
    let lines = api.service().line_list(caller.actor, &cluster).await?;
    Ok(Read(Lines { items: lines.iter().map(|(row, from, to)| line_out(row, from, to)).collect() }))
}

/// Writes down a line between two clusters as it is from a day on.
#[utoipa::path(
    post, path = "/admin/lines", tag = "admin", operation_id = "line_set", request_body = LineWrite, responses((status = 200, body = LineOut))
)]
async fn line_set(State(api): State<Api>, caller: Caller, Body(body): Body<LineWrite>) -> Result<Done<LineOut>, Problem> {
    let from_day = crate::input::day("/from_on", &body.from_on)?;
    let (from, to) = (api.cluster(&body.from_cluster).await?, api.cluster(&body.to_cluster).await?);
    let set = LineSet {
        from_day,
        fee: PricePerKwh(body.fee_ngwee_per_kwh),
        capacity: WattHours(body.capacity_wh),
        loss_ppm: body.loss_ppm,
        owner: body.owner,
    };
    let row = api.service().line_set(caller.actor, &from, &to, set).await?;
    Ok(Done(StatusCode::OK, line_out(&row, &from, &to)))
}

/// Writes down that a line carried less for a time: nobody is to blame for what it did not carry.
#[utoipa::path(
    post, path = "/admin/lines/outages", tag = "admin", operation_id = "line_outage_set", request_body = LineOutageWrite,
    responses((status = 200, body = Written))
)]
async fn line_outage_set(State(api): State<Api>, caller: Caller, Body(body): Body<LineOutageWrite>) -> Result<Done<Written>, Problem> {
    let during = window(body.start_at, body.end_at)?;
    let (from, to) = (api.cluster(&body.from_cluster).await?, api.cluster(&body.to_cluster).await?);
    let set = LineOutageSet { during, capacity: WattHours(body.capacity_wh), note: body.note };
    api.service().line_outage_set(caller.actor, &from, &to, set).await?;
    Ok(Done(StatusCode::OK, Written { is_written: true }))
}

pub(super) fn window(start: i64, end: i64) -> Result<Interval, Problem> {
    Interval::new(Instant(start), Instant(end)).map_err(|error| Problem::of_field("/end_at", error.code(), error.to_string()))
}

/// Open offers of the clusters of a region, by day of delivery.
#[utoipa::path(
    get, path = "/market/board", tag = "market", operation_id = "market_board", params(BoardQuery), responses((status = 200, body = BoardPage))
)]
async fn market_board(State(api): State<Api>, caller: Caller, Query(query): Query<BoardQuery>) -> Result<Read<BoardPage>, Problem> {
    let page = PageQuery { after: None, limit: query.limit };
    let (_, rows) = page.read()?;
    let after = query.beyond.as_deref().map(board_place).transpose()?;
    let found = api.service().market_board(caller.actor, &query.region, after, rows + 1).await;
    // It is a filter: where no such region is, nothing is offered.
    let mut found = found.or_else(|error| if error.code() == "region_unknown" { Ok(Vec::new()) } else { Err(error) })?;
    let has_more = found.len() > rows as usize;
    found.truncate(rows as usize);
    let next = found.last().filter(|_| has_more).map(|row| format!("{}.{}.{}", row.day.0, row.cluster, row.no));
    Ok(Read(BoardPage { items: found.iter().map(board_offer).collect(), next }))
}

/// A place on the board: day, cluster and number.
fn board_place(text: &str) -> Result<(BusinessDay, i64, i64), Problem> {
    let odd = || Problem::of_field("beyond", "cursor_invalid", "give the `next` of the page before, as it is");
    let parts: Vec<&str> = text.split('.').collect();
    let [day, cluster, no] = parts[..] else { return Err(odd()) };
    let number = |text: &str| text.parse::<i64>().map_err(|_| odd());
    Ok((BusinessDay(i32::try_from(number(day)?).map_err(|_| odd())?), number(cluster)?, number(no)?))
}

pub(super) fn board_offer(row: &BoardRow) -> BoardOffer {
    BoardOffer {
        cluster: row.code.clone(),
        name: row.name.clone(),
        offer_no: row.no.get(),
        side: row.side.as_str(),
        delivery_on: on(row.day),
        start_at: row.window.start().0,
        end_at: row.window.end().0,
        energy_wh: row.energy.0,
        price_ngwee_per_kwh: row.price.0,
        gate_at: row.gate_at.0,
    }
}

fn offer_out(row: &OfferRow) -> Offer {
    Offer {
        offer_no: row.no.get(),
        side: row.side.as_str(),
        delivery_on: on(row.day),
        start_at: row.window.start().0,
        end_at: row.window.end().0,
        energy_wh: row.energy.0,
        price_ngwee_per_kwh: row.price.0,
        gate_at: row.gate_at.0,
        state: row.state.as_str(),
        filled_wh: row.filled.0,
        reason: row.reason.map(|reason| reason.as_str()),
        placed_at: row.placed_at.0,
    }
}

/// The offers of a cluster, the newest first.
#[utoipa::path(
    get, path = "/market/{cluster}/offers", tag = "market", operation_id = "offer_list",
    params(("cluster" = String, Path, description = "Code of the cluster."), PageQuery), responses((status = 200, body = Page<Offer>))
)]
async fn offer_list(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Paged<Offer>, Problem> {
    let cluster = api.cluster(&code).await?;
    let (before, rows) = page.read()?;
    let before = before.and_then(|no| OfferNo::new(no).ok());
    let offers = api.service().offer_list(caller.actor, &cluster, before, rows + 1).await?;
    let items = offers.iter().map(offer_out).collect();
    Ok(Paged::new(Page::cut(items, rows, |row: &Offer| row.offer_no), &format!("/market/{code}/offers"), rows))
}

/// Puts an offer of a cluster on the board of its region, until the clearing at six in the evening before the day of delivery.
#[utoipa::path(
    post, path = "/market/{cluster}/offers", tag = "market", operation_id = "offer_place", request_body = OfferWrite,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("Idempotency-Key" = String, Header, description = "New for each wish.")),
    responses((status = 201, body = Offer))
)]
async fn offer_place(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    key: Key,
    Body(body): Body<OfferWrite>,
) -> Result<Done<Offer>, Problem> {
    let user = caller.user()?;
    let cluster = api.cluster(&code).await?;
    let side = [Side::Sell, Side::Buy].into_iter().find(|side| side.as_str() == body.side);
    let side = side.ok_or_else(|| Problem::of_field("/side", "word_unknown", "one of: sell, buy"))?;
    let new = OfferCreate {
        side,
        window: window(body.start_at, body.end_at)?,
        energy: WattHours(body.energy_wh),
        price: PricePerKwh(body.price_ngwee_per_kwh),
        key: key.of(user, "offer_place", 0),
    };
    let row = api.service().offer_place(caller.actor, &cluster, new).await?;
    Ok(Done(StatusCode::CREATED, offer_out(&row)))
}

/// Takes an offer off the board.
#[utoipa::path(
    post, path = "/market/{cluster}/offers/{no}/withdraw", tag = "market", operation_id = "offer_withdraw",
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the offer.")),
    responses((status = 200, body = Offer))
)]
async fn offer_withdraw(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Done<Offer>, Problem> {
    let no = OfferNo::new(no).map_err(|error| Problem::new("bad_address", error.to_string()))?;
    let row = api.service().offer_withdraw(caller.actor, &api.cluster(&code).await?, no).await?;
    Ok(Done(StatusCode::OK, offer_out(&row)))
}
