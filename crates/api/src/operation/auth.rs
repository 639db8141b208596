//! Accounts and sessions: registering, signing in and out, a new PIN. No answer tells whether a number is registered.

use crate::answer::{Done, Read};
use crate::caller::{Caller, Guess};
use crate::input::{Body, Path};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::BigId;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Language, Msisdn, SessionNo};
use serde::{Deserialize, Serialize};
use service::policy::Actor;
use service::{AccountError, Pin, RegistrationConfirm, ServiceError, SessionInfo, SignedIn};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(registration_begin))
        .routes(routes!(registration_confirm))
        .routes(routes!(session_create, session_list, session_end_all))
        .routes(routes!(session_end))
        .routes(routes!(session_leave))
        .routes(routes!(pin_change))
        .routes(routes!(pin_reset_ask))
        .routes(routes!(pin_reset_confirm))
}

/// A number that wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegistrationBegin {
    /// Mobile number: `+260971234567`, `0971234567`.
    #[schema(max_length = 32)]
    phone: String,
    /// Language of the message: `en`, `bem`, `ny` or `toi`; English when it is left out.
    #[schema(max_length = 8)]
    language: Option<String>,
}

/// A person with the code that was sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Registration {
    /// Mobile number.
    #[schema(max_length = 32)]
    phone: String,
    /// The code of the message.
    #[schema(max_length = 32)]
    code: String,
    /// The person's name, 1 to 60 letters.
    #[schema(max_length = 200)]
    name: String,
    /// 4 to 6 digits.
    #[schema(max_length = 16)]
    pin: String,
    /// `en`, `bem`, `ny` or `toi`; English when it is left out.
    #[schema(max_length = 8)]
    language: Option<String>,
    /// What the device calls itself.
    #[serde(default)]
    #[schema(max_length = 200)]
    device: String,
}

/// Number and PIN.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SessionCreate {
    /// Mobile number.
    #[schema(max_length = 32)]
    phone: String,
    /// 4 to 6 digits.
    #[schema(max_length = 16)]
    pin: String,
    /// What the device calls itself.
    #[serde(default)]
    #[schema(max_length = 200)]
    device: String,
}

/// The present PIN and the next.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PinChange {
    /// The present PIN.
    #[schema(max_length = 16)]
    old_pin: String,
    /// 4 to 6 digits.
    #[schema(max_length = 16)]
    new_pin: String,
}

/// A number whose PIN was forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PinResetAsk {
    /// Mobile number.
    #[schema(max_length = 32)]
    phone: String,
}

/// The code that was sent when the new PIN was approved, and the new PIN.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PinResetConfirm {
    /// Mobile number.
    #[schema(max_length = 32)]
    phone: String,
    /// The code of the message.
    #[schema(max_length = 32)]
    code: String,
    /// 4 to 6 digits.
    #[schema(max_length = 16)]
    new_pin: String,
    /// What the device calls itself.
    #[serde(default)]
    #[schema(max_length = 200)]
    device: String,
}

/// A session. The token is told once, here: send it as `Authorization: Bearer`.
#[derive(Serialize, ToSchema)]
struct SessionToken {
    user_id: BigId,
    session_no: i64,
    token: String,
    /// When the session ends unless it is used.
    expires_at: i64,
}

impl From<SignedIn> for SessionToken {
    fn from(signed_in: SignedIn) -> Self {
        let SignedIn { user, session, token, expires_at } = signed_in;
        Self { user_id: BigId(user.get()), session_no: session.get(), token, expires_at: expires_at.0 }
    }
}

/// Where one is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct Sessions {
    /// The newest first.
    items: Vec<Session>,
}

/// One place where one is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct Session {
    session_no: i64,
    /// What the device calls itself.
    device: String,
    created_at: i64,
    /// When it was last used, to some minutes.
    last_seen_at: i64,
    expires_at: i64,
    /// Whether it is the one asked with.
    is_current: bool,
}

