//! Settlement days of a cluster and of its members.

use super::day_at;
use crate::{Column, Result, Row, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{ClusterId, MemberNo};
use quantity::{BusinessDay, Instant, Ngwee};

/// A settlement day as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// The local day.
    pub day: BusinessDay,
    /// `settled` (sealed, not yet posted), `posted`, or `dirty` (a reading changed since: to be settled again).
    pub status: String,
    /// How often it was posted.
    pub revision: i64,
    /// Version of the rules.
    pub rule_no: i64,
    /// Intervals settled.
    pub intervals: i64,
    /// Readings that were estimated.
    pub estimated: i64,
    /// The cluster's totals (`settlement::Totals`).
    pub totals: Vec<u8>,
    /// The state that the next day goes on from (`settlement::RunState`).
    pub state_after: Vec<u8>,
    /// Posted to the utility.
    pub utility_payable: Ngwee,
    /// Posted from the utility.
    pub utility_receivable: Ngwee,
    /// Posted to the fund.
    pub service_charge: Ngwee,
    /// Posted to the fund that covers energy credits; negative: from it.
    pub credit_fund: Ngwee,
    /// When it was settled last.
    pub settled_at: Instant,
    /// When it was posted first.
    pub posted_at: Option<Instant>,
}

/// A member's settlement day as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDayRow {
    /// The local day.
    pub day: BusinessDay,
    /// The member.
    pub member: MemberNo,
    /// The sums (`settlement::MemberDay`).
    pub sums: Vec<u8>,
    /// What was posted so far: positive is paid by the member.
    pub posted: Ngwee,
    /// Readings of the member that were estimated.
    pub estimated: i64,
}

/// Which settlement days there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpan {
    /// The first.
    pub first: BusinessDay,
    /// The last.
    pub last: BusinessDay,
    /// How many.
    pub count: i64,
}

impl DaySpan {
    /// Whether days between the first and the last are missing.
    #[must_use]
    pub const fn has_gap(&self) -> bool {
        (self.last.0 as i64) - (self.first.0 as i64) + 1 != self.count
    }
}

const COLUMNS: usize = 15;
static PUT: SqlBatch = SqlBatch::new(
    "settlement_day",
    &[
        Column::int("cluster_id"),
        Column::int("day"),
        Column::text("status"),
        Column::int("revision"),
        Column::int("rule_no"),
        Column::int("intervals"),
        Column::int("estimated"),
        Column::bytes("totals"),
        Column::bytes("state_after"),
        Column::int("utility_payable"),
        Column::int("utility_receivable"),
        Column::int("service_charge"),
        Column::int("credit_fund"),
        Column::int("settled_at"),
        Column::int("posted_at"),
    ],
    "ON CONFLICT (cluster_id, day) DO UPDATE SET status = excluded.status, revision = excluded.revision, rule_no = excluded.rule_no,
        intervals = excluded.intervals, estimated = excluded.estimated, totals = excluded.totals, state_after = excluded.state_after,
        utility_payable = excluded.utility_payable, utility_receivable = excluded.utility_receivable,
        service_charge = excluded.service_charge, credit_fund = excluded.credit_fund, settled_at = excluded.settled_at, posted_at = excluded.posted_at",
);
const FIND: Sql = sql!(
    "SELECT day, status, revision, rule_no, intervals, estimated, totals, state_after, utility_payable, utility_receivable, service_charge, credit_fund,
        settled_at, posted_at FROM settlement_day WHERE cluster_id = $1 AND day = $2"
);
const LIST: Sql = sql!(
    "SELECT day, status, revision, rule_no, intervals, estimated, totals, state_after, utility_payable, utility_receivable, service_charge, credit_fund,
        settled_at, posted_at FROM settlement_day WHERE cluster_id = $1 AND day >= $2 AND day < $3 ORDER BY day"
);
const LAST: Sql = sql!("SELECT MAX(day) FROM settlement_day WHERE cluster_id = $1");
const SPAN: Sql = sql!("SELECT MIN(day), MAX(day), COUNT(*) FROM settlement_day WHERE cluster_id = $1");
const FIRST_GAP: Sql = sql!(
    "SELECT MIN(d.day) + 1 FROM settlement_day AS d WHERE d.cluster_id = $1
       AND NOT EXISTS (SELECT 1 FROM settlement_day AS n WHERE n.cluster_id = $1 AND n.day = d.day + 1)"
);
const FIRST_OPEN: Sql = sql!("SELECT MIN(day) FROM settlement_day WHERE cluster_id = $1 AND status <> 'posted'");
const LAST_POSTED_BEFORE: Sql = sql!("SELECT MAX(day) FROM settlement_day WHERE cluster_id = $1 AND posted_at < $2");
const POSTED: Sql = sql!("SELECT day FROM settlement_day WHERE cluster_id = $1 AND posted_at IS NOT NULL ORDER BY day");
const MARK: Sql = sql!("UPDATE settlement_day SET status = 'dirty' WHERE cluster_id = $1 AND day = $2");
static MEMBER_PUT: SqlBatch = SqlBatch::new(
    "member_day",
    &[
        Column::int("cluster_id"),
        Column::int("day"),
        Column::int("member_no"),
        Column::bytes("sums"),
        Column::int("posted"),
        Column::int("estimated"),
    ],
    "ON CONFLICT (cluster_id, day, member_no) DO UPDATE SET sums = excluded.sums, posted = excluded.posted, estimated = excluded.estimated",
);
const MEMBERS: Sql =
    sql!("SELECT day, member_no, sums, posted, estimated FROM member_day WHERE cluster_id = $1 AND day >= $2 AND day < $3 ORDER BY day, member_no");
