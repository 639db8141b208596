//! Texts to phones: their words, and sending what waits.

use super::PAGE_MAX;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{Language, Msisdn};
use gateways::{SmsError, SmsGateway, SmsOut};
use message::Say;
use quantity::{DAY_MS, Instant};
use store::tables::{SmsNew, SmsRow};

/// Texts looked for at a time, and sent by one call at most.
const BATCH: u32 = 100;
const SENT_MAX: usize = 1_000;
/// How long a sender has for one text before another may take it, in ms.
const LEASE_MS: i64 = 60_000;
/// How often a text is tried before it is given up.
const ATTEMPTS_MAX: i64 = 8;
/// The first wait before another attempt, in ms; it doubles.
const RETRY_MS: i64 = 30_000;

/// The text with a code.
pub(crate) fn code(language: Language, to: Msisdn, code: &str, until: Instant) -> SmsNew {
    SmsNew { to, kind: "code", body: Say::new(language).sms_code(code, until.0), secret_until: Some(until) }
}

/// What a number gets that has an account already.
pub(crate) fn account_exists(language: Language, to: Msisdn) -> SmsNew {
    SmsNew { to, kind: "account-exists", body: Say::new(language).sms_account_exists().to_owned(), secret_until: None }
}

/// What is said when a code for a new PIN is coming that an operator approved alone.
pub(crate) fn pin_reset_waits(language: Language, to: Msisdn) -> SmsNew {
    SmsNew { to, kind: "reset-waits", body: Say::new(language).sms_reset_waits().to_owned(), secret_until: None }
}

/// What is said after a PIN was set.
pub(crate) fn pin_set(language: Language, to: Msisdn) -> SmsNew {
    SmsNew { to, kind: "reset-done", body: Say::new(language).sms_reset_done().to_owned(), secret_until: None }
}

/// What is said of money that moved.
pub(crate) const fn money(to: Msisdn, kind: &'static str, body: String) -> SmsNew {
    SmsNew { to, kind, body, secret_until: None }
}

/// A text with a `*` for each digit.
fn without_digits(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_digit() { '*' } else { c }).collect()
}

/// What one round of sending came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SmsReport {
    /// Texts that the gateway took.
    pub sent: usize,
    /// Texts that are tried again later.
    pub postponed: usize,
    /// Texts that were given up.
    pub failed: usize,
    /// Texts whose code is over and that were emptied.
    pub blanked: u64,
}

/// What became of one text.
enum Fate {
    Sent,
    Postponed,
    Failed,
    /// Another sender has it.
    Gone,
}

impl Service {
    /// Sends what waits, at least once each, and codes whose waiting time is over; several processes may do so at the same time. Empties texts whose code is over.
    ///
    /// # Errors
    /// What the store says; what the gateway says is kept with its text and counted.
    pub async fn sms_deliver(&self, gateway: &SmsGateway) -> Result<SmsReport, ServiceError> {
        let owner = format!("{:016x}", self.chance().number()?);
        self.pin_resets_send().await?;
        let mut report = SmsReport::default();
        let mut handled = 0;
        while handled < SENT_MAX {
            let now = self.people_now();
            let due = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.sms_due(now, BATCH).await?) })).await?;
            let mut progress = false;
            for (to, id) in &due {
                match self.sms_deliver_one(gateway, &owner, *to, *id).await? {
                    Fate::Sent => report.sent += 1,
                    Fate::Postponed => report.postponed += 1,
                    Fate::Failed => report.failed += 1,
                    Fate::Gone => continue,
                }
                progress = true;
            }
            handled += due.len();
            if !progress || due.len() < BATCH as usize {
                break;
            }
        }
        let now = self.people_now();
        report.blanked = self.store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.sms_blank(now).await?) })).await?;
        Ok(report)
    }

    async fn sms_deliver_one(&self, gateway: &SmsGateway, owner: &str, to: Msisdn, id: i64) -> Result<Fate, ServiceError> {
        let (now, own) = (self.people_now(), owner.to_owned());
        let claimed = self.store.write::<_, ServiceError, _>(move |tx| {
            let own = own.clone();
            Box::pin(async move { Ok(tx.sms_claim(to, id, &own, now, now.plus_ms(LEASE_MS)).await?) })
        });
        let Some(sms) = claimed.await? else { return Ok(Fate::Gone) };
        let is_over = sms.secret_until.is_some_and(|until| until <= now);
        let sent = match is_over {
            true => Err(("code_over", true)),
            false => {
                let out = SmsOut { reference: sms.id.to_string(), to, text: sms.body.clone() };
                gateway.send(&out).await.map_err(|error: SmsError| (error.code(), error.is_final()))
            }
        };
        self.sms_record(sms, owner.to_owned(), sent).await
    }

    /// Writes down what the gateway said. A lost lease changes nothing: who took it over writes down its own attempt.
    async fn sms_record(&self, sms: SmsRow, owner: String, sent: Result<(), (&'static str, bool)>) -> Result<Fate, ServiceError> {
        let now = self.people_now();
        self.store
            .write(move |tx| {
                let (sms, owner) = (sms.clone(), owner.clone());
                Box::pin(async move {
                    let Err((reason, is_final)) = sent else {
                        tx.sms_sent(&sms, &owner, now).await?;
                        return Ok(Fate::Sent);
                    };
                    let doublings = u32::try_from(sms.attempts.clamp(1, ATTEMPTS_MAX)).unwrap_or(1) - 1;
                    let again = (!is_final && sms.attempts < ATTEMPTS_MAX).then(|| now.plus_ms(RETRY_MS << doublings));
                    tx.sms_unsent(&sms, &owner, reason, again).await?;
                    Ok(if again.is_some() { Fate::Postponed } else { Fate::Failed })
                })
            })
            .await
    }

    /// Texts to phones before `before` (`None` for the newest), the newest first: for the operator. A user's look is written down, and shows
    /// no code that still opens an account: it is for the phone alone.
    ///
    /// # Errors
    /// [`crate::policy::Denied`]; what the store says.
    pub async fn sms_list(&self, actor: Actor, before: Option<i64>, limit: u32) -> Result<Vec<SmsRow>, ServiceError> {
        self.require_anywhere(actor, Action::Operate).await?;
        self.look_write(actor, "sms_list").await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let mut rows: Vec<SmsRow> =
            self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.sms_list(before, limit).await?) })).await?;
        if actor.user().is_some() {
            for row in rows.iter_mut().filter(|row| row.secret_until.is_some()) {
                row.body = without_digits(&row.body);
            }
        }
        Ok(rows)
    }

    /// Removes codes, resets, rates and locks that have been over for long, and empties old texts. To be called now and then.
    ///
    /// # Errors
    /// What the store says.
    pub async fn account_tidy(&self) -> Result<u64, ServiceError> {
        let now = self.people_now();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let blanked = tx.sms_blank(now).await?;
                    Ok(blanked.saturating_add(tx.people_tidy(now.plus_ms(-2 * DAY_MS), now.plus_ms(-30 * DAY_MS)).await?))
                })
            })
            .await
    }
}
