//! Trade between clusters: the checklist, limits, lines, the marketplace of a region, deals and deliveries.

use crate::answer::{Done, Page, PageQuery, Paged, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, Path, Query};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::{BigId, on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{BetweenLimits, Compliance as Checklist, DealNo, GridLink, OfferNo, SellerOfRecord};
use market::Side;
use market::between::Party;
use quantity::{BusinessDay, Instant, Interval, Ngwee, PricePerKwh, WattHours};
use serde::{Deserialize, Serialize};
use service::between::{ComplianceView, DealMove, DealOffer, DealTold, LineOutageSet, LineSet, OfferCreate};
use store::tables::{BoardRow, ClusterRow, DealAct, DeliveryRow, LineRow, OfferRow};
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
        .routes(routes!(deal_list, deal_offer))
        .routes(routes!(deal_read))
        .routes(routes!(deal_counter))
        .routes(routes!(deal_accept))
        .routes(routes!(deal_decline))
        .routes(routes!(deal_withdraw))
        .routes(routes!(delivery_list))
        .routes(routes!(delivery_read))
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
    #[schema(max_length = 12)]
    from_cluster: String,
    /// Code of the receiving cluster.
    #[schema(max_length = 12)]
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
    #[schema(max_length = 12)]
    from_cluster: String,
    #[schema(max_length = 12)]
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
    /// Code of the region.
    region: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows of the page, 50 when it is left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// Open offers of a region, by day of delivery.
#[derive(Debug, Serialize, ToSchema)]
struct BoardPage {
    items: Vec<BoardOffer>,
    /// Give this as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// An open offer of a cluster.
#[derive(Debug, Serialize, ToSchema)]
struct BoardOffer {
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
    /// What was done, in order; left out in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    acts: Vec<DealActOut>,
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
    #[schema(max_length = 12)]
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
    from: String,
    /// First day that is not wanted, at most 31 days later.
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
    let link = body.grid_link.as_deref().map(|word| GridLink::parse(word));
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

fn window(start: i64, end: i64) -> Result<Interval, Problem> {
    Interval::new(Instant(start), Instant(end)).map_err(|error| Problem::of_field("/end_at", error.code(), error.to_string()))
}

/// Open offers of the clusters of a region, by day of delivery.
#[utoipa::path(
    get, path = "/market/board", tag = "market", operation_id = "market_board", params(BoardQuery), responses((status = 200, body = BoardPage))
)]
async fn market_board(State(api): State<Api>, caller: Caller, Query(query): Query<BoardQuery>) -> Result<Read<BoardPage>, Problem> {
    let page = PageQuery { after: None, limit: query.limit };
    let (_, rows) = page.read()?;
    let after = query.after.as_deref().map(board_place).transpose()?;
    let mut found = api.service().market_board(caller.actor, &query.region, after, rows + 1).await?;
    let has_more = found.len() > rows as usize;
    found.truncate(rows as usize);
    let next = found.last().filter(|_| has_more).map(|row| format!("{}.{}.{}", row.day.0, row.cluster, row.no));
    Ok(Read(BoardPage { items: found.iter().map(board_offer).collect(), next }))
}

/// A place on the board: day, cluster and number.
fn board_place(text: &str) -> Result<(BusinessDay, i64, i64), Problem> {
    let odd = || Problem::of_field("after", "cursor_invalid", "give the `next` of the page before, as it is");
    let parts: Vec<&str> = text.split('.').collect();
    let [day, cluster, no] = parts[..] else { return Err(odd()) };
    let number = |text: &str| text.parse::<i64>().map_err(|_| odd());
    Ok((BusinessDay(i32::try_from(number(day)?).map_err(|_| odd())?), number(cluster)?, number(no)?))
}

fn board_offer(row: &BoardRow) -> BoardOffer {
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
