//! The comparison of clearing accounts as a standing job: what it finds is logged, and told to the operators once.

use super::clearing::{ClearingDifference, ClearingReport};
use super::telling::tell;
use crate::policy::Actor;
use crate::{Service, ServiceError};
use domain::{ClusterId, MoveNo};
use quantity::Instant;
use store::tables::NoticeNew;
use store::{Enqueued, JobNew};

/// Most operators who are told.
const OPERATORS_TOLD_MAX: u32 = 20;
/// Under which kind of job it is written down that something was told.
const TOLD: &str = "clearing_told";

impl Service {
    /// Runs [`Service::clearing_check`], logs what differs or cannot go on, and tells the operators: each difference, by its pair and amount, and
    /// each move that stopped, by its refusal, once for ever, by however many processes and however often it is found.
    ///
    /// # Errors
    /// What the store says.
    pub async fn clearing_watch(&self) -> Result<ClearingReport, ServiceError> {
        let mut report = self.clearing_check(Actor::System).await?;
        if !report.differences.is_empty() {
            // Between the two legs of something that another process posts just now, a pair differs for a moment: what lasts is a difference.
            let again = self.clearing_check(Actor::System).await?;
            report.differences.retain(|found| again.differences.contains(found));
        }
        for difference in &report.differences {
            self.difference_tell(*difference).await?;
        }
        for (cluster, no, code) in &report.failed {
            self.stopped_tell(*cluster, *no, code).await?;
        }
        Ok(report)
    }

    async fn difference_tell(&self, found: ClearingDifference) -> Result<(), ServiceError> {
        let ClearingDifference { one, other, amount } = found;
        let (name, who) = (self.name_of(one).await?, self.name_of(other).await?);
        tracing::error!(one, other, amount = amount.0, "the clearing accounts of two clusters do not add up to zero");
        let key = format!("differs {one} {other} {}", amount.0);
        // What was booked for no other cluster has 0 in its place.
        self.tell_once(ClusterId::new(one).or_else(|_| ClusterId::new(other))?, key, move |user| {
            NoticeNew::new(user, "clearing-differs").with("name", name.clone()).with("who", who.clone()).with("amount_ngwee", amount.0)
        })
        .await
    }

    /// The name of a cluster; its number where there is none.
    async fn name_of(&self, id: i64) -> Result<String, ServiceError> {
        let Ok(known) = ClusterId::new(id) else { return Ok(id.to_string()) };
        let found = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.cluster_find(known).await?) })).await?;
        Ok(found.map_or_else(|| id.to_string(), |row| row.name))
    }

    async fn stopped_tell(&self, cluster: ClusterId, no: MoveNo, code: &'static str) -> Result<(), ServiceError> {
        let name = self.cluster_of(cluster).await?.name;
        tracing::error!(%cluster, move_no = %no, code, "a move between clusters cannot go on");
        let key = format!("move {no} {code}");
        self.tell_once(cluster, key, move |user| {
            NoticeNew::new(user, "move-stopped").with("name", name.clone()).with("number", no.get()).with("code", code)
        })
        .await
    }

    /// Tells the operators, unless something with this key was told of the cluster.
    async fn tell_once(
        &self,
        cluster: ClusterId,
        key: String,
        notice: impl Fn(domain::UserId) -> NoticeNew + Clone + Send + Sync + 'static,
    ) -> Result<(), ServiceError> {
        let now = self.now();
        self.store
            .write(move |tx| {
                // A record that it was told, in the same transaction: no worker ever has to do it.
                let job = JobNew { kind: TOLD.to_owned(), dedup_key: key.clone(), payload: String::new(), run_at: Instant(i64::MAX) };
                let notice = notice.clone();
                Box::pin(async move {
                    if let Enqueued::New(_) = tx.job_enqueue(cluster, &job).await? {
                        let operators = tx.operator_list(OPERATORS_TOLD_MAX).await?;
                        tell(tx, &operators, now, notice).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
