//! A forgotten PIN: two officers and a code.

use super::*;
use service::PinResetState;

struct Village {
    scene: Scene,
    cluster: ClusterRow,
    /// Person 1 acts for member 1; 2 and 3 are treasurers.
    person: Actor,
    first: Actor,
    second: Actor,
}

async fn village(url: &str) -> Village {
    let scene = scene(url).await;
    let cluster = scene.found().await;
    let (person, first, second) = (scene.person(1).await, scene.person(2).await, scene.person(3).await);
    for (no, actor) in [(1, person), (2, first), (3, second)] {
        scene.grant(cluster.id, no, actor, Role::Member).await;
    }
    for (no, actor) in [(2, first), (3, second)] {
        scene.grant(cluster.id, no, actor, Role::Treasurer).await;
    }
    Village { scene, cluster, person, first, second }
}

impl Village {
    async fn approve(&self, actor: Actor) -> Result<PinResetState, ServiceError> {
        self.scene.service.pin_reset_approve(actor, &self.cluster, member(1), None).await
    }

    async fn confirm(&self, code: &str, new: &str) -> Result<SignedIn, ServiceError> {
        self.scene.service.pin_reset_confirm(phone(1), code, pin(new), "Itel").await
    }

    async fn kinds(&self, actor: Actor) -> Vec<String> {
        self.scene.service.notice_list(actor, None, 50).await.unwrap().into_iter().map(|notice| notice.kind).collect()
    }
}

fn is_sent(state: PinResetState) -> bool {
    matches!(state, PinResetState::CodeSent { .. })
}

