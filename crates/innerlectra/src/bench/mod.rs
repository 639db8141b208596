//! `innerlectra bench`: what the machine does in a second, each figure beside a baseline taken in the same run.
//!
//! Only the ratios say something about the program: absolute figures move with the machine and with what else runs on it. Baseline and
//! subject take turns, and a figure is the median of its runs. All data comes from seeds.

mod bare;
mod data;
mod founding;
mod history;
mod http;
mod ingest;
mod ledger;
mod market;
mod measure;
mod place;
mod postgres;
mod row;
mod sealing;
mod settle;
mod start;
mod whole_day;

use anyhow::Result;
use http::HttpArgs;
use place::Place;
use row::Row;
use sealing::Sealing;
use start::StartArgs;
use std::path::PathBuf;

/// Arguments of `innerlectra bench`.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// What to measure; everything when left out.
    #[arg(value_enum)]
    group: Option<Group>,
    /// One part of a group alone, by its name: kernel, split, seal, history, whole-day; engine, batches, single, postgres-transfers;
    /// readings, postgres-readings, files; serve; transfers, orders; book; auction.
    #[arg(long)]
    part: Option<String>,
    /// Print a JSON array, one object for each row.
    #[arg(long)]
    json: bool,
    /// Small sizes: shows that everything runs, its figures mean little.
    #[arg(long)]
    quick: bool,
    /// Runs of each side, at least five.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(5..=1001))]
    runs: u16,
    /// Folder in which databases are made for a while; it should be on the disk that a server would use.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// A PostgreSQL server on which databases may be made and dropped; without it the rows of PostgreSQL are left out.
    #[arg(long, value_name = "URL", env = "INNERLECTRA_BENCH_POSTGRES")]
    postgres: Option<String>,
    #[command(flatten)]
    start: StartArgs,
    #[command(flatten)]
    http: HttpArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Group {
    /// Sharing, splitting, sealing, and a whole day from readings to posted money.
    Settle,
    /// Transfers.
    Ledger,
    /// Readings in.
    Ingest,
    /// From start to the first page.
    Start,
    /// Transfers and orders over HTTP.
    Http,
    /// Orders through the continuous book.
    Matching,
    /// Call auctions.
    Clear,
}

/// How much is measured.
#[derive(Debug, Clone)]
struct Size {
    is_quick: bool,
    runs: usize,
    start: StartArgs,
    http: HttpArgs,
    postgres: Option<String>,
    kernel_clusters: usize,
    split_clusters: usize,
    seal_clusters: usize,
    history_clusters: usize,
    accounts: usize,
    transfers: usize,
    singles: usize,
    ingest_clusters: usize,
    file_days: usize,
    day_clusters: usize,
    orders: usize,
}

impl Size {
    fn of(args: &BenchArgs) -> Self {
        let (runs, is_quick) = (usize::from(args.runs), args.quick);
        let (postgres, start, http) = (args.postgres.clone(), args.start.clone(), args.http.clone());
        if is_quick {
            Self {
                is_quick,
                runs,
                start,
                http,
                postgres,
                kernel_clusters: 2,
                split_clusters: 200,
                seal_clusters: 1,
                history_clusters: 2,
                accounts: 500,
                transfers: 4096,
                singles: 256,
                ingest_clusters: 2,
                file_days: 1,
                day_clusters: 2,
                orders: 2_000,
            }
        } else {
            Self {
                is_quick,
                runs,
                start,
                http,
                postgres,
                kernel_clusters: 100,
                split_clusters: 20_000,
                seal_clusters: 20,
                history_clusters: 64,
                accounts: 100_000,
                transfers: 65_536,
                singles: 16_384,
                ingest_clusters: 64,
                file_days: 20,
                day_clusters: 24,
                orders: 20_000,
            }
        }
    }
}

/// What is measured together: group, name, and how.
type Part = (Group, &'static str, fn(&Size, &Place) -> Result<Vec<Row>>);

const PARTS: [Part; 17] = [
    (Group::Settle, "kernel", settle::kernel),
    (Group::Settle, "split", settle::split),
    (Group::Settle, "seal", settle::seal),
    (Group::Settle, "history", history::rows),
    (Group::Settle, "whole-day", whole_day::rows),
    (Group::Ledger, "engine", ledger::engine),
    (Group::Ledger, "batches", ledger::batches),
    (Group::Ledger, "single", ledger::single),
    (Group::Ledger, "postgres-transfers", postgres::transfers),
    (Group::Ingest, "readings", ingest::ingest),
    (Group::Ingest, "postgres-readings", postgres::ingest),
    (Group::Ingest, "files", ingest::files),
    (Group::Start, "serve", start::rows),
    (Group::Http, "transfers", http::rows),
    (Group::Http, "orders", http::orders),
    (Group::Matching, "book", market::matching),
    (Group::Clear, "auction", market::clear),
];

/// Measures and prints.
///
/// # Errors
/// When a database cannot be opened or written, or the data cannot be settled.
pub fn run(args: &BenchArgs) -> Result<()> {
    let size = Size::of(args);
    let place = Place::make(&args.folder.clone().unwrap_or_else(std::env::temp_dir))?;
    let mut rows: Vec<Row> = Vec::new();
    for (group, name, measure) in PARTS {
        let is_wanted = args.group.is_none_or(|asked| asked == group) && args.part.as_deref().is_none_or(|part| part == name);
        if is_wanted {
            rows.extend(measure(&size, &place)?);
        }
    }
    if size.postgres.is_none() {
        eprintln!("the rows of PostgreSQL are left out: name a server with --postgres or INNERLECTRA_BENCH_POSTGRES");
    }
    anyhow::ensure!(!rows.is_empty(), "there is nothing to measure; the parts are {}", PARTS.map(|(_, name, _)| name).join(", "));
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{}", row::table(&rows));
    }
    Ok(())
}
