//! The bytes of a transfer in the log, and the digest of a command. Neither may ever change: a new layout is a new format version.
//!
//! Encoding: deterministic CBOR (RFC 8949 section 4.2.1): shortest integers, definite lengths. Every record of a cluster's log is one
//! array whose first two elements are the format version and the record kind, so that a reader can tell them apart:
//! kind 1 is a transfer ([`Transfer::encode`]), kind 2 is the header of a sealed interval (written by settlement).

use crate::transfer::first_half;
use crate::{Cause, CauseKind, Currency, IdempotencyKey, Transfer, TransferCode, TransferCreate, TransferKind, merkle};
use domain::{AccountNo, ClusterId, TransferNo};
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error as CborError};
use quantity::{BusinessDay, Instant};
use sha2::{Digest, Sha256};

/// The format version written today.
pub const FORMAT_VERSION: i64 = 1;
/// Record kind of a transfer.
pub const RECORD_TRANSFER: i64 = 1;
/// Record kind of the header of a sealed interval.
pub const RECORD_INTERVAL: i64 = 2;

const TRANSFER_FIELDS: u64 = 20;
const COMMAND_FIELDS: u64 = 13;
const COMMAND_VERSION: i64 = 1;

/// What is wrong with the bytes of a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not the CBOR that was expected.
    #[error("the record is not readable: {reason}; restore it from a backup")]
    Malformed {
        /// What the reader met.
        reason: String,
    },
    /// Written by a newer program.
    #[error("the record has format version {version}, this program reads {FORMAT_VERSION}: use a newer program")]
    Version {
        /// The version found.
        version: i64,
    },
    /// Another kind of record.
    #[error("the record is of kind {kind}, not a transfer ({RECORD_TRANSFER}): read it as what it is")]
    Kind {
        /// The kind found.
        kind: i64,
    },
    /// A field holds what it cannot.
    #[error("the field {field} of the record holds an impossible value: restore it from a backup")]
    Field {
        /// The field's name.
        field: &'static str,
    },
    /// Readable, but not byte for byte what this program writes.
    #[error("the record is not in its one canonical form: restore it from a backup")]
    NotCanonical,
}

impl RecordError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "record_malformed",
            Self::Version { .. } => "record_version_unknown",
            Self::Kind { .. } => "record_kind_unexpected",
            Self::Field { .. } => "record_field_invalid",
            Self::NotCanonical => "record_not_canonical",
        }
    }
}

impl From<CborError> for RecordError {
    fn from(error: CborError) -> Self {
        Self::Malformed { reason: error.to_string() }
    }
}

impl Transfer {
    /// Appends the record of this transfer to `out`. It is the leaf of the log at `leaf_no`.
    ///
    /// One CBOR array of 20 elements, all integers except where said:
    ///
    /// | # | field | value |
    /// |---|---|---|
    /// | 0 | format version | 1 |
    /// | 1 | record kind | 1 |
    /// | 2 | cluster | [`ClusterId`] |
    /// | 3 | number | from 1 |
    /// | 4 | leaf number | from 0 |
    /// | 5 | key | byte string of 16 |
    /// | 6 | debit | account number |
    /// | 7 | credit | account number |
    /// | 8 | amount | smallest unit of the currency |
    /// | 9 | currency | [`Currency::number`] |
    /// | 10 | code | [`TransferCode::number`] |
    /// | 11 | kind | [`TransferKind::number`] |
    /// | 12 | kind's argument | [`TransferKind::argument`], or null |
    /// | 13 | cause | [`CauseKind::number`] |
    /// | 14 | cause, a | |
    /// | 15 | cause, b | |
    /// | 16 | business day | days since 1970-01-01 |
    /// | 17 | booked at | Unix ms |
    /// | 18 | actor | user, 0 for the system |
    /// | 19 | linked | true or false |
    pub fn encode(&self, cluster: ClusterId, out: &mut Vec<u8>) {
        head(out, 4, TRANSFER_FIELDS);
        for number in [FORMAT_VERSION, RECORD_TRANSFER, cluster.get(), self.no.get(), self.leaf_no] {
            integer(out, number);
        }
        head(out, 2, 16);
        out.extend_from_slice(&self.key.0);
        for number in [self.debit.get(), self.credit.get(), self.amount, self.currency.number(), self.code.number()] {
            integer(out, number);
        }
        kind(out, self.kind);
        cause(out, self.cause);
        for number in [i64::from(self.business_on.0), self.booked_at.0, self.actor] {
            integer(out, number);
        }
        boolean(out, self.linked);
    }

