//! The baselines on SQLite: the least that a program could do with the same file settings, written without the store.

use super::data::{self, ClusterDay, MEMBERS, SLOTS};
use anyhow::Result;
use domain::ClusterId;
use ledger::{IdempotencyKey, TransferCreate};
use quantity::{BusinessDay, Step, UtcOffset};
use rusqlite::{Connection, TransactionBehavior, params, params_from_iter};
use std::path::Path;
use store::tables::BlockRow;

/// Rows of one insert.
const CHUNK: usize = 512;
/// Columns of a reading kept as a row.
const READING_COLUMNS: usize = 6;

/// Opens a file with the settings that the store's writer has: write-ahead log, a sync with each commit, 64 MiB of cache.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
         PRAGMA cache_size = -65536; PRAGMA busy_timeout = 5000;",
    )?;
    Ok(connection)
}

/// A reading as a row: interval start, cluster, meter, consumption, generation, quality.
pub(super) type ReadingRow = [i64; READING_COLUMNS];

/// The rows of several clusters' days, sorted by their key: time, cluster, meter.
pub(super) fn reading_rows(days: &[ClusterDay], date: usize) -> Vec<ReadingRow> {
    let mut rows = Vec::with_capacity(days.len() * SLOTS * (MEMBERS + 1));
    for slot in 0..SLOTS {
        let start = data::slot_start(date, slot).0;
        for (cluster, day) in days.iter().enumerate() {
            let (consumption, generation) = day.slot(slot);
            let row = |meter: usize, used: i64, made: i64| [start, cluster as i64 + 1, meter as i64, used, made, 0];
            rows.extend((0..MEMBERS).map(|at| row(at + 1, consumption[at], generation[at])));
            rows.push(row(MEMBERS + 1, 0, day.plant[slot]));
        }
    }
    rows
}

/// How readings are kept as rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyed {
    /// With a key that refuses the same reading twice, time first.
    Time,
    /// Without any key.
    No,
}

/// A table of readings as rows.
pub(super) struct ReadingTable {
    pub(super) connection: Connection,
    insert: String,
}

impl ReadingTable {
    pub(super) fn create(path: &Path, keyed: Keyed) -> Result<Self> {
        let connection = open(path)?;
        let (key, without) = match keyed {
            Keyed::Time => (", PRIMARY KEY (interval_start, cluster_id, meter_no)", ", WITHOUT ROWID"),
            Keyed::No => ("", ""),
        };
        connection.execute_batch(&format!(
            "CREATE TABLE reading (interval_start INTEGER NOT NULL, cluster_id INTEGER NOT NULL, meter_no INTEGER NOT NULL,
                consumption_wh INTEGER NOT NULL, generation_wh INTEGER NOT NULL, quality INTEGER NOT NULL{key}) STRICT{without};
             CREATE TABLE packed (cluster_id INTEGER NOT NULL, interval_start INTEGER NOT NULL, data BLOB NOT NULL,
                PRIMARY KEY (cluster_id, interval_start)) STRICT;
             CREATE TABLE sealed_day (cluster_id INTEGER NOT NULL, day INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (cluster_id, day)) STRICT;"
        ))?;
        Ok(Self { connection, insert: insert_text(CHUNK) })
    }

    /// Inserts rows in one transaction, many rows a statement.
    pub(super) fn insert(&mut self, rows: &[ReadingRow]) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut many = transaction.prepare_cached(&self.insert)?;
            let chunks = rows.chunks_exact(CHUNK);
            let rest = chunks.remainder();
            for chunk in chunks {
                for (at, value) in chunk.iter().flatten().enumerate() {
                    many.raw_bind_parameter(at + 1, value)?;
                }
                many.raw_execute()?;
            }
            let mut one = transaction.prepare_cached(&insert_text(1))?;
            for row in rest {
                one.execute(params_from_iter(row))?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Puts packed readings in, in one transaction.
    pub(super) fn insert_packed(&mut self, cluster: ClusterId, packed: &[BlockRow]) -> Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO packed (cluster_id, interval_start, data) VALUES (?1, ?2, ?3)")?;
            for block in packed {
                insert.execute(params![cluster.get(), block.start.0, block.data])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Reads one cluster's day and writes `sealed` under the day `written`, in one transaction; gives a sum over what was read.
    pub(super) fn read_and_write(&mut self, kept: KeptAs, cluster: ClusterId, day: BusinessDay, written: BusinessDay, sealed: &[u8]) -> Result<i64> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut sum = 0;
        {
            // Slot by slot: the key leads with time, so that a range over the day would walk every cluster.
            let mut select = transaction.prepare_cached(match kept {
                KeptAs::Rows => {
                    "SELECT meter_no, consumption_wh, generation_wh, quality FROM reading WHERE interval_start = ?1 AND cluster_id = ?2 ORDER BY meter_no"
                }
                KeptAs::Packed => "SELECT data FROM packed WHERE interval_start = ?1 AND cluster_id = ?2",
            })?;
            for slot in 0..SLOTS {
                let start = day.start(UtcOffset::LUSAKA).plus_ms(slot as i64 * Step::Min15.ms());
                let mut rows = select.query(params![start.0, cluster.get()])?;
                while let Some(row) = rows.next()? {
                    sum += match kept {
                        KeptAs::Rows => (0..4).map(|column| row.get::<_, i64>(column)).sum::<rusqlite::Result<i64>>()?,
                        KeptAs::Packed => row.get_ref(0)?.as_blob()?.iter().map(|&byte| i64::from(byte)).sum(),
                    };
                }
            }
            let mut insert = transaction.prepare_cached("INSERT INTO sealed_day (cluster_id, day, data) VALUES (?1, ?2, ?3)")?;
            insert.execute(params![cluster.get(), written.0, sealed])?;
        }
        transaction.commit()?;
        Ok(sum)
    }
}

