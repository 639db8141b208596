//! What users are in clusters.

use super::*;
use domain::Chance;
use service::policy::Action;
use std::collections::BTreeSet;

test_kit::on_both! {
    async fn a_role_counts_in_its_cluster_alone(url: &str) {
        let scene = scene(url).await;
        let (here, elsewhere) = (ClusterId::new(5).unwrap(), ClusterId::new(6).unwrap());
        let actor = scene.person(1).await;
        assert_eq!(code_of(scene.service.require(actor, here, Action::ClusterRead).await), "not_allowed");
        scene.grant(here, 1, actor, Role::Member).await;
        scene.grant(here, 1, actor, Role::Treasurer).await;
        let standing = scene.service.require(actor, here, Action::Settle).await.unwrap();
        assert_eq!(standing.roles, [(member(1), Role::Member), (member(1), Role::Treasurer)]);
        assert_eq!(code_of(scene.service.require(actor, elsewhere, Action::ClusterRead).await), "not_allowed");
        assert_eq!(code_of(scene.service.require(Actor::Nobody, here, Action::ClusterRead).await), "sign_in_needed");
        assert!(scene.service.require(Actor::System, elsewhere, Action::Settle).await.is_ok());
    }

    async fn a_revoked_role_ends_at_once_here_and_soon_elsewhere(url: &str) {
        let scene = scene(url).await;
        let cluster = ClusterId::new(5).unwrap();
        let actor = scene.person(1).await;
        scene.grant(cluster, 1, actor, Role::Member).await;
        scene.grant(cluster, 1, actor, Role::Chair).await;
        let other = scene.other_process();
        for service in [&scene.service, &other.service] {
            assert!(service.require(actor, cluster, Action::RolesWrite).await.is_ok());
        }
        scene.revoke(cluster, 1, actor, Role::Chair).await;
        assert_eq!(code_of(scene.service.require(actor, cluster, Action::RolesWrite).await), "not_allowed");
        other.wait(5_000);
        assert_eq!(code_of(other.service.require(actor, cluster, Action::RolesWrite).await), "not_allowed");
        assert!(other.service.require(actor, cluster, Action::ClusterRead).await.is_ok());
    }

    /// Grants and revokes in any order come to what a plain set comes to, seen from the cluster and from the user.
    async fn roles_are_a_set(url: &str) {
        let scene = scene(url).await;
        let chance = SeededChance::new(7);
        let chance: &dyn Chance = &chance;
        let users = [scene.person(1).await, scene.person(2).await].map(|actor| actor.signed_in().unwrap());
        let mut model: BTreeSet<(i64, usize, i64, Role)> = BTreeSet::new();
        for step in 0..150 {
            let draw = chance.number().unwrap() as usize;
            let (no, who, m, role) = (5 + (draw % 2) as i64, draw / 2 % 2, 1 + (draw / 4 % 2) as i64, Role::ALL[draw / 8 % Role::ALL.len()]);
            let (cluster, user, is_grant) = (ClusterId::new(no).unwrap(), users[who], (draw / 1_024).is_multiple_of(2));
            let on = BusinessDay(20_000 + step / 10);
            let changed = scene.service.store().write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    if is_grant { tx.role_grant(cluster, member(m), user, role, on).await } else { tx.role_revoke(cluster, member(m), user, role, on).await }
                })
            });
            let key = (no, who, m, role);
            assert_eq!(changed.await.unwrap(), if is_grant { model.insert(key) } else { model.remove(&key) }, "step {step}");
        }
        let read = scene.service.store().read::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let (mut by_cluster, mut by_user) = (BTreeSet::new(), BTreeSet::new());
                for (who, user) in users.into_iter().enumerate() {
                    for no in [5, 6] {
                        let cluster = ClusterId::new(no).unwrap();
                        by_cluster.extend(tx.roles_in(cluster, user).await?.into_iter().map(|(m, role)| (no, who, m.get(), role)));
                        for row in tx.cluster_roles(cluster).await?.into_iter().filter(|row| row.user == user) {
                            assert!(by_cluster.contains(&(no, who, row.member.get(), row.role)) && row.until.is_none());
                        }
                    }
                    by_user.extend(tx.user_members(user).await?.into_iter().map(|(cluster, m)| (cluster.get(), who, m.get())));
                }
                Ok((by_cluster, by_user))
            })
        });
        let (by_cluster, by_user) = read.await.unwrap();
        assert_eq!(by_cluster, model);
        assert_eq!(by_user, model.iter().map(|(no, who, m, _)| (*no, *who, *m)).collect());
        assert!(!model.is_empty());
    }
}
