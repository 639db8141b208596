//! `innerlectra`: the operating system of community energy clusters, as one program.
//!
//! `cli` reads the command line, `command` holds one module for each subcommand, `exit` says what an error means to whoever started the
//! program, `output` sets tables and JSON, `progress` shows long work on a terminal.

mod bench;
mod cli;
mod command;
mod exit;
mod output;
mod progress;

fn main() -> std::process::ExitCode {
    cli::run(std::env::args_os())
}
