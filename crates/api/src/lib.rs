//! REST for programs: typed requests, one call to a use case, JSON answers, and the document that describes them.
//!
//! | File | What |
//! |---|---|
//! | `operation/` | the operations, one file per resource: extract, call one use case, translate |
//! | `input.rs`, `answer.rs` | typed bodies, paths and queries; JSON with entity tags, pages with cursors |
//! | `problem.rs` | the one place where codes become statuses and problem documents (RFC 9457) |
//! | `caller.rs`, `limits.rs` | who asks, and how often |
//! | `live.rs` | streams of server-sent events, one poller for each cluster |
//! | `edge.rs` | what every request passes: number, time limit, tags, words, log |
//! | `document.rs`, `page.rs` | the OpenAPI document, and the same as a page to be read offline |
//!
//! What this crate does not do: business rules, SQL, or deciding who may do what: `service` is asked, with the caller.

#![deny(clippy::float_arithmetic)]

mod answer;
mod caller;
mod document;
mod edge;
mod input;
mod limits;
mod live;
mod operation;
mod page;
mod problem;
mod rules_form;
mod state;
mod wire;

pub use document::ApiDoc;
pub use limits::{Limits, Rate};

use crate::problem::Problem;
use crate::state::Api;
use axum::Router;
use axum::body::Bytes;
use service::Service;
use tower_http::compression::CompressionLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

/// The interface over `service`. Serve it with the peers' addresses (`into_make_service_with_connect_info::<SocketAddr>()`), so that
/// callers without a session are counted apart.
pub fn router(service: Service, limits: Limits) -> Router {
    let (router, mut document) = parts();
    let secured = document::secured(&mut document);
    let json = Bytes::from(to_json(&document));
    let page = Bytes::from(page::page(&document));
    let api = Api::new(service, limits, secured, (json, page));
    router
        .fallback(|| async { Problem::new("not_found", "there is no such address; /docs lists them") })
        .method_not_allowed_fallback(|| async { Problem::new("method_not_allowed", "this address does not know that method; /docs lists them") })
        .layer(axum::middleware::from_fn_with_state(api.clone(), edge::edge))
        .layer(CompressionLayer::new())
        .with_state(api)
}

/// The whole OpenAPI document as JSON, with a line end: the file `openapi.json`.
#[must_use]
pub fn document() -> String {
    to_json(&parts().1)
}

fn parts() -> (Router<Api>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(ApiDoc::openapi()).merge(operation::all()).split_for_parts();
    document::complete(&mut document);
    (router, document)
}

fn to_json(document: &utoipa::openapi::OpenApi) -> String {
    // Numbers and texts only: it is always written.
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
