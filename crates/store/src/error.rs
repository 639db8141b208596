//! What can go wrong in the store: one closed list, each with a stable code and a next step.
//!
//! Callers branch on the variant, programs on [`StoreError::code`], people read the message. Driver errors are
//! translated here and nowhere else: SQLite by its extended result code, PostgreSQL by SQLSTATE, never by a
//! constraint's name (Citus adds a shard suffix to it).

use tokio_postgres::error::SqlState;

/// A refusal or failure of the store. Cheap to clone, since a failed group commit reports to every unit in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process holds the lock of the same SQLite file.
    #[error("{path} is in use by another server{holder}; stop that one, or give this one its own file or a postgres:// database")]
    DatabaseLocked {
        /// The database file.
        path: String,
        /// Who holds it, as ` (process N)`, or empty when unknown.
        holder: String,
    },
    /// The schema, or a backup, was made by a newer program.
    #[error("the data has schema version {found}, this program knows up to {known}; install the newer program")]
    DatabaseNewer {
        /// Version found.
        found: i32,
        /// Highest version this program knows.
        known: i32,
    },
    /// The schema is older than the program and may not be changed in this mode.
    #[error("the database has schema version {found}, this program needs {known}; run `innerlectra migrate` first")]
    DatabaseOlder {
        /// Version found, 0 for an empty database.
        found: i32,
        /// Version needed.
        known: i32,
    },
    /// The file is no SQLite database, or one of another program.
    #[error("{0} is not a database of this program; check the path")]
    NotADatabase(String),
    /// The database cannot be opened or created.
    #[error("cannot open the database: {0}; check that the folder exists and may be written")]
    DatabaseUnopenable(String),
    /// SQLite found its file inconsistent.
    #[error("the database file is damaged: {0}; stop the server and restore the last backup")]
    DatabaseDamaged(String),
    /// No room left. Nothing of the failed units was kept.
    #[error("the disk is full: {0}; free some space, then repeat the request")]
    DiskFull(String),
    /// The disk failed in another way.
    #[error("the disk failed: {0}; check the disk and the system log")]
    DiskFailed(String),
    /// PostgreSQL does not answer.
    #[error("the database does not answer: {0}; check that the server runs and the address is right")]
    DatabaseUnreachable(String),
    /// PostgreSQL refuses the user.
    #[error("the database refuses access: {0}; check user, password and grants")]
    AccessDenied(String),
    /// The address of the database makes no sense.
    #[error("the database address is not understood: {0}; use a path, sqlite:PATH, :memory: or postgres://USER@HOST/NAME")]
    InvalidUrl(String),
    /// A remote PostgreSQL without encryption.
    #[error("the connection to {0} would not be encrypted; use a local server or tunnel, or accept it with sslmode=disable")]
    TlsRequired(String),
    /// Too many units wait.
    #[error("too many requests are waiting for the database; try again in a moment")]
    Overloaded,
    /// Another program holds the write lock of the SQLite file for longer than the patience.
    #[error("another program is writing to the database file; try again, or close that program")]
    DatabaseBusy,
    /// A statement was cancelled by a time limit.
    #[error("the database took too long: {0}; try again with less data")]
    TimedOut(String),
    /// A key exists already.
    #[error("the record exists already: {0}; use another key or read the present one")]
    UniqueViolation(String),
    /// A referenced row is missing, or a row is still referenced.
    #[error("a linked record is missing or still in use: {0}; create or release it first")]
    ForeignKey(String),
    /// NOT NULL or CHECK refused a row.
    #[error("the record breaks a rule of its table: {0}; correct the value")]
    CheckFailed(String),
    /// A value cannot be stored in its column on both engines.
    #[error("the value cannot be stored: {0}; correct the value")]
    InvalidValue(String),
    /// A stored value is outside what the program writes.
    #[error("stored data is not understood: {0}; run `innerlectra verify` and restore a backup if it fails")]
    DataCorrupt(String),
    /// A unit of work waited for something other than its transaction.
    #[error("a unit of work waited for something outside its transaction; move the wait out of the unit")]
    Suspended,
    /// A unit of work panicked and was rolled back.
    #[error("a unit of work panicked: {0}; this is a defect, please report it")]
    UnitPanicked(String),
    /// The transaction was taken back because of an earlier failure in the same batch of commits.
    #[error("the change was taken back with its batch: {0}; repeat the request")]
    BatchLost(String),
    /// A concurrent change won; the waist repeats the unit itself, so callers see this only from reads.
    #[error("a concurrent change got in between: {0}; repeat the request")]
    Conflict(String),
    /// A unit lost against concurrent changes too often.
    #[error("the change collided with others {attempts} times; repeat the request")]
    RetryExhausted {
        /// How often the unit ran.
        attempts: u32,
    },
    /// The connection broke during COMMIT.
    #[error("the connection broke while committing: {0}; repeat the request with the same idempotency key")]
    CommitUnknown(String),
    /// A write in a read, or in a store opened for reading.
    #[error("the database is open for reading only; open it for writing")]
    ReadOnly,
    /// Exactly one row was wanted and there was none or more than one.
    #[error("expected one record, found {found}: {sql}; this is a defect, please report it")]
    RowCount {
        /// Rows found; counting stops at 2.
        found: usize,
        /// The statement.
        sql: String,
    },
    /// The waist was used in a way that only one engine would accept.
    #[error("wrong use of the store: {0}; this is a defect, please report it")]
    Misuse(String),
    /// A worker reports on a job whose lease it no longer holds.
    #[error("the lease of job {job_no} was lost to another worker; drop the result")]
    LeaseLost {
        /// Number of the job in its cluster.
        job_no: i64,
    },
    /// A migration failed or a past one was edited.
    #[error("the schema could not be brought up to date: {0}; restore the last backup or install the program that made it")]
    MigrationFailed(String),
    /// A backup is truncated or altered.
    #[error("the backup is damaged: {0}; use another copy")]
    BackupDamaged(String),
    /// A backup file cannot be read or written.
    #[error("cannot use the backup file: {0}; check the path and the rights")]
    BackupUnopenable(String),
    /// The target of a restore holds data.
    #[error("the target database holds data (table {0}); restore into an empty one")]
    RestoreNotEmpty(String),
    /// The store is shutting down.
    #[error("the store is closed; start the server again")]
    Closed,
    /// Anything else a driver reports.
    #[error("the database refused a statement: {0}; this is a defect, please report it")]
    EngineFailed(String),
}

