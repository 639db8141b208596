//! What is new in a cluster: one way to follow its outbox, shared by all faces that show something live; and how long its events are kept.

use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::ClusterId;
use store::{Event, StoreError};

/// Days that events are kept. Followers are processes that run: they look every few seconds, begin at the end, and need none of the past.
pub const EVENTS_KEPT_DAYS: i64 = 30;

/// Events read at once.
const PAGE: u32 = 1_000;
/// Most events taken away in one transaction, so that nobody waits long for it.
const PRUNE_BATCH: u32 = 2_000;
/// Most batches of a cluster in one round; what is left goes with the next one.
const PRUNE_BATCHES_MAX: u32 = 50;
const DAY_MS: i64 = 86_400_000;

/// Follows the events of a cluster from the first look on.
#[derive(Debug, Clone, Copy)]
pub struct News {
    cluster: ClusterId,
    /// The last event seen; `None` before the first look.
    seen: Option<i64>,
}

impl News {
    /// A follower who has not looked yet.
    #[must_use]
    pub const fn of(cluster: ClusterId) -> Self {
        Self { cluster, seen: None }
    }

    /// Whether something of interest was told since the last look. The first look only finds out where the outbox ends, however long it is:
    /// who follows reads the state after it. What cannot be read is logged, and looked for again the next time.
    pub async fn look(&mut self, service: &Service, is_wanted: impl Fn(&Event) -> bool + Send) -> bool {
        let mut is_new = false;
        loop {
            let (cluster, after) = (self.cluster, self.seen);
            let found = service.store().read::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    match after {
                        Some(after) => Ok((after, tx.outbox_tail(cluster, after, PAGE).await?)),
                        None => Ok((tx.outbox_last(cluster).await?, Vec::new())),
                    }
                })
            });
            let (start, events): (i64, Vec<Event>) = match found.await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(code = error.code(), "news could not be looked for: {error}");
                    return is_new;
                }
            };
            is_new |= events.iter().any(&is_wanted);
            self.seen = Some(events.last().map_or(start, |last| last.event_no));
            if events.len() < PAGE as usize {
                return is_new;
            }
        }
    }
}

impl Service {
    /// Takes away the events of all clusters that are older than [`EVENTS_KEPT_DAYS`], in batches, the newest of each cluster never; gives how
    /// many. Safe to run at any time and by many processes.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn events_prune(&self, actor: Actor) -> Result<u64, ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        let (before, mut gone) = (self.now().plus_ms(-EVENTS_KEPT_DAYS * DAY_MS), 0_u64);
        for cluster in self.cluster_list(actor).await? {
            for _ in 0..PRUNE_BATCHES_MAX {
                let id = cluster.id;
                let taken =
                    self.store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.outbox_prune(id, before, PRUNE_BATCH).await?) }));
                let taken = taken.await?;
                gone = gone.saturating_add(taken);
                if taken < u64::from(PRUNE_BATCH) {
                    break;
                }
            }
        }
        Ok(gone)
    }
}
