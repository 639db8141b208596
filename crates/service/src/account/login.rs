//! Signing in with number and PIN, and the count of wrong tries.

use super::pin::Pin;
use super::{AccountError, secret};
use crate::{Service, ServiceError};
use domain::{Msisdn, SessionNo, UserId};
use quantity::Instant;
use std::fmt;
use store::Tx;
use store::tables::{LockRule, NoticeNew, PinTry, SessionRow, UserRow};

/// Three wrong tries lock a number, for 1, 2, 4, 8 … minutes up to a day. A right one begins anew.
pub(crate) const LOCK_RULE: LockRule = LockRule { tries: 3, first_ms: 60_000, longest_ms: 24 * 3_600_000 };
/// Places where one user may be signed in at the same time.
const SESSIONS_MAX: usize = 20;
/// Longest name of a device that is kept, in characters.
const DEVICE_MAX: usize = 80;

/// A user who has just signed in. Its `Debug` form does not show the token.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The user.
    pub user: UserId,
    /// The session's number.
    pub session: SessionNo,
    /// What opens the session: to be kept by the device alone.
    pub token: String,
    /// When the session ends unless it is used.
    pub expires_at: Instant,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn")
            .field("user", &self.user)
            .field("session", &self.session)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A session about to begin: its secret is drawn before the unit that begins it.
#[derive(Clone)]
pub(crate) struct SessionDraft {
    token: String,
    hash: secret::SecretHash,
    device: String,
    now: Instant,
}

impl SessionDraft {
    pub(crate) async fn begin(&self, tx: &mut Tx<'_>, user: UserId) -> Result<SignedIn, ServiceError> {
        let expires_at = super::session::expiry(self.now, self.now);
        let session = tx.session_insert(user, &self.hash, &self.device, self.now, expires_at, SESSIONS_MAX).await?;
        Ok(SignedIn { user, session, token: self.token.clone(), expires_at })
    }

    /// Tells the user of a session beside others of other devices.
    async fn tell(&self, tx: &mut Tx<'_>, user: UserId, others: &[SessionRow]) -> Result<(), ServiceError> {
        let is_elsewhere = others.iter().any(|other| other.expires_at > self.now && other.device != self.device);
        if is_elsewhere {
            tx.notice_append(&[NoticeNew::new(user, "signed-in").with("at", self.now.0)], self.now).await?;
        }
        Ok(())
    }
}

/// Counts a try before it is verified.
///
/// # Errors
/// [`AccountError::LoginLocked`].
pub(crate) async fn count(tx: &mut Tx<'_>, phone: Msisdn, now: Instant) -> Result<i64, ServiceError> {
    match tx.pin_try(phone, LOCK_RULE, now).await? {
        PinTry::Counted { locked_until } => Ok(locked_until),
        PinTry::Locked(until) => Err(AccountError::LoginLocked { until }.into()),
    }
}

impl Service {
    pub(crate) fn session_draft(&self, device: &str) -> Result<SessionDraft, ServiceError> {
        let token = secret::token_make(self.chance())?;
        let hash = secret::token_hash(&token)?;
        Ok(SessionDraft { token, hash, device: super::bounded(device, DEVICE_MAX), now: self.people_now() })
    }

    /// Counts a try at the number's PIN and loads who has it: the same steps whether somebody has it or not.
    async fn try_count(&self, phone: Msisdn) -> Result<(i64, Option<UserRow>), ServiceError> {
        let now = self.people_now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let locked_until = count(tx, phone, now).await?;
                    Ok((locked_until, tx.user_by_phone(phone).await?))
                })
            })
            .await
    }

    /// Signs in, and ends a PIN reset that is under way. An unknown number and a wrong PIN get the same answer after the same work.
    ///
    /// # Errors
    /// [`AccountError::LoginRefused`], [`AccountError::LoginLocked`]; `overloaded` when too many sign in at once; what the store says.
    pub async fn session_create(&self, phone: Msisdn, pin: &Pin, device: &str) -> Result<SignedIn, ServiceError> {
        let place = self.people.hasher.place().await?;
        let (locked_until, user) = self.try_count(phone).await?;
        let hash = user.as_ref().map_or_else(|| self.people.hasher.dummy(), |user| user.pin_hash.as_str());
        let is_right = place.verify(pin, hash).await?;
        drop(place);
        let locked_until = Instant(locked_until);
        let refused = AccountError::LoginRefused { locked_until: (locked_until > self.now()).then_some(locked_until) };
        let Some(user) = user.filter(|_| is_right) else { return Err(refused.into()) };
        let draft = self.session_draft(device)?;
        self.store
            .write(move |tx| {
                let (user, draft) = (user.clone(), draft.clone());
                Box::pin(async move {
                    // A PIN that was replaced meanwhile opens nothing; taking the number of the session waits for who replaces it.
                    let others = tx.session_list(user.id).await?;
                    let signed_in = draft.begin(tx, user.id).await?;
                    if tx.user(user.id).await?.is_none_or(|present| present.pin_hash != user.pin_hash) {
                        return Err(refused.into());
                    }
                    // Who knows the PIN needs no new one: this is how a person stops a reset that others began.
                    if tx.pin_resets_end(user.id).await? > 0 {
                        tx.notice_append(&[NoticeNew::new(user.id, "reset-stopped")], draft.now).await?;
                    }
                    draft.tell(tx, user.id, &others).await?;
                    tx.pin_try_forgive(phone, locked_until.0).await?;
                    Ok(signed_in)
                })
            })
            .await
    }
}
