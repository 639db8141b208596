//! What only SQLite does: group commit, full disks, locks of other programs, bounded queues.

use std::sync::Arc;
use std::sync::mpsc::channel;

use store::{BoxFuture, OpenOptions, Sql, Store, StoreError, Tx, Value, sql};

use crate::{COUNT, INSERT, PROBE, count, probed, write_one};

const FILL: Sql = sql!("INSERT INTO probe (id, bytes) VALUES ($1, $2)");

#[test]
fn units_that_wait_share_one_commit() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let store = probed(database.url()).await;
        // The first unit keeps the writer busy until all others wait.
        let (release, held) = channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let begun = Arc::new(std::sync::Mutex::new(Some(begun)));
        let first = tokio::spawn({
            let store = store.clone();
            async move {
                store
                    .write::<(), StoreError, _>(move |_| {
                        if let Some(begun) = begun.lock().unwrap().take() {
                            begun.send(()).unwrap();
                        }
                        held.lock().unwrap().recv().unwrap();
                        Box::pin(async { Ok(()) })
                    })
                    .await
            }
        });
        has_begun.await.unwrap();
        let commits_before = commits(database.url());
        let mut waiting: Vec<_> = (0..300i64)
            .map(|id| {
                let store = store.clone();
                Box::pin(async move {
                    store
                        .write::<(), StoreError, _>(move |tx| Box::pin(async move { tx.exec(&INSERT, &[id.into(), "x".into()]).await.map(drop) }))
                        .await
                })
            })
            .collect();
        // One poll puts each into the queue; one of them leaves before its turn.
        for unit in &mut waiting {
            let unit: std::pin::Pin<&mut dyn Future<Output = Result<(), StoreError>>> = unit.as_mut();
            assert!(unit.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_pending());
        }
        drop(waiting.remove(100));
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        for unit in waiting {
            unit.await.unwrap();
        }
        assert_eq!(count(&store).await, 299, "a unit whose caller left before it began is skipped");
        // The first unit wrote nothing, so its commit leaves no frame.
        assert_eq!(commits(database.url()) - commits_before, 1, "all of them in one commit");
    });
}

/// Commits in the log since it was begun: frames that carry the size of the database (SQLite file format, 4.1).
fn commits(url: &str) -> usize {
    let log = std::fs::read(format!("{}-wal", url.trim_start_matches("sqlite:"))).unwrap();
    log[32..].chunks_exact(24 + 4096).filter(|frame| frame[4..8] != [0; 4]).count()
}

async fn fill(store: &Store, id: i64, kib: usize) -> Result<(), StoreError> {
    store.write(move |tx| Box::pin(async move { tx.exec(&FILL, &[id.into(), Value::Bytes(&vec![7; kib << 10])]).await.map(drop) })).await
}

#[test]
fn a_full_disk_is_told_and_nothing_is_half_done() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let small = OpenOptions { pages_max: Some(400), ..OpenOptions::default() };
        let store = Store::open(database.url(), small.clone()).await.unwrap();
        write_one(&store, &PROBE).await;
        fill(&store, 1, 100).await.unwrap();
        let error = fill(&store, 2, 4000).await.unwrap_err();
        assert_eq!(error.code(), "disk_full");
        assert!(error.is_transient());
        assert_eq!(count(&store).await, 1);
        // Beside others in one batch: each answer is true.
        let units = (10..60i64).map(|id| {
            let store = store.clone();
            tokio::spawn(async move { (id, fill(&store, id, if id % 10 == 5 { 4000 } else { 1 }).await) })
        });
        let mut kept = 1;
        for unit in units.collect::<Vec<_>>() {
            match unit.await.unwrap() {
                (_, Ok(())) => kept += 1,
                (_, Err(error)) => assert_eq!(error.code(), "disk_full"),
            }
        }
        assert_eq!(count(&store).await, kept);
        // After room was made the writer goes on.
        drop(store);
        let store = Store::open(database.url(), OpenOptions::default()).await.unwrap();
        fill(&store, 2, 4000).await.unwrap();
        assert_eq!(count(&store).await, kept + 1);
    });
}

#[test]
fn another_programs_lock_is_waited_for_and_told() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let store = probed(database.url()).await;
        let other = rusqlite::Connection::open(database.url().trim_start_matches("sqlite:")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = fill(&store, 1, 1).await.unwrap_err();
        assert_eq!(error.code(), "database_busy");
        assert_eq!(count(&store).await, 0, "readers do not mind");
        other.execute_batch("ROLLBACK").unwrap();
        fill(&store, 1, 1).await.unwrap();
        assert_eq!(count(&store).await, 1);
    });
}

