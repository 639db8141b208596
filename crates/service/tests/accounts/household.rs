//! Who acts for a household: its own people alone decide, and nobody is made to.

use super::*;
use domain::UserId;
use service::Whom;

/// Household 1 is person 1's, who founded the cluster and is its chair and treasurer; household 2 is person 2's; person 3 is a stranger, 4 the
/// operator, 5 a spouse without a household.
struct Houses {
    scene: Scene,
    cluster: ClusterRow,
    chair: Actor,
    victim: Actor,
    stranger: Actor,
    operator: Actor,
    spouse: Actor,
}

async fn houses(url: &str) -> Houses {
    let scene = scene(url).await;
    let cluster = scene.found().await;
    let (chair, victim, stranger, spouse) = (scene.person(1).await, scene.person(2).await, scene.person(3).await, scene.person(5).await);
    for (no, actor, role) in [(1, chair, Role::Member), (1, chair, Role::Chair), (1, chair, Role::Treasurer), (2, victim, Role::Member)] {
        scene.grant(cluster.id, no, actor, role).await;
    }
    scene.service.operator_set(phone(4), "Operator", &pin(PIN)).await.unwrap();
    let operator = scene.service.actor(&scene.login(phone(4), PIN).await.unwrap().token).await.unwrap();
    Houses { scene, cluster, chair, victim, stranger, operator, spouse }
}

fn id(actor: Actor) -> UserId {
    actor.user().unwrap()
}

impl Houses {
    async fn invite(&self, actor: Actor, whom: Whom) -> Result<(), ServiceError> {
        self.scene.service.person_invite(actor, &self.cluster, member(2), whom).await
    }

    async fn take_back(&self, actor: Actor, whom: Whom) -> Result<(), ServiceError> {
        self.scene.service.person_take_back(actor, &self.cluster, member(2), whom).await
    }

    async fn answer(&self, actor: Actor, is_accepted: bool) -> Result<(), ServiceError> {
        self.scene.service.invitation_answer(actor, &self.cluster, member(2), is_accepted).await
    }

    async fn role(&self, actor: Actor, user: UserId, role: Role, granted: bool) -> Result<(), ServiceError> {
        self.scene.service.role_set(actor, &self.cluster, member(2), user, role, granted).await
    }

    /// Who acts for household 2, as it is written down.
    async fn acting(&self) -> Vec<UserId> {
        let id = self.cluster.id;
        let read = self.scene.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.member_users(id, member(2)).await }));
        read.await.unwrap().into_iter().filter(|row| row.role == Role::Member).map(|row| row.user).collect()
    }

    async fn kinds(&self, actor: Actor) -> Vec<String> {
        self.scene.service.notice_list(actor, None, 50).await.unwrap().into_iter().map(|notice| notice.kind).collect()
    }

    /// The notices of an actor, as read in English.
    async fn texts(&self, actor: Actor) -> Vec<String> {
        let say = message::Say::new(Language::En);
        let notices = self.scene.service.notice_list(actor, None, 50).await.unwrap();
        notices.iter().map(|notice| service::notice_text(say, notice).unwrap_or_else(|| panic!("no text for {}", notice.kind))).collect()
    }

    async fn sees_money(&self, actor: Actor) -> bool {
        self.scene.service.standing(actor, self.cluster.id).await.unwrap().acts_for(member(2))
    }
}

