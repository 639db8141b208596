//! The profile.

use super::*;
use domain::Operator;
use quantity::Ngwee;
use service::{PersonNew, ProfileUpdate};

test_kit::on_both! {
    async fn a_profile_shows_where_one_belongs(url: &str) {
        let scene = scene(url).await;
        let cluster = scene.found().await;
        let actor = scene.person(1).await;
        assert_eq!(scene.service.profile(actor).await.unwrap().memberships, []);
        scene.grant(cluster.id, 2, actor, Role::Member).await;
        scene.grant(cluster.id, 2, actor, Role::Keeper).await;
        let profile = scene.service.profile(actor).await.unwrap();
        assert_eq!(profile.votes, []);
        let [one] = &profile.memberships[..] else { panic!("{profile:?}") };
        assert_eq!((one.code.as_str(), one.member, one.alias.as_str()), ("MULENGA", member(2), "Mutale"));
        assert_eq!((one.contribution, one.wallet, one.since), (Ngwee(350_000), Ngwee(2_000), BusinessDay(20_000)));
        assert_eq!(one.roles, [Role::Keeper, Role::Member]);
        assert_eq!(code_of(scene.service.profile(Actor::Nobody).await), "sign_in_needed");
    }

    async fn a_user_changes_name_language_and_wallet(url: &str) {
        let scene = scene(url).await;
        let actor = scene.person(1).await;
        let update = ProfileUpdate { name: Some("  Chanda   Mulenga ".to_owned()), language: Some(Language::Toi), operator: Some(Some(Operator::Mtn)) };
        let profile = scene.service.profile_update(actor, update).await.unwrap();
        assert_eq!((profile.name.as_str(), profile.language, profile.operator), ("Chanda Mulenga", Language::Toi, Some(Operator::Mtn)));
        let left = scene.service.profile_update(actor, ProfileUpdate::default()).await.unwrap();
        assert_eq!(left, profile);
        let none = scene.service.profile_update(actor, ProfileUpdate { operator: Some(None), ..ProfileUpdate::default() }).await.unwrap();
        assert_eq!((none.operator, none.name), (None, profile.name));
        let empty = ProfileUpdate { name: Some(" ".to_owned()), ..ProfileUpdate::default() };
        assert_eq!(code_of(scene.service.profile_update(actor, empty).await), "name_invalid");
        // A name goes into the store as it is, whatever it looks like.
        let odd = "Robert'); drop table user_profile;-- \u{1f600}";
        let update = ProfileUpdate { name: Some(odd.to_owned()), ..ProfileUpdate::default() };
        assert_eq!(scene.service.profile_update(actor, update).await.unwrap().name, odd);
    }

    async fn people_of_a_practice_run_are_added_once_and_by_the_program_alone(url: &str) {
        let scene = scene(url).await;
        let cluster = scene.found().await;
        let person = |text: &str| PersonNew {
            phone: phone(1),
            name: "Bwalya".to_owned(),
            pin: pin(text),
            language: Language::En,
            roles: vec![(cluster.id, member(1), Role::Member), (cluster.id, member(1), Role::Treasurer)],
            since: BusinessDay(20_000),
        };
        let stranger = scene.person(2).await;
        for actor in [Actor::Nobody, stranger] {
            assert_ne!(code_of(scene.service.person_add(actor, person(PIN)).await), "done");
        }
        let user = scene.service.person_add(Actor::System, person(PIN)).await.unwrap();
        assert_eq!(scene.service.person_add(Actor::System, person("4096")).await.unwrap(), user);
        let actor = scene.service.actor(&scene.login(phone(1), PIN).await.unwrap().token).await.unwrap();
        assert_eq!(scene.service.profile(actor).await.unwrap().memberships[0].roles, [Role::Member, Role::Treasurer]);
        assert_eq!(code_of(scene.login(phone(1), "4096").await), "login_refused");
    }
}
