//! Where users are signed in, and numbers counted per user.

use super::user_at;
use crate::{Result, Row, Sql, StoreError, Tx, sql};
use domain::{SessionNo, UserId};
use quantity::Instant;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Whose.
    pub user: UserId,
    /// Its number, from 1 for each user.
    pub no: SessionNo,
    /// What the device called itself.
    pub device: String,
    /// When the user signed in.
    pub created_at: Instant,
    /// When it was last used, a few minutes exact.
    pub last_seen_at: Instant,
    /// When it ends by itself.
    pub expires_at: Instant,
}

const TAKE: Sql = sql!(
    "INSERT INTO user_counter (user_id, kind, last_no) VALUES ($1, $2, $3)
     ON CONFLICT (user_id, kind) DO UPDATE SET last_no = user_counter.last_no + excluded.last_no
     RETURNING last_no"
);
const INSERT: Sql =
    sql!("INSERT INTO session (user_id, session_no, token_hash, device, created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)");
const TOKEN_INSERT: Sql = sql!("INSERT INTO session_token (token_hash, user_id, session_no) VALUES ($1, $2, $3)");
const BY_TOKEN: Sql = sql!("SELECT user_id, session_no FROM session_token WHERE token_hash = $1");
const ONE: Sql = sql!("SELECT user_id, session_no, device, created_at, last_seen_at, expires_at FROM session WHERE user_id = $1 AND session_no = $2");
const IS_OPERATOR: Sql = sql!("SELECT is_operator FROM user_profile WHERE user_id = $1");
const LIST: Sql =
    sql!("SELECT user_id, session_no, device, created_at, last_seen_at, expires_at FROM session WHERE user_id = $1 ORDER BY session_no DESC");
const SEEN: Sql = sql!("UPDATE session SET last_seen_at = $3, expires_at = $4 WHERE user_id = $1 AND session_no = $2 AND last_seen_at < $3");
const TOKEN_OF: Sql = sql!("SELECT token_hash FROM session WHERE user_id = $1 AND session_no = $2");
const END: Sql = sql!("DELETE FROM session WHERE user_id = $1 AND session_no = $2");
const TOKEN_END: Sql = sql!("DELETE FROM session_token WHERE token_hash = $1");

impl Tx<'_> {
    /// Takes `count` numbers of a kind (`session`, `notice`) for a user; gives the first, from 1 on. As [`Tx::numbers_take`].
    ///
    /// # Errors
    /// [`StoreError::Misuse`] when `count` is below 1; else what the engine says.
    pub async fn user_numbers_take(&mut self, user: UserId, kind: &str, count: i64) -> Result<i64> {
        if count < 1 {
            return Err(StoreError::Misuse(format!("{count} numbers of {kind}")));
        }
        let last = self.query_one(&TAKE, &[user.into(), kind.into(), count.into()], |row| row.int(0)).await?;
        last.checked_sub(count - 1).ok_or_else(|| StoreError::corrupt("user_counter.last_no", last))
    }

    /// Begins a session whose token has this hash; gives its number. Sessions beyond `sessions_max` end, those unused for longest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn session_insert(
        &mut self,
        user: UserId,
        token_hash: &[u8],
        device: &str,
        now: Instant,
        expires_at: Instant,
        sessions_max: usize,
    ) -> Result<SessionNo> {
        let no = self.user_numbers_take(user, "session", 1).await?;
        let mut others = self.session_list(user).await?;
        others.sort_by_key(|row| (row.expires_at > now, row.last_seen_at));
        for row in &others[..others.len().saturating_sub(sessions_max.saturating_sub(1))] {
            self.session_end(user, row.no).await?;
        }
        let values = [user.into(), no.into(), token_hash.into(), device.into(), now.into(), now.into(), expires_at.into()];
        self.exec(&INSERT, &values).await?;
        self.exec(&TOKEN_INSERT, &[token_hash.into(), user.into(), no.into()]).await?;
        session_no(no)
    }

    /// The session whose token has this hash, and whether its user runs the installation; ended sessions are not there, expired ones are.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn session_by_token(&mut self, token_hash: &[u8]) -> Result<Option<(SessionRow, bool)>> {
        let Some((user, no)) = self.query_opt(&BY_TOKEN, &[token_hash.into()], |row| Ok((row.int(0)?, row.int(1)?))).await? else {
            return Ok(None);
        };
        let Some(session) = self.query_opt(&ONE, &[user.into(), no.into()], session_row).await? else { return Ok(None) };
        let is_operator = self.query_one(&IS_OPERATOR, &[user.into()], |row| row.boolean(0)).await?;
        Ok(Some((session, is_operator)))
    }

    /// All sessions of a user that were not ended, the newest first.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn session_list(&mut self, user: UserId) -> Result<Vec<SessionRow>> {
        self.query(&LIST, &[user.into()], session_row).await
    }

    /// Writes down that a session was used.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn session_seen(&mut self, user: UserId, no: SessionNo, now: Instant, expires_at: Instant) -> Result<()> {
        self.exec(&SEEN, &[user.into(), no.into(), now.into(), expires_at.into()]).await.map(|_| ())
    }

    /// Ends a session; `false` when there is none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn session_end(&mut self, user: UserId, no: SessionNo) -> Result<bool> {
        let token = self.query_opt(&TOKEN_OF, &[user.into(), no.into()], |row| Ok(row.bytes(0)?.to_vec())).await?;
        let Some(token) = token else { return Ok(false) };
        self.exec(&TOKEN_END, &[(&token).into()]).await?;
        self.exec(&END, &[user.into(), no.into()]).await?;
        Ok(true)
    }

    /// Ends all sessions of a user but `keep`; how many there were.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn session_end_all(&mut self, user: UserId, keep: Option<SessionNo>) -> Result<u64> {
        // Who signs in at the same time takes a number first: this waits for it, so that no session slips through.
        self.user_turn_of_sessions(user).await?;
        let mut ended = 0;
        for row in self.session_list(user).await? {
            if Some(row.no) != keep && self.session_end(user, row.no).await? {
                ended += 1;
            }
        }
        Ok(ended)
    }

    async fn user_turn_of_sessions(&mut self, user: UserId) -> Result<()> {
        if let Self::Pg(_) = self {
            self.query_one(&TAKE, &[user.into(), "session".into(), 0_i64.into()], |row| row.int(0)).await?;
        }
        Ok(())
    }
}

fn session_no(number: i64) -> Result<SessionNo> {
    SessionNo::new(number).map_err(|error| StoreError::corrupt("session.session_no", error))
}

fn session_row(row: &Row<'_>) -> Result<SessionRow> {
    Ok(SessionRow {
        user: user_at(row, 0)?,
        no: session_no(row.int(1)?)?,
        device: row.text(2)?.to_owned(),
        created_at: Instant(row.int(3)?),
        last_seen_at: Instant(row.int(4)?),
        expires_at: Instant(row.int(5)?),
    })
}
