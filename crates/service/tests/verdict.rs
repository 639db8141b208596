//! What people are told before they join.

#[allow(dead_code, reason = "other tests use the rest")]
mod society;

use domain::{ClusterKind, Confidence, Connection};
use quantity::{Ngwee, WattHours, Watts};
use service::Service;
use service::cluster::{ClusterFound, Household, MeterNew, Payback, Verdict, VerdictAsk, VerdictOf, VerdictUse};
use service::policy::Actor;
use society::{csv, day, found, household, import, joins, no, noon, settle, society, user};

fn ask(region: &str, connection: Connection, kwh: i64, kwacha: i64, outage_hours: i64) -> VerdictAsk {
    VerdictAsk {
        of: VerdictOf::Kind { region: region.to_owned(), kind: ClusterKind::Micro, connection },
        contribution: Ngwee(kwacha * 100),
        usage: VerdictUse::Monthly(WattHours(kwh * 1_000)),
        outage_hours,
    }
}

async fn told(service: &Service, ask: VerdictAsk) -> Verdict {
    service.verdict(Actor::Nobody, ask).await.expect("a verdict")
}

async fn refused(service: &Service, actor: Actor, ask: VerdictAsk) -> &'static str {
    service.verdict(actor, ask).await.expect_err("refused").code()
}

#[test]
fn verdicts_are_golden_and_honest() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let (service, _) = society(database.url()).await;
        let kabwe = |kwh, outage| ask("kabwe", Connection::OnePoint, kwh, 3_500, outage);

        // Under 200 kWh a month the cluster saves less than the equipment wears, and says so.
        for kwh in [40, 90, 150, 199] {
            let verdict = told(&service, kabwe(kwh, 0)).await;
            assert_eq!((verdict.payback, verdict.is_saving), (Payback::NotAtThisUse, false), "{kwh} kWh: {verdict:?}");
            assert!(verdict.saves.expect("a grid") < verdict.wear);
        }
        let modest = told(&service, kabwe(150, 0)).await;
        assert_eq!(
            (modest.pays_now, modest.pays_then, modest.saves, modest.wear),
            (Some(Ngwee(8_250)), Ngwee(7_249), Some(Ngwee(1_001)), Ngwee(1_944))
        );
        let large = told(&service, kabwe(500, 0)).await;
        assert_eq!((large.pays_now, large.is_saving, large.payback), (Some(Ngwee(110_700)), true, Payback::Days(1_819)));
        assert_eq!((large.outage_minutes, large.served_minutes), (0, 0));

        // What a contribution gives is what people are told to expect: near 0.4 kWh a day for K3,500.
        assert!((10_000..17_000).contains(&modest.from_plant.0), "{}", modest.from_plant);
        assert_eq!(modest.confidence, Confidence::Low);
        let codes: Vec<&str> = modest.assumptions.iter().map(|assumption| assumption.code).collect();
        for code in ["cost_per_kilowatt_ngwee", "sun_clearness_percent", "load_typical_day", "equipment_life_years", "tariff_from_day"] {
            assert!(codes.contains(&code), "{code} is not told: {codes:?}");
        }
    });
}

#[test]
fn outages_are_counted_in_hours_not_in_money() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let (service, _) = society(database.url()).await;
        let light = |hours| ask("kabwe", Connection::OnePoint, 20, 5_000, hours);
        let none = told(&service, light(0)).await;
        let eight = told(&service, light(8)).await;
        let most = told(&service, light(21)).await;
        assert_eq!(none.served_minutes, 0);
        assert_eq!((eight.outage_minutes, most.outage_minutes), (8 * 60 * 365 / 12, 21 * 60 * 365 / 12));
        assert!(eight.served_minutes > 0 && most.served_minutes > eight.served_minutes);
        assert!(eight.served_minutes < eight.outage_minutes, "a small share does not carry every evening");
        assert!(most.pays_now < none.pays_now, "who has no power pays for none");

        // Off the grid there is nothing to compare with, and nothing is claimed.
        let village = told(&service, ask("rural", Connection::OffGrid, 10, 3_500, 0)).await;
        assert_eq!((village.pays_now, village.saves, village.is_saving, village.payback), (None, None, false, Payback::NothingToCompare));
        assert!(village.served_minutes > 0);
    });
}

