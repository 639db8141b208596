//! Deferred work: rows that workers claim for a time, and that are safe to run twice.
//!
//! A job is put into the table by the transaction that wants it. A worker takes a lease by compare-and-set (no
//! `FOR UPDATE`, which SQLite lacks), does the work in units of its own, and completes the job in the last of them:
//! effect and completion are one commit. A worker that dies loses its lease by time, and the next attempt begins.
//! The attempt number is the fence: a late worker's report meets another number and is refused.

use domain::ClusterId;
use quantity::Instant;

use crate::{Result, Row, Sql, StoreError, Tx, Value, sql};

const FIND: Sql = sql!("SELECT job_no FROM job WHERE cluster_id = $1 AND kind = $2 AND dedup_key = $3");

const ENQUEUE: Sql = sql!(
    "INSERT INTO job (cluster_id, job_no, kind, dedup_key, payload, run_at, lease_owner, lease_until, attempts)
     VALUES ($1, $2, $3, $4, $5, $6, '', 0, 0)"
);

const DUE_CLUSTERS: Sql = sql!(
    "SELECT DISTINCT cluster_id FROM job
     WHERE done_at IS NULL AND run_at <= $1 AND lease_until <= $1 AND cluster_id > $2 ORDER BY cluster_id LIMIT $3"
);

const DUE: Sql = sql!(
    "SELECT job_no FROM job
     WHERE cluster_id = $1 AND done_at IS NULL AND run_at <= $2 AND lease_until <= $2 ORDER BY run_at, job_no LIMIT $3"
);

const CLAIM: Sql = sql!(
    "UPDATE job SET lease_owner = $3, lease_until = $4, attempts = attempts + 1
     WHERE cluster_id = $1 AND job_no = $2 AND done_at IS NULL AND run_at <= $5 AND lease_until <= $5
     RETURNING kind, payload, attempts"
);

const COMPLETE: Sql = sql!(
    "UPDATE job SET done_at = $5, last_error = NULL, lease_owner = '', lease_until = 0
     WHERE cluster_id = $1 AND job_no = $2 AND lease_owner = $3 AND attempts = $4 AND done_at IS NULL"
);

const GIVE_UP: Sql = sql!(
    "UPDATE job SET done_at = $5, last_error = $6, lease_owner = '', lease_until = 0
     WHERE cluster_id = $1 AND job_no = $2 AND lease_owner = $3 AND attempts = $4 AND done_at IS NULL"
);

const POSTPONE: Sql = sql!(
    "UPDATE job SET run_at = $5, last_error = $6, lease_owner = '', lease_until = 0
     WHERE cluster_id = $1 AND job_no = $2 AND lease_owner = $3 AND attempts = $4 AND done_at IS NULL"
);

/// A job to be done later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobNew {
    /// What is to be done, as a code: `settlement_post`.
    pub kind: String,
    /// The same key of the same kind in the same cluster is one job for ever, also after it is done; put the day or
    /// the number of its subject in.
    pub dedup_key: String,
    /// Details, in the format of its kind.
    pub payload: String,
    /// Not before this instant.
    pub run_at: Instant,
}

/// What came of putting a job in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It is new, with this number.
    New(i64),
    /// It was there already (perhaps done), with this number; nothing changed.
    Present(i64),
}

/// A job whose lease the caller holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its cluster.
    pub cluster: ClusterId,
    /// Its number in the cluster.
    pub job_no: i64,
    /// What is to be done, as a code.
    pub kind: String,
    /// Details, in the format of its kind.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// Who holds the lease.
    pub owner: String,
}

/// What to do with a job that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Again, not before this instant; [`Retry::backoff`] makes one.
    At(Instant),
    /// Never: it counts as done, with its error kept.
    Never,
}

impl Retry {
    /// 30 seconds after the first attempt, doubled after each, at most 6 hours; never after attempt `attempts_max`.
    pub fn backoff(attempt: i64, attempts_max: i64, now: Instant) -> Self {
        if attempt >= attempts_max {
            return Self::Never;
        }
        let doublings = attempt.clamp(1, 16) - 1;
        Self::At(Instant(now.0.saturating_add((30_000 << doublings).min(6 * 3_600_000))))
    }
}

