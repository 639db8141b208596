//! The store's promises, on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod backups;
mod batches;
mod jobs;
mod kill;
mod opening;
mod schema;
mod sqlite;
mod units;

use domain::ClusterId;
use store::{OpenOptions, Sql, Store, StoreError, sql};

/// Column types that both engines take, outside the migrations.
const PROBE: Sql = sql!(
    "CREATE TABLE probe (id BIGINT NOT NULL PRIMARY KEY, label TEXT, flag SMALLINT, bytes BYTEA, ratio DOUBLE PRECISION,
     parent BIGINT REFERENCES probe (id), amount BIGINT CHECK (amount >= 0))"
);
const INSERT: Sql = sql!("INSERT INTO probe (id, label) VALUES ($1, $2)");
const COUNT: Sql = sql!("SELECT COUNT(*) FROM probe");

/// A store with the probe table.
async fn probed(url: &str) -> Store {
    let store = Store::open(url, OpenOptions::default()).await.unwrap();
    write_one(&store, &PROBE).await;
    store
}

async fn write_one(store: &Store, sql: &'static Sql) {
    let done: Result<u64, StoreError> = store.write(move |tx| Box::pin(async move { tx.exec(sql, &[]).await })).await;
    done.unwrap();
}

async fn count(store: &Store) -> i64 {
    number(store, &COUNT).await
}

async fn number(store: &Store, sql: &'static Sql) -> i64 {
    let found: Result<i64, StoreError> = store.read(move |tx| Box::pin(async move { tx.query_one(sql, &[], |row| row.int(0)).await })).await;
    found.unwrap()
}

fn cluster(id: i64) -> ClusterId {
    ClusterId::new(id).unwrap()
}