test_kit::on_both! {
    async fn two_officers_and_a_code_give_a_new_pin(url: &str) {
        let v = village(url).await;
        let before = v.scene.login(phone(1), PIN).await.unwrap();
        let until = START.plus_ms(DAY);
        assert_eq!(v.approve(v.first).await.unwrap(), PinResetState::WaitsForSecond { until });
        let people = v.scene.service.member_users(v.second, &v.cluster, member(1)).await.unwrap();
        assert_eq!(people.len(), 1);
        assert_eq!(people[0].reset, Some(PinResetState::WaitsForSecond { until }));
        assert!(!people[0].phone_masked.contains("971000001"));
        v.scene.wait(HOUR);
        assert!(is_sent(v.approve(v.second).await.unwrap()));
        assert!(is_sent(v.approve(v.first).await.unwrap()), "asking again changes nothing");
        let code = v.scene.last_code(phone(1)).await;
        assert_eq!(v.scene.texts(phone(1)).await.iter().filter(|sms| sms.kind == "code").count(), 2, "one for the account, one for the PIN");
        let new = v.confirm(&code, "4096").await.unwrap();
        assert_eq!(code_of(v.scene.service.actor(&before.token).await), "session_unknown");
        assert_eq!(v.scene.service.session_list(v.scene.service.actor(&new.token).await.unwrap()).await.unwrap().len(), 1);
        assert_eq!(code_of(v.scene.login(phone(1), PIN).await), "login_refused");
        assert!(v.scene.login(phone(1), "4096").await.is_ok());
        assert_eq!(code_of(v.confirm(&code, "5207").await), "code_wrong", "a code opens once");
        assert!(v.kinds(v.person).await.contains(&"reset-done".to_owned()));
        assert_eq!(v.kinds(v.person).await.iter().filter(|kind| kind.starts_with("reset-")).count(), 3);
        for officer in [v.first, v.second] {
            assert_eq!(v.kinds(officer).await, ["reset-code-sent"]);
        }
    }

    async fn who_may_not_does_not(url: &str) {
        let v = village(url).await;
        let other = v.scene.person(4).await;
        assert_eq!(code_of(v.approve(Actor::Nobody).await), "sign_in_needed");
        assert_eq!(code_of(v.approve(other).await), "not_allowed", "a stranger");
        assert_eq!(code_of(v.approve(v.person).await), "not_allowed", "a plain member");
        // A treasurer of another cluster is a stranger here.
        let elsewhere = ClusterId::new(99).unwrap();
        v.scene.grant(elsewhere, 1, other, Role::Treasurer).await;
        assert_eq!(code_of(v.approve(other).await), "not_allowed", "a treasurer elsewhere");
        assert!(!is_sent(v.approve(v.first).await.unwrap()));
        assert_eq!(code_of(v.approve(v.first).await), "pin_reset_twice");
        let own = v.scene.service.pin_reset_approve(v.second, &v.cluster, member(3), None).await;
        assert_eq!(code_of(own), "pin_reset_own");
        let nobody = v.scene.service.pin_reset_approve(v.first, &v.cluster, member(9), None).await;
        assert_eq!(code_of(nobody), "pin_reset_whose");
        // With two treasurers an operator does not stand in.
        v.scene.service.operator_set(phone(9), "Operator", &pin(PIN)).await.unwrap();
        let operator = v.scene.service.actor(&v.scene.login(phone(9), PIN).await.unwrap().token).await.unwrap();
        assert_eq!(code_of(v.approve(operator).await), "not_allowed");
        assert_eq!(code_of(v.approve(Actor::System).await), "not_allowed");
        assert_eq!(v.scene.texts(phone(1)).await.len(), 1, "no code went out");
        assert_eq!(code_of(v.scene.service.member_users(v.person, &v.cluster, member(1)).await), "not_allowed");
    }

    async fn an_operator_stands_in_where_treasurers_are_few(url: &str) {
        let v = village(url).await;
        v.scene.revoke(v.cluster.id, 3, v.second, Role::Treasurer).await;
        v.scene.service.operator_set(phone(9), "Operator", &pin(PIN)).await.unwrap();
        let operator = v.scene.service.actor(&v.scene.login(phone(9), PIN).await.unwrap().token).await.unwrap();
        assert!(!is_sent(v.approve(operator).await.unwrap()));
        assert_eq!(code_of(v.approve(operator).await), "pin_reset_twice");
        assert!(is_sent(v.approve(v.first).await.unwrap()));
        assert!(v.confirm(&v.scene.last_code(phone(1)).await, "4096").await.is_ok());
    }

    async fn an_approval_ends_with_the_office_and_with_the_day(url: &str) {
        let v = village(url).await;
        v.approve(v.first).await.unwrap();
        v.scene.wait(DAY);
        assert!(!is_sent(v.approve(v.second).await.unwrap()), "the first was too long ago");
        v.scene.revoke(v.cluster.id, 3, v.second, Role::Treasurer).await;
        let third = v.scene.person(4).await;
        v.scene.grant(v.cluster.id, 4, third, Role::Treasurer).await;
        assert!(!is_sent(v.approve(v.first).await.unwrap()), "who approved is no officer any more");
        assert!(is_sent(v.approve(third).await.unwrap()));
        let code = v.scene.last_code(phone(1)).await;
        v.scene.wait(30 * MINUTE);
        assert_eq!(code_of(v.confirm(&code, "4096").await), "code_wrong", "too old");
    }

    async fn approvals_at_the_same_time_are_two(url: &str) {
        let v = village(url).await;
        for _ in 0..5 {
            let (one, two) = tokio::join!(v.approve(v.first), v.approve(v.second));
            let sent = [one.unwrap(), two.unwrap()].into_iter().filter(|state| is_sent(*state)).count();
            assert_eq!(sent, 1);
            v.scene.wait(DAY);
        }
    }

    async fn guessing_the_code_locks_alike_for_all_numbers(url: &str) {
        let v = village(url).await;
        v.approve(v.first).await.unwrap();
        v.approve(v.second).await.unwrap();
        let code = v.scene.last_code(phone(1)).await;
        let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
        let mut seen = Vec::new();
        for to in [phone(1), phone(2), phone(77)] {
            let mut answers = Vec::new();
            for _ in 0..4 {
                let error = v.scene.service.pin_reset_confirm(to, &wrong, pin("4096"), "").await.unwrap_err();
                answers.push((error.code(), error.to_string()));
            }
            seen.push(answers);
        }
        assert!(seen[0] == seen[1] && seen[1] == seen[2], "{seen:?}");
        assert_eq!(seen[0].iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["code_wrong", "code_wrong", "code_wrong", "login_locked"]);
        assert_eq!(code_of(v.scene.login(phone(1), PIN).await), "login_locked", "one count for PIN and code");
        v.scene.wait(MINUTE);
        assert_eq!(code_of(v.confirm(&code, "0000").await), "pin_weak");
        assert!(v.confirm(&code, "4096").await.is_ok());
    }

    async fn who_locked_the_number_by_guessing_still_gets_the_code_used(url: &str) {
        let v = village(url).await;
        for _ in 0..9 {
            let _ = v.scene.login(phone(1), "8520").await;
            v.scene.wait(30_000);
        }
        assert_eq!(code_of(v.scene.login(phone(1), PIN).await), "login_locked");
        v.approve(v.first).await.unwrap();
        v.approve(v.second).await.unwrap();
        assert!(v.confirm(&v.scene.last_code(phone(1)).await, "4096").await.is_ok());
    }

    async fn of_two_people_of_a_house_the_officers_say_which(url: &str) {
        let v = village(url).await;
        let spouse = v.scene.person(5).await;
        v.scene.grant(v.cluster.id, 1, spouse, Role::Member).await;
        assert_eq!(code_of(v.approve(v.first).await), "pin_reset_whose");
        for officer in [v.first, v.second] {
            v.scene.service.pin_reset_approve(officer, &v.cluster, member(1), spouse.user()).await.unwrap();
        }
        let code = v.scene.last_code(phone(5)).await;
        assert_eq!(code_of(v.confirm(&code, "4096").await), "code_wrong", "another's code");
        assert!(v.scene.service.pin_reset_confirm(phone(5), &code, pin("4096"), "").await.is_ok());
        let far = v.scene.service.pin_reset_approve(v.first, &v.cluster, member(1), v.second.user()).await;
        assert_eq!(code_of(far), "pin_reset_whose");
    }

    async fn a_wish_reaches_the_treasurers_and_tells_the_asker_nothing(url: &str) {
        let v = village(url).await;
        for to in [phone(1), phone(77)] {
            assert_eq!(v.scene.service.pin_reset_ask(to).await.unwrap(), ());
        }
        for officer in [v.first, v.second] {
            // The work goes on after the answer.
            for _ in 0..500 {
                if !v.kinds(officer).await.is_empty() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert_eq!(v.kinds(officer).await, ["reset-asked"]);
        }
        assert!(v.kinds(v.person).await.is_empty());
        let limited = v.scene.service.clone().with_accounts(AccountOptions { codes_per_number: 1, ..AccountOptions::trial() });
        for to in [phone(1), phone(77)] {
            assert_eq!(code_of(limited.pin_reset_ask(to).await), "registration_rate");
        }
    }
}
