//! Founding, joining, admitting, leaving, offices, contributions, moves between clusters.

use super::people::PinReset;
use crate::answer::Done;
use crate::caller::{Caller, Key};
use crate::input::{Body, Path, member_no};
use crate::problem::{Fields, Problem};
use crate::rules_form::{Governance, Trading};
use crate::state::Api;
use crate::wire::{BigId, Cluster, on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{ClusterCode, ClusterKind, Connection, GeoPoint, GovernanceConfig, MemberNo, Role, TradingConfig, UserId};
use quantity::{BusinessDay, Ngwee, Step, WattHours, Watts};
use serde::{Deserialize, Serialize};
use service::{ClusterFound, ClusterJoin, Household as HouseholdNew, MemberUser, Moved};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create_cluster))
        .routes(routes!(join_cluster))
        .routes(routes!(join_open))
        .routes(routes!(member_admit))
        .routes(routes!(member_refuse))
        .routes(routes!(member_leave))
        .routes(routes!(role_set))
        .routes(routes!(contribution_pay))
        .routes(routes!(members_move))
        .routes(routes!(member_users))
        .routes(routes!(pin_reset_approve))
}

/// A household that founds or joins.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Household {
    /// The name that others see, 1 to 60 letters.
    #[schema(max_length = 200)]
    alias: String,
    /// What it is, in small letters and `_`: `urban_home`, `village_home`, `clinic` …
    #[serde(default)]
    #[schema(max_length = 40)]
    kind: String,
    /// Number or name of the house.
    #[serde(default)]
    #[schema(max_length = 40)]
    house: String,
    /// What it promises to put into the equipment. It is not paid by joining.
    #[schema(minimum = 0)]
    contribution_ngwee: i64,
    /// How many people live there; 0 is not said.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000)]
    residents: i64,
    /// Serials of its meters.
    #[serde(default)]
    #[schema(max_items = 20)]
    meters: Vec<String>,
}

impl From<Household> for HouseholdNew {
    fn from(household: Household) -> Self {
        let Household { alias, kind, house, contribution_ngwee, residents, meters } = household;
        Self { alias, kind, house, contribution: Ngwee(contribution_ngwee), residents, meters }
    }
}

/// A place on earth.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Location {
    /// Millionths of a degree, north positive.
    #[schema(minimum = -90000000, maximum = 90000000)]
    pub(super) latitude_micro: i64,
    /// Millionths of a degree, east positive.
    #[schema(minimum = -180000000, maximum = 180000000)]
    pub(super) longitude_micro: i64,
}

/// A cluster to be founded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClusterCreate {
    /// Its code: 3 to 12 capitals, digits or hyphens; made from the name when it is left out.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    code: Option<String>,
    /// Name for people.
    #[schema(max_length = 200)]
    name: String,
    /// `micro`, `neighborhood`, `industrial` or `supply`.
    kind: String,
    /// Village or part of town.
    #[schema(max_length = 200)]
    place: String,
    /// Code of the region.
    region: String,
    /// Where it is.
    location: Option<Location>,
    /// `off_grid`, `one_point` or `separate`.
    connection: String,
    /// What its battery holds or will hold.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000000000)]
    capacity_wh: i64,
    /// What its plant gives or will give at most.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000000000)]
    power_w: i64,
    /// The founding household: member 1; its user is chair and treasurer.
    household: Household,
    /// How it decides; the region's usual rules when it is left out.
    #[schema(value_type = Option<Governance>)]
    governance: Option<GovernanceConfig>,
    /// How it trades; the region's usual rules when it is left out.
    #[schema(value_type = Option<Trading>)]
    trading: Option<TradingConfig>,
    /// Metering step: 15 (when it is left out), 30 or 60 minutes.
    step_minutes: Option<i64>,
}

/// A wish to join.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Join {
    /// Code of the cluster.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    code: String,
    /// Who comes.
    household: Household,
    /// The membership that is left for it, with its balances.
    move_from: Option<Membership>,
}

/// A household that has no cluster and trades alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct JoinOpen {
    /// Code of the region.
    region: String,
    /// Who comes; it puts nothing in.
    household: Household,
}

/// A member of a cluster.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Membership {
    /// Code of the cluster.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    cluster: String,
    #[schema(minimum = 1)]
    member_no: i64,
}

/// What came of a wish to join.
#[derive(Debug, Serialize, ToSchema)]
struct Joined {
    cluster: Cluster,
    /// The number the household has, or will have.
    member_no: i64,
    /// `active`, or `asked` where an officer decides.
    state: String,
}

