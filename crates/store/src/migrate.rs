//! The schema, brought up to date step by step.
//!
//! One folder per engine with the same numbers: SQLite needs STRICT tables and its own type names, the queries are
//! the same. A step that has run anywhere is never edited; the next one gets the next number. Steps insert no rows:
//! a restore fills empty tables.

use refinery::{Migration, Runner, Target};
use rusqlite::{Connection, OptionalExtension};
use tokio_postgres::Client;

use crate::{Result, StoreError};

/// A step: its name, the text for SQLite, the text for PostgreSQL.
type Step = (&'static str, &'static str, &'static str);

macro_rules! steps {
    ($($name:literal),* $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        )),*]
    };
}

/// All steps, in order. A new one is a file in both folders and a name here.
const STEPS: &[Step] = steps![
    "V1__base",
    "V2__clusters",
    "V3__people",
    "V4__joining",
    "V5__estimates",
    "V6__households",
    "V7__cash",
    "V8__moves",
    "V9__trade",
    "V10__credits",
    "V11__alerts",
    "V12__between",
];

/// Held on PostgreSQL while the schema changes, so that servers starting together do it once.
const ADVISORY_LOCK: i64 = 0x494E_4C43;

/// The schema version that this program writes.
pub(crate) const fn known_version() -> i32 {
    // The number in the name of the last step: `V12__people` is 12.
    let name = STEPS[STEPS.len() - 1].0.as_bytes();
    let (mut version, mut at) = (0, 1);
    while name[at].is_ascii_digit() {
        version = version * 10 + (name[at] - b'0') as i32;
        at += 1;
    }
    version
}

fn runner(pick: impl Fn(&Step) -> &'static str, version: Option<i32>) -> Result<Runner> {
    let steps: std::result::Result<Vec<Migration>, _> = STEPS.iter().map(|step| Migration::unapplied(step.0, pick(step))).collect();
    let target = version.map_or(Target::Latest, Target::Version);
    // In one transaction: apart from that, SQLite would keep a step and its record in two, and a crash between them ends all starts.
    Ok(Runner::new(&steps.map_err(failed)?).set_grouped(true).set_target(target))
}

fn failed(error: refinery::Error) -> StoreError {
    // The library wraps the driver's error; a full disk or a lost connection must not look like a wrong schema.
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        if let Some(rusqlite::Error::SqliteFailure(failure, text)) = inner.downcast_ref::<rusqlite::Error>() {
            let known = StoreError::from(rusqlite::Error::SqliteFailure(*failure, text.clone()));
            if !matches!(known, StoreError::EngineFailed(_) | StoreError::CheckFailed(_)) {
                return known;
            }
        }
        if let Some(error) = inner.downcast_ref::<tokio_postgres::Error>() {
            let known = error.as_db_error().map(|db| crate::error::from_sqlstate(db.code(), db.message().to_owned()));
            return match known {
                Some(
                    known @ (StoreError::DatabaseUnreachable(_)
                    | StoreError::DiskFull(_)
                    | StoreError::DiskFailed(_)
                    | StoreError::TimedOut(_)
                    | StoreError::AccessDenied(_)),
                ) => known,
                None if error.is_closed() => StoreError::DatabaseUnreachable(error.to_string()),
                Some(other) => StoreError::MigrationFailed(other.to_string()),
                None => StoreError::MigrationFailed(error.to_string()),
            };
        }
        cause = inner.source();
    }
    StoreError::MigrationFailed(error.to_string())
}

/// Brings a SQLite schema up to `version`, or to the newest.
pub(crate) fn lite(connection: &mut Connection, version: Option<i32>) -> Result<()> {
    not_newer(lite_version(connection)?)?;
    runner(|step| step.1, version)?.run(connection).map_err(failed)?;
    Ok(())
}

/// Refuses a SQLite schema of another version.
pub(crate) fn lite_check(connection: &Connection) -> Result<()> {
    exactly(lite_version(connection)?)
}

fn lite_version(connection: &Connection) -> Result<i32> {
    let history = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'refinery_schema_history'";
    if connection.query_row(history, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    Ok(connection.query_row("SELECT COALESCE(MAX(version), 0) FROM refinery_schema_history", [], |row| row.get(0))?)
}

/// Brings a PostgreSQL schema up to `version`, or to the newest.
pub(crate) async fn pg(client: &mut Client, version: Option<i32>) -> Result<()> {
    // The lock goes with the connection, which the caller drops.
    client.execute("SELECT pg_advisory_lock($1)", &[&ADVISORY_LOCK]).await?;
    not_newer(pg_version(client).await?)?;
    runner(|step| step.2, version)?.run_async(client).await.map_err(failed)?;
    Ok(())
}

/// Refuses a PostgreSQL schema of another version.
pub(crate) async fn pg_check(client: &Client) -> Result<()> {
    exactly(pg_version(client).await?)
}

async fn pg_version(client: &Client) -> Result<i32> {
    let has_history: bool = client.query_one("SELECT to_regclass('refinery_schema_history') IS NOT NULL", &[]).await?.try_get(0)?;
    if !has_history {
        return Ok(0);
    }
    Ok(client.query_one("SELECT COALESCE(MAX(version), 0)::INTEGER FROM refinery_schema_history", &[]).await?.try_get(0)?)
}

fn not_newer(found: i32) -> Result<()> {
    let known = known_version();
    if found > known { Err(StoreError::DatabaseNewer { found, known }) } else { Ok(()) }
}

fn exactly(found: i32) -> Result<()> {
    not_newer(found)?;
    let known = known_version();
    if found < known { Err(StoreError::DatabaseOlder { found, known }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_step_in_both_folders() {
        let listed: Vec<String> = STEPS.iter().map(|step| format!("{}.sql", step.0)).collect();
        for engine in ["sqlite", "postgres"] {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
            let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<String> = names.collect();
            names.sort_by_key(|name| name[1..].split("__").next().unwrap().parse::<i32>().unwrap());
            assert_eq!(names, listed, "{engine}");
        }
    }

    #[test]
    fn steps_are_numbered_from_one_without_gaps() {
        for (index, step) in STEPS.iter().enumerate() {
            assert!(step.0.starts_with(&format!("V{}__", index + 1)), "{}", step.0);
        }
    }
}
