//! Texts to be sent to phones: an outbox that senders claim by lease. Each is sent at least once.
//!
//! A text that holds a code is blanked when the code is over, sent or not.

use super::phone_at;
use crate::{Result, Row, Sql, StoreError, Tx, Value, sql};
use domain::{Msisdn, UnknownWord};
use quantity::Instant;
use sha2::{Digest, Sha256};

/// How far a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsState {
    /// It is to be sent, at once or again later.
    Waiting,
    /// The gateway has taken it.
    Sent,
    /// It was given up.
    Failed,
}

impl SmsState {
    /// The word as stored and shown in programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Waiting, Self::Sent, Self::Failed].into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            let unknown = UnknownWord { list: "state of a text", text: text.to_owned(), choices: "waiting, sent, failed".to_owned() };
            StoreError::corrupt("sms.state", unknown)
        })
    }
}

/// A text to be sent. Its `Debug` form does not show the text.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsNew {
    /// To which number.
    pub to: Msisdn,
    /// What it is about, as a code: `registration_code`.
    pub kind: &'static str,
    /// The text, in the reader's language.
    pub body: String,
    /// When a code that stands in the text is over: after that it is not sent any more, and blanked.
    pub secret_until: Option<Instant>,
}

/// A text of the outbox. Its `Debug` form does not show the text.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsRow {
    /// Its id: grows with time.
    pub id: i64,
    /// To which number.
    pub to: Msisdn,
    /// What it is about, as a code.
    pub kind: String,
    /// The text; empty when it was blanked.
    pub body: String,
    /// How far it is.
    pub state: SmsState,
    /// When it was put in.
    pub created_at: Instant,
    /// When a code that stands in the text is over.
    pub secret_until: Option<Instant>,
    /// How often sending was begun.
    pub attempts: i64,
    /// Why the last attempt failed, as a code.
    pub last_error: Option<String>,
    /// When the gateway took it.
    pub sent_at: Option<Instant>,
}

impl std::fmt::Debug for SmsNew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsNew").field("to", &self.to).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SmsRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, to, kind, state, attempts, last_error, .. } = self;
        f.debug_struct("SmsRow")
            .field("id", id)
            .field("to", to)
            .field("kind", kind)
            .field("state", state)
            .field("attempts", attempts)
            .field("last_error", last_error)
            .finish_non_exhaustive()
    }
}

const APPEND: Sql = sql!(
    "INSERT INTO sms (phone, sms_id, kind, body, state, created_at, due_at, secret_until, lease_owner, lease_until, attempts)
     VALUES ($1, $2, $3, $4, 'waiting', $5, $7, $6, '', 0, 0) ON CONFLICT (phone, sms_id) DO NOTHING"
);
const DUE: Sql =
    sql!("SELECT phone, sms_id FROM sms WHERE state = 'waiting' AND due_at <= $1 AND lease_until <= $1 ORDER BY due_at, sms_id, phone LIMIT $2");
const CLAIM: Sql = sql!(
    "UPDATE sms SET lease_owner = $3, lease_until = $4, attempts = attempts + 1
     WHERE phone = $1 AND sms_id = $2 AND state = 'waiting' AND due_at <= $5 AND lease_until <= $5
     RETURNING phone, sms_id, kind, body, state, created_at, secret_until, attempts, last_error, sent_at"
);
const SENT: Sql = sql!(
    "UPDATE sms SET state = 'sent', sent_at = $4, lease_until = 0, last_error = NULL
     WHERE phone = $1 AND sms_id = $2 AND lease_owner = $3 AND attempts = $5 AND state = 'waiting'"
);
const POSTPONE: Sql = sql!(
    "UPDATE sms SET due_at = $4, lease_until = 0, last_error = $6
     WHERE phone = $1 AND sms_id = $2 AND lease_owner = $3 AND attempts = $5 AND state = 'waiting'"
);
const GIVE_UP: Sql = sql!(
    "UPDATE sms SET state = 'failed', lease_until = 0, last_error = $5
     WHERE phone = $1 AND sms_id = $2 AND lease_owner = $3 AND attempts = $4 AND state = 'waiting'"
);
const BLANK: Sql = sql!(
    "UPDATE sms SET body = '', secret_until = NULL,
        last_error = CASE WHEN state = 'waiting' THEN 'code_over' ELSE last_error END,
        state = CASE WHEN state = 'waiting' THEN 'failed' ELSE state END
     WHERE secret_until IS NOT NULL AND secret_until <= $1 AND lease_until <= $1"
);
const LIST: Sql = sql!(
    "SELECT phone, sms_id, kind, body, state, created_at, secret_until, attempts, last_error, sent_at FROM sms
     WHERE sms_id < $1 ORDER BY sms_id DESC, phone LIMIT $2"
);

