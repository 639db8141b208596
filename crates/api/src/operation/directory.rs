//! Who and what is there: the list of clusters, a cluster's card, the member directory.

use super::joining::Location;
use crate::answer::{Done, Page, PageQuery, Paged, Read};
use crate::caller::Caller;
use crate::input::{Body, Path, Query, member_no};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::{Cluster, on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{ClusterId, GeoPoint, Language, MemberNo, Role};
use quantity::{WattHours, Watts};
use serde::{Deserialize, Serialize};
use service::cluster::ProfileUpdate;
use service::policy::Action;
use service::{DirectoryEntry, DirectoryFilter, EntryUpdate, ServiceError};
use store::tables::{Consents, EntryRow};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(cluster_list))
        .routes(routes!(cluster_read, cluster_profile_set))
        .routes(routes!(directory))
        .routes(routes!(member_read))
        .routes(routes!(askers))
        .routes(routes!(entry_read, entry_update))
}

/// What anybody may know of a cluster who has its code.
#[derive(Debug, Serialize, ToSchema)]
struct ClusterCard {
    code: String,
    name: String,
    /// `micro`, `neighborhood`, `industrial`, `supply` or `open`.
    kind: String,
    /// Village or part of town.
    place: String,
    region: String,
    /// Where it is, to about a kilometre: millionths of a degree, north positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude_micro: Option<i64>,
    /// East positive.
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude_micro: Option<i64>,
    /// `off_grid`, `one_point` or `separate`.
    connection: String,
    /// Households now.
    homes: i64,
    /// How many make its kind.
    members_min: i64,
    members_max: i64,
    is_forming: bool,
    /// How many are missing to its size.
    missing: i64,
    /// Whether it takes households now and has room.
    is_joinable: bool,
    /// `by_code`, `by_code_while_forming` or `by_officer`.
    admission: String,
    contribution_min_ngwee: i64,
    contribution_max_ngwee: i64,
    /// What its battery holds or will hold.
    capacity_wh: i64,
    /// What its plant gives or will give at most.
    power_w: i64,
    sharing_key: &'static str,
    price_rule: &'static str,
    /// The inside price, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed_ngwee_per_kwh: Option<i64>,
    service_charge_ngwee_per_kwh: i64,
    opened_on: String,
    /// Whether its readings are modelled, not measured.
    is_modelled: bool,
    /// How it measures and settles; for its members and operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Cluster>,
}

/// What strangers see of a cluster; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClusterChange {
    /// Where it is.
    location: Option<Location>,
    /// What its battery holds or will hold.
    #[schema(minimum = 0, maximum = 1000000000)]
    capacity_wh: Option<i64>,
    /// What its plant gives or will give at most.
    #[schema(minimum = 0, maximum = 1000000000)]
    power_w: Option<i64>,
    /// Whether it takes households now.
    is_joinable: Option<bool>,
}

/// A household in the directory. What it does not show to others is absent.
#[derive(Debug, Serialize, ToSchema)]
struct Member {
    member_no: i64,
    /// The name it has chosen for others.
    alias: String,
    kind: String,
    /// The person's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Number or name of the house.
    #[serde(skip_serializing_if = "Option::is_none")]
    house: Option<String>,
    roles: Vec<&'static str>,
    since_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// Skills and tools to lend.
    #[serde(skip_serializing_if = "Option::is_none")]
    skills: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    /// Use of last month.
    #[serde(skip_serializing_if = "Option::is_none")]
    used_wh: Option<i64>,
    /// How it kept its word so far as a seller: `new` until there is enough to say, then `known`.
    reliability: &'static str,
    /// The score, in millionths; absent while it is `new`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reliability_ppm: Option<i64>,
    /// Sales behind it.
    reliability_count: i64,
}

impl From<DirectoryEntry> for Member {
    fn from(entry: DirectoryEntry) -> Self {
        Self {
            member_no: entry.member.get(),
            alias: entry.alias,
            kind: entry.kind,
            name: entry.name,
            house: entry.house,
            roles: entry.roles.iter().map(|role| role.as_str()).collect(),
            since_on: on(entry.since),
            language: entry.language.map(|language| language.to_string()),
            skills: entry.skills,
            phone: entry.phone.map(|phone| phone.e164()),
            used_wh: entry.usage.map(|usage| usage.used.0),
            reliability: if entry.reliability.ppm.is_some() { "known" } else { "new" },
            reliability_ppm: entry.reliability.ppm,
            reliability_count: entry.reliability.sales,
        }
    }
}

/// Households that asked to join and wait.
#[derive(Debug, Serialize, ToSchema)]
struct Askers {
    items: Vec<Asker>,
}

/// A household that asked to join.
#[derive(Debug, Serialize, ToSchema)]
struct Asker {
    /// The number it would have.
    member_no: i64,
    alias: String,
    kind: String,
    house: String,
    residents: i64,
    /// What it promises to put into the equipment.
    pledge_ngwee: i64,
    asked_on: String,
}

