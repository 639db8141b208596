//! Whether the server runs, what it is, and its documentation.

use crate::answer::Read;
use crate::problem::Problem;
use crate::state::Api;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(version)).routes(routes!(openapi)).routes(routes!(docs))
}

/// Whether the server answers.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `ok`: a server that cannot reach its database answers 503.
    status: &'static str,
}

/// What the server is.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    /// Name of the program.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Version of the database's schema.
    schema_version: i32,
}

/// Whether the server and its database answer.
#[utoipa::path(get, path = "/healthz", tag = "server", operation_id = "health", security(()), responses((status = 200, body = Health)))]
async fn health(State(api): State<Api>) -> Result<Read<Health>, Problem> {
    api.service().ping().await?;
    Ok(Read(Health { status: "ok" }))
}

/// Which version runs.
#[utoipa::path(get, path = "/version", tag = "server", operation_id = "version", security(()), responses((status = 200, body = Version)))]
async fn version(State(api): State<Api>) -> Read<Version> {
    Read(Version { name: "innerlectra", version: env!("CARGO_PKG_VERSION"), schema_version: api.service().store().schema_version() })
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "server", operation_id = "openapi", security(()),
    responses((status = 200, content_type = "application/json", body = serde_json::Value))
)]
async fn openapi(State(api): State<Api>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=3600")], api.document())
}

/// This document, to be read by people.
#[utoipa::path(get, path = "/docs", tag = "server", operation_id = "docs", security(()), responses((status = 200, content_type = "text/html", body = String)))]
async fn docs(State(api): State<Api>) -> impl IntoResponse {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "public, max-age=3600"),
    ];
    (headers, api.page())
}
