//! Values on their way in.

use bytes::BytesMut;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::StoreError;

/// One bound parameter. Borrowed and `Copy`, so an array of them costs no allocation.
///
/// Flags are `SMALLINT` 0/1 in the schema; [`Value::Bool`] fits them on both engines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// NULL of any type.
    Null,
    /// Ids, quantities, counts and instants.
    Int(i64),
    /// A finite float, where one is right (never money or energy).
    Real(f64),
    /// A flag, stored as 0 or 1.
    Bool(bool),
    /// Text without NUL bytes.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// A value that the column of the server cannot take.
#[derive(Debug, thiserror::Error)]
#[error("{value} does not fit a {column} parameter")]
pub(crate) struct Unfit {
    value: String,
    column: String,
}

impl Value<'_> {
    /// Refuses what only one engine would store: NUL in text, infinite or undefined reals.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match self {
            Self::Text(text) if text.as_bytes().contains(&0) => Err(StoreError::InvalidValue("text with a NUL byte".to_owned())),
            Self::Real(real) if !real.is_finite() => Err(StoreError::InvalidValue(format!("the number {real}"))),
            _ => Ok(()),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(int),
            Self::Real(real) => ValueRef::Real(real),
            Self::Bool(flag) => ValueRef::Integer(i64::from(flag)),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Encodes for the type that the server inferred, so that one `Value` fits BIGINT, INTEGER and SMALLINT alike.
impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let unfit = || Unfit { value: format!("{self:?}"), column: ty.to_string() };
        match *self {
            Self::Null => Ok(IsNull::Yes),
            Self::Bool(flag) if *ty == Type::BOOL => flag.to_sql_checked(ty, out),
            Self::Bool(flag) => int_to_sql(i64::from(flag), ty, out).unwrap_or_else(|| Err(unfit().into())),
            Self::Int(int) => int_to_sql(int, ty, out).unwrap_or_else(|| Err(unfit().into())),
            Self::Real(real) if *ty == Type::FLOAT8 => real.to_sql_checked(ty, out),
            Self::Text(text) if <&str as ToSql>::accepts(ty) => text.to_sql_checked(ty, out),
            Self::Bytes(bytes) if *ty == Type::BYTEA => bytes.to_sql_checked(ty, out),
            _ => Err(unfit().into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

type Encoded = Result<IsNull, Box<dyn std::error::Error + Sync + Send>>;

/// `None` when the number does not fit the type.
fn int_to_sql(int: i64, ty: &Type, out: &mut BytesMut) -> Option<Encoded> {
    match *ty {
        Type::INT8 => Some(int.to_sql_checked(ty, out)),
        Type::INT4 => i32::try_from(int).ok().map(|int| int.to_sql_checked(ty, out)),
        Type::INT2 => i16::try_from(int).ok().map(|int| int.to_sql_checked(ty, out)),
        _ => None,
    }
}

macro_rules! from_int {
    ($($int:ty),*) => {$(
        impl From<$int> for Value<'_> {
            fn from(int: $int) -> Self {
                Self::Int(i64::from(int))
            }
        }
    )*};
}
from_int!(i64, i32, i16, i8, u32, u16, u8);

macro_rules! from_number {
    ($($number:ty),*) => {$(
        impl From<$number> for Value<'_> {
            fn from(number: $number) -> Self {
                Self::Int(number.get())
            }
        }
    )*};
}
from_number!(domain::ClusterId, domain::MemberNo, domain::MeterNo, domain::AccountNo, domain::TransferNo, domain::AssetNo, domain::RuleNo);
from_number!(domain::UserId, domain::SessionNo, domain::NoticeNo, domain::MoveNo, domain::ReceiptNo, domain::PayoutNo);
from_number!(domain::OrderNo, domain::TradeNo, domain::StandingNo, domain::AuctionNo, domain::DealNo, domain::OfferNo, domain::AlertNo);

impl From<domain::Msisdn> for Value<'_> {
    fn from(phone: domain::Msisdn) -> Self {
        Self::Int(i64::from(phone.national()))
    }
}

impl From<quantity::Instant> for Value<'_> {
    fn from(at: quantity::Instant) -> Self {
        Self::Int(at.0)
    }
}

impl From<f64> for Value<'_> {
    fn from(real: f64) -> Self {
        Self::Real(real)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
