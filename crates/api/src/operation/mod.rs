//! The operations, one file per resource. Each extracts typed values, calls one use case and translates its answer.

mod admin;
mod alerts;
mod auth;
mod between;
mod between_deals;
mod carbon;
mod charter;
mod clusters;
mod credits;
mod directory;
mod joining;
mod ledger;
mod market;
mod members;
mod moves;
mod people;
mod prices;
mod property;
mod readings;
mod regions;
mod reviews;
mod server;
mod trade;
mod users;
mod verdict;
mod wallets;

pub(crate) use market::{candle_running, market_state};
pub(crate) use trade::position_told;

use crate::state::Api;
use utoipa_axum::router::OpenApiRouter;

/// Every operation, registered with the document at once.
pub(crate) fn all() -> OpenApiRouter<Api> {
    [
        server::router(),
        auth::router(),
        users::router(),
        regions::router(),
        joining::router(),
        directory::router(),
        verdict::router(),
        charter::router(),
        clusters::router(),
        members::router(),
        carbon::router(),
        moves::router(),
        people::router(),
        readings::router(),
        ledger::router(),
        wallets::router(),
        property::router(),
        market::router(),
        trade::router(),
        reviews::router(),
        credits::router(),
        alerts::router(),
        between::router(),
        between_deals::router(),
        prices::router(),
        admin::router(),
    ]
    .into_iter()
    .fold(OpenApiRouter::new(), OpenApiRouter::merge)
}
