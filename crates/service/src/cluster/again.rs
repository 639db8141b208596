//! A change that reaches back: the days it touches are settled again, if they were not posted too long ago.

use super::ClusterError;
use crate::ServiceError;
use quantity::{BusinessDay, DAY_MS, Instant};
use store::Tx;
use store::tables::ClusterRow;

/// The present local day of a cluster.
pub(crate) fn today(cluster: &ClusterRow, now: Instant) -> BusinessDay {
    BusinessDay::of(now, cluster.offset)
}

/// Refuses a day before `first`.
pub(super) fn not_before(day: BusinessDay, first: BusinessDay) -> Result<(), ClusterError> {
    if day < first { Err(ClusterError::DayPast { day, first }) } else { Ok(()) }
}

/// Marks the settled days in `[from, until)` to be settled again; gives how many. Nothing happens where none was settled.
///
/// # Errors
/// [`ClusterError::TooLate`] when one of them was posted before the cluster's correction window; then nothing is marked.
pub(super) async fn settle_again(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    from: BusinessDay,
    until: BusinessDay,
    now: Instant,
) -> Result<u64, ServiceError> {
    if from >= until {
        return Ok(0);
    }
    let window = now.plus_ms(cluster.correction_days.saturating_mul(DAY_MS).saturating_neg());
    if tx.days_first_posted(cluster.id, from, until).await?.is_some_and(|posted| posted < window) {
        return Err(ClusterError::TooLate { day: from }.into());
    }
    Ok(tx.days_mark_dirty(cluster.id, from, until).await?)
}

/// As [`settle_again`] for everything from `from` on.
pub(super) async fn settle_again_from(tx: &mut Tx<'_>, cluster: &ClusterRow, from: BusinessDay, now: Instant) -> Result<u64, ServiceError> {
    settle_again(tx, cluster, from, BusinessDay(i32::MAX), now).await
}
