//! Price alerts: set and listed, told once for each crossing, at night and by many processes too.

use crate::floor::{Floor, society};
use domain::{AlertNo, UserId};
use quantity::{HOUR_MS, Instant, UtcOffset};
use service::policy::Actor;
use service::{AlertCreate, AlertsReport, Notice, ServiceError};
use society::{no, noon, person, user};
use store::StoreError;
use store::tables::{AlertRow, SmsRow};
use test_kit::on_both;

fn alert(kind: &str, threshold: i64) -> AlertCreate {
    AlertCreate { kind: kind.to_owned(), threshold, expires_at: None }
}

impl Floor {
    async fn watch(&self, who: Actor, kind: &str, threshold: i64) -> AlertRow {
        self.service.alert_create(who, &self.cluster, alert(kind, threshold)).await.expect("sets")
    }

    async fn round(&self) -> AlertsReport {
        self.service.alerts_round(&self.cluster).await.expect("a round")
    }

    /// Lets home 1 sell 100 Wh to home 2 at a price.
    async fn trade(&self, price: i64) {
        self.sell(1, price, 100).await;
        let done = self.buy(2, price, 100).await;
        assert_eq!(done.trades.len(), 1, "nothing else waits");
    }

    async fn inbox(&self, who: Actor) -> Vec<Notice> {
        let all = self.service.notice_list(who, None, 100).await.expect("lists");
        all.into_iter().filter(|notice| notice.kind.starts_with("alert")).collect()
    }

    async fn texts(&self) -> Vec<SmsRow> {
        let all = self.service.sms_list(Actor::System, None, 100).await.expect("lists");
        all.into_iter().filter(|sms| sms.kind == "price-alert").collect()
    }

    async fn watchers(&self) -> Vec<UserId> {
        let id = self.cluster.id;
        let read = self.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.alert_watchers(id, None, 100).await }));
        read.await.expect("reads")
    }
}

fn code<T>(result: Result<T, ServiceError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "done")
}

on_both! {
    async fn alerts_are_set_listed_and_deleted_by_their_own(url: &str) {
        let floor = Floor::open(url, 2).await;
        let (service, cluster) = (&floor.service, &floor.cluster);
        let first = floor.watch(user(1), "above", 150).await;
        // The same again is one, with the end named last.
        let end = service.now().plus_ms(HOUR_MS);
        let again = service.alert_create(user(1), cluster, AlertCreate { expires_at: Some(end), ..alert("above", 150) }).await.expect("sets");
        assert_eq!((again.no, again.alert.expires_at), (first.no, Some(end)));
        let list = service.alert_list(user(1)).await.expect("lists");
        assert_eq!(list.iter().map(|line| (line.row, line.cluster.clone())).collect::<Vec<_>>(), [(again, cluster.code.clone())]);
        for (who, new, expected) in [
            (Actor::Nobody, alert("above", 1), "sign_in_needed"),
            (user(77), alert("above", 1), "not_allowed"),
            (society::operator(), alert("above", 1), "not_allowed"),
            (user(1), alert("sideways", 1), "alert_kind"),
            (user(1), alert("above", 0), "alert_threshold"),
            (user(1), alert("below", i64::MAX), "alert_threshold"),
            (user(1), alert("change", 499), "alert_threshold"),
            (user(1), AlertCreate { expires_at: Some(service.now()), ..alert("below", 10) }, "alert_expiry"),
        ] {
            assert_eq!(code(service.alert_create(who, cluster, new.clone()).await), expected, "{new:?}");
        }
        for threshold in 1..20 {
            floor.watch(user(1), "below", threshold).await;
        }
        assert_eq!(code(service.alert_create(user(1), cluster, alert("below", 20)).await), "alerts_too_many");
        assert_eq!(code(service.alert_delete(user(2), first.no).await), "alert_unknown", "another's is as good as none");
        // What is over makes room by itself.
        floor.wait(HOUR_MS);
        assert_eq!(service.alert_list(user(1)).await.expect("lists").len(), 19);
        let last = floor.watch(user(1), "below", 20).await;
        assert_eq!(code(service.alert_delete(user(1), first.no).await), "alert_unknown");
        assert_eq!(code(service.alert_delete(user(1), last.no).await), "done");
        assert_eq!(code(service.alert_list(Actor::Nobody).await), "sign_in_needed");
        assert_eq!(service.alert_list(user(2)).await.expect("lists"), []);
        assert_eq!(last.no, AlertNo::new(21).expect("a number"));
    }
}

