//! Units of work: all or nothing, apart from each other, and the same answers on both engines.

use store::{BoxFuture, Engine, Sql, Store, StoreError, Tx, Value, sql};
use test_kit::on_both;

use crate::{INSERT, count, number, probed};

/// A caller's own error, as a service has.
#[derive(Debug, PartialEq)]
enum Refusal {
    TooMuch,
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type PlainUnit = for<'a, 'c> fn(&'a mut Tx<'c>) -> BoxFuture<'a, Result<(), StoreError>>;

async fn code<F>(store: &Store, unit: F) -> &'static str
where
    F: for<'a, 'c> Fn(&'a mut Tx<'c>) -> BoxFuture<'a, Result<(), StoreError>> + Send + Sync + 'static,
{
    store.write(unit).await.map_or_else(|error| error.code(), |()| "ok")
}

on_both! {
    async fn eighty_of_a_hundred(url: &str) {
        let store = probed(url).await;
        let units = (0..100i64).map(|id| {
            let store = store.clone();
            tokio::spawn(async move {
                store.write::<i64, Refusal, _>(move |tx| Box::pin(async move {
                    tx.exec(&INSERT, &[id.into(), "unit".into()]).await?;
                    match id % 10 {
                        3 => Err(Refusal::TooMuch),
                        7 => panic!("unit {id} panics"),
                        _ => Ok(id),
                    }
                })).await
            })
        });
        let mut seen = [0; 3];
        for (id, unit) in (0..).zip(units.collect::<Vec<_>>()) {
            match unit.await.unwrap() {
                Ok(answer) => { assert_eq!(answer, id); seen[0] += 1 }
                Err(Refusal::TooMuch) => seen[1] += 1,
                Err(Refusal::Store(StoreError::UnitPanicked(text))) => { assert_eq!(text, format!("unit {id} panics")); seen[2] += 1 }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(seen, [80, 10, 10]);
        assert_eq!(count(&store).await, 80);
    }

    async fn a_duplicate_does_not_hurt_its_neighbours(url: &str) {
        let store = probed(url).await;
        let units = (0..40i64).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                // Every other unit wants key 0; each also writes a key of its own first.
                let second = if n % 2 == 0 { 0 } else { 1000 + n };
                store.write::<(), StoreError, _>(move |tx| Box::pin(async move {
                    tx.exec(&INSERT, &[(100 + n).into(), "own".into()]).await?;
                    tx.exec(&INSERT, &[second.into(), "wanted".into()]).await?;
                    Ok(())
                })).await
            })
        });
        let mut codes = Vec::new();
        for unit in units.collect::<Vec<_>>() {
            codes.push(unit.await.unwrap().map_or_else(|error| error.code(), |()| "ok"));
        }
        assert_eq!(codes.iter().filter(|code| **code == "ok").count(), 21);
        assert_eq!(codes.iter().filter(|code| **code == "unique_violation").count(), 19);
        assert_eq!(count(&store).await, 42);
    }

    async fn values_come_back_as_they_went_in(url: &str) {
        const ALL: Sql = sql!("INSERT INTO probe (id, label, flag, bytes, ratio) VALUES ($1, $2, $3, $4, $5)");
        const READ: Sql = sql!("SELECT id, label, flag, bytes, ratio, '$1 it''s ?', CAST($1 AS BIGINT) > 0 FROM probe WHERE id = $1");
        let store = probed(url).await;
        store.write::<(), StoreError, _>(|tx| Box::pin(async move {
            let bytes: &[u8] = &[0, 255, 7];
            tx.exec(&ALL, &[i64::MAX.into(), "Łusaka".into(), true.into(), bytes.into(), 0.1.into()]).await?;
            tx.exec(&ALL, &[i64::MIN.into(), Value::Null, false.into(), Value::Null, Value::Null]).await?;
            Ok(())
        })).await.unwrap();
        store.read::<(), StoreError, _>(|tx| Box::pin(async move {
            tx.query_one(&READ, &[i64::MAX.into()], |row| {
                assert_eq!((row.int(0)?, row.text(1)?, row.boolean(2)?), (i64::MAX, "Łusaka", true));
                assert_eq!((row.bytes(3)?, row.real(4)?, row.text(5)?, row.boolean(6)?), (&[0u8, 255, 7][..], 0.1, "$1 it's ?", true));
                Ok(())
            }).await?;
            tx.query_one(&READ, &[i64::MIN.into()], |row| {
                assert_eq!((row.int(0)?, row.opt_text(1)?, row.boolean(2)?, row.opt_bytes(3)?, row.opt_real(4)?), (i64::MIN, None, false, None, None));
                // Each misreading is an error, not a surprise.
                assert_eq!(row.text(1).unwrap_err().code(), "data_corrupt");
                assert_eq!(row.text(0).unwrap_err().code(), "data_corrupt");
                assert_eq!(row.int(5).unwrap_err().code(), "data_corrupt");
                assert_eq!(row.bytes(0).unwrap_err().code(), "data_corrupt");
                assert_eq!(row.int(9).unwrap_err().code(), "misuse");
                assert_eq!(row.text(9).unwrap_err().code(), "misuse");
                Ok(())
            }).await
        })).await.unwrap();
    }

    async fn upsert_and_returning(url: &str) {
        const ADD: Sql = sql!(
            "INSERT INTO probe (id, amount) VALUES ($1, $2)
             ON CONFLICT (id) DO UPDATE SET amount = probe.amount + excluded.amount RETURNING amount"
        );
        const ADD_ALL: Sql = sql!("UPDATE probe SET amount = amount + 1 RETURNING id");
        let store = probed(url).await;
        let sums = store.write::<Vec<i64>, StoreError, _>(|tx| Box::pin(async move {
            let mut sums = Vec::new();
            for id in [1, 2, 1i64] {
                sums.push(tx.query_one(&ADD, &[id.into(), 5.into()], |row| row.int(0)).await?);
            }
            // A mapper that refuses the first row still lets the statement touch the second.
            let refused = tx.query(&ADD_ALL, &[], |_| Err::<(), _>(StoreError::corrupt("probe.id", "any"))).await;
            assert_eq!(refused.unwrap_err().code(), "data_corrupt");
            Ok(sums)
        })).await.unwrap();
        assert_eq!(sums, [5, 5, 10]);
        assert_eq!(number(&store, &const { sql!("SELECT CAST(SUM(amount) AS BIGINT) FROM probe") }).await, 17);
    }

    async fn misuse_is_refused_alike(url: &str) {
        const TWO: Sql = sql!("SELECT COUNT(*) FROM probe WHERE id = $1 OR id = $2");
        const RETURNING: Sql = sql!("INSERT INTO probe (id) VALUES ($1) RETURNING id");
        let store = probed(url).await;
        for (wanted, unit) in [
            ("misuse", (|tx| Box::pin(async move { tx.query(&TWO, &[1.into()], |row| row.int(0)).await.map(drop) })) as PlainUnit),
            ("misuse", |tx| Box::pin(async move { tx.query(&TWO, &[1.into(), 2.into(), 3.into()], |row| row.int(0)).await.map(drop) })),
            ("misuse", |tx| Box::pin(async move { tx.exec(&RETURNING, &[1.into()]).await.map(drop) })),
            ("invalid_value", |tx| Box::pin(async move { tx.exec(&INSERT, &[1.into(), "a\0b".into()]).await.map(drop) })),
            ("invalid_value", |tx| Box::pin(async move { tx.exec(&INSERT, &[1.into(), f64::NAN.into()]).await.map(drop) })),
            ("unique_violation", |tx| Box::pin(async move { tx.exec(&INSERT, &[1.into(), "a".into()]).await?; tx.exec(&INSERT, &[1.into(), "b".into()]).await.map(drop) })),
            ("foreign_key", |tx| Box::pin(async move { tx.exec(&sql!("INSERT INTO probe (id, parent) VALUES ($1, $2)"), &[1.into(), 9.into()]).await.map(drop) })),
            ("check_failed", |tx| Box::pin(async move { tx.exec(&sql!("INSERT INTO probe (id, amount) VALUES ($1, $2)"), &[1.into(), (-1).into()]).await.map(drop) })),
            ("check_failed", |tx| Box::pin(async move { tx.exec(&INSERT, &[Value::Null, "a".into()]).await.map(drop) })),
            ("engine_failed", |tx| Box::pin(async move { tx.exec(&sql!("INSERT INTO nowhere (id) VALUES ($1)"), &[1.into()]).await.map(drop) })),
            ("row_count", |tx| Box::pin(async move { tx.query_one(&sql!("SELECT id FROM probe"), &[], |row| row.int(0)).await.map(drop) })),
        ] {
            assert_eq!(code(&store, unit).await, wanted);
        }
        assert_eq!(count(&store).await, 0);
    }

    async fn a_type_taken_from_a_literal_is_found_on_postgres(url: &str) {
        let store = probed(url).await;
        let read = store.read::<Vec<i64>, StoreError, _>(|tx| Box::pin(async move {
            tx.query(&sql!("SELECT id FROM probe WHERE id = 1 OR $1 = 0"), &[7.into()], |row| row.int(0)).await
        })).await;
        match store.engine() {
            Engine::Lite => assert_eq!(read.unwrap(), Vec::<i64>::new()),
            Engine::Pg => assert_eq!(read.unwrap_err().code(), "misuse"),
        }
    }

    async fn a_swallowed_failure_is_not_a_success(url: &str) {
        let store = probed(url).await;
        let outcome = code(&store, |tx| Box::pin(async move {
            tx.exec(&INSERT, &[1.into(), "first".into()]).await?;
            assert_eq!(tx.exec(&INSERT, &[1.into(), "again".into()]).await.unwrap_err().code(), "unique_violation");
            // Nothing runs any more, on either engine.
            assert_eq!(tx.exec(&INSERT, &[2.into(), "later".into()]).await.unwrap_err().code(), "unique_violation");
            Ok(())
        })).await;
        assert_eq!(outcome, "unique_violation");
        assert_eq!(count(&store).await, 0);
    }

    async fn a_read_is_a_snapshot_and_cannot_write(url: &str) {
        let store = probed(url).await;
        let read = store.read::<(), StoreError, _>(|tx| Box::pin(async move { tx.exec(&INSERT, &[1.into(), "x".into()]).await.map(drop) })).await;
        assert_eq!(read.unwrap_err().code(), "read_only");
        assert_eq!(count(&store).await, 0);
        let panicked = store.read::<(), StoreError, _>(|_| Box::pin(async move { panic!("in a read") })).await;
        assert_eq!(panicked.unwrap_err(), StoreError::UnitPanicked("in a read".to_owned()));
        assert_eq!(count(&store).await, 0, "the reader works on");
    }

    async fn a_caller_that_leaves_does_not_stop_a_unit(url: &str) {
        let store = probed(url).await;
        for id in 0..50i64 {
            let task = tokio::spawn({
                let store = store.clone();
                async move {
                    store.write::<(), StoreError, _>(move |tx| Box::pin(async move {
                        tx.exec(&INSERT, &[(2 * id).into(), "first half".into()]).await?;
                        tx.exec(&INSERT, &[(2 * id + 1).into(), "second half".into()]).await.map(drop)
                    })).await
                }
            });
            if id % 2 == 0 {
                tokio::task::yield_now().await;
            }
            task.abort();
            let _ = task.await;
        }
        // Units that began are finished; a last one behind them waits for all on SQLite, and on PostgreSQL the
        // count is even at any moment, since each unit is one transaction.
        assert_eq!(code(&store, |_| Box::pin(async { Ok(()) })).await, "ok");
        assert_eq!(count(&store).await % 2, 0);
    }
}