test_kit::on_both! {
    async fn questions_that_cannot_be_answered_are_refused(url: &str) {
        let (service, _) = society(url).await;
        let cluster = service.create_cluster(user(1), found("Mulenga", ClusterKind::Micro, household("Chanda", 3_500))).await.expect("founds");
        let good = || ask("kabwe", Connection::OnePoint, 100, 3_500, 0);
        assert_eq!(refused(&service, Actor::Nobody, ask("atlantis", Connection::OnePoint, 100, 3_500, 0)).await, "region_unknown");
        assert_eq!(refused(&service, Actor::Nobody, ask("kabwe", Connection::OnePoint, 100, 1_999, 0)).await, "contribution_low");
        assert_eq!(refused(&service, Actor::Nobody, ask("kabwe", Connection::OnePoint, 100, 5_001, 0)).await, "contribution_high");
        assert_eq!(refused(&service, Actor::Nobody, ask("kabwe", Connection::OnePoint, 0, 3_500, 0)).await, "value_invalid");
        assert_eq!(refused(&service, Actor::Nobody, ask("kabwe", Connection::OnePoint, 100, 3_500, 9)).await, "outage_scenario_unknown");
        let of_others = VerdictAsk { usage: VerdictUse::Member(cluster.code.clone(), no(1)), ..good() };
        assert_eq!(refused(&service, user(2), of_others.clone()).await, "not_allowed");
        assert_eq!(refused(&service, Actor::Nobody, of_others).await, "sign_in_needed");
        assert_eq!(refused(&service, Actor::Nobody, VerdictAsk { usage: VerdictUse::Readings(Vec::new()), ..good() }).await, "readings_short");
    }

    async fn a_cluster_that_runs_answers_with_its_own_plant(url: &str) {
        let (service, clock) = society(url).await;
        let request = ClusterFound {
            step: quantity::Step::Min60,
            power: Watts(4_000),
            household: Household { meters: vec!["M-1".to_owned()], ..household("Chanda", 3_500) },
            ..found("Mulenga", ClusterKind::Micro, household("", 0))
        };
        let cluster = service.create_cluster(user(1), request).await.expect("founds");
        let plant = MeterNew { serial: "P-1".to_owned(), role: domain::MeterRole::Plant, limit: Watts(9_000), member: None, from: None };
        service.meter_add(user(1), &cluster, vec![plant]).await.expect("adds");
        let question = |usage| VerdictAsk { of: VerdictOf::Cluster(cluster.code.clone()), contribution: Ngwee(350_000), usage, outage_hours: 0 };
        let planned = told(&service, question(VerdictUse::Monthly(WattHours(300_000)))).await;
        assert!(planned.assumptions.iter().any(|assumption| assumption.code == "plant_planned_watts" && assumption.value == 4_000));

        clock.set(noon(31));
        let hourly: String = csv(0..31, &[("M-1", 300, 0), ("P-1", 0, 600)]).lines().filter(|line| line.contains(":00:00") || line.starts_with("meter")).map(|line| format!("{line}\n")).collect();
        assert_eq!(import(&service, &cluster, &hourly).await, [""; 0]);
        assert_eq!(settle(&service, &cluster).await.len(), 31);
        let own = told(&service, question(VerdictUse::Monthly(WattHours(300_000)))).await;
        assert!(own.assumptions.iter().any(|assumption| assumption.code == "plant_own_days"));
        // Ten hours of 600 Wh, half of it for each of two homes of the same tier: 3 kWh a day, as far as it is used when it comes.
        assert!(own.from_plant.0 <= 3_000 * 365 / 12 && own.from_plant.0 > 2_500 * 365 / 12, "{}", own.from_plant);

        // Who is somewhere already asks with its own days; who has a meter, with its readings.
        let of_member = VerdictAsk { usage: VerdictUse::Member(cluster.code.clone(), no(1)), ..question(VerdictUse::Readings(Vec::new())) };
        let mine = service.verdict(user(1), of_member).await.expect("a verdict");
        assert_eq!(mine.used, WattHours(300 * 24 * 365 / 12));
        let midnight = day(0).start(cluster.offset);
        let hour = |at: i64| (midnight.plus_ms(at * 3_600_000), WattHours(if at % 24 == 19 { 1_000 } else { 0 }));
        let readings = (0..28 * 24).map(hour).collect();
        let night = told(&service, question(VerdictUse::Readings(readings))).await;
        assert_eq!(night.used, WattHours(1_000 * 365 / 12));
        assert_eq!(night.from_plant, WattHours(0), "who uses power after sunset only gets none without a battery");
        assert_eq!(joins(&service, 2, &cluster, household("Mutale", 2_000)).await.member, no(2));
    }
}
