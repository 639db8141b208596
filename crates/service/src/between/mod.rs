//! Trade between clusters: who may, within what, by which deals and clearings, and what was delivered.
//!
//! | File | What |
//! |---|---|
//! | `ready.rs` | the checklist of the law, and the rules that must allow it |
//! | `limits.rs`, `imports.rs` | what members voted that officers may commit, and what is committed already |
//! | `lines.rs` | the lines between clusters |
//! | `deals.rs`, `deal_steps.rs` | negotiation: use cases, and the transactions of one cluster each that they are made of |
//! | `offers.rs`, `round.rs` | the marketplace of a bidding zone, and its joint clearing |
//! | `preview.rs` | what an offer or a deal would come to, before it is made |
//! | `prices.rs` | what energy is worth between two clusters, from the supply and demand of both |
//! | `delivery.rs`, `delivery_read.rs`, `posting.rs` | what the meters say of a day, and the transfers of both sides |
//! | `follow.rs` | the rounds that carry all of it on |
//! | `verify.rs` | recounting deliveries from the ledger |
//! | `error.rs` | why something is refused |
//!
//! A deal has a row in each of its two clusters. Each step is a transaction of one cluster and finds out by itself whether it was done, so
//! that whatever stopped goes on with the same request or with the next round. Rules: docs/market.md, "Between clusters".
//!
//! Turns are taken in one order, so that no two units wait for each other: first the gate of a zone's day ([`store::Tx::gate_turn`]), then
//! clusters by their id. Holding a clearing takes the gate and the turns of all clusters that take part; placing an offer the gate and its
//! cluster; ending a clearing the gate; everything else the turn of one cluster. So a clearing sees every promise over a line that was made
//! before it, and every later one sees the clearing.

#[cfg(test)]
mod crash;
mod deal_guard;
mod deal_steps;
mod deals;
mod delivery;
mod delivery_read;
mod error;
mod follow;
mod imports;
mod limits;
mod lines;
mod offers;
mod posting;
mod preview;
mod prices;
mod ready;
mod round;
mod verify;

pub use deals::{DealMove, DealOffer, DealTold, LIST_MAX};
pub use error::BetweenError;
pub use lines::{LineOutageSet, LineSet};
pub use offers::{Board, GATE_MS, OFFERS_OPEN_MAX, OfferCreate};
pub use preview::DealTotal;
pub use prices::{ClusterPrices, LINES_PRICED_MAX, LinePrices, PairPrice};
pub use ready::ComplianceView;
pub use round::PENALTY;
pub(crate) use verify::DeliveryVerifier;

use market::between::DealRules;
use quantity::Step;

/// How often terms may be named.
const ROUNDS_MAX: u32 = 10;
/// Most open deals of a cluster with one other.
const DEALS_OPEN_MAX: usize = 20;
/// How many days ahead delivery may end.
const DAYS_AHEAD_MAX: i64 = 60;

/// What is allowed for deals of clusters that meter in this step.
const fn deal_rules(step: Step) -> DealRules {
    DealRules { step, rounds_max: ROUNDS_MAX, days_ahead_max: DAYS_AHEAD_MAX }
}
