//! What every request passes on its way in and out: its number, who asks, the time limit, entity tags, the words of a problem, the log.

use crate::answer::is_known;
use crate::caller::{admit, is_read, language};
use crate::problem::Problem;
use crate::state::Api;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Language;
use std::time::Duration;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Takes a request through.
pub(crate) async fn edge(State(api): State<Api>, request: Request, next: Next) -> Response {
    let started = now();
    let id = api.request_id();
    let (mut parts, body) = request.into_parts();
    let method = parts.method.clone();
    // The pattern of the address, never the address: that would put names and numbers into the log.
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let known = is_read(&method).then(|| parts.headers.get(header::IF_NONE_MATCH).cloned()).flatten();
    let asked = language(&parts.headers);
    let (mut response, caller) = match admit(&api, &parts).await {
        Ok(caller) => {
            parts.extensions.insert(caller);
            (within(api.limits().answer_within, next.run(Request::from_parts(parts, body))).await, Some(caller))
        }
        Err(problem) => (problem.into_response(), None),
    };
    if let Some(known) = known {
        response = unless_known(response, &known);
    }
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let language = match caller {
            Some(caller) => caller.language(&api).await,
            None => asked.unwrap_or(Language::En),
        };
        *response.body_mut() = if method == Method::HEAD { Body::empty() } else { Body::from(problem.document(language, &id)) };
        response.headers_mut().remove(header::CONTENT_LENGTH);
        if let Some(seconds) = problem.retry_after_s(api.service().people_now()) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    tracing::info!(target: "api::access", id, %method, route, status = response.status().as_u16(), ms = ms_since(started), "answered");
    response
}

async fn within(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(limit, answer).await {
        Ok(response) => response,
        Err(_) => Problem::new("timed_out", "the answer took too long; what was asked may still be carried out: repeat it with the same key")
            .into_response(),
    }
}

/// The answer, or 304 when its tag is one the caller has.
fn unless_known(mut response: Response, known: &HeaderValue) -> Response {
    let is_same = response.status() == StatusCode::OK && response.headers().get(header::ETAG).is_some_and(|tag| is_known(tag, known));
    if is_same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::from(Bytes::new());
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

#[expect(clippy::disallowed_methods, reason = "measures how long an answer took, for the log alone")]
fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

fn ms_since(started: tokio::time::Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
