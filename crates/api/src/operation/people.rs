//! The people of a household: asking others in, answering, letting go; and an operator's help with a PIN apart from any cluster.

use crate::answer::{Done, Read};
use crate::caller::Caller;
use crate::input::{Body, Path, member_no};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::BigId;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Msisdn, UserId};
use serde::{Deserialize, Serialize};
use service::{HouseholdPerson, Invitation as InvitationOf, PinResetState, Whom};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(household_people, person_invite))
        .routes(routes!(person_take_back))
        .routes(routes!(invitation_list))
        .routes(routes!(invitation_answer))
        .routes(routes!(pin_reset_approve_alone))
}

/// A person, by id or by number: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PersonNamed {
    user_id: Option<BigId>,
    /// Mobile number.
    #[schema(max_length = 32)]
    phone: Option<String>,
}

impl PersonNamed {
    fn whom(&self) -> Result<Whom, Problem> {
        let mut fields = Fields::default();
        let user = self.user_id.map(|id| fields.take("/user_id", UserId::new(id.0)));
        let phone = self.phone.as_deref().map(|text| fields.take("/phone", Msisdn::parse(text)));
        fields.check(user.is_some() != phone.is_some(), "/phone", "choice_needed", "name the person by user_id or by phone, not by both");
        fields.finish()?;
        let user = user.flatten().map(Whom::User);
        user.or_else(|| phone.flatten().map(Whom::Phone)).ok_or_else(Fields::missing)
    }
}

/// The people who act for a household.
#[derive(Debug, Serialize, ToSchema)]
struct HouseholdPeople {
    items: Vec<PersonOfHousehold>,
}

/// A person who acts for a household.
#[derive(Debug, Serialize, ToSchema)]
struct PersonOfHousehold {
    user_id: BigId,
    name: String,
    /// Roles held for the household, `member` among them.
    roles: Vec<&'static str>,
}

/// What one is asked by households.
#[derive(Debug, Serialize, ToSchema)]
struct Invitations {
    items: Vec<Invitation>,
}

/// An invitation to act for a household.
#[derive(Debug, Serialize, ToSchema)]
struct Invitation {
    /// Code of the cluster.
    cluster: String,
    cluster_name: String,
    member_no: i64,
    /// The name that others see of the household.
    alias: String,
    /// Name of the person who asks.
    invited_by: String,
    /// From when on it can no longer be accepted.
    expires_at: i64,
}

/// Yes or no.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InvitationAnswer {
    is_accepted: bool,
}

/// How far a new PIN is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PinReset {
    /// `waits_for_second`, `waits_for_time` (the code goes out then by itself, unless the person signs in before) or `code_sent`.
    state: &'static str,
    /// Until then.
    until_at: i64,
}

impl From<&PinResetState> for PinReset {
    fn from(state: &PinResetState) -> Self {
        let (state, until) = match state {
            PinResetState::WaitsForSecond { until } => ("waits_for_second", until),
            PinResetState::WaitsForTime { until } => ("waits_for_time", until),
            PinResetState::CodeSent { until } => ("code_sent", until),
        };
        Self { state, until_at: until.0 }
    }
}

/// The people who act for a household, for themselves.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/people", tag = "members", operation_id = "household_people",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 200, body = HouseholdPeople))
)]
async fn household_people(State(api): State<Api>, caller: Caller, Path((code, no)): Path<(String, i64)>) -> Result<Read<HouseholdPeople>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let people = api.service().household_people(caller.actor, &cluster, member).await?;
    let person = |person: HouseholdPerson| PersonOfHousehold {
        user_id: BigId(person.user.get()),
        name: person.name,
        roles: person.roles.iter().map(|role| role.as_str()).collect(),
    };
    Ok(Read(HouseholdPeople { items: people.into_iter().map(person).collect() }))
}

/// Asks a person to act for the household, too: for people of the household alone. The answer is the same for every id and number.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/people", tag = "members", operation_id = "person_invite", request_body = PersonNamed,
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 202, description = "If there is such a person, they are asked, and have 14 days to answer."))
)]
async fn person_invite(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<PersonNamed>,
) -> Result<StatusCode, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    api.service().person_invite(caller.actor, &cluster, member, body.whom()?).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Lets a person of the household go, oneself too, or takes an invitation back: for people of the household alone.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/people/take-back", tag = "members", operation_id = "person_take_back", request_body = PersonNamed,
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 204, description = "That person does not act for the household."))
)]
async fn person_take_back(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<PersonNamed>,
) -> Result<StatusCode, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    api.service().person_take_back(caller.actor, &cluster, member, body.whom()?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The households that ask one to act for them.
#[utoipa::path(get, path = "/users/me/invitations", tag = "users", operation_id = "invitation_list", responses((status = 200, body = Invitations)))]
async fn invitation_list(State(api): State<Api>, caller: Caller) -> Result<Read<Invitations>, Problem> {
    let invitation = |of: InvitationOf| Invitation {
        cluster: of.cluster.to_string(),
        cluster_name: of.cluster_name,
        member_no: of.member.get(),
        alias: of.alias,
        invited_by: of.invited_by,
        expires_at: of.expires_at.0,
    };
    let list = api.service().invitation_list(caller.actor).await?;
    Ok(Read(Invitations { items: list.into_iter().map(invitation).collect() }))
}

/// Accepts or refuses to act for a household that asked.
#[utoipa::path(
    post, path = "/clusters/{id}/members/{no}/invitation", tag = "members", operation_id = "invitation_answer", request_body = InvitationAnswer,
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member.")),
    responses((status = 204, description = "One acts for it now, or the invitation is gone."))
)]
async fn invitation_answer(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Body(body): Body<InvitationAnswer>,
) -> Result<StatusCode, Problem> {
    caller.user()?;
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    api.service().invitation_answer(caller.actor, &cluster, member, body.is_accepted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An operator's approval of a new PIN for a person who has not two other treasurers. The code goes out after a day, unless the person signs in.
#[utoipa::path(
    post, path = "/users/{user}/pin-resets", tag = "admin", operation_id = "pin_reset_approve_alone",
    params(("user" = String, Path, description = "Id of the user.")), responses((status = 200, body = PinReset))
)]
async fn pin_reset_approve_alone(State(api): State<Api>, caller: Caller, Path(id): Path<String>) -> Result<Done<PinReset>, Problem> {
    caller.user()?;
    let user = id.parse().ok().and_then(|id| UserId::new(id).ok()).ok_or_else(|| Problem::new("not_found", format!("there is no user {id}")))?;
    let state = api.service().pin_reset_approve_alone(caller.actor, user).await?;
    Ok(Done(StatusCode::OK, PinReset::from(&state)))
}
