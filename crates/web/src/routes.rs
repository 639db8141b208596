//! Addresses: what each leads to, and what every answer carries.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::sse::Sse;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use service::Service;
use service::policy::Action;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::assets::{self, AssetFile};
use crate::form::Fields;
use crate::from_service::ServicePages;
use crate::input::{CalendarDate, CalendarMonth};
use crate::live::{Shown, Watcher, shape, watch};
use crate::page::{
    alerts, between, between_deal, between_offer, cash, credits, directory, entry, found, group, home, join, me, notices, pin, practice, sessions,
    sign_in, start, trade,
};
use crate::problem::{Problem, told};
use crate::source::PageSource;
use crate::view::frame::{cluster_href, day_href};
use crate::view::{carbon, dashboard, day, members, statement};
use crate::visitor::Visitor;
use crate::web::{Web, WebOptions};

/// Nothing but our own files; no inline style or script.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; worker-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A cluster's code is never longer.
const CODE_LEN_MAX: usize = 32;

/// How long running requests may take after the stop; live streams have no end of their own.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// All pages over the use cases, with signing in and forms.
pub fn router(service: Service, options: WebOptions) -> Router {
    let source = Arc::new(ServicePages::new(service.clone()));
    finished(pages().merge(people()), Web::new(source, Some(service), options))
}

/// The pages that read, over any source, to everybody: for looking at fixtures.
pub fn fixture_router(source: Arc<dyn PageSource>) -> Router {
    finished(pages(), Web::new(source, None, WebOptions::default()))
}

/// Pages that only read.
fn pages() -> Router<Web> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/app") }))
        .route("/app", get(home::show))
        .route("/app/clusters", get(|| async { Redirect::to("/app?all") }))
        .route("/app/language", post(home::language))
        .route("/app/clusters/{code}", get(dashboard_page))
        .route("/app/clusters/{code}/book", get(members_page))
        .route("/app/clusters/{code}/members/{no}/statement", get(statement_page))
        .route("/app/clusters/{code}/days/{date}", get(day_page))
        .route("/app/clusters/{code}/trade", get(trade::show))
        .route("/app/clusters/{code}/trade/between", get(between::show))
        .route("/app/clusters/{code}/trade/between/deals/{no}", get(between_deal::show))
        .route("/app/clusters/{code}/carbon", get(carbon_page))
        .route("/app/clusters/{code}/live", get(live).layer(Extension(Shown::Dashboard)))
        .route("/app/clusters/{code}/trade/live", get(live).layer(Extension(Shown::Trade)))
        .route("/app/offline.js", get(offline))
        .route("/static/{file}", get(asset))
}

