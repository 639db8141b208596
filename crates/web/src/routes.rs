//! Addresses: typed path in, one call to the source, one view out. Every page can only be read.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::assets;
use crate::input::{CalendarDate, CalendarMonth};
use crate::source::{PageError, PageSource};
use crate::text::words::EN;
use crate::view::problem::problem;
use crate::view::{ViewError, clusters, dashboard, day, members, statement};

/// Nothing but our own files; no inline style or script.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A cluster's code is never longer.
const CODE_LEN_MAX: usize = 32;

type Source = State<Arc<dyn PageSource>>;

/// All pages and their files.
pub fn router(source: Arc<dyn PageSource>) -> Router {
    Router::new()
        .route("/", get(clusters_page))
        .route("/app", get(|| async { Redirect::permanent("/") }))
        .route("/app/clusters", get(|| async { Redirect::permanent("/") }))
        .route("/app/clusters/{code}", get(dashboard_page))
        .route("/app/clusters/{code}/members", get(members_page))
        .route("/app/clusters/{code}/members/{no}/statement", get(statement_page))
        .route("/app/clusters/{code}/days/{date}", get(day_page))
        .route("/assets/{file}", get(asset))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::ReadOnly })
        .layer(fixed(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "same-origin"))
        // Statements are private: no cache may keep a page. Files under /assets say otherwise themselves.
        .layer(fixed(header::CACHE_CONTROL, "private, no-cache"))
        .layer(CompressionLayer::new())
        .with_state(source)
}

fn fixed(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Why a page is not shown.
#[derive(Debug)]
enum Problem {
    /// No such page, cluster, member or day.
    NotFound,
    /// A part of the address cannot be read.
    BadAddress,
    /// Pages can only be read.
    ReadOnly,
    /// The source failed.
    Source(PageError),
    /// The numbers contradict each other.
    View(ViewError),
    /// The template failed.
    Render,
}

impl From<PageError> for Problem {
    fn from(error: PageError) -> Self {
        Self::Source(error)
    }
}

impl From<ViewError> for Problem {
    fn from(error: ViewError) -> Self {
        Self::View(error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let w = &EN;
        let (status, page) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, problem(w.not_found, w.not_found_step, "", "not_found")),
            Self::BadAddress => (StatusCode::BAD_REQUEST, problem(w.bad_address, w.bad_address_step, "", "bad_address")),
            Self::ReadOnly => (StatusCode::METHOD_NOT_ALLOWED, problem(w.read_only, w.read_only_step, w.no_money_moved, "read_only")),
            Self::Source(error) => {
                tracing::error!(code = error.code, message = %error.message, "a page could not be read");
                if error.is_transient {
                    let page = problem(w.busy, w.busy_step, w.no_money_moved, error.code);
                    (StatusCode::SERVICE_UNAVAILABLE, page)
                } else {
                    let page = problem(w.broken, w.broken_step, w.no_money_moved, error.code);
                    (StatusCode::INTERNAL_SERVER_ERROR, page)
                }
            }
            Self::View(error) => {
                tracing::error!(code = error.code(), %error, "a page's numbers contradict each other");
                let page = problem(w.contradiction, w.contradiction_step, w.no_money_moved, error.code());
                (StatusCode::INTERNAL_SERVER_ERROR, page)
            }
            Self::Render => {
                let page = problem(w.broken, w.broken_step, w.no_money_moved, "page_not_rendered");
                (StatusCode::INTERNAL_SERVER_ERROR, page)
            }
        };
        match page.render() {
            Ok(text) => (status, html(text)).into_response(),
            Err(_) => (status, page.what).into_response(),
        }
    }
}

fn html(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

fn page(view: &impl Template) -> Result<Response, Problem> {
    view.render().map(html).map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        Problem::Render
    })
}

async fn clusters_page(State(source): Source) -> Result<Response, Problem> {
    let input = source.clusters().await?.unwrap_or_default();
    page(&clusters::clusters(&input))
}

async fn dashboard_page(State(source): Source, Path(code): Path<String>) -> Result<Response, Problem> {
    let input = source.dashboard(checked(&code)?).await?.ok_or(Problem::NotFound)?;
    page(&dashboard::dashboard(&input)?)
}

async fn members_page(State(source): Source, Path(code): Path<String>) -> Result<Response, Problem> {
    let input = source.members(checked(&code)?).await?.ok_or(Problem::NotFound)?;
    page(&members::members(&input))
}

async fn statement_page(State(source): Source, Path((code, no)): Path<(String, String)>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let no = no.parse().ok().filter(|n: &i64| *n > 0).ok_or(Problem::NotFound)?;
    let month = month_asked(query.as_deref())?;
    let input = source.statement(checked(&code)?, no, month).await?.ok_or(Problem::NotFound)?;
    page(&statement::statement(&input)?)
}

async fn day_page(State(source): Source, Path((code, date)): Path<(String, String)>) -> Result<Response, Problem> {
    let on = CalendarDate::parse(&date).ok_or(Problem::BadAddress)?;
    let input = source.day(checked(&code)?, on).await?.ok_or(Problem::NotFound)?;
    page(&day::day(&input)?)
}

async fn asset(Path(name): Path<String>) -> Result<Response, Problem> {
    let file = assets::files().find(&format!("/assets/{name}")).ok_or(Problem::NotFound)?;
    let headers = [(header::CONTENT_TYPE, file.media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, file.content).into_response())
}

/// A cluster's code: letters, digits and hyphens.
fn checked(code: &str) -> Result<&str, Problem> {
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

/// Answers requests on `listener` with `router` until `stop` is ready, then lets running ones end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: tokio::net::TcpListener, router: Router, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop).await
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
