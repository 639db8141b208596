//! Double-entry accounts and transfers of one cluster: the part that decides.
//!
//! Validate, prefetch, commit: [`references`] names the rows a batch of commands needs, the store loads them into [`Books`],
//! [`execute`] decides every command in order, and the store writes what [`Books`] then lists. Nothing here reads a clock, a file or a
//! database, so the same rows and commands always give the same answers.
//!
//! What holds:
//! - Transfers are facts: never edited, never deleted. A mistake is corrected by a [`TransferKind::Reversal`] and a new entry.
//! - Debits equal credits per currency after every transfer, posted and pending alike.
//! - An account with a [`Limit`] never goes beyond it, holds included.
//! - The same [`IdempotencyKey`] twice is one effect and one answer, also when the answer was a refusal (see [`Refusal`]).
//! - Linked commands are all or none; a refused command changes nothing.
//!
//! What is written down for ever (`record`): the bytes of a transfer in the log, described field by field at [`Transfer::encode`]
//! and held by golden vectors. [`merkle`] is the RFC 6962 log above those bytes, [`audit`] recounts everything independently.
//!
//! What this crate does not do: input, output, choosing accounts or amounts, expiring holds by itself (a job voids them).

#![deny(clippy::float_arithmetic)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod account;
pub mod audit;
mod books;
mod execute;
pub mod merkle;
mod number_hash;
mod record;
mod refusal;
mod short_hash;
mod transfer;
mod words;

pub use account::Account;
pub use books::{Books, BooksInit, PriorCommand, PriorOutcome, References, RefusedCommand, Settled, references};
pub use execute::{Outcome, execute};
pub use record::{FORMAT_VERSION, RECORD_INTERVAL, RECORD_TRANSFER, RecordError};
pub use refusal::Refusal;
pub use short_hash::sha256;
pub use transfer::{Cause, IdempotencyKey, Transfer, TransferCreate, TransferKind, TransferState, TransferStatus};
pub use words::{AccountCode, CauseKind, Currency, Limit, TransferCode};
