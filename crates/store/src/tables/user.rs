//! Users, the numbers they claim, and what guards the numbers: locks, codes, rates, PIN resets.

use super::{member_at, user_at};
use crate::{Result, Row, Sql, SqlIn, StoreError, Tx, sql};
use domain::{ClusterId, Language, MemberNo, Msisdn, Operator, UserId};
use quantity::Instant;

/// A person with a phone. Its `Debug` form shows neither number nor hash.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The id.
    pub id: UserId,
    /// The number, which signs in.
    pub phone: Msisdn,
    /// The name.
    pub name: String,
    /// The language of pages and messages.
    pub language: Language,
    /// Who runs the wallet of the number; `None` when it is not known.
    pub wallet_operator: Option<Operator>,
    /// Whether the user runs this installation.
    pub is_operator: bool,
    /// The PIN's hash, a PHC string.
    pub pin_hash: String,
    /// When the user came.
    pub created_at: Instant,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("id", &self.id).field("phone", &self.phone).field("is_operator", &self.is_operator).finish_non_exhaustive()
    }
}

/// How a number's count of wrong PINs stands after one more try was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinTry {
    /// It may be verified. When it is right, [`Tx::pin_try_forgive`] wants this back.
    Counted {
        /// Until when the number is locked from now on, if this try is wrong; a past instant or 0 when it is not.
        locked_until: i64,
    },
    /// The number is locked until then; nothing was counted.
    Locked(Instant),
}

/// How tries are counted: so many wrong ones begin a lock, which doubles from the first length up to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockRule {
    /// Wrong tries that begin a lock.
    pub tries: i64,
    /// The first lock, in ms.
    pub first_ms: i64,
    /// The longest lock, in ms.
    pub longest_ms: i64,
}

impl LockRule {
    /// How long the lock after `locks` earlier ones lasts, in ms.
    #[must_use]
    pub fn length_ms(self, locks: i64) -> i64 {
        let doublings = u32::try_from(locks.clamp(0, 40)).unwrap_or(0);
        self.first_ms.checked_mul(1_i64 << doublings).map_or(self.longest_ms, |ms| ms.min(self.longest_ms))
    }
}

/// What came of a code that a person gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTry {
    /// It is the one that was sent.
    Right,
    /// It is not, or is over, or was never sent.
    Wrong,
}

/// A PIN reset that officers have begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinResetRow {
    /// Whose PIN.
    pub user: UserId,
    /// The cluster whose officers help.
    pub cluster: ClusterId,
    /// The member the user acts for there.
    pub member: MemberNo,
    /// Who approved first; 0 is the program.
    pub first_by: i64,
    /// Who approved second.
    pub second_by: Option<i64>,
    /// The hash of the code that was sent.
    pub code_hash: Option<Vec<u8>>,
    /// When the request, or the code once it was sent, is over.
    pub expires_at: Instant,
}

const USER: Sql =
    sql!("SELECT user_id, phone, name, language, wallet_operator, is_operator, pin_hash, created_at FROM user_profile WHERE user_id = $1");
static USERS: SqlIn =
    SqlIn::new(sql!("SELECT user_id, phone, name, language, wallet_operator, is_operator, pin_hash, created_at FROM user_profile WHERE user_id"), "");
const INSERT: Sql = sql!(
    "INSERT INTO user_profile (user_id, phone, name, language, wallet_operator, is_operator, pin_hash, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
);
const CLAIM: Sql = sql!("INSERT INTO phone_claim (phone, user_id, claimed_at) VALUES ($1, $2, $3) ON CONFLICT (phone) DO NOTHING");
const BY_PHONE: Sql = sql!("SELECT user_id FROM phone_claim WHERE phone = $1");
const PIN_SET: Sql = sql!("UPDATE user_profile SET pin_hash = $2 WHERE user_id = $1");
const PIN_REPLACE: Sql = sql!("UPDATE user_profile SET pin_hash = $3 WHERE user_id = $1 AND pin_hash = $2");
const EDIT: Sql = sql!("UPDATE user_profile SET name = $2, language = $3, wallet_operator = $4 WHERE user_id = $1");
const OPERATOR_SET: Sql = sql!("UPDATE user_profile SET is_operator = $2 WHERE user_id = $1");

