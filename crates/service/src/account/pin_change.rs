//! A new PIN by the one who knows the present one.

use super::login::count;
use super::pin::Pin;
use super::{AccountError, sms};
use crate::policy::Actor;
use crate::{Service, ServiceError};
use domain::SessionNo;
use store::tables::{NoticeNew, UserRow};

impl Service {
    /// Puts a new PIN in place of the present one and ends all other sessions. Wrong ones count as when signing in.
    ///
    /// # Errors
    /// [`AccountError::PinWrong`], [`AccountError::PinWeak`], [`AccountError::LoginLocked`]; `overloaded`; what the store says.
    pub async fn pin_change(&self, actor: Actor, old: &Pin, new: &Pin) -> Result<(), ServiceError> {
        let (id, keep) = match actor {
            Actor::User { id, session, .. } => (id, session),
            Actor::Nobody | Actor::System => return Err(crate::policy::Denied::SignIn.into()),
        };
        let found = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.user(id).await?) }));
        let phone = found.await?.ok_or(AccountError::SessionUnknown)?.phone;
        new.check_strength(phone)?;
        let place = self.people.hasher.place().await?;
        let now = self.people_now();
        let counted = self.store.write::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let locked_until = count(tx, phone, now).await?;
                Ok((locked_until, tx.user(id).await?.ok_or(AccountError::SessionUnknown)?))
            })
        });
        let (locked_until, user) = counted.await?;
        if !place.verify(old, &user.pin_hash).await? {
            return Err(AccountError::PinWrong.into());
        }
        let hash = place.hash(new, self.chance()).await?;
        drop(place);
        self.pin_replace(user, hash, keep, locked_until).await
    }

    async fn pin_replace(&self, user: UserRow, hash: String, keep: SessionNo, locked_until: i64) -> Result<(), ServiceError> {
        let (id, now) = (user.id, self.people_now());
        let done = self.store.write::<_, ServiceError, _>(move |tx| {
            let (user, hash) = (user.clone(), hash.clone());
            Box::pin(async move {
                if !tx.user_pin_replace(user.id, &user.pin_hash, &hash).await? {
                    return Err(AccountError::PinWrong.into());
                }
                tx.session_end_all(user.id, Some(keep)).await?;
                tx.pin_resets_end(user.id).await?;
                tx.pin_try_forgive(user.phone, locked_until).await?;
                tx.notice_append(&[NoticeNew::new(user.id, "reset-done")], now).await?;
                tx.sms_append(&[sms::pin_set(user.language, user.phone)], now).await?;
                Ok(())
            })
        });
        done.await?;
        self.people.sessions.forget(id, |no| no != keep);
        Ok(())
    }
}
