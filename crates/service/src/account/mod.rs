//! People: who they are, how they sign in, what they may, what they are told.
//!
//! | File | What |
//! |---|---|
//! | `registration.rs` | a code by SMS, then an account |
//! | `login.rs` | number and PIN; the count of wrong tries |
//! | `session.rs` | tokens, where one is signed in, signing out |
//! | `pin_change.rs`, `pin_reset.rs` | a new PIN: by oneself, or with two officers and a code |
//! | `practice.rs` | people of a practice run |
//! | `profile.rs` | who one is and where one belongs; the operator |
//! | `inbox.rs`, `sms.rs` | notices in the program, texts to phones |
//! | `audit.rs` | who was refused, who looked at what |
//! | `roles.rs` | roles, kept in memory for seconds |
//! | `pin.rs`, `secret.rs`, `error.rs` | PINs, codes, tokens and what is refused |
//!
//! Three rules hold throughout. What is answered never tells whether a number is registered: known and unknown numbers take the same
//! steps. Whatever is guessed at is counted before it is verified, in the database that all processes share. And no number, PIN, code or
//! token stands in a log or an error.

mod audit;
mod error;
mod inbox;
mod login;
mod pin;
mod pin_change;
mod pin_reset;
mod practice;
mod profile;
mod registration;
mod roles;
mod secret;
mod session;
pub(crate) mod sms;

pub use audit::{AuditLine, Look};
pub use error::AccountError;
pub(crate) use inbox::is_readable;
pub use inbox::{NOTICES_MAX, Notice, notice_text};
pub use login::SignedIn;
pub use pin::{Pin, PinCost};
pub use pin_reset::{MemberUser, PinResetState};
pub use practice::PersonNew;
pub use profile::{Membership, Profile, ProfileUpdate, VoteRecord};
pub use registration::RegistrationConfirm;
pub use session::SessionInfo;
pub use sms::SmsReport;

use crate::Service;
use std::sync::Arc;

/// Most entries of one page of a list.
const PAGE_MAX: u32 = 200;
/// Longest name of a person, in characters.
const NAME_MAX: usize = 60;

/// What an installation may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountOptions {
    /// How dear the hash of a PIN is.
    pub pin_cost: PinCost,
    /// Codes that are sent to one number in an hour.
    pub codes_per_number: i64,
    /// Codes that are asked for from one address in an hour.
    pub codes_per_address: i64,
    /// Codes for new accounts that are sent in an hour, over all numbers: texts cost money.
    pub codes_per_hour: i64,
}

impl Default for AccountOptions {
    fn default() -> Self {
        Self { pin_cost: PinCost::FULL, codes_per_number: 3, codes_per_address: 10, codes_per_hour: 1_000 }
    }
}

impl AccountOptions {
    /// For tests and trials with made-up people: PINs cost nothing to hash, so that thousands can be made.
    #[must_use]
    pub fn trial() -> Self {
        Self { pin_cost: PinCost::TRIAL, ..Self::default() }
    }
}

/// What the use cases of people keep in this process; shared by all copies of a [`Service`].
pub(crate) struct People {
    options: AccountOptions,
    hasher: pin::PinHasher,
    roles: roles::RoleCache,
    sessions: session::SessionCache,
    audit: Arc<audit::AuditDesk>,
}

impl Default for People {
    fn default() -> Self {
        Self::new(AccountOptions::default())
    }
}

impl People {
    fn new(options: AccountOptions) -> Self {
        Self {
            options,
            hasher: pin::PinHasher::new(options.pin_cost),
            roles: Default::default(),
            sessions: Default::default(),
            audit: Default::default(),
        }
    }
}

impl Service {
    /// The same with other settings for accounts.
    #[must_use]
    pub fn with_accounts(mut self, options: AccountOptions) -> Self {
        self.people = Arc::new(People::new(options));
        self
    }
}

/// A person's name: not empty, no control characters, spaces in single file.
fn name_checked(name: &str) -> Result<String, AccountError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_name = name.chars().any(char::is_alphanumeric) && name.chars().count() <= NAME_MAX && !name.chars().any(char::is_control);
    if is_name { Ok(name) } else { Err(AccountError::NameInvalid) }
}

/// Text from outside, cut to `max` characters, without control characters.
fn bounded(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect::<String>().trim().to_owned()
}
