//! A new account: a code by SMS, then name and PIN.

use super::login::SignedIn;
use super::pin::Pin;
use super::secret::{CodeFor, code_hash, code_make};
use super::{AccountError, name_checked, sms};
use crate::{Service, ServiceError};
use domain::{Language, Msisdn, UserId};
use quantity::Instant;
use std::net::IpAddr;
use store::tables::{CodeTry, UserRow};

/// How long a code can be used, in ms.
const CODE_MS: i64 = 10 * 60_000;
/// How often a code may be tried.
pub(crate) const CODE_TRIES: i64 = 5;
/// The window in which codes are counted, in ms.
const RATE_MS: i64 = 3_600_000;

/// What makes an account. Its `Debug` form shows neither number, code nor PIN.
#[derive(Clone)]
pub struct RegistrationConfirm {
    /// The number that the code was sent to.
    pub phone: Msisdn,
    /// The code; spaces do not count.
    pub code: String,
    /// The person's name.
    pub name: String,
    /// The new PIN.
    pub pin: Pin,
    /// The language of pages and messages.
    pub language: Language,
    /// What the device calls itself.
    pub device: String,
}

impl std::fmt::Debug for RegistrationConfirm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrationConfirm").field("phone", &self.phone).field("language", &self.language).finish_non_exhaustive()
    }
}

/// What of an address is counted: of IPv6 the network, which is what one customer gets. `None` for this machine itself, behind which a proxy
/// may stand that names nobody.
fn source(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        own if own.is_loopback() => None,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Some(IpAddr::from([a, b, c, d, 0, 0, 0, 0]))
        }
        v4 => Some(v4),
    }
}

impl Service {
    /// Sends a code to a number, or, when it belongs to a user, a text that says so. The answer is the same, and so are the steps. `address`
    /// is where the caller asks from, as far as it is known.
    ///
    /// # Errors
    /// [`AccountError::RegistrationRate`]; what the store says.
    pub async fn registration_begin(&self, phone: Msisdn, language: Language, address: Option<IpAddr>) -> Result<(), ServiceError> {
        let now = self.people_now();
        self.codes_count(phone, "registration", address).await?;
        let expires_at = now.plus_ms(CODE_MS);
        let code = code_make(self.chance())?;
        let nobodys = self.chance().bytes::<32>()?;
        let hash = code_hash(CodeFor::Registration, phone, &code);
        self.store
            .write(move |tx| {
                let code = code.clone();
                Box::pin(async move {
                    let user = tx.user_by_phone(phone).await?;
                    let text = match &user {
                        Some(user) => sms::account_exists(user.language, phone),
                        None => sms::code(language, phone, &code, expires_at),
                    };
                    tx.registration_put(phone, if user.is_some() { &nobodys } else { &hash }, expires_at).await?;
                    tx.sms_append(&[text], now).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Counts a code for a number, in a unit of its own: it counts even if what follows fails.
    /// What is refused for its number or its address does not count for all.
    pub(crate) async fn codes_count(&self, phone: Msisdn, what: &'static str, address: Option<IpAddr>) -> Result<(), ServiceError> {
        let super::AccountOptions { codes_per_number, codes_per_address, codes_per_hour, .. } = self.people.options;
        let source = address.and_then(source);
        let start = Instant(self.people_now().0.div_euclid(RATE_MS).saturating_mul(RATE_MS));
        let until = start.plus_ms(RATE_MS);
        let rated = self.store.write(move |tx| {
            Box::pin(async move {
                // An error takes the counts of this unit back: what is refused uses nothing up.
                let mut limits = vec![(format!("{what}:{}", phone.national()), codes_per_number)];
                limits.extend(source.map(|network| (format!("{what}-from:{network}"), codes_per_address)));
                limits.push((what.to_owned(), codes_per_hour));
                for (key, most) in limits {
                    if tx.rate_count(&key, start).await? > most {
                        return Err(ServiceError::from(AccountError::RegistrationRate { until }));
                    }
                }
                Ok(())
            })
        });
        rated.await
    }

    /// Makes the account and signs in.
    ///
    /// # Errors
    /// [`AccountError::CodeWrong`] for a wrong or old code, also where the number belongs to a user; `name_invalid`, `pin_weak`;
    /// `overloaded`; what the store says.
    pub async fn registration_confirm(&self, confirm: RegistrationConfirm) -> Result<SignedIn, ServiceError> {
        let RegistrationConfirm { phone, code, name, pin, language, device } = confirm;
        let name = name_checked(&name)?;
        pin.check_strength(phone)?;
        let hash = code_hash(CodeFor::Registration, phone, &code);
        let place = self.people.hasher.place().await?;
        let now = self.people_now();
        let tried =
            self.store.write::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.registration_try(phone, &hash, CODE_TRIES, now).await?) }));
        if tried.await? == CodeTry::Wrong {
            return Err(AccountError::CodeWrong.into());
        }
        let pin_hash = place.hash(&pin, self.chance()).await?;
        drop(place);
        let user = UserRow {
            id: UserId::generate(now, self.chance().number()?),
            phone,
            name,
            language,
            wallet_operator: phone.operator(),
            is_operator: false,
            pin_hash,
            created_at: now,
        };
        let draft = self.session_draft(&device)?;
        self.store
            .write(move |tx| {
                let (user, draft) = (user.clone(), draft.clone());
                Box::pin(async move {
                    // The code is used up and the number claimed in one step: of two who confirm at once, one gets the account.
                    if !tx.registration_take(phone, &hash, now).await? || !tx.user_insert(&user).await? {
                        return Err(AccountError::CodeWrong.into());
                    }
                    draft.begin(tx, user.id).await
                })
            })
            .await
    }
}
