//! What a cluster has: meters, shared equipment and its owners, and when the grid was away.

use crate::answer::{Done, Read};
use crate::caller::{Caller, Key};
use crate::input::{Body, Path, day, member_no};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::{Equipment, on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{AssetKind, AssetNo, MemberNo, MeterNo, MeterRole};
use quantity::{BusinessDay, Instant, Interval, Ngwee, Watts};
use serde::{Deserialize, Serialize};
use service::{AssetNew, AssetOwned, MeterNew, MeterOwned};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(meter_list, meter_add))
        .routes(routes!(own_meter_add))
        .routes(routes!(meter_assign))
        .routes(routes!(meter_release))
        .routes(routes!(meter_exchange))
        .routes(routes!(asset_list, asset_add))
        .routes(routes!(asset_shares_set))
        .routes(routes!(outage_record))
}

/// Meters: all of them for those who look after them, the plant's and one's own for other members.
#[derive(Debug, Serialize, ToSchema)]
struct Meters {
    items: Vec<Meter>,
}

/// A meter.
#[derive(Debug, Serialize, ToSchema)]
struct Meter {
    meter_no: i64,
    /// What readings name it by.
    serial: String,
    /// `member` or `plant`.
    role: String,
    /// The most that can flow through it.
    limit_w: i64,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_no: Option<i64>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_on: Option<String>,
}

/// A meter to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeterCreate {
    /// 1 to 40 letters, digits, dots, hyphens or underscores.
    #[schema(max_length = 80)]
    serial: String,
    /// `member` or `plant`.
    role: String,
    /// The most that can flow through it.
    #[schema(minimum = 1)]
    limit_w: i64,
    /// Whose it is, for a member's meter.
    #[schema(minimum = 1)]
    member_no: Option<i64>,
    /// From which day; today when it is left out.
    #[schema(format = Date)]
    from_on: Option<String>,
}

/// Numbers of what was added, in order.
#[derive(Debug, Serialize, ToSchema)]
struct Added {
    items: Vec<i64>,
}

/// Whose a meter becomes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeterAssign {
    #[schema(minimum = 1)]
    member_no: i64,
    /// First day.
    #[schema(format = Date)]
    from_on: String,
}

/// From when a meter is nobody's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeterRelease {
    /// First day without an owner.
    #[schema(format = Date)]
    from_on: String,
}

/// A new meter in the place of an old one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MeterExchange {
    /// Serial of the new one.
    #[schema(max_length = 80)]
    serial: String,
    /// First day of the new one.
    #[schema(format = Date)]
    from_on: String,
}

/// A further meter of one's own home.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OwnMeterCreate {
    /// 1 to 40 letters, digits, dots, hyphens or underscores.
    #[schema(max_length = 80)]
    serial: String,
}

/// Number of the new meter.
#[derive(Debug, Serialize, ToSchema)]
struct MeterExchanged {
    meter_no: i64,
}

/// Shared equipment.
#[derive(Debug, Serialize, ToSchema)]
struct Assets {
    items: Vec<Asset>,
}

/// A piece of shared equipment with its owners.
#[derive(Debug, Serialize, ToSchema)]
struct Asset {
    #[serde(flatten)]
    equipment: Equipment,
    /// Since when these owners; absent when none are named.
    #[serde(skip_serializing_if = "Option::is_none")]
    owned_since_on: Option<String>,
    /// Parts there are.
    whole_parts: i64,
    owners: Vec<AssetOwner>,
}

/// Who owns how much.
#[derive(Debug, Serialize, ToSchema)]
struct AssetOwner {
    member_no: i64,
    alias: String,
    parts: i64,
}

/// Equipment to be registered. No money moves.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssetCreate {
    /// `solar_panel`, `inverter`, `battery` or `mini_grid`.
    kind: String,
    /// 1 to 60 letters.
    #[schema(max_length = 200)]
    name: String,
    #[schema(minimum = 0)]
    cost_ngwee: i64,
    /// Planning life; the region's when it is left out.
    #[schema(minimum = 1, maximum = 50)]
    life_years: Option<i64>,
    /// Day it began to work.
    #[schema(format = Date)]
    commissioned_on: String,
    /// Who owns it; by what members have paid in when it is left out.
    shares: Option<Vec<Share>>,
    /// Parts there are; a million when it is left out.
    #[schema(minimum = 1, maximum = 1000000000)]
    whole_parts: Option<u64>,
}

/// A member's part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Share {
    #[schema(minimum = 1)]
    member_no: i64,
    #[schema(minimum = 1)]
    parts: u64,
}

/// Who owns a piece of equipment from a day on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SharesSet {
    #[schema(format = Date)]
    from_on: String,
    /// Parts there are.
    #[schema(minimum = 1, maximum = 1000000000)]
    whole_parts: u64,
    /// Every member once; the parts add up to the whole.
    #[schema(max_items = 1000)]
    shares: Vec<Share>,
}

