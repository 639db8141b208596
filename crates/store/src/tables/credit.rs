//! Energy credits: what members want for their surplus, and what became of it day by day.

use super::{day_at, member_at};
use crate::{Column, Result, Row, Sql, SqlBatch, SqlIn, StoreError, Tx, Value, sql};
use domain::{ClusterId, MemberNo};
use quantity::{BusinessDay, Instant};

/// What a member wants for the energy it exports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SurplusChoice {
    /// Money, as everybody gets who never said anything.
    #[default]
    Paid,
    /// Energy credits.
    Bank,
}

impl SurplusChoice {
    /// The word as stored and as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Bank => "bank",
        }
    }

    /// Reads a word back; `None` when there is no such choice.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "paid" => Some(Self::Paid),
            "bank" => Some(Self::Bank),
            _ => None,
        }
    }
}

/// A member's choice from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChoiceRow {
    /// The member.
    pub member: MemberNo,
    /// First day on which it holds.
    pub from_day: BusinessDay,
    /// What was chosen.
    pub choice: SurplusChoice,
    /// When it was said.
    pub set_at: Instant,
    /// The user who said it, 0 for the system.
    pub set_by: i64,
}

/// What became of a member's exports and imports of a posted day by energy credits: Wh and milli-ngwee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreditDayRow {
    /// The local day.
    pub day: BusinessDay,
    /// The member.
    pub member: MemberNo,
    /// Exports that became energy credits, as the ledger holds them, Wh.
    pub banked: i64,
    /// Imports that were met with energy credits, Wh.
    pub used: i64,
    /// The part of `banked` that a correction took away and that could not be taken back: the member paid for it, Wh.
    pub bought_back: i64,
    /// What the banked exports would have earned, milli-ngwee.
    pub banked_money: i64,
    /// What the used energy would have cost, milli-ngwee.
    pub used_money: i64,
    /// What was paid for `bought_back`, milli-ngwee.
    pub bought_back_money: i64,
}

static CHOICE_PUT: SqlBatch = SqlBatch::new(
    "surplus_choice",
    &[
        Column::int("cluster_id"),
        Column::int("member_no"),
        Column::int("from_day"),
        Column::text("choice"),
        Column::int("set_at"),
        Column::int("set_by"),
    ],
    "ON CONFLICT (cluster_id, member_no, from_day) DO UPDATE SET choice = excluded.choice, set_at = excluded.set_at, set_by = excluded.set_by",
);
const CHOICES: Sql =
    sql!("SELECT member_no, from_day, choice, set_at, set_by FROM surplus_choice WHERE cluster_id = $1 ORDER BY member_no, from_day");
const CHOICES_OF: Sql =
    sql!("SELECT member_no, from_day, choice, set_at, set_by FROM surplus_choice WHERE cluster_id = $1 AND member_no = $2 ORDER BY from_day");
const CHOICES_ON: Sql = sql!(
    "SELECT c.member_no, c.from_day, c.choice, c.set_at, c.set_by FROM surplus_choice AS c WHERE c.cluster_id = $1 AND c.from_day =
        (SELECT MAX(l.from_day) FROM surplus_choice AS l WHERE l.cluster_id = $1 AND l.member_no = c.member_no AND l.from_day <= $2)
     ORDER BY c.member_no"
);
static DAY_PUT: SqlBatch = SqlBatch::new(
    "credit_day",
    &[
        Column::int("cluster_id"),
        Column::int("day"),
        Column::int("member_no"),
        Column::int("banked"),
        Column::int("used"),
        Column::int("bought_back"),
        Column::int("banked_money"),
        Column::int("used_money"),
        Column::int("bought_back_money"),
    ],
    "ON CONFLICT (cluster_id, day, member_no) DO UPDATE SET banked = excluded.banked, used = excluded.used, bought_back = excluded.bought_back,
        banked_money = excluded.banked_money, used_money = excluded.used_money, bought_back_money = excluded.bought_back_money",
);
const DAYS: Sql = sql!(
    "SELECT day, member_no, banked, used, bought_back, banked_money, used_money, bought_back_money FROM credit_day
     WHERE cluster_id = $1 AND day >= $2 AND day < $3 ORDER BY day, member_no"
);
const DAYS_OF: Sql = sql!(
    "SELECT day, member_no, banked, used, bought_back, banked_money, used_money, bought_back_money FROM credit_day
     WHERE cluster_id = $1 AND day >= $2 AND day < $3 AND member_no = $4 ORDER BY day"
);