/// The day of leaving.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Leave {
    /// First day without the member, today or later.
    #[schema(format = Date)]
    left_on: String,
}

/// What is open when a member leaves.
#[derive(Debug, Serialize, ToSchema)]
struct Left {
    member_no: i64,
    left_on: String,
    /// In the wallet, to be paid out.
    wallet_ngwee: i64,
    /// Of the wallet, on hold.
    held_ngwee: i64,
    /// Owed to the cluster (negative), or by it.
    receivable_ngwee: i64,
    /// Put into the equipment, to be paid back after notice.
    capital_ngwee: i64,
    /// Promised and not paid: void by leaving.
    pledge_unpaid_ngwee: i64,
}

/// An office given or taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RoleSet {
    /// The person.
    user_id: BigId,
    /// `treasurer`, `chair`, `technician`, `keeper` or `supervisor`.
    role: String,
    /// Given, or taken back.
    is_granted: bool,
}

/// Money that a member really paid into the equipment.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Contribution {
    #[schema(minimum = 1)]
    amount_ngwee: i64,
}

/// A contribution that was entered.
#[derive(Debug, Serialize, ToSchema)]
struct ContributionEntered {
    transfer_no: i64,
    /// Paid so far.
    paid_ngwee: i64,
    /// Promised.
    pledge_ngwee: i64,
}

/// Members of an open cluster who move as a group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MembersMove {
    /// Code of the cluster they come to.
    #[schema(pattern = "^[A-Za-z][A-Za-z0-9-]{2,11}$")]
    to: String,
    /// Their numbers.
    #[schema(min_items = 1, max_items = 1000)]
    members: Vec<i64>,
    /// First day there.
    #[schema(format = Date)]
    moved_on: String,
}

/// How far the moves are.
#[derive(Debug, Serialize, ToSchema)]
struct Moves {
    items: Vec<Move>,
}

/// How far a member's move is.
#[derive(Debug, Serialize, ToSchema)]
struct Move {
    /// Number of the move in the cluster that is left.
    move_no: i64,
    from_member_no: i64,
    /// The member it became; absent while the other cluster was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_member_no: Option<i64>,
    moved_on: String,
    /// `begun`, `moved` (money follows), `done` or `refused`.
    state: String,
    /// Money that has left, by kind of account.
    carried: Vec<Carried>,
    /// Whether all of it arrived and no bill of the time before is open.
    is_settled: bool,
}

/// Money that went along.
#[derive(Debug, Serialize, ToSchema)]
struct Carried {
    account: &'static str,
    amount_ngwee: i64,
}

/// The people who act for a member, for those who help with a forgotten PIN.
#[derive(Debug, Serialize, ToSchema)]
struct MemberUsers {
    items: Vec<MemberPerson>,
}

/// A person who acts for a member.
#[derive(Debug, Serialize, ToSchema)]
struct MemberPerson {
    user_id: BigId,
    name: String,
    /// The number with its middle hidden.
    phone_masked: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reset: Option<PinReset>,
}

/// Whose PIN is to be new.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PinResetApprove {
    /// The member the person acts for.
    #[schema(minimum = 1)]
    member_no: i64,
    /// The person, where several act for the member.
    user_id: Option<BigId>,
}

/// Founds a cluster. The founder is member 1, chair and treasurer.
#[utoipa::path(
    post, path = "/clusters/create", tag = "clusters", operation_id = "create_cluster", request_body = ClusterCreate,
    params(("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")),
    responses((status = 201, body = Cluster))
)]
async fn create_cluster(State(api): State<Api>, caller: Caller, key: Key, Body(body): Body<ClusterCreate>) -> Result<Done<Cluster>, Problem> {
    let user = caller.user()?;
    let mut fields = Fields::default();
    let code = body.code.as_deref().map(|text| fields.take("/code", ClusterCode::parse(text)));
    let kind = fields.take("/kind", ClusterKind::parse(&body.kind));
    let connection = fields.take("/connection", Connection::parse(&body.connection));
    let step = fields.take("/step_minutes", Step::from_minutes(body.step_minutes.unwrap_or(15)));
    let location = body.location.map(|place| fields.take("/location", GeoPoint::new(place.latitude_micro, place.longitude_micro)));
    fields.finish()?;
    let (Some(kind), Some(connection), Some(step)) = (kind, connection, step) else { return Err(Fields::missing()) };
    let found = ClusterFound {
        code: code.flatten(),
        name: body.name,
        kind,
        place: body.place,
        region: body.region,
        location: location.flatten(),
        connection,
        capacity: WattHours(body.capacity_wh),
        power: Watts(body.power_w),
        household: body.household.into(),
        governance: body.governance,
        trading: body.trading,
        step,
        key: key.of(user, "create_cluster", 0),
    };
    Ok(Done(StatusCode::CREATED, Cluster::from(&api.service().create_cluster(caller.actor, found).await?)))
}