impl Tx<'_> {
    /// Puts texts into the outbox. The same text to the same number at the same instant is put in once.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_append(&mut self, texts: &[SmsNew], now: Instant) -> Result<()> {
        self.sms_append_due(texts, now, now).await
    }

    /// As [`Tx::sms_append`], to be sent not before `due_at`.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_append_due(&mut self, texts: &[SmsNew], now: Instant, due_at: Instant) -> Result<()> {
        for sms in texts {
            let secret_until: Value<'_> = sms.secret_until.into();
            let values = [sms.to.into(), id(sms, now).into(), sms.kind.into(), sms.body.as_str().into(), now.into(), secret_until, due_at.into()];
            self.exec(&APPEND, &values).await?;
        }
        Ok(())
    }

    /// Numbers and ids of texts that wait to be sent now, the longest due first, at most `limit`.
    ///
    /// One of the few queries over everything: for senders, never for a member's request.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_due(&mut self, now: Instant, limit: u32) -> Result<Vec<(Msisdn, i64)>> {
        self.query(&DUE, &[now.into(), limit.into()], |row| Ok((phone_at(row, 0)?, row.int(1)?))).await
    }

    /// Takes the lease of a waiting text until `lease_until`; `None` when another sender has it, or it is no longer waiting.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_claim(&mut self, to: Msisdn, id: i64, owner: &str, now: Instant, lease_until: Instant) -> Result<Option<SmsRow>> {
        self.query_opt(&CLAIM, &[to.into(), id.into(), owner.into(), lease_until.into(), now.into()], sms_row).await
    }

    /// Marks a claimed text as sent; `false` when the lease was lost.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_sent(&mut self, sms: &SmsRow, owner: &str, now: Instant) -> Result<bool> {
        Ok(self.exec(&SENT, &[sms.to.into(), sms.id.into(), owner.into(), now.into(), sms.attempts.into()]).await? == 1)
    }

    /// Writes down why a claimed text was not sent: it is tried again at `again`, or given up. `false` when the lease was lost.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_unsent(&mut self, sms: &SmsRow, owner: &str, reason: &str, again: Option<Instant>) -> Result<bool> {
        let key = [Value::from(sms.to), sms.id.into(), owner.into()];
        let changed = match again {
            Some(at) => self.exec(&POSTPONE, &[key[0], key[1], key[2], at.into(), sms.attempts.into(), reason.into()]).await?,
            None => self.exec(&GIVE_UP, &[key[0], key[1], key[2], sms.attempts.into(), reason.into()]).await?,
        };
        Ok(changed == 1)
    }

    /// Empties texts whose code is over, and gives up those that were never sent; how many.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_blank(&mut self, now: Instant) -> Result<u64> {
        self.exec(&BLANK, &[now.into()]).await
    }

    /// Texts before `before` (`None` for the newest), the newest first. Over everything: for the operator.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn sms_list(&mut self, before: Option<i64>, limit: u32) -> Result<Vec<SmsRow>> {
        self.query(&LIST, &[before.unwrap_or(i64::MAX).into(), limit.into()], sms_row).await
    }
}

/// The time, then 22 bits of the content: unique for a number, made without a count that all would wait for.
fn id(sms: &SmsNew, now: Instant) -> i64 {
    let hash = Sha256::new().chain_update(sms.to.national().to_be_bytes()).chain_update(sms.kind).chain_update(&sms.body).finalize();
    let low = hash.iter().take(8).fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    domain::UserId::generate(now, low).get()
}

fn sms_row(row: &Row<'_>) -> Result<SmsRow> {
    Ok(SmsRow {
        to: phone_at(row, 0)?,
        id: row.int(1)?,
        kind: row.text(2)?.to_owned(),
        body: row.text(3)?.to_owned(),
        state: SmsState::parse(row.text(4)?)?,
        created_at: Instant(row.int(5)?),
        secret_until: row.opt_int(6)?.map(Instant),
        attempts: row.int(7)?,
        last_error: row.opt_text(8)?.map(str::to_owned),
        sent_at: row.opt_int(9)?.map(Instant),
    })
}
