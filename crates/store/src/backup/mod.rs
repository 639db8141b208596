//! One portable file with all data, from either engine, for either engine.
//!
//! [`Store::backup`] reads every listed table on one snapshot while the server goes on writing; [`restore`] fills an
//! empty database with it. A village that outgrows its SQLite file moves to PostgreSQL this way, or back.
//!
//! # Format, version 1
//!
//! A gzip stream of frames. A frame is a length (4 bytes, big endian) and that many bytes: one CBOR array, whose
//! first element is its tag.
//!
//! | Tag | Elements | |
//! |---|---|---|
//! | 0 header | `"innerlectra-backup"`, format version, schema version, taken at (Unix ms) | first, once |
//! | 1 table | name, `[[column, kind], …]`; kind is `int`, `real`, `text` or `bytes` | before its rows |
//! | 2 rows | number of rows, byte string of all values, row after row: null, integer, float, text or bytes | any number |
//! | 3 end | number of rows in the file, SHA-256 of all bytes before this frame (lengths included, uncompressed) | last, once |
//!
//! Rows come in the order of their primary key, text compared by bytes, tables parents first; so two databases with the same
//! rows give the same frames but for the instant. Memory is bounded by a frame: at most 512 rows, and cut at 256 KiB.
//!
//! A file without a matching end is refused before anything is written. It deliberately has no selection of tables,
//! no encryption (use the disk's or a pipe's) and no increments.

mod export;
mod frame;
mod restore;
mod schema;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use quantity::Instant;

pub use restore::restore;

use self::frame::FrameWriter;
use crate::store::Inner;
use crate::{Result, Store, StoreError};

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupSummary {
    /// Schema version of its tables.
    pub schema_version: i32,
    /// When it was taken.
    pub taken_at: Instant,
    /// Number of tables.
    pub tables: u64,
    /// Number of rows in all of them.
    pub rows: u64,
}

/// Reads a backup to its end and checks it, without a database.
///
/// # Errors
/// `backup_unopenable`; `backup_damaged` when it is truncated or altered; `database_newer` for a newer format.
pub fn verify(file: &Path) -> Result<BackupSummary> {
    frame::verify(file)
}

impl Store {
    /// Writes a consistent backup to `file` while others go on writing, replacing what is there only when it is
    /// complete and on disk. `progress` hears the number of rows so far.
    ///
    /// # Errors
    /// `backup_unopenable` or `disk_full` when the file cannot be written; else what the engine says.
    pub async fn backup(&self, file: &Path, now: Instant, progress: impl Fn(u64) + Send + Sync + 'static) -> Result<BackupSummary> {
        let (store, file) = (self.clone(), file.to_owned());
        let progress: Arc<dyn Fn(u64) + Send + Sync> = Arc::new(progress);
        let runtime = tokio::runtime::Handle::current();
        let task = tokio::task::spawn_blocking(move || {
            replace_whole(&file, |file| {
                let mut frames = FrameWriter::begin(file, store.schema_version(), now, progress)?;
                match &*store.inner {
                    Inner::Lite(lite) => export::lite(&mut lite.connect_for_reading()?, &mut frames)?,
                    Inner::Pg(pg) => runtime.block_on(async { export::pg(&mut pg.connect().await?, &mut frames).await })?,
                }
                frames.end()
            })
        });
        task.await.map_err(|error| StoreError::UnitPanicked(error.to_string()))?
    }
}

/// A gzip file under way.
type Sink = GzEncoder<std::io::BufWriter<File>>;

/// Writes beside `file`, forces it to the disk, then takes the name: there is always a whole file under it.
fn replace_whole<T>(file: &Path, write: impl FnOnce(Sink) -> Result<(T, Sink)>) -> Result<T> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let fail = |error| failed(&partial, error);
    let sink = GzEncoder::new(std::io::BufWriter::new(File::create(&partial).map_err(fail)?), Compression::new(3));
    let finished = write(sink).and_then(|(value, sink)| {
        let mut written = sink.finish().map_err(fail)?;
        written.flush().map_err(fail)?;
        written.get_ref().sync_all().map_err(fail)?;
        std::fs::rename(&partial, file).map_err(fail)?;
        sync_folder(file).map_err(fail)?;
        Ok(value)
    });
    if finished.is_err() {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(&partial);
    }
    finished
}

/// The new name itself must survive a power cut.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn failed(file: &Path, error: std::io::Error) -> StoreError {
    let text = format!("{}: {error}", file.display());
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::DiskFull(text),
        _ => StoreError::BackupUnopenable(text),
    }
}