/// A time without the grid, `[start_at, end_at)`, on full steps.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Outage {
    start_at: i64,
    end_at: i64,
}

/// Meters and whose they are.
#[utoipa::path(
    get, path = "/meters/{cluster}", tag = "meters", operation_id = "meter_list",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Meters))
)]
async fn meter_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Meters>, Problem> {
    let cluster = api.cluster(&code).await?;
    let meters = api.service().meter_list(caller.actor, &cluster).await?;
    Ok(Read(Meters { items: meters.iter().map(meter).collect() }))
}

fn meter(owned: &MeterOwned) -> Meter {
    Meter {
        meter_no: owned.meter.no.get(),
        serial: owned.meter.serial.clone(),
        role: owned.meter.role.to_string(),
        limit_w: owned.meter.limit.0,
        member_no: owned.owner.map(|(member, _)| member.get()),
        from_on: owned.owner.map(|(_, from)| on(from)),
    }
}

/// Adds up to 1,000 meters, all or none.
#[utoipa::path(
    post, path = "/meters/{cluster}", tag = "meters", operation_id = "meter_add", request_body = Vec<MeterCreate>,
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 201, body = Added))
)]
async fn meter_add(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<Vec<MeterCreate>>,
) -> Result<Done<Added>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let mut meters = Vec::with_capacity(body.len());
    for (at, new) in body.into_iter().enumerate() {
        let role = fields.take(format!("/{at}/role"), MeterRole::parse(&new.role));
        let member = new.member_no.map(|no| fields.take(format!("/{at}/member_no"), MemberNo::new(no)));
        let from = new.from_on.as_deref().map(|text| fields.day(format!("/{at}/from_on"), text));
        let limit = Watts(new.limit_w);
        meters.extend(role.map(|role| MeterNew { serial: new.serial, role, limit, member: member.flatten(), from: from.flatten() }));
    }
    fields.finish()?;
    let numbers = api.service().meter_add(caller.actor, &cluster, meters).await?;
    Ok(Done(StatusCode::CREATED, Added { items: numbers.into_iter().map(MeterNo::get).collect() }))
}

/// Adds a further meter of one's own home from today on, in an open cluster: four at most. Its readings are sent by those who look after the
/// meters. The same serial again is the same meter.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/meters", tag = "meters", operation_id = "own_meter_add", request_body = OwnMeterCreate,
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 201, body = MeterExchanged))
)]
async fn own_meter_add(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<OwnMeterCreate>,
) -> Result<Done<MeterExchanged>, Problem> {
    caller.user()?;
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let meter = api.service().own_meter_add(caller.actor, &cluster, member, &body.serial).await?;
    Ok(Done(StatusCode::CREATED, MeterExchanged { meter_no: meter.get() }))
}

/// Gives a meter to a member from a day on.
#[utoipa::path(
    put, path = "/meters/{cluster}/{no}/owner", tag = "meters", operation_id = "meter_assign", request_body = MeterAssign,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the meter.")),
    responses((status = 204, description = "It is theirs."))
)]
async fn meter_assign(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<MeterAssign>,
) -> Result<StatusCode, Problem> {
    let (cluster, meter) = (api.cluster(&code).await?, meter_no(no)?);
    let mut fields = Fields::default();
    let member = fields.take("/member_no", MemberNo::new(body.member_no));
    let from = fields.day("/from_on", &body.from_on);
    fields.finish()?;
    let (Some(member), Some(from)) = (member, from) else { return Err(Fields::missing()) };
    api.service().meter_assign(caller.actor, &cluster, meter, member, from).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a meter from its owner from a day on.
#[utoipa::path(
    post, path = "/meters/{cluster}/{no}/release", tag = "meters", operation_id = "meter_release", request_body = MeterRelease,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the meter.")),
    responses((status = 204, description = "It is nobody's."))
)]
async fn meter_release(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<MeterRelease>,
) -> Result<StatusCode, Problem> {
    let (cluster, meter) = (api.cluster(&code).await?, meter_no(no)?);
    api.service().meter_release(caller.actor, &cluster, meter, day("/from_on", &body.from_on)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a new meter in the place of an old one.
#[utoipa::path(
    post, path = "/meters/{cluster}/{no}/exchange", tag = "meters", operation_id = "meter_exchange", request_body = MeterExchange,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the old meter.")),
    responses((status = 201, body = MeterExchanged))
)]
async fn meter_exchange(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<MeterExchange>,
) -> Result<Done<MeterExchanged>, Problem> {
    let (cluster, meter) = (api.cluster(&code).await?, meter_no(no)?);
    let new = api.service().meter_exchange(caller.actor, &cluster, meter, &body.serial, day("/from_on", &body.from_on)?).await?;
    Ok(Done(StatusCode::CREATED, MeterExchanged { meter_no: new.get() }))
}

