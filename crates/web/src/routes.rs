//! Addresses: typed path in, one call to the source, one view out. Every page can only be read.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::assets;
use crate::input::{CalendarDate, CalendarMonth};
use crate::reader::Reader;
use crate::source::{PageError, PageSource};
use crate::view::problem::{ProblemView, problem};
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
        .layer(from_fn(explain))
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
#[derive(Debug, Clone)]
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

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BadAddress => StatusCode::BAD_REQUEST,
            Self::ReadOnly => StatusCode::METHOD_NOT_ALLOWED,
            Self::Source(error) if error.is_transient => StatusCode::SERVICE_UNAVAILABLE,
            Self::Source(_) | Self::View(_) | Self::Render => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The page that says it in the reader's language.
    fn page(&self, reader: &Reader) -> ProblemView {
        let w = reader.say;
        match self {
            Self::NotFound => problem(reader, w.not_found(), w.not_found_step(), "", "not_found"),
            Self::BadAddress => problem(reader, w.bad_address(), w.bad_address_step(), "", "bad_address"),
            Self::ReadOnly => problem(reader, w.read_only(), w.read_only_step(), w.no_money_moved(), "read_only"),
            Self::Source(error) if error.is_transient => problem(reader, w.busy(), w.busy_step(), w.no_money_moved(), error.code),
            Self::Source(error) => problem(reader, w.broken(), w.broken_step(), w.no_money_moved(), error.code),
            Self::View(error) => problem(reader, w.contradiction(), w.contradiction_step(), w.no_money_moved(), error.code()),
            Self::Render => problem(reader, w.broken(), w.broken_step(), w.no_money_moved(), "page_not_rendered"),
        }
    }
}

/// Carries the problem to [`explain`], which knows who reads.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match &self {
            Self::Source(error) => tracing::error!(code = error.code, message = %error.message, "a page could not be read"),
            Self::View(error) => tracing::error!(code = error.code(), %error, "a page's numbers contradict each other"),
            _ => {}
        }
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts the page that explains a problem into its answer.
async fn explain(reader: Reader, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let page = problem.page(&reader);
    match page.render() {
        Ok(text) => (response.status(), html(text)).into_response(),
        Err(_) => (response.status(), page.what).into_response(),
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

async fn clusters_page(State(source): Source, reader: Reader) -> Result<Response, Problem> {
    let input = source.clusters().await?.unwrap_or_default();
    page(&clusters::clusters(&input, &reader))
}

async fn dashboard_page(State(source): Source, reader: Reader, Path(code): Path<String>) -> Result<Response, Problem> {
    let input = source.dashboard(checked(&code)?).await?.ok_or(Problem::NotFound)?;
    page(&dashboard::dashboard(&input, &reader)?)
}

async fn members_page(State(source): Source, reader: Reader, Path(code): Path<String>) -> Result<Response, Problem> {
    let input = source.members(checked(&code)?).await?.ok_or(Problem::NotFound)?;
    page(&members::members(&input, &reader))
}

async fn statement_page(
    State(source): Source,
    reader: Reader,
    Path((code, no)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let no = no.parse().ok().filter(|n: &i64| *n > 0).ok_or(Problem::NotFound)?;
    let month = month_asked(query.as_deref())?;
    let input = source.statement(checked(&code)?, no, month).await?.ok_or(Problem::NotFound)?;
    page(&statement::statement(&input, &reader)?)
}

async fn day_page(State(source): Source, reader: Reader, Path((code, date)): Path<(String, String)>) -> Result<Response, Problem> {
    let on = CalendarDate::parse(&date).ok_or(Problem::BadAddress)?;
    let input = source.day(checked(&code)?, on).await?.ok_or(Problem::NotFound)?;
    page(&day::day(&input, &reader)?)
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
