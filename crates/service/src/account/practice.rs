//! People of a practice run: made without a text to their phones. Only the program itself calls this, never a face.

use super::{Pin, name_checked};
use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{ClusterId, Language, MemberNo, Msisdn, Role, UserId};
use quantity::BusinessDay;
use store::tables::UserRow;

/// Somebody to look around as.
#[derive(Debug, Clone)]
pub struct PersonNew {
    /// The number to sign in with.
    pub phone: Msisdn,
    /// The name.
    pub name: String,
    /// The PIN to sign in with.
    pub pin: Pin,
    /// Language of pages and messages.
    pub language: Language,
    /// For whom the person acts, and as what.
    pub roles: Vec<(ClusterId, MemberNo, Role)>,
    /// Since when.
    pub since: BusinessDay,
}

impl Service {
    /// Adds a person with roles, unless the number has a user: then nothing changes.
    ///
    /// # Errors
    /// [`crate::policy::Denied`] to everybody but the program itself; `name_invalid`; what the store says.
    pub async fn person_add(&self, actor: Actor, person: PersonNew) -> Result<UserId, ServiceError> {
        if actor != Actor::System {
            Standing::stranger(Actor::Nobody).require(Action::Operate)?;
        }
        let phone = person.phone;
        let present = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.user_by_phone(phone).await?) })).await?;
        if let Some(present) = present {
            return Ok(present.id);
        }
        let place = self.people.hasher.place().await?;
        let (pin_hash, now) = (place.hash(&person.pin, self.chance()).await?, self.now());
        drop(place);
        let user = UserRow {
            id: UserId::generate(now, self.chance().number()?),
            phone,
            name: name_checked(&person.name)?,
            language: person.language,
            wallet_operator: phone.operator(),
            is_operator: false,
            pin_hash,
            created_at: now,
        };
        let (roles, since) = (person.roles, person.since);
        self.store
            .write(move |tx| {
                let (user, roles) = (user.clone(), roles.clone());
                Box::pin(async move {
                    if !tx.user_insert(&user).await? {
                        return Err(store::StoreError::Conflict("the number".to_owned()).into());
                    }
                    for (cluster, member, role) in roles {
                        tx.role_grant(cluster, member, user.id, role, since).await?;
                    }
                    Ok(user.id)
                })
            })
            .await
    }
}
