//! The same work on a PostgreSQL server, when one is named.

use super::Size;
use super::bare::{ReadingRow, halves, reading_rows};
use super::data::{self, ClusterDay, MEMBERS, SLOTS};
use super::ingest::Receivers;
use super::ledger::{self, Callers, Commands};
use super::measure::{Sample, interleaved, on_wall};
use super::place::Place;
use super::row::{Row, Taken};
use ::ledger::TransferCreate;
use anyhow::{Context, Result, ensure};
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{OpenOptions, Store};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

/// Connections of those who book one transfer at a time.
const CONNECTIONS: usize = 16;

/// A database of its own on the named server; dropped in the end.
struct Scratch<'p> {
    place: &'p Place,
    server: String,
    name: String,
}

impl<'p> Scratch<'p> {
    fn create(place: &'p Place, server: &str) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("innerlectra_bench_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        place.wait(async {
            let client = connect(server).await?;
            client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.context("cannot create a database on the named server")
        })?;
        Ok(Self { place, server: server.to_owned(), name })
    }

    /// Its address: the server's with another database.
    fn url(&self) -> String {
        let (address, query) = self.server.split_once('?').map_or((self.server.as_str(), None), |(address, query)| (address, Some(query)));
        let host = address.find("://").map_or(0, |at| at + 3);
        let end = address[host..].find('/').map_or(address.len(), |at| host + at);
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        format!("{}/{}{query}", &address[..end], self.name)
    }

    fn store(&self) -> Result<Store> {
        Ok(self.place.wait(Store::open(&self.url(), OpenOptions::default()))?)
    }

    fn client(&self) -> Result<Client> {
        self.place.wait(connect(&self.url()))
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        let (server, text) = (self.server.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // A database that cannot be dropped is the operator's to see; the figures are taken already.
        let _ = self.place.wait(async { connect(&server).await?.batch_execute(&text).await.map_err(anyhow::Error::from) });
    }
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("the named PostgreSQL server does not answer")?;
    tokio::spawn(connection);
    Ok(client)
}

/// Measures transfers; nothing when no server is named.
pub(super) fn transfers(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let Some(server) = &size.postgres else { return Ok(Vec::new()) };
    let (ours, apart, bare) = (Scratch::create(place, server)?, Scratch::create(place, server)?, Scratch::create(place, server)?);
    let store = ours.store()?;
    ledger::fund(place, &store, ledger::cluster(), size.accounts)?;
    ledger::fund(place, &bare.store()?, ledger::cluster(), size.accounts)?;
    let singles = apart.store()?;
    for number in 1..=CONNECTIONS {
        ledger::fund(place, &singles, data::cluster_id(number), size.accounts / CONNECTIONS)?;
    }
    let clients: Vec<Arc<Client>> = (0..CONNECTIONS).map(|_| bare.client().map(Arc::new)).collect::<Result<_>>()?;
    let commands = |seed, accounts| RefCell::new(Commands::from_seed(seed, accounts));
    let (batched, single, least) = (commands(21, size.accounts), commands(22, size.accounts / CONNECTIONS), commands(23, size.accounts));
    let mut next = 1;
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || ledger::book_in_turn(place, &store, &batched.borrow_mut().take(size.transfers), 4096),
            &mut || ledger::book_in_turn(place, &store, &batched.borrow_mut().take(size.transfers / 2), 512),
            &mut || ledger::book_by_callers(place, &singles, &single.borrow_mut().take(size.singles / 4), Callers::Apart(CONNECTIONS)),
            &mut || {
                let commands = least.borrow_mut().take(size.singles / 2);
                let first = next;
                next += commands.len() as i64;
                one_by_one(place, &clients, &commands, first)
            },
        ],
    )?;
    let taken = Taken { unit: "transfers/s", runs: size.runs, engine: "postgres" };
    let same = "the same ledger path, one transfer at a time on 16 connections, a cluster each";
    let least = "bare: one statement a transfer (an insert and two updates) on 16 connections";
    let note = format!("batches of 4096 on one connection, {} accounts; keys looked up, limits kept, log appended", size.accounts);
    Ok(vec![
        Row::new("postgres_transfers", taken, medians[0], same, medians[2]).target(5.0, 8.0).note(note),
        Row::new("postgres_transfers_512", taken, medians[1], same, medians[2]).note("batches of 512"),
        Row::new("postgres_transfers_bare", taken, medians[0], least, medians[3])
            .target(5.0, 8.0)
            .note("the baseline looks up no key, keeps no limit and no log"),
    ])
}

const ONE: &str = "WITH debited AS (UPDATE account SET debits_posted = debits_posted + $6 WHERE cluster_id = $1 AND account_no = $4),
    credited AS (UPDATE account SET credits_posted = credits_posted + $6 WHERE cluster_id = $1 AND account_no = $5)
    INSERT INTO transfer (cluster_id, transfer_no, leaf_no, debit, credit, amount, currency, code, kind, argument, cause_kind, cause_a, cause_b,
        key_high, key_low, business_on, booked_at, actor, linked, status)
    VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 0, NULL, 0, 0, 0, $8, $9, $10, $11, 0, 0, 0)";

