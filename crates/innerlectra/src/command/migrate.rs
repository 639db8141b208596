//! `migrate`: bring a database up to date.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::Args;
use store::OpenOptions;

/// Brings a database up to date, or makes a new one.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &MigrateArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let service = args.database.service(OpenOptions::default()).await?;
        let version = service.store().schema_version();
        if args.json {
            output::json(&serde_json::json!({ "schema_version": version }))?;
        } else {
            output::text(&format!("the database is at schema version {version}\n"))?;
        }
        Ok(Exit::Good)
    })
}