/// A household's own entry.
#[derive(Debug, Serialize, ToSchema)]
struct Entry {
    member_no: i64,
    /// `asked`, `active`, `refused` or `left`.
    state: String,
    alias: String,
    kind: String,
    house: String,
    /// How many people live there; 0 is not said.
    residents: i64,
    /// Empty is not said.
    language: String,
    skills: String,
    /// What it promised to put into the equipment.
    pledge_ngwee: i64,
    asked_on: String,
    consents: Shown,
}

/// What others may see.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Shown {
    /// The person's name beside the alias.
    show_name: bool,
    /// The phone number.
    show_phone: bool,
    /// How much energy it used last month.
    show_usage: bool,
}

impl From<EntryRow> for Entry {
    fn from(row: EntryRow) -> Self {
        let Consents { show_name, show_phone, show_usage } = row.consents;
        Self {
            member_no: row.member.get(),
            state: row.state.to_string(),
            alias: row.alias,
            kind: row.kind,
            house: row.house,
            residents: row.residents,
            language: row.language,
            skills: row.skills,
            pledge_ngwee: row.pledge.0,
            asked_on: on(row.asked_on),
            consents: Shown { show_name, show_phone, show_usage },
        }
    }
}

/// What a household changes about its own entry; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EntryChange {
    /// 1 to 60 letters.
    #[schema(max_length = 200)]
    alias: Option<String>,
    #[schema(max_length = 40)]
    house: Option<String>,
    #[schema(minimum = 0, maximum = 1000)]
    residents: Option<i64>,
    /// `en`, `bem`, `ny` or `toi`.
    #[schema(max_length = 8)]
    language: Option<String>,
    /// Skills and tools to lend.
    #[schema(max_length = 300)]
    skills: Option<String>,
    consents: Option<Shown>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DirectoryQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows of the page, 50 when it is left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Part of a name, house, skill or language.
    #[param(max_length = 60)]
    text: Option<String>,
    /// Who holds this office.
    role: Option<String>,
}

/// Clusters: one's own, or all of them for operators.
#[utoipa::path(
    get, path = "/clusters", tag = "clusters", operation_id = "cluster_list", params(PageQuery), responses((status = 200, body = Page<Cluster>))
)]
async fn cluster_list(State(api): State<Api>, caller: Caller, Query(query): Query<PageQuery>) -> Result<Paged<Cluster>, Problem> {
    caller.user()?;
    let (after, rows) = query.read()?;
    let clusters = match caller.is_operator() {
        true => api.service().cluster_page(caller.actor, after.and_then(|id| ClusterId::new(id).ok()), rows + 1).await?,
        false => {
            let mut own: Vec<_> = api.service().profile(caller.actor).await?.memberships.into_iter().map(|at| (at.cluster, at.code)).collect();
            own.sort();
            own.dedup();
            let mut clusters = Vec::new();
            for (_, code) in own.into_iter().filter(|(id, _)| after.is_none_or(|after| id.get() > after)).take(rows as usize + 1) {
                clusters.push(api.service().cluster(&code).await?);
            }
            clusters
        }
    };
    let page = Page::cut(clusters, rows, |row| row.id.get());
    let page = Page { items: page.items.iter().map(Cluster::from).collect(), next: page.next };
    Ok(Paged::new(page, "/clusters", rows))
}

/// A cluster's card, for whoever has its code; its settings too, for its members.
#[utoipa::path(
    get, path = "/clusters/{id}", tag = "clusters", operation_id = "cluster_read", security((), ("bearer" = [])),
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = ClusterCard))
)]
async fn cluster_read(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<ClusterCard>, Problem> {
    let cluster = api.cluster(&code).await?;
    let is_member = api.service().standing(caller.actor, cluster.id).await?.may(Action::ClusterRead);
    let found = api.service().cluster_card(caller.actor, &cluster.code).await?;
    Ok(Read(card(found, is_member.then(|| Cluster::from(&cluster)))))
}

/// Changes what strangers see of a cluster, and whether it takes households now.
#[utoipa::path(
    patch, path = "/clusters/{id}", tag = "clusters", operation_id = "cluster_profile_set", request_body = ClusterChange,
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = ClusterCard))
)]
async fn cluster_profile_set(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<ClusterChange>,
) -> Result<Done<ClusterCard>, Problem> {
    let cluster = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let place = body.location.map(|place| fields.take("/location", GeoPoint::new(place.latitude_micro, place.longitude_micro)));
    fields.finish()?;
    let (capacity, power) = (body.capacity_wh.map(WattHours), body.power_w.map(Watts));
    let update = ProfileUpdate { location: place.flatten(), capacity, power, is_joinable: body.is_joinable };
    let found = api.service().cluster_profile_set(caller.actor, &cluster, update).await?;
    Ok(Done(StatusCode::OK, card(found, Some(Cluster::from(&cluster)))))
}

