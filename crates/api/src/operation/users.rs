//! One's own profile and notices, and who looked at one's data.

use crate::answer::{Done, Page, PageQuery, Paged, Read};
use crate::caller::Caller;
use crate::input::{Body, Path, Query, member_no};
use crate::problem::{Fields, Problem};
use crate::state::Api;
use crate::wire::{BigId, on};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Language, NoticeNo, Operator};
use message::Say;
use serde::{Deserialize, Serialize};
use service::{Look as LookLine, Membership, Notice as NoticeLine, Profile, ProfileUpdate, VoteRecord, notice_text};
use std::collections::BTreeMap;
use store::tables::NoticeArg;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(profile, profile_update))
        .routes(routes!(notice_list))
        .routes(routes!(notices_read))
        .routes(routes!(looks_list))
}

/// Who one is and where one belongs.
#[derive(Debug, Serialize, ToSchema)]
struct User {
    user_id: BigId,
    /// The number that signs in.
    phone: String,
    name: String,
    /// `en`, `bem`, `ny` or `toi`.
    language: String,
    /// Who runs the mobile wallet of the number; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<String>,
    /// Whether one runs this installation.
    is_operator: bool,
    created_at: i64,
    /// Where one acts for a member, by cluster.
    #[serde(rename = "clusterMemberships")]
    cluster_memberships: Vec<ClusterMembership>,
    /// How one voted. Empty until something is put to the vote.
    votes: Vec<Vote>,
}

/// What one is in a cluster.
#[derive(Debug, Serialize, ToSchema)]
struct ClusterMembership {
    /// Code of the cluster.
    cluster: String,
    cluster_name: String,
    member_no: i64,
    /// The name that others see.
    alias: String,
    /// Roles held now.
    roles: Vec<&'static str>,
    /// Since when one has acted for the member.
    since_on: String,
    /// When the member left, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_on: Option<String>,
    /// What the member has put into the cluster.
    contribution_ngwee: i64,
    /// What is the member's in the wallet, less what the member owes.
    wallet_ngwee: i64,
}

/// A vote cast.
#[derive(Debug, Serialize, ToSchema)]
struct Vote {
    /// Code of the cluster.
    cluster: String,
    proposal_no: i64,
    choice: String,
    cast_at: i64,
}

/// What one may change alone; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserUpdate {
    /// 1 to 60 letters.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// `en`, `bem`, `ny` or `toi`.
    #[schema(max_length = 8)]
    language: Option<String>,
    /// `airtel`, `mtn`, `zamtel` or `zedmobile`; empty when it is not known.
    #[schema(max_length = 16)]
    operator: Option<String>,
}

impl From<Profile> for User {
    fn from(profile: Profile) -> Self {
        Self {
            user_id: BigId(profile.user.get()),
            phone: profile.phone.e164(),
            name: profile.name,
            language: profile.language.to_string(),
            operator: profile.operator.map(|operator| operator.to_string()),
            is_operator: profile.is_operator,
            created_at: profile.created_at.0,
            cluster_memberships: profile.memberships.into_iter().map(membership).collect(),
            votes: profile.votes.into_iter().map(vote).collect(),
        }
    }
}

fn membership(membership: Membership) -> ClusterMembership {
    ClusterMembership {
        cluster: membership.code.to_string(),
        cluster_name: membership.cluster_name,
        member_no: membership.member.get(),
        alias: membership.alias,
        roles: membership.roles.iter().map(|role| role.as_str()).collect(),
        since_on: on(membership.since),
        left_on: membership.left_on.map(on),
        contribution_ngwee: membership.contribution.0,
        wallet_ngwee: membership.wallet.0,
    }
}

fn vote(vote: VoteRecord) -> Vote {
    Vote { cluster: vote.cluster.to_string(), proposal_no: vote.proposal, choice: vote.choice, cast_at: vote.cast_at.0 }
}

/// Who one is and where one belongs.
#[utoipa::path(get, path = "/users/me", tag = "users", operation_id = "profile", responses((status = 200, body = User)))]
async fn profile(State(api): State<Api>, caller: Caller) -> Result<Read<User>, Problem> {
    Ok(Read(api.service().profile(caller.actor).await?.into()))
}

/// Changes what one may change alone.
#[utoipa::path(
    patch, path = "/users/me", tag = "users", operation_id = "profile_update", request_body = UserUpdate, responses((status = 200, body = User))
)]
async fn profile_update(State(api): State<Api>, caller: Caller, Body(body): Body<UserUpdate>) -> Result<Done<User>, Problem> {
    caller.user()?;
    let mut fields = Fields::default();
    let language = body.language.as_deref().map(|word| fields.take("/language", Language::parse(word)));
    let operator = body.operator.as_deref().map(|word| match word {
        "" => None,
        word => fields.take("/operator", Operator::parse(word)),
    });
    fields.finish()?;
    let update = ProfileUpdate { name: body.name, language: language.flatten(), operator };
    Ok(Done(StatusCode::OK, api.service().profile_update(caller.actor, update).await?.into()))
}

