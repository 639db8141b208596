//! Opening: what is refused, and with which words.

use store::{OpenOptions, Sql, Store, StoreError, sql};
use test_kit::on_both;

use crate::{INSERT, count, probed, write_one};

async fn refused(url: &str, options: OpenOptions) -> StoreError {
    match Store::open(url, options).await {
        Ok(_) => panic!("{url} opens"),
        Err(error) => error,
    }
}

/// The file behind a scratch address.
fn path(url: &str) -> std::path::PathBuf {
    url.trim_start_matches("sqlite:").into()
}

on_both! {
    async fn data_outlives_the_store(url: &str) {
        let store = probed(url).await;
        write_one(&store, &const { sql!("INSERT INTO probe (id) VALUES (1)") }).await;
        drop(store);
        let again = Store::open(url, OpenOptions::default()).await.unwrap();
        assert_eq!(count(&again).await, 1);
        assert!(again.schema_version() >= 1);
    }

    async fn a_newer_schema_is_refused(url: &str) {
        const NEWER: Sql = sql!("UPDATE refinery_schema_history SET version = 999");
        let store = probed(url).await;
        let known = store.schema_version();
        write_one(&store, &sql!("DELETE FROM refinery_schema_history WHERE version > 1")).await;
        write_one(&store, &NEWER).await;
        drop(store);
        for options in [OpenOptions::default(), OpenOptions::read_only()] {
            let error = refused(url, options).await;
            assert_eq!(error, StoreError::DatabaseNewer { found: 999, known });
            assert!(error.to_string().contains("install the newer program"));
        }
    }

    async fn an_edited_migration_is_refused(url: &str) {
        const EDITED: Sql = sql!("UPDATE refinery_schema_history SET checksum = '1'");
        let store = probed(url).await;
        write_one(&store, &EDITED).await;
        drop(store);
        assert_eq!(refused(url, OpenOptions::default()).await.code(), "migration_failed");
    }

    async fn a_reader_needs_the_present_schema_and_cannot_write(url: &str) {
        let store = probed(url).await;
        // Beside the running server.
        let reader = Store::open(url, OpenOptions::read_only()).await.unwrap();
        assert_eq!(count(&reader).await, 0);
        let written = reader.write::<(), StoreError, _>(|tx| Box::pin(async move { tx.exec(&INSERT, &[1.into(), "x".into()]).await.map(drop) })).await;
        assert_eq!(written.unwrap_err().code(), "read_only");
        write_one(&store, &const { sql!("INSERT INTO probe (id) VALUES (1)") }).await;
        assert_eq!(count(&reader).await, 1, "it follows");
        drop(reader);
        write_one(&store, &sql!("DELETE FROM refinery_schema_history")).await;
        assert_eq!(refused(url, OpenOptions::read_only()).await.code(), "database_older");
    }

    async fn servers_that_start_together_migrate_once(url: &str) {
        let url = url.to_owned();
        let starts = (0..4).map(|_| { let url = url.clone(); tokio::spawn(async move { Store::open(&url, OpenOptions::default()).await.map(|store| store.engine()) }) });
        for start in starts.collect::<Vec<_>>() {
            match start.await.unwrap() {
                Ok(_) => {}
                Err(error) => assert_eq!(error.code(), "database_locked", "only SQLite lets one in"),
            }
        }
        assert_eq!(count(&probed(&url).await).await, 0);
    }
}

#[test]
fn a_second_server_on_the_same_file_is_refused() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let store = probed(database.url()).await;
        let error = refused(database.url(), OpenOptions::default()).await;
        assert_eq!(error.code(), "database_locked");
        assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
        // Another name of the same file meets the same lock.
        let folder = database.folder().unwrap();
        let link = folder.join("link.db");
        std::os::unix::fs::symlink(path(database.url()), &link).unwrap();
        assert_eq!(refused(link.to_str().unwrap(), OpenOptions::default()).await.code(), "database_locked");
        drop(store);
        assert_eq!(count(&Store::open(database.url(), OpenOptions::default()).await.unwrap()).await, 0);
    });
}

#[test]
fn a_file_of_another_kind_is_refused_and_left_alone() {
    let database = test_kit::sqlite();
    test_kit::run(async {
        let folder = database.folder().unwrap();
        let text = folder.join("notes.txt");
        std::fs::write(&text, "not a database, but long enough to have a header of a hundred bytes: ".repeat(4)).unwrap();
        let foreign = folder.join("foreign.db");
        rusqlite_file(&foreign, "CREATE TABLE photos (id INTEGER)");
        let marked = folder.join("marked.db");
        rusqlite_file(&marked, "PRAGMA application_id = 77; CREATE TABLE refinery_schema_history (version INTEGER)");
        for file in [&text, &foreign, &marked] {
            let before = std::fs::read(file).unwrap();
            for options in [OpenOptions::default(), OpenOptions::read_only()] {
                let error = refused(file.to_str().unwrap(), options).await;
                assert_eq!(error.code(), "not_a_database");
                assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
            }
            assert_eq!(std::fs::read(file).unwrap(), before);
        }
        assert_eq!(refused(folder.join("none.db").to_str().unwrap(), OpenOptions::read_only()).await.code(), "database_unopenable");
        assert_eq!(refused(folder.to_str().unwrap(), OpenOptions::default()).await.code(), "database_unopenable");
        assert!(!folder.with_extension("lock").exists(), "nothing is left beside what is refused");
    });
}

fn rusqlite_file(path: &std::path::Path, text: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap();
}

#[test]
fn a_scratch_database_works_and_goes() {
    test_kit::run(async {
        let one = probed(":memory:").await;
        let two = probed(":memory:").await;
        write_one(&one, &const { sql!("INSERT INTO probe (id) VALUES (1)") }).await;
        assert_eq!((count(&one).await, count(&two).await), (1, 0), "each is private");
    });
}

#[test]
fn an_absent_server_is_named() {
    test_kit::run(async {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let error = refused(&format!("postgres://nobody@127.0.0.1:{free}/none"), OpenOptions::default()).await;
        assert_eq!(error.code(), "database_unreachable");
    });
    let database = test_kit::postgres();
    test_kit::run(async {
        let missing = format!("{}_missing", database.url());
        assert_eq!(refused(&missing, OpenOptions::default()).await.code(), "database_unreachable");
    });
}
