//! One file from either engine, for either engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use quantity::Instant;
use store::backup::{BackupSummary, restore, verify};
use store::{EventNew, JobNew, OpenOptions, Sql, Store, StoreError, sql};
use test_kit::{Database, on_both};

use crate::{cluster, number, write_one};

/// A folder for backup files, removed at the end.
fn folder() -> Database {
    test_kit::sqlite()
}

fn file(folder: &Database, name: &str) -> PathBuf {
    folder.folder().unwrap().join(name)
}

/// Puts in rows of every kind: NULL, empty and long text, extreme numbers.
async fn filled(url: &str) -> Store {
    let store = Store::open(url, OpenOptions::default()).await.unwrap();
    store
        .write::<(), StoreError, _>(|tx| {
            Box::pin(async move {
                for id in [1, 2, i64::MAX] {
                    let events: Vec<EventNew> =
                        (0..700).map(|n| EventNew { kind: format!("kind {}", n % 7), payload: "Łusaka – ż\n\"'\\".repeat(n % 90) }).collect();
                    tx.outbox_append(cluster(id), &events, Instant(i64::MIN)).await?;
                    for key in ["z", "A", "a", "Ä", ""] {
                        let job = JobNew { kind: key.to_owned(), dedup_key: "k".to_owned(), payload: "p".to_owned(), run_at: Instant(0) };
                        tx.job_enqueue(cluster(id), &job).await?;
                    }
                    let jobs = tx.job_claim(cluster(id), "w", Instant(5), Instant(9), 2).await?;
                    tx.job_complete(&jobs[0], Instant(6)).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    store
}

async fn backup(store: &Store, file: &Path) -> BackupSummary {
    store.backup(file, Instant(1_000), |_| ()).await.unwrap()
}

/// The frames, without the compression around them.
fn frames(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()), &mut bytes).unwrap();
    bytes
}

#[test]
fn backups_move_between_engines_byte_for_byte() {
    let folder = folder();
    let (lite, pg) = (test_kit::sqlite(), test_kit::postgres());
    let (lite_again, pg_again) = (test_kit::sqlite(), test_kit::postgres());
    test_kit::run(async {
        let first = file(&folder, "first");
        let summary = backup(&filled(lite.url()).await, &first).await;
        // Two counters and a turn-free cluster, five jobs and 700 events, three times.
        assert_eq!(summary.rows, 3 * (2 + 5 + 700));
        assert_eq!(verify(&first).unwrap(), summary);
        let mut from = first.clone();
        for (step, url) in [pg.url(), pg_again.url(), lite_again.url()].into_iter().enumerate() {
            let heard = Arc::new(AtomicI64::new(0));
            let progress = heard.clone();
            assert_eq!(restore(url, &from, move |rows| progress.store(rows as i64, Ordering::SeqCst)).await.unwrap(), summary);
            assert_eq!(heard.load(Ordering::SeqCst), summary.rows as i64);
            let store = Store::open(url, OpenOptions::default()).await.unwrap();
            let next = file(&folder, &format!("next {step}"));
            assert_eq!(backup(&store, &next).await, summary);
            assert_eq!(frames(&next), frames(&first), "step {step}");
            from = next;
        }
    });
}

on_both! {
    async fn a_backup_is_one_moment_while_others_write(url: &str) {
        const TOTAL: Sql = sql!("SELECT CAST(SUM(last_no) AS BIGINT) FROM counter");
        const UNEQUAL: Sql = sql!(
            "SELECT COUNT(*) FROM counter c WHERE c.kind = 'event'
             AND c.last_no <> (SELECT COUNT(*) FROM outbox o WHERE o.cluster_id = c.cluster_id)"
        );
        let folder = folder();
        let store = filled(url).await;
        let stop = Arc::new(AtomicBool::new(false));
        let writing: Vec<_> = (1..=4i64).map(|id| { let (store, stop) = (store.clone(), stop.clone()); tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                store.write::<(), StoreError, _>(move |tx| Box::pin(async move {
                    let event = EventNew { kind: "k".to_owned(), payload: "p".to_owned() };
                    tx.outbox_append(cluster(id), &[event.clone(), event], Instant(0)).await.map(drop)
                })).await.unwrap();
            }
        })}).collect();
        let mut totals = Vec::new();
        for name in ["one", "two", "three"] {
            let path = file(&folder, name);
            backup(&store, &path).await;
            let scratch = test_kit::sqlite();
            restore(scratch.url(), &path, |_| ()).await.unwrap();
            let copy = Store::open(scratch.url(), OpenOptions::default()).await.unwrap();
            assert_eq!(number(&copy, &UNEQUAL).await, 0, "counters and events are of the same moment");
            totals.push(number(&copy, &TOTAL).await);
        }
        stop.store(true, Ordering::SeqCst);
        for writer in writing {
            writer.await.unwrap();
        }
        assert!(totals[0] < totals[1] && totals[1] < totals[2], "the writers went on: {totals:?}");
    }

    async fn a_filled_target_is_refused_and_kept(url: &str) {
        let folder = folder();
        let path = file(&folder, "backup");
        let store = filled(url).await;
        backup(&store, &path).await;
        let before = frames(&path);
        drop(store);
        let error = restore(url, &path, |_| ()).await.unwrap_err();
        assert_eq!(error, StoreError::RestoreNotEmpty("counter".to_owned()));
        backup(&Store::open(url, OpenOptions::default()).await.unwrap(), &path).await;
        assert_eq!(frames(&path), before);
    }

    async fn a_damaged_backup_is_refused_before_anything_is_written(url: &str) {
        let folder = folder();
        let good = file(&folder, "good");
        let from = test_kit::sqlite();
        backup(&filled(from.url()).await, &good).await;
        let packed = std::fs::read(&good).unwrap();
        let bad = file(&folder, "bad");
        let mut flipped = packed.clone();
        flipped[packed.len() / 2] ^= 1;
        for (what, bytes) in [
            ("truncated", packed[..packed.len() - 1].to_vec()),
            ("half", packed[..packed.len() / 2].to_vec()),
            ("empty", Vec::new()),
            ("flipped", flipped),
            ("not packed", b"cluster_id;job_no".to_vec()),
        ] {
            std::fs::write(&bad, bytes).unwrap();
            assert_eq!(restore(url, &bad, |_| ()).await.unwrap_err().code(), "backup_damaged", "{what}");
        }
        let store = Store::open(url, OpenOptions::default()).await.unwrap();
        assert_eq!(number(&store, &const { sql!("SELECT COUNT(*) FROM outbox") }).await, 0);
    }

    async fn a_backup_from_a_newer_program_is_refused(url: &str) {
        let folder = folder();
        let (good, newer) = (file(&folder, "good"), file(&folder, "newer"));
        let from = test_kit::sqlite();
        let known = backup(&filled(from.url()).await, &good).await.schema_version;
        // The header is [0, text of 18, format 1, schema version, instant]: length, array, tag, text head and text.
        let mut bytes = frames(&good);
        let at = 4 + 1 + 1 + 1 + 18 + 1;
        assert_eq!(i32::from(bytes[at]), known, "small versions are one byte");
        bytes[at] = 23;
        let digest_at = bytes.len() - 32;
        let end_at = bytes.windows(2).rposition(|pair| pair == [0x83, 0x03]).unwrap() - 4;
        let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes[..end_at]);
        bytes[digest_at..].copy_from_slice(&digest);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &bytes).unwrap();
        std::fs::write(&newer, packed.finish().unwrap()).unwrap();
        assert_eq!(restore(url, &newer, |_| ()).await.unwrap_err(), StoreError::DatabaseNewer { found: 23, known });
    }
}

