//! Number and PIN: one answer for all that is wrong, and a count that nobody passes.

use super::*;
use service::{AccountError, PinCost};
use store::tables::{LockRule, PinTry};

/// What tries at a number come to, with the minutes of a lock.
async fn tries(scene: &Scene, to: Msisdn, texts: &[&str]) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        seen.push(match scene.login(to, text).await {
            Ok(_) => "in".to_owned(),
            Err(ServiceError::Account(AccountError::LoginLocked { until })) => format!("locked {}", until.ms_since(scene.clock.now()) / MINUTE),
            Err(error) => error.code().to_owned(),
        });
    }
    seen
}

test_kit::on_both! {
    async fn locks_grow_alike_for_known_and_unknown_numbers(url: &str) {
        let scene = scene(url).await;
        scene.register(phone(1)).await;
        let wrong = ["8520", "8521", "8522", "8523"];
        let mut minutes = Vec::new();
        for round in 0..13 {
            let known = tries(&scene, phone(1), &wrong).await;
            let unknown = tries(&scene, phone(2), &wrong).await;
            assert_eq!(known, unknown, "round {round}");
            assert_eq!(known[..3], ["login_refused", "login_refused", "login_refused"]);
            minutes.push(known[3].strip_prefix("locked ").unwrap().parse::<i64>().unwrap());
            let lock = minutes[round] * MINUTE;
            scene.wait(lock - 1);
            // The right PIN opens nothing while the lock lasts, and asking does not make it longer.
            assert_eq!(tries(&scene, phone(1), &[PIN]).await, ["locked 0"]);
            scene.wait(1);
        }
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440, 1_440]);
        // After the lock the right PIN opens, and all begins anew.
        assert_eq!(tries(&scene, phone(1), &[PIN]).await, ["in"]);
        assert_eq!(tries(&scene, phone(1), &wrong).await[3], "locked 1");
    }

    async fn the_right_pin_forgets_the_wrong_ones(url: &str) {
        let scene = scene(url).await;
        scene.register(phone(1)).await;
        for _ in 0..4 {
            assert_eq!(tries(&scene, phone(1), &["8520", "8521", PIN]).await, ["login_refused", "login_refused", "in"]);
        }
        // The third try may be the right one: the lock that it began is taken back.
        assert_eq!(tries(&scene, phone(1), &["8520", PIN, PIN, PIN, PIN]).await, ["login_refused", "in", "in", "in", "in"]);
    }

    async fn guesses_at_the_same_time_do_not_pass_the_count(url: &str) {
        let scene = scene(url).await;
        scene.register(phone(1)).await;
        let other = scene.other_process();
        let guesses: Vec<_> = (0..40)
            .map(|n| {
                let service = if n % 2 == 0 { scene.service.clone() } else { other.service.clone() };
                tokio::spawn(async move { code_of(service.session_create(phone(1), &pin(&format!("86{n:02}")), "").await) })
            })
            .collect();
        let mut refused = 0;
        for guess in guesses {
            match guess.await.unwrap() {
                "login_refused" => refused += 1,
                "login_locked" => {}
                other => panic!("{other}"),
            }
        }
        assert_eq!(refused, 3, "three were verified, the rest were not");
        assert_eq!(code_of(scene.login(phone(1), PIN).await), "login_locked");
    }

    async fn a_right_pin_does_not_end_a_lock_that_others_began_meanwhile(url: &str) {
        let scene = scene(url).await;
        scene.register(phone(1)).await;
        let now = scene.clock.now();
        let rule = LockRule { tries: 3, first_ms: MINUTE, longest_ms: DAY };
        // The owner's try is counted and under verification while two guesses come in between; then the owner's turns out right.
        let done = scene.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let PinTry::Counted { locked_until } = tx.pin_try(phone(1), rule, now).await? else { panic!("locked") };
                tx.pin_try(phone(1), rule, now).await?;
                tx.pin_try(phone(1), rule, now).await?;
                tx.pin_try_forgive(phone(1), locked_until).await
            })
        });
        done.await.unwrap();
        assert_eq!(tries(&scene, phone(1), &[PIN]).await, ["locked 1"]);
    }

    async fn a_pin_that_is_replaced_while_it_is_verified_opens_nothing(url: &str) {
        let scene = scene(url).await;
        let slow = AccountOptions { pin_cost: PinCost { memory_kib: 19_456, passes: 20 }, ..AccountOptions::default() };
        let slow = Scene { service: scene.service.clone().with_accounts(slow), clock: scene.clock.clone() };
        let user = slow.register(phone(1)).await.user;
        let login = tokio::spawn({
            let service = slow.service.clone();
            async move { code_of(service.session_create(phone(1), &pin(PIN), "").await) }
        });
        // Long enough to be counted, too short to be verified; whatever the order, the answer is the same.
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
        let replaced = scene.service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.user_pin_set(user, "$argon2id$other").await }));
        replaced.await.unwrap();
        assert_eq!(login.await.unwrap(), "login_refused");
    }

    async fn a_restart_and_other_processes_keep_the_lock(url: &str) {
        let clock = SimulatedClock::at(START);
        let open = async || Scene { service: service_at(Store::open(url, OpenOptions::default()).await.unwrap(), &clock, 1), clock: clock.clone() };
        let first = open().await;
        first.register(phone(1)).await;
        tries(&first, phone(1), &["8520", "8521"]).await;
        assert_eq!(tries(&first.other_process(), phone(1), &["8522"]).await, ["login_refused"]);
        assert_eq!(code_of(first.login(phone(1), PIN).await), "login_locked");
        drop(first);
        let again = open().await;
        assert_eq!(tries(&again, phone(1), &[PIN]).await, ["locked 1"]);
        again.wait(MINUTE);
        assert_eq!(tries(&again, phone(1), &[PIN]).await, ["in"]);
    }

    async fn a_changed_pin_ends_all_other_sessions(url: &str) {
        let scene = scene(url).await;
        let here = scene.register(phone(1)).await;
        let there = scene.login(phone(1), PIN).await.unwrap();
        let actor = scene.service.actor(&here.token).await.unwrap();
        scene.service.actor(&there.token).await.unwrap();
        assert_eq!(code_of(scene.service.pin_change(actor, &pin("8520"), &pin("4096")).await), "pin_wrong");
        assert_eq!(code_of(scene.service.pin_change(actor, &pin(PIN), &pin("1234")).await), "pin_weak");
        assert_eq!(code_of(scene.service.pin_change(Actor::Nobody, &pin(PIN), &pin("4096")).await), "sign_in_needed");
        scene.service.pin_change(actor, &pin(PIN), &pin("4096")).await.unwrap();
        assert_eq!(code_of(scene.service.actor(&there.token).await), "session_unknown");
        assert!(scene.service.actor(&here.token).await.is_ok());
        assert_eq!(tries(&scene, phone(1), &[PIN, "4096"]).await, ["login_refused", "in"]);
        assert_eq!(scene.texts(phone(1)).await[0].kind, "reset-done");
    }

    async fn wrong_pins_when_changing_count_as_when_signing_in(url: &str) {
        let scene = scene(url).await;
        let actor = scene.person(1).await;
        for wrong in ["8520", "8521", "8522"] {
            assert_eq!(code_of(scene.service.pin_change(actor, &pin(wrong), &pin("4096")).await), "pin_wrong");
        }
        assert_eq!(code_of(scene.service.pin_change(actor, &pin(PIN), &pin("4096")).await), "login_locked");
        assert_eq!(code_of(scene.login(phone(1), PIN).await), "login_locked");
        assert!(scene.service.profile(actor).await.is_ok(), "who is signed in stays so");
    }

    async fn the_operator_is_set_from_outside(url: &str) {
        let scene = scene(url).await;
        let user = scene.service.operator_set(phone(9), "Operator", &pin(PIN)).await.unwrap();
        let actor = scene.service.actor(&scene.login(phone(9), PIN).await.unwrap().token).await.unwrap();
        assert!(matches!(actor, Actor::User { id, is_operator: true, .. } if id == user));
        let person = scene.register(phone(1)).await;
        assert_eq!(code_of(scene.service.audit_list(scene.service.actor(&person.token).await.unwrap(), None, 10).await), "not_allowed");
        assert_eq!(scene.service.operator_set(phone(1), "Mwila", &pin("4096")).await.unwrap(), person.user);
        assert_eq!(code_of(scene.service.actor(&person.token).await), "session_unknown");
        let actor = scene.service.actor(&scene.login(phone(1), "4096").await.unwrap().token).await.unwrap();
        scene.service.audit_list(actor, None, 10).await.unwrap();
        assert_eq!(code_of(scene.service.operator_set(phone(1), "Mwila", &pin("1111")).await), "pin_weak");
    }
}

