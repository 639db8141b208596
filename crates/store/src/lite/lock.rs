//! The lock beside a SQLite file: one server at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::{Result, StoreError};

/// Held while a store may write. The operating system frees it when the process ends, however it ends; the file
/// itself stays, since removing it would let two servers lock two files of the same name.
pub(super) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock `PATH.lock` of the database at `path`.
    ///
    /// # Errors
    /// `database_locked` when another store holds it, `database_unopenable` when the file cannot be made.
    pub(super) fn take(path: &Path) -> Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let fail = |error: std::io::Error| StoreError::DatabaseUnopenable(format!("{}: {error}", name.display()));
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&name).map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::DatabaseLocked { path: path.display().to_string(), holder: holder(&mut file) }),
            Err(TryLockError::Error(error)) => return Err(fail(error)),
        }
        // Only a help for people; the lock counts without it.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Self { _file: file })
    }
}

fn holder(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if text.parse::<u32>().is_ok() => format!(" (process {text})"),
        _ => String::new(),
    }
}