/// Pages with forms.
fn people() -> Router<Web> {
    Router::new()
        .route("/app/start", get(start::language).post(start::language_chosen))
        .route("/app/start/phone", get(start::phone).post(start::phone_given))
        .route("/app/start/code", get(start::code).post(start::code_given))
        .route("/app/start/group", get(join::group))
        .route("/app/start/home", get(join::home).post(join::join))
        .route("/app/start/open", get(join::open).post(join::join_open))
        .route("/app/start/found", get(found::show).post(found::post))
        .route("/app/start/waiting", get(join::waiting))
        .route("/app/start/tour", get(start::tour))
        .route("/app/sign-in", get(sign_in::show).post(sign_in::post))
        .route("/app/sign-out", post(sign_in::out))
        .route("/app/pin", get(pin::forgotten).post(pin::reset))
        .route("/app/practice", post(practice::post))
        .route("/app/me", get(me::show).post(me::save))
        .route("/app/me/pin", get(pin::change_page).post(pin::change))
        .route("/app/sessions", get(sessions::show))
        .route("/app/sessions/end", post(sessions::end))
        .route("/app/sessions/end-all", post(sessions::end_all))
        .route("/app/notices", get(notices::show).post(notices::read))
        .route("/app/alerts", get(alerts::show).post(alerts::add))
        .route("/app/alerts/delete", post(alerts::delete))
        .route("/app/invitations", post(notices::answer))
        .route("/app/pin/approve", post(notices::approve))
        .route("/app/sms", get(notices::sms))
        .route("/app/clusters/{code}/members", get(directory::show))
        .route("/app/clusters/{code}/members/{no}", get(entry::show).post(entry::save))
        .route("/app/clusters/{code}/members/{no}/admit", post(directory::admit))
        .route("/app/clusters/{code}/members/{no}/refuse", post(directory::refuse))
        .route("/app/clusters/{code}/members/{no}/meters", post(entry::meter))
        .route("/app/clusters/{code}/members/{no}/roles", post(entry::role))
        .route("/app/clusters/{code}/members/{no}/people", post(entry::household))
        .route("/app/clusters/{code}/members/{no}/reset", post(entry::reset))
        .route("/app/clusters/{code}/members/{no}/leave", get(entry::leave_page).post(entry::leave))
        .route("/app/clusters/{code}/members/{no}/move", get(entry::move_page).post(entry::move_to))
        .route("/app/clusters/{code}/members/{no}/cash", get(cash::show).post(cash::ask))
        .route("/app/clusters/{code}/members/{no}/cash/cancel", post(cash::cancel))
        .route("/app/clusters/{code}/cash", post(cash::receive))
        .route("/app/clusters/{code}/payouts", post(cash::payout))
        .route("/app/clusters/{code}/group", get(group::show))
        .route("/app/clusters/{code}/meters", post(group::meter_add))
        .route("/app/clusters/{code}/meters/assign", post(group::meter_assign))
        .route("/app/clusters/{code}/equipment", post(group::asset_add))
        .route("/app/clusters/{code}/equipment/{asset}/owners", post(group::owners))
        .route("/app/clusters/{code}/receipts", post(group::receipt))
        .route("/app/clusters/{code}/trade/order", get(trade::check).post(trade::place))
        .route("/app/clusters/{code}/trade/orders/{no}", get(trade::change_page).post(trade::change))
        .route("/app/clusters/{code}/trade/cancel", post(trade::cancel))
        .route("/app/clusters/{code}/trade/standing", post(trade::standing))
        .route("/app/clusters/{code}/trade/dispute", post(trade::dispute))
        .route("/app/clusters/{code}/trade/surplus", post(credits::surplus))
        .route("/app/clusters/{code}/trade/gift", get(credits::gift_check).post(credits::gift))
        .route("/app/clusters/{code}/trade/review", post(credits::review))
        .route("/app/clusters/{code}/trade/between/papers", post(between::papers))
        .route("/app/clusters/{code}/trade/between/limits", post(between::limits))
        .route("/app/clusters/{code}/trade/between/withdraw", post(between::withdraw))
        .route("/app/clusters/{code}/trade/between/offer", get(between_offer::check).post(between_offer::place))
        .route("/app/clusters/{code}/trade/between/deal", get(between_deal::check).post(between_deal::propose))
        .route("/app/clusters/{code}/trade/between/deals/{no}", post(between_deal::act))
        .route("/app/clusters/{code}/trade/between/deals/{no}/accept", get(between_deal::accept))
        .route("/app/clusters/{code}/trade/between/deals/{no}/counter", get(between_deal::counter_check).post(between_deal::counter))
}

/// The same with what every answer carries.
fn finished(router: Router<Web>, web: Web) -> Router {
    router
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::ReadOnly })
        .layer(from_fn_with_state(web.clone(), told))
        .layer(fixed(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        // Statements are private: no cache may keep a page. Files under /static say otherwise themselves.
        .layer(fixed(header::CACHE_CONTROL, "private, no-cache"))
        .layer(CompressionLayer::new())
        .with_state(web)
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn dashboard_page(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>) -> Result<Response, Problem> {
    let input = web.source().dashboard(visitor.actor, checked(&code)?).await?.ok_or(Problem::NotFound)?;
    let own = match (web.service(), domain::ClusterCode::parse(&input.cluster.code)) {
        (Some(service), Ok(code)) => home_of(service, &visitor, service.cluster(&code).await?.id).await?,
        _ => None,
    };
    let mut view = dashboard::dashboard_of(&input, &visitor.reader, own)?;
    if visitor.session.is_some() {
        view.frame.live = format!("{}/live", cluster_href(&input.cluster.code));
        view.frame.shape = shape(&view);
    }
    visitor.page(&view)
}

/// The member for whom the visitor acts in a cluster.
async fn home_of(service: &Service, visitor: &Visitor, cluster: domain::ClusterId) -> Result<Option<i64>, Problem> {
    let standing = service.standing(visitor.actor, cluster).await?;
    Ok(standing.roles.first().map(|(member, _)| member.get()))
}

async fn members_page(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>) -> Result<Response, Problem> {
    let code = checked(&code)?;
    let input = web.source().members(visitor.actor, code).await?.ok_or(Problem::NotFound)?;
    visitor.page(&members::members(&input, &visitor.reader))
}

async fn statement_page(
    State(web): State<Web>,
    visitor: Visitor,
    Path((code, no)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let no = no.parse().ok().filter(|n: &i64| *n > 0).ok_or(Problem::NotFound)?;
    let month = month_asked(query.as_deref())?;
    let input = web.source().statement(visitor.actor, checked(&code)?, no, month).await?.ok_or(Problem::NotFound)?;
    let mut view = statement::statement(&input, &visitor.reader)?;
    if let (Some(service), Ok(code), Ok(member)) = (web.service(), domain::ClusterCode::parse(&input.cluster.code), domain::MemberNo::new(no)) {
        let standing = service.standing(visitor.actor, service.cluster(&code).await?.id).await?;
        if standing.acts_for(member) {
            view.cash_href = format!("{}/members/{no}/cash", cluster_href(&input.cluster.code));
        }
    }
    visitor.page(&if is_print(query.as_deref()) { view.for_paper() } else { view })
}

async fn day_page(State(web): State<Web>, visitor: Visitor, Path((code, date)): Path<(String, String)>) -> Result<Response, Problem> {
    let code = checked(&code)?;
    if date == "today" {
        let input = web.source().dashboard(visitor.actor, code).await?.ok_or(Problem::NotFound)?;
        return Ok(Redirect::to(&day_href(code, input.today_on)).into_response());
    }
    let on = CalendarDate::parse(&date).ok_or(Problem::BadAddress)?;
    let input = web.source().day(visitor.actor, code, on).await?.ok_or(Problem::NotFound)?;
    visitor.page(&day::day(&input, &visitor.reader)?)
}

async fn carbon_page(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>) -> Result<Response, Problem> {
    let input = web.source().carbon(visitor.actor, checked(&code)?).await?.ok_or(Problem::NotFound)?;
    visitor.page(&carbon::carbon(&input, &visitor.reader))
}

/// The live figures of the page that asks as server-sent events.
async fn live(
    Extension(shown): Extension<Shown>,
    State(web): State<Web>,
    visitor: Visitor,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
    headers: axum::http::HeaderMap,
) -> Result<Response, Problem> {
    let (Some(service), Some(session)) = (web.service(), visitor.session.clone()) else { return Err(Problem::SignIn) };
    let row = service.cluster(&domain::ClusterCode::parse(checked(&code)?).map_err(|_| Problem::NotFound)?).await?;
    service.require(visitor.actor, row.id, Action::ClusterRead).await?;
    let asked = Fields::parse(query.unwrap_or_default().as_bytes())?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).unwrap_or_else(|| asked.get("after")).to_owned();
    let Some(seat) = web.live().sit(&web, row.code.as_str(), row.id) else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")]).into_response());
    };
    let saves_data = visitor.saves_data || asked.get("slow") == "1";
    let own = home_of(service, &visitor, row.id).await?;
    let watcher = Watcher { session, cluster: row.id, shown, own, reader: visitor.reader, saves_data, seen };
    Ok(Sse::new(watch(web.clone(), watcher, seat)).into_response())
}

async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let file = assets::files().find(&format!("/static/{name}")).ok_or(Problem::NotFound)?;
    Ok(sent(file, "public, max-age=31536000, immutable"))
}

