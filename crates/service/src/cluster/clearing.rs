//! The proof that nothing stays between two clusters: moves are finished, and each pair's clearing accounts are compared.

use super::moves::Step;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{ClusterId, MoveNo};
use quantity::Ngwee;
use std::collections::BTreeMap;
use store::tables::{ClusterRow, MoveDirection, MoveRow, MoveState};

/// Moves and accounts read at once.
const PAGE: u32 = 500;

/// A pair of clusters whose clearing accounts do not add up to zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClearingDifference {
    /// One cluster; the lower id.
    pub one: i64,
    /// The other.
    pub other: i64,
    /// What is left between them.
    pub amount: Ngwee,
}

/// What the comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClearingReport {
    /// Moves, deals, clearings and deliveries that had a step to do.
    pub advanced: i64,
    /// Moves that wait: for their day, for a bill, or for the end of corrections.
    pub waiting: i64,
    /// Moves that could not go on, with the code of the refusal.
    pub failed: Vec<(ClusterId, MoveNo, &'static str)>,
    /// Pairs of clusters that have cleared anything.
    pub pairs: i64,
    /// Pairs that do not add up to zero.
    pub differences: Vec<ClearingDifference>,
}

impl Service {
    /// Finishes every move, deal and delivery that can go on, then adds up the clearing accounts of each pair of clusters: they must be zero. Safe to run
    /// at any time and any number of times.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says. A move that cannot go on and a pair that differs are in the report.
    pub async fn clearing_check(&self, actor: Actor) -> Result<ClearingReport, ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        let mut report = ClearingReport::default();
        self.reserved_go_on_all(&mut report).await?;
        self.moves_go_on(&mut report).await?;
        report.advanced += self.between_follow_all().await?;
        let mut pairs: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        let mut after = 0;
        loop {
            let page = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.clearing_accounts(after, PAGE).await?) })).await?;
            let Some(&(last, _)) = page.last() else { break };
            after = last.get();
            for (cluster, account) in page {
                let sums =
                    self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.clearing_by_other(cluster, account).await?) }));
                for (other, sum) in sums.await? {
                    let pair = (cluster.get().min(other), cluster.get().max(other));
                    *pairs.entry(pair).or_default() += sum.0;
                }
            }
        }
        report.pairs = pairs.len() as i64;
        let differs = pairs.into_iter().filter(|(_, sum)| *sum != 0);
        report.differences = differs.map(|((one, other), sum)| ClearingDifference { one, other, amount: Ngwee(sum) }).collect();
        Ok(report)
    }

    /// After days of a cluster were settled: money of members who moved away follows their bills. What does not work here is tried again
    /// with the next round; settling does not fail over it.
    pub(crate) async fn moves_follow(&self, cluster: &ClusterRow) {
        let id = cluster.id;
        let rows = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.move_list(id).await?) })).await;
        let is_open = |row: &MoveRow| row.direction == MoveDirection::Out && matches!(row.state, MoveState::Begun | MoveState::Moved);
        for row in rows.into_iter().flatten().filter(is_open) {
            if let Err(error) = self.move_go_on(id, row.no).await {
                tracing::warn!(cluster = %cluster.code, move_no = %row.no, code = error.code(), "a move waits: {error}");
            }
        }
    }

    /// Households whose number there was taken, and whose move here was not begun when the program stopped.
    async fn reserved_go_on_all(&self, report: &mut ClearingReport) -> Result<(), ServiceError> {
        let mut after = (0, 0);
        loop {
            let page = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.reserved_list(after, PAGE).await?) })).await?;
            let Some(&(cluster, member)) = page.last() else { return Ok(()) };
            after = (cluster.get(), member.get());
            for (cluster, member) in page {
                // A refusal is an end too: the number is given up, and nothing waits any longer.
                match self.reserved_go_on(cluster, member).await {
                    Ok(()) | Err(ServiceError::Cluster(_)) => report.advanced += 1,
                    Err(error) => tracing::warn!(%cluster, %member, code = error.code(), "a household waits for its move: {error}"),
                }
            }
        }
    }

    async fn moves_go_on(&self, report: &mut ClearingReport) -> Result<(), ServiceError> {
        let mut after = (0, 0);
        loop {
            let page = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.move_list_open(after, PAGE).await?) })).await?;
            let Some(&(cluster, no)) = page.last() else { return Ok(()) };
            after = (cluster.get(), no.get());
            for (cluster, no) in page {
                match self.move_step(cluster, no).await {
                    Ok(Step::Waiting) => report.waiting += 1,
                    Ok(_) => {
                        report.advanced += 1;
                        if let Err(error) = self.move_go_on(cluster, no).await {
                            report.failed.push((cluster, no, error.code()));
                        }
                    }
                    Err(error) => report.failed.push((cluster, no, error.code())),
                }
            }
        }
    }
}