#[test]
fn what_is_refused_names_nobody() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let scene = scene(database.url()).await;
        scene.register(phone(1)).await;
        for to in [phone(1), phone(2)] {
            let error = scene.login(to, "8520").await.unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(!said.contains("8520") && !said.contains("971"), "{said}");
        }
        let said = format!("{:?} {:?} {:?}", pin(PIN), scene.confirm(phone(1), "123456"), scene.login(phone(1), PIN).await.unwrap());
        assert!(!said.contains(PIN) && !said.contains("123456") && !said.contains("971000001") && !said.contains("token"), "{said}");
        let said = format!("{:?}", scene.texts(phone(1)).await);
        assert!(!said.contains(&scene.last_code(phone(1)).await), "{said}");
    });
}

/// What a lock should be, said as plainly as can be.
#[derive(Default)]
struct Model {
    wrong: i64,
    locks: u32,
    until: i64,
}

impl Model {
    fn answer(&mut self, now: i64, is_right: bool) -> String {
        if now < self.until {
            return format!("locked {}", (self.until - now) / MINUTE);
        }
        if is_right {
            *self = Self::default();
            return "in".to_owned();
        }
        self.wrong += 1;
        if self.wrong == 3 {
            self.until = now + (MINUTE << self.locks).min(DAY);
            self.locks = (self.locks + 1).min(20);
            self.wrong = 0;
        }
        "login_refused".to_owned()
    }
}