#[test]
fn a_foreign_await_is_found_on_sqlite() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let store = probed(database.url()).await;
        let outcome = code(&store, |tx| {
            Box::pin(async move {
                tx.exec(&INSERT, &[1.into(), "before".into()]).await?;
                tokio::task::yield_now().await;
                tx.exec(&INSERT, &[2.into(), "after".into()]).await.map(drop)
            })
        });
        assert_eq!(outcome.await, "suspended");
        assert_eq!(count(&store).await, 0);
        let outcome = store
            .read::<(), StoreError, _>(|_| {
                Box::pin(async {
                    tokio::task::yield_now().await;
                    Ok(())
                })
            })
            .await;
        assert_eq!(outcome.unwrap_err().code(), "suspended");
        assert_eq!(count(&store).await, 0);
    });
}

#[test]
fn collisions_are_repeated_on_postgres() {
    const TAKE: Sql = sql!("UPDATE probe SET amount = amount + 1 WHERE id = $1");
    let database = test_kit::postgres();
    test_kit::run(async {
        let store = probed(database.url()).await;
        store
            .write::<(), StoreError, _>(|tx| {
                Box::pin(async move {
                    for id in [1i64, 2] {
                        tx.exec(&sql!("INSERT INTO probe (id, amount) VALUES ($1, 0)"), &[id.into()]).await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
        // Two units that lock two rows in opposite order deadlock; the server cancels one, the store repeats it.
        let meet = std::sync::Arc::new(tokio::sync::Barrier::new(2));
        let tries = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let unit = |first: i64, second: i64| {
            let (store, meet, tries) = (store.clone(), meet.clone(), tries.clone());
            tokio::spawn(async move {
                store
                    .write::<(), StoreError, _>(move |tx| {
                        let (meet, tries) = (meet.clone(), tries.clone());
                        Box::pin(async move {
                            tx.exec(&TAKE, &[first.into()]).await?;
                            if tries.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
                                meet.wait().await;
                            }
                            tx.exec(&TAKE, &[second.into()]).await.map(drop)
                        })
                    })
                    .await
            })
        };
        let (one, two) = (unit(1, 2), unit(2, 1));
        one.await.unwrap().unwrap();
        two.await.unwrap().unwrap();
        // At least one ran again; while the other has not yet woken up, that one may collide once more.
        assert!(tries.load(std::sync::atomic::Ordering::SeqCst) >= 3);
        assert_eq!(number(&store, &const { sql!("SELECT CAST(SUM(amount) AS BIGINT) FROM probe") }).await, 4);
    });
}

#[test]
fn endless_collisions_end() {
    const COLLIDE: Sql = sql!("DO 'BEGIN RAISE EXCEPTION SQLSTATE ''40001''; END'");
    let database = test_kit::postgres();
    test_kit::run(async {
        let store = probed(database.url()).await;
        let tries = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = tries.clone();
        let outcome = store
            .write::<(), StoreError, _>(move |tx| {
                counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                Box::pin(async move { tx.exec(&COLLIDE, &[]).await.map(drop) })
            })
            .await;
        assert_eq!(outcome.unwrap_err(), StoreError::RetryExhausted { attempts: 6 });
        assert_eq!(tries.load(std::sync::atomic::Ordering::SeqCst), 6);
    });
}

#[test]
fn a_restarted_server_is_met_again() {
    const CUT: Sql =
        sql!("SELECT pg_terminate_backend(pid)::INTEGER FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    let database = test_kit::postgres();
    test_kit::run(async {
        let store = probed(database.url()).await;
        let other = probed_again(database.url()).await;
        let cut = || async {
            other.read::<Vec<i64>, StoreError, _>(|tx| Box::pin(async move { tx.query(&CUT, &[], |row| row.int(0)).await })).await.unwrap()
        };
        assert_eq!(code(&store, |tx| Box::pin(async move { tx.exec(&INSERT, &[1.into(), "a".into()]).await.map(drop) })).await, "ok");
        // Idle connections are gone; the next unit gets a new one.
        assert!(cut().await.contains(&1));
        assert_eq!(code(&store, |tx| Box::pin(async move { tx.exec(&INSERT, &[2.into(), "b".into()]).await.map(drop) })).await, "ok");
        assert!(cut().await.contains(&1));
        assert_eq!(count(&store).await, 2);
        // Cut in the middle: told, and nothing kept.
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let begun = std::sync::Mutex::new(Some(begun));
        let (go, may_go) = tokio::sync::watch::channel(false);
        let unit = tokio::spawn({
            let store = store.clone();
            async move {
                let begun = std::sync::Arc::new(begun);
                store
                    .write::<(), StoreError, _>(move |tx| {
                        let (begun, mut may_go) = (begun.clone(), may_go.clone());
                        Box::pin(async move {
                            tx.exec(&INSERT, &[3.into(), "c".into()]).await?;
                            if let Some(begun) = begun.lock().unwrap().take() {
                                begun.send(()).unwrap()
                            }
                            may_go.wait_for(|go| *go).await.unwrap();
                            tx.exec(&INSERT, &[4.into(), "d".into()]).await.map(drop)
                        })
                    })
                    .await
            }
        });
        has_begun.await.unwrap();
        assert!(cut().await.contains(&1));
        go.send(true).unwrap();
        assert_eq!(unit.await.unwrap().unwrap_err().code(), "database_unreachable");
        assert_eq!(count(&store).await, 2);
    });
}

async fn probed_again(url: &str) -> Store {
    Store::open(url, store::OpenOptions { connections: 1, ..store::OpenOptions::default() }).await.unwrap()
}
