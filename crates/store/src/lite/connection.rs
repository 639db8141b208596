//! Connections to a SQLite file and their settings.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::{Connection, OpenFlags};

use crate::{OpenOptions, Result, StoreError};

/// Statements kept per connection; the driver's own default of 16 would prepare anew all the time.
const STATEMENTS_KEPT: usize = 512;
/// Marks the file as ours: "INLC".
const APPLICATION_ID: i32 = 0x494E_4C43;

/// The one connection that writes.
pub(super) fn writer(path: &Path, options: &OpenOptions, is_scratch: bool) -> Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE, options.cache_kib)?;
    refuse_foreign(&connection, path)?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(|error| named(error, path))?;
    if mode != "wal" {
        return Err(StoreError::DatabaseUnopenable(format!("{} is on a disk without write-ahead log support ({mode})", path.display())));
    }
    // A scratch file goes with its process, so a crash of the machine may have it.
    let synchronous = if is_scratch { "OFF" } else { "FULL" };
    connection.execute_batch(&format!(
        "PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; \
         PRAGMA temp_store = MEMORY; PRAGMA application_id = {APPLICATION_ID};"
    ))?;
    if let Some(pages) = options.pages_max {
        connection.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?;
    }
    Ok(connection)
}

/// A connection that reads.
pub(super) fn reader(path: &Path, options: &OpenOptions) -> Result<Connection> {
    let connection = connect(path, OpenFlags::empty(), options.cache_kib / 4)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(connection)
}

/// Refuses a file that this program cannot read as it is.
pub(super) fn check_schema(path: &Path) -> Result<()> {
    let connection = connect(path, OpenFlags::empty(), 1024)?;
    refuse_foreign(&connection, path)?;
    crate::migrate::lite_check(&connection)
}

fn connect(path: &Path, extra: OpenFlags, cache_kib: u32) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | extra;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| named(error, path))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    let settings = format!("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -{cache_kib};");
    connection.execute_batch(&settings).map_err(|error| named(error, path))?;
    Ok(connection)
}

/// A file with tables but without our mark or our history belongs to another program.
fn refuse_foreign(connection: &Connection, path: &Path) -> Result<()> {
    let (tables, ours): (i64, i64) = connection
        .query_row("SELECT COUNT(*), COALESCE(SUM(name = 'refinery_schema_history'), 0) FROM sqlite_master WHERE type = 'table'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .map_err(|error| named(error, path))?;
    let mark: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(|error| named(error, path))?;
    let foreign = (mark != 0 && mark != APPLICATION_ID) || (tables > 0 && ours == 0);
    if foreign { Err(StoreError::NotADatabase(path.display().to_string())) } else { Ok(()) }
}

/// Puts the path into errors that would leave the reader guessing.
fn named(error: rusqlite::Error, path: &Path) -> StoreError {
    match StoreError::from(error) {
        StoreError::NotADatabase(_) => StoreError::NotADatabase(path.display().to_string()),
        StoreError::DatabaseUnopenable(text) if !text.contains(&*path.to_string_lossy()) => {
            StoreError::DatabaseUnopenable(format!("{}: {text}", path.display()))
        }
        StoreError::ReadOnly => StoreError::DatabaseUnopenable(format!("{} may not be written", path.display())),
        other => other,
    }
}

/// A folder of its own, removed with the store.
pub(super) struct ScratchFolder {
    pub(super) path: PathBuf,
}

impl ScratchFolder {
    pub(super) fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let name = format!("innerlectra-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                // Left by a killed process with the same number.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::DatabaseUnopenable(format!("{}: {error}", path.display()))),
            }
        }
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own tidying of its temporary folder.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
