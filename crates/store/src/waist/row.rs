//! Rows on their way out.

use rusqlite::types::ValueRef;
use tokio_postgres::types::Type;

use crate::{Result, StoreError};

/// One row inside the mapping closure of a query. Columns are read by position, from 0.
///
/// Text and bytes are borrowed from the driver's buffer; the mapper copies what it keeps. Each reader gives
/// [`StoreError::DataCorrupt`] when the column holds another type and [`StoreError::Misuse`] when there is no such
/// column. The `opt_` readers give `None` for NULL, the others refuse it.
pub enum Row<'r> {
    /// A row under SQLite's cursor.
    Lite(&'r rusqlite::Row<'r>),
    /// A received row.
    Pg(&'r tokio_postgres::Row),
}

impl<'r> Row<'r> {
    /// A whole number: ids, quantities, counts, instants. A sum needs `CAST(SUM(x) AS BIGINT)`.
    pub fn int(&self, column: usize) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| null(column))
    }

    /// A whole number or NULL.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        match self {
            Self::Lite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Integer(int) => Ok(Some(int)),
                other => Err(wrong(column, "integer", other.data_type())),
            },
            Self::Pg(row) => match *pg_type(row, column)? {
                Type::INT8 => Ok(row.try_get(column)?),
                Type::INT4 => Ok(row.try_get::<_, Option<i32>>(column)?.map(i64::from)),
                Type::INT2 => Ok(row.try_get::<_, Option<i16>>(column)?.map(i64::from)),
                ref other => Err(wrong(column, "integer", other)),
            },
        }
    }

    /// A float.
    pub fn real(&self, column: usize) -> Result<f64> {
        self.opt_real(column)?.ok_or_else(|| null(column))
    }

    /// A float or NULL.
    pub fn opt_real(&self, column: usize) -> Result<Option<f64>> {
        match self {
            Self::Lite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Real(real) => Ok(Some(real)),
                other => Err(wrong(column, "real", other.data_type())),
            },
            Self::Pg(row) => Ok(row.try_get(column)?),
        }
    }

    /// A flag: 0 or 1, or the outcome of a condition.
    pub fn boolean(&self, column: usize) -> Result<bool> {
        if let Self::Pg(row) = self
            && *pg_type(row, column)? == Type::BOOL
        {
            return row.try_get::<_, Option<bool>>(column)?.ok_or_else(|| null(column));
        }
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(StoreError::corrupt(&format!("column {column}"), other)),
        }
    }

    /// Text.
    pub fn text(&self, column: usize) -> Result<&'r str> {
        self.opt_text(column)?.ok_or_else(|| null(column))
    }

    /// Text or NULL.
    pub fn opt_text(&self, column: usize) -> Result<Option<&'r str>> {
        match self {
            Self::Lite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Text(text) => {
                    std::str::from_utf8(text).map(Some).map_err(|_| StoreError::DataCorrupt(format!("column {column} is not UTF-8")))
                }
                other => Err(wrong(column, "text", other.data_type())),
            },
            Self::Pg(row) => {
                pg_type(row, column)?;
                Ok(row.try_get(column)?)
            }
        }
    }

    /// Bytes.
    pub fn bytes(&self, column: usize) -> Result<&'r [u8]> {
        self.opt_bytes(column)?.ok_or_else(|| null(column))
    }

    /// Bytes or NULL.
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&'r [u8]>> {
        match self {
            Self::Lite(row) => match row.get_ref(column)? {
                ValueRef::Null => Ok(None),
                ValueRef::Blob(bytes) => Ok(Some(bytes)),
                other => Err(wrong(column, "bytes", other.data_type())),
            },
            Self::Pg(row) => {
                pg_type(row, column)?;
                Ok(row.try_get(column)?)
            }
        }
    }
}

fn pg_type(row: &tokio_postgres::Row, column: usize) -> Result<&Type> {
    row.columns().get(column).map(|c| c.type_()).ok_or_else(|| StoreError::Misuse(format!("no column {column}")))
}

fn null(column: usize) -> StoreError {
    StoreError::DataCorrupt(format!("column {column} is NULL"))
}

fn wrong(column: usize, wanted: &str, found: impl std::fmt::Display) -> StoreError {
    StoreError::DataCorrupt(format!("column {column} is {found}, not {wanted}"))
}
