//! The audit.

use super::*;
use service::policy::Action;
use store::Access;
use store::tables::AuditOutcome;

const CLUSTER: i64 = 5;

fn cluster() -> ClusterId {
    ClusterId::new(CLUSTER).unwrap()
}

test_kit::on_both! {
    async fn who_is_refused_is_written_down(url: &str) {
        let scene = scene(url).await;
        let actor = scene.person(1).await;
        assert_eq!(code_of(scene.service.require(actor, cluster(), Action::MoneyRead(member(3))).await), "not_allowed");
        assert_eq!(code_of(scene.service.require(Actor::Nobody, cluster(), Action::LedgerRead).await), "sign_in_needed");
        assert_eq!(code_of(scene.service.require_anywhere(actor, Action::Operate).await), "not_allowed");
        assert!(scene.service.audit_flush().await);
        let lines = scene.service.audit_list(Actor::System, None, 10).await.unwrap();
        let mut shape: Vec<_> =
            lines.iter().map(|line| (line.action.as_str(), line.cluster.map(ClusterId::get), line.user, line.member, line.outcome)).collect();
        shape.sort_by_key(|line| line.0);
        let refused = AuditOutcome::Refused;
        assert_eq!(
            shape,
            [
                ("ledger_read", Some(CLUSTER), None, None, refused),
                ("money_read", Some(CLUSTER), actor.user(), Some(member(3)), refused),
                ("operate", None, actor.user(), None, refused),
            ]
        );
        assert!(lines.iter().all(|line| line.occurred_at == START));
        // Paging comes to the same lines.
        let first = scene.service.audit_list(Actor::System, None, 2).await.unwrap();
        let rest = scene.service.audit_list(Actor::System, Some(first[1].id), 2).await.unwrap();
        assert_eq!([first, rest].concat(), lines);
    }

    async fn a_look_is_on_disk_before_it_is_allowed(url: &str) {
        let scene = scene(url).await;
        let cluster = scene.found().await;
        let (person, officer) = (scene.person(1).await, scene.person(2).await);
        scene.grant(cluster.id, 1, person, Role::Member).await;
        scene.grant(cluster.id, 2, officer, Role::Member).await;
        scene.grant(cluster.id, 2, officer, Role::Treasurer).await;
        assert_eq!(scene.service.looks_list(person, &cluster, member(1), None, 10).await.unwrap(), [], "one's own looks are none");
        scene.service.require(officer, cluster.id, Action::MoneyRead(member(1))).await.unwrap();
        scene.service.require(officer, cluster.id, Action::MoneyRead(member(1))).await.unwrap();
        scene.service.require(officer, cluster.id, Action::ReadingsRead(member(1))).await.unwrap();
        scene.service.require(officer, cluster.id, Action::MoneyRead(member(2))).await.unwrap();
        let looks = scene.service.looks_list(person, &cluster, member(1), None, 10).await.unwrap();
        let shape: Vec<_> = looks.iter().map(|look| (look.action.as_str(), look.who.as_str(), look.roles.as_slice(), look.is_operator)).collect();
        let by = [Role::Treasurer];
        assert_eq!(shape, [("readings_read", "Mwila Banda", &by[..], false), ("money_read", "Mwila Banda", &by[..], false)], "the same once a minute");
        scene.wait(MINUTE);
        scene.service.require(officer, cluster.id, Action::MoneyRead(member(1))).await.unwrap();
        assert_eq!(scene.service.looks_list(person, &cluster, member(1), None, 10).await.unwrap().len(), 3);
        assert_eq!(code_of(scene.service.looks_list(person, &cluster, member(2), None, 10).await), "not_allowed");
        // Who asks for the looks of another looks too.
        scene.wait(MINUTE);
        assert_eq!(scene.service.looks_list(officer, &cluster, member(1), None, 10).await.unwrap().len(), 4);
        scene.service.operator_set(phone(9), "Ops", &pin(PIN)).await.unwrap();
        let operator = scene.service.actor(&scene.login(phone(9), PIN).await.unwrap().token).await.unwrap();
        scene.service.require(operator, cluster.id, Action::MoneyRead(member(1))).await.unwrap();
        let last = scene.service.looks_list(person, &cluster, member(1), None, 1).await.unwrap().remove(0);
        assert_eq!((last.who.as_str(), last.roles.len(), last.is_operator), ("Ops", 0, true));
    }

    async fn many_looks_at_the_same_time_are_all_written(url: &str) {
        let scene = scene(url).await;
        let officer = scene.person(1).await;
        scene.grant(cluster(), 1, officer, Role::Member).await;
        scene.grant(cluster(), 1, officer, Role::Chair).await;
        let looks: Vec<_> = (2..=301)
            .map(|n| {
                let service = scene.service.clone();
                tokio::spawn(async move { code_of(service.require(officer, cluster(), Action::MoneyRead(member(n))).await) })
            })
            .collect();
        for look in looks {
            assert_eq!(look.await.unwrap(), "done");
        }
        let (mut seen, mut before) = (std::collections::BTreeSet::new(), None);
        loop {
            let page = scene.service.audit_list(Actor::System, before, 200).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            seen.extend(page.iter().filter(|line| line.outcome == AuditOutcome::Looked).filter_map(|line| line.member));
        }
        assert_eq!(seen.len(), 300);
    }
}

#[test]
fn a_look_that_cannot_be_written_down_is_refused() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let before = scene(database.url()).await;
        let officer = before.person(1).await;
        before.grant(cluster(), 1, officer, Role::Member).await;
        before.grant(cluster(), 1, officer, Role::Treasurer).await;
        drop(before);
        let clock = SimulatedClock::at(START);
        let reading = Store::open(database.url(), OpenOptions { access: Access::Read, ..OpenOptions::default() }).await.unwrap();
        let service = service_at(reading, &clock, 1);
        assert_eq!(code_of(service.require(officer, cluster(), Action::MoneyRead(member(2))).await), "read_only");
        assert_eq!(code_of(service.require(officer, cluster(), Action::MoneyRead(member(2))).await), "read_only", "and is not taken for written");
        assert!(service.require(officer, cluster(), Action::MoneyRead(member(1))).await.is_ok(), "one's own needs no line");
        assert_eq!(code_of(service.require(officer, cluster(), Action::RolesWrite).await), "not_allowed");
        assert!(service.audit_flush().await);
    });
}
