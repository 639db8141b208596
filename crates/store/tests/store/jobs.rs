//! Numbers, jobs and events.

use quantity::Instant;
use store::{Enqueued, EventNew, Job, JobNew, Retry, Store, StoreError};
use test_kit::on_both;

use crate::{cluster, probed};

fn job(key: &str, run_at: i64) -> JobNew {
    JobNew { kind: "settlement_post".to_owned(), dedup_key: key.to_owned(), payload: format!("for {key}"), run_at: Instant(run_at) }
}

async fn enqueue(store: &Store, cluster_id: i64, new: JobNew) -> Enqueued {
    let done = store.write::<_, StoreError, _>(move |tx| {
        let new = new.clone();
        Box::pin(async move { tx.job_enqueue(cluster(cluster_id), &new).await })
    });
    done.await.unwrap()
}

async fn claim(store: &Store, owner: &str, now: i64, limit: u32) -> Vec<Job> {
    let owner = owner.to_owned();
    let done = store.write::<_, StoreError, _>(move |tx| {
        let owner = owner.clone();
        Box::pin(async move { tx.job_claim(cluster(1), &owner, Instant(now), Instant(now + 100), limit).await })
    });
    done.await.unwrap()
}

async fn complete(store: &Store, job: Job, now: i64) -> Result<(), StoreError> {
    let job = std::sync::Arc::new(job);
    store
        .write(move |tx| {
            let job = job.clone();
            Box::pin(async move { tx.job_complete(&job, Instant(now)).await })
        })
        .await
}

async fn fail(store: &Store, job: Job, retry: Retry, now: i64) -> Result<(), StoreError> {
    let job = std::sync::Arc::new(job);
    store
        .write(move |tx| {
            let job = job.clone();
            Box::pin(async move { tx.job_fail(&job, "no network", retry, Instant(now)).await })
        })
        .await
}

