//! The whole way on both engines: readings become money, corrections come late, and everything can be recounted.

mod village;

use domain::{Clock, SimulatedClock};
use quantity::{BusinessDay, Instant, Ngwee, UtcOffset};
use service::{ImportOptions, Service};
use std::sync::Arc;
use store::{OpenOptions, Store};
use village::{csv, day, found};

async fn service(url: &str, clock: &SimulatedClock) -> Service {
    let store = Store::open(url, OpenOptions::default()).await.expect("opens");
    Service::new(store, Arc::new(clock.clone()), regions())
}

fn regions() -> Vec<domain::Region> {
    domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads")).collect()
}

fn noon_after(day: BusinessDay) -> Instant {
    day.next().start(UtcOffset::LUSAKA).plus_ms(12 * 3_600_000)
}

test_kit::on_both! {
    async fn readings_become_money(url: &str) {
        let clock = SimulatedClock::at(noon_after(day(3)));
        let service = service(url, &clock).await;
        let cluster = found(&service).await;
        let mut refused = Vec::new();
        let options = ImportOptions { name: "story".to_owned(), is_live: false };
        let report = service.readings_import(service::policy::Actor::System, &cluster, csv(0..3, &[]).as_bytes(), options.clone(), |row| refused.push(row), |_, _| {}).await.expect("imports");
        assert_eq!((report.accepted, report.duplicates, refused.len()), (3 * 96 * 4, 0, 0));

        let settled = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!(settled.days.len(), 3);
        assert!(settled.days.iter().all(|day| day.is_posted && day.sealed == 96 && day.totals.is_conserved()));
        let verified = service.cluster_verify(service::policy::Actor::System, &cluster).await.expect("verifies");
        assert_eq!(verified.problems, []);
        assert_eq!(verified.sealed, 3 * 96);

        // The same file again adds nothing, and settling again does nothing.
        let again = service.readings_import(service::policy::Actor::System, &cluster, csv(0..3, &[]).as_bytes(), options, |_| {}, |_, _| {}).await.expect("imports");
        assert_eq!((again.accepted, again.corrected, again.duplicates), (0, 0, 3 * 96 * 4));
        let idle = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!((idle.sealed, idle.transfers), (0, 0));

        // The statement is the ledger: opening + lines = closing, and the lines of the days are what was posted.
        let statement = service.member_statement(service::policy::Actor::System, &cluster, domain::MemberNo::new(1).expect("a number"), None).await.expect("a statement");
        let receipt = statement.receipt.expect("settled");
        assert_eq!(statement.opening.0 + statement.book.iter().map(|line| line.amount.0).sum::<i64>(), statement.closing.0);
        assert_eq!(receipt.total, Ngwee(statement.days.iter().map(|day| day.posted.0).sum()));
        assert_eq!(receipt.lines.iter().map(|line| line.money.0).sum::<i64>(), receipt.total.0);

        // Avoided carbon: the cluster's energy is the sum of its members', each kWh by the one method, and the same as on the statement.
        let carbon = |member: Option<i64>, until, months| {
            let member = member.map(|no| domain::MemberNo::new(no).expect("a number"));
            service.carbon_read(service::policy::Actor::System, &cluster, member, until, months)
        };
        let all = carbon(None, None, 12).await.expect("counts");
        let mut parts = 0;
        for no in 1..=3 {
            parts += carbon(Some(no), None, 12).await.expect("counts").energy.0;
        }
        assert!(all.energy.0 > 0 && all.energy.0 == parts, "{} {parts}", all.energy.0);
        let month = &all.months[0];
        assert_eq!((all.months.len(), month.days, month.carbon.0), (1, 3, all.carbon.0));
        assert_eq!(all.carbon, month.energy.carbon(month.grams_per_kwh).expect("fits"));
        assert!(!month.source.is_empty() && month.factor_year <= 2025);
        assert_eq!(carbon(Some(1), None, 1).await.expect("counts").carbon, statement.avoided.expect("counted").carbon);
        // A month without posted days has no line, and no span is longer than the limit.
        assert_eq!(carbon(None, Some(day(0).plus_days(-60)), 1).await.expect("counts").months, []);
        assert_eq!(carbon(None, None, u32::MAX).await.expect("counts"), all);
    }

    async fn a_correction_after_posting_is_the_difference(url: &str) {
        let clock = SimulatedClock::at(noon_after(day(3)));
        let service = service(url, &clock).await;
        let cluster = found(&service).await;
        let options = ImportOptions::default();
        service.readings_import(service::policy::Actor::System, &cluster, csv(0..3, &[]).as_bytes(), options.clone(), |_| {}, |_, _| {}).await.expect("imports");
        service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        let before = service.member_statement(service::policy::Actor::System, &cluster, domain::MemberNo::new(2).expect("a number"), None).await.expect("a statement");

        // Member 2 used 500 Wh more at 07:30 on the first day.
        clock.set(noon_after(day(4)));
        let fix = csv(0..1, &[("M-2", 30, 500)]);
        let report = service.readings_import(service::policy::Actor::System, &cluster, fix.as_bytes(), options, |_| {}, |_, _| {}).await.expect("imports");
        assert_eq!((report.corrected, report.duplicates), (1, 96 * 4 - 1));
        let settled = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        let first = &settled.days[0];
        assert_eq!((first.day, first.revision, first.is_posted), (day(0), 2, true));
        assert!(first.sealed >= 1 && first.transfers >= 2, "{first:?}");

        let after = service.member_statement(service::policy::Actor::System, &cluster, domain::MemberNo::new(2).expect("a number"), None).await.expect("a statement");
        let paid_more = before.closing.0 - after.closing.0;
        assert!(paid_more > 0, "500 Wh more cost something");
        let line = after.book.last().expect("a line");
        assert_eq!((line.on, line.cause.a), (BusinessDay::of(clock.now(), UtcOffset::LUSAKA), i64::from(day(0).0)));
        let verified = service.cluster_verify(service::policy::Actor::System, &cluster).await.expect("verifies");
        assert_eq!(verified.problems, []);
    }

    async fn a_silent_meter_is_estimated_and_then_believed(url: &str) {
        let clock = SimulatedClock::at(noon_after(day(3)));
        let service = service(url, &clock).await;
        let cluster = found(&service).await;
        let options = ImportOptions::default();
        let whole = csv(0..3, &[]);
        let silent: String = whole.lines().filter(|line| !(line.starts_with("M-1,") && line.contains(&village::date(2)))).map(|line| format!("{line}\n")).collect();
        service.readings_import(service::policy::Actor::System, &cluster, silent.as_bytes(), options.clone(), |_| {}, |_, _| {}).await.expect("imports");
        let settled = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!(settled.days.iter().map(|day| day.estimated).collect::<Vec<_>>(), [0, 0, 96]);
        assert_eq!(service.cluster_verify(service::policy::Actor::System, &cluster).await.expect("verifies").problems, []);

        let report = service.readings_import(service::policy::Actor::System, &cluster, whole.as_bytes(), options, |_| {}, |_, _| {}).await.expect("imports");
        assert_eq!(report.replaced_estimates, 96);
        let settled = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!(settled.days.last().map(|day| day.estimated), Some(0));
        assert_eq!(service.cluster_verify(service::policy::Actor::System, &cluster).await.expect("verifies").problems, []);
    }

    async fn the_open_day_is_settled_as_it_goes(url: &str) {
        let clock = SimulatedClock::at(day(1).start(UtcOffset::LUSAKA).plus_ms(10 * 3_600_000));
        let service = service(url, &clock).await;
        let cluster = found(&service).await;
        let whole = csv(0..2, &[]);
        let mut refused = 0;
        let report = service.readings_import(service::policy::Actor::System, &cluster, whole.as_bytes(), ImportOptions::default(), |_| refused += 1, |_, _| {}).await.expect("imports");
        assert_eq!(report.refused.get("in_future").copied().unwrap_or(0), refused);
        assert!(refused > 0, "the afternoon has not been yet");
        let settled = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        // Half an hour of grace: at 10:00 the intervals that ended by 09:30 are closed.
        assert_eq!(settled.days.iter().map(|day| (day.intervals, day.is_posted)).collect::<Vec<_>>(), [(96, true), (38, false)]);
        clock.set(noon_after(day(1)));
        service.readings_import(service::policy::Actor::System, &cluster, whole.as_bytes(), ImportOptions::default(), |_| {}, |_, _| {}).await.expect("imports");
        let settled = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!(settled.days.iter().map(|day| (day.intervals, day.sealed, day.is_posted)).collect::<Vec<_>>(), [(96, 58, true)]);
        assert_eq!(service.cluster_verify(service::policy::Actor::System, &cluster).await.expect("verifies").problems, []);
    }

    async fn a_correction_that_comes_too_late_is_refused(url: &str) {
        let clock = SimulatedClock::at(noon_after(day(3)));
        let service = service(url, &clock).await;
        let cluster = found(&service).await;
        service.readings_import(service::policy::Actor::System, &cluster, csv(0..3, &[]).as_bytes(), ImportOptions::default(), |_| {}, |_, _| {}).await.expect("imports");
        service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        clock.set(noon_after(day(60)));
        let mut codes = Vec::new();
        let report = service
            .readings_import(service::policy::Actor::System, &cluster, csv(0..1, &[("M-2", 30, 500)]).as_bytes(), ImportOptions::default(), |row| codes.push(row.reason.code()), |_, _| {})
            .await
            .expect("imports");
        assert_eq!((report.corrected, codes.len()), (0, 96 * 4));
        assert!(codes.iter().all(|code| *code == "too_late"));
    }
}
