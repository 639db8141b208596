//! Numbers that people can say, counted per cluster and kind, and the turn of a cluster.

use domain::ClusterId;

use crate::{Result, Sql, StoreError, Tx, sql};

const TAKE: Sql = sql!(
    "INSERT INTO counter (cluster_id, kind, last_no) VALUES ($1, $2, $3)
     ON CONFLICT (cluster_id, kind) DO UPDATE SET last_no = counter.last_no + excluded.last_no
     RETURNING last_no"
);

const TURN: Sql = sql!(
    "INSERT INTO counter (cluster_id, kind, last_no) VALUES ($1, 'turn', 1)
     ON CONFLICT (cluster_id, kind) DO UPDATE SET last_no = counter.last_no + 1"
);

impl Tx<'_> {
    /// Takes `count` numbers of a kind (`member`, `transfer`, …) in a cluster; gives the first, from 1 on.
    ///
    /// Numbers have no gaps: a unit that is rolled back gives them back. On PostgreSQL other units that want a number
    /// of the same kind in the same cluster wait until this one has ended; so take numbers of several kinds in one
    /// fixed order.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] when `count` is below 1; else what the engine says.
    pub async fn numbers_take(&mut self, cluster: ClusterId, kind: &str, count: i64) -> Result<i64> {
        if count < 1 {
            return Err(StoreError::Misuse(format!("{count} numbers of {kind}")));
        }
        let last = self.query_one(&TAKE, &[cluster.into(), kind.into(), count.into()], |row| row.int(0)).await?;
        last.checked_sub(count - 1).ok_or_else(|| StoreError::corrupt("counter.last_no", last))
    }

    /// Waits until no other unit has its turn in the cluster, and keeps the turn until this unit ends.
    ///
    /// For units that decide by what they read: what is read after this call cannot change before the unit ends, as
    /// long as the others take their turn too. On SQLite units run one after the other anyway, so it does nothing.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn cluster_turn(&mut self, cluster: ClusterId) -> Result<()> {
        if let Self::Pg(_) = self {
            self.exec(&TURN, &[cluster.into()]).await?;
        }
        Ok(())
    }
}
