//! A cluster of three homes and a plant, small enough to reason about, with a battery, bands and an outage.

use domain::{AssetKind, ClusterCode, ClusterId, ClusterKind, Connection};
use quantity::{BusinessDay, Interval, Ngwee, PricePerKwh, Step, UtcOffset, WattHours, Watts};
use service::{AssetCreate, ClusterCreate, MemberCreate, Service};
use settlement::{Battery, RuleSet, SharingKey};
use std::ops::Range;
use store::tables::{ClusterNew, ClusterRow, RulePrices, RuleRow};

/// Day `at` of the story.
pub fn day(at: i32) -> BusinessDay {
    BusinessDay::parse("2025-09-15").expect("a date").plus_days(at)
}

/// The date of day `at` as files write it.
pub fn date(at: i32) -> String {
    day(at).to_string()
}

/// Readings of the days: homes M-1 (own panels), M-2, M-3 and the plant P-1. `more` adds Wh to a meter's slot on each of the days.
pub fn csv(days: Range<i32>, more: &[(&str, i64, i64)]) -> String {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    for (meter, base, panels) in [("M-1", 120, 300), ("M-2", 60, 0), ("M-3", 200, 0), ("P-1", 0, 900)] {
        for at in days.clone() {
            for slot in 0..96i64 {
                let sun = (576 - (slot - 48) * (slot - 48)).max(0);
                let evening = if (72..88).contains(&slot) { 2 } else { 1 };
                let extra: i64 = more.iter().filter(|(m, s, _)| *m == meter && *s == slot).map(|(_, _, wh)| wh).sum();
                let used = if base == 0 { 0 } else { base * evening + (slot * 7 + i64::from(at) * 3) % 11 + extra };
                text.push_str(&format!("{meter},{}T{:02}:{:02}:00+02:00,{used},{}\n", day(at), slot / 4, slot % 4 * 15, panels * sun / 576));
            }
        }
    }
    text
}

/// Founds the cluster on day 0 with an outage in the first evening.
pub async fn found(service: &Service) -> ClusterRow {
    found_with(service, 45).await
}

/// As [`found`], with readings corrected for as many days.
pub async fn found_with(service: &Service, correction_days: i64) -> ClusterRow {
    let member = |alias: &str, kwacha: i64, meter: &str| MemberCreate {
        alias: alias.to_owned(),
        kind: "urban_home".to_owned(),
        weight: kwacha.unsigned_abs() / 1_000,
        contribution: Ngwee(kwacha * 100),
        top_up: Ngwee(20_00),
        meters: vec![meter.to_owned()],
    };
    let row = ClusterRow {
        id: ClusterId::new(77).expect("an id"),
        code: ClusterCode::parse("MULENGA").expect("a code"),
        name: "Mulenga Solar Group".to_owned(),
        kind: ClusterKind::Micro,
        place: "Kabwe".to_owned(),
        region: "kabwe".to_owned(),
        step: Step::Min15,
        offset: UtcOffset::LUSAKA,
        grace_minutes: 30,
        correction_days,
        carbon_method: "grid_average".to_owned(),
        is_modelled: true,
        opened_on: day(0),
    };
    let evening = day(0).start(UtcOffset::LUSAKA).plus_ms(18 * 3_600_000);
    let create = ClusterCreate {
        cluster: ClusterNew { row: row.clone(), secret: [7; 32] },
        rule: RuleRow {
            rule: RuleSet {
                sharing_key: SharingKey::ContributionTiers,
                service_charge: PricePerKwh(20),
                outage_cap: PricePerKwh(250),
                battery: Some(Battery::new(WattHours(5_000), Watts(2_000))),
                ..RuleSet::new(Connection::OnePoint)
            },
            from_day: day(0),
            prices: RulePrices::Region,
        },
        members: vec![member("Chanda", 2_000, "M-1"), member("Mutale", 3_500, "M-2"), member("Banda", 5_000, "M-3")],
        plant_meters: vec!["P-1".to_owned()],
        meter_limit: Watts(100_000),
        assets: vec![AssetCreate { kind: AssetKind::Battery, name: "Battery".to_owned(), cost: Ngwee(700_000), life_years: 10 }],
        outages: vec![Interval::new(evening, evening.plus_ms(4 * 3_600_000)).expect("an interval")],
    };
    service.cluster_create(create).await.expect("founds");
    row
}