on_both! {
    async fn a_crossing_is_told_once_and_by_phone_when_night_is_over(url: &str) {
        let floor = Floor::open(url, 2).await;
        person(&floor.service, 1, "Chipo", "0971000001").await;
        floor.trade(100).await;
        floor.watch(user(1), "above", 150).await;
        floor.watch(user(2), "below", 90).await;
        assert_eq!(floor.round().await, AlertsReport::default());
        floor.trade(150).await;
        assert_eq!(floor.round().await, AlertsReport { fired: 1, told: 1, ..AlertsReport::default() });
        for price in [160, 149, 150] {
            floor.trade(price).await;
            assert_eq!(floor.round().await, AlertsReport::default(), "{price}");
        }
        let told = floor.inbox(user(1)).await;
        assert_eq!(told.len(), 1);
        let text = service::notice_text(message::Say::new(domain::Language::En), &told[0]).expect("words");
        assert_eq!(text, "Energy in Mulenga Solar Group costs K1.50 a kWh. You wanted to know from K1.50 on.");
        let sent = floor.texts().await;
        assert_eq!(sent.len(), 1);
        assert!(sent[0].body.starts_with("Innerlectra: energy in Mulenga Solar Group costs K1.50"), "{}", sent[0].body);
        // Back by the band, and over it again at ten in the evening: the inbox has it at once, the phone at six.
        floor.trade(147).await;
        assert_eq!(floor.round().await, AlertsReport::default());
        let night = noon(0).plus_ms(10 * HOUR_MS);
        floor.clock.set(night);
        floor.trade(155).await;
        assert_eq!(floor.round().await.told, 1);
        assert_eq!(floor.inbox(user(1)).await.len(), 2);
        let due = |at: Instant| {
            let store = floor.service.store().clone();
            async move { store.read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.sms_due(at, 10).await })).await.expect("reads").len() }
        };
        let six = noon(1).plus_ms(-6 * HOUR_MS);
        assert_eq!((due(six.plus_ms(-1)).await, due(six).await), (1, 2));
        assert_eq!(floor.inbox(user(2)).await.len(), 0);
    }
}

on_both! {
    async fn many_processes_at_once_tell_once(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.trade(100).await;
        for who in 1..=3 {
            floor.watch(user(who), "above", 120).await;
        }
        floor.trade(130).await;
        let rounds: Vec<_> = (0..6)
            .map(|_| {
                let (service, cluster) = (floor.service.clone().with_desks_of_its_own(), floor.cluster.clone());
                tokio::spawn(async move { service.alerts_round(&cluster).await })
            })
            .collect();
        let mut fired = 0;
        for round in rounds {
            fired += round.await.expect("runs").expect("a round").fired;
        }
        fired += floor.round().await.fired;
        assert_eq!(fired, 3);
        for who in 1..=3 {
            assert_eq!(floor.inbox(user(who)).await.len(), 1, "{who}");
        }
    }
}

on_both! {
    async fn a_round_that_stops_in_between_loses_and_doubles_nothing(url: &str) {
        let floor = Floor::open(url, 2).await;
        floor.trade(100).await;
        floor.watch(user(1), "above", 120).await;
        floor.trade(130).await;
        // Notices cannot be written: the unit that fires ends with the failure, and the alert has not fired.
        floor.execute(store::sql!("ALTER TABLE notice RENAME TO notice_away")).await;
        assert_eq!(floor.round().await, AlertsReport { waiting: 1, ..AlertsReport::default() });
        floor.execute(store::sql!("ALTER TABLE notice_away RENAME TO notice")).await;
        assert_eq!(floor.inbox(user(1)).await.len(), 0);
        assert_eq!(floor.round().await.told, 1);
        assert_eq!(floor.round().await.told, 0);
        assert_eq!(floor.inbox(user(1)).await.len(), 1);
    }
}

on_both! {
    async fn ten_a_day_and_the_rest_in_one_line_the_next_morning(url: &str) {
        let floor = Floor::open(url, 2).await;
        floor.trade(100).await;
        for threshold in 120..133 {
            floor.watch(user(1), "above", threshold).await;
        }
        floor.trade(140).await;
        let report = floor.round().await;
        assert_eq!(report, AlertsReport { fired: 13, told: 10, held_back: 3, summaries: 0, waiting: 0 });
        // All of them go before the line is told: it is told all the same, and once.
        for line in floor.service.alert_list(user(1)).await.expect("lists") {
            floor.service.alert_delete(user(1), line.row.no).await.expect("deletes");
        }
        assert_eq!(floor.round().await, AlertsReport::default());
        assert_eq!(floor.watchers().await.len(), 1);
        floor.clock.set(noon(1));
        assert_eq!(floor.round().await, AlertsReport { summaries: 1, ..AlertsReport::default() });
        let told = floor.inbox(user(1)).await;
        let text = service::notice_text(message::Say::new(domain::Language::En), &told[0]).expect("words");
        assert_eq!(text, "3 more of your price alerts went off on 15 Sep. Ten a day are told.");
        assert_eq!(floor.round().await, AlertsReport::default());
        assert_eq!((floor.watchers().await.len(), floor.inbox(user(1)).await.len()), (0, 11));
    }
}

on_both! {
    async fn changes_are_counted_from_their_base(url: &str) {
        let floor = Floor::open(url, 2).await;
        // Nothing was traded yet: the rule's price stands in.
        let set = floor.watch(user(1), "change", 1_000).await;
        let quoted = set.alert.kind.base().expect("a base").0;
        assert!(quoted > 0);
        floor.trade(quoted).await;
        floor.watch(user(2), "change_day", 2_000).await;
        floor.trade(quoted + quoted / 5 + 1).await;
        assert_eq!(floor.round().await.fired, 1, "a day ago there was no price");
        floor.clock.set(noon(1).plus_ms(HOUR_MS));
        assert_eq!(floor.round().await.fired, 0);
        floor.trade(quoted / 2).await;
        assert_eq!(floor.round().await.fired, 1);
        assert_eq!(floor.inbox(user(2)).await[0].kind, "alert-change-day");
        assert_eq!(floor.inbox(user(1)).await[0].kind, "alert-change");
    }
}

