//! Lines between clusters, and when they carried less.

use super::between::{cluster_at, interval_at};
use super::day_at;
use crate::{Column, Result, Row, Sql, SqlBatch, Tx, Value, sql};
use domain::ClusterId;
use quantity::{BusinessDay, Instant, Interval, PricePerKwh, WattHours};

/// A line from a cluster to another, as it is from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineRow {
    /// The sending cluster.
    pub from: ClusterId,
    /// The receiving cluster.
    pub to: ClusterId,
    /// First day on which it is so.
    pub from_day: BusinessDay,
    /// The bidding zone.
    pub zone: String,
    /// The wheeling fee for each kWh sent.
    pub fee: PricePerKwh,
    /// The most that is sent in an interval; 0 closes the line.
    pub capacity: WattHours,
    /// What is lost of it, parts per million.
    pub loss_ppm: i64,
    /// Who owns it.
    pub owner: String,
    /// When that was written.
    pub set_at: Instant,
    /// By whom; 0 is the program.
    pub set_by: i64,
}

/// A time in which a line carried less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineOutageRow {
    /// The sending cluster.
    pub from: ClusterId,
    /// The receiving cluster.
    pub to: ClusterId,
    /// When.
    pub during: Interval,
    /// What it could carry in an interval; 0 for nothing.
    pub capacity: WattHours,
    /// Why.
    pub note: String,
    /// When that was written.
    pub set_at: Instant,
    /// By whom.
    pub set_by: i64,
}

static LINE_PUT: SqlBatch = SqlBatch::new(
    "market_line",
    &[
        Column::int("cluster_id"),
        Column::int("other_cluster"),
        Column::int("from_day"),
        Column::text("zone"),
        Column::int("fee"),
        Column::int("capacity"),
        Column::int("loss_ppm"),
        Column::text("owner"),
        Column::int("set_at"),
        Column::int("set_by"),
    ],
    "ON CONFLICT (cluster_id, other_cluster, from_day) DO UPDATE SET fee = excluded.fee, capacity = excluded.capacity,
        loss_ppm = excluded.loss_ppm, owner = excluded.owner, set_at = excluded.set_at, set_by = excluded.set_by",
);
const LINE_ON: Sql = sql!(
    "SELECT cluster_id, other_cluster, from_day, zone, fee, capacity, loss_ppm, owner, set_at, set_by FROM market_line
     WHERE cluster_id = $1 AND other_cluster = $2 AND from_day <= $3 ORDER BY from_day DESC LIMIT 1"
);
const LINES_OF_ZONE: Sql = sql!(
    "SELECT cluster_id, other_cluster, from_day, zone, fee, capacity, loss_ppm, owner, set_at, set_by FROM market_line
     WHERE zone = $1 AND from_day <= $2 ORDER BY cluster_id, other_cluster, from_day LIMIT $3"
);
const LINES_OF: Sql = sql!(
    "SELECT cluster_id, other_cluster, from_day, zone, fee, capacity, loss_ppm, owner, set_at, set_by FROM market_line
     WHERE cluster_id = $1 OR other_cluster = $1 ORDER BY cluster_id, other_cluster, from_day LIMIT $2"
);
const OUTAGE_PUT: Sql = sql!(
    "INSERT INTO line_outage (cluster_id, other_cluster, start_at, end_at, capacity, note, set_at, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (cluster_id, other_cluster, start_at) DO UPDATE SET end_at = excluded.end_at, capacity = excluded.capacity, note = excluded.note,
        set_at = excluded.set_at, set_by = excluded.set_by"
);
const OUTAGES: Sql = sql!(
    "SELECT cluster_id, other_cluster, start_at, end_at, capacity, note, set_at, set_by FROM line_outage
     WHERE cluster_id = $1 AND end_at > $2 AND start_at < $3 ORDER BY other_cluster, start_at"
);
impl Tx<'_> {
    /// Writes a line down as it is from a day on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn line_put(&mut self, row: &LineRow) -> Result<()> {
        let values: [Value<'_>; 10] = [
            row.from.into(),
            row.to.into(),
            row.from_day.0.into(),
            row.zone.as_str().into(),
            row.fee.0.into(),
            row.capacity.0.into(),
            row.loss_ppm.into(),
            row.owner.as_str().into(),
            row.set_at.into(),
            row.set_by.into(),
        ];
        self.insert_many(&LINE_PUT, &values).await.map(|_| ())
    }

    /// The line from one cluster to another as it is on `day`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn line_on(&mut self, from: ClusterId, to: ClusterId, day: BusinessDay) -> Result<Option<LineRow>> {
        self.query_opt(&LINE_ON, &[from.into(), to.into(), day.0.into()], line_row).await
    }

    /// All versions of the lines of a zone that began until `day`, by sender, receiver and day. Across clusters: for the joint clearing.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn line_list_zone(&mut self, zone: &str, day: BusinessDay, limit: u32) -> Result<Vec<LineRow>> {
        self.query(&LINES_OF_ZONE, &[zone.into(), day.0.into(), limit.into()], line_row).await
    }

    /// All versions of the lines that begin or end at a cluster.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn line_list_of(&mut self, cluster: ClusterId, limit: u32) -> Result<Vec<LineRow>> {
        self.query(&LINES_OF, &[cluster.into(), limit.into()], line_row).await
    }

    /// Writes down when a line carried less.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn line_outage_put(&mut self, row: &LineOutageRow) -> Result<()> {
        let values = [
            row.from.into(),
            row.to.into(),
            row.during.start().into(),
            row.during.end().into(),
            row.capacity.0.into(),
            row.note.as_str().into(),
            row.set_at.into(),
            row.set_by.into(),
        ];
        self.exec(&OUTAGE_PUT, &values).await.map(|_| ())
    }

    /// When lines that begin at a cluster carried less within a time.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn line_outage_list(&mut self, from: ClusterId, within: Interval) -> Result<Vec<LineOutageRow>> {
        self.query(&OUTAGES, &[from.into(), within.start().into(), within.end().into()], |row| {
            Ok(LineOutageRow {
                from: cluster_at(row, 0)?,
                to: cluster_at(row, 1)?,
                during: interval_at(row, 2)?,
                capacity: WattHours(row.int(4)?),
                note: row.text(5)?.to_owned(),
                set_at: Instant(row.int(6)?),
                set_by: row.int(7)?,
            })
        })
        .await
    }
}

fn line_row(row: &Row<'_>) -> Result<LineRow> {
    Ok(LineRow {
        from: cluster_at(row, 0)?,
        to: cluster_at(row, 1)?,
        from_day: day_at(row, 2)?,
        zone: row.text(3)?.to_owned(),
        fee: PricePerKwh(row.int(4)?),
        capacity: WattHours(row.int(5)?),
        loss_ppm: row.int(6)?,
        owner: row.text(7)?.to_owned(),
        set_at: Instant(row.int(8)?),
        set_by: row.int(9)?,
    })
}