    /// Reads a record written by [`Transfer::encode`]; the whole of `bytes` must be the record.
    ///
    /// # Errors
    /// [`RecordError`] says what is wrong; nothing is guessed.
    pub fn decode(bytes: &[u8]) -> Result<(ClusterId, Self), RecordError> {
        let mut from = Decoder::new(bytes);
        let fields = from.array()?;
        let version = from.i64()?;
        if version != FORMAT_VERSION {
            return Err(RecordError::Version { version });
        }
        let record = from.i64()?;
        if record != RECORD_TRANSFER {
            return Err(RecordError::Kind { kind: record });
        }
        if fields != Some(TRANSFER_FIELDS) {
            return Err(RecordError::Malformed { reason: format!("a transfer has {TRANSFER_FIELDS} fields, found {fields:?}") });
        }
        let cluster = field("cluster", ClusterId::new(from.i64()?).ok())?;
        let transfer = Self::decode_fields(&mut from)?;
        let mut again = Vec::with_capacity(bytes.len());
        transfer.encode(cluster, &mut again);
        if again == bytes { Ok((cluster, transfer)) } else { Err(RecordError::NotCanonical) }
    }

    /// Fields 3 to 19.
    fn decode_fields(from: &mut Decoder<'_>) -> Result<Self, RecordError> {
        let account = |name, number| field(name, AccountNo::new(number).ok());
        Ok(Self {
            no: field("number", TransferNo::new(from.i64()?).ok())?,
            leaf_no: from.i64()?,
            key: IdempotencyKey(field("key", from.bytes()?.try_into().ok())?),
            debit: account("debit", from.i64()?)?,
            credit: account("credit", from.i64()?)?,
            amount: from.i64()?,
            currency: field("currency", Currency::from_number(from.i64()?))?,
            code: field("code", TransferCode::from_number(from.i64()?))?,
            kind: decode_kind(from)?,
            cause: Cause { kind: field("cause", CauseKind::from_number(from.i64()?))?, a: from.i64()?, b: from.i64()? },
            business_on: BusinessDay(from.i32()?),
            booked_at: Instant(from.i64()?),
            actor: from.i64()?,
            linked: from.bool()?,
        })
    }

    /// The hash of this transfer's record as a leaf of the log. `scratch` is memory to reuse between calls.
    #[must_use]
    pub fn leaf_hash(&self, cluster: ClusterId, scratch: &mut Vec<u8>) -> merkle::Hash {
        scratch.clear();
        self.encode(cluster, scratch);
        merkle::leaf_hash(scratch)
    }

    /// The digest of the command that was booked as this transfer: equal to [`TransferCreate::digest`] of that command, so that it
    /// need not be stored beside it.
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        self.command().digest()
    }
}

impl TransferCreate {
    /// What the command says, without its key, in 16 bytes: a retry has the same digest, another command does not.
    ///
    /// The first half of SHA-256 over one CBOR array: version 1, debit, credit, amount, code, kind, kind's argument, cause (three),
    /// business day, actor, linked; each as in [`Transfer::encode`].
    #[must_use]
    pub fn digest(&self) -> [u8; 16] {
        let mut bytes = Vec::with_capacity(80);
        head(&mut bytes, 4, COMMAND_FIELDS);
        for number in [COMMAND_VERSION, self.debit.get(), self.credit.get(), self.amount, self.code.number()] {
            integer(&mut bytes, number);
        }
        kind(&mut bytes, self.kind);
        cause(&mut bytes, self.cause);
        for number in [i64::from(self.business_on.0), self.actor] {
            integer(&mut bytes, number);
        }
        boolean(&mut bytes, self.linked);
        first_half(&Sha256::digest(&bytes).into())
    }
}

fn field<T>(field: &'static str, value: Option<T>) -> Result<T, RecordError> {
    value.ok_or(RecordError::Field { field })
}

fn decode_kind(from: &mut Decoder<'_>) -> Result<TransferKind, RecordError> {
    let number = from.i64()?;
    let argument = if from.datatype()? == Type::Null {
        from.null()?;
        None
    } else {
        Some(from.i64()?)
    };
    field("kind", TransferKind::from_parts(number, argument))
}

fn kind(out: &mut Vec<u8>, kind: TransferKind) {
    integer(out, kind.number());
    match kind.argument() {
        Some(argument) => integer(out, argument),
        None => out.push(0xf6),
    }
}

fn cause(out: &mut Vec<u8>, cause: Cause) {
    for number in [cause.kind.number(), cause.a, cause.b] {
        integer(out, number);
    }
}

fn boolean(out: &mut Vec<u8>, value: bool) {
    out.push(if value { 0xf5 } else { 0xf4 });
}

fn integer(out: &mut Vec<u8>, number: i64) {
    // CBOR writes a negative n as -1 - n, which for two's complement is the complement of its bits.
    if number < 0 { head(out, 1, (!number).cast_unsigned()) } else { head(out, 0, number.cast_unsigned()) }
}

/// The head of a CBOR item in its shortest form: major type and argument.
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    match argument {
        0..=0x17 => out.push(major | argument as u8),
        0x18..=0xff => out.extend_from_slice(&[major | 24, argument as u8]),
        0x100..=0xffff => {
            out.push(major | 25);
            out.extend_from_slice(&(argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 26);
            out.extend_from_slice(&(argument as u32).to_be_bytes());
        }
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&argument.to_be_bytes());
        }
    }
}
