//! Roles kept in memory for seconds, so that a request costs no read for its rights.

use crate::Service;
use domain::{ClusterId, MemberNo, Role, UserId};
use quantity::Instant;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::StoreError;

/// How long it may take until this process sees that another one has changed a role.
pub(crate) const FRESH_MS: i64 = 5_000;
/// Users kept, over all clusters; beyond it the cache begins anew.
const KEPT_MAX: usize = 50_000;

/// The roles of users who asked lately.
#[derive(Default)]
pub(crate) struct RoleCache {
    kept: Mutex<Kept>,
}

/// A role held, and the moment from which its member no longer belongs to the cluster.
pub(crate) type Held = (MemberNo, Role, Option<Instant>);

type Roles = Arc<[Held]>;

#[derive(Default)]
struct Kept {
    of: HashMap<(ClusterId, UserId), (Instant, Roles)>,
    /// How often something was forgotten: what was read before is not kept after.
    forgotten: u64,
}

impl RoleCache {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The roles, when they were read lately, and how often something had been forgotten by now.
    fn get(&self, key: (ClusterId, UserId), now: Instant) -> (Option<Roles>, u64) {
        let kept = self.lock();
        let found = kept.of.get(&key).filter(|(read_at, _)| now.0.abs_diff(read_at.0) < FRESH_MS.unsigned_abs());
        (found.map(|(_, roles)| Arc::clone(roles)), kept.forgotten)
    }

    /// Keeps roles that were read after `forgotten` was seen. Who is nothing there is not kept: a role just given counts at once.
    fn put(&self, key: (ClusterId, UserId), now: Instant, roles: Roles, forgotten: u64) {
        let mut kept = self.lock();
        if kept.forgotten != forgotten || roles.is_empty() {
            return;
        }
        if kept.of.len() >= KEPT_MAX {
            kept.of.clear();
        }
        kept.of.insert(key, (now, roles));
    }

    fn forget(&self, cluster: ClusterId) {
        let mut kept = self.lock();
        kept.forgotten = kept.forgotten.wrapping_add(1);
        kept.of.retain(|(of, _), _| *of != cluster);
    }
}

impl Service {
    /// Call it after a unit that granted or revoked a role in the cluster: this process then sees the change at once, others in seconds.
    pub fn roles_changed(&self, cluster: ClusterId) {
        self.people.roles.forget(cluster);
    }

    /// The roles of a user in a cluster, seconds old at most.
    pub(crate) async fn roles_of(&self, cluster: ClusterId, user: UserId) -> Result<Arc<[Held]>, StoreError> {
        let (now, key) = (self.now(), (cluster, user));
        let (found, forgotten) = self.people.roles.get(key, now);
        if let Some(roles) = found {
            return Ok(roles);
        }
        let roles: Vec<Held> = self.store.read(move |tx| Box::pin(async move { tx.standing_in(cluster, user).await })).await?;
        let roles: Roles = roles.into();
        self.people.roles.put(key, now, Arc::clone(&roles), forgotten);
        Ok(roles)
    }
}
