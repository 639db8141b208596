//! The bytes of a file: gzip or plain, cut into lines with bounded memory.

use flate2::read::MultiGzDecoder;
use std::io::{Chain, Cursor, ErrorKind, Read};
use std::ops::Range;

/// Longest line that is read.
const LINE_BYTES_MAX: usize = 64 << 10;
/// What is held in memory and looked at in advance.
const BUFFER_BYTES: usize = 1 << 20;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Nothing in it.
    #[error("the file holds no rows; check that the right file was given")]
    Empty,
    /// Other columns.
    #[error("the header is wrong: {problem}; the file has: {found}")]
    Header {
        /// What is missing or doubled.
        problem: String,
        /// The header found, at most 200 characters.
        found: String,
    },
    /// Not UTF-8 text.
    #[error("the file is not UTF-8 text; save it as CSV in UTF-8")]
    NotText,
    /// The end is missing.
    #[error("the gzip file ends too early; fetch or pack it again")]
    Truncated,
    /// The packed bytes are wrong.
    #[error("the gzip file is damaged; fetch or pack it again")]
    Damaged(#[source] std::io::Error),
    /// More than may be read at once.
    #[error("the file is longer than {bytes_max} bytes unpacked; split it")]
    TooLarge {
        /// The limit in force.
        bytes_max: u64,
    },
    /// Rows at a distance this program does not meter in.
    #[error("the rows of a meter are {seconds} seconds apart; the step must be 15, 30 or 60 minutes")]
    StepUnknown {
        /// The most frequent distance.
        seconds: i64,
    },
    /// The system could not read it.
    #[error("the file cannot be read; check the path, the rights and the disk")]
    Io(#[source] std::io::Error),
}

impl FileError {
    /// What a failed read means, also through gzip.
    pub(crate) fn from_read(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Truncated,
            ErrorKind::InvalidData | ErrorKind::InvalidInput => Self::Damaged(error),
            _ => Self::Io(error),
        }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::Header { .. } => "header_wrong",
            Self::NotText => "file_not_text",
            Self::Truncated => "file_truncated",
            Self::Damaged(_) => "file_damaged",
            Self::TooLarge { .. } => "file_too_large",
            Self::StepUnknown { .. } => "step_unknown",
            Self::Io(_) => "io",
        }
    }
}

type Peeked<R> = Chain<Cursor<Vec<u8>>, R>;

/// A file that is unpacked while it is read, if it is packed.
pub(crate) enum Source<R: Read> {
    /// As it is.
    Plain(Peeked<R>),
    /// Through gzip, also of several members.
    Gzip(Box<MultiGzDecoder<Peeked<R>>>),
}

impl<R: Read> Source<R> {
    /// Looks at the first two bytes.
    pub(crate) fn open(mut input: R) -> Result<Self, FileError> {
        let mut head = Vec::with_capacity(2);
        input.by_ref().take(2).read_to_end(&mut head).map_err(FileError::Io)?;
        let is_gzip = head == [0x1f, 0x8b];
        let peeked = Cursor::new(head).chain(input);
        Ok(if is_gzip { Self::Gzip(Box::new(MultiGzDecoder::new(peeked))) } else { Self::Plain(peeked) })
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(input) => input.read(buffer),
            Self::Gzip(input) => input.read(buffer),
        }
    }
}

/// Where a line lies in the buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LineAt {
    /// Its bytes, without the line break.
    Range(Range<usize>),
    /// It was longer than a line may be and was skipped.
    TooLong,
}

impl LineAt {
    pub(super) fn range(self) -> Option<Range<usize>> {
        match self {
            Self::Range(range) => Some(range),
            Self::TooLong => None,
        }
    }

    pub(super) fn within<'a, S: Read>(&self, buffer: &'a LineBuffer<S>) -> Option<&'a [u8]> {
        match self {
            Self::Range(range) => Some(buffer.bytes(range)),
            Self::TooLong => None,
        }
    }
}

/// Cuts an input into lines.
pub(super) struct LineBuffer<S: Read> {
    input: S,
    bytes: Vec<u8>,
    at: usize,
    end: usize,
    is_eof: bool,
    left: u64,
    bytes_max: u64,
    /// Kept until the lines before it are given out.
    failure: Option<FileError>,
}

impl<S: Read> LineBuffer<S> {
    pub(super) fn new(input: S, bytes_max: u64) -> Self {
        Self { input, bytes: vec![0; BUFFER_BYTES], at: 0, end: 0, is_eof: false, left: bytes_max, bytes_max, failure: None }
    }

    /// Moves what is left to the front and reads until the buffer is full or the input ends.
    pub(super) fn fill(&mut self) {
        self.bytes.copy_within(self.at..self.end, 0);
        self.end -= self.at;
        self.at = 0;
        while !self.is_eof && self.end < self.bytes.len() {
            match self.input.read(&mut self.bytes[self.end..]) {
                Ok(0) => self.is_eof = true,
                Ok(read) if read as u64 > self.left => {
                    self.failure = Some(FileError::TooLarge { bytes_max: self.bytes_max });
                    self.is_eof = true;
                }
                Ok(read) => {
                    self.left -= read as u64;
                    self.end += read;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(FileError::from_read(error));
                    self.is_eof = true;
                }
            }
        }
    }

    /// Refuses what is plainly no text and steps over a byte order mark.
    pub(super) fn check_text(&mut self) -> Result<(), FileError> {
        let head = &self.bytes[..self.end.min(4096)];
        if head.contains(&0) || head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
            return Err(FileError::NotText);
        }
        if head.starts_with(&[0xef, 0xbb, 0xbf]) {
            self.at = 3;
        }
        Ok(())
    }

    /// The next line, also a last one without a line break.
    pub(super) fn next_line(&mut self) -> Result<Option<LineAt>, FileError> {
        let mut is_too_long = false;
        loop {
            if let Some(length) = find_break(&self.bytes[self.at..self.end]) {
                let line = self.at..self.at + length;
                self.at += length + 1;
                return Ok(Some(if is_too_long || length > LINE_BYTES_MAX { LineAt::TooLong } else { LineAt::Range(line) }));
            }
            if self.is_eof {
                if let Some(failure) = self.failure.take() {
                    // The unfinished line belongs to what is missing; nothing may follow a failure.
                    self.at = self.end;
                    return Err(failure);
                }
                let line = self.at..self.end;
                self.at = self.end;
                let is_too_long = is_too_long || line.len() > LINE_BYTES_MAX;
                return Ok((is_too_long || !line.is_empty()).then_some(if is_too_long { LineAt::TooLong } else { LineAt::Range(line) }));
            }
            if self.end - self.at > LINE_BYTES_MAX {
                is_too_long = true;
                self.at = self.end;
            }
            self.fill();
        }
    }

    pub(super) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    /// What was read ahead.
    pub(super) fn buffered(&self) -> &[u8] {
        &self.bytes[self.at..self.end]
    }

    /// Whether nothing but blanks follows and nothing failed.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_eof && self.failure.is_none() && self.buffered().trim_ascii().is_empty()
    }
}

fn find_break(bytes: &[u8]) -> Option<usize> {
    // Eight at a time first: rows are some 50 bytes long, and this loop is most of what reading costs.
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk) ^ (ONES * b'\n' as u64);
        let zero = word.wrapping_sub(ONES) & !word & (ONES << 7);
        if zero != 0 {
            return Some(at + zero.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    bytes[at..].iter().position(|&b| b == b'\n').map(|found| at + found)
}
