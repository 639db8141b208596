//! A forgotten PIN: two officers and a code.

use super::*;
use domain::UserId;
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
    async fn operator(&self) -> Actor {
        self.scene.service.operator_set(phone(9), "Operator", &pin(PIN)).await.unwrap();
        self.scene.service.actor(&self.scene.login(phone(9), PIN).await.unwrap().token).await.unwrap()
    }

    /// Tries a wrong code until none is taken any more.
    async fn use_up(&self, code: &str) {
        for _ in 0..5 {
            assert_eq!(code_of(self.confirm(&wrong_code(code), "4096").await), "code_wrong");
        }
    }

    /// Whether another try at the code would be taken.
    async fn takes_tries(&self) -> bool {
        let (user, cluster, now) = (self.person.user().unwrap(), self.cluster.id, self.scene.clock.now());
        let store = self.scene.service.store();
        let reset = store.read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.pin_reset(user, Some(cluster)).await })).await.unwrap();
        reset.is_some_and(|reset| reset.code_hash.is_some() && reset.tries < 5 && reset.expires_at > now)
    }

    /// One round of sending.
    async fn send(&self) {
        let memory = gateways::SmsGateway::Memory(gateways::SmsMemory::default());
        self.scene.service.sms_deliver(&memory).await.unwrap();
    }

    async fn approve(&self, actor: Actor) -> Result<PinResetState, ServiceError> {
        let approved = self.scene.service.pin_reset_approve(actor, &self.cluster, member(1), None).await;
        // Texts of one moment have no order.
        self.scene.wait(1);
        approved
    }

    async fn confirm(&self, code: &str, new: &str) -> Result<SignedIn, ServiceError> {
        self.scene.service.pin_reset_confirm(phone(1), code, pin(new), "Itel").await
    }

    async fn kinds(&self, actor: Actor) -> Vec<String> {
        self.scene.service.notice_list(actor, None, 50).await.unwrap().into_iter().map(|notice| notice.kind).collect()
    }
}

