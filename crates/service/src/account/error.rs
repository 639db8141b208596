//! Everything the use cases of people refuse, each with a stable code.

use domain::MsisdnError;
use quantity::Instant;

/// Why a use case of people did nothing. No message holds a number, a PIN, a code or a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Number and PIN do not belong together; the same for a number that nobody has.
    #[error("the phone number or the PIN is not right; try again")]
    LoginRefused {
        /// When the next try is taken, if this one was the last before a lock; known and unknown numbers alike.
        locked_until: Option<Instant>,
    },
    /// Too many wrong PINs or codes for this number; the same for a number that nobody has.
    #[error("too many wrong tries for this number; wait, then try again")]
    LoginLocked {
        /// When the next try is taken.
        until: Instant,
    },
    /// The code is wrong, over, used, tried too often, or was never sent.
    #[error("the code is not right or too old; ask for a new one")]
    CodeWrong,
    /// Not the PIN of the one who is signed in.
    #[error("this is not the present PIN; try again")]
    PinWrong,
    /// Not 4 to 6 digits.
    #[error("a PIN has 4 to 6 digits; choose another")]
    PinForm,
    /// Easy to guess.
    #[error("this PIN is easy to guess; choose another, not a row, a repeat, a year, or part of the phone number")]
    PinWeak,
    /// Not a number that can be used.
    #[error(transparent)]
    Phone(#[from] MsisdnError),
    /// No session has this token.
    #[error("this session is not known or was ended; sign in again")]
    SessionUnknown,
    /// The session is over.
    #[error("this session is over; sign in again")]
    SessionExpired,
    /// More codes were asked for than may be sent.
    #[error("too many codes were asked for; wait, then ask again")]
    RegistrationRate {
        /// When the next one may be asked for.
        until: Instant,
    },
    /// A name of another form.
    #[error("a name has 1 to 60 letters; type it again")]
    NameInvalid,
    /// Nobody, or more than one person, acts for the member.
    #[error("say whose PIN: not exactly one person acts for this member")]
    PinResetWhose,
    /// Approving one's own.
    #[error("another treasurer must approve, not the one whose PIN it is")]
    PinResetOwn,
    /// One person twice.
    #[error("this person has approved already; a second treasurer must")]
    PinResetTwice,
    /// More in one request than may be.
    #[error("a request holds at most {most} of these; send them in several")]
    ListTooLong {
        /// How many may come.
        most: usize,
    },
    /// The machine could not hash.
    #[error("the PIN could not be hashed; nothing was done; try again")]
    HashFailed,
}

impl AccountError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::LoginRefused { .. } => "login_refused",
            Self::LoginLocked { .. } => "login_locked",
            Self::CodeWrong => "code_wrong",
            Self::PinWrong => "pin_wrong",
            Self::PinForm => "pin_form",
            Self::PinWeak => "pin_weak",
            Self::Phone(error) => error.code(),
            Self::SessionUnknown => "session_unknown",
            Self::SessionExpired => "session_expired",
            Self::RegistrationRate { .. } => "registration_rate",
            Self::NameInvalid => "name_invalid",
            Self::PinResetWhose => "pin_reset_whose",
            Self::PinResetOwn => "pin_reset_own",
            Self::PinResetTwice => "pin_reset_twice",
            Self::ListTooLong { .. } => "list_too_long",
            Self::HashFailed => "pin_hash_failed",
        }
    }

    /// When to try again, where waiting helps.
    #[must_use]
    pub const fn until(self) -> Option<Instant> {
        match self {
            Self::LoginLocked { until } | Self::RegistrationRate { until } => Some(until),
            Self::LoginRefused { locked_until } => locked_until,
            _ => None,
        }
    }
}
