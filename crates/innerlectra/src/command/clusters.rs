//! `clusters`: which clusters a database has.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::output::{self, Table};
use clap::Args;
use serde_json::json;
use store::OpenOptions;

/// Lists the clusters of a database.
#[derive(Debug, Args)]
pub struct ClustersArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &ClustersArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let service = args.database.service(OpenOptions::read_only()).await?;
        let clusters = database::chosen(&service, None).await?;
        if args.json {
            let rows: Vec<_> =
                clusters.iter().map(|c| json!({"code": c.code.as_str(), "name": c.name, "kind": c.kind.as_str(), "place": c.place})).collect();
            output::json(&json!({ "clusters": rows }))?;
        } else {
            let mut table = Table::new(["code", "name", "kind", "place"]);
            clusters.iter().for_each(|c| table.row([c.code.to_string(), c.name.clone(), c.kind.to_string(), c.place.clone()]));
            output::text(&table.render())?;
        }
        Ok(Exit::Good)
    })
}
