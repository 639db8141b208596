//! Transfers: the command that asks for one, the fact that was booked, and what later happened to it.

use crate::{CauseKind, Currency, TransferCode};
use domain::{AccountNo, TransferNo};
use quantity::{BusinessDay, Instant};
use sha2::{Digest, Sha256};

/// What a client gives so that its retry is recognised: 16 bytes, unique per command inside a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(pub [u8; 16]);

impl IdempotencyKey {
    /// A key from what makes the command this one: the first 16 bytes of SHA-256 over each part, preceded by its length as eight
    /// bytes, most significant first. The same parts give the same key on every machine, and no two lists of parts run together.
    #[must_use]
    pub fn derive(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(first_half(&hash.finalize().into()))
    }
}

/// The first 16 of 32 bytes.
pub(crate) fn first_half(hash: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    half
}

/// What a transfer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferKind {
    /// Moves the amount at once.
    Posted,
    /// Holds the amount on both accounts until it is posted or voided. From `expires_at` on it can only be voided.
    Pending {
        /// First instant at which the hold can no longer be posted; `None` for no end.
        expires_at: Option<Instant>,
    },
    /// Posts a hold, in full or in part; what is not posted is released.
    Post {
        /// The hold.
        pending: TransferNo,
    },
    /// Releases a hold in full; its amount is that of the hold.
    Void {
        /// The hold.
        pending: TransferNo,
    },
    /// Undoes a posted transfer: the same amount the other way round, once.
    Reversal {
        /// The transfer undone, of kind posted or post.
        of: TransferNo,
    },
}

impl TransferKind {
    /// The number as stored and sealed.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Posted => 0,
            Self::Pending { .. } => 1,
            Self::Post { .. } => 2,
            Self::Void { .. } => 3,
            Self::Reversal { .. } => 4,
        }
    }

    /// The kind's one argument as stored and sealed: the expiry of a hold in Unix ms, or the number of the transfer referred to.
    #[must_use]
    pub const fn argument(self) -> Option<i64> {
        match self {
            Self::Posted | Self::Pending { expires_at: None } => None,
            Self::Pending { expires_at: Some(at) } => Some(at.0),
            Self::Post { pending } | Self::Void { pending } => Some(pending.get()),
            Self::Reversal { of } => Some(of.get()),
        }
    }

    /// The kind of a stored number and argument; `None` when they do not belong together.
    #[must_use]
    pub fn from_parts(number: i64, argument: Option<i64>) -> Option<Self> {
        let transfer = || TransferNo::new(argument?).ok();
        match number {
            0 => argument.is_none().then_some(Self::Posted),
            1 => Some(Self::Pending { expires_at: argument.map(Instant) }),
            2 => Some(Self::Post { pending: transfer()? }),
            3 => Some(Self::Void { pending: transfer()? }),
            4 => Some(Self::Reversal { of: transfer()? }),
            _ => None,
        }
    }

    /// The transfer this kind acts on, if any.
    #[must_use]
    pub const fn refers_to(self) -> Option<TransferNo> {
        match self {
            Self::Posted | Self::Pending { .. } => None,
            Self::Post { pending } | Self::Void { pending } => Some(pending),
            Self::Reversal { of } => Some(of),
        }
    }

    /// The word as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Pending { .. } => "pending",
            Self::Post { .. } => "post",
            Self::Void { .. } => "void",
            Self::Reversal { .. } => "reversal",
        }
    }
}

/// The event behind a transfer; [`CauseKind`] says what the two numbers mean (zero where unused).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cause {
    /// Kind of event.
    pub kind: CauseKind,
    /// First number.
    pub a: i64,
    /// Second number.
    pub b: i64,
}

impl Cause {
    /// No event on record.
    pub const NONE: Self = Self { kind: CauseKind::None, a: 0, b: 0 };
}

/// A command: please book this transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferCreate {
    /// Recognises a retry.
    pub key: IdempotencyKey,
    /// Account debited.
    pub debit: AccountNo,
    /// Account credited.
    pub credit: AccountNo,
    /// How much, above zero, in the smallest unit of the accounts' currency.
    pub amount: i64,
    /// What it is about.
    pub code: TransferCode,
    /// What it does.
    pub kind: TransferKind,
    /// The event behind it.
    pub cause: Cause,
    /// The local day it counts for.
    pub business_on: BusinessDay,
    /// The user who asked, 0 for the system.
    pub actor: i64,
    /// All or none together with the next command. The last of a chain is not linked.
    pub linked: bool,
}

/// A booked transfer: a leaf of the cluster's log, never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Number inside the cluster, from 1 without gaps.
    pub no: TransferNo,
    /// Position in the cluster's log, from 0; other records stand between transfers.
    pub leaf_no: i64,
    /// Account debited.
    pub debit: AccountNo,
    /// Account credited.
    pub credit: AccountNo,
    /// How much, in the smallest unit of `currency`.
    pub amount: i64,
    /// Currency of both accounts.
    pub currency: Currency,
    /// What it is about.
    pub code: TransferCode,
    /// What it does.
    pub kind: TransferKind,
    /// The event behind it.
    pub cause: Cause,
    /// The key of the command.
    pub key: IdempotencyKey,
    /// The local day it counts for.
    pub business_on: BusinessDay,
    /// When it was booked; never earlier than the transfer before.
    pub booked_at: Instant,
    /// The user who asked, 0 for the system.
    pub actor: i64,
    /// All or none together with the next transfer.
    pub linked: bool,
}

impl Transfer {
    /// The command that was booked as this transfer.
    #[must_use]
    pub const fn command(&self) -> TransferCreate {
        TransferCreate {
            key: self.key,
            debit: self.debit,
            credit: self.credit,
            amount: self.amount,
            code: self.code,
            kind: self.kind,
            cause: self.cause,
            business_on: self.business_on,
            actor: self.actor,
            linked: self.linked,
        }
    }
}

/// What happened to a transfer after it was booked. It only ever leaves [`TransferStatus::Open`], once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferStatus {
    /// Nothing yet.
    Open = 0,
    /// The hold was posted.
    Posted = 1,
    /// The hold was voided.
    Voided = 2,
    /// The posted transfer was reversed.
    Reversed = 3,
}

impl TransferStatus {
    /// The number as stored.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Open => 0,
            Self::Posted => 1,
            Self::Voided => 2,
            Self::Reversed => 3,
        }
    }

    /// The status of a stored number; `None` when there is no such status.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Open),
            1 => Some(Self::Posted),
            2 => Some(Self::Voided),
            3 => Some(Self::Reversed),
            _ => None,
        }
    }
}

/// An earlier transfer that a command refers to, as the store prefetches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferState {
    /// Its number.
    pub no: TransferNo,
    /// Account it debited.
    pub debit: AccountNo,
    /// Account it credited.
    pub credit: AccountNo,
    /// Its amount.
    pub amount: i64,
    /// What it was about.
    pub code: TransferCode,
    /// What it did.
    pub kind: TransferKind,
    /// What has happened to it since.
    pub status: TransferStatus,
}

impl TransferState {
    /// The state of `transfer` when nothing has happened to it since.
    #[must_use]
    pub const fn open(transfer: &Transfer) -> Self {
        Self {
            no: transfer.no,
            debit: transfer.debit,
            credit: transfer.credit,
            amount: transfer.amount,
            code: transfer.code,
            kind: transfer.kind,
            status: TransferStatus::Open,
        }
    }
}