fn card(card: service::ClusterCard, settings: Option<Cluster>) -> ClusterCard {
    ClusterCard {
        code: card.code.to_string(),
        name: card.name,
        kind: card.kind.to_string(),
        place: card.place,
        region: card.region,
        latitude_micro: card.location.map(domain::GeoPoint::latitude_micro),
        longitude_micro: card.location.map(domain::GeoPoint::longitude_micro),
        connection: card.connection.to_string(),
        homes: card.homes,
        members_min: card.size.members_min,
        members_max: card.size.members_max,
        is_forming: card.is_forming,
        missing: card.missing,
        is_joinable: card.is_joinable,
        admission: card.admission.to_string(),
        contribution_min_ngwee: card.contribution_min.0,
        contribution_max_ngwee: card.contribution_max.0,
        capacity_wh: card.capacity.0,
        power_w: card.power.0,
        sharing_key: card.sharing_key,
        price_rule: card.price_rule.as_str(),
        fixed_ngwee_per_kwh: card.fixed_price.map(|price| price.0),
        service_charge_ngwee_per_kwh: card.service_charge.0,
        opened_on: on(card.opened_on),
        is_modelled: card.is_modelled,
        settings,
    }
}

/// The member directory: what each household shows to others.
#[utoipa::path(
    get, path = "/clusters/{id}/members", tag = "members", operation_id = "directory",
    params(("id" = String, Path, description = "Code of the cluster."), DirectoryQuery), responses((status = 200, body = Page<Member>))
)]
async fn directory(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Query(query): Query<DirectoryQuery>,
) -> Result<Paged<Member>, Problem> {
    let cluster = api.cluster(&code).await?;
    let (after, rows) = PageQuery { after: query.after, limit: query.limit }.read()?;
    let mut fields = Fields::default();
    let role = query.role.as_deref().map(|word| fields.take("role", Role::parse(word)));
    fields.finish()?;
    let filter = DirectoryFilter { text: query.text, role: role.flatten() };
    let after = after.and_then(|no| MemberNo::new(no).ok());
    let found = api.service().directory(caller.actor, &cluster, after, rows, filter).await?;
    let items = found.items.into_iter().map(Member::from).collect();
    Ok(Paged::new(Page::until(items, found.next.map(MemberNo::get)), &format!("/clusters/{code}/members"), rows))
}

/// One household of the directory.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}", tag = "members", operation_id = "member_read",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = Member))
)]
async fn member_read(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<Member>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let before = MemberNo::new(no.saturating_sub(1)).ok();
    let found = api.service().directory(caller.actor, &cluster, before, 1, DirectoryFilter::default()).await?;
    let entry = found.items.into_iter().find(|entry| entry.member == member);
    entry.map(|entry| Read(entry.into())).ok_or_else(|| ServiceError::MemberUnknown { number: no }.into())
}

/// Households that asked to join and wait for an officer.
#[utoipa::path(
    get, path = "/clusters/{id}/askers", tag = "members", operation_id = "askers",
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = Askers))
)]
async fn askers(State(api): State<Api>, caller: Caller, Path(code): Path<String>) -> Result<Read<Askers>, Problem> {
    let cluster = api.cluster(&code).await?;
    let asker = |row: EntryRow| Asker {
        member_no: row.member.get(),
        alias: row.alias,
        kind: row.kind,
        house: row.house,
        residents: row.residents,
        pledge_ngwee: row.pledge.0,
        asked_on: on(row.asked_on),
    };
    Ok(Read(Askers { items: api.service().askers(caller.actor, &cluster).await?.into_iter().map(asker).collect() }))
}

/// A household's own entry, with its consents.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/entry", tag = "members", operation_id = "entry_read",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = Entry))
)]
async fn entry_read(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<Entry>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    Ok(Read(api.service().entry_read(caller.actor, &cluster, member).await?.into()))
}

/// Changes a household's own entry; by itself alone.
#[utoipa::path(
    patch, path = "/clusters/{id}/members/{no}/entry", tag = "members", operation_id = "entry_update", request_body = EntryChange,
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = Entry))
)]
async fn entry_update(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<EntryChange>,
) -> Result<Done<Entry>, Problem> {
    caller.user()?;
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let mut fields = Fields::default();
    let language = body.language.as_deref().map(|word| fields.take("/language", Language::parse(word)));
    fields.finish()?;
    let consents = body.consents.map(|Shown { show_name, show_phone, show_usage }| Consents { show_name, show_phone, show_usage });
    let EntryChange { alias, house, residents, skills, .. } = body;
    let update = EntryUpdate { alias, house, residents, language: language.flatten(), skills, consents };
    Ok(Done(StatusCode::OK, api.service().entry_update(caller.actor, &cluster, member, update).await?.into()))
}