/// Joins a cluster by its code, or asks to where an officer decides.
#[utoipa::path(
    post, path = "/clusters/join", tag = "clusters", operation_id = "join_cluster", request_body = Join,
    params(("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")),
    responses((status = 201, body = Joined))
)]
async fn join_cluster(State(api): State<Api>, caller: Caller, key: Key, Body(body): Body<Join>) -> Result<Done<Joined>, Problem> {
    let user = caller.user()?;
    let mut fields = Fields::default();
    let code = fields.take("/code", ClusterCode::parse(&body.code));
    let from = body.move_from.as_ref().map(|from| {
        let cluster = fields.take("/move_from/cluster", ClusterCode::parse(&from.cluster));
        cluster.zip(fields.take("/move_from/member_no", MemberNo::new(from.member_no)))
    });
    fields.finish()?;
    let code = code.ok_or_else(Fields::missing)?;
    let join = ClusterJoin { code, household: body.household.into(), move_from: from.flatten(), key: key.of(user, "join_cluster", 0) };
    let joined = api.service().join_cluster(caller.actor, join).await?;
    Ok(Done(StatusCode::CREATED, answer(&joined)))
}

/// Joins the open cluster of a region: the market of those who have no cluster.
#[utoipa::path(
    post, path = "/clusters/join-open", tag = "clusters", operation_id = "join_open", request_body = JoinOpen,
    params(("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")),
    responses((status = 201, body = Joined))
)]
async fn join_open(State(api): State<Api>, caller: Caller, key: Key, Body(body): Body<JoinOpen>) -> Result<Done<Joined>, Problem> {
    let key = key.of(caller.user()?, "join_open", 0);
    let joined = api.service().join_open(caller.actor, &body.region, body.household.into(), key).await?;
    Ok(Done(StatusCode::CREATED, answer(&joined)))
}

fn answer(joined: &service::Joined) -> Joined {
    Joined { cluster: Cluster::from(&joined.cluster), member_no: joined.member.get(), state: joined.state.to_string() }
}

/// Takes in a household that asked.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/admit", tag = "members", operation_id = "member_admit",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 204, description = "It belongs to the cluster."))
)]
async fn member_admit(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<StatusCode, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    api.service().member_admit(caller.actor, &cluster, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says no to a household that asked.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/refuse", tag = "members", operation_id = "member_refuse",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 204, description = "It was told."))
)]
async fn member_refuse(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<StatusCode, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    api.service().member_refuse(caller.actor, &cluster, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a membership from a day on.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/leave", tag = "members", operation_id = "member_leave", request_body = Leave,
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = Left))
)]
async fn member_leave(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<Leave>,
) -> Result<Done<Left>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let left = api.service().member_leave(caller.actor, &cluster, member, body_day("/left_on", &body.left_on)?).await?;
    let open = Left {
        member_no: left.member.get(),
        left_on: on(left.on),
        wallet_ngwee: left.wallet.0,
        held_ngwee: left.held.0,
        receivable_ngwee: left.receivable.0,
        capital_ngwee: left.capital.0,
        pledge_unpaid_ngwee: left.pledge_unpaid.0,
    };
    Ok(Done(StatusCode::OK, open))
}

