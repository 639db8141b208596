//! Settling a cluster up to the present: day after day, each in one transaction.

use crate::day_settle::{self, DayOutcome, DayWork};
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use quantity::{BusinessDay, Instant};
use settlement::Totals;
use store::tables::ClusterRow;

/// What settling a day did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaySettled {
    /// The local day.
    pub day: BusinessDay,
    /// Intervals settled so far.
    pub intervals: i64,
    /// Records newly sealed: all of them the first time, those that changed after a correction.
    pub sealed: i64,
    /// Transfers newly booked.
    pub transfers: i64,
    /// Readings estimated.
    pub estimated: i64,
    /// Whether the day is complete and posted.
    pub is_posted: bool,
    /// How often it was posted.
    pub revision: i64,
    /// The cluster's totals.
    pub totals: Totals,
}

/// What settling a cluster did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettleReport {
    /// Days settled or settled again, in order.
    pub days: Vec<DaySettled>,
    /// Records newly sealed.
    pub sealed: i64,
    /// Transfers newly booked.
    pub transfers: i64,
}

impl Service {
    /// Settles every closed interval of a cluster that is not settled, and every day whose readings changed; complete days are posted.
    ///
    /// An interval is closed when its end and the cluster's grace time have passed. Each day is one transaction: after a crash the days
    /// that were reported are there, the others are not, and running it again goes on. `progress` is told each day done. Payouts that nobody
    /// confirmed in time are given up on the way, orders that are over end, the auction of the interval is held, price alerts fire, moves
    /// go on, and so does trade with other clusters.
    ///
    /// # Errors
    /// [`ServiceError`]; days before the one that failed stay settled.
    pub async fn cluster_settle(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        mut progress: impl FnMut(&DaySettled),
    ) -> Result<SettleReport, ServiceError> {
        self.require(actor, cluster.id, Action::Settle).await?;
        self.payouts_expire(cluster).await;
        self.market_follow(cluster).await;
        self.alerts_follow(cluster).await;
        let closed_until = self.now().plus_ms(-cluster.grace_minutes * 60_000);
        let mut report = SettleReport::default();
        let mut next = self.first_unsettled(cluster).await?;
        while let Some(day) = next {
            if day.start(cluster.offset) >= closed_until {
                break;
            }
            let outcome = self.day_settle(cluster, day).await?;
            if let DayOutcome::Settled(settled) = outcome {
                progress(&settled);
                report.sealed += settled.sealed;
                report.transfers += settled.transfers;
                let is_complete = settled.is_posted;
                report.days.push(settled);
                if !is_complete {
                    break;
                }
            }
            next = self.next_unsettled(cluster, day).await?;
        }
        self.moves_follow(cluster).await;
        self.between_follow(cluster).await;
        Ok(report)
    }

    /// Settles one day of a cluster: see [`Service::cluster_settle`]. This is the use case `distribute_energy` of a whole day.
    ///
    /// # Errors
    /// [`ServiceError`]; then nothing of the day was changed.
    pub(crate) async fn day_settle(&self, cluster: &ClusterRow, day: BusinessDay) -> Result<DayOutcome, ServiceError> {
        let region = self.region(&cluster.region)?;
        let work = DayWork { cluster: cluster.clone(), region, day, now: self.now() };
        let work = std::sync::Arc::new(work);
        self.store
            .write(move |tx| {
                let work = work.clone();
                Box::pin(async move { day_settle::settle_day(tx, &work).await })
            })
            .await
    }

    /// Shares, prices, seals and posts one day of a cluster, if it is there to be settled: the operation `distribute_energy`.
    ///
    /// # Errors
    /// [`ServiceError`]; then nothing of the day was changed.
    pub async fn distribute_energy(&self, actor: Actor, cluster: &ClusterRow, day: BusinessDay) -> Result<Option<DaySettled>, ServiceError> {
        self.require(actor, cluster.id, Action::Settle).await?;
        Ok(match self.day_settle(cluster, day).await? {
            DayOutcome::Settled(settled) => Some(settled),
            DayOutcome::NothingToSettle => None,
        })
    }

    /// The first day that is dirty, open, left out (readings came for a day before a settled one) or new.
    async fn first_unsettled(&self, cluster: &ClusterRow) -> Result<Option<BusinessDay>, ServiceError> {
        let (id, offset) = (cluster.id, cluster.offset);
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let oldest = tx.block_oldest(id, Instant(i64::MIN)).await?.map(|start| BusinessDay::of(start, offset));
                    let Some(settled) = tx.day_span(id).await? else { return Ok(oldest) };
                    let left_out = match oldest.filter(|day| *day < settled.first) {
                        None if settled.has_gap() => tx.day_first_gap(id).await?,
                        older => older,
                    };
                    let open = tx.day_first_open(id).await?;
                    if let Some(day) = left_out.into_iter().chain(open).min() {
                        return Ok(Some(day));
                    }
                    let newer = tx.block_oldest(id, settled.last.next().start(offset)).await?;
                    Ok(newer.map(|_| settled.last.next()))
                })
            })
            .await
    }

    /// The next day after `day` that is dirty or new; a day without any reading is settled too when later ones have some.
    async fn next_unsettled(&self, cluster: &ClusterRow, day: BusinessDay) -> Result<Option<BusinessDay>, ServiceError> {
        let next = self.first_unsettled(cluster).await?;
        Ok(next.filter(|next| *next != day))
    }
}
