//! The operations, one file per resource. Each extracts typed values, calls one use case and translates its answer.

mod clusters;
mod ledger;
mod members;
mod readings;
mod regions;
mod server;
mod wallets;

use crate::state::Api;
use utoipa_axum::router::OpenApiRouter;

/// Every operation, registered with the document at once.
pub(crate) fn all() -> OpenApiRouter<Api> {
    [server::router(), regions::router(), clusters::router(), members::router(), readings::router(), ledger::router(), wallets::router()]
        .into_iter()
        .fold(OpenApiRouter::new(), OpenApiRouter::merge)
}