#[test]
fn queues_are_bounded() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let tight = OpenOptions { readers: 1, read_queue: 2, write_queue: 2, ..OpenOptions::default() };
        let store = Store::open(database.url(), tight).await.unwrap();
        write_one(&store, &PROBE).await;
        for is_write in [true, false] {
            let (release, held) = channel::<()>();
            let held = Arc::new(std::sync::Mutex::new(held));
            let (begun, has_begun) = channel();
            let slow = tokio::spawn({
                let store = store.clone();
                async move {
                    either(&store, is_write, move |_| {
                        begun.send(()).unwrap();
                        held.lock().unwrap().recv().unwrap();
                        Box::pin(async { Ok(()) })
                    })
                    .await
                }
            });
            tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
            let mut waiting: Vec<_> = (0..5)
                .map(|_| {
                    let store = store.clone();
                    Box::pin(async move {
                        either(&store, is_write, |tx| Box::pin(async move { tx.query_one(&COUNT, &[], |row| row.int(0)).await })).await
                    })
                })
                .collect();
            let mut overloaded = 0;
            let mut rest = Vec::new();
            for mut unit in waiting.drain(..) {
                let polled = Future::poll(unit.as_mut(), &mut std::task::Context::from_waker(std::task::Waker::noop()));
                match polled {
                    std::task::Poll::Ready(answer) => {
                        assert_eq!(answer.unwrap_err(), StoreError::Overloaded);
                        overloaded += 1
                    }
                    std::task::Poll::Pending => rest.push(unit),
                }
            }
            assert_eq!(overloaded, 3, "two wait, the others are told at once");
            release.send(()).unwrap();
            slow.await.unwrap().unwrap();
            for unit in rest {
                assert_eq!(unit.await.unwrap(), 0);
            }
        }
    });
}

async fn either<T, F>(store: &Store, is_write: bool, unit: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: for<'a, 'c> Fn(&'a mut Tx<'c>) -> BoxFuture<'a, Result<T, StoreError>> + Send + Sync + 'static,
{
    if is_write { store.write(unit).await } else { store.read(unit).await }
}

#[test]
fn a_snapshot_stands_still_while_others_write() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let store = probed(database.url()).await;
        let (begun, has_begun) = channel::<()>();
        let (go, may_go) = channel::<()>();
        let may_go = Arc::new(std::sync::Mutex::new(may_go));
        let reading = tokio::spawn({
            let store = store.clone();
            async move {
                store
                    .read::<(i64, i64), StoreError, _>(move |tx| {
                        let (begun, may_go) = (begun.clone(), may_go.clone());
                        Box::pin(async move {
                            let before = tx.query_one(&COUNT, &[], |row| row.int(0)).await?;
                            begun.send(()).unwrap();
                            may_go.lock().unwrap().recv().unwrap();
                            Ok((before, tx.query_one(&COUNT, &[], |row| row.int(0)).await?))
                        })
                    })
                    .await
            }
        });
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        fill(&store, 1, 1).await.unwrap();
        assert_eq!(count(&store).await, 1);
        go.send(()).unwrap();
        assert_eq!(reading.await.unwrap().unwrap(), (0, 0));
    });
}

/// Finding a list of keys in a ledger, or what is open in a market, must not take longer the longer the history is.
#[test]
fn keys_are_found_by_their_index() {
    const BY_KEY: Sql = sql!("EXPLAIN QUERY PLAN SELECT status FROM transfer WHERE cluster_id = $1 AND key_high IN ($2, $3, $4, $5)");
    const REFUSED: Sql = sql!("EXPLAIN QUERY PLAN SELECT refusal FROM transfer_refusal WHERE cluster_id = $1 AND key_high IN ($2, $3, $4, $5)");
    const BY_DAY: Sql = sql!("EXPLAIN QUERY PLAN SELECT status FROM transfer WHERE cluster_id = $1 AND business_on >= $2 AND business_on < $3");
    const OPEN: Sql = sql!("EXPLAIN QUERY PLAN SELECT price FROM trade_order WHERE cluster_id = $1 AND state = 'open' ORDER BY rank");
    const DEALS: Sql =
        sql!("EXPLAIN QUERY PLAN SELECT price FROM deal WHERE cluster_id = $1 AND (state = 'open' OR state = 'accepted') AND window_end > $2");
    let database = test_kit::sqlite();
    test_kit::run(async {
        // Once in the process that makes the schema, once in the next.
        for _ in 0..2 {
            let store = Store::open(database.url(), OpenOptions::default()).await.unwrap();
            for (sql, parameters, wanted) in [
                (&BY_KEY, 5, "INDEX transfer_key (cluster_id=? AND key_high=?)"),
                (&REFUSED, 5, "PRIMARY KEY (cluster_id=? AND key_high=?)"),
                (&BY_DAY, 3, "INDEX transfer_business (cluster_id=? AND business_on>? AND business_on<?)"),
                (&OPEN, 1, "INDEX trade_order_open (cluster_id=?)"),
                (&DEALS, 2, "INDEX deal_live (cluster_id=? AND window_end>?)"),
            ] {
                let plan = store.write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { tx.query(sql, &vec![Value::Int(1); parameters], |row| Ok(row.text(3)?.to_owned())).await })
                });
                let plan = plan.await.unwrap().join("\n");
                assert!(plan.contains(wanted), "{plan}");
            }
        }
    });
}

#[test]
fn readers_alone_leave_nothing_beside_the_file() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        drop(probed(database.url()).await);
        let path = database.url().trim_start_matches("sqlite:").to_owned();
        for round in 0..300 {
            let store = Store::open(database.url(), OpenOptions { readers: 4, ..OpenOptions::read_only() }).await.unwrap();
            assert_eq!(count(&store).await, 0);
            drop(store);
            for part in ["-wal", "-shm"] {
                assert!(!std::path::Path::new(&format!("{path}{part}")).exists(), "round {round}: {part} is left");
            }
        }
    });
}