const MEMBER: Sql = sql!(
    "SELECT day, member_no, sums, posted, estimated FROM member_day WHERE cluster_id = $1 AND day >= $2 AND day < $3 AND member_no = $4 ORDER BY day"
);

impl Tx<'_> {
    /// Writes a settlement day, new or again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_put(&mut self, cluster: ClusterId, day: &DayRow) -> Result<()> {
        let values: [Value<'_>; COLUMNS] = [
            cluster.into(),
            day.day.0.into(),
            day.status.as_str().into(),
            day.revision.into(),
            day.rule_no.into(),
            day.intervals.into(),
            day.estimated.into(),
            Value::Bytes(&day.totals),
            Value::Bytes(&day.state_after),
            day.utility_payable.0.into(),
            day.utility_receivable.0.into(),
            day.service_charge.0.into(),
            day.credit_fund.0.into(),
            day.settled_at.into(),
            day.posted_at.map_or(Value::Null, Value::from),
        ];
        self.insert_many(&PUT, &values).await.map(|_| ())
    }

    /// A settlement day.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_find(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<Option<DayRow>> {
        self.query_opt(&FIND, &[cluster.into(), day.0.into()], day_row).await
    }

    /// Settlement days in `[from, until)`, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_list(&mut self, cluster: ClusterId, from: BusinessDay, until: BusinessDay) -> Result<Vec<DayRow>> {
        self.query(&LIST, &[cluster.into(), from.0.into(), until.0.into()], day_row).await
    }

    /// The last settlement day there is.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_last(&mut self, cluster: ClusterId) -> Result<Option<BusinessDay>> {
        self.query_one(&LAST, &[cluster.into()], |row| super::opt_day_at(row, 0)).await
    }

    /// Which settlement days there are; `None` when there is none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_span(&mut self, cluster: ClusterId) -> Result<Option<DaySpan>> {
        self.query_one(&SPAN, &[cluster.into()], |row| {
            let (first, last) = (super::opt_day_at(row, 0)?, super::opt_day_at(row, 1)?);
            let count = row.int(2)?;
            Ok(first.zip(last).map(|(first, last)| DaySpan { first, last, count }))
        })
        .await
    }

    /// The first day after a settlement day that is none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_first_gap(&mut self, cluster: ClusterId) -> Result<Option<BusinessDay>> {
        self.query_one(&FIRST_GAP, &[cluster.into()], |row| super::opt_day_at(row, 0)).await
    }

    /// The first settlement day that is settled or dirty, not posted.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_first_open(&mut self, cluster: ClusterId) -> Result<Option<BusinessDay>> {
        self.query_one(&FIRST_OPEN, &[cluster.into()], |row| super::opt_day_at(row, 0)).await
    }

    /// The last settlement day that was posted before `at`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_last_posted_before(&mut self, cluster: ClusterId, at: Instant) -> Result<Option<BusinessDay>> {
        self.query_one(&LAST_POSTED_BEFORE, &[cluster.into(), at.into()], |row| super::opt_day_at(row, 0)).await
    }

    /// The days that were posted, in order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_list_posted(&mut self, cluster: ClusterId) -> Result<Vec<BusinessDay>> {
        self.query(&POSTED, &[cluster.into()], |row| day_at(row, 0)).await
    }

    /// Marks a settlement day as one to be settled again; `false` when it was not settled yet.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn day_mark_dirty(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<bool> {
        Ok(self.exec(&MARK, &[cluster.into(), day.0.into()]).await? == 1)
    }

    /// Writes members' days, new or again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_day_put(&mut self, cluster: ClusterId, rows: &[MemberDayRow]) -> Result<()> {
        let mut values = Vec::with_capacity(rows.len() * 6);
        for row in rows {
            values.extend([
                Value::from(cluster),
                row.day.0.into(),
                row.member.get().into(),
                Value::Bytes(&row.sums),
                row.posted.0.into(),
                row.estimated.into(),
            ]);
        }
        self.insert_many(&MEMBER_PUT, &values).await.map(|_| ())
    }

    /// All members' days in `[from, until)`, by day and member; or one member's.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_day_list(
        &mut self,
        cluster: ClusterId,
        from: BusinessDay,
        until: BusinessDay,
        member: Option<MemberNo>,
    ) -> Result<Vec<MemberDayRow>> {
        let range = [cluster.into(), from.0.into(), until.0.into()];
        match member {
            None => self.query(&MEMBERS, &range, member_day_row).await,
            Some(member) => self.query(&MEMBER, &[range[0], range[1], range[2], member.into()], member_day_row).await,
        }
    }
}

fn day_row(row: &Row<'_>) -> Result<DayRow> {
    Ok(DayRow {
        day: day_at(row, 0)?,
        status: row.text(1)?.to_owned(),
        revision: row.int(2)?,
        rule_no: row.int(3)?,
        intervals: row.int(4)?,
        estimated: row.int(5)?,
        totals: row.bytes(6)?.to_vec(),
        state_after: row.bytes(7)?.to_vec(),
        utility_payable: Ngwee(row.int(8)?),
        utility_receivable: Ngwee(row.int(9)?),
        service_charge: Ngwee(row.int(10)?),
        credit_fund: Ngwee(row.int(11)?),
        settled_at: Instant(row.int(12)?),
        posted_at: row.opt_int(13)?.map(Instant),
    })
}

fn member_day_row(row: &Row<'_>) -> Result<MemberDayRow> {
    Ok(MemberDayRow {
        day: day_at(row, 0)?,
        member: MemberNo::new(row.int(1)?).map_err(|error| StoreError::corrupt("member_no", error))?,
        sums: row.bytes(2)?.to_vec(),
        posted: Ngwee(row.int(3)?),
        estimated: row.int(4)?,
    })
}