impl Tx<'_> {
    /// Puts a job in, unless one with its key is there. Two units that put in the same job at the same moment leave a
    /// gap in the numbers.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn job_enqueue(&mut self, cluster: ClusterId, job: &JobNew) -> Result<Enqueued> {
        let key = [cluster.into(), (&job.kind).into(), (&job.dedup_key).into()];
        if let Some(job_no) = self.query_opt(&FIND, &key, |row| row.int(0)).await? {
            return Ok(Enqueued::Present(job_no));
        }
        // Taking the number waits for others who put jobs in; one of them may have put in this one.
        let job_no = self.numbers_take(cluster, "job", 1).await?;
        if let Some(present) = self.query_opt(&FIND, &key, |row| row.int(0)).await? {
            return Ok(Enqueued::Present(present));
        }
        let values = [cluster.into(), job_no.into(), (&job.kind).into(), (&job.dedup_key).into(), (&job.payload).into(), job.run_at.into()];
        self.exec(&ENQUEUE, &values).await?;
        Ok(Enqueued::New(job_no))
    }

    /// Clusters after `after` (`None` for the first) that have due jobs, in order, at most `limit`.
    ///
    /// One of the few queries across clusters: for workers, never for a member's request.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn job_due_clusters(&mut self, now: Instant, after: Option<ClusterId>, limit: u32) -> Result<Vec<ClusterId>> {
        let after = after.map_or(0, ClusterId::get);
        let map = |row: &Row<'_>| ClusterId::new(row.int(0)?).map_err(|error| StoreError::corrupt("job.cluster_id", error));
        self.query(&DUE_CLUSTERS, &[now.into(), after.into(), limit.into()], map).await
    }

    /// Takes the leases of at most `limit` due jobs of a cluster until `lease_until`, the longest due first.
    ///
    /// `owner` names the worker, and must differ between workers. Jobs that another worker takes at the same moment
    /// are left out.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn job_claim(&mut self, cluster: ClusterId, owner: &str, now: Instant, lease_until: Instant, limit: u32) -> Result<Vec<Job>> {
        let mut due = self.query(&DUE, &[cluster.into(), now.into(), limit.into()], |row| row.int(0)).await?;
        // All workers lock in the same order, so none waits for one that waits for it.
        due.sort_unstable();
        let mut claimed = Vec::with_capacity(due.len());
        for job_no in due {
            let values = [cluster.into(), job_no.into(), owner.into(), lease_until.into(), now.into()];
            let map = |row: &Row<'_>| {
                Ok(Job {
                    cluster,
                    job_no,
                    kind: row.text(0)?.to_owned(),
                    payload: row.text(1)?.to_owned(),
                    attempt: row.int(2)?,
                    owner: owner.to_owned(),
                })
            };
            claimed.extend(self.query_opt(&CLAIM, &values, map).await?);
        }
        Ok(claimed)
    }

    /// Marks a job as done. Call it in the unit that has the job's last effect.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another attempt has begun; hand it on, so that the unit is rolled back.
    pub async fn job_complete(&mut self, job: &Job, now: Instant) -> Result<()> {
        let changed = self.exec(&COMPLETE, &[job.cluster.into(), job.job_no.into(), (&job.owner).into(), job.attempt.into(), now.into()]).await?;
        held(job, changed)
    }

    /// Records why a job failed, and when it is tried again.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when another attempt has begun.
    pub async fn job_fail(&mut self, job: &Job, reason: &str, retry: Retry, now: Instant) -> Result<()> {
        let (sql, at) = match retry {
            Retry::At(at) => (&POSTPONE, at),
            Retry::Never => (&GIVE_UP, now),
        };
        let values: [Value<'_>; 6] = [job.cluster.into(), job.job_no.into(), (&job.owner).into(), job.attempt.into(), at.into(), reason.into()];
        held(job, self.exec(sql, &values).await?)
    }
}

fn held(job: &Job, changed: u64) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(StoreError::LeaseLost { job_no: job.job_no }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_a_limit_and_ends() {
        let now = Instant(1_000);
        for (attempt, wanted) in [(1, 30_000), (2, 60_000), (5, 480_000), (11, 21_600_000), (1_000, 21_600_000)] {
            assert_eq!(Retry::backoff(attempt, i64::MAX, now), Retry::At(Instant(1_000 + wanted)), "{attempt}");
        }
        assert_eq!(Retry::backoff(8, 8, now), Retry::Never);
    }
}
