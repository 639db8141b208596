//! What somebody who writes to the store can change, and whether the recount says so. What it cannot see: how many readings of a day were
//! estimated, how often a day was posted, whether an account is closed, and weights and outages that were changed since the day was sealed.

#[allow(dead_code, reason = "other tests use the rest")]
mod village;

use domain::{ClusterId, SimulatedClock};
use quantity::{Interval, Ngwee, UtcOffset};
use service::{ImportOptions, Service};
use settlement::MemberDay;
use std::sync::Arc;
use store::tables::{DayRow, MemberDayRow};
use store::{OpenOptions, Store, StoreError, Tx};
use village::{csv, day, found};

async fn service(url: &str) -> Service {
    let regions = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads"));
    let clock = SimulatedClock::at(day(3).start(UtcOffset::LUSAKA));
    Service::new(Store::open(url, OpenOptions::default()).await.expect("opens"), Arc::new(clock), regions)
}

/// A way to change what is stored of the second day.
#[derive(Clone, Copy)]
enum Edit {
    Day(fn(&mut DayRow, &DayRow)),
    Member(fn(&mut MemberDayRow)),
    Readings,
    Account,
    Head,
}

const EDITS: [(&str, Edit); 14] = [
    ("day_state_differs", Edit::Day(|row, first| row.state_after.clone_from(&first.state_after))),
    ("day_bill_differs", Edit::Day(|row, _| row.utility_payable = Ngwee(row.utility_payable.0 + 100))),
    ("day_bill_differs", Edit::Day(|row, _| row.service_charge = Ngwee(row.service_charge.0 + 100))),
    ("posting_differs", Edit::Day(|row, _| row.utility_receivable = Ngwee(row.utility_receivable.0 - 100))),
    ("day_intervals_differ", Edit::Day(|row, _| row.intervals = 90)),
    ("rule_differs", Edit::Day(|row, _| row.rule_no = 9)),
    ("day_status_differs", Edit::Day(|row, _| row.posted_at = None)),
    ("day_totals_differ", Edit::Day(|row, first| row.totals.clone_from(&first.totals))),
    ("day_totals_differ", Edit::Day(|row, first| (row.status, row.totals) = ("dirty".to_owned(), first.totals.clone()))),
    ("posting_differs", Edit::Member(|row| row.posted = Ngwee(row.posted.0 + 1))),
    ("member_day_differs", Edit::Member(alone_costs_more)),
    ("readings_differ", Edit::Readings),
    ("debits_posted_differ", Edit::Account),
    ("log_head_differs", Edit::Head),
];

/// What being alone would have cost stands in no sealed line, and decides what the receipt says.
fn alone_costs_more(row: &mut MemberDayRow) {
    let mut sums = MemberDay::from_bytes(&row.sums).expect("reads");
    sums.alone.cost += 1;
    row.sums = sums.to_bytes();
}

async fn change(tx: &mut Tx<'_>, id: ClusterId, edit: Edit) -> Result<(), StoreError> {
    let second = day(1);
    match edit {
        Edit::Day(edit) => {
            let days = tx.day_list(id, day(0), day(2)).await?;
            let mut row = days[1].clone();
            edit(&mut row, &days[0]);
            tx.day_put(id, &row).await
        }
        Edit::Member(edit) => {
            let mut rows = tx.member_day_list(id, second, second.next(), None).await?;
            edit(&mut rows[1]);
            tx.member_day_put(id, &rows).await
        }
        Edit::Readings => {
            let start = second.start(UtcOffset::LUSAKA);
            let blocks = tx.block_list(id, Interval::new(start, start.plus_ms(86_400_000)).expect("a day")).await?;
            let mut other = blocks[40].clone();
            other.data.clone_from(&blocks[60].data);
            tx.block_put(id, &[other]).await
        }
        Edit::Account => {
            let mut accounts = tx.account_list(id).await?;
            accounts[11].debits_posted += 1;
            tx.account_put(id, &accounts).await
        }
        Edit::Head => {
            let mut head = tx.ledger_head(id).await?;
            head.next_transfer_no += 5;
            tx.ledger_head_put(id, &head).await
        }
    }
}

test_kit::on_both! {
    async fn a_changed_row_is_told(url: &str) {
        let service = service(url).await;
        let cluster = found(&service).await;
        let id = cluster.id;
        service.readings_import(service::policy::Actor::System, &cluster, csv(0..2, &[]).as_bytes(), ImportOptions::default(), |_| {}, |_, _| {}).await.expect("imports");
        service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
        assert_eq!(service.cluster_verify(service::policy::Actor::System, &cluster).await.expect("verifies").problems, []);
        let (days, members, accounts) = service
            .store()
            .read::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    Ok((tx.day_list(id, day(0), day(2)).await?, tx.member_day_list(id, day(0), day(2), None).await?, tx.account_list(id).await?))
                })
            })
            .await
            .expect("reads");
        let kept = Arc::new((days, members, accounts));
        for (code, edit) in EDITS {
            // Days, members and accounts are taken back after each edit; readings and head stay changed and are the last to be asked for.
            let changed = service.store().write(move |tx| Box::pin(async move { change(tx, id, edit).await })).await;
            changed.expect("changes");
            let problems = service.cluster_verify(service::policy::Actor::System, &cluster).await.expect("verifies").problems;
            assert!(problems.iter().any(|problem| problem.code == code), "{problems:?}, not {code}");
            let kept = kept.clone();
            let restored = service.store().write::<_, StoreError, _>(move |tx| {
                let kept = kept.clone();
                Box::pin(async move {
                    tx.day_put(id, &kept.0[1]).await?;
                    tx.member_day_put(id, &kept.1).await?;
                    tx.account_put(id, &kept.2).await
                })
            });
            restored.await.expect("restores");
        }
    }
}
