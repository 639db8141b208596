//! Members, meters, and whose meter it is on which day.

use super::{day_at, opt_day_at};
use crate::{Column, Result, Row, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{ClusterId, MemberNo, MeterNo, MeterRole};
use quantity::{BusinessDay, Watts};

/// A member of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Its number.
    pub no: MemberNo,
    /// The name that others see.
    pub alias: String,
    /// What it is: `student_unit`, `urban_home`, `clinic` …
    pub kind: String,
    /// Fixed weight of the sharing key.
    pub weight: u64,
    /// First day.
    pub joined_on: BusinessDay,
    /// First day after, or `None`.
    pub left_on: Option<BusinessDay>,
}

/// A meter of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterRow {
    /// Its number.
    pub no: MeterNo,
    /// The text that reading files know it by.
    pub serial: String,
    /// What it measures.
    pub role: MeterRole,
    /// The most that can flow through it.
    pub limit: Watts,
}

/// A meter that is a member's from a day on: `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AssignmentRow {
    /// The meter.
    pub meter: MeterNo,
    /// Whose it is.
    pub member: MemberNo,
    /// First day.
    pub from: BusinessDay,
    /// First day after, or `None`.
    pub until: Option<BusinessDay>,
}

/// When a meter of the plant counts: `[from, until)`; one without a row counts always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceRow {
    /// The meter.
    pub meter: MeterNo,
    /// First day.
    pub from: BusinessDay,
    /// First day after, or `None`.
    pub until: Option<BusinessDay>,
}

