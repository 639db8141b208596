//! `operator`: names the person who runs this installation.

use super::database::{self, DatabaseArgs};
use crate::exit::{Exit, Failure};
use crate::output;
use clap::Args;
use domain::Msisdn;
use service::Pin;
use std::io::{BufRead, IsTerminal, Write};
use store::OpenOptions;

/// Makes a person the operator: who sees all clusters, the texts that went out and the audit, and helps where officers are missing.
#[derive(Debug, Args)]
pub struct OperatorArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Phone number, as 0971234567.
    #[arg(long, value_name = "NUMBER")]
    phone: String,
    /// The person's name.
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// Runs the command; the PIN is the first line of the input, so that no list of processes shows it.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &OperatorArgs) -> Result<Exit, Failure> {
    let phone = Msisdn::parse(&args.phone).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?;
    let pin = pin()?;
    database::block_on(async {
        let service = args.database.service(OpenOptions::default()).await?;
        service.operator_set(phone, &args.name, &pin).await.map_err(|error| database::from_service(&error))?;
        output::text(&format!("{} is the operator; sign in with {}\n", args.name, phone.masked()))?;
        Ok(Exit::Good)
    })
}

fn pin() -> Result<Pin, Failure> {
    let mut input = std::io::stdin().lock();
    if std::io::stdin().is_terminal() {
        eprint!("PIN (4 to 6 digits; it shows while you type): ");
        let _ = std::io::stderr().flush();
    }
    let mut line = String::new();
    input.read_line(&mut line).map_err(|error| Failure::environment("input_unreadable", format!("the PIN cannot be read: {error}")))?;
    Pin::parse(line.trim()).map_err(|error| {
        Failure::bad_input(error.code(), error.to_string())
            .with_next("give the PIN as the first line of the input, for example: echo 40718 | innerlectra operator …")
    })
}