on_both! {
    async fn who_left_is_told_nothing_more(url: &str) {
        let floor = Floor::open(url, 3).await;
        floor.trade(100).await;
        floor.watch(user(3), "above", 120).await;
        let (id, today) = (floor.cluster.id, society::day(0));
        let left = floor.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { tx.role_revoke(id, no(3), society::user_id(3), domain::Role::Member, today).await })
        });
        assert!(left.await.expect("writes"));
        floor.trade(130).await;
        assert_eq!(floor.round().await, AlertsReport::default());
        assert_eq!((floor.inbox(user(3)).await.len(), floor.service.alert_list(user(3)).await.expect("lists").len()), (0, 0));
        assert_eq!(floor.watchers().await, []);
    }
}

/// Readings of whole days: a little sun all day, and much from seven to five.
fn sunny(days: std::ops::Range<i32>) -> String {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    for at in days {
        for slot in 0..96 {
            let at = format!("{}T{:02}:{:02}:00+02:00", society::day(at), slot / 4, slot % 4 * 15);
            let made = if (28..68).contains(&slot) { 900 } else { 40 };
            text.push_str(&format!("M-1,{at},100,0\nM-2,{at},100,0\nP-1,{at},0,{made}\n"));
        }
    }
    text
}

on_both! {
    async fn cheap_hours_are_seen_ahead_and_settling_runs_the_round(url: &str) {
        let floor = Floor::open(url, 2).await;
        let (service, cluster) = (&floor.service, &floor.cluster);
        let (id, first) = (cluster.id, society::day(0));
        let voted = service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let mut row = tx.trading_on(id, first).await?.expect("rules");
                (row.version, row.from_day, row.config.price_rule) = (row.version + 1, first.next(), domain::TradePrice::SupplyDemandRatio);
                tx.trading_insert(id, &row).await
            })
        });
        voted.await.expect("writes");
        floor.clock.set(noon(3));
        assert!(society::import(service, cluster, &sunny(0..3)).await.is_empty());
        service.cluster_settle(Actor::System, cluster, |_| {}).await.expect("settles");
        // At ten in the evening the six hours ahead are all alike.
        floor.clock.set(noon(3).plus_ms(10 * HOUR_MS));
        let set = floor.watch(user(1), "cheap_ahead", 0).await;
        assert!(set.alert.is_armed);
        assert_eq!(floor.round().await.fired, 0);
        // At five in the morning the sun of seven is in sight. Settling looks, too.
        floor.clock.set(society::day(4).start(UtcOffset::LUSAKA).plus_ms(5 * HOUR_MS));
        service.cluster_settle(Actor::System, cluster, |_| {}).await.expect("settles");
        assert_eq!(floor.round().await.fired, 0, "told already");
        let told = floor.inbox(user(1)).await;
        assert_eq!(told.len(), 1);
        let text = service::notice_text(message::Say::new(domain::Language::En), &told[0]).expect("words");
        assert_eq!(text, "Energy in Mulenga Solar Group will be cheap from Fri 19 Sep, 07:00.");
    }
}

on_both! {
    async fn a_person_who_cannot_be_told_keeps_nobody_waiting(url: &str) {
        let floor = Floor::open(url, 3).await;
        for (who, name, phone) in [(1, "Grace", "+260971234501"), (2, "Peter", "+260971234502"), (3, "Ruth", "+260971234503")] {
            person(&floor.service, who, name, phone).await;
            floor.watch(user(who), "above", 150).await;
        }
        floor.trade(140).await;
        assert_eq!(floor.round().await, AlertsReport::default());
        floor.trade(160).await;
        // Words cannot be found for the first of them.
        floor.execute(store::sql!("UPDATE user_profile SET language = 'xx' WHERE user_id = 1")).await;
        assert_eq!(floor.round().await, AlertsReport { fired: 2, told: 2, waiting: 1, ..AlertsReport::default() });
        assert_eq!(floor.round().await, AlertsReport { waiting: 1, ..AlertsReport::default() }, "the others are told once");
        // It still waits when the day is settled on the way, and settling does not fail over it.
        floor.service.cluster_settle(Actor::System, &floor.cluster, |_| {}).await.expect("settles");
        floor.execute(store::sql!("UPDATE user_profile SET language = 'en' WHERE user_id = 1")).await;
        assert_eq!(floor.round().await, AlertsReport { fired: 1, told: 1, ..AlertsReport::default() }, "nothing is lost");
        assert_eq!(floor.round().await, AlertsReport::default());
        for who in 1..=3 {
            assert_eq!(floor.inbox(user(who)).await.len(), 1, "{who}");
        }
        assert_eq!(floor.texts().await.len(), 3);
    }
}