/// Shared equipment and who owns it.
#[utoipa::path(
    get, path = "/assets/{cluster}", tag = "assets", operation_id = "asset_list",
    params(("cluster" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Assets))
)]
async fn asset_list(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Assets>, Problem> {
    let cluster = api.cluster(&code).await?;
    let assets = api.service().asset_list(caller.actor, &cluster).await?;
    Ok(Read(Assets { items: assets.iter().map(asset).collect() }))
}

fn asset(owned: &AssetOwned) -> Asset {
    let owner = |owner: &service::Owner| AssetOwner { member_no: owner.member.get(), alias: owner.alias.clone(), parts: owner.parts };
    Asset {
        equipment: (&owned.asset).into(),
        owned_since_on: owned.since.map(on),
        whole_parts: owned.whole,
        owners: owned.owners.iter().map(owner).collect(),
    }
}

/// Registers up to 1,000 pieces of equipment with their owners, all or none.
#[utoipa::path(
    post, path = "/assets/{cluster}", tag = "assets", operation_id = "asset_add", request_body = Vec<AssetCreate>,
    params(
        ("cluster" = String, Path, description = "Code of the cluster."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = Added))
)]
async fn asset_add(
    State(api): State<Api>,
    caller: Caller,
    key: Key,
    Path(code): Path<String>,
    Body(body): Body<Vec<AssetCreate>>,
) -> Result<Done<Added>, Problem> {
    let key = key.of(caller.user()?, "asset_add", 0);
    let cluster = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let mut assets = Vec::with_capacity(body.len());
    for (at, new) in body.into_iter().enumerate() {
        let kind = fields.take(format!("/{at}/kind"), AssetKind::parse(&new.kind));
        let commissioned = fields.day(format!("/{at}/commissioned_on"), &new.commissioned_on);
        let shares = new.shares.map(|shares| owners(&mut fields, &format!("/{at}/shares"), shares));
        if let (Some(kind), Some(commissioned_on)) = (kind, commissioned) {
            let (cost, whole) = (Ngwee(new.cost_ngwee), new.whole_parts);
            assets.push(AssetNew { kind, name: new.name, cost, life_years: new.life_years, commissioned_on, shares, whole });
        }
    }
    fields.finish()?;
    let numbers = api.service().asset_add(caller.actor, &cluster, assets, key).await?;
    Ok(Done(StatusCode::CREATED, Added { items: numbers.into_iter().map(AssetNo::get).collect() }))
}

/// Says who owns a piece of equipment from a day on.
#[utoipa::path(
    put, path = "/assets/{cluster}/{no}/shares", tag = "assets", operation_id = "asset_shares_set", request_body = SharesSet,
    params(("cluster" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the equipment.")),
    responses((status = 200, body = Asset))
)]
async fn asset_shares_set(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<SharesSet>,
) -> Result<Done<Asset>, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let number = AssetNo::new(no).map_err(|error| Problem::new("bad_address", error.to_string()))?;
    let mut fields = Fields::default();
    let from: Option<BusinessDay> = fields.day("/from_on", &body.from_on);
    let shares = owners(&mut fields, "/shares", body.shares);
    fields.finish()?;
    let from = from.ok_or_else(Fields::missing)?;
    let owned = api.service().asset_shares_set(caller.actor, &cluster, number, from, body.whole_parts, shares).await?;
    Ok(Done(StatusCode::OK, asset(&owned)))
}

fn owners(fields: &mut Fields, pointer: &str, shares: Vec<Share>) -> Vec<(MemberNo, u64)> {
    let number = |(at, share): (usize, Share)| Some((fields.take(format!("{pointer}/{at}/member_no"), MemberNo::new(share.member_no))?, share.parts));
    shares.into_iter().enumerate().filter_map(number).collect()
}

/// Writes down when the grid was away. Days of the past are settled again.
#[utoipa::path(
    post, path = "/clusters/{id}/outages", tag = "clusters", operation_id = "outage_record", request_body = Vec<Outage>,
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 204, description = "Written down."))
)]
async fn outage_record(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<Vec<Outage>>,
) -> Result<StatusCode, Problem> {
    caller.user()?;
    let cluster = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let spans = body.iter().enumerate();
    let outages = spans.filter_map(|(at, span)| fields.take(format!("/{at}"), Interval::new(Instant(span.start_at), Instant(span.end_at)))).collect();
    fields.finish()?;
    api.service().outage_record(caller.actor, &cluster, outages).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn meter_no(number: i64) -> Result<MeterNo, Problem> {
    MeterNo::new(number).map_err(|error| Problem::new("bad_address", error.to_string()))
}
