//! `verify`: recount everything from its own bytes.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::Args;
use serde_json::json;
use store::OpenOptions;

/// Recounts ledgers, settles every sealed interval again and compares the logs' roots.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Code of the cluster; without it, all clusters.
    #[arg(long, value_name = "CODE")]
    cluster: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]. What does not agree is told and gives [`Exit::Broken`].
pub fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let service = args.database.service(OpenOptions::read_only()).await?;
        let (mut found, mut text) = (Vec::new(), String::new());
        let mut is_sound = true;
        for cluster in database::chosen(&service, args.cluster.as_deref()).await? {
            let report = service.cluster_verify(service::policy::Actor::System, &cluster).await.map_err(|error| database::from_service(&error))?;
            is_sound &= report.problems.is_empty();
            let root: String = report.root.iter().map(|byte| format!("{byte:02x}")).collect();
            text.push_str(&format!(
                "{}: {} transfers, {} sealed intervals, {} accounts, {} days recounted; root {root}\n",
                cluster.code, report.transfers, report.sealed, report.accounts, report.days
            ));
            for problem in &report.problems {
                text.push_str(&format!("  problem[{}]: {}\n", problem.code, problem.text));
            }
            if report.problems.is_empty() {
                text.push_str("  everything agrees\n");
            }
            found.push(json!({
                "cluster": cluster.code.as_str(), "transfers": report.transfers, "sealed": report.sealed, "accounts": report.accounts, "days": report.days,
                "root": root, "problems": report.problems.iter().map(|p| json!({"code": p.code, "text": p.text})).collect::<Vec<_>>(),
            }));
        }
        if args.json {
            output::json(&json!({ "clusters": found, "sound": is_sound }))?
        } else {
            output::text(&text)?
        }
        Ok(if is_sound { Exit::Good } else { Exit::Broken })
    })
}