impl From<SessionInfo> for Session {
    fn from(info: SessionInfo) -> Self {
        Self {
            session_no: info.no.get(),
            device: info.device,
            created_at: info.created_at.0,
            last_seen_at: info.last_seen_at.0,
            expires_at: info.expires_at.0,
            is_current: info.is_current,
        }
    }
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
struct SessionsEnded {
    ended: u64,
}

/// Sends a code to a number that wants an account. The answer is the same for every number.
#[utoipa::path(
    post, path = "/auth/registrations", tag = "auth", operation_id = "registration_begin", security(()), request_body = RegistrationBegin,
    responses((status = 202, description = "A message is on its way."))
)]
async fn registration_begin(State(api): State<Api>, caller: Caller, _: Guess, Body(body): Body<RegistrationBegin>) -> Result<StatusCode, Problem> {
    let mut fields = Fields::default();
    let phone = fields.take("/phone", Msisdn::parse(&body.phone));
    let language = language(&mut fields, body.language.as_deref(), caller.asked.unwrap_or(Language::En));
    fields.finish()?;
    api.service().registration_begin(phone.ok_or_else(Fields::missing)?, language, caller.address.ip()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Makes the account with the code that was sent, and signs in.
#[utoipa::path(
    post, path = "/auth/registrations/confirm", tag = "auth", operation_id = "registration_confirm", security(()), request_body = Registration,
    responses((status = 201, body = SessionToken))
)]
async fn registration_confirm(
    State(api): State<Api>,
    caller: Caller,
    _: Guess,
    Body(body): Body<Registration>,
) -> Result<Done<SessionToken>, Problem> {
    let mut fields = Fields::default();
    let phone = fields.take("/phone", Msisdn::parse(&body.phone));
    let pin = fields.take("/pin", Pin::parse(&body.pin));
    let language = language(&mut fields, body.language.as_deref(), caller.asked.unwrap_or(Language::En));
    fields.finish()?;
    let (Some(phone), Some(pin)) = (phone, pin) else { return Err(Fields::missing()) };
    let confirm = RegistrationConfirm { phone, code: body.code, name: body.name, pin, language, device: body.device };
    Ok(Done(StatusCode::CREATED, api.service().registration_confirm(confirm).await?.into()))
}

/// Signs in with number and PIN, which ends a reset of the PIN that is under way. Three wrong PINs lock the number for a time that grows.
#[utoipa::path(
    post, path = "/auth/sessions", tag = "auth", operation_id = "session_create", security(()), request_body = SessionCreate,
    responses((status = 201, body = SessionToken))
)]
async fn session_create(State(api): State<Api>, _: Guess, Body(body): Body<SessionCreate>) -> Result<Done<SessionToken>, Problem> {
    let mut fields = Fields::default();
    let phone = fields.take("/phone", Msisdn::parse(&body.phone));
    let pin = fields.take("/pin", Pin::parse(&body.pin));
    fields.finish()?;
    let (Some(phone), Some(pin)) = (phone, pin) else { return Err(Fields::missing()) };
    Ok(Done(StatusCode::CREATED, api.service().session_create(phone, &pin, &body.device).await?.into()))
}

/// Where one is signed in.
#[utoipa::path(get, path = "/auth/sessions", tag = "auth", operation_id = "session_list", responses((status = 200, body = Sessions)))]
async fn session_list(State(api): State<Api>, caller: Caller) -> Result<Read<Sessions>, Problem> {
    let sessions = api.service().session_list(caller.actor).await?;
    Ok(Read(Sessions { items: sessions.into_iter().map(Session::from).collect() }))
}

/// Signs out everywhere, here too.
#[utoipa::path(delete, path = "/auth/sessions", tag = "auth", operation_id = "session_end_all", responses((status = 200, body = SessionsEnded)))]
async fn session_end_all(State(api): State<Api>, caller: Caller) -> Result<Done<SessionsEnded>, Problem> {
    let ended = api.service().session_end_all(caller.actor).await?;
    Ok(Done(StatusCode::OK, SessionsEnded { ended }))
}