const TRY: Sql = sql!(
    "INSERT INTO phone_lock (phone, wrong, locks, locked_until, counted_at) VALUES ($1, 1, 0, 0, $2)
     ON CONFLICT (phone) DO UPDATE SET
        wrong = CASE WHEN phone_lock.locked_until > excluded.counted_at THEN phone_lock.wrong ELSE phone_lock.wrong + 1 END,
        counted_at = excluded.counted_at
     RETURNING wrong, locks, locked_until"
);
const LOCK: Sql = sql!("UPDATE phone_lock SET wrong = 0, locks = locks + 1, locked_until = $2 WHERE phone = $1");
const FORGIVE: Sql = sql!("UPDATE phone_lock SET wrong = 0, locks = 0, locked_until = 0 WHERE phone = $1 AND locked_until = $2");
const FORGIVE_ALL: Sql = sql!("DELETE FROM phone_lock WHERE phone = $1");
const LOCKS_AGED: Sql = sql!("DELETE FROM phone_lock WHERE counted_at < $1 AND locked_until < $1");

const REGISTRATION_PUT: Sql = sql!(
    "INSERT INTO registration (phone, code_hash, tries, expires_at) VALUES ($1, $2, 0, $3)
     ON CONFLICT (phone) DO UPDATE SET code_hash = excluded.code_hash, tries = 0, expires_at = excluded.expires_at"
);
const REGISTRATION_TRY: Sql =
    sql!("UPDATE registration SET tries = tries + 1 WHERE phone = $1 AND tries < $2 AND expires_at > $3 RETURNING code_hash");
const REGISTRATION_TAKE: Sql = sql!("DELETE FROM registration WHERE phone = $1 AND code_hash = $2 AND expires_at > $3");
const REGISTRATIONS_AGED: Sql = sql!("DELETE FROM registration WHERE expires_at < $1");

const RATE: Sql = sql!(
    "INSERT INTO rate_window (rate_key, window_start, used) VALUES ($1, $2, 1)
     ON CONFLICT (rate_key) DO UPDATE SET
        used = CASE WHEN rate_window.window_start = excluded.window_start THEN rate_window.used + 1 ELSE 1 END,
        window_start = excluded.window_start
     RETURNING used"
);
const RATES_AGED: Sql = sql!("DELETE FROM rate_window WHERE window_start < $1");

const RESET: Sql =
    sql!("SELECT user_id, cluster_id, member_no, first_by, second_by, code_hash, expires_at FROM pin_reset WHERE user_id = $1 AND cluster_id = $2");
const RESET_PUT: Sql = sql!(
    "INSERT INTO pin_reset (user_id, cluster_id, member_no, first_by, second_by, code_hash, tries, expires_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7)
     ON CONFLICT (user_id, cluster_id) DO UPDATE SET member_no = excluded.member_no, first_by = excluded.first_by,
        second_by = excluded.second_by, code_hash = excluded.code_hash, tries = 0, expires_at = excluded.expires_at"
);
const RESET_TRY: Sql = sql!(
    "UPDATE pin_reset SET tries = tries + 1 WHERE user_id = $1 AND code_hash IS NOT NULL AND tries < $2 AND expires_at > $3
     RETURNING code_hash"
);
const RESET_TAKE: Sql = sql!("DELETE FROM pin_reset WHERE user_id = $1 AND code_hash = $2 AND expires_at > $3");
const RESETS_END: Sql = sql!("DELETE FROM pin_reset WHERE user_id = $1");
const RESETS_AGED: Sql = sql!("DELETE FROM pin_reset WHERE expires_at < $1");