impl StoreError {
    /// The stable code, in snake case: the key for messages in every language, for HTTP and for exit codes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DatabaseLocked { .. } => "database_locked",
            Self::DatabaseNewer { .. } => "database_newer",
            Self::DatabaseOlder { .. } => "database_older",
            Self::NotADatabase(_) => "not_a_database",
            Self::DatabaseUnopenable(_) => "database_unopenable",
            Self::DatabaseDamaged(_) => "database_damaged",
            Self::DiskFull(_) => "disk_full",
            Self::DiskFailed(_) => "disk_failed",
            Self::DatabaseUnreachable(_) => "database_unreachable",
            Self::AccessDenied(_) => "access_denied",
            Self::InvalidUrl(_) => "invalid_url",
            Self::TlsRequired(_) => "tls_required",
            Self::Overloaded => "overloaded",
            Self::DatabaseBusy => "database_busy",
            Self::TimedOut(_) => "timed_out",
            Self::UniqueViolation(_) => "unique_violation",
            Self::ForeignKey(_) => "foreign_key",
            Self::CheckFailed(_) => "check_failed",
            Self::InvalidValue(_) => "invalid_value",
            Self::DataCorrupt(_) => "data_corrupt",
            Self::Suspended => "suspended",
            Self::UnitPanicked(_) => "unit_panicked",
            Self::BatchLost(_) => "batch_lost",
            Self::Conflict(_) => "conflict",
            Self::RetryExhausted { .. } => "retry_exhausted",
            Self::CommitUnknown(_) => "commit_unknown",
            Self::ReadOnly => "read_only",
            Self::RowCount { .. } => "row_count",
            Self::Misuse(_) => "misuse",
            Self::LeaseLost { .. } => "lease_lost",
            Self::MigrationFailed(_) => "migration_failed",
            Self::BackupDamaged(_) => "backup_damaged",
            Self::BackupUnopenable(_) => "backup_unopenable",
            Self::RestoreNotEmpty(_) => "restore_not_empty",
            Self::Closed => "closed",
            Self::EngineFailed(_) => "engine_failed",
        }
    }

    /// Whether the same request may succeed later without a change: worth a 503 with Retry-After.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Overloaded
                | Self::DatabaseBusy
                | Self::DatabaseUnreachable(_)
                | Self::TimedOut(_)
                | Self::BatchLost(_)
                | Self::Conflict(_)
                | Self::RetryExhausted { .. }
                | Self::CommitUnknown(_)
                | Self::DiskFull(_)
        )
    }

    /// A stored value that the program would not have written, for row mappers: names the column and the value.
    pub fn corrupt(column: &str, value: impl std::fmt::Display) -> Self {
        Self::DataCorrupt(format!("{column} = {value}"))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match error {
            E::SqliteFailure(failure, message) => from_result_code(failure, message.unwrap_or_else(|| failure.to_string())),
            E::InvalidColumnType(..) | E::FromSqlConversionFailure(..) | E::IntegralValueOutOfRange(..) | E::Utf8Error(..) => {
                Self::DataCorrupt(error.to_string())
            }
            E::ToSqlConversionFailure(_) => Self::InvalidValue(error.to_string()),
            E::InvalidColumnIndex(_) => Self::Misuse(error.to_string()),
            other => Self::EngineFailed(other.to_string()),
        }
    }
}