static BANKED_OF: SqlIn = SqlIn::new(
    sql!("SELECT day, member_no, banked, bought_back FROM credit_day WHERE cluster_id = $1 AND day >= $2 AND day < $3 AND banked > 0 AND member_no"),
    "",
);

impl Tx<'_> {
    /// Writes what a member wants for its surplus from a day on; what was said for the same day before is replaced.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn surplus_choice_put(&mut self, cluster: ClusterId, row: &ChoiceRow) -> Result<()> {
        let values = [cluster.into(), row.member.into(), row.from_day.0.into(), row.choice.as_str().into(), row.set_at.into(), row.set_by.into()];
        self.insert_many(&CHOICE_PUT, &values).await.map(|_| ())
    }

    /// Everything that members, or one of them, ever wanted for their surplus: by member and day.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn surplus_choice_list(&mut self, cluster: ClusterId, member: Option<MemberNo>) -> Result<Vec<ChoiceRow>> {
        match member {
            None => self.query(&CHOICES, &[cluster.into()], choice_row).await,
            Some(member) => self.query(&CHOICES_OF, &[cluster.into(), member.into()], choice_row).await,
        }
    }

    /// What holds on a day, by member; who never said anything is not in the list.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn surplus_choice_on(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<Vec<ChoiceRow>> {
        self.query(&CHOICES_ON, &[cluster.into(), day.0.into()], choice_row).await
    }

    /// Writes what became of members' energy on days, new or again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn credit_day_put(&mut self, cluster: ClusterId, rows: &[CreditDayRow]) -> Result<()> {
        let mut values = Vec::with_capacity(rows.len() * 9);
        for row in rows {
            values.extend([
                Value::from(cluster),
                row.day.0.into(),
                row.member.into(),
                row.banked.into(),
                row.used.into(),
                row.bought_back.into(),
                row.banked_money.into(),
                row.used_money.into(),
                row.bought_back_money.into(),
            ]);
        }
        self.insert_many(&DAY_PUT, &values).await.map(|_| ())
    }

    /// Days in `[from, until)` on which some members banked energy: the day, the member, what was banked and what of it was bought back, Wh. In no
    /// order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn credit_banked_list(
        &mut self,
        cluster: ClusterId,
        from: BusinessDay,
        until: BusinessDay,
        members: &[MemberNo],
    ) -> Result<Vec<(BusinessDay, MemberNo, i64, i64)>> {
        let keys: Vec<i64> = members.iter().map(|member| member.get()).collect();
        let fixed = [cluster.into(), from.0.into(), until.0.into()];
        self.query_in(&BANKED_OF, &fixed, &keys, |row| Ok((day_at(row, 0)?, member_at(row, 1)?, row.int(2)?, row.int(3)?))).await
    }

    /// What became of the energy of all members in `[from, until)`, by day and member; or of one member's.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn credit_day_list(
        &mut self,
        cluster: ClusterId,
        from: BusinessDay,
        until: BusinessDay,
        member: Option<MemberNo>,
    ) -> Result<Vec<CreditDayRow>> {
        let range = [cluster.into(), from.0.into(), until.0.into()];
        match member {
            None => self.query(&DAYS, &range, credit_day_row).await,
            Some(member) => self.query(&DAYS_OF, &[range[0], range[1], range[2], member.into()], credit_day_row).await,
        }
    }
}

fn choice_row(row: &Row<'_>) -> Result<ChoiceRow> {
    let word = row.text(2)?;
    Ok(ChoiceRow {
        member: member_at(row, 0)?,
        from_day: day_at(row, 1)?,
        choice: SurplusChoice::parse(word).ok_or_else(|| StoreError::corrupt("surplus_choice.choice", word))?,
        set_at: Instant(row.int(3)?),
        set_by: row.int(4)?,
    })
}

fn credit_day_row(row: &Row<'_>) -> Result<CreditDayRow> {
    Ok(CreditDayRow {
        day: day_at(row, 0)?,
        member: member_at(row, 1)?,
        banked: row.int(2)?,
        used: row.int(3)?,
        bought_back: row.int(4)?,
        banked_money: row.int(5)?,
        used_money: row.int(6)?,
        bought_back_money: row.int(7)?,
    })
}