/// What one was told.
#[derive(Debug, Serialize, ToSchema)]
struct Notice {
    notice_no: i64,
    /// What happened, as a code.
    kind: String,
    /// The text, in the language of the request or else one's own.
    text: String,
    /// The values of the text, by name.
    values: BTreeMap<String, NoticeValue>,
    created_at: i64,
    /// When it was marked as read.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_at: Option<i64>,
}

/// A value of a notice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum NoticeValue {
    Text(String),
    Number(i64),
}

/// Notices that were read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoticesRead {
    /// Their numbers.
    #[schema(max_items = 500)]
    notices: Vec<i64>,
}

/// How many notices were marked, and how many are left.
#[derive(Debug, Serialize, ToSchema)]
struct NoticesMarked {
    marked: u64,
    unread: i64,
}

/// A look of an officer at a member's data.
#[derive(Debug, Serialize, ToSchema)]
struct Look {
    look_id: BigId,
    /// Who looked, by name.
    who: String,
    /// The roles that allowed it.
    roles: Vec<&'static str>,
    /// Whether an operator of the installation looked.
    is_operator: bool,
    /// At what: `money_read`, `readings_read` …
    action: String,
    looked_at: i64,
}

/// What one was told, the newest first.
#[utoipa::path(
    get, path = "/users/me/notices", tag = "users", operation_id = "notice_list", params(PageQuery), responses((status = 200, body = Page<Notice>))
)]
async fn notice_list(State(api): State<Api>, caller: Caller, Query(query): Query<PageQuery>) -> Result<Paged<Notice>, Problem> {
    caller.user()?;
    let (before, rows) = query.read()?;
    let before = before.and_then(|no| NoticeNo::new(no).ok());
    let notices = api.service().notice_list(caller.actor, before, rows + 1).await?;
    let say = Say::new(caller.language(&api).await);
    let page = Page::cut(notices.into_iter().map(|line| notice(say, line)).collect(), rows, |notice: &Notice| notice.notice_no);
    Ok(Paged::new(page, "/users/me/notices", rows))
}

fn notice(say: Say, line: NoticeLine) -> Notice {
    let text = notice_text(say, &line).unwrap_or_else(|| line.kind.clone());
    let value = |arg: NoticeArg| match arg {
        NoticeArg::Text(text) => NoticeValue::Text(text),
        NoticeArg::Number(number) => NoticeValue::Number(number),
    };
    Notice {
        notice_no: line.no.get(),
        kind: line.kind,
        text,
        values: line.args.into_iter().map(|(name, arg)| (name, value(arg))).collect(),
        created_at: line.created_at.0,
        read_at: line.read_at.map(|at| at.0),
    }
}

/// Marks notices as read.
#[utoipa::path(
    post, path = "/users/me/notices/read", tag = "users", operation_id = "notices_read", request_body = NoticesRead,
    responses((status = 200, body = NoticesMarked))
)]
async fn notices_read(State(api): State<Api>, caller: Caller, Body(body): Body<NoticesRead>) -> Result<Done<NoticesMarked>, Problem> {
    caller.user()?;
    let mut fields = Fields::default();
    let numbers = body.notices.iter().enumerate();
    let notices: Vec<NoticeNo> = numbers.filter_map(|(at, no)| fields.take(format!("/notices/{at}"), NoticeNo::new(*no))).collect();
    fields.finish()?;
    let marked = api.service().notices_read(caller.actor, &notices).await?;
    let unread = api.service().notice_unread(caller.actor).await?;
    Ok(Done(StatusCode::OK, NoticesMarked { marked, unread }))
}

/// Who looked at a member's private data, the newest first.
#[utoipa::path(
    get, path = "/clusters/{id}/members/{no}/looks", tag = "users", operation_id = "looks_list",
    params(("id" = String, Path, description = "Code of the cluster."), ("no" = i64, Path, description = "Number of the member."), PageQuery),
    responses((status = 200, body = Page<Look>))
)]
async fn looks_list(
    State(api): State<Api>,
    caller: Caller,
    Path((code, no)): Path<(String, i64)>,
    Query(query): Query<PageQuery>,
) -> Result<Paged<Look>, Problem> {
    let (cluster, member) = (api.cluster(&code).await?, member_no(no)?);
    let (before, rows) = query.read()?;
    let looks = api.service().looks_list(caller.actor, &cluster, member, before, rows + 1).await?;
    let page = Page::cut(looks.into_iter().map(look).collect(), rows, |look: &Look| look.look_id.0);
    Ok(Paged::new(page, &format!("/clusters/{code}/members/{no}/looks"), rows))
}

fn look(line: LookLine) -> Look {
    Look {
        look_id: BigId(line.id),
        who: line.who,
        roles: line.roles.iter().map(|role| role.as_str()).collect(),
        is_operator: line.is_operator,
        action: line.action,
        looked_at: line.at.0,
    }
}