async fn offline() -> Response {
    let mut response = sent(&assets::files().offline, "no-cache");
    // Its pages begin above the folder of the worker.
    response.headers_mut().insert("service-worker-allowed", HeaderValue::from_static("/"));
    response
}

/// A file; `nosniff`, policy and the like are added to every answer.
fn sent(file: &AssetFile, cache: &'static str) -> Response {
    ([(header::CONTENT_TYPE, file.media_type), (header::CACHE_CONTROL, cache)], file.content).into_response()
}

/// A cluster's code: letters, digits and hyphens.
pub(crate) fn checked(code: &str) -> Result<&str, Problem> {
    let is_fit = !code.is_empty() && code.len() <= CODE_LEN_MAX && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_fit { Ok(code) } else { Err(Problem::NotFound) }
}

/// The month in the query; other parameters are not ours and are passed over.
fn month_asked(query: Option<&str>) -> Result<Option<CalendarMonth>, Problem> {
    let asked = query.unwrap_or_default().split('&').find_map(|p| p.strip_prefix("month="));
    match asked {
        None | Some("") => Ok(None),
        Some(text) => CalendarMonth::parse(text).map(Some).ok_or(Problem::BadAddress),
    }
}

/// Whether the page is asked for as it goes on paper.
fn is_print(query: Option<&str>) -> bool {
    query.unwrap_or_default().split('&').any(|part| part == "print=1")
}

/// Answers requests on `listener` with `router` until `stop` is ready, then lets running ones end, live streams for a few seconds.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: tokio::net::TcpListener, router: Router, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let (stopped, grace) = tokio::sync::oneshot::channel();
    let stop = async move {
        stop.await;
        let _ = stopped.send(());
    };
    let served = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).with_graceful_shutdown(stop);
    tokio::select! {
        result = async { served.await } => result,
        () = async {
            match grace.await {
                Ok(()) => tokio::time::sleep(STOP_GRACE).await,
                Err(_) => std::future::pending().await,
            }
        } => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_months_are_read_strictly() {
        assert!(checked("KAB-017").is_ok());
        for bad in ["", "a/b", "\u{e9}", "x".repeat(33).as_str(), "a b"] {
            assert!(checked(bad).is_err(), "{bad}");
        }
        assert!(matches!(month_asked(None), Ok(None)));
        assert!(matches!(month_asked(Some("a=1&month=2026-11")), Ok(Some(_))));
        assert!(month_asked(Some("month=2026-1x")).is_err());
    }
}