/// Books transfer after transfer on each connection.
fn one_by_one(place: &Place, clients: &[Arc<Client>], commands: &[TransferCreate], first: i64) -> Result<Sample> {
    let shares: Vec<Vec<(i64, TransferCreate)>> =
        (0..clients.len()).map(|at| (first..).zip(commands.iter().copied()).skip(at).step_by(clients.len()).collect()).collect();
    on_wall(commands.len(), || {
        place.wait_all(clients.iter().cloned().zip(shares).map(|(client, share)| async move {
            let statement = client.prepare(ONE).await?;
            for (no, command) in share {
                let (high, low) = halves(command.key);
                let (debit, credit, code) = (command.debit.get(), command.credit.get(), command.code.number());
                let (on, at) = (i64::from(command.business_on.0), ledger::booked_at().0);
                let id = ledger::cluster().get();
                loop {
                    let done = client.execute(&statement, &[&id, &no, &no, &debit, &credit, &command.amount, &code, &high, &low, &on, &at]).await;
                    match done {
                        Ok(_) => break,
                        // Two transfers between the same accounts met: the server took one of them back.
                        Err(error) if error.code() == Some(&SqlState::T_R_DEADLOCK_DETECTED) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
            Ok(())
        }))
    })
}

/// Measures ingest; nothing when no server is named.
pub(super) fn ingest(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let Some(server) = &size.postgres else { return Ok(Vec::new()) };
    let days = Arc::new(data::days(4, size.ingest_clusters));
    let (ours, bare) = (Scratch::create(place, server)?, Scratch::create(place, server)?);
    let receivers = Receivers::found(place, ours.store()?, days.len())?;
    let client = bare.client()?;
    place.wait(client.batch_execute(TABLES))?;
    let dates = [(); 4].map(|()| Cell::new(0));
    let next = |at: usize| dates[at].replace(dates[at].get() + 1);
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || receivers.take(place, &days, next(0), SLOTS),
            &mut || bare_rows(&days, next(1), |rows| place.wait(unnest(&client, rows))),
            &mut || bare_rows(&days, next(2), |rows| place.wait(copy(&client, "unkeyed", rows))),
            &mut || bare_rows(&days, next(3), |rows| place.wait(copy(&client, "copied", rows))),
        ],
    )?;
    let taken = Taken { unit: "readings/s", runs: size.runs, engine: "postgres" };
    let row = |name, baseline, at: usize| Row::new(name, taken, medians[0], baseline, medians[at]);
    let note = format!("{} clusters side by side, {} readings a call; validated, merged, report given", days.len(), SLOTS * (MEMBERS + 1));
    Ok(vec![
        row("ingest_postgres", "keyed rows, arrays of 4096 with ON CONFLICT, one commit", 1).target(2.0, 2.0).note(note),
        row("ingest_postgres_copy", "binary COPY into rows without a key", 2).note("the stretch goal is 0.9"),
        row("ingest_postgres_copy_keyed", "binary COPY into rows with a key that leads with time", 3),
    ])
}

const TABLES: &str = "
    CREATE TABLE unkeyed (interval_start BIGINT NOT NULL, cluster_id BIGINT NOT NULL, meter_no BIGINT NOT NULL, consumption_wh BIGINT NOT NULL,
        generation_wh BIGINT NOT NULL, quality BIGINT NOT NULL);
    CREATE TABLE keyed (LIKE unkeyed, PRIMARY KEY (interval_start, cluster_id, meter_no));
    CREATE TABLE copied (LIKE keyed INCLUDING ALL);";

fn bare_rows(days: &[ClusterDay], date: usize, insert: impl FnOnce(&[ReadingRow]) -> Result<()>) -> Result<Sample> {
    let rows = reading_rows(days, date);
    on_wall(rows.len(), || insert(&rows))
}

async fn unnest(client: &Client, rows: &[ReadingRow]) -> Result<()> {
    client.batch_execute("BEGIN").await?;
    let statement = client
        .prepare(
            "INSERT INTO keyed SELECT * FROM UNNEST($1::BIGINT[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[], $6::BIGINT[])
             ON CONFLICT DO NOTHING",
        )
        .await?;
    for chunk in rows.chunks(4096) {
        let column = |at: usize| chunk.iter().map(|row| row[at]).collect::<Vec<i64>>();
        let columns: [Vec<i64>; 6] = std::array::from_fn(column);
        let [start, cluster, meter, used, made, quality] = &columns;
        client.execute(&statement, &[start, cluster, meter, used, made, quality]).await?;
    }
    Ok(client.batch_execute("COMMIT").await?)
}

async fn copy(client: &Client, table: &str, rows: &[ReadingRow]) -> Result<()> {
    let sink = client.copy_in(&format!("COPY {table} FROM STDIN BINARY")).await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::INT8, Type::INT8, Type::INT8, Type::INT8, Type::INT8, Type::INT8]));
    for [start, cluster, meter, used, made, quality] in rows {
        writer.as_mut().write(&[start, cluster, meter, used, made, quality]).await?;
    }
    let written = writer.finish().await?;
    ensure!(written == rows.len() as u64, "a row is missing");
    Ok(())
}
