//! Tokens and where one is signed in.

use super::*;
use domain::SessionNo;

fn no(n: i64) -> SessionNo {
    SessionNo::new(n).unwrap()
}

test_kit::on_both! {
    async fn only_the_hash_of_a_token_is_kept(url: &str) {
        let scene = scene(url).await;
        let signed_in = scene.register(phone(1)).await;
        let token = signed_in.token.clone();
        let raw: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&token[2 * at..2 * at + 2], 16).unwrap()).collect();
        let found = scene.service.store().read::<_, StoreError, _>(move |tx| {
            let (token, raw) = (token.clone(), raw.clone());
            Box::pin(async move { Ok((tx.session_by_token(token.as_bytes()).await?, tx.session_by_token(&raw).await?)) })
        });
        assert_eq!(found.await.unwrap(), (None, None), "what is stored does not open");
        assert!(scene.service.actor(&signed_in.token).await.is_ok());
        for bad in ["", "x", &signed_in.token[1..], &signed_in.token.to_uppercase(), &"0".repeat(64)] {
            assert_eq!(code_of(scene.service.actor(bad).await), "session_unknown", "{bad}");
        }
    }

    async fn signing_out_counts_at_once_here_and_soon_elsewhere(url: &str) {
        let scene = scene(url).await;
        let here = scene.register(phone(1)).await;
        let there = scene.login(phone(1), PIN).await.unwrap();
        let other = scene.other_process();
        let actor = scene.service.actor(&here.token).await.unwrap();
        for service in [&scene.service, &other.service] {
            service.actor(&there.token).await.unwrap();
        }
        let list = scene.service.session_list(actor).await.unwrap();
        let shape: Vec<_> = list.iter().map(|one| (one.no, one.device.as_str(), one.is_current)).collect();
        assert_eq!(shape, [(no(2), "Nokia", false), (no(1), "Itel A56", true)]);
        scene.service.session_end(actor, no(2)).await.unwrap();
        assert_eq!(code_of(scene.service.actor(&there.token).await), "session_unknown");
        assert!(other.service.actor(&there.token).await.is_ok(), "kept for seconds");
        other.wait(5_000);
        assert_eq!(code_of(other.service.actor(&there.token).await), "session_unknown");
        assert_eq!(code_of(scene.service.session_end(actor, no(2)).await), "session_unknown");
        assert_eq!(code_of(scene.service.session_end(actor, no(77)).await), "session_unknown");
        // Nobody ends the session of somebody else: numbers are those of the user.
        let stranger = scene.person(2).await;
        assert_eq!(scene.service.session_end_all(stranger).await.unwrap(), 1);
        assert!(scene.service.actor(&here.token).await.is_ok());
    }

    async fn signing_out_everywhere_ends_all(url: &str) {
        let scene = scene(url).await;
        let first = scene.register(phone(1)).await;
        let actor = scene.service.actor(&first.token).await.unwrap();
        let mut tokens = vec![first.token];
        for _ in 0..3 {
            tokens.push(scene.login(phone(1), PIN).await.unwrap().token);
        }
        assert_eq!(scene.service.session_end_all(actor).await.unwrap(), 4);
        for token in tokens {
            assert_eq!(code_of(scene.service.actor(&token).await), "session_unknown");
        }
        assert_eq!(code_of(scene.service.session_end_all(Actor::Nobody).await), "sign_in_needed");
    }

    async fn a_session_slides_and_ends(url: &str) {
        let scene = scene(url).await;
        let signed_in = scene.register(phone(1)).await;
        assert_eq!(signed_in.expires_at, START.plus_ms(30 * DAY));
        let actor = scene.service.actor(&signed_in.token).await.unwrap();
        scene.wait(4 * MINUTE);
        scene.service.actor(&signed_in.token).await.unwrap();
        assert_eq!(scene.service.session_list(actor).await.unwrap()[0].last_seen_at, START, "not written every time");
        for days in 1..=8 {
            scene.clock.set(START.plus_ms(days * 20 * DAY));
            scene.service.actor(&signed_in.token).await.unwrap();
            let one = &scene.service.session_list(actor).await.unwrap()[0];
            assert_eq!(one.last_seen_at, scene.clock.now());
            assert_eq!(one.expires_at, START.plus_ms((days * 20 + 30).min(180) * DAY), "{days}");
        }
        scene.clock.set(START.plus_ms(180 * DAY - 1));
        scene.service.actor(&signed_in.token).await.unwrap();
        scene.wait(1);
        assert_eq!(code_of(scene.service.actor(&signed_in.token).await), "session_expired");
        assert_eq!(scene.service.session_list(actor).await.unwrap(), []);
        let unused = scene.login(phone(1), PIN).await.unwrap();
        scene.wait(30 * DAY);
        assert_eq!(code_of(scene.service.actor(&unused.token).await), "session_expired");
    }

    async fn sessions_are_few_and_devices_bounded(url: &str) {
        let scene = scene(url).await;
        let first = scene.register(phone(1)).await;
        for n in 1..=20 {
            scene.wait(MINUTE);
            let device = format!("phone {n}\u{7}\n{}", "x".repeat(500));
            scene.service.session_create(phone(1), &pin(PIN), &device).await.unwrap();
        }
        assert_eq!(code_of(scene.service.actor(&first.token).await), "session_unknown", "the one unused for longest ended");
        let last = scene.login(phone(1), PIN).await.unwrap();
        let list = scene.service.session_list(scene.service.actor(&last.token).await.unwrap()).await.unwrap();
        assert_eq!((list.len(), list[0].no, list[19].no), (20, no(22), no(3)));
        assert!(list[1].device.starts_with("phone 20xxx") && list[1].device.chars().count() == 80);
    }

    async fn another_phone_is_told(url: &str) {
        let scene = scene(url).await;
        let actor = scene.person(1).await;
        scene.wait(MINUTE);
        scene.login(phone(1), PIN).await.unwrap();
        let notices = scene.service.notice_list(actor, None, 10).await.unwrap();
        assert_eq!(notices.iter().map(|notice| notice.kind.as_str()).collect::<Vec<_>>(), ["signed-in"]);
        let text = service::notice_text(message::Say::new(Language::En), &notices[0]).unwrap();
        assert!(text.starts_with("Your account was opened on another phone, Sat 21 Nov, 10:01"), "{text}");
    }
}
