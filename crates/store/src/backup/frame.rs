//! The frames of a backup, written and read. The format is in the head of the parent module.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;

use flate2::read::GzDecoder;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use quantity::Instant;
use sha2::{Digest, Sha256};

use super::schema::TableColumn;
use super::{BackupSummary, Sink, failed};
use crate::waist::Kind;
use crate::{Result, StoreError, Value};

const MAGIC: &str = "innerlectra-backup";
const FORMAT: u32 = 1;
const ROWS_MAX: u64 = 512;
const FRAME_CUT: usize = 256 << 10;
/// More than any row the program writes; a length beyond it is damage.
const FRAME_MAX: u32 = 1 << 30;

const HEADER: u8 = 0;
const TABLE: u8 = 1;
const ROWS: u8 = 2;
const END: u8 = 3;

type CborResult = std::result::Result<(), minicbor::encode::Error<std::convert::Infallible>>;

/// Writes frames and counts them.
pub(super) struct FrameWriter {
    sink: Sink,
    hash: Sha256,
    summary: BackupSummary,
    /// Values of the rows frame under way.
    values: Encoder<Vec<u8>>,
    pending: u64,
    progress: Arc<dyn Fn(u64) + Send + Sync>,
}

impl FrameWriter {
    pub(super) fn begin(sink: Sink, schema_version: i32, taken_at: Instant, progress: Arc<dyn Fn(u64) + Send + Sync>) -> Result<Self> {
        let summary = BackupSummary { schema_version, taken_at, tables: 0, rows: 0 };
        let mut frames = Self { sink, hash: Sha256::new(), summary, values: Encoder::new(Vec::new()), pending: 0, progress };
        frames.frame(|cbor| {
            cbor.array(5)?.u8(HEADER)?.str(MAGIC)?.u32(FORMAT)?.i32(schema_version)?.i64(taken_at.0)?;
            Ok(())
        })?;
        Ok(frames)
    }

    pub(super) fn table(&mut self, name: &str, columns: &[TableColumn]) -> Result<()> {
        self.flush()?;
        self.summary.tables += 1;
        self.frame(|cbor| {
            cbor.array(3)?.u8(TABLE)?.str(name)?.array(columns.len() as u64)?;
            for column in columns {
                cbor.array(2)?.str(&column.name)?.str(word(column.kind))?;
            }
            Ok(())
        })
    }

    pub(super) fn row<'v>(&mut self, values: impl Iterator<Item = Result<Value<'v>>>) -> Result<()> {
        for value in values {
            encode(&mut self.values, value?).map_err(encoding)?;
        }
        self.pending += 1;
        self.summary.rows += 1;
        if self.pending == ROWS_MAX || self.values.writer().len() >= FRAME_CUT { self.flush() } else { Ok(()) }
    }

    pub(super) fn end(mut self) -> Result<(BackupSummary, Sink)> {
        self.flush()?;
        let (rows, digest) = (self.summary.rows, self.hash.clone().finalize());
        self.frame(|cbor| {
            cbor.array(3)?.u8(END)?.u64(rows)?.bytes(&digest)?;
            Ok(())
        })?;
        Ok((self.summary, self.sink))
    }

    fn flush(&mut self) -> Result<()> {
        if self.pending == 0 {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.pending);
        let values = std::mem::take(self.values.writer_mut());
        self.frame(|cbor| {
            cbor.array(3)?.u8(ROWS)?.u64(rows)?.bytes(&values)?;
            Ok(())
        })?;
        (self.progress)(self.summary.rows);
        Ok(())
    }

    fn frame(&mut self, write: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> CborResult) -> Result<()> {
        let mut bytes = vec![0; 4];
        write(&mut Encoder::new(&mut bytes)).map_err(encoding)?;
        let length = u32::try_from(bytes.len() - 4).ok().filter(|length| *length <= FRAME_MAX);
        let length = length.ok_or_else(|| StoreError::InvalidValue("a row of more than 1 GiB cannot be backed up".to_owned()))?;
        bytes[..4].copy_from_slice(&length.to_be_bytes());
        self.hash.update(&bytes);
        self.sink.write_all(&bytes).map_err(|error| failed(Path::new("backup"), error))
    }
}

fn encode(cbor: &mut Encoder<Vec<u8>>, value: Value<'_>) -> CborResult {
    match value {
        Value::Null => cbor.null()?,
        Value::Int(int) => cbor.i64(int)?,
        Value::Bool(flag) => cbor.i64(i64::from(flag))?,
        Value::Real(real) => cbor.f64(real)?,
        Value::Text(text) => cbor.str(text)?,
        Value::Bytes(bytes) => cbor.bytes(bytes)?,
    };
    Ok(())
}

fn encoding(error: impl std::fmt::Display) -> StoreError {
    StoreError::EngineFailed(format!("encoding a backup: {error}"))
}

/// A frame that was read.
pub(super) enum Frame<'f> {
    Table {
        name: &'f str,
        columns: Vec<TableColumn>,
    },
    /// All values of some rows.
    Rows(Vec<Value<'f>>),
    End,
}

/// Reads frames and checks their order and, at the end, their sum.
pub(super) struct FrameReader {
    source: GzDecoder<BufReader<File>>,
    hash: Sha256,
    bytes: Vec<u8>,
    width: usize,
    pub(super) summary: BackupSummary,
}

