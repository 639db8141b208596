//! The open window of readings, as packed blocks, and what each import did.

use crate::{Column, Result, Row, Sql, SqlBatch, SqlIn, StoreError, Tx, Value, sql};
use domain::{ClusterId, MeterNo};
use metering::registers::RegisterValue;
use quantity::{Instant, Interval, WattHours};
use std::collections::BTreeMap;

/// All readings of a cluster and interval as stored: see `metering::block`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRow {
    /// Start of the interval.
    pub start: Instant,
    /// How often the block was written; 0 when it is new.
    pub revision: i64,
    /// The packed readings.
    pub data: Vec<u8>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Name of the file or program.
    pub name: String,
    /// When it ended.
    pub finished_at: Instant,
    /// Rows read.
    pub rows: i64,
    /// New readings.
    pub accepted: i64,
    /// Readings that were known.
    pub duplicates: i64,
    /// Readings that replaced another value.
    pub corrected: i64,
    /// Rows refused.
    pub refused: i64,
}

static FIND: SqlIn = SqlIn::new(sql!("SELECT interval_start, revision, data FROM reading_block WHERE cluster_id = $1 AND interval_start"), "");
const RANGE: Sql = sql!(
    "SELECT interval_start, revision, data FROM reading_block WHERE cluster_id = $1 AND interval_start >= $2 AND interval_start < $3 ORDER BY interval_start"
);
static INSERT: SqlBatch = SqlBatch::new(
    "reading_block",
    &[Column::int("cluster_id"), Column::int("interval_start"), Column::int("revision"), Column::bytes("data")],
    "ON CONFLICT (cluster_id, interval_start) DO UPDATE SET revision = excluded.revision, data = excluded.data
     WHERE reading_block.revision = excluded.revision - 1",
);
const NEWEST: Sql = sql!("SELECT MAX(interval_start) FROM reading_block WHERE cluster_id = $1");
const OLDEST: Sql = sql!("SELECT MIN(interval_start) FROM reading_block WHERE cluster_id = $1 AND interval_start >= $2");
static BASE_PUT: SqlBatch = SqlBatch::new(
    "register_base",
    &[
        Column::int("cluster_id"),
        Column::int("meter_no"),
        Column::int("read_at"),
        Column::int("consumption"),
        Column::int("generation"),
        Column::int("register_max"),
    ],
    "ON CONFLICT (cluster_id, meter_no) DO UPDATE SET read_at = excluded.read_at, consumption = excluded.consumption,
        generation = excluded.generation, register_max = excluded.register_max",
);
const BASES: Sql = sql!("SELECT meter_no, read_at, consumption, generation, register_max FROM register_base WHERE cluster_id = $1");
const IMPORT_INSERT: Sql = sql!(
    "INSERT INTO import_run (cluster_id, import_no, name, finished_at, row_count, accepted, duplicates, corrected, refused)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
);

impl Tx<'_> {
    /// The blocks of the intervals that start at `starts`; those without readings are left out.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn block_find(&mut self, cluster: ClusterId, starts: &[i64]) -> Result<Vec<BlockRow>> {
        self.query_in(&FIND, &[cluster.into()], starts, block_row).await
    }

    /// The blocks of the intervals that start within `within`, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn block_list(&mut self, cluster: ClusterId, within: Interval) -> Result<Vec<BlockRow>> {
        self.query(&RANGE, &[cluster.into(), within.start().into(), within.end().into()], block_row).await
    }

    /// Writes blocks, each with the revision that it was read with; the stored one is then one higher.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another writer changed one of them since it was read; nothing is lost, read and merge again.
    pub async fn block_put(&mut self, cluster: ClusterId, blocks: &[BlockRow]) -> Result<()> {
        let mut values = Vec::with_capacity(blocks.len() * 4);
        for block in blocks {
            values.extend([Value::from(cluster), block.start.into(), (block.revision + 1).into(), Value::Bytes(&block.data)]);
        }
        let written = self.insert_many(&INSERT, &values).await?;
        if written == blocks.len() as u64 { Ok(()) } else { Err(StoreError::Conflict("reading blocks".to_owned())) }
    }

    /// Start of the newest interval with readings.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn block_newest(&mut self, cluster: ClusterId) -> Result<Option<Instant>> {
        self.query_one(&NEWEST, &[cluster.into()], |row| Ok(row.opt_int(0)?.map(Instant))).await
    }

    /// Start of the oldest interval with readings at or after `from`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn block_oldest(&mut self, cluster: ClusterId, from: Instant) -> Result<Option<Instant>> {
        self.query_one(&OLDEST, &[cluster.into(), from.into()], |row| Ok(row.opt_int(0)?.map(Instant))).await
    }

    /// The last register values known, by meter.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn register_base_list(&mut self, cluster: ClusterId) -> Result<BTreeMap<MeterNo, RegisterValue>> {
        let rows = self
            .query(&BASES, &[cluster.into()], |row| {
                let meter = MeterNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("meter_no", error))?;
                let register_max = row.opt_int(4)?.map(WattHours);
                Ok((
                    meter,
                    RegisterValue {
                        read_at: Instant(row.int(1)?),
                        consumption: WattHours(row.int(2)?),
                        generation: WattHours(row.int(3)?),
                        register_max,
                    },
                ))
            })
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// Keeps the last register values.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn register_base_put(&mut self, cluster: ClusterId, bases: &BTreeMap<MeterNo, RegisterValue>) -> Result<()> {
        let mut values = Vec::with_capacity(bases.len() * 6);
        for (meter, base) in bases {
            let max = base.register_max.map_or(Value::Null, |max| max.0.into());
            values.extend([Value::from(cluster), meter.get().into(), base.read_at.into(), base.consumption.0.into(), base.generation.0.into(), max]);
        }
        self.insert_many(&BASE_PUT, &values).await.map(|_| ())
    }

    /// Records what an import did; gives its number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn import_insert(&mut self, cluster: ClusterId, run: &ImportRow) -> Result<i64> {
        let no = self.numbers_take(cluster, "import", 1).await?;
        let values = [
            cluster.into(),
            no.into(),
            run.name.as_str().into(),
            run.finished_at.into(),
            run.rows.into(),
            run.accepted.into(),
            run.duplicates.into(),
            run.corrected.into(),
            run.refused.into(),
        ];
        self.exec(&IMPORT_INSERT, &values).await?;
        Ok(no)
    }
}

fn block_row(row: &Row<'_>) -> Result<BlockRow> {
    Ok(BlockRow { start: Instant(row.int(0)?), revision: row.int(1)?, data: row.bytes(2)?.to_vec() })
}
