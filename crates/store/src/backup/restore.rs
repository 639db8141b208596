//! A backup into an empty database of either engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::{Frame, FrameReader};
use super::schema::{TableColumn, column, columns_text};
use super::{BackupSummary, verify};
use crate::placement::TABLES;
use crate::{Column, OpenOptions, Result, SqlBatch, Store, StoreError, Tx, Value};

/// Fills the empty database at `url` with the backup in `file`; `progress` hears the number of rows so far.
///
/// The file is checked to its end first. All rows go in as one transaction: after a failure or a power cut the
/// database is as empty as before. The schema is brought to the backup's version, filled, then brought up to date.
///
/// # Errors
/// `backup_unopenable`, `backup_damaged`, `database_newer` (the backup is from a newer program), `restore_not_empty`,
/// and what [`Store::open`] and [`Store::write`] say.
pub async fn restore(url: &str, file: &Path, progress: impl Fn(u64) + Send + Sync + 'static) -> Result<BackupSummary> {
    let path = file.to_owned();
    let checked = tokio::task::spawn_blocking(move || verify(&path)).await;
    let summary = checked.map_err(|error| StoreError::UnitPanicked(error.to_string()))??;
    let known = crate::migrate::known_version();
    if summary.schema_version > known {
        return Err(StoreError::DatabaseNewer { found: summary.schema_version, known });
    }
    let progress: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(progress);
    let store = Store::open_at(url, OpenOptions::default(), Some(summary.schema_version)).await?;
    let path: PathBuf = file.to_owned();
    let filled: Result<()> = store
        .write(move |tx| {
            let (path, progress) = (path.clone(), Arc::clone(&progress));
            Box::pin(async move {
                refuse_filled(tx).await?;
                fill(tx, &path, &*progress).await
            })
        })
        .await;
    drop(store);
    filled?;
    Store::open(url, OpenOptions::default()).await?;
    Ok(summary)
}

async fn refuse_filled(tx: &mut Tx<'_>) -> Result<()> {
    for table in TABLES {
        // A table of a later version is not there yet.
        let is_there = !columns_of(tx, table.name).await?.is_empty();
        if is_there && !query_text(tx, &format!("SELECT 1 FROM \"{}\" LIMIT 1", table.name), &[], |_| Ok(())).await?.is_empty() {
            return Err(StoreError::RestoreNotEmpty(table.name.to_owned()));
        }
    }
    Ok(())
}

/// Reads the file inside the unit: the waits are those of the disk, and nothing else runs on this store.
async fn fill(tx: &mut Tx<'_>, file: &Path, progress: &(dyn Fn(u64) + Send + Sync)) -> Result<()> {
    let mut frames = FrameReader::open(file)?;
    let mut target: Option<(String, Vec<TableColumn>)> = None;
    loop {
        match frames.read()? {
            Frame::End => return Ok(()),
            Frame::Table { name, columns } => {
                let present = columns_of(tx, name).await?;
                if !columns.iter().all(|column| present.contains(column)) {
                    return Err(StoreError::BackupDamaged(format!("its table {name} does not fit the schema")));
                }
                target = Some((name.to_owned(), columns));
            }
            Frame::Rows(values) => {
                let (name, columns) = target.as_ref().ok_or_else(|| StoreError::BackupDamaged("rows come before their table".to_owned()))?;
                let columns: Vec<Column<'_>> = columns.iter().map(TableColumn::as_column).collect();
                tx.insert_many(&SqlBatch::new(name, &columns, ""), &values).await?;
            }
        }
        progress(frames.summary.rows);
    }
}

async fn columns_of(tx: &mut Tx<'_>, table: &str) -> Result<Vec<TableColumn>> {
    // The name comes from a file; only listed ones are asked for.
    if !TABLES.iter().any(|listed| listed.name == table) {
        return Ok(Vec::new());
    }
    let text = columns_text(tx.engine());
    let columns = query_text(tx, text, &[Value::Text(table)], column).await?;
    Ok(columns.into_iter().map(|(column, _)| column).collect())
}

async fn query_text<T: Send>(
    tx: &mut Tx<'_>,
    text: &str,
    values: &[Value<'_>],
    mut map: impl FnMut(&crate::Row<'_>) -> Result<T> + Send,
) -> Result<Vec<T>> {
    let mut out = Vec::new();
    match tx {
        Tx::Lite(tx) => tx.query(text, values, &mut map, &mut out)?,
        Tx::Pg(tx) => tx.query(text, values, &mut map, &mut out).await?,
    }
    Ok(out)
}
