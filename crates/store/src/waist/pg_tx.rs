//! The PostgreSQL half of a transaction.

use deadpool_postgres::Transaction;
use tokio_postgres::Statement;
use tokio_postgres::types::{ToSql, Type};

use super::batch::{Kind, PG_ROWS_MAX};
use super::lite_tx::{returns_rows, wrong_count};
use super::{Row, SqlBatch, SqlIn, SqlUpdate, Value};
use crate::{Result, StoreError};

/// A transaction on a pooled connection.
pub struct PgTx<'c> {
    transaction: &'c Transaction<'c>,
    /// The first statement that failed. The server refuses all others after it, and would answer COMMIT with a
    /// rollback that looks like a success.
    pub(crate) failed: Option<StoreError>,
}

type Parameter<'p> = &'p (dyn ToSql + Sync);

impl<'c> PgTx<'c> {
    pub(crate) fn new(transaction: &'c Transaction<'c>) -> Self {
        Self { transaction, failed: None }
    }

    pub(crate) async fn exec(&mut self, text: &str, values: &[Value<'_>]) -> Result<u64> {
        self.exec_parameters(text, &parameters(values)).await
    }

    pub(crate) async fn query<T: Send>(
        &mut self,
        text: &str,
        values: &[Value<'_>],
        map: &mut (impl FnMut(&Row<'_>) -> Result<T> + Send),
        out: &mut Vec<T>,
    ) -> Result<()> {
        self.query_parameters(text, &parameters(values), map, out).await
    }

    pub(crate) async fn insert_many(&mut self, batch: &SqlBatch<'_>, values: &[Value<'_>]) -> Result<u64> {
        let mut count = 0;
        for chunk in values.chunks(PG_ROWS_MAX * batch.columns.len()) {
            let arrays = arrays(batch, chunk);
            count += self.exec_parameters(batch.pg_text(), &array_parameters(&arrays)).await?;
        }
        Ok(count)
    }

    pub(crate) async fn insert_many_returning<T: Send>(
        &mut self,
        batch: &SqlBatch<'_>,
        values: &[Value<'_>],
        map: &mut (impl FnMut(&Row<'_>) -> Result<T> + Send),
        out: &mut Vec<T>,
    ) -> Result<()> {
        for chunk in values.chunks(PG_ROWS_MAX * batch.columns.len()) {
            let arrays = arrays(batch, chunk);
            self.query_parameters(batch.pg_text(), &array_parameters(&arrays), map, out).await?;
        }
        Ok(())
    }

    pub(crate) async fn update_many(&mut self, update: &SqlUpdate<'_>, shared: Value<'_>, values: &[Value<'_>]) -> Result<u64> {
        let mut count = 0;
        for chunk in values.chunks(PG_ROWS_MAX * update.rows.columns.len()) {
            let arrays = arrays(&update.rows, chunk);
            let all: Vec<Parameter<'_>> = std::iter::once(&shared as Parameter<'_>).chain(array_parameters(&arrays)).collect();
            count += self.exec_parameters(update.pg_text(), &all).await?;
        }
        Ok(count)
    }

    pub(crate) async fn query_in<T: Send>(
        &mut self,
        search: &SqlIn,
        fixed: &[Value<'_>],
        keys: &[i64],
        map: &mut (impl FnMut(&Row<'_>) -> Result<T> + Send),
        out: &mut Vec<T>,
    ) -> Result<()> {
        for chunk in keys.chunks(PG_ROWS_MAX) {
            let mut all = parameters(fixed);
            all.push(&chunk);
            self.query_parameters(search.pg_text(), &all, map, out).await?;
        }
        Ok(())
    }

    async fn exec_parameters(&mut self, text: &str, parameters: &[Parameter<'_>]) -> Result<u64> {
        let statement = self.prepared(text, parameters.len()).await?;
        if !statement.columns().is_empty() {
            return Err(returns_rows(text));
        }
        let result = self.transaction.execute(&statement, parameters).await;
        self.noted(result)
    }

    async fn query_parameters<T: Send>(
        &mut self,
        text: &str,
        parameters: &[Parameter<'_>],
        map: &mut (impl FnMut(&Row<'_>) -> Result<T> + Send),
        out: &mut Vec<T>,
    ) -> Result<()> {
        let statement = self.prepared(text, parameters.len()).await?;
        let result = self.transaction.query(&statement, parameters).await;
        let rows = self.noted(result)?;
        out.reserve(rows.len());
        for row in &rows {
            out.push(map(&Row::Pg(row))?);
        }
        Ok(())
    }

    async fn prepared(&mut self, text: &str, given: usize) -> Result<Statement> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let result = self.transaction.prepare_cached(text).await;
        let statement = self.noted(result)?;
        let wanted = statement.params().len();
        if wanted != given {
            return Err(wrong_count(text, wanted, given));
        }
        // The schema has no 32-bit column, so the server took the type from a literal: `$1 > 0` would work until a
        // number grows past 2^31.
        if statement.params().contains(&Type::INT4) {
            return Err(StoreError::Misuse(format!("a parameter was taken for 32 bits, write CAST($1 AS BIGINT): {text}")));
        }
        Ok(statement)
    }

    fn noted<T>(&mut self, result: std::result::Result<T, tokio_postgres::Error>) -> Result<T> {
        result.map_err(|error| {
            let error = StoreError::from(error);
            self.failed = Some(error.clone());
            error
        })
    }
}

fn parameters<'p>(values: &'p [Value<'p>]) -> Vec<Parameter<'p>> {
    values.iter().map(|value| value as Parameter<'p>).collect()
}

/// One array per column; the caller has checked that each value is of its column's kind.
enum Array<'a> {
    Int(Vec<Option<i64>>),
    Real(Vec<Option<f64>>),
    Flag(Vec<Option<i16>>),
    Text(Vec<Option<&'a str>>),
    Bytes(Vec<Option<&'a [u8]>>),
}

fn arrays<'a>(batch: &SqlBatch<'_>, values: &[Value<'a>]) -> Vec<Array<'a>> {
    let width = batch.columns.len();
    let column = |index: usize| values.iter().skip(index).step_by(width);
    batch
        .columns
        .iter()
        .enumerate()
        .map(|(index, declared)| match declared.kind {
            Kind::Int => Array::Int(column(index).map(|value| if let Value::Int(int) = value { Some(*int) } else { None }).collect()),
            Kind::Real => Array::Real(column(index).map(|value| if let Value::Real(real) = value { Some(*real) } else { None }).collect()),
            Kind::Flag => Array::Flag(column(index).map(|value| if let Value::Bool(flag) = value { Some(i16::from(*flag)) } else { None }).collect()),
            Kind::Text => Array::Text(column(index).map(|value| if let Value::Text(text) = value { Some(*text) } else { None }).collect()),
            Kind::Bytes => Array::Bytes(column(index).map(|value| if let Value::Bytes(bytes) = value { Some(*bytes) } else { None }).collect()),
        })
        .collect()
}

fn array_parameters<'p>(arrays: &'p [Array<'_>]) -> Vec<Parameter<'p>> {
    arrays
        .iter()
        .map(|array| match array {
            Array::Int(values) => values as Parameter<'p>,
            Array::Real(values) => values,
            Array::Flag(values) => values,
            Array::Text(values) => values,
            Array::Bytes(values) => values,
        })
        .collect()
}