impl Tx<'_> {
    /// Adds a user and claims the number; `false`, and nothing done, when the number belongs to a user.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the id is taken.
    pub async fn user_insert(&mut self, user: &UserRow) -> Result<bool> {
        if self.exec(&CLAIM, &[user.phone.into(), user.id.into(), user.created_at.into()]).await? == 0 {
            return Ok(false);
        }
        let values = [
            user.id.into(),
            user.phone.into(),
            user.name.as_str().into(),
            user.language.as_str().into(),
            user.wallet_operator.map(Operator::as_str).into(),
            user.is_operator.into(),
            user.pin_hash.as_str().into(),
            user.created_at.into(),
        ];
        self.exec(&INSERT, &values).await?;
        Ok(true)
    }

    /// The user with this id.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user(&mut self, id: UserId) -> Result<Option<UserRow>> {
        self.query_opt(&USER, &[id.into()], user_row).await
    }

    /// The users with these ids, each once, in no order.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn users(&mut self, ids: &[UserId]) -> Result<Vec<UserRow>> {
        let ids: Vec<i64> = ids.iter().map(|id| id.get()).collect();
        self.query_in(&USERS, &[], &ids, user_row).await
    }

    /// The user who has claimed this number. Takes the same steps for a number that nobody has.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user_by_phone(&mut self, phone: Msisdn) -> Result<Option<UserRow>> {
        let id = self.query_opt(&BY_PHONE, &[phone.into()], |row| row.int(0)).await?;
        self.query_opt(&USER, &[id.unwrap_or(0).into()], user_row).await
    }

    /// Waits until no other unit has its turn for the user, and keeps the turn until this unit ends; as [`Tx::cluster_turn`].
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user_turn(&mut self, user: UserId) -> Result<()> {
        if let Self::Pg(_) = self {
            self.user_numbers_take(user, "turn", 1).await?;
        }
        Ok(())
    }

    /// Puts a new PIN in place.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user_pin_set(&mut self, user: UserId, pin_hash: &str) -> Result<()> {
        self.exec(&PIN_SET, &[user.into(), pin_hash.into()]).await.map(|_| ())
    }

    /// Puts a new PIN in place of the one whose hash is `old`; `false` when that is no longer it.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user_pin_replace(&mut self, user: UserId, old: &str, new: &str) -> Result<bool> {
        Ok(self.exec(&PIN_REPLACE, &[user.into(), old.into(), new.into()]).await? == 1)
    }

    /// Changes what a user may change alone.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user_edit(&mut self, user: UserId, name: &str, language: Language, wallet_operator: Option<Operator>) -> Result<bool> {
        let values = [user.into(), name.into(), language.as_str().into(), wallet_operator.map(Operator::as_str).into()];
        Ok(self.exec(&EDIT, &values).await? == 1)
    }

    /// Says whether a user runs this installation.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user_operator_set(&mut self, user: UserId, is_operator: bool) -> Result<bool> {
        Ok(self.exec(&OPERATOR_SET, &[user.into(), is_operator.into()]).await? == 1)
    }

    /// Counts a try at a number's PIN or code before it is verified, so that tries at the same time cannot pass the count.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_try(&mut self, phone: Msisdn, rule: LockRule, now: Instant) -> Result<PinTry> {
        let (wrong, locks, locked_until) =
            self.query_one(&TRY, &[phone.into(), now.into()], |row| Ok((row.int(0)?, row.int(1)?, row.int(2)?))).await?;
        if locked_until > now.0 {
            return Ok(PinTry::Locked(Instant(locked_until)));
        }
        if wrong < rule.tries {
            return Ok(PinTry::Counted { locked_until });
        }
        let until = now.0.saturating_add(rule.length_ms(locks));
        self.exec(&LOCK, &[phone.into(), until.into()]).await?;
        Ok(PinTry::Counted { locked_until: until })
    }

    /// Takes back what was counted, when the try was right; `locked_until` is what [`Tx::pin_try`] gave. A lock that others have begun since
    /// stays.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_try_forgive(&mut self, phone: Msisdn, locked_until: i64) -> Result<()> {
        self.exec(&FORGIVE, &[phone.into(), locked_until.into()]).await.map(|_| ())
    }

    /// Forgets all wrong tries and the lock of a number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_lock_end(&mut self, phone: Msisdn) -> Result<()> {
        self.exec(&FORGIVE_ALL, &[phone.into()]).await.map(|_| ())
    }

    /// Keeps the hash of the code that was sent to a number, in place of an earlier one.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn registration_put(&mut self, phone: Msisdn, code_hash: &[u8], expires_at: Instant) -> Result<()> {
        self.exec(&REGISTRATION_PUT, &[phone.into(), code_hash.into(), expires_at.into()]).await.map(|_| ())
    }

    /// Counts a try at a registration's code and compares: at most `tries_max` for each code.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn registration_try(&mut self, phone: Msisdn, code_hash: &[u8], tries_max: i64, now: Instant) -> Result<CodeTry> {
        let kept = self.query_opt(&REGISTRATION_TRY, &[phone.into(), tries_max.into(), now.into()], |row| Ok(row.bytes(0)?.to_vec())).await?;
        Ok(code_try(&Vec::from_iter(kept), code_hash))
    }

    /// Uses a registration's code up; `false` when it has been used or is over.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn registration_take(&mut self, phone: Msisdn, code_hash: &[u8], now: Instant) -> Result<bool> {
        Ok(self.exec(&REGISTRATION_TAKE, &[phone.into(), code_hash.into(), now.into()]).await? == 1)
    }

    /// Counts one use of `key` in the window that begins at `window_start`; gives how often it was used there, this one included.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn rate_count(&mut self, key: &str, window_start: Instant) -> Result<i64> {
        self.query_one(&RATE, &[key.into(), window_start.into()], |row| row.int(0)).await
    }

    /// The PIN reset of a user that officers of a cluster have begun.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_reset(&mut self, user: UserId, cluster: ClusterId) -> Result<Option<PinResetRow>> {
        self.query_opt(&RESET, &[user.into(), cluster.into()], reset_row).await
    }

    /// Keeps a PIN reset, in place of an earlier one of the same cluster.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_reset_put(&mut self, row: &PinResetRow) -> Result<()> {
        let values = [
            row.user.into(),
            row.cluster.into(),
            row.member.into(),
            row.first_by.into(),
            row.second_by.into(),
            row.code_hash.as_ref().into(),
            row.expires_at.into(),
        ];
        self.exec(&RESET_PUT, &values).await.map(|_| ())
    }

    /// Counts a try at a user's reset codes and compares with each. Takes the same steps without a user.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_reset_try(&mut self, user: Option<UserId>, code_hash: &[u8], tries_max: i64, now: Instant) -> Result<CodeTry> {
        let user = user.map_or(0, UserId::get);
        let kept = self.query(&RESET_TRY, &[user.into(), tries_max.into(), now.into()], |row| Ok(row.bytes(0)?.to_vec())).await?;
        Ok(code_try(&kept, code_hash))
    }

    /// Uses a reset's code up; `false` when it has been used or is over.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_reset_take(&mut self, user: UserId, code_hash: &[u8], now: Instant) -> Result<bool> {
        Ok(self.exec(&RESET_TAKE, &[user.into(), code_hash.into(), now.into()]).await? >= 1)
    }

    /// Ends all PIN resets of a user; how many there were.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn pin_resets_end(&mut self, user: UserId) -> Result<u64> {
        self.exec(&RESETS_END, &[user.into()]).await
    }

    /// Removes what is over: codes, resets and rates before `before`, locks whose number was not tried since `locks_before`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn people_tidy(&mut self, before: Instant, locks_before: Instant) -> Result<u64> {
        let mut removed = self.exec(&LOCKS_AGED, &[locks_before.into()]).await?;
        for sql in [&REGISTRATIONS_AGED, &RESETS_AGED, &RATES_AGED] {
            removed = removed.saturating_add(self.exec(sql, &[before.into()]).await?);
        }
        Ok(removed)
    }
}