test_kit::on_both! {
    async fn no_office_takes_a_household_over(url: &str) {
        let v = houses(url).await;
        let ghost = UserId::new(987_654).unwrap();
        for actor in [v.chair, v.operator, v.stranger, Actor::System, Actor::Nobody] {
            for (user, granted) in [(id(v.chair), true), (id(v.stranger), true), (ghost, true), (id(v.victim), false)] {
                let by_role = code_of(v.role(actor, user, Role::Member, granted).await);
                assert!(matches!(by_role, "role_of_household" | "not_allowed" | "sign_in_needed"), "{actor:?}: {by_role}");
                let whom = Whom::User(user);
                let asked = code_of(if granted { v.invite(actor, whom).await } else { v.take_back(actor, whom).await });
                assert!(matches!(asked, "not_allowed" | "sign_in_needed"), "{actor:?}: {asked}");
            }
            let accepted = code_of(v.answer(actor, true).await);
            assert!(matches!(accepted, "invitation_unknown" | "sign_in_needed"), "{actor:?}: {accepted}");
            let people = code_of(v.scene.service.household_people(actor, &v.cluster, member(2)).await);
            assert!(matches!(people, "not_allowed" | "sign_in_needed"), "{actor:?}: {people}");
        }
        assert_eq!(v.acting().await, [id(v.victim)], "all is as it was");
        assert!(v.kinds(v.victim).await.is_empty());
    }

    async fn a_household_asks_and_the_person_accepts(url: &str) {
        let v = houses(url).await;
        assert_eq!(code_of(v.invite(v.victim, Whom::Phone(phone(5))).await), "done");
        assert_eq!(v.acting().await, [id(v.victim)], "asking alone gives nothing");
        assert!(!v.sees_money(v.spouse).await);
        let asked = v.scene.service.invitation_list(v.spouse).await.unwrap();
        assert_eq!(asked.len(), 1);
        assert_eq!((asked[0].member, asked[0].expires_at), (member(2), START.plus_ms(14 * DAY)));
        assert_eq!(v.kinds(v.spouse).await, ["invited"]);
        assert_eq!(v.kinds(v.victim).await, ["person-asked"]);
        assert_eq!(code_of(v.answer(v.stranger, true).await), "invitation_unknown", "it is for one person alone");
        assert_eq!(code_of(v.answer(v.spouse, true).await), "done");
        assert_eq!(v.acting().await.len(), 2);
        assert!(v.sees_money(v.spouse).await);
        assert_eq!((v.kinds(v.victim).await, v.kinds(v.spouse).await), (vec!["person-new".into(), "person-asked".into()], vec!["person-new".into(), "invited".into()]));
        assert_eq!(code_of(v.answer(v.spouse, true).await), "invitation_unknown", "once");
        assert!(v.scene.service.invitation_list(v.spouse).await.unwrap().is_empty());
        // An office, and losing it, is told, too.
        for granted in [true, false] {
            assert_eq!(code_of(v.role(v.chair, id(v.spouse), Role::Keeper, granted).await), "done");
        }
        assert_eq!(v.kinds(v.spouse).await[..2], ["role-taken", "role-given"]);
        let texts = v.texts(v.spouse).await;
        assert!(texts[1].contains("key keeper"), "{texts:?}");
        v.texts(v.victim).await;
    }

    async fn asking_tells_nothing_of_numbers(url: &str) {
        let v = houses(url).await;
        let known = code_of(v.invite(v.victim, Whom::Phone(phone(5))).await);
        let seen = v.kinds(v.victim).await;
        let unknown = code_of(v.invite(v.victim, Whom::Phone(phone(77))).await);
        assert_eq!((known, unknown), ("done", "done"));
        assert_eq!(v.kinds(v.victim).await, [seen.clone(), seen.clone()].concat());
        assert_eq!(code_of(v.invite(v.victim, Whom::User(UserId::new(987_654).unwrap())).await), "done");
        for whom in [Whom::Phone(phone(5)), Whom::Phone(phone(77)), Whom::User(UserId::new(987_654).unwrap()), Whom::User(id(v.stranger))] {
            assert_eq!(code_of(v.take_back(v.victim, whom).await), "done");
        }
        assert_eq!(code_of(v.answer(v.spouse, true).await), "invitation_unknown", "taken back");
        assert_eq!(v.acting().await, [id(v.victim)]);
        // Whom nobody has cannot come to act for it later.
        v.invite(v.victim, Whom::Phone(phone(78))).await.unwrap();
        let late = v.scene.person(78).await;
        assert!(v.scene.service.invitation_list(late).await.unwrap().is_empty());
    }

    async fn refusing_is_silent_and_time_ends_an_invitation(url: &str) {
        let v = houses(url).await;
        v.invite(v.victim, Whom::Phone(phone(5))).await.unwrap();
        let before = v.kinds(v.victim).await.len();
        assert_eq!(code_of(v.answer(v.spouse, false).await), "done");
        assert_eq!(v.kinds(v.victim).await.len(), before);
        assert_eq!(code_of(v.answer(v.spouse, true).await), "invitation_unknown");
        v.invite(v.victim, Whom::Phone(phone(5))).await.unwrap();
        v.scene.wait(14 * DAY);
        assert_eq!(code_of(v.answer(v.spouse, true).await), "invitation_unknown");
        assert!(v.scene.service.invitation_list(v.spouse).await.unwrap().is_empty());
        v.invite(v.victim, Whom::Phone(phone(5))).await.unwrap();
        v.scene.wait(14 * DAY - 1);
        assert_eq!(code_of(v.answer(v.spouse, true).await), "done");
    }

    async fn a_household_keeps_its_last_person(url: &str) {
        let v = houses(url).await;
        assert_eq!(code_of(v.take_back(v.victim, Whom::User(id(v.victim))).await), "last_person");
        v.invite(v.victim, Whom::Phone(phone(5))).await.unwrap();
        v.answer(v.spouse, true).await.unwrap();
        v.role(v.chair, id(v.victim), Role::Keeper, true).await.unwrap();
        // The spouse asks a stranger, and is let go before the stranger answers.
        v.invite(v.spouse, Whom::User(id(v.stranger))).await.unwrap();
        assert_eq!(code_of(v.take_back(v.victim, Whom::User(id(v.spouse))).await), "done");
        assert_eq!(v.kinds(v.spouse).await[0], "person-gone");
        assert_eq!(v.kinds(v.victim).await[0], "person-gone");
        assert!(!v.sees_money(v.spouse).await);
        assert_eq!(code_of(v.take_back(v.spouse, Whom::User(id(v.victim))).await), "not_allowed");
        assert_eq!(code_of(v.answer(v.stranger, true).await), "invitation_unknown", "who asked acts for it no more");
        assert_eq!(v.acting().await, [id(v.victim)]);
        // Oneself, when another stays: the office goes along.
        v.invite(v.victim, Whom::Phone(phone(5))).await.unwrap();
        v.answer(v.spouse, true).await.unwrap();
        assert_eq!(code_of(v.take_back(v.victim, Whom::Phone(phone(2))).await), "done");
        assert_eq!(v.acting().await, [id(v.spouse)]);
        assert!(v.scene.service.standing(v.victim, v.cluster.id).await.unwrap().roles.is_empty());
    }

    async fn two_who_let_each_other_go_leave_one(url: &str) {
        let v = houses(url).await;
        v.invite(v.victim, Whom::Phone(phone(5))).await.unwrap();
        v.answer(v.spouse, true).await.unwrap();
        let (one, two) = tokio::join!(v.take_back(v.victim, Whom::User(id(v.spouse))), v.take_back(v.spouse, Whom::User(id(v.victim))));
        assert_eq!([one, two].into_iter().filter(Result::is_ok).count(), 1);
        assert_eq!(v.acting().await.len(), 1);
    }

    async fn a_person_asks_so_often_and_no_more(url: &str) {
        let v = houses(url).await;
        for n in 0..10 {
            assert_eq!(code_of(v.invite(v.victim, Whom::Phone(phone(100 + n))).await), "done");
        }
        assert_eq!(code_of(v.invite(v.victim, Whom::Phone(phone(5))).await), "invitation_rate");
        v.scene.wait(DAY);
        assert_eq!(code_of(v.invite(v.victim, Whom::Phone(phone(5))).await), "done");
    }

    async fn the_last_chair_is_not_let_go(url: &str) {
        let v = houses(url).await;
        let spouse = v.spouse;
        v.scene.grant(v.cluster.id, 1, spouse, Role::Member).await;
        let gone = v.scene.service.person_take_back(spouse, &v.cluster, member(1), Whom::User(id(v.chair))).await;
        assert_eq!(code_of(gone), "last_officer");
    }
}
