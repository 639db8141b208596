//! The transaction that a unit of work gets.

use super::{LiteTx, PgTx, Row, Sql, SqlBatch, SqlIn, SqlUpdate, Value};
use crate::{Result, StoreError};

/// Which engine answers. For what truly differs; nearly nothing should ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// An embedded SQLite file.
    Lite,
    /// A PostgreSQL (or Citus) server.
    Pg,
}

/// A transaction on either engine. Lives as long as its unit; the store commits or rolls back.
///
/// After a statement failed, no other runs and the unit is rolled back, whatever it returns. Futures of these
/// methods are the only thing a unit may await.
pub enum Tx<'c> {
    /// On SQLite.
    Lite(LiteTx<'c>),
    /// On PostgreSQL.
    Pg(PgTx<'c>),
}

impl Tx<'_> {
    /// The engine under this transaction.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Lite(_) => Engine::Lite,
            Self::Pg(_) => Engine::Pg,
        }
    }

    /// Runs a statement that returns no rows; gives the number of rows changed.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] when the values do not match the parameters or the statement returns rows; else what
    /// the engine says.
    pub async fn exec(&mut self, sql: &Sql, values: &[Value<'_>]) -> Result<u64> {
        check(values)?;
        match self {
            Self::Lite(tx) => tx.exec(sql.lite, values),
            Self::Pg(tx) => tx.exec(sql.pg, values).await,
        }
    }

    /// Runs a statement and maps its rows, in the order in which they come.
    ///
    /// # Errors
    /// As [`Tx::exec`], and the first error of `map` (the statement still runs to its end, and the unit may go on).
    pub async fn query<T: Send>(&mut self, sql: &Sql, values: &[Value<'_>], mut map: impl FnMut(&Row<'_>) -> Result<T> + Send) -> Result<Vec<T>> {
        check(values)?;
        let mut out = Vec::new();
        match self {
            Self::Lite(tx) => tx.query(sql.lite, values, &mut map, &mut out)?,
            Self::Pg(tx) => tx.query(sql.pg, values, &mut map, &mut out).await?,
        }
        Ok(out)
    }

    /// As [`Tx::query`] for a statement that gives exactly one row.
    ///
    /// # Errors
    /// [`StoreError::RowCount`] when there is none or more than one.
    pub async fn query_one<T: Send>(&mut self, sql: &Sql, values: &[Value<'_>], map: impl FnMut(&Row<'_>) -> Result<T> + Send) -> Result<T> {
        self.query_opt(sql, values, map).await?.ok_or_else(|| StoreError::RowCount { found: 0, sql: sql.pg.to_owned() })
    }

    /// As [`Tx::query`] for a statement that gives one row or none.
    ///
    /// # Errors
    /// [`StoreError::RowCount`] when there is more than one.
    pub async fn query_opt<T: Send>(&mut self, sql: &Sql, values: &[Value<'_>], map: impl FnMut(&Row<'_>) -> Result<T> + Send) -> Result<Option<T>> {
        let mut rows = self.query(sql, values, map).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            found => Err(StoreError::RowCount { found, sql: sql.pg.to_owned() }),
        }
    }

    /// Inserts many rows; `values` holds them one after the other. Gives the number of rows inserted or updated.
    ///
    /// # Errors
    /// [`StoreError::Misuse`] when `values` are not whole rows, [`StoreError::InvalidValue`] when one is not of its
    /// column's kind; else as [`Tx::exec`].
    pub async fn insert_many(&mut self, batch: &SqlBatch<'_>, values: &[Value<'_>]) -> Result<u64> {
        batch.check(values)?;
        match self {
            Self::Lite(tx) => tx.insert_many(batch, values),
            Self::Pg(tx) => tx.insert_many(batch, values).await,
        }
    }

    /// As [`Tx::insert_many`] for a batch whose suffix ends in `RETURNING …`. The order of rows is not that of `values`.
    ///
    /// # Errors
    /// As [`Tx::insert_many`] and [`Tx::query`].
    pub async fn insert_many_returning<T: Send>(
        &mut self,
        batch: &SqlBatch<'_>,
        values: &[Value<'_>],
        mut map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        batch.check(values)?;
        let mut out = Vec::new();
        match self {
            Self::Lite(tx) => {
                for (text, chunk) in batch.lite_chunks(values) {
                    tx.query(text, chunk, &mut map, &mut out)?;
                }
            }
            Self::Pg(tx) => tx.insert_many_returning(batch, values, &mut map, &mut out).await?,
        }
        Ok(out)
    }

    /// Updates many rows whose shared column is `shared`; `values` holds key and new values of each, one after the other. Gives the number
    /// of rows found and updated.
    ///
    /// # Errors
    /// As [`Tx::insert_many`].
    pub async fn update_many(&mut self, update: &SqlUpdate<'_>, shared: Value<'_>, values: &[Value<'_>]) -> Result<u64> {
        check(&[shared])?;
        update.rows.check(values)?;
        match self {
            Self::Lite(tx) => tx.update_many(update, shared, values),
            Self::Pg(tx) => tx.update_many(update, shared, values).await,
        }
    }

    /// Searches by a list of keys; `fixed` are the parameters of the search's prefix. No keys give no rows.
    /// The order of rows is not that of `keys`.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub async fn query_in<T: Send>(
        &mut self,
        search: &SqlIn,
        fixed: &[Value<'_>],
        keys: &[i64],
        mut map: impl FnMut(&Row<'_>) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        check(fixed)?;
        // Each key finds its rows, so a key that stands there twice would find them twice.
        let mut distinct = Vec::new();
        if !keys.is_sorted_by(|a, b| a < b) {
            distinct.extend_from_slice(keys);
            distinct.sort_unstable();
            distinct.dedup();
        }
        let keys = if distinct.is_empty() { keys } else { &distinct };
        let mut out = Vec::new();
        match self {
            Self::Lite(tx) => tx.query_in(search, fixed, keys, &mut map, &mut out)?,
            Self::Pg(tx) => tx.query_in(search, fixed, keys, &mut map, &mut out).await?,
        }
        Ok(out)
    }

    /// The statement failure that ended this unit, if any.
    pub(crate) fn failed(&self) -> Option<StoreError> {
        match self {
            Self::Lite(tx) => tx.failed.clone(),
            Self::Pg(tx) => tx.failed.clone(),
        }
    }
}

/// The check that no engine makes for both. The number of values is compared by each half after preparing.
fn check(values: &[Value<'_>]) -> Result<()> {
    values.iter().try_for_each(Value::check)
}
