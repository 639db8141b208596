//! `import`: readings of a cluster from a file.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::{output, progress};
use clap::Args;
use metering::{ImportReport, RefusedWriter};
use serde_json::{Value, json};
use service::ImportOptions;
use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use store::OpenOptions;

/// Takes readings from a CSV file (plain or gzip): interval energy or cumulative registers.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file of readings.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Code of the cluster whose meters they are.
    #[arg(long, value_name = "CODE")]
    cluster: String,
    /// Where refused rows are written, line by line with the reason.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Readings without an arrival time count as arriving now, so that old ones are marked late.
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    database: DatabaseArgs,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`]; what was stored before stays, and running it again adds the rest.
pub fn run(args: &ImportArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let input = File::open(&args.file).map_err(|error| Failure::file(&args.file, &error))?;
        if args.refused.as_ref().is_some_and(|refused| is_same_file(refused, &args.file)) {
            let message = format!("--refused would write over the readings in {}", args.file.display());
            return Err(Failure::bad_input("refused_is_input", message).with_next("name another file for the refused rows"));
        }
        let mut refused = args.refused.as_ref().map(writer).transpose()?;
        let service = args.database.service(OpenOptions::default()).await?;
        let cluster = database::chosen(&service, Some(&args.cluster)).await?.remove(0);
        let options =
            ImportOptions { name: args.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(), is_live: args.live };
        let bar = progress::steps(0, "storing");
        let mut unwritable = None;
        let refuse = |row: metering::RefusedRow| {
            if let Some(writer) = refused.as_mut()
                && let Err(error) = writer.row(&row)
            {
                unwritable.get_or_insert(error);
            }
        };
        let report = service
            .readings_import(service::policy::Actor::System, &cluster, input, options, refuse, |done, of| {
                bar.set_length(of as u64);
                bar.set_position(done as u64);
            })
            .await
            .map_err(|error| database::from_service(&error))?;
        bar.finish_and_clear();
        let finished = refused.map_or(Ok(()), |writer| writer.finish().map(|_| ()));
        if let Some(error) = unwritable.or(finished.err()) {
            return Err(Failure::environment(
                "refused_file_unwritable",
                format!("the readings are stored, but the refused rows could not be written: {error}"),
            ));
        }
        if args.json {
            output::json(&as_json(&report))?
        } else {
            output::text(&report.to_string())?
        }
        Ok(Exit::Good)
    })
}

/// Whether two paths lead to one file.
pub fn is_same_file(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn writer(path: &PathBuf) -> Result<RefusedWriter<BufWriter<File>>, Failure> {
    let file = File::create(path).map_err(|error| Failure::file(path, &error))?;
    RefusedWriter::new(BufWriter::new(file)).map_err(|error| Failure::file(path, &error))
}

/// The report for programs.
pub fn as_json(report: &ImportReport) -> Value {
    json!({
        "rows": report.rows,
        "accepted": report.accepted,
        "late": report.late,
        "duplicates": report.duplicates,
        "corrected": report.corrected,
        "superseded": report.superseded,
        "replaced_estimates": report.replaced_estimates,
        "register_bases": report.register_bases,
        "refused": report.refused_rows(),
        "refused_by_code": report.refused,
        "missing": report.missing(),
        "gaps": report.gaps.iter().map(|meter| json!({
            "meter_id": meter.meter_id,
            "missing": meter.missing,
            "gaps": meter.gaps.iter().map(|gap| json!({"start": gap.start().to_string(), "end": gap.end().to_string()})).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "clocks": report.clock_findings.iter().map(|(meter, finding)| json!({"meter_id": meter, "offset_ms": finding.offset_ms, "rows": finding.rows})).collect::<Vec<_>>(),
        "ignored_columns": report.ignored_columns,
        "first_start": report.first_start.map(|at| at.to_string()),
        "last_start": report.last_start.map(|at| at.to_string()),
    })
}
