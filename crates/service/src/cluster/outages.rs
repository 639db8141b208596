//! When the grid was away, as somebody wrote it down.

use super::ClusterError;
use super::again::{settle_again, today};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use quantity::{BusinessDay, DAY_MS, Interval};
use std::sync::Arc;
use store::tables::ClusterRow;

/// Longest outage taken at once.
const DAYS_MAX: i64 = 31;
/// How far ahead an announced outage may lie.
const AHEAD_DAYS: i64 = 31;

impl Service {
    /// Writes down outages of the grid, past or announced. Settled days they touch are settled again, inside the correction window. An
    /// outage that begins when a known one does replaces it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::Outage`]; [`ClusterError::TooLate`].
    pub async fn outage_record(&self, actor: Actor, cluster: &ClusterRow, outages: Vec<Interval>) -> Result<(), ServiceError> {
        self.require(actor, cluster.id, Action::OutageWrite).await?;
        if outages.len() > super::ENTRIES_MAX {
            return Err(ClusterError::TooMany { most: super::ENTRIES_MAX }.into());
        }
        let now = self.now();
        let fits = |outage: &Interval| {
            let is_aligned = cluster.step.is_aligned(outage.start()) && cluster.step.is_aligned(outage.end());
            let is_short = outage.end().ms_since(outage.start()) <= DAYS_MAX * DAY_MS;
            is_aligned && is_short && outage.start() <= now.plus_ms(AHEAD_DAYS * DAY_MS)
        };
        if !outages.iter().all(fits) {
            return Err(ClusterError::Outage { days: DAYS_MAX, ahead: AHEAD_DAYS }.into());
        }
        let work = Arc::new((cluster.clone(), outages));
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move {
                    let (row, outages) = (&work.0, &work.1);
                    tx.cluster_turn(row.id).await?;
                    for outage in outages {
                        let before = tx.outage_list(row.id, *outage).await?.into_iter().find(|known| known.start() == outage.start());
                        let end = before.map_or(outage.end(), |known| known.end().max(outage.end()));
                        let from = BusinessDay::of(outage.start(), row.offset);
                        let until = BusinessDay::of(end.plus_ms(-1), row.offset).next();
                        settle_again(tx, row, from, until.min(today(row, now).next()), now).await?;
                    }
                    Ok(tx.outage_insert(row.id, outages).await?)
                })
            })
            .await
    }
}