/// Signs out in one place.
#[utoipa::path(
    delete, path = "/auth/sessions/{no}", tag = "auth", operation_id = "session_end",
    params(("no" = i64, Path, description = "Number of the session.")), responses((status = 204, description = "Signed out there."))
)]
async fn session_end(State(api): State<Api>, caller: Caller, Path(no): Path<i64>) -> Result<StatusCode, Problem> {
    caller.user()?;
    let session = SessionNo::new(no).map_err(|error| Problem::new("bad_address", error.to_string()))?;
    match api.service().session_end(caller.actor, session).await {
        Err(ServiceError::Account(AccountError::SessionUnknown)) => Err(Problem::new("not_found", format!("there is no session {no} of yours"))),
        ended => Ok(ended.map(|()| StatusCode::NO_CONTENT)?),
    }
}

/// Signs out here.
#[utoipa::path(
    post, path = "/auth/logout", tag = "auth", operation_id = "session_leave", responses((status = 204, description = "Signed out."))
)]
async fn session_leave(State(api): State<Api>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.user()?;
    if let Actor::User { session, .. } = caller.actor {
        api.service().session_end(caller.actor, session).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Changes one's own PIN. Other sessions end.
#[utoipa::path(
    put, path = "/auth/pin", tag = "auth", operation_id = "pin_change", request_body = PinChange,
    responses((status = 204, description = "The new PIN holds."))
)]
async fn pin_change(State(api): State<Api>, caller: Caller, _: Guess, Body(body): Body<PinChange>) -> Result<StatusCode, Problem> {
    caller.user()?;
    let mut fields = Fields::default();
    let old = fields.take("/old_pin", Pin::parse(&body.old_pin));
    let new = fields.take("/new_pin", Pin::parse(&body.new_pin));
    fields.finish()?;
    let (Some(old), Some(new)) = (old, new) else { return Err(Fields::missing()) };
    api.service().pin_change(caller.actor, &old, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells the treasurers, or the operators where they are fewer than two, that a new PIN is wished for. The answer is the same for every number.
#[utoipa::path(
    post, path = "/auth/pin-resets", tag = "auth", operation_id = "pin_reset_ask", security(()), request_body = PinResetAsk,
    responses((status = 202, description = "Those who can help are told."))
)]
async fn pin_reset_ask(State(api): State<Api>, caller: Caller, _: Guess, Body(body): Body<PinResetAsk>) -> Result<StatusCode, Problem> {
    let mut fields = Fields::default();
    let phone = fields.take("/phone", Msisdn::parse(&body.phone));
    fields.finish()?;
    api.service().pin_reset_ask(phone.ok_or_else(Fields::missing)?, caller.address.ip()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a new PIN with the code that was sent when it was approved, and signs in. A code has five tries.
#[utoipa::path(
    post, path = "/auth/pin-resets/confirm", tag = "auth", operation_id = "pin_reset_confirm", security(()), request_body = PinResetConfirm,
    responses((status = 201, body = SessionToken))
)]
async fn pin_reset_confirm(State(api): State<Api>, _: Guess, Body(body): Body<PinResetConfirm>) -> Result<Done<SessionToken>, Problem> {
    let mut fields = Fields::default();
    let phone = fields.take("/phone", Msisdn::parse(&body.phone));
    let pin = fields.take("/new_pin", Pin::parse(&body.new_pin));
    fields.finish()?;
    let (Some(phone), Some(pin)) = (phone, pin) else { return Err(Fields::missing()) };
    let signed_in = api.service().pin_reset_confirm(phone, &body.code, pin, &body.device).await?;
    Ok(Done(StatusCode::CREATED, signed_in.into()))
}

/// The language named, or that of the request.
fn language(fields: &mut Fields, named: Option<&str>, otherwise: Language) -> Language {
    named.map_or(Some(otherwise), |word| fields.take("/language", Language::parse(word))).unwrap_or(otherwise)
}
