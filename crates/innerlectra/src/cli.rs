//! The command line: which commands there are, and what they answer to.

use crate::bench::{self, BenchArgs};
use crate::command::backup::{self, BackupArgs, RestoreArgs};
use crate::command::clear::{self, ClearArgs};
use crate::command::clusters::{self, ClustersArgs};
use crate::command::create::{self, CreateArgs};
use crate::command::demo::{self, DemoArgs};
use crate::command::import::{self, ImportArgs};
use crate::command::migrate::{self, MigrateArgs};
use crate::command::operator::{self, OperatorArgs};
use crate::command::serve::{self, ServeArgs};
use crate::command::settle::{self, SettleArgs};
use crate::command::verify::{self, VerifyArgs};
use crate::exit::{self, Exit, Failure};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes:
  0  all is well
  1  a law is broken, or a check found something
  2  the command line or the input is wrong
  3  the surroundings failed: database, disk, rights

An error is told on stderr as `error[code]: what is wrong`, then `next: what to do`. Codes do not change between versions.";

/// The operating system of community energy clusters: every watt-hour shared, priced and accounted for.
#[derive(Debug, Parser)]
#[command(name = "innerlectra", version, after_help = EXIT_CODES, arg_required_else_help = true, subcommand_required = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show three modelled Zambian clusters, from six weeks of readings to pages.
    #[command(after_help = EXIT_CODES)]
    Demo(DemoArgs),
    /// Show the clusters of a database as pages, and settle what closes.
    #[command(after_help = EXIT_CODES)]
    Serve(ServeArgs),
    /// Bring a database up to date, or make a new one.
    #[command(after_help = EXIT_CODES)]
    Migrate(MigrateArgs),
    /// Found a cluster in a database.
    #[command(after_help = EXIT_CODES)]
    Create(Box<CreateArgs>),
    /// Name the person who runs this installation.
    #[command(after_help = EXIT_CODES)]
    Operator(OperatorArgs),
    /// List the clusters of a database.
    #[command(after_help = EXIT_CODES)]
    Clusters(ClustersArgs),
    /// Take readings of a cluster from a file.
    #[command(after_help = EXIT_CODES)]
    Import(ImportArgs),
    /// Settle a file of readings without a database: try a rule on one's own data before a vote.
    #[command(after_help = EXIT_CODES)]
    Settle(Box<SettleArgs>),
    /// Run a call auction over a file of orders: the price, and who trades with whom.
    #[command(after_help = EXIT_CODES)]
    Clear(ClearArgs),
    /// Recount everything from its own bytes.
    #[command(after_help = EXIT_CODES)]
    Verify(VerifyArgs),
    /// Write a consistent copy of a database to a file.
    #[command(after_help = EXIT_CODES)]
    Backup(BackupArgs),
    /// Fill an empty database from a backup.
    #[command(after_help = EXIT_CODES)]
    Restore(RestoreArgs),
    /// Measure this machine, each figure beside a baseline of the same run.
    #[command(after_help = EXIT_CODES)]
    Bench(BenchArgs),
}

impl Command {
    fn run(&self) -> Result<Exit, Failure> {
        match self {
            Self::Demo(args) => demo::run(args),
            Self::Serve(args) => serve::run(args),
            Self::Migrate(args) => migrate::run(args),
            Self::Create(args) => create::run(args),
            Self::Operator(args) => operator::run(args),
            Self::Clusters(args) => clusters::run(args),
            Self::Import(args) => import::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Backup(args) => backup::backup(args),
            Self::Restore(args) => backup::restore(args),
            Self::Settle(args) => settle::run(args),
            Self::Clear(args) => clear::run(args),
            Self::Bench(args) => bench::run(args).map(|()| Exit::Good).map_err(|error| Failure::environment("bench_failed", format!("{error:#}"))),
        }
    }
}

/// Runs the program with these arguments, the first being its name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    log_to_stderr();
    let outcome = match Cli::try_parse_from(args) {
        Ok(cli) => cli.command.run(),
        Err(error) => exit::from_usage(&error),
    };
    outcome.unwrap_or_else(|failure| failure.tell()).into()
}

/// What the program says while it works goes to stderr; `INNERLECTRA_LOG` says how much (`warn` when it is not set).
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("INNERLECTRA_LOG").unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }
}
