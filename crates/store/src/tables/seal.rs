//! Sealed intervals: history that is only added to.

use crate::{Column, Result, Row, Sql, SqlBatch, Tx, Value, sql};
use domain::ClusterId;
use quantity::{Instant, Interval};

/// A sealed interval to be stored.
#[derive(Debug, Clone, Copy)]
pub struct SealedNew<'a> {
    /// Start of the interval.
    pub start: Instant,
    /// Version of the interval.
    pub version: i64,
    /// Position in the cluster's log.
    pub leaf_no: i64,
    /// Header bytes.
    pub header: &'a [u8],
    /// Body bytes.
    pub body: &'a [u8],
}

/// A sealed interval as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// Start of the interval.
    pub start: Instant,
    /// Version of the interval.
    pub version: i64,
    /// Position in the cluster's log.
    pub leaf_no: i64,
    /// Header bytes.
    pub header: Vec<u8>,
    /// Body bytes.
    pub body: Vec<u8>,
}

static INSERT: SqlBatch = SqlBatch::new(
    "sealed",
    &[
        Column::int("cluster_id"),
        Column::int("interval_start"),
        Column::int("version"),
        Column::int("leaf_no"),
        Column::bytes("header"),
        Column::bytes("body"),
    ],
    "",
);
const LIST: Sql = sql!(
    "SELECT interval_start, version, leaf_no, header, body FROM sealed
     WHERE cluster_id = $1 AND interval_start >= $2 AND interval_start < $3 ORDER BY interval_start, version"
);
const LATEST: Sql = sql!(
    "SELECT interval_start, version, leaf_no, header, body FROM sealed AS s
     WHERE cluster_id = $1 AND interval_start >= $2 AND interval_start < $3
       AND version = (SELECT MAX(version) FROM sealed AS t WHERE t.cluster_id = $1 AND t.interval_start = s.interval_start)
     ORDER BY interval_start"
);
const PAGE: Sql = sql!(
    "SELECT interval_start, version, leaf_no, header, body FROM sealed
     WHERE cluster_id = $1 AND (interval_start, version) > ($2, $3) ORDER BY interval_start, version LIMIT $4"
);

impl Tx<'_> {
    /// Adds sealed intervals.
    ///
    /// # Errors
    /// [`crate::StoreError::UniqueViolation`] when the version exists.
    pub async fn sealed_append(&mut self, cluster: ClusterId, records: &[SealedNew<'_>]) -> Result<()> {
        let mut values = Vec::with_capacity(records.len() * 6);
        for record in records {
            values.extend([
                Value::from(cluster),
                record.start.into(),
                record.version.into(),
                record.leaf_no.into(),
                Value::Bytes(record.header),
                Value::Bytes(record.body),
            ]);
        }
        self.insert_many(&INSERT, &values).await.map(|_| ())
    }

    /// Every version of the intervals that start within `within`, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sealed_list(&mut self, cluster: ClusterId, within: Interval) -> Result<Vec<SealedRow>> {
        self.query(&LIST, &[cluster.into(), within.start().into(), within.end().into()], sealed_row).await
    }

    /// The latest version of the intervals that start within `within`, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sealed_latest(&mut self, cluster: ClusterId, within: Interval) -> Result<Vec<SealedRow>> {
        self.query(&LATEST, &[cluster.into(), within.start().into(), within.end().into()], sealed_row).await
    }

    /// Up to `limit` sealed records after the given interval and version, in order: for reading a whole history in bounded memory.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sealed_page(&mut self, cluster: ClusterId, after: (Instant, i64), limit: u32) -> Result<Vec<SealedRow>> {
        self.query(&PAGE, &[cluster.into(), after.0.into(), after.1.into(), limit.into()], sealed_row).await
    }
}

fn sealed_row(row: &Row<'_>) -> Result<SealedRow> {
    Ok(SealedRow {
        start: Instant(row.int(0)?),
        version: row.int(1)?,
        leaf_no: row.int(2)?,
        header: row.bytes(3)?.to_vec(),
        body: row.bytes(4)?.to_vec(),
    })
}
