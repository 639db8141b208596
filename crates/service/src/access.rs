//! What an actor is in a cluster, asked before anything is read; who is refused or looks at others' data is written down.

use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{ClusterId, Role};

impl Service {
    /// What `actor` is in a cluster, as it was seconds ago at most.
    ///
    /// # Errors
    /// What the store says.
    pub async fn standing(&self, actor: Actor, cluster: ClusterId) -> Result<Standing, ServiceError> {
        let mut standing = Standing::stranger(actor);
        let Some(user) = actor.user() else { return Ok(standing) };
        let now = self.now();
        for &(member, role, left_at) in self.roles_of(cluster, user).await?.iter() {
            match left_at.is_some_and(|left_at| left_at <= now) {
                true if role == Role::Member => standing.past.push(member),
                true => {}
                false => standing.roles.push((member, role)),
            }
        }
        Ok(standing)
    }

    /// What `actor` is in a cluster, when that allows `action`. A look at others' data is on disk before this returns.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn require(&self, actor: Actor, cluster: ClusterId, action: Action) -> Result<Standing, ServiceError> {
        let standing = self.standing(actor, cluster).await?;
        if let Err(denied) = standing.require(action) {
            self.refusal_write(&standing, Some(cluster), action);
            return Err(denied.into());
        }
        if standing.is_sensitive(action) {
            self.sensitive_write(&standing, cluster, action).await?;
        }
        Ok(standing)
    }

    /// As [`Service::require`] for an action that is about no cluster.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn require_anywhere(&self, actor: Actor, action: Action) -> Result<Standing, ServiceError> {
        let standing = Standing::stranger(actor);
        if let Err(denied) = standing.require(action) {
            self.refusal_write(&standing, None, action);
            return Err(denied.into());
        }
        Ok(standing)
    }
}
