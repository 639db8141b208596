//! What comes late: days before those that were settled, members who had left, rules that changed inside a month.

#[allow(dead_code, reason = "other tests use the rest")]
mod village;

use domain::{Connection, MemberNo, SimulatedClock};
use quantity::{Instant, Ngwee, UtcOffset};
use service::{ImportOptions, Service};
use settlement::RuleSet;
use std::sync::Arc;
use store::tables::{ClusterRow, RulePrices, RuleRow};
use store::{OpenOptions, Store, StoreError};
use village::{csv, day, found};

fn noon(at: i32) -> Instant {
    day(at).start(UtcOffset::LUSAKA).plus_ms(12 * 3_600_000)
}

async fn service(url: &str) -> Service {
    let regions = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads"));
    let store = Store::open(url, OpenOptions::default()).await.expect("opens");
    Service::new(store, Arc::new(SimulatedClock::at(noon(5))), regions)
}

async fn import(service: &Service, cluster: &ClusterRow, text: &str) -> Vec<&'static str> {
    let mut refused = Vec::new();
    let taken = service
        .readings_import(
            service::policy::Actor::System,
            cluster,
            text.as_bytes(),
            ImportOptions::default(),
            |row| refused.push(row.reason.code()),
            |_, _| {},
        )
        .await;
    taken.expect("imports");
    refused
}

/// Days settled, with how often each was posted.
async fn settle(service: &Service, cluster: &ClusterRow) -> Vec<(i32, i64)> {
    let report = service.cluster_settle(service::policy::Actor::System, cluster, |_| {}).await.expect("settles");
    assert_eq!(service.cluster_verify(service::policy::Actor::System, cluster).await.expect("verifies").problems, []);
    report.days.iter().map(|settled| (settled.day.0 - day(0).0, settled.revision)).collect()
}

test_kit::on_both! {
    async fn days_before_the_settled_ones_are_settled_when_they_come(url: &str) {
        let service = service(url).await;
        let cluster = found(&service).await;
        import(&service, &cluster, &csv(3..5, &[])).await;
        assert_eq!(settle(&service, &cluster).await, [(3, 1), (4, 1)]);
        // The days between are settled too, and those after go on from what the battery holds now.
        import(&service, &cluster, &csv(0..1, &[])).await;
        let settled = settle(&service, &cluster).await;
        assert_eq!(settled[..4], [(0, 1), (1, 1), (2, 1), (3, 2)]);
        assert_eq!(settle(&service, &cluster).await, []);
    }

    async fn a_plant_is_not_read_before_the_cluster_opens(url: &str) {
        let service = service(url).await;
        let cluster = found(&service).await;
        let refused = import(&service, &cluster, &csv(-1..1, &[])).await;
        assert_eq!((refused.len(), refused.iter().all(|code| *code == "meter_not_assigned")), (4 * 96, true));
        assert_eq!(settle(&service, &cluster).await, [(0, 1)]);
    }

    async fn who_had_left_gets_the_money_of_the_day_back(url: &str) {
        let service = service(url).await;
        let cluster = found(&service).await;
        import(&service, &cluster, &csv(0..3, &[])).await;
        settle(&service, &cluster).await;
        let paid = service.member_statement(service::policy::Actor::System, &cluster, domain::MemberNo::new(3).expect("a number"), None).await.expect("a statement").days[1].posted;
        assert_ne!(paid, Ngwee(0));
        let id = cluster.id;
        let leave = service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                tx.member_leave(id, MemberNo::new(3).expect("a number"), day(1)).await?;
                tx.day_mark_dirty(id, day(1)).await
            })
        });
        assert!(leave.await.expect("leaves"));
        assert_eq!(settle(&service, &cluster).await, [(1, 2), (2, 2)]);
        let days = service.member_statement(service::policy::Actor::System, &cluster, domain::MemberNo::new(3).expect("a number"), None).await.expect("a statement").days;
        assert_eq!(days[1..].iter().map(|day| (day.posted, day.sums.flows.consumption)).collect::<Vec<_>>(), [(Ngwee(0), 0), (Ngwee(0), 0)]);
    }

    /// The bands that a member climbed alone and in the cluster differ; that difference is nobody's export.
    async fn own_contracts_from_mid_month_credit_the_plants_export_alone(url: &str) {
        let service = service(url).await;
        let cluster = found(&service).await;
        let id = cluster.id;
        let separate = RuleRow { rule: RuleSet { version: 2, ..RuleSet::new(Connection::Separate) }, from_day: day(2), prices: RulePrices::Region };
        let vote = service.store().write::<_, StoreError, _>(move |tx| {
            let separate = separate.clone();
            Box::pin(async move { tx.rule_insert(id, &separate).await })
        });
        vote.await.expect("a rule");
        let baking: Vec<(&str, i64, i64)> = [3, 4, 5, 50, 51, 52].map(|slot| ("M-3", slot, 20_000)).to_vec();
        import(&service, &cluster, &csv(0..4, &baking)).await;
        settle(&service, &cluster).await;
        let statement = service.member_statement(service::policy::Actor::System, &cluster, domain::MemberNo::new(3).expect("a number"), None).await.expect("a statement");
        let first = &statement.days[2];
        // Kabwe pays 159 ngwee for an exported kWh; member 3 has no panels, so that all of it is the plant's.
        assert_eq!(first.sums.flows.exported - first.sums.alone.exported, 9_566);
        assert_eq!(first.posted, Ngwee(-1_521));
    }
}
