//! `settle --database`: settle, seal and post what is closed.

use super::SettleArgs;
use crate::command::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::output::{self, Table, kwh};
use crate::progress;
use serde_json::json;
use service::DaySettled;
use store::OpenOptions;

/// Runs the command. Each day is one transaction: what is told is there, also after a crash, and running it again goes on.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &SettleArgs) -> Result<Exit, Failure> {
    let database = DatabaseArgs { database: args.database.clone().unwrap_or_default() };
    database::block_on(async {
        let service = database.service(OpenOptions::default()).await?;
        service.market_joint_rounds(service::policy::Actor::System).await.map_err(|error| database::from_service(&error))?;
        let (mut found, mut table) = (Vec::new(), Table::new(["cluster day", "intervals", "sealed", "transfers", "estimated", "used kWh", "posted"]));
        for cluster in database::chosen(&service, args.cluster.as_deref()).await? {
            let bar = progress::steps(0, "settling");
            let settled = service
                .cluster_settle(service::policy::Actor::System, &cluster, |_| bar.inc(1))
                .await
                .map_err(|error| database::from_service(&error))?;
            bar.finish_and_clear();
            for day in &settled.days {
                found.push(as_json(cluster.code.as_str(), day));
                let posted = if day.is_posted { format!("revision {}", day.revision) } else { "open".to_owned() };
                let counts = [day.intervals, day.sealed, day.transfers, day.estimated].map(|count| count.to_string());
                let name = format!("{} {}", cluster.code, day.day);
                table.row(std::iter::once(name).chain(counts).chain([kwh(day.totals.consumption), posted]));
            }
        }
        if args.json {
            output::json(&json!({ "days": found }))?;
        } else if found.is_empty() {
            output::text("nothing to settle\n")?;
        } else {
            output::text(&table.render())?;
        }
        Ok(Exit::Good)
    })
}

fn as_json(cluster: &str, day: &DaySettled) -> serde_json::Value {
    json!({
        "cluster": cluster, "day": day.day.to_string(), "intervals": day.intervals, "sealed": day.sealed, "transfers": day.transfers,
        "estimated": day.estimated, "posted": day.is_posted, "revision": day.revision,
        "generation_wh": day.totals.generation, "consumption_wh": day.totals.consumption, "imported_wh": day.totals.imported,
        "exported_wh": day.totals.exported, "unserved_wh": day.totals.unserved,
    })
}