fn from_result_code(failure: rusqlite::ffi::Error, text: String) -> StoreError {
    use rusqlite::ffi::{self, ErrorCode as C};
    match failure.code {
        C::ConstraintViolation => match failure.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => StoreError::UniqueViolation(text),
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => StoreError::ForeignKey(text),
            ffi::SQLITE_CONSTRAINT_DATATYPE => StoreError::InvalidValue(text),
            _ => StoreError::CheckFailed(text),
        },
        C::DiskFull => StoreError::DiskFull(text),
        // The index of the log is a file that could not be made longer.
        C::SystemIoFailure if failure.extended_code == ffi::SQLITE_IOERR_SHMSIZE => StoreError::DiskFull(text),
        C::SystemIoFailure | C::NoLargeFileSupport => StoreError::DiskFailed(text),
        C::DatabaseBusy | C::DatabaseLocked | C::FileLockingProtocolFailed => StoreError::DatabaseBusy,
        C::NotADatabase => StoreError::NotADatabase(text),
        C::DatabaseCorrupt => StoreError::DatabaseDamaged(text),
        C::CannotOpen | C::PermissionDenied => StoreError::DatabaseUnopenable(text),
        C::ReadOnly => StoreError::ReadOnly,
        C::TooBig | C::TypeMismatch => StoreError::InvalidValue(text),
        C::OperationInterrupted => StoreError::TimedOut(text),
        _ => StoreError::EngineFailed(text),
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(db) = error.as_db_error() {
            return from_sqlstate(db.code(), db.message().to_owned());
        }
        let cause = std::error::Error::source(&error);
        let text = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
        match cause {
            Some(cause) if cause.is::<std::io::Error>() => Self::DatabaseUnreachable(text),
            Some(cause) if cause.is::<crate::waist::Unfit>() => Self::InvalidValue(text),
            Some(cause) if cause.is::<tokio_postgres::types::WrongType>() => Self::DataCorrupt(text),
            _ if error.is_closed() => Self::DatabaseUnreachable(text),
            _ if text.contains("connecting to server") || text.contains("timeout waiting for server") => Self::DatabaseUnreachable(text),
            _ => Self::EngineFailed(text),
        }
    }
}

/// Translates a SQLSTATE; apart from the driver's error so that a test can walk the list.
pub(crate) fn from_sqlstate(state: &SqlState, text: String) -> StoreError {
    match state.code() {
        "23505" => StoreError::UniqueViolation(text),
        "23503" | "23001" => StoreError::ForeignKey(text),
        "23502" | "23514" | "23P01" => StoreError::CheckFailed(text),
        "22003" | "22021" | "22P02" | "22P03" | "22P05" | "42804" => StoreError::InvalidValue(text),
        "40001" | "40P01" => StoreError::Conflict(text),
        "53100" => StoreError::DiskFull(text),
        "53300" | "53200" => StoreError::Overloaded,
        "58030" => StoreError::DiskFailed(text),
        "57014" | "55P03" => StoreError::TimedOut(text),
        "57P01" | "57P02" | "57P03" | "3D000" => StoreError::DatabaseUnreachable(text),
        "25006" => StoreError::ReadOnly,
        "42501" => StoreError::AccessDenied(text),
        "XX001" | "XX002" => StoreError::DatabaseDamaged(text),
        code if code.starts_with("08") => StoreError::DatabaseUnreachable(text),
        code if code.starts_with("28") => StoreError::AccessDenied(text),
        code => StoreError::EngineFailed(format!("{text} ({code})")),
    }
}

impl From<deadpool_postgres::PoolError> for StoreError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        use deadpool_postgres::{PoolError as P, TimeoutType};
        match error {
            P::Backend(cause) => cause.into(),
            P::Timeout(TimeoutType::Wait) => Self::Overloaded,
            P::Timeout(_) => Self::DatabaseUnreachable("no connection in time".to_owned()),
            P::Closed => Self::Closed,
            other => Self::EngineFailed(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlstates_get_their_codes() {
        for (state, code) in [
            ("23505", "unique_violation"),
            ("23503", "foreign_key"),
            ("23502", "check_failed"),
            ("40001", "conflict"),
            ("40P01", "conflict"),
            ("53100", "disk_full"),
            ("53300", "overloaded"),
            ("57P03", "database_unreachable"),
            ("08006", "database_unreachable"),
            ("28P01", "access_denied"),
            ("25006", "read_only"),
            ("42601", "engine_failed"),
        ] {
            assert_eq!(from_sqlstate(&SqlState::from_code(state), String::new()).code(), code, "{state}");
        }
    }

    #[test]
    fn sqlite_codes_get_their_codes() {
        use rusqlite::ffi;
        for (result, code) in [
            (ffi::SQLITE_FULL, "disk_full"),
            (ffi::SQLITE_IOERR_SHMSIZE, "disk_full"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "database_busy"),
            (ffi::SQLITE_IOERR_WRITE, "disk_failed"),
            (ffi::SQLITE_NOTADB, "not_a_database"),
            (ffi::SQLITE_CORRUPT, "database_damaged"),
            (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, "unique_violation"),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, "foreign_key"),
            (ffi::SQLITE_CONSTRAINT_NOTNULL, "check_failed"),
            (ffi::SQLITE_CONSTRAINT_DATATYPE, "invalid_value"),
        ] {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(result), None);
            assert_eq!(StoreError::from(error).code(), code, "{result}");
        }
    }
}
