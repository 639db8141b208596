//! A code by SMS, then an account; and nothing that tells whether a number has one.

use super::*;

test_kit::on_both! {
    async fn a_code_makes_an_account_once(url: &str) {
        let scene = scene(url).await;
        let signed_in = scene.register(phone(1)).await;
        let actor = scene.service.actor(&signed_in.token).await.unwrap();
        assert_eq!(actor.user(), Some(signed_in.user));
        let profile = scene.service.profile(actor).await.unwrap();
        assert_eq!((profile.name.as_str(), profile.language, profile.phone, profile.is_operator), ("Mwila Banda", Language::Bem, phone(1), false));
        assert_eq!(profile.operator, Some(domain::Operator::Airtel));
        let again = scene.confirm(phone(1), &scene.last_code(phone(1)).await);
        assert_eq!(code_of(scene.service.registration_confirm(again).await), "code_wrong");
        assert_eq!(scene.login(phone(1), PIN).await.unwrap().user, signed_in.user);
    }

    async fn known_and_unknown_numbers_get_the_same(url: &str) {
        let scene = scene(url).await;
        scene.register(phone(1)).await;
        scene.wait(MINUTE);
        for n in [1, 2] {
            scene.service.registration_begin(phone(n), Language::Ny, None).await.unwrap();
        }
        let (known, unknown) = (scene.texts(phone(1)).await, scene.texts(phone(2)).await);
        assert_eq!((known[0].kind.as_str(), unknown[0].kind.as_str()), ("account-exists", "code"));
        assert_eq!(known[0].body, message::Say::new(Language::Bem).sms_account_exists(), "in the language of the user, not of the asker");
        // Any code, also the one that had opened the account before, is wrong for the known number; so is a wrong one for the unknown.
        let old = digits(&known.iter().find(|sms| sms.kind == "code").unwrap().body);
        let mut answers = Vec::new();
        for (n, code) in [(1, old.as_str()), (1, "000000"), (1, ""), (2, "x"), (2, "000000"), (3, "000000")] {
            let error = scene.service.registration_confirm(scene.confirm(phone(n), code)).await.unwrap_err();
            answers.push((error.code(), error.to_string()));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(answers[0].0, "code_wrong");
        // The unknown number's own code still opens.
        let code = scene.last_code(phone(2)).await;
        assert!(scene.service.registration_confirm(scene.confirm(phone(2), &code)).await.is_ok());
    }

    async fn a_code_is_tried_five_times_and_for_ten_minutes(url: &str) {
        let scene = scene(url).await;
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        let code = scene.last_code(phone(1)).await;
        let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
        for _ in 0..5 {
            assert_eq!(code_of(scene.service.registration_confirm(scene.confirm(phone(1), &wrong)).await), "code_wrong");
        }
        assert_eq!(code_of(scene.service.registration_confirm(scene.confirm(phone(1), &code)).await), "code_wrong", "tried too often");
        scene.wait(1);
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        let code = scene.last_code(phone(1)).await;
        scene.wait(10 * MINUTE);
        assert_eq!(code_of(scene.service.registration_confirm(scene.confirm(phone(1), &code)).await), "code_wrong", "over");
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        let code = scene.last_code(phone(1)).await;
        scene.wait(10 * MINUTE - 1);
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        assert!(scene.service.registration_confirm(scene.confirm(phone(1), &spaced)).await.is_ok());
    }

    async fn a_code_lives_by_the_clock_of_people(url: &str) {
        let scene = scene(url).await;
        let people = SimulatedClock::at(START);
        let service = scene.service.clone().with_people_clock(Arc::new(people.clone()));
        service.registration_begin(phone(1), Language::En, None).await.unwrap();
        // The energy of a demo is a day ahead; who types its code is not.
        scene.wait(24 * HOUR);
        service.sms_deliver(&gateways::SmsGateway::Memory(gateways::SmsMemory::default())).await.unwrap();
        let code = scene.last_code(phone(1)).await;
        people.set(START.plus_ms(9 * MINUTE));
        let signed_in = service.registration_confirm(scene.confirm(phone(1), &code)).await.unwrap();
        people.set(START.plus_ms(10 * MINUTE));
        assert!(service.actor(&signed_in.token).await.is_ok());
        service.sms_deliver(&gateways::SmsGateway::Memory(gateways::SmsMemory::default())).await.unwrap();
        assert_eq!(scene.texts(phone(1)).await[0].body, "", "a code that is over is wiped");
    }

    async fn codes_are_sent_so_often_and_no_more(url: &str) {
        let scene = scene(url).await;
        let limited = AccountOptions { codes_per_number: 3, codes_per_hour: 5, ..AccountOptions::trial() };
        let service = scene.service.clone().with_accounts(limited);
        for _ in 0..3 {
            scene.wait(1);
            service.registration_begin(phone(1), Language::En, None).await.unwrap();
        }
        let error = service.registration_begin(phone(1), Language::En, None).await.unwrap_err();
        assert_eq!(error.code(), "registration_rate");
        let ServiceError::Account(error) = error else { panic!("another error") };
        assert_eq!(error.until(), Some(START.plus_ms(HOUR)));
        for n in [2, 3] {
            service.registration_begin(phone(n), Language::En, None).await.unwrap();
        }
        assert_eq!(code_of(service.registration_begin(phone(4), Language::En, None).await), "registration_rate", "too many over all numbers");
        scene.wait(HOUR);
        service.registration_begin(phone(1), Language::En, None).await.unwrap();
        assert_eq!(scene.texts(phone(1)).await.len(), 4);
        assert_eq!(scene.texts(phone(4)).await.len(), 0);
    }

    async fn one_address_cannot_use_up_the_codes_of_all(url: &str) {
        let scene = scene(url).await;
        let service = scene.service.clone().with_accounts(AccountOptions { codes_per_hour: 25, ..AccountOptions::trial() });
        let begin = async |n: u32, from: &str| code_of(service.registration_begin(phone(n), Language::En, Some(from.parse().unwrap())).await);
        for n in 0..10 {
            assert_eq!(begin(n, "41.60.1.9").await, "done");
        }
        for n in 10..40 {
            assert_eq!(begin(n, if n % 2 == 0 { "41.60.1.9" } else { "::ffff:41.60.1.9" }).await, "registration_rate");
        }
        // What was refused counts for nobody else; of IPv6 a network counts as one.
        for n in 40..50 {
            assert_eq!(begin(n, &format!("2001:db8::{n}")).await, "done");
        }
        assert_eq!(begin(50, "2001:db8::ffff").await, "registration_rate");
        // The same for wishes, which are counted apart; and the limit of all stays.
        for n in 0..10 {
            assert!(service.pin_reset_ask(phone(60 + n), Some("41.60.1.9".parse().unwrap())).await.is_ok());
        }
        assert_eq!(code_of(service.pin_reset_ask(phone(70), Some("41.60.1.9".parse().unwrap())).await), "registration_rate");
        for n in 71..76 {
            assert_eq!(begin(n, &format!("41.60.2.{n}")).await, "done");
        }
        assert_eq!(begin(76, "41.60.2.76").await, "registration_rate", "too many over all numbers");
        scene.wait(HOUR);
        assert_eq!(begin(77, "41.60.1.9").await, "done", "the next hour");
    }

    async fn of_many_who_confirm_at_once_one_gets_the_account(url: &str) {
        let scene = scene(url).await;
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        let code = scene.last_code(phone(1)).await;
        let tries: Vec<_> = (0..5)
            .map(|_| {
                let (service, confirm) = (scene.service.clone(), scene.confirm(phone(1), &code));
                tokio::spawn(async move { code_of(service.registration_confirm(confirm).await) })
            })
            .collect();
        let mut outcomes = Vec::new();
        for one in tries {
            outcomes.push(one.await.unwrap());
        }
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["code_wrong", "code_wrong", "code_wrong", "code_wrong", "done"]);
    }

    async fn a_weak_pin_or_no_name_costs_no_try(url: &str) {
        let scene = scene(url).await;
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        let code = scene.last_code(phone(1)).await;
        let long = "x".repeat(61);
        for name in ["", "   ", "...", "a\u{7}b", long.as_str()] {
            let confirm = RegistrationConfirm { name: name.to_owned(), ..scene.confirm(phone(1), &code) };
            assert_eq!(code_of(scene.service.registration_confirm(confirm).await), "name_invalid", "{name:?}");
        }
        for weak in ["0000", "1234", "0001", "121212"] {
            let confirm = RegistrationConfirm { pin: pin(weak), ..scene.confirm(phone(1), &code) };
            assert_eq!(code_of(scene.service.registration_confirm(confirm).await), "pin_weak", "{weak}");
        }
        assert!(scene.service.registration_confirm(scene.confirm(phone(1), &code)).await.is_ok());
    }

    async fn a_process_that_ends_between_the_steps_leaves_nothing_half_done(url: &str) {
        let scene = scene(url).await;
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        let code = scene.last_code(phone(1)).await;
        // The try was counted, the process ended before the account was made: as if nobody had tried but once.
        let hash_of_nobody = [0; 32];
        let now = scene.service.now();
        let tried = scene.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { tx.registration_try(phone(1), &hash_of_nobody, 5, now).await })
        });
        tried.await.unwrap();
        assert_eq!(code_of(scene.login(phone(1), PIN).await), "login_refused");
        let other = scene.other_process();
        assert!(other.service.registration_confirm(other.confirm(phone(1), &code)).await.is_ok());
        assert!(other.login(phone(1), PIN).await.is_ok());
    }
}

