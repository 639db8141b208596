//! Price alerts of users, and what each was told of them today.

use super::user_at;
use crate::{Column, Result, Row, Sql, SqlIn, SqlUpdate, StoreError, Tx, Value, sql};
use domain::{AlertNo, ClusterId, UserId};
use market::alert::{Alert, AlertKind};
use market::telling::ToldToday;
use quantity::{BusinessDay, Instant, PricePerKwh};

/// An alert of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertRow {
    /// Whose it is.
    pub user: UserId,
    /// Its number, from 1 for each user.
    pub no: AlertNo,
    /// Whose prices it is about.
    pub cluster: ClusterId,
    /// What it waits for, and how it stands.
    pub alert: Alert,
    /// When it was set.
    pub created_at: Instant,
}

const INSERT: Sql = sql!(
    "INSERT INTO price_alert (user_id, alert_no, cluster_id, kind, threshold, base, is_armed, last_fired_at, expires_at, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
);
const WATCH: Sql = sql!("INSERT INTO alert_watcher (cluster_id, user_id) VALUES ($1, $2) ON CONFLICT (cluster_id, user_id) DO NOTHING");
const WATCH_END: Sql = sql!("DELETE FROM alert_watcher WHERE cluster_id = $1 AND user_id = $2");
const WATCHERS: Sql = sql!("SELECT user_id FROM alert_watcher WHERE cluster_id = $1 AND user_id > $2 ORDER BY user_id LIMIT $3");
static PUT: SqlUpdate = SqlUpdate::new(
    "price_alert",
    "user_id",
    &[Column::int("alert_no"), Column::int("is_armed"), Column::int("last_fired_at"), Column::int("expires_at")],
);
const DELETE: Sql = sql!("DELETE FROM price_alert WHERE user_id = $1 AND alert_no = $2");
const OF_USER: Sql = sql!(
    "SELECT user_id, alert_no, cluster_id, kind, threshold, base, is_armed, last_fired_at, expires_at, created_at FROM price_alert
     WHERE user_id = $1 ORDER BY alert_no"
);
static OF_USERS: SqlIn = SqlIn::new(
    sql!(
        "SELECT user_id, alert_no, cluster_id, kind, threshold, base, is_armed, last_fired_at, expires_at, created_at FROM price_alert
         WHERE cluster_id = $1 AND user_id"
    ),
    "",
);
static TOLD: SqlIn = SqlIn::new(sql!("SELECT user_id, day_on, told, held_back FROM alert_told WHERE user_id"), "");
const TOLD_PUT: Sql = sql!(
    "INSERT INTO alert_told (user_id, day_on, told, held_back) VALUES ($1, $2, $3, $4)
     ON CONFLICT (user_id) DO UPDATE SET day_on = excluded.day_on, told = excluded.told, held_back = excluded.held_back"
);

impl Tx<'_> {
    /// Sets an alert, and writes down that its user watches the cluster.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the number is taken.
    pub async fn alert_insert(&mut self, row: &AlertRow) -> Result<()> {
        let AlertRow { user, no, cluster, alert, created_at } = row;
        let values = [
            (*user).into(),
            (*no).into(),
            (*cluster).into(),
            alert.kind.as_str().into(),
            alert.kind.threshold().into(),
            alert.kind.base().map_or(Value::Null, |price| price.0.into()),
            i64::from(alert.is_armed).into(),
            alert.last_fired_at.into(),
            alert.expires_at.into(),
            (*created_at).into(),
        ];
        self.exec(&INSERT, &values).await?;
        self.exec(&WATCH, &[(*cluster).into(), (*user).into()]).await.map(|_| ())
    }

    /// Writes down how alerts of a user stand: whether they are armed, when they fired last and when they end.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alert_put(&mut self, user: UserId, rows: &[AlertRow]) -> Result<()> {
        let mut values = Vec::with_capacity(rows.len() * 4);
        for row in rows {
            let AlertRow { no, alert, .. } = row;
            values.extend([Value::from(*no), i64::from(alert.is_armed).into(), alert.last_fired_at.into(), alert.expires_at.into()]);
        }
        self.update_many(&PUT, user.into(), &values).await.map(|_| ())
    }

    /// Removes an alert; `false` when the user has none with this number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alert_delete(&mut self, user: UserId, no: AlertNo) -> Result<bool> {
        Ok(self.exec(&DELETE, &[user.into(), no.into()]).await? == 1)
    }

    /// The alerts of a user, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alert_list(&mut self, user: UserId) -> Result<Vec<AlertRow>> {
        self.query(&OF_USER, &[user.into()], alert_row).await
    }

    /// The alerts that these users have on the prices of a cluster, by user and number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alerts_of(&mut self, cluster: ClusterId, users: &[UserId]) -> Result<Vec<AlertRow>> {
        let keys: Vec<i64> = users.iter().map(|user| user.get()).collect();
        let mut rows = self.query_in(&OF_USERS, &[cluster.into()], &keys, alert_row).await?;
        rows.sort_unstable_by_key(|row| (row.user, row.no));
        Ok(rows)
    }

    /// Users who watch the prices of a cluster, by id, after `after`, at most `limit`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alert_watchers(&mut self, cluster: ClusterId, after: Option<UserId>, limit: u32) -> Result<Vec<UserId>> {
        let after = after.map_or(0, UserId::get);
        self.query(&WATCHERS, &[cluster.into(), after.into(), limit.into()], |row| user_at(row, 0)).await
    }

    /// A user no longer watches a cluster.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alert_watch_end(&mut self, cluster: ClusterId, user: UserId) -> Result<()> {
        self.exec(&WATCH_END, &[cluster.into(), user.into()]).await.map(|_| ())
    }

    /// What these users were told on the last day on which anything was.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alerts_told(&mut self, users: &[UserId]) -> Result<Vec<(UserId, ToldToday)>> {
        let keys: Vec<i64> = users.iter().map(|user| user.get()).collect();
        self.query_in(&TOLD, &[], &keys, |row| {
            let day = BusinessDay(i32::try_from(row.int(1)?).map_err(|_| StoreError::DataCorrupt("alert_told.day_on".to_owned()))?);
            Ok((user_at(row, 0)?, ToldToday { day, told: row.int(2)?, held_back: row.int(3)? }))
        })
        .await
    }

    /// Writes down what a user was told.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn alert_told_put(&mut self, user: UserId, told: &ToldToday) -> Result<()> {
        self.exec(&TOLD_PUT, &[user.into(), told.day.0.into(), told.told.into(), told.held_back.into()]).await.map(|_| ())
    }
}

fn alert_row(row: &Row<'_>) -> Result<AlertRow> {
    let base = row.opt_int(5)?.map(PricePerKwh);
    let kind = AlertKind::parse(row.text(3)?, row.int(4)?, base).map_err(|error| StoreError::corrupt("price_alert.kind", error))?;
    Ok(AlertRow {
        user: user_at(row, 0)?,
        no: AlertNo::new(row.int(1)?).map_err(|error| StoreError::corrupt("price_alert.alert_no", error))?,
        cluster: ClusterId::new(row.int(2)?).map_err(|error| StoreError::corrupt("price_alert.cluster_id", error))?,
        alert: Alert { kind, is_armed: row.boolean(6)?, last_fired_at: row.opt_int(7)?.map(Instant), expires_at: row.opt_int(8)?.map(Instant) },
        created_at: Instant(row.int(9)?),
    })
}
