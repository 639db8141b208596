//! Clusters founded through the service, so that what is measured is what people get.

use super::data::{self, MEMBERS};
use super::place::Place;
use anyhow::Result;
use domain::{ClusterCode, ClusterKind, Connection, Region, SimulatedClock};
use quantity::{Instant, Ngwee, PricePerKwh, Step, UtcOffset};
use service::{ClusterCreate, MemberCreate, Service};
use settlement::{RuleSet, SharingKey};
use std::sync::Arc;
use store::Store;
use store::tables::{ClusterNew, ClusterRow, RulePrices, RuleRow};

/// A moment after every day that is measured.
pub(super) fn long_after() -> Instant {
    data::slot_start(2_000, 0)
}

/// The serial number of a meter, from 1; the plant's is the last.
pub(super) fn serial(number: usize) -> String {
    format!("LUS-{number:03}")
}

/// The use cases over `store`, long after the readings.
pub(super) fn service(store: Store) -> Result<Service> {
    Ok(Service::new(store, Arc::new(SimulatedClock::at(long_after())), Region::shipped("lusaka")?))
}

/// Founds clusters numbered from 1, each with its members and one plant.
pub(super) fn found(place: &Place, service: &Service, count: usize) -> Result<Vec<ClusterRow>> {
    let weights = &data::days(6, 1)[0].weights;
    let mut clusters = Vec::with_capacity(count);
    for number in 1..=count {
        let row = ClusterRow {
            id: data::cluster_id(number),
            code: ClusterCode::parse(&format!("C{number:05}"))?,
            name: format!("Cluster {number}"),
            kind: ClusterKind::Neighborhood,
            place: "Lusaka".to_owned(),
            region: "lusaka".to_owned(),
            step: Step::Min15,
            offset: UtcOffset::LUSAKA,
            grace_minutes: 30,
            correction_days: 10_000,
            carbon_method: "average".to_owned(),
            is_modelled: true,
            opened_on: data::first_day(),
        };
        let rule = RuleSet { sharing_key: SharingKey::ContributionTiers, service_charge: PricePerKwh(20), ..RuleSet::new(Connection::OnePoint) };
        let member = |at: usize| MemberCreate {
            alias: format!("Member {}", at + 1),
            kind: "urban_home".to_owned(),
            weight: weights[at],
            contribution: Ngwee(weights[at].cast_signed()),
            top_up: Ngwee(1_000_000),
            meters: vec![serial(at + 1)],
        };
        let create = ClusterCreate {
            cluster: ClusterNew { row: row.clone(), secret: [number as u8; 32] },
            rule: RuleRow { rule, from_day: data::first_day(), prices: RulePrices::Flat(data::IMPORT, data::EXPORT) },
            members: (0..MEMBERS).map(member).collect(),
            meter_limit: quantity::Watts(100_000),
            plant_meters: vec![serial(MEMBERS + 1)],
            assets: Vec::new(),
            outages: Vec::new(),
        };
        place.wait(service.cluster_create(create))?;
        clusters.push(row);
    }
    Ok(clusters)
}
