//! The SQLite half of a transaction. Plain functions: statements and cursors are not `Send`, so none of them may
//! live across an await.

use rusqlite::{CachedStatement, Connection};

use super::{Row, SqlBatch, SqlIn, SqlUpdate, Value};
use crate::{Result, StoreError};

/// A transaction on a SQLite connection that its thread lends to one unit.
pub struct LiteTx<'c> {
    connection: &'c mut Connection,
    /// The first statement that failed; nothing runs after it, as on PostgreSQL.
    pub(crate) failed: Option<StoreError>,
}

/// Who failed: the engine, which ends the unit, or the caller's own code, which need not.
enum Fault {
    Engine(StoreError),
    Caller(StoreError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl<'c> LiteTx<'c> {
    pub(crate) fn new(connection: &'c mut Connection) -> Self {
        Self { connection, failed: None }
    }

    pub(crate) fn exec(&mut self, text: &str, values: &[Value<'_>]) -> Result<u64> {
        self.guarded(|connection| {
            let mut statement = bound(connection, text, values)?;
            if statement.column_count() > 0 {
                return Err(Fault::Caller(returns_rows(text)));
            }
            Ok(statement.raw_execute()? as u64)
        })
    }

    pub(crate) fn query<T>(&mut self, text: &str, values: &[Value<'_>], map: &mut impl FnMut(&Row<'_>) -> Result<T>, out: &mut Vec<T>) -> Result<()> {
        self.guarded(|connection| {
            let mut statement = bound(connection, text, values)?;
            let mut rows = statement.raw_query();
            // A mapper's refusal is kept until the end: a statement with RETURNING must run to its last row.
            let mut refused = None;
            while let Some(row) = rows.next()? {
                if refused.is_none() {
                    match map(&Row::Lite(row)) {
                        Ok(value) => out.push(value),
                        Err(error) => refused = Some(error),
                    }
                }
            }
            refused.map_or(Ok(()), |error| Err(Fault::Caller(error)))
        })
    }

    pub(crate) fn insert_many(&mut self, batch: &SqlBatch<'_>, values: &[Value<'_>]) -> Result<u64> {
        let mut count = 0;
        for (text, chunk) in batch.lite_chunks(values) {
            count += self.exec(text, chunk)?;
        }
        Ok(count)
    }

    pub(crate) fn update_many(&mut self, update: &SqlUpdate<'_>, shared: Value<'_>, values: &[Value<'_>]) -> Result<u64> {
        self.guarded(|connection| {
            let mut statement = connection.prepare_cached(update.lite_text())?;
            let mut count = 0;
            for row in values.chunks_exact(update.rows.columns.len()) {
                for (number, value) in (1..).zip(std::iter::once(&shared).chain(row)) {
                    statement.raw_bind_parameter(number, value)?;
                }
                count += statement.raw_execute()? as u64;
            }
            Ok(count)
        })
    }

    pub(crate) fn query_in<T>(
        &mut self,
        search: &SqlIn,
        fixed: &[Value<'_>],
        mut keys: &[i64],
        map: &mut impl FnMut(&Row<'_>) -> Result<T>,
        out: &mut Vec<T>,
    ) -> Result<()> {
        while !keys.is_empty() {
            let (text, values) = search.lite_chunk(fixed, &mut keys);
            self.query(text, &values, map, out)?;
        }
        Ok(())
    }

    fn guarded<T>(&mut self, run: impl FnOnce(&Connection) -> std::result::Result<T, Fault>) -> Result<T> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        run(self.connection).map_err(|fault| match fault {
            Fault::Engine(error) => {
                self.failed = Some(error.clone());
                error
            }
            Fault::Caller(error) => error,
        })
    }
}

/// Prepares (cached) and binds. SQLite takes a missing parameter for NULL without a word, so the count is compared.
fn bound<'c>(connection: &'c Connection, text: &str, values: &[Value<'_>]) -> std::result::Result<CachedStatement<'c>, Fault> {
    let mut statement = connection.prepare_cached(text)?;
    if statement.parameter_count() != values.len() {
        return Err(Fault::Caller(wrong_count(text, statement.parameter_count(), values.len())));
    }
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(statement)
}

pub(super) fn wrong_count(text: &str, wanted: usize, given: usize) -> StoreError {
    StoreError::Misuse(format!("{given} values for {wanted} parameters: {text}"))
}

pub(super) fn returns_rows(text: &str) -> StoreError {
    StoreError::Misuse(format!("the statement returns rows, use query: {text}"))
}
