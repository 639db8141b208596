//! The sealed record of an interval: bytes that never change once written.
//!
//! A record has two parts. The **header** (deterministic CBOR, RFC 8949 section 4.2) says which interval it is, under which rule and
//! prices, what the cluster had in all, and the root of the tree of member lines; its hash is the leaf of the cluster's Merkle log. The
//! **body** holds a seed and one **line** for each member: readings and result. Each line is hashed with a salt of its own, made from
//! the seed, so that a member can show the own line and its path without letting anybody guess a neighbour's.
//!
//! Whoever may see header and body can settle the interval again from them alone: [`SealedRecord::recompute`].
//!
//! Header, one array: version 1, kind 2, cluster, start (Unix ms), step (min), version of the interval, rule, grid (1 available), plant
//! output, plant readings, prices, import so far of the connection, export price, totals (11), battery (before, charged, discharged, loss, after,
//! common before), given Wh, given money, floor, members, root of the lines (32 bytes).
//! Rule, an array: version, connection, can island, key, key numerator and denominator, price rule, fixed price, service charge, filling, band basis,
//! outage cap, battery (empty, or capacity, power, efficiency numerator and denominator, reserve).
//! Prices, an array: empty limits and one price when flat, else limit and price of each band, the last without limit as 0.
//! Reading, an array: meter, consumption, generation, quality + 8 x version.
//! Body: seed (16 bytes), then each line as an array: member, weight, content in the own name before, import of the month before,
//! readings, a bit set of the flows that are not zero, and those flows in order. Consumption and generation are the sums of the readings.
//!
//! Golden vectors: tests/golden_seal.rs. Decision: docs/adr/0004-sealed-records.md.

mod decode;
mod encode;

pub use decode::{LineProof, SealError, SealedLine, SealedRecord};
pub(crate) use encode::ints as write_ints;
pub use encode::{MemberInput, PlantReading, SealInput, SealWriter, Sealed};

use crate::flows::Flows;
use quantity::PricePerKwh;

/// Format version of header and body.
pub const FORMAT_VERSION: i64 = 1;
/// Record kind in the cluster's log: 1 is a transfer, 2 a sealed interval.
pub const RECORD_KIND: i64 = 2;

/// One meter's reading as sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedReading {
    /// Number of the meter.
    pub meter: i64,
    /// Used, Wh.
    pub consumption: i64,
    /// Made, Wh.
    pub generation: i64,
    /// Quality of the reading, 0 to 7 (see `metering::Quality`).
    pub quality: i64,
    /// How often the reading was corrected.
    pub version: i64,
}

/// Prices as sealed: flat, or bands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealedPrices {
    /// One import price.
    Flat(PricePerKwh),
    /// Monthly bands.
    Bands(Vec<domain::Band>),
}

/// The flows of a line in their sealed order: everything but consumption and generation.
pub(crate) const fn sealed_flows(flows: &Flows) -> [i64; 16] {
    [
        flows.self_used,
        flows.entitlement,
        flows.own_share,
        flows.received,
        flows.given,
        flows.charged,
        flows.discharged,
        flows.imported,
        flows.exported,
        flows.curtailed,
        flows.unserved,
        flows.import_cost,
        flows.given_cost,
        flows.given_revenue,
        flows.export_revenue,
        flows.service_charge,
    ]
}

pub(crate) const fn flows_from(columns: [i64; 16], consumption: i64, generation: i64) -> Flows {
    let [
        self_used,
        entitlement,
        own_share,
        received,
        given,
        charged,
        discharged,
        imported,
        exported,
        curtailed,
        unserved,
        import_cost,
        given_cost,
        given_revenue,
        export_revenue,
        service_charge,
    ] = columns;
    Flows {
        consumption,
        generation,
        self_used,
        entitlement,
        own_share,
        received,
        given,
        charged,
        discharged,
        imported,
        exported,
        curtailed,
        unserved,
        import_cost,
        given_cost,
        given_revenue,
        export_revenue,
        service_charge,
    }
}
