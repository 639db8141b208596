//! All tables of one snapshot, row by row.

use deadpool_postgres::Client;
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::frame::FrameWriter;
use super::schema::{TableColumn, column, columns_text, select_text};
use crate::placement::TABLES;
use crate::waist::{Kind, LiteTx, PgTx};
use crate::{Engine, Result, Row, StoreError, Value};

/// Rows held in memory at a time on PostgreSQL.
const PORTAL_ROWS: i32 = 512;

pub(super) fn lite(connection: &mut Connection, frames: &mut FrameWriter) -> Result<()> {
    connection.execute_batch("BEGIN")?;
    for table in TABLES {
        let mut columns = Vec::new();
        LiteTx::new(connection).query(columns_text(Engine::Lite), &[Value::Text(table.name)], &mut column, &mut columns)?;
        frames.table(table.name, &kinds(table.name, &columns)?)?;
        let mut statement = connection.prepare(&select_text(Engine::Lite, table.name, &columns))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            frames.row((0..columns.len()).map(|index| {
                Ok(match row.get_ref(index)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(int) => Value::Int(int),
                    ValueRef::Real(real) => Value::Real(real),
                    ValueRef::Blob(bytes) => Value::Bytes(bytes),
                    ValueRef::Text(text) => {
                        let text = std::str::from_utf8(text).map_err(|_| StoreError::corrupt(table.name, "text that is not UTF-8"))?;
                        Value::Text(text)
                    }
                })
            }))?;
        }
    }
    connection.execute_batch("COMMIT")?;
    Ok(())
}

pub(super) async fn pg(client: &mut Client, frames: &mut FrameWriter) -> Result<()> {
    let transaction = crate::pg::snapshot(client).await?;
    for table in TABLES {
        let mut columns = Vec::new();
        let values = [Value::Text(table.name)];
        PgTx::new(&transaction).query(columns_text(Engine::Pg), &values, &mut column, &mut columns).await?;
        frames.table(table.name, &kinds(table.name, &columns)?)?;
        let statement = transaction.prepare(&select_text(Engine::Pg, table.name, &columns)).await?;
        let portal = transaction.bind(&statement, &[]).await?;
        loop {
            let rows = transaction.query_portal(&portal, PORTAL_ROWS).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let row = Row::Pg(row);
                frames.row(columns.iter().enumerate().map(|(index, (column, _))| {
                    Ok(match column.kind {
                        Kind::Int | Kind::Flag => row.opt_int(index)?.into(),
                        Kind::Real => row.opt_real(index)?.into(),
                        Kind::Text => row.opt_text(index)?.into(),
                        Kind::Bytes => row.opt_bytes(index)?.into(),
                    })
                }))?;
            }
        }
    }
    transaction.rollback().await?;
    Ok(())
}

fn kinds(table: &str, columns: &[(TableColumn, i64)]) -> Result<Vec<TableColumn>> {
    if columns.is_empty() {
        return Err(StoreError::MigrationFailed(format!("the table {table} is missing")));
    }
    Ok(columns.iter().map(|(column, _)| column.clone()).collect())
}
