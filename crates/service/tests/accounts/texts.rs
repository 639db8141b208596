//! Texts to phones: sent at least once by whoever holds the lease, tried again, given up, emptied.

use super::*;
use gateways::{SmsError, SmsGateway, SmsMemory};
use service::SmsReport;
use store::tables::{SmsNew, SmsState};

fn text(n: u32, secret_until: Option<Instant>) -> SmsNew {
    SmsNew { to: phone(n), kind: "asked", body: format!("text {n}"), secret_until }
}

async fn put(scene: &Scene, texts: Vec<SmsNew>) {
    let at = scene.clock.now();
    let done = scene.service.store().write::<_, StoreError, _>(move |tx| {
        let texts = texts.clone();
        Box::pin(async move { tx.sms_append(&texts, at).await })
    });
    done.await.unwrap();
}

fn memory() -> (SmsMemory, SmsGateway) {
    let memory = SmsMemory::default();
    (memory.clone(), SmsGateway::Memory(memory))
}

test_kit::on_both! {
    async fn what_waits_is_sent_once_by_several_processes(url: &str) {
        let scene = scene(url).await;
        let other = scene.other_process();
        put(&scene, (1..=130).map(|n| text(n, None)).collect()).await;
        put(&scene, vec![text(1, None)]).await;
        let (memory, gateway) = memory();
        let (one, two) = tokio::join!(scene.service.sms_deliver(&gateway), other.service.sms_deliver(&gateway));
        assert_eq!(one.unwrap().sent + two.unwrap().sent, 130);
        let mut bodies: Vec<String> = memory.taken().into_iter().map(|sms| sms.text).collect();
        bodies.sort();
        bodies.dedup();
        assert_eq!((memory.taken().len(), bodies.len()), (130, 130), "each once, and the same text at the same instant once");
        assert_eq!(scene.service.sms_deliver(&gateway).await.unwrap(), SmsReport::default());
        let list = scene.service.sms_list(Actor::System, None, 200).await.unwrap();
        assert!(list.iter().all(|sms| sms.state == SmsState::Sent && sms.sent_at == Some(START) && sms.attempts == 1));
    }

    async fn a_sender_that_dies_is_followed_by_another(url: &str) {
        let scene = scene(url).await;
        put(&scene, vec![text(1, None)]).await;
        let list = scene.service.sms_list(Actor::System, None, 10).await.unwrap();
        let (id, now) = (list[0].id, scene.clock.now());
        let claimed = scene.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { tx.sms_claim(phone(1), id, "dead", now, now.plus_ms(MINUTE)).await })
        });
        let dead = claimed.await.unwrap().expect("claimed");
        let (memory, gateway) = memory();
        assert_eq!(scene.service.sms_deliver(&gateway).await.unwrap().sent, 0, "the lease holds");
        scene.wait(MINUTE);
        assert_eq!(scene.service.sms_deliver(&gateway).await.unwrap().sent, 1);
        // The dead one comes back: its word counts no more.
        let late = scene.service.store().write::<_, StoreError, _>(move |tx| {
            let dead = dead.clone();
            Box::pin(async move { tx.sms_unsent(&dead, "dead", "sms_unreachable", None).await })
        });
        assert!(!late.await.unwrap());
        let sms = &scene.service.sms_list(Actor::System, None, 10).await.unwrap()[0];
        assert_eq!((sms.state, sms.attempts, memory.taken().len()), (SmsState::Sent, 2, 1));
    }

    async fn failures_are_tried_again_and_given_up(url: &str) {
        let scene = scene(url).await;
        put(&scene, vec![text(1, None)]).await;
        let (memory, gateway) = memory();
        memory.fail_next([SmsError::Unreachable; 8]);
        let mut waits = Vec::new();
        for attempt in 1..=8 {
            let report = scene.service.sms_deliver(&gateway).await.unwrap();
            assert_eq!((report.postponed, report.failed), if attempt < 8 { (1, 0) } else { (0, 1) }, "{attempt}");
            let mut waited = 0;
            while attempt < 8 && scene.service.store().read::<_, StoreError, _>({
                let now = scene.clock.now();
                move |tx| Box::pin(async move { tx.sms_due(now, 10).await })
            }).await.unwrap().is_empty() {
                scene.wait(30_000);
                waited += 30;
            }
            waits.push(waited);
        }
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1_920, 0]);
        let sms = &scene.service.sms_list(Actor::System, None, 10).await.unwrap()[0];
        assert_eq!((sms.state, sms.last_error.as_deref()), (SmsState::Failed, Some("sms_unreachable")));
        memory.fail_next([SmsError::Refused]);
        put(&scene, vec![text(2, None)]).await;
        assert_eq!(scene.service.sms_deliver(&gateway).await.unwrap(), SmsReport { failed: 1, ..SmsReport::default() });
        assert_eq!(scene.service.sms_deliver(&gateway).await.unwrap(), SmsReport::default());
        assert!(memory.taken().is_empty());
    }

    async fn a_text_with_a_code_is_emptied_and_an_old_code_not_sent(url: &str) {
        let scene = scene(url).await;
        let (memory, gateway) = memory();
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        assert_eq!(scene.service.sms_deliver(&gateway).await.unwrap(), SmsReport { sent: 1, ..SmsReport::default() });
        assert_eq!(digits(&memory.taken()[0].text), scene.last_code(phone(1)).await, "there until it is over");
        put(&scene, vec![text(2, Some(START.plus_ms(10 * MINUTE)))]).await;
        scene.wait(10 * MINUTE);
        assert_eq!(scene.service.sms_deliver(&gateway).await.unwrap(), SmsReport { failed: 1, blanked: 2, ..SmsReport::default() });
        for n in [1, 2] {
            let texts = scene.texts(phone(n)).await;
            assert_eq!((texts[0].body.as_str(), texts[0].secret_until), ("", None));
        }
        assert_eq!(scene.texts(phone(2)).await[0].last_error.as_deref(), Some("code_over"));
        assert_eq!(memory.taken().len(), 1);
    }

    async fn the_outbox_is_the_operators_and_a_look_is_written_down(url: &str) {
        let scene = scene(url).await;
        let person = scene.person(1).await;
        assert_eq!(code_of(scene.service.sms_list(person, None, 10).await), "not_allowed");
        assert_eq!(code_of(scene.service.sms_list(Actor::Nobody, None, 10).await), "sign_in_needed");
        scene.service.operator_set(phone(9), "Operator", &pin(PIN)).await.unwrap();
        let operator = scene.service.actor(&scene.login(phone(9), PIN).await.unwrap().token).await.unwrap();
        put(&scene, (1..=5).map(|n| text(n, None)).collect()).await;
        let first = scene.service.sms_list(operator, None, 4).await.unwrap();
        let rest = scene.service.sms_list(operator, Some(first[3].id), 4).await.unwrap();
        assert_eq!((first.len(), rest.len()), (4, 2));
        // A code is for its phone alone.
        scene.service.registration_begin(phone(7), domain::Language::En, None).await.unwrap();
        let code = scene.last_code(phone(7)).await;
        let shown = scene.service.sms_list(operator, None, 50).await.unwrap();
        let shown = shown.iter().find(|text| text.to == phone(7)).expect("the text");
        assert!(shown.body.contains("******") && !shown.body.contains(&code), "{}", shown.body);
        let audit = scene.service.audit_list(operator, None, 10).await.unwrap();
        assert_eq!(audit.iter().filter(|line| line.action == "sms_list").count(), 1);
    }

    async fn old_things_are_tidied_away(url: &str) {
        let scene = scene(url).await;
        scene.register(phone(1)).await;
        scene.service.registration_begin(phone(2), Language::En, None).await.unwrap();
        for _ in 0..3 {
            let _ = scene.login(phone(3), "8520").await;
        }
        assert_eq!(scene.service.account_tidy().await.unwrap(), 0);
        scene.wait(31 * DAY);
        assert!(scene.service.account_tidy().await.unwrap() >= 3);
        // Nobody sent the code: it is gone all the same.
        let never_sent = &scene.texts(phone(2)).await[0];
        assert_eq!((never_sent.body.as_str(), never_sent.state, never_sent.last_error.as_deref()), ("", SmsState::Failed, Some("code_over")));
        assert_eq!(scene.service.account_tidy().await.unwrap(), 0);
        assert!(scene.login(phone(1), PIN).await.is_ok());
    }
}

#[test]
fn the_file_gets_a_line_and_the_reason_when_it_cannot() {
    test_kit::run(async {
        let database = test_kit::sqlite();
        let folder = database.folder().unwrap().to_owned();
        let scene = scene(database.url()).await;
        scene.service.registration_begin(phone(1), Language::En, None).await.unwrap();
        let missing = SmsGateway::File(folder.join("gone").join("sms.jsonl"));
        assert_eq!(scene.service.sms_deliver(&missing).await.unwrap().postponed, 1);
        assert_eq!(scene.texts(phone(1)).await[0].last_error.as_deref(), Some("sms_file_unopenable"));
        scene.wait(MINUTE);
        let file = folder.join("sms.jsonl");
        assert_eq!(scene.service.sms_deliver(&SmsGateway::File(file.clone())).await.unwrap().sent, 1);
        let lines = std::fs::read_to_string(file).unwrap();
        assert!(lines.contains("\"to\":\"+260971000001\"") && lines.contains(&scene.last_code(phone(1)).await), "{lines}");
    });
}
