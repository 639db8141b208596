//! Notices.

use super::*;
use domain::NoticeNo;
use message::Say;
use service::{NOTICES_MAX, notice_text};
use store::tables::NoticeNew;

async fn tell(scene: &Scene, notices: Vec<NoticeNew>) {
    let at = scene.clock.now();
    let done = scene.service.store().write::<_, StoreError, _>(move |tx| {
        let notices = notices.clone();
        Box::pin(async move { tx.notice_append(&notices, at).await })
    });
    done.await.unwrap();
}

fn no(n: i64) -> NoticeNo {
    NoticeNo::new(n).unwrap()
}

test_kit::on_both! {
    async fn notices_are_numbered_paged_and_read(url: &str) {
        let scene = scene(url).await;
        let (one, two) = (scene.person(1).await, scene.person(2).await);
        let (a, b) = (one.signed_in().unwrap(), two.signed_in().unwrap());
        let welcome = |user, n: i64| NoticeNew::new(user, "welcome").with("name", "Mulenga").with("number", n.to_string());
        let mixed = (1..=250).flat_map(|n| if n % 5 == 0 { vec![welcome(a, n), welcome(b, n)] } else { vec![welcome(a, n)] });
        tell(&scene, mixed.collect()).await;
        tell(&scene, Vec::new()).await;
        tell(&scene, vec![NoticeNew::new(b, "reset-done")]).await;
        assert_eq!((scene.service.notice_unread(one).await.unwrap(), scene.service.notice_unread(two).await.unwrap()), (250, 51));
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = scene.service.notice_list(one, before, 100).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.no);
            seen.extend(page.iter().map(|notice| (notice.no.get(), notice.args["number"].clone())));
        }
        let wanted: Vec<_> = (1..=250).rev().map(|n: i64| (n, store::tables::NoticeArg::Text(n.to_string()))).collect();
        assert_eq!(seen, wanted, "in the order told");
        assert_eq!(scene.service.notice_list(one, None, u32::MAX).await.unwrap().len(), 200);
        assert_eq!(scene.service.notices_read(two, &[no(1), no(1), no(51), no(900)]).await.unwrap(), 2);
        assert_eq!(scene.service.notices_read(two, &[no(1)]).await.unwrap(), 0);
        assert_eq!(scene.service.notice_unread(two).await.unwrap(), 49);
        assert_eq!(scene.service.notice_unread(one).await.unwrap(), 250, "one's own only");
        assert_eq!(code_of(scene.service.notices_read(one, &vec![no(1); NOTICES_MAX + 1]).await), "list_too_long");
        assert_eq!(code_of(scene.service.notice_list(Actor::Nobody, None, 1).await), "sign_in_needed");
    }

    async fn units_at_the_same_time_number_without_gaps(url: &str) {
        let scene = scene(url).await;
        let (one, two) = (scene.person(1).await, scene.person(2).await);
        let (a, b) = (one.signed_in().unwrap(), two.signed_in().unwrap());
        let many: Vec<_> = (0..20)
            .map(|n| {
                let store = scene.service.store().clone();
                let notices = if n % 2 == 0 { vec![NoticeNew::new(a, "reset-done"), NoticeNew::new(b, "reset-done")] } else { vec![NoticeNew::new(b, "reset-done"), NoticeNew::new(a, "reset-done")] };
                tokio::spawn(async move {
                    store
                        .write::<_, StoreError, _>(move |tx| {
                            let notices = notices.clone();
                            Box::pin(async move { tx.notice_append(&notices, START).await })
                        })
                        .await
                })
            })
            .collect();
        for one in many {
            one.await.unwrap().unwrap();
        }
        for actor in [one, two] {
            let numbers: Vec<i64> = scene.service.notice_list(actor, None, 200).await.unwrap().iter().map(|notice| notice.no.get()).collect();
            assert_eq!(numbers, (1..=20).rev().collect::<Vec<_>>());
        }
    }

    async fn every_argument_comes_back_and_is_said(url: &str) {
        let scene = scene(url).await;
        let actor = scene.person(1).await;
        let user = actor.signed_in().unwrap();
        let day = BusinessDay::parse("2026-11-20").unwrap();
        tell(
            &scene,
            vec![
                NoticeNew::new(user, "payment-in").with("who", "O'Neil \"\u{1f600}\\").with("amount_ngwee", 1_250_i64),
                NoticeNew::new(user, "meter-assigned").with("meter", "M-1").with("from_on", i64::from(day.0)),
                NoticeNew::new(user, "month-closed").with("month", i64::from(day.0)).with("name", "Mulenga"),
                NoticeNew::new(user, "no-such-kind"),
                NoticeNew::new(user, "reset-begun").with("name", "Mulenga"),
                NoticeNew::new(user, "reset-code-sent").with("name", "Mulenga").with("who", "Chanda"),
            ],
        )
        .await;
        let notices = scene.service.notice_list(actor, None, 10).await.unwrap();
        let said: Vec<Option<String>> = notices.iter().rev().map(|notice| notice_text(Say::new(Language::En), notice)).collect();
        assert_eq!(said[0].as_deref(), Some("O'Neil \"\u{1f600}\\ paid you K12.50."));
        assert_eq!(said[1].as_deref(), Some("Meter M-1 is yours from 20 Nov."));
        assert_eq!(said[2].as_deref(), Some("November 2026 is closed in Mulenga. Your receipt is ready."));
        assert_eq!(said[3], None, "the faces show the kind");
        assert!(said[4].is_some() && said[5].is_some());
    }
}