test_kit::on_both! {
    /// Wrong and right PINs with waits between, drawn by chance, come to what the model says.
    async fn locks_are_those_of_the_model(url: &str) {
        use domain::Chance;
        let scene = scene(url).await;
        scene.register(phone(1)).await;
        let chance = SeededChance::new(11);
        let chance: &dyn Chance = &chance;
        let mut model = Model::default();
        for step in 0..200 {
            let draw = chance.number().unwrap();
            let waited = [0, 1_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, HOUR, DAY][(draw % 8) as usize];
            scene.wait(waited);
            let is_right = draw / 8 % 6 == 0;
            let wanted = model.answer(scene.clock.now().0, is_right);
            assert_eq!(tries(&scene, phone(1), &[if is_right { PIN } else { "8520" }]).await, [wanted], "step {step}");
        }
    }
}

/// With people's real cost of a hash a flood of sign-ins is turned away, and who was turned away has used up no try.
#[test]
fn a_flood_is_turned_away_uncounted() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let scene = scene(database.url()).await;
        let service = scene.service.clone().with_accounts(AccountOptions::default());
        let flood: Vec<_> = (0..120)
            .map(|n| {
                let service = service.clone();
                tokio::spawn(async move { code_of(service.session_create(phone(100 + n), &pin("8520"), "").await) })
            })
            .collect();
        let mut turned_away = Vec::new();
        for (n, one) in flood.into_iter().enumerate() {
            match one.await.unwrap() {
                "overloaded" => turned_away.push(100 + n as u32),
                "login_refused" => {}
                other => panic!("{other}"),
            }
        }
        assert!(!turned_away.is_empty() && turned_away.len() < 120, "{}", turned_away.len());
        let one = phone(turned_away[0]);
        assert_eq!(tries(&scene, one, &["8520", "8520", "8520", "8520"]).await[2..], ["login_refused", "locked 1"]);
    });
}