/// How the readings of a day are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptAs {
    /// A row for each.
    Rows,
    /// A block for each interval.
    Packed,
}

fn insert_text(rows: usize) -> String {
    let row = format!("({})", ["?"; READING_COLUMNS].join(", "));
    format!("INSERT INTO reading VALUES {}", vec![row; rows].join(", "))
}

/// A ledger in the tables of the store, booked by the bare statements: no keys looked up, no limits, no log.
pub(super) struct TransferLoop {
    connection: Connection,
    cluster: ClusterId,
    next: i64,
}

const TRANSFER_INSERT: &str =
    "INSERT INTO transfer (cluster_id, transfer_no, leaf_no, debit, credit, amount, currency, code, kind, argument, cause_kind,
    cause_a, cause_b, key_high, key_low, business_on, booked_at, actor, linked, status)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, 0, NULL, 0, 0, 0, ?8, ?9, ?10, ?11, 0, 0, 0)";
const DEBIT: &str = "UPDATE account SET debits_posted = debits_posted + ?3 WHERE cluster_id = ?1 AND account_no = ?2";
const CREDIT: &str = "UPDATE account SET credits_posted = credits_posted + ?3 WHERE cluster_id = ?1 AND account_no = ?2";

impl TransferLoop {
    /// On a file that the store has made and closed.
    pub(super) fn open(path: &Path, cluster: ClusterId) -> Result<Self> {
        Ok(Self { connection: open(path)?, cluster, next: 1 })
    }

    /// Books `commands` in one transaction: for each an insert and two updates.
    pub(super) fn book(&mut self, commands: &[TransferCreate], booked_at: i64) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut insert = transaction.prepare_cached(TRANSFER_INSERT)?;
            let mut debit = transaction.prepare_cached(DEBIT)?;
            let mut credit = transaction.prepare_cached(CREDIT)?;
            let cluster = self.cluster.get();
            for command in commands {
                let (high, low) = halves(command.key);
                insert.execute(params![
                    cluster,
                    self.next,
                    self.next,
                    command.debit.get(),
                    command.credit.get(),
                    command.amount,
                    command.code.number(),
                    high,
                    low,
                    command.business_on.0,
                    booked_at
                ])?;
                debit.execute(params![cluster, command.debit.get(), command.amount])?;
                credit.execute(params![cluster, command.credit.get(), command.amount])?;
                self.next += 1;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

/// A key as the two numbers that a table holds.
pub(super) fn halves(key: IdempotencyKey) -> (i64, i64) {
    let whole = u128::from_be_bytes(key.0);
    (((whole >> 64) as u64).cast_signed(), (whole as u64).cast_signed())
}