fn code_try(kept: &[Vec<u8>], given: &[u8]) -> CodeTry {
    // Hashes of secrets: how far two of them agree tells nothing about the code.
    if kept.iter().any(|kept| kept == given) { CodeTry::Right } else { CodeTry::Wrong }
}

fn user_row(row: &Row<'_>) -> Result<UserRow> {
    Ok(UserRow {
        id: user_at(row, 0)?,
        phone: super::phone_at(row, 1)?,
        name: row.text(2)?.to_owned(),
        language: Language::parse(row.text(3)?).map_err(|error| StoreError::corrupt("user_profile.language", error))?,
        wallet_operator: match row.opt_text(4)? {
            Some(text) => Some(Operator::parse(text).map_err(|error| StoreError::corrupt("user_profile.wallet_operator", error))?),
            None => None,
        },
        is_operator: row.boolean(5)?,
        pin_hash: row.text(6)?.to_owned(),
        created_at: Instant(row.int(7)?),
    })
}

fn reset_row(row: &Row<'_>) -> Result<PinResetRow> {
    Ok(PinResetRow {
        user: user_at(row, 0)?,
        cluster: ClusterId::new(row.int(1)?).map_err(|error| StoreError::corrupt("pin_reset.cluster_id", error))?,
        member: member_at(row, 2)?,
        first_by: row.int(3)?,
        second_by: row.opt_int(4)?,
        code_hash: row.opt_bytes(5)?.map(<[u8]>::to_vec),
        expires_at: Instant(row.int(6)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_double_up_to_the_longest() {
        let rule = LockRule { tries: 3, first_ms: 60_000, longest_ms: 86_400_000 };
        let minutes: Vec<i64> = (0..13).map(|locks| rule.length_ms(locks) / 60_000).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 1_440, 1_440]);
        assert_eq!(rule.length_ms(i64::MAX), 86_400_000);
    }
}