on_both! {
    async fn one_key_is_one_job_for_ever(url: &str) {
        let store = probed(url).await;
        let racing = (0..20).map(|_| { let store = store.clone(); tokio::spawn(async move { enqueue(&store, 1, job("day 1", 0)).await }) });
        let mut new = 0;
        for racer in racing.collect::<Vec<_>>() {
            match racer.await.unwrap() {
                Enqueued::New(1) => new += 1,
                Enqueued::Present(1) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(new, 1);
        assert!(matches!(enqueue(&store, 1, job("day 2", 0)).await, Enqueued::New(2..)));
        assert_eq!(enqueue(&store, 2, job("day 1", 0)).await, Enqueued::New(1), "another cluster counts for itself");
        let taken = claim(&store, "w", 10, 1).await.remove(0);
        complete(&store, taken, 11).await.unwrap();
        assert_eq!(enqueue(&store, 1, job("day 1", 0)).await, Enqueued::Present(1), "also after it is done");
    }

    async fn racing_workers_never_share_a_job(url: &str) {
        let store = probed(url).await;
        for n in 0..30 {
            enqueue(&store, 1, job(&format!("day {n}"), n)).await;
        }
        let racing = (0..8).map(|worker| { let store = store.clone(); tokio::spawn(async move { claim(&store, &format!("worker {worker}"), 100, 10).await }) });
        let mut numbers = Vec::new();
        for racer in racing.collect::<Vec<_>>() {
            numbers.extend(racer.await.unwrap().into_iter().map(|job| job.job_no));
        }
        // Workers that looked at the same moment may have come back short; one more round takes the rest.
        while let Some(more) = Some(claim(&store, "late", 100, 10).await).filter(|more| !more.is_empty()) {
            numbers.extend(more.into_iter().map(|job| job.job_no));
        }
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=30).collect::<Vec<i64>>());
    }

    async fn a_lost_lease_is_fenced(url: &str) {
        let store = probed(url).await;
        enqueue(&store, 1, job("day 1", 50)).await;
        assert!(claim(&store, "early", 49, 9).await.is_empty(), "not yet due");
        let first = claim(&store, "same name", 50, 9).await.remove(0);
        assert_eq!((first.attempt, &*first.kind, &*first.payload), (1, "settlement_post", "for day 1"));
        assert!(claim(&store, "other", 149, 9).await.is_empty(), "still leased");
        let second = claim(&store, "same name", 150, 9).await.remove(0);
        assert_eq!(second.attempt, 2);
        assert_eq!(complete(&store, first.clone(), 151).await.unwrap_err(), StoreError::LeaseLost { job_no: 1 });
        assert_eq!(fail(&store, first, Retry::Never, 151).await.unwrap_err().code(), "lease_lost");
        complete(&store, second.clone(), 152).await.unwrap();
        assert_eq!(complete(&store, second, 153).await.unwrap_err().code(), "lease_lost", "done is done");
        assert!(claim(&store, "other", 9999, 9).await.is_empty());
    }

    async fn a_failed_job_comes_back_later_or_never(url: &str) {
        let store = probed(url).await;
        enqueue(&store, 1, job("day 1", 0)).await;
        enqueue(&store, 7, job("day 1", 0)).await;
        let first = claim(&store, "w", 10, 9).await.remove(0);
        fail(&store, first, Retry::At(Instant(500)), 20).await.unwrap();
        assert!(claim(&store, "w", 499, 9).await.is_empty());
        let due = |now| { let store = store.clone(); async move {
            store.read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.job_due_clusters(Instant(now), None, 9).await })).await.unwrap()
        }};
        assert_eq!(due(499).await, [cluster(7)]);
        assert_eq!(due(500).await, [cluster(1), cluster(7)]);
        let second = claim(&store, "w", 500, 9).await.remove(0);
        assert_eq!(second.attempt, 2);
        fail(&store, second, Retry::Never, 510).await.unwrap();
        assert!(claim(&store, "w", 99_999, 9).await.is_empty());
        assert_eq!(due(99_999).await, [cluster(7)]);
        let after = store.read::<_, StoreError, _>(|tx| Box::pin(async move { tx.job_due_clusters(Instant(9), Some(cluster(7)), 9).await })).await;
        assert_eq!(after.unwrap(), []);
    }

    async fn effect_and_completion_are_one(url: &str) {
        let store = probed(url).await;
        enqueue(&store, 1, job("day 1", 0)).await;
        let held = std::sync::Arc::new(claim(&store, "w", 10, 9).await.remove(0));
        let late = claim(&store, "w", 110, 9).await.remove(0);
        let outcome = store.write::<(), StoreError, _>(move |tx| { let job = held.clone(); Box::pin(async move {
            tx.outbox_append(job.cluster, &[EventNew { kind: "posted".into(), payload: String::new() }], Instant(1)).await?;
            tx.job_complete(&job, Instant(2)).await
        })}).await;
        assert_eq!(outcome.unwrap_err().code(), "lease_lost");
        let told = store.read::<_, StoreError, _>(|tx| Box::pin(async move { tx.outbox_tail(cluster(1), 0, 9).await })).await.unwrap();
        assert!(told.is_empty(), "the late effect is gone with its unit");
        complete(&store, late, 120).await.unwrap();
    }

    async fn events_are_told_in_order_without_gaps(url: &str) {
        let store = probed(url).await;
        let telling = (0..30i64).map(|n| { let store = store.clone(); tokio::spawn(async move {
            let told = store.write::<Option<i64>, StoreError, _>(move |tx| Box::pin(async move {
                let event = |part: &str| EventNew { kind: "reading".to_owned(), payload: format!("{n} {part}") };
                let first = tx.outbox_append(cluster(3), &[event("a"), event("b")], Instant(n)).await?;
                if n % 3 == 0 { Err(StoreError::corrupt("a unit", "that is refused")) } else { Ok(first) }
            })).await;
            assert_eq!(told.is_err(), n % 3 == 0);
        })});
        for teller in telling.collect::<Vec<_>>() {
            teller.await.unwrap();
        }
        let read = |after, limit| { let store = store.clone(); async move {
            store.read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.outbox_tail(cluster(3), after, limit).await })).await.unwrap()
        }};
        let all = read(0, 1000).await;
        assert_eq!(all.iter().map(|event| event.event_no).collect::<Vec<_>>(), (1..=40).collect::<Vec<i64>>());
        for pair in all.chunks(2) {
            assert_eq!(pair[0].payload.replace(" a", " b"), pair[1].payload, "events of one unit stay together");
        }
        assert_eq!(read(38, 1).await, all[38..39]);
        assert_eq!(read(40, 9).await, []);
        let none = store.write::<_, StoreError, _>(|tx| Box::pin(async move { tx.outbox_append(cluster(3), &[], Instant(0)).await })).await;
        assert_eq!(none.unwrap(), None);
    }

    async fn old_events_go_and_the_newest_stays(url: &str) {
        let store = probed(url).await;
        for of in [3, 4] {
            store.write::<_, StoreError, _>(move |tx| Box::pin(async move {
                for at in 1..=10i64 {
                    tx.outbox_append(cluster(of), &[EventNew { kind: "reading".to_owned(), payload: String::new() }], Instant(at * 100)).await?;
                }
                Ok(())
            })).await.unwrap();
        }
        let prune = |before, limit| { let store = store.clone(); async move {
            store.write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.outbox_prune(cluster(3), Instant(before), limit).await })).await.unwrap()
        }};
        let left = |of| { let store = store.clone(); async move {
            let all = store.read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.outbox_tail(cluster(of), 0, 99).await })).await.unwrap();
            all.iter().map(|event| event.event_no).collect::<Vec<_>>()
        }};
        assert_eq!(prune(100, 9).await, 0, "what happened at that very moment stays");
        assert_eq!([prune(701, 4).await, prune(701, 4).await, prune(701, 4).await], [4, 3, 0]);
        assert_eq!((left(3).await, left(4).await.len()), (vec![8, 9, 10], 10));
        assert_eq!([prune(9_999, 99).await, prune(9_999, 99).await], [2, 0]);
        assert_eq!(left(3).await, [10]);
        let next = store.write::<_, StoreError, _>(|tx| Box::pin(async move {
            tx.outbox_append(cluster(3), &[EventNew { kind: "reading".to_owned(), payload: String::new() }], Instant(1)).await
        })).await.unwrap();
        assert_eq!(next, Some(11));
    }

    async fn turns_make_read_and_decide_safe(url: &str) {
        use store::sql;
        let store = probed(url).await;
        let turns = (0..25).map(|_| { let store = store.clone(); tokio::spawn(async move {
            store.write::<(), StoreError, _>(|tx| Box::pin(async move {
                tx.cluster_turn(cluster(1)).await?;
                let highest = tx.query_one(&sql!("SELECT COALESCE(MAX(id), 0) FROM probe"), &[], |row| row.int(0)).await?;
                tx.exec(&crate::INSERT, &[(highest + 1).into(), "turn".into()]).await.map(drop)
            })).await
        })});
        for turn in turns.collect::<Vec<_>>() {
            turn.await.unwrap().unwrap();
        }
        assert_eq!(crate::count(&store).await, 25);
        let refused = store.write::<i64, StoreError, _>(|tx| Box::pin(async move { tx.numbers_take(cluster(1), "member", 0).await })).await;
        assert_eq!(refused.unwrap_err().code(), "misuse");
    }
}
