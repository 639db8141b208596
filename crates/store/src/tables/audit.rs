//! Who was refused, and who looked at what is not their own.

use super::member_at;
use crate::{Column, Result, Row, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{ClusterId, MemberNo, UserId};
use quantity::Instant;

/// What came of what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditOutcome {
    /// The rights did not allow it.
    Refused,
    /// Somebody else's data were looked at, as an office allows.
    Looked,
}

impl AuditOutcome {
    /// The word as stored and shown in programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Looked => "looked",
        }
    }
}

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its id: grows with time.
    pub id: i64,
    /// The cluster it was about.
    pub cluster: Option<ClusterId>,
    /// Who; `None` is nobody who had signed in.
    pub user: Option<UserId>,
    /// What was asked for, as a code.
    pub action: String,
    /// What came of it.
    pub outcome: AuditOutcome,
    /// Whose data it was about.
    pub member: Option<MemberNo>,
    /// The roles that the user held there, with commas between; `operator` is one.
    pub roles: String,
    /// More, bounded.
    pub detail: String,
    /// When.
    pub occurred_at: Instant,
}

static APPEND: SqlBatch = SqlBatch::new(
    "audit",
    &[
        Column::int("cluster_id"),
        Column::int("audit_id"),
        Column::int("user_id"),
        Column::text("action"),
        Column::text("outcome"),
        Column::int("member_no"),
        Column::text("roles"),
        Column::text("detail"),
        Column::int("occurred_at"),
    ],
    "ON CONFLICT (cluster_id, audit_id) DO NOTHING",
);
const LIST: Sql = sql!(
    "SELECT audit_id, cluster_id, user_id, action, outcome, member_no, roles, detail, occurred_at FROM audit
     WHERE audit_id < $1 ORDER BY audit_id DESC, cluster_id LIMIT $2"
);
const LOOKS: Sql = sql!(
    "SELECT audit_id, cluster_id, user_id, action, outcome, member_no, roles, detail, occurred_at FROM audit
     WHERE cluster_id = $1 AND member_no = $2 AND audit_id < $3 AND outcome = 'looked' ORDER BY audit_id DESC LIMIT $4"
);

impl Tx<'_> {
    /// Appends lines.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn audit_append(&mut self, lines: &[AuditRow]) -> Result<()> {
        let mut values: Vec<Value<'_>> = Vec::with_capacity(lines.len() * 9);
        for line in lines {
            values.extend([
                Value::from(line.cluster.map_or(0, ClusterId::get)),
                line.id.into(),
                line.user.map_or(0, UserId::get).into(),
                line.action.as_str().into(),
                line.outcome.as_str().into(),
                line.member.into(),
                line.roles.as_str().into(),
                line.detail.as_str().into(),
                line.occurred_at.into(),
            ]);
        }
        self.insert_many(&APPEND, &values).await.map(|_| ())
    }

    /// Lines before `before` (`None` for the newest), the newest first. Over everything: for the operator.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn audit_list(&mut self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>> {
        self.query(&LIST, &[before.unwrap_or(i64::MAX).into(), limit.into()], audit_row).await
    }

    /// Looks at a member's data before `before` (`None` for the newest), the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn audit_looks(&mut self, cluster: ClusterId, member: MemberNo, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>> {
        let values = [cluster.into(), member.into(), before.unwrap_or(i64::MAX).into(), limit.into()];
        self.query(&LOOKS, &values, audit_row).await
    }
}

fn audit_row(row: &Row<'_>) -> Result<AuditRow> {
    Ok(AuditRow {
        id: row.int(0)?,
        cluster: ClusterId::new(row.int(1)?).ok(),
        user: UserId::new(row.int(2)?).ok(),
        action: row.text(3)?.to_owned(),
        outcome: match row.text(4)? {
            "refused" => AuditOutcome::Refused,
            "looked" => AuditOutcome::Looked,
            other => return Err(StoreError::corrupt("audit.outcome", other)),
        },
        member: row.opt_int(5)?.map(|_| member_at(row, 5)).transpose()?,
        roles: row.text(6)?.to_owned(),
        detail: row.text(7)?.to_owned(),
        occurred_at: Instant(row.int(8)?),
    })
}