fn wrong_code(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// Guesses at PIN and code that are taken in two days of trying every five minutes, with an approval by both officers each time or none.
async fn guesses(v: &Village, with_approvals: bool) -> (i32, i32) {
    let (mut pins, mut codes, mut last) = (0, 0, String::new());
    for _ in 0..2 * 24 * 12 {
        if with_approvals {
            for officer in [v.first, v.second] {
                let _ = v.approve(officer).await;
            }
            if v.scene.texts(phone(1)).await.iter().any(|sms| sms.kind == "code") {
                last = v.scene.last_code(phone(1)).await;
            }
        }
        for _ in 0..4 {
            pins += i32::from(code_of(v.scene.login(phone(1), "8520").await) == "login_refused");
        }
        while last.len() == 6 && v.takes_tries().await {
            assert_eq!(code_of(v.confirm(&wrong_code(&last), "4096").await), "code_wrong");
            codes += 1;
        }
        v.scene.wait(5 * MINUTE);
    }
    (pins, codes)
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
        let operator = v.operator().await;
        let until = START.plus_ms(DAY);
        assert_eq!(v.approve(operator).await.unwrap(), PinResetState::WaitsForTime { until });
        assert_eq!(v.approve(operator).await.unwrap(), PinResetState::WaitsForTime { until }, "twice is once");
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

    async fn guessing_the_code_is_answered_alike_for_all_numbers_and_locks_none(url: &str) {
        let v = village(url).await;
        v.approve(v.first).await.unwrap();
        v.approve(v.second).await.unwrap();
        let wrong = wrong_code(&v.scene.last_code(phone(1)).await);
        let mut seen = Vec::new();
        for to in [phone(1), phone(2), phone(77)] {
            let mut answers = Vec::new();
            for _ in 0..7 {
                let error = v.scene.service.pin_reset_confirm(to, &wrong, pin("4096"), "").await.unwrap_err();
                answers.push((error.code(), error.to_string()));
            }
            seen.push(answers);
        }
        assert!(seen[0] == seen[1] && seen[1] == seen[2], "{seen:?}");
        assert!(seen[0].iter().all(|(code, _)| *code == "code_wrong"));
        assert_eq!(code_of(v.confirm(&v.scene.last_code(phone(1)).await, "4096").await), "code_wrong", "five tries, then not even the right one");
        assert!(v.scene.login(phone(1), PIN).await.is_ok(), "wrong codes do not lock the PIN");
    }

    async fn a_code_whose_tries_are_used_up_is_replaced_by_the_next_approval(url: &str) {
        let v = village(url).await;
        v.approve(v.first).await.unwrap();
        v.approve(v.second).await.unwrap();
        let old = v.scene.last_code(phone(1)).await;
        v.use_up(&old).await;
        assert!(is_sent(v.approve(v.first).await.unwrap()));
        let new = v.scene.last_code(phone(1)).await;
        assert_ne!(old, new);
        assert_eq!(code_of(v.confirm(&old, "4096").await), "code_wrong");
        assert!(v.confirm(&new, "4096").await.is_ok());
    }

    async fn a_code_is_not_replaced_by_one_whose_other_officer_is_gone(url: &str) {
        let v = village(url).await;
        v.approve(v.first).await.unwrap();
        v.approve(v.second).await.unwrap();
        v.use_up(&v.scene.last_code(phone(1)).await).await;
        v.scene.revoke(v.cluster.id, 3, v.second, Role::Treasurer).await;
        let third = v.scene.person(4).await;
        v.scene.grant(v.cluster.id, 4, third, Role::Treasurer).await;
        assert!(!is_sent(v.approve(v.first).await.unwrap()), "one officer alone sends nothing");
        assert!(is_sent(v.approve(third).await.unwrap()));
    }

    async fn who_knows_the_number_cannot_keep_the_code_from_being_used(url: &str) {
        let v = village(url).await;
        for _ in 0..9 {
            let _ = v.scene.login(phone(1), "8520").await;
            v.scene.wait(30_000);
        }
        v.approve(v.first).await.unwrap();
        v.approve(v.second).await.unwrap();
        for _ in 0..3 {
            let _ = v.scene.login(phone(1), "8520").await;
        }
        assert_eq!(code_of(v.scene.login(phone(1), PIN).await), "login_locked", "an approval opens nothing");
        assert!(v.confirm(&v.scene.last_code(phone(1)).await, "4096").await.is_ok());
        assert!(v.scene.login(phone(1), "4096").await.is_ok(), "the reset that is done ends the lock");
    }

    async fn approvals_without_end_open_no_more_guesses(url: &str) {
        let v = village(url).await;
        let (plain, no_codes) = guesses(&v, false).await;
        v.scene.wait(2 * DAY);
        assert!(v.scene.login(phone(1), PIN).await.is_ok());
        v.scene.wait(10 * DAY);
        let (helped, codes) = guesses(&v, true).await;
        assert_eq!((plain, no_codes), (helped, 0), "as many guesses at the PIN in two days as without approvals");
        // The two days touch three days of the calendar.
        assert!((15..=3 * 3 * 5).contains(&codes), "five tries for each of three codes a day: {codes}");
    }

    async fn a_person_gets_three_codes_a_day(url: &str) {
        let v = village(url).await;
        v.approve(v.first).await.unwrap();
        for _ in 0..3 {
            assert!(is_sent(v.approve(v.second).await.unwrap()));
            v.use_up(&v.scene.last_code(phone(1)).await).await;
        }
        assert_eq!(code_of(v.approve(v.second).await), "registration_rate");
        assert_eq!(v.scene.texts(phone(1)).await.iter().filter(|sms| sms.kind == "code").count(), 1 + 3);
        v.scene.wait(DAY);
        v.approve(v.first).await.unwrap();
        assert!(is_sent(v.approve(v.second).await.unwrap()), "the next day");
    }

    async fn an_operator_alone_waits_a_day_and_the_code_goes_out_by_itself(url: &str) {
        let v = village(url).await;
        let operator = v.operator().await;
        // In no cluster at all.
        let lone = v.scene.person(5).await.user().unwrap();
        let approve = async |actor| v.scene.service.pin_reset_approve_alone(actor, lone).await;
        for actor in [Actor::Nobody, v.first, v.person] {
            assert!(matches!(code_of(approve(actor).await), "sign_in_needed" | "not_allowed"));
        }
        let until = START.plus_ms(DAY);
        assert_eq!(approve(operator).await.unwrap(), PinResetState::WaitsForTime { until });
        v.send().await;
        let mut kinds: Vec<String> = v.scene.texts(phone(5)).await.into_iter().map(|sms| sms.kind).collect();
        kinds.sort();
        assert_eq!(kinds, ["code", "reset-waits"], "told at once; the code is that of the account");
        v.scene.wait(DAY - 1);
        v.send().await;
        assert_eq!(v.scene.texts(phone(5)).await.len(), 2, "not before its time");
        v.scene.wait(1);
        v.send().await;
        v.send().await;
        assert_eq!(v.scene.texts(phone(5)).await.len(), 3, "once");
        let code = v.scene.last_code(phone(5)).await;
        assert!(v.scene.service.pin_reset_confirm(phone(5), &code, pin("4096"), "").await.is_ok());
        // Where two treasurers can help, the operator cannot.
        let two = v.scene.service.pin_reset_approve_alone(operator, v.person.user().unwrap()).await;
        assert_eq!(code_of(two), "not_allowed");
        let own = v.scene.service.pin_reset_approve_alone(operator, operator.user().unwrap()).await;
        assert_eq!(code_of(own), "pin_reset_own");
        let unknown = v.scene.service.pin_reset_approve_alone(operator, UserId::new(12).unwrap()).await;
        assert_eq!(code_of(unknown), "pin_reset_whose");
    }

    async fn signing_in_stops_what_an_operator_began(url: &str) {
        let v = village(url).await;
        v.scene.revoke(v.cluster.id, 3, v.second, Role::Treasurer).await;
        let operator = v.operator().await;
        assert!(!is_sent(v.approve(operator).await.unwrap()));
        assert!(v.kinds(v.person).await.contains(&"reset-waits".to_owned()));
        v.scene.wait(HOUR);
        assert!(v.scene.login(phone(1), PIN).await.is_ok());
        assert!(v.kinds(v.person).await.contains(&"reset-stopped".to_owned()));
        v.scene.wait(2 * DAY);
        v.send().await;
        assert!(v.scene.texts(phone(1)).await.iter().all(|sms| sms.kind != "code" || sms.created_at == START), "no code for a PIN went out");
    }

    async fn who_is_no_operator_any_more_sends_no_code(url: &str) {
        let v = village(url).await;
        v.scene.revoke(v.cluster.id, 3, v.second, Role::Treasurer).await;
        let operator = v.operator().await;
        v.approve(operator).await.unwrap();
        let user = operator.user().unwrap();
        let store = v.scene.service.store();
        let done = store.write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.user_operator_set(user, false).await }));
        assert!(done.await.unwrap());
        v.scene.wait(DAY);
        v.send().await;
        assert!(v.scene.texts(phone(1)).await.iter().all(|sms| sms.created_at != v.scene.clock.now()), "nothing went out");
    }

    async fn a_wish_reaches_the_operators_where_treasurers_are_few(url: &str) {
        let v = village(url).await;
        let operator = v.operator().await;
        v.scene.person(5).await;
        v.scene.revoke(v.cluster.id, 3, v.second, Role::Treasurer).await;
        for n in [5, 1] {
            v.scene.service.pin_reset_ask(phone(n), None).await.unwrap();
        }
        // The work goes on after the answer.
        for _ in 0..500 {
            if v.kinds(operator).await.len() == 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(v.kinds(operator).await, ["reset-asked-operator", "reset-asked-operator"]);
        assert_eq!(v.kinds(v.first).await, ["reset-asked"]);
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
            assert_eq!(v.scene.service.pin_reset_ask(to, None).await.unwrap(), ());
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
            assert_eq!(code_of(limited.pin_reset_ask(to, None).await), "registration_rate");
        }
    }
}
