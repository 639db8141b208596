//! What an actor is in a cluster, asked before anything is read.

use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::ClusterId;

impl Service {
    /// What `actor` is in a cluster, as it was seconds ago at most.
    ///
    /// # Errors
    /// What the store says.
    pub async fn standing(&self, actor: Actor, cluster: ClusterId) -> Result<Standing, ServiceError> {
        match actor.user() {
            Some(user) => Ok(Standing { actor, roles: self.roles_of(cluster, user).await?.to_vec() }),
            None => Ok(Standing::stranger(actor)),
        }
    }

    /// What `actor` is in a cluster, when that allows `action`.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn require(&self, actor: Actor, cluster: ClusterId, action: Action) -> Result<Standing, ServiceError> {
        let standing = self.standing(actor, cluster).await?;
        standing.require(action)?;
        Ok(standing)
    }
}