impl ServiceRow {
    /// Whether the meter counts on `day`.
    #[must_use]
    pub fn holds(&self, day: BusinessDay) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

static MEMBER_INSERT: SqlBatch = SqlBatch::new(
    "member",
    &[
        Column::int("cluster_id"),
        Column::int("member_no"),
        Column::text("alias"),
        Column::text("kind"),
        Column::int("weight"),
        Column::int("joined_on"),
        Column::int("left_on"),
    ],
    "",
);
const MEMBERS: Sql = sql!("SELECT member_no, alias, kind, weight, joined_on, left_on FROM member WHERE cluster_id = $1 ORDER BY member_no");
const MEMBER_LEAVE: Sql = sql!("UPDATE member SET left_on = $3 WHERE cluster_id = $1 AND member_no = $2 AND (left_on IS NULL OR left_on > $3)");
static METER_INSERT: SqlBatch = SqlBatch::new(
    "meter",
    &[Column::int("cluster_id"), Column::int("meter_no"), Column::text("serial"), Column::text("role"), Column::int("limit_w")],
    "",
);
const METERS: Sql = sql!("SELECT meter_no, serial, role, limit_w FROM meter WHERE cluster_id = $1 ORDER BY meter_no");
static ASSIGN: SqlBatch = SqlBatch::new(
    "meter_assignment",
    &[Column::int("cluster_id"), Column::int("meter_no"), Column::int("from_day"), Column::int("until_day"), Column::int("member_no")],
    "",
);
const ASSIGN_END: Sql = sql!(
    "UPDATE meter_assignment SET until_day = $3
     WHERE cluster_id = $1 AND meter_no = $2 AND (until_day IS NULL OR until_day > $3) AND from_day < $3"
);
const ASSIGN_TAKE_BACK: Sql = sql!("DELETE FROM meter_assignment WHERE cluster_id = $1 AND meter_no = $2 AND from_day >= $3");
const RENAME: Sql = sql!("UPDATE member SET alias = $3 WHERE cluster_id = $1 AND member_no = $2");
const SERVICES: Sql = sql!("SELECT meter_no, from_day, until_day FROM meter_service WHERE cluster_id = $1 ORDER BY meter_no");
static SERVICE_PUT: SqlBatch = SqlBatch::new(
    "meter_service",
    &[Column::int("cluster_id"), Column::int("meter_no"), Column::int("from_day"), Column::int("until_day")],
    "ON CONFLICT (cluster_id, meter_no) DO UPDATE SET from_day = excluded.from_day, until_day = excluded.until_day",
);
const ASSIGNMENTS: Sql = sql!(
    "SELECT meter_no, member_no, from_day, until_day FROM meter_assignment
     WHERE cluster_id = $1 AND from_day < $3 AND (until_day IS NULL OR until_day > $2) ORDER BY meter_no, from_day"
);

impl Tx<'_> {
    /// Adds members.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_insert(&mut self, cluster: ClusterId, members: &[MemberRow]) -> Result<()> {
        let mut values = Vec::with_capacity(members.len() * 7);
        for member in members {
            let weight = i64::try_from(member.weight).map_err(|_| StoreError::InvalidValue(format!("the weight {}", member.weight)))?;
            values.extend([
                Value::from(cluster),
                member.no.get().into(),
                member.alias.as_str().into(),
                member.kind.as_str().into(),
                weight.into(),
                member.joined_on.0.into(),
                member.left_on.map_or(Value::Null, |day| day.0.into()),
            ]);
        }
        self.insert_many(&MEMBER_INSERT, &values).await.map(|_| ())
    }

    /// All members of a cluster, also those who left, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_list(&mut self, cluster: ClusterId) -> Result<Vec<MemberRow>> {
        self.query(&MEMBERS, &[cluster.into()], member_row).await
    }

    /// Ends a membership; `false` when it had ended before or there is no such member.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_leave(&mut self, cluster: ClusterId, member: MemberNo, on: BusinessDay) -> Result<bool> {
        Ok(self.exec(&MEMBER_LEAVE, &[cluster.into(), member.into(), on.0.into()]).await? == 1)
    }

    /// Changes the name that others see; `false` when there is no such member.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_rename(&mut self, cluster: ClusterId, member: MemberNo, alias: &str) -> Result<bool> {
        Ok(self.exec(&RENAME, &[cluster.into(), member.into(), alias.into()]).await? == 1)
    }

    /// Takes back assignments of a meter that begin on `from` or later; gives how many.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn meter_assignment_take_back(&mut self, cluster: ClusterId, meter: MeterNo, from: BusinessDay) -> Result<u64> {
        self.exec(&ASSIGN_TAKE_BACK, &[cluster.into(), meter.into(), from.0.into()]).await
    }

    /// Says when a meter of the plant counts.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn meter_service_put(&mut self, cluster: ClusterId, row: &ServiceRow) -> Result<()> {
        let values = [cluster.into(), row.meter.into(), row.from.0.into(), row.until.map_or(Value::Null, |day| day.0.into())];
        self.insert_many(&SERVICE_PUT, &values).await.map(|_| ())
    }

    /// When meters of the plant count, by number; a meter without a row counts always.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn meter_service_list(&mut self, cluster: ClusterId) -> Result<Vec<ServiceRow>> {
        self.query(&SERVICES, &[cluster.into()], |row| {
            Ok(ServiceRow {
                meter: MeterNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("meter_no", error))?,
                from: day_at(row, 1)?,
                until: opt_day_at(row, 2)?,
            })
        })
        .await
    }

    /// Adds meters.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the cluster has a meter with the serial.
    pub async fn meter_insert(&mut self, cluster: ClusterId, meters: &[MeterRow]) -> Result<()> {
        let mut values = Vec::with_capacity(meters.len() * 5);
        for meter in meters {
            values.extend([
                Value::from(cluster),
                meter.no.get().into(),
                meter.serial.as_str().into(),
                meter.role.as_str().into(),
                meter.limit.0.into(),
            ]);
        }
        self.insert_many(&METER_INSERT, &values).await.map(|_| ())
    }

    /// All meters of a cluster, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn meter_list(&mut self, cluster: ClusterId) -> Result<Vec<MeterRow>> {
        self.query(&METERS, &[cluster.into()], meter_row).await
    }

    /// Gives meters to members from a day on.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn meter_assign(&mut self, cluster: ClusterId, assignments: &[AssignmentRow]) -> Result<()> {
        let mut values = Vec::with_capacity(assignments.len() * 5);
        for row in assignments {
            let until = row.until.map_or(Value::Null, |day| day.0.into());
            values.extend([Value::from(cluster), row.meter.get().into(), row.from.0.into(), until, row.member.get().into()]);
        }
        self.insert_many(&ASSIGN, &values).await.map(|_| ())
    }

    /// Ends the open assignment of a meter before `until`; `false` when there is none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn meter_release(&mut self, cluster: ClusterId, meter: MeterNo, until: BusinessDay) -> Result<bool> {
        Ok(self.exec(&ASSIGN_END, &[cluster.into(), meter.into(), until.0.into()]).await? == 1)
    }

    /// Assignments that touch `[from, until)`, by meter and day.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn assignment_list(&mut self, cluster: ClusterId, from: BusinessDay, until: BusinessDay) -> Result<Vec<AssignmentRow>> {
        self.query(&ASSIGNMENTS, &[cluster.into(), from.0.into(), until.0.into()], |row| {
            Ok(AssignmentRow {
                meter: MeterNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("meter_no", error))?,
                member: MemberNo::new(row.int(1)?).map_err(|error| StoreError::corrupt("member_no", error))?,
                from: day_at(row, 2)?,
                until: opt_day_at(row, 3)?,
            })
        })
        .await
    }
}

fn member_row(row: &Row<'_>) -> Result<MemberRow> {
    Ok(MemberRow {
        no: MemberNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("member_no", error))?,
        alias: row.text(1)?.to_owned(),
        kind: row.text(2)?.to_owned(),
        weight: u64::try_from(row.int(3)?).map_err(|error| StoreError::corrupt("member.weight", error))?,
        joined_on: day_at(row, 4)?,
        left_on: opt_day_at(row, 5)?,
    })
}

fn meter_row(row: &Row<'_>) -> Result<MeterRow> {
    Ok(MeterRow {
        no: MeterNo::new(row.int(0)?).map_err(|error| StoreError::corrupt("meter_no", error))?,
        serial: row.text(1)?.to_owned(),
        role: MeterRole::parse(row.text(2)?).map_err(|error| StoreError::corrupt("meter.role", error))?,
        limit: Watts(row.int(3)?),
    })
}
