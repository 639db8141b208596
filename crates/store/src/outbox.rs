//! Events: what happened in a cluster, written with the change itself and followed by number.
//!
//! Numbers have no gaps and become visible in order (a number is held until its unit ends), so a follower that has
//! seen event 7 continues after 7 and misses nothing. Old events are taken away from the front.

use domain::ClusterId;
use quantity::Instant;

use crate::{Column, Result, Sql, SqlBatch, Tx, Value, sql};

static APPEND: SqlBatch = SqlBatch::new(
    "outbox",
    &[Column::int("cluster_id"), Column::int("event_no"), Column::text("kind"), Column::text("payload"), Column::int("occurred_at")],
    "",
);

const TAIL: Sql = sql!(
    "SELECT event_no, kind, payload, occurred_at FROM outbox
     WHERE cluster_id = $1 AND event_no > $2 ORDER BY event_no LIMIT $3"
);

// The oldest rows are looked at by number alone; of them those go that are old, and never the newest, so that numbers known stay known.
const PRUNE: Sql = sql!(
    "DELETE FROM outbox WHERE cluster_id = $1 AND event_no IN (
        SELECT event_no FROM (SELECT event_no, occurred_at FROM outbox WHERE cluster_id = $1 ORDER BY event_no LIMIT $3) AS oldest
        WHERE occurred_at < $2)
     AND event_no < (SELECT MAX(event_no) FROM outbox WHERE cluster_id = $1)"
);

/// An event to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNew {
    /// What happened, as a code: `settlement_posted`.
    pub kind: String,
    /// Details, in the format of its kind.
    pub payload: String,
}

/// A told event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number in the cluster, from 1, without gaps.
    pub event_no: i64,
    /// What happened, as a code.
    pub kind: String,
    /// Details, in the format of its kind.
    pub payload: String,
    /// When it happened.
    pub occurred_at: Instant,
}

impl Tx<'_> {
    /// Tells events in the order given; gives the number of the first, or `None` when there are none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn outbox_append(&mut self, cluster: ClusterId, events: &[EventNew], at: Instant) -> Result<Option<i64>> {
        if events.is_empty() {
            return Ok(None);
        }
        let first = self.numbers_take(cluster, "event", events.len() as i64).await?;
        let mut values = Vec::with_capacity(events.len() * 5);
        for (event_no, event) in (first..).zip(events) {
            values.extend([cluster.into(), Value::Int(event_no), (&event.kind).into(), (&event.payload).into(), at.into()]);
        }
        self.insert_many(&APPEND, &values).await?;
        Ok(Some(first))
    }

    /// Takes away events of a cluster that happened before `before`, of the oldest `limit` by number, but never its newest; gives how many.
    /// Fewer than `limit`: there is none left.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn outbox_prune(&mut self, cluster: ClusterId, before: Instant, limit: u32) -> Result<u64> {
        self.exec(&PRUNE, &[cluster.into(), before.into(), limit.into()]).await
    }

    /// The events of a cluster after number `after` (0 for all), in order, at most `limit`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn outbox_tail(&mut self, cluster: ClusterId, after: i64, limit: u32) -> Result<Vec<Event>> {
        let map = |row: &crate::Row<'_>| {
            Ok(Event { event_no: row.int(0)?, kind: row.text(1)?.to_owned(), payload: row.text(2)?.to_owned(), occurred_at: Instant(row.int(3)?) })
        };
        self.query(&TAIL, &[cluster.into(), after.into(), limit.into()], map).await
    }
}