#[test]
fn altered_frames_in_good_packing_are_found() {
    let folder = folder();
    let from = test_kit::sqlite();
    test_kit::run(async {
        let (good, bad) = (file(&folder, "good"), file(&folder, "bad"));
        backup(&filled(from.url()).await, &good).await;
        let bytes = frames(&good);
        let pack = |bytes: &[u8]| {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packed, bytes).unwrap();
            std::fs::write(&bad, packed.finish().unwrap()).unwrap();
        };
        // A flip anywhere, at many places; the packing's own checksum is good each time.
        for step in 0..199 {
            let mut altered = bytes.clone();
            altered[step * bytes.len() / 199] ^= 4;
            pack(&altered);
            let code = verify(&bad).expect_err("a flip is found").code();
            assert!(matches!(code, "backup_damaged" | "database_newer"), "{code}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        pack(&longer);
        assert_eq!(verify(&bad).unwrap_err().code(), "backup_damaged");
        pack(&bytes[..bytes.len() / 2]);
        assert_eq!(verify(&bad).unwrap_err().code(), "backup_damaged");
        pack(&bytes);
        verify(&bad).unwrap();
    });
}

#[test]
fn a_backup_that_fails_leaves_the_old_one() {
    let folder = folder();
    let database = test_kit::sqlite();
    test_kit::run(async {
        let store = filled(database.url()).await;
        let path = file(&folder, "backup");
        backup(&store, &path).await;
        let before = std::fs::read(&path).unwrap();
        write_one(&store, &sql!("ALTER TABLE outbox RENAME TO hidden")).await;
        let error = store.backup(&path, Instant(2), |_| ()).await.unwrap_err();
        assert_eq!(error.code(), "migration_failed");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert!(!file(&folder, "backup.partial").exists());
        let nowhere = store.backup(Path::new("/no/such/folder/backup"), Instant(2), |_| ()).await;
        assert_eq!(nowhere.unwrap_err().code(), "backup_unopenable");
        assert_eq!(verify(&file(&folder, "none")).unwrap_err().code(), "backup_unopenable");
    });
}
