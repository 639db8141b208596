//! Where a user is signed in: tokens, the list, signing out.

use super::{AccountError, secret};
use crate::policy::Actor;
use crate::{Service, ServiceError};
use domain::{SessionNo, UserId};
use quantity::Instant;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::tables::SessionRow;

/// A session that is not used ends after this, in ms.
const IDLE_MS: i64 = 30 * 86_400_000;
/// A session ends after this even if it is used, in ms.
const LIFE_MS: i64 = 180 * 86_400_000;
/// How exactly the last use is written down, in ms.
const SEEN_MS: i64 = 5 * 60_000;
/// How long it may take until this process sees that another one has ended a session, in ms.
const FRESH_MS: i64 = 5_000;
/// Sessions kept in memory; beyond it the cache begins anew.
const KEPT_MAX: usize = 50_000;

/// When a session that began at `created_at` and was used at `seen_at` ends by itself.
pub(crate) fn expiry(created_at: Instant, seen_at: Instant) -> Instant {
    seen_at.plus_ms(IDLE_MS).min(created_at.plus_ms(LIFE_MS))
}

/// The sessions asked with lately, by the hash of their tokens.
#[derive(Default)]
pub(crate) struct SessionCache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    of: HashMap<secret::SecretHash, Entry>,
    /// How often something was forgotten: what was read before is not kept after.
    forgotten: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    user: UserId,
    session: SessionNo,
    is_operator: bool,
    expires_at: Instant,
    read_at: Instant,
}

impl Entry {
    fn actor(self, now: Instant) -> Result<Actor, AccountError> {
        if self.expires_at <= now {
            return Err(AccountError::SessionExpired);
        }
        Ok(Actor::User { id: self.user, session: self.session, is_operator: self.is_operator })
    }
}

impl SessionCache {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, hash: &secret::SecretHash, now: Instant) -> (Option<Entry>, u64) {
        let kept = self.lock();
        let found = kept.of.get(hash).copied().filter(|entry| now.0.abs_diff(entry.read_at.0) < FRESH_MS.unsigned_abs());
        (found, kept.forgotten)
    }

    fn put(&self, hash: secret::SecretHash, entry: Entry, forgotten: u64) {
        let mut kept = self.lock();
        if kept.forgotten != forgotten {
            return;
        }
        if kept.of.len() >= KEPT_MAX {
            kept.of.clear();
        }
        kept.of.insert(hash, entry);
    }

    /// Forgets the sessions of a user for which `is_over` says so.
    pub(crate) fn forget(&self, user: UserId, is_over: impl Fn(SessionNo) -> bool) {
        let mut kept = self.lock();
        kept.forgotten = kept.forgotten.wrapping_add(1);
        kept.of.retain(|_, entry| entry.user != user || !is_over(entry.session));
    }
}

/// A place where a user is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its number, from 1 for each user.
    pub no: SessionNo,
    /// What the device calls itself.
    pub device: String,
    /// When the user signed in.
    pub created_at: Instant,
    /// When it was last used, to some minutes.
    pub last_seen_at: Instant,
    /// When it ends unless it is used.
    pub expires_at: Instant,
    /// Whether it is the one asked with.
    pub is_current: bool,
}

impl Service {
    /// Who holds a token. Costs no read while the session was used in the last seconds.
    ///
    /// # Errors
    /// [`AccountError::SessionUnknown`], [`AccountError::SessionExpired`]; what the store says.
    pub async fn actor(&self, token: &str) -> Result<Actor, ServiceError> {
        let (hash, now) = (secret::token_hash(token)?, self.people_now());
        let (kept, forgotten) = self.people.sessions.get(&hash, now);
        if let Some(entry) = kept {
            return Ok(entry.actor(now)?);
        }
        let found = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.session_by_token(&hash).await?) }));
        let (row, is_operator) = found.await?.ok_or(AccountError::SessionUnknown)?;
        let entry = Entry { user: row.user, session: row.no, is_operator, expires_at: row.expires_at, read_at: now };
        let actor = entry.actor(now)?;
        if now.0.saturating_sub(row.last_seen_at.0) >= SEEN_MS {
            self.session_touch(&row, now).await;
        }
        self.people.sessions.put(hash, entry, forgotten);
        Ok(actor)
    }

    /// Writes down that a session was used. A database that takes no writes signs nobody out.
    async fn session_touch(&self, row: &SessionRow, now: Instant) {
        let (user, no, expires_at) = (row.user, row.no, expiry(row.created_at, now));
        let seen = self.store.write::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.session_seen(user, no, now, expires_at).await }));
        if let Err(error) = seen.await {
            tracing::debug!(code = error.code(), "the use of a session was not written down");
        }
    }

    /// Where the user is signed in, the newest first.
    ///
    /// # Errors
    /// [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn session_list(&self, actor: Actor) -> Result<Vec<SessionInfo>, ServiceError> {
        let (user, now) = (actor.signed_in()?, self.people_now());
        let rows = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.session_list(user).await?) })).await?;
        let is_current = |no: SessionNo| matches!(actor, Actor::User { session, .. } if session == no);
        let info = |row: SessionRow| SessionInfo {
            no: row.no,
            device: row.device,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            is_current: is_current(row.no),
        };
        Ok(rows.into_iter().filter(|row| row.expires_at > now).map(info).collect())
    }

    /// Signs out in one place: in this process at once, in others within seconds.
    ///
    /// # Errors
    /// [`AccountError::SessionUnknown`] when the user has no such session; what the store says.
    pub async fn session_end(&self, actor: Actor, session: SessionNo) -> Result<(), ServiceError> {
        let user = actor.signed_in()?;
        let ended = self.store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.session_end(user, session).await?) })).await;
        self.people.sessions.forget(user, |no| no == session);
        if ended? { Ok(()) } else { Err(AccountError::SessionUnknown.into()) }
    }

    /// Signs out everywhere, here too; how many sessions there were.
    ///
    /// # Errors
    /// [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn session_end_all(&self, actor: Actor) -> Result<u64, ServiceError> {
        let user = actor.signed_in()?;
        let ended = self.store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.session_end_all(user, None).await?) })).await;
        self.people.sessions.forget(user, |_| true);
        ended
    }
}
