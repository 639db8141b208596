//! `backup` and `restore`: one portable file for either engine.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::{output, progress};
use clap::Args;
use domain::{Clock, SystemClock};
use serde_json::json;
use std::path::PathBuf;
use store::backup::BackupSummary;
use store::{OpenOptions, backup};

/// Writes a consistent copy of a database to a file, while others go on writing.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write; replaced only when the new one is complete.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Fills an empty database, of either engine, from a backup.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseArgs,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Runs `backup`.
///
/// # Errors
/// [`Failure`]; a file that was there is then still there.
pub fn backup(args: &BackupArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let service = args.database.service(OpenOptions::read_only()).await?;
        let bar = progress::steps(0, "rows");
        let counted = bar.clone();
        let summary = service.store().backup(&args.file, SystemClock.now(), move |rows| counted.set_position(rows)).await;
        bar.finish_and_clear();
        tell("backed up", &summary.map_err(|error| database::from_store(&error))?, args.json)
    })
}

/// Runs `restore`.
///
/// # Errors
/// [`Failure`]; the database is then as empty as before.
pub fn restore(args: &RestoreArgs) -> Result<Exit, Failure> {
    if !args.file.exists() {
        return Err(Failure::file(&args.file, &std::io::Error::from(std::io::ErrorKind::NotFound)));
    }
    database::block_on(async {
        let bar = progress::steps(0, "rows");
        let counted = bar.clone();
        let summary = backup::restore(&args.database.database, &args.file, move |rows| counted.set_position(rows)).await;
        bar.finish_and_clear();
        tell("restored", &summary.map_err(|error| database::from_store(&error))?, args.json)
    })
}

fn tell(what: &str, summary: &BackupSummary, is_json: bool) -> Result<Exit, Failure> {
    if is_json {
        output::json(
            &json!({ "schema_version": summary.schema_version, "taken_at": summary.taken_at.to_string(), "tables": summary.tables, "rows": summary.rows }),
        )?;
    } else {
        output::text(&format!("{what}: {} rows of {} tables, as of {}\n", summary.rows, summary.tables, summary.taken_at))?;
    }
    Ok(Exit::Good)
}