impl FrameReader {
    pub(super) fn open(file: &Path) -> Result<Self> {
        let source = File::open(file).map_err(|error| failed(file, error))?;
        let summary = BackupSummary { schema_version: 0, taken_at: Instant(0), tables: 0, rows: 0 };
        let mut frames = Self { source: GzDecoder::new(BufReader::new(source)), hash: Sha256::new(), bytes: Vec::new(), width: 0, summary };
        frames.fill()?;
        frames.hash.update(&frames.bytes);
        let header = header(&frames.bytes[4..]).map_err(damaged)?;
        let (format, schema_version, taken_at) = header.ok_or_else(|| damaged("it is not a backup of this program"))?;
        if format != FORMAT {
            return Err(StoreError::DatabaseNewer { found: format as i32, known: FORMAT as i32 });
        }
        frames.summary.schema_version = schema_version;
        frames.summary.taken_at = taken_at;
        Ok(frames)
    }

    /// The next frame; after [`Frame::End`] the file is known to be whole.
    pub(super) fn read(&mut self) -> Result<Frame<'_>> {
        self.fill()?;
        let before = self.hash.clone();
        self.hash.update(&self.bytes);
        let is_end = self.bytes.get(5) == Some(&END);
        if is_end {
            let mut more = [0];
            if self.source.read(&mut more).map_err(damaged)? != 0 {
                return Err(damaged("there is more behind its end"));
            }
        }
        let Self { bytes, width, summary, .. } = self;
        let frame = decode(&bytes[4..], width, summary, before).map_err(damaged)?;
        frame.ok_or_else(|| damaged("its parts do not fit together"))
    }

    /// Reads one frame, its length included, into `bytes`.
    fn fill(&mut self) -> Result<()> {
        self.bytes.clear();
        self.bytes.resize(4, 0);
        self.source.read_exact(&mut self.bytes).map_err(damaged)?;
        let length = u32::from_be_bytes([self.bytes[0], self.bytes[1], self.bytes[2], self.bytes[3]]);
        if length > FRAME_MAX {
            return Err(damaged("a part is too long"));
        }
        // Grows with what is there, not with what the length claims.
        let read = (&mut self.source).take(u64::from(length)).read_to_end(&mut self.bytes).map_err(damaged)?;
        if read == length as usize { Ok(()) } else { Err(damaged("it ends too early")) }
    }
}

type Decoded<T> = std::result::Result<Option<T>, minicbor::decode::Error>;

fn header(bytes: &[u8]) -> Decoded<(u32, i32, Instant)> {
    let mut cbor = Decoder::new(bytes);
    if cbor.array()? != Some(5) || cbor.u8()? != HEADER || cbor.str()? != MAGIC {
        return Ok(None);
    }
    Ok(Some((cbor.u32()?, cbor.i32()?, Instant(cbor.i64()?))))
}

/// `None` when the frame is well formed but makes no sense here.
fn decode<'f>(bytes: &'f [u8], width: &mut usize, summary: &mut BackupSummary, before: Sha256) -> Decoded<Frame<'f>> {
    let mut cbor = Decoder::new(bytes);
    if cbor.array()? != Some(3) {
        return Ok(None);
    }
    match cbor.u8()? {
        TABLE => {
            let name = cbor.str()?;
            let Some(columns) = columns(&mut cbor)? else { return Ok(None) };
            *width = columns.len();
            summary.tables += 1;
            Ok(Some(Frame::Table { name, columns }))
        }
        ROWS => {
            let rows = cbor.u64()?;
            let values = values(cbor.bytes()?)?;
            summary.rows = summary.rows.saturating_add(rows);
            let fits = rows.checked_mul(*width as u64) == Some(values.len() as u64) && *width > 0;
            Ok(fits.then_some(Frame::Rows(values)))
        }
        END => {
            let whole = cbor.u64()? == summary.rows && cbor.bytes()? == before.finalize().as_slice();
            Ok(whole.then_some(Frame::End))
        }
        _ => Ok(None),
    }
}

fn columns(cbor: &mut Decoder<'_>) -> Decoded<Vec<TableColumn>> {
    let mut columns = Vec::new();
    for _ in 0..cbor.array()?.unwrap_or(0) {
        if cbor.array()? != Some(2) {
            return Ok(None);
        }
        let name = cbor.str()?.to_owned();
        let kind = [Kind::Int, Kind::Real, Kind::Text, Kind::Bytes].into_iter();
        let wanted = cbor.str()?;
        let Some(kind) = kind.into_iter().find(|kind| word(*kind) == wanted) else { return Ok(None) };
        columns.push(TableColumn { name, kind });
    }
    Ok(Some(columns))
}

fn values(bytes: &[u8]) -> std::result::Result<Vec<Value<'_>>, minicbor::decode::Error> {
    let mut cbor = Decoder::new(bytes);
    let mut values = Vec::new();
    while cbor.position() < bytes.len() {
        values.push(match cbor.datatype()? {
            Type::Null => {
                cbor.null()?;
                Value::Null
            }
            Type::F64 => Value::Real(cbor.f64()?),
            Type::String => Value::Text(cbor.str()?),
            Type::Bytes => Value::Bytes(cbor.bytes()?),
            _ => Value::Int(cbor.i64()?),
        });
    }
    Ok(values)
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Int | Kind::Flag => "int",
        Kind::Real => "real",
        Kind::Text => "text",
        Kind::Bytes => "bytes",
    }
}

fn damaged(error: impl std::fmt::Display) -> StoreError {
    StoreError::BackupDamaged(error.to_string())
}

/// Reads a file to its end.
pub(super) fn verify(file: &Path) -> Result<BackupSummary> {
    let mut frames = FrameReader::open(file)?;
    while !matches!(frames.read()?, Frame::End) {}
    Ok(frames.summary)
}