/// Gives a person an office, or takes it back. `member` is none: who acts for a household is decided by its people, with `person_invite`.
#[utoipa::path(
    put, path = "/clusters/{id}/members/{no}/roles", tag = "members", operation_id = "role_set", request_body = RoleSet,
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 204, description = "It holds."))
)]
async fn role_set(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<RoleSet>,
) -> Result<StatusCode, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let mut fields = Fields::default();
    let user = fields.take("/user_id", UserId::new(body.user_id.0));
    let role = fields.take("/role", Role::parse(&body.role));
    fields.finish()?;
    let (Some(user), Some(role)) = (user, role) else { return Err(Fields::missing()) };
    api.service().role_set(caller.actor, &cluster, member, user, role, body.is_granted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enters money that a member really paid into the equipment.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/contributions", tag = "members", operation_id = "contribution_pay", request_body = Contribution,
    params(
        ("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."),
        ("Idempotency-Key" = String, Header, description = "New for each new wish, the same for a repeat.")
    ),
    responses((status = 201, body = ContributionEntered))
)]
async fn contribution_pay(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    key: Key,
    Body(body): Body<Contribution>,
) -> Result<Done<ContributionEntered>, Problem> {
    let user = caller.user()?;
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let key = key.of(user, "contribution_pay", 0);
    let paid = api.service().contribution_pay(caller.actor, &cluster, member, Ngwee(body.amount_ngwee), key).await?;
    let entered = ContributionEntered { transfer_no: paid.transfer.get(), paid_ngwee: paid.paid.0, pledge_ngwee: paid.pledge.0 };
    Ok(Done(StatusCode::CREATED, entered))
}

/// Moves members of an open cluster, with their balances, to another. The same call again goes on where it stopped.
#[utoipa::path(
    post, path = "/clusters/{id}/moves", tag = "clusters", operation_id = "members_move", request_body = MembersMove,
    params(("id" = String, Path, description = "Code of the open cluster they leave.")), responses((status = 200, body = Moves))
)]
async fn members_move(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<MembersMove>,
) -> Result<Done<Moves>, Problem> {
    caller.user()?;
    let from = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let to = fields.take("/to", ClusterCode::parse(&body.to));
    fields.check(!body.members.is_empty(), "/members", "choice_needed", "name one member at least");
    let numbers = body.members.iter().enumerate();
    let members: Vec<MemberNo> = numbers.filter_map(|(at, no)| fields.take(format!("/members/{at}"), MemberNo::new(*no))).collect();
    fields.finish()?;
    let to = api.service().cluster(&to.ok_or_else(Fields::missing)?).await?;
    let moved = api.service().members_move(caller.actor, &from, &to, members, body_day("/moved_on", &body.moved_on)?).await?;
    Ok(Done(StatusCode::OK, Moves { items: moved.iter().map(move_line).collect() }))
}

fn move_line(moved: &Moved) -> Move {
    Move {
        move_no: moved.no.get(),
        from_member_no: moved.from.get(),
        to_member_no: moved.to.map(MemberNo::get),
        moved_on: on(moved.on),
        state: moved.state.as_str().to_owned(),
        carried: moved.carried.iter().map(|(code, amount)| Carried { account: code.as_str(), amount_ngwee: amount.0 }).collect(),
        is_settled: moved.is_settled,
    }
}

/// The people who act for a member: whose PIN a treasurer can help with.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/users", tag = "members", operation_id = "member_users",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = MemberUsers))
)]
async fn member_users(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
) -> Result<crate::answer::Read<MemberUsers>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let people = api.service().member_users(caller.actor, &cluster, member).await?;
    let person = |person: MemberUser| MemberPerson {
        user_id: BigId(person.user.get()),
        name: person.name,
        phone_masked: person.phone_masked,
        reset: person.reset.as_ref().map(PinReset::from),
    };
    Ok(crate::answer::Read(MemberUsers { items: people.into_iter().map(person).collect() }))
}

/// Approves a new PIN for a person who has forgotten it. At the second approval, by another treasurer, a code goes to the phone; an operator
/// alone is enough after a day, where the person has not two other treasurers.
#[utoipa::path(
    post, path = "/clusters/{id}/pin-resets", tag = "members", operation_id = "pin_reset_approve", request_body = PinResetApprove,
    params(("id" = String, Path, description = "Code of the cluster.")), responses((status = 200, body = PinReset))
)]
async fn pin_reset_approve(
    State(api): State<Api>,
    caller: Caller,
    Path(code): Path<String>,
    Body(body): Body<PinResetApprove>,
) -> Result<Done<PinReset>, Problem> {
    let cluster = api.cluster(&code).await?;
    let mut fields = Fields::default();
    let member = fields.take("/member_no", MemberNo::new(body.member_no));
    let whose = body.user_id.map(|id| fields.take("/user_id", UserId::new(id.0)));
    fields.finish()?;
    let state = api.service().pin_reset_approve(caller.actor, &cluster, member.ok_or_else(Fields::missing)?, whose.flatten()).await?;
    Ok(Done(StatusCode::OK, PinReset::from(&state)))
}

/// A day in a body.
fn body_day(pointer: &str, text: &str) -> Result<BusinessDay, Problem> {
    crate::input::day(pointer, text)
}