/// Wherever the disk becomes full there is either the whole account or none, and the same request succeeds when there is room.
#[test]
fn a_full_disk_leaves_a_whole_account_or_none() {
    test_kit::run(async {
        let mut failed_in = std::collections::BTreeSet::new();
        for more in 0..16 {
            let database = test_kit::sqlite();
            let path = database.url().trim_start_matches("sqlite:").to_owned();
            drop(Store::open(database.url(), OpenOptions::default()).await.unwrap());
            let pages = u32::try_from(std::fs::metadata(&path).unwrap().len() / 4096).unwrap();
            let clock = SimulatedClock::at(START);
            let options = OpenOptions { pages_max: Some(pages + more), ..OpenOptions::default() };
            let small = Scene { service: service_at(Store::open(database.url(), options).await.unwrap(), &clock, 1), clock: clock.clone() };
            let (last, step) = fill(&small).await;
            failed_in.insert(step);
            drop(small);
            let roomy = Scene { service: service_at(Store::open(database.url(), OpenOptions::default()).await.unwrap(), &clock, 3), clock };
            for n in 1..last {
                assert!(roomy.login(phone(n), PIN).await.is_ok(), "what was answered is there");
            }
            assert_eq!(code_of(roomy.login(phone(last), PIN).await), "login_refused");
            roomy.wait(MINUTE);
            roomy.register(phone(last)).await;
        }
        assert!(failed_in.contains("begin") && failed_in.contains("confirm"), "{failed_in:?}");
    });
}

/// Registers people until the disk is full; who failed, and in which step.
async fn fill(scene: &Scene) -> (u32, &'static str) {
    for n in 1..10_000 {
        match code_of(scene.service.registration_begin(phone(n), Language::En, None).await) {
            "done" => {}
            "disk_full" => return (n, "begin"),
            other => panic!("{other}"),
        }
        let code = scene.last_code(phone(n)).await;
        match code_of(scene.service.registration_confirm(scene.confirm(phone(n), &code)).await) {
            "done" => {}
            "disk_full" => return (n, "confirm"),
            other => panic!("{other}"),
        }
    }
    panic!("the disk was never full");
}
