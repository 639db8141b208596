//! What an error means to whoever started the program: a stable code, a message, a next step, an exit code.

use crate::output::printable;
use metering::csv::FileError;
use metering::sites::SiteError;
use metering::weights::WeightError;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

/// How the program ends. The numbers are promised in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Good = 0,
    /// A law is broken, or a check found something.
    Broken = 1,
    /// The command line or the input is wrong.
    BadInput = 2,
    /// Database, disk, rights.
    Environment = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command ends without a result.
#[derive(Debug)]
pub struct Failure {
    code: &'static str,
    message: String,
    next: String,
    exit: Exit,
}

impl Failure {
    /// The command line or the input is wrong.
    pub fn bad_input(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), next: next_step(code).to_owned(), exit: Exit::BadInput }
    }

    /// The surroundings failed.
    pub fn environment(code: &'static str, message: impl Into<String>) -> Self {
        Self { exit: Exit::Environment, ..Self::bad_input(code, message) }
    }

    /// A law did not hold.
    pub fn broken(code: &'static str, message: impl Into<String>) -> Self {
        Self { exit: Exit::Broken, ..Self::bad_input(code, message) }
    }

    /// The same failure with a next step of its own.
    pub fn with_next(self, next: impl Into<String>) -> Self {
        Self { next: next.into(), ..self }
    }

    /// A file that cannot be opened or read.
    pub fn file(path: &Path, error: &std::io::Error) -> Self {
        let shown = path.display();
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::bad_input("file_not_found", format!("{shown}: there is no such file")),
            ErrorKind::IsADirectory => Self::bad_input("file_is_folder", format!("{shown} is a folder, not a file")),
            ErrorKind::PermissionDenied => Self::environment("file_denied", format!("{shown} may not be opened by this user")),
            _ => Self::environment("io", format!("{shown}: {error}")),
        }
    }

    /// A file whose content is wrong.
    pub fn content(path: &Path, error: &FileError) -> Self {
        match error {
            FileError::Io(io) => Self::file(path, io),
            _ => Self::bad_input(error.code(), format!("{}: {error}", path.display())),
        }
    }

    /// A sites file that is wrong.
    pub fn sites(path: &Path, error: &SiteError) -> Self {
        match error {
            SiteError::File(file) => Self::content(path, file),
            _ => Self::bad_input(error.code(), format!("{}: {error}", path.display())),
        }
    }

    /// A weights file that is wrong.
    pub fn weights(path: &Path, error: &WeightError) -> Self {
        match error {
            WeightError::File(file) => Self::content(path, file),
            _ => Self::bad_input(error.code(), format!("{}: {error}", path.display())),
        }
    }

    /// The result cannot be written. A reader that has seen enough (`| head`) is no failure.
    pub fn output(error: &std::io::Error) -> Option<Self> {
        (error.kind() != ErrorKind::BrokenPipe).then(|| Self::environment("output_failed", format!("the result cannot be written: {error}")))
    }

    /// Tells it on stderr and gives the exit code.
    pub fn tell(&self) -> Exit {
        eprintln!("{}", printable(&format!("error[{}]: {}\nnext: {}", self.code, self.message, self.next)));
        self.exit
    }
}

/// Help and version are answers; everything else that clap says is wrong usage.
pub fn from_usage(error: &clap::Error) -> Result<Exit, Failure> {
    use clap::error::ErrorKind as Kind;
    match error.kind() {
        Kind::DisplayHelp | Kind::DisplayVersion => {
            crate::output::text(&error.to_string())?;
            Ok(Exit::Good)
        }
        Kind::DisplayHelpOnMissingArgumentOrSubcommand => {
            eprint!("{error}");
            Ok(Exit::BadInput)
        }
        _ => Err(Failure::bad_input("usage", one_line(&error.to_string()))),
    }
}

/// What clap says before it repeats the usage, on one line.
fn one_line(text: &str) -> String {
    let said = text.split("\n\nUsage:").next().unwrap_or(text).split("\n\nFor more information").next().unwrap_or(text);
    let words: Vec<&str> = said.trim().trim_start_matches("error:").split_whitespace().collect();
    words.join(" ")
}

/// What to do about a code, where the place it came from does not know better.
fn next_step(code: &str) -> &'static str {
    match code {
        "usage" => "run the command with --help to see its options",
        "file_not_found" => "check the path; a relative path counts from the folder the command runs in",
        "file_is_folder" => "name a file in that folder",
        "file_denied" => "give this user the right to open it, or run as one who has it",
        "io" | "output_failed" => "check the disk, its free space and the rights, then run the command again",
        "file_empty" => "export the readings again and check that the file has a header and rows",
        "header_wrong" => {
            "readings need the columns meter_id,interval_start,consumption_wh,generation_wh; sites meter_id,kind; weights meter_id,weight; commas \
             between them, the names in the first line"
        }
        "file_not_text" => "save the file as CSV in UTF-8, or pack that with gzip",
        "file_truncated" | "file_damaged" => "fetch the file again and compare its size with the source",
        "file_too_large" => "split the file by time and settle the parts one after the other",
        "step_unknown" => "export the readings in intervals of 15, 30 or 60 minutes",
        "no_readings" => "correct the rows by the reasons given; --refused FILE writes each of them with its reason",
        "no_members" => "give readings of at least one meter whose site is not of kind shared_pv",
        "zero_weight" => "give at least one member a weight above zero in the weights file",
        "weight_too_large" => "use smaller weights with the same proportions, such as whole kwacha",
        "weights_missing" => "give --weights FILE with the columns meter_id,weight, or choose --sharing-key equal or consumption",
        "weight_missing_member" => "add a row with a weight, zero for no share, for each member named",
        "weight_invalid" | "weight_negative" | "weight_duplicate" | "weight_meter_empty" => "correct that line of the weights file",
        "site_empty" | "site_number_invalid" | "site_duplicate" => "correct that line of the sites file",
        "price_missing" => "give --import-price and --export-price in ngwee per kWh, or --tariff REGION",
        "price_out_of_range" => "give whole ngwee per kWh: K1.20 is 120",
        "tariff_gap" => "add a dated entry for that day to the region file, or settle only days that it covers",
        "tariff_overlap" | "tariff_bands" | "region_syntax" | "region_date" | "region_range" | "outage_block" | "word_unknown" => {
            "correct the region file; regions/kabwe.toml shows a complete one"
        }
        "outage_scenario_unknown" => "choose hours and a group that the region file lists",
        "outage_region_missing" => "say whose calendar it is: --tariff REGION or --region REGION",
        "battery_incomplete" => "give --battery-kwh and --battery-kw together",
        "battery_invalid" => "give sizes above zero in kWh and kW, such as --battery-kwh 10.5 --battery-kw 5, and per cents from 0 to 100",
        "battery_needs_wires" => "use --connection one_point or off_grid, or leave the battery out",
        "bands_need_connection" => "leave --bands out, or use --connection one_point",
        "meter_limit_invalid" => "give a limit in kW above zero, such as --meter-limit-kw 250",
        "members_too_many" => "split the file into clusters of at most 1,000 meters",
        "run_too_large" => "settle the file in parts",
        "run_too_long" => "split the file by time: at most 1,000 days at once",
        "orders_form" => {
            "give a JSON list of {\"id\": text, \"side\": \"buy\" or \"sell\", \"price_ngwee_per_kwh\": whole number, \"energy_wh\": whole number} and no \
             other field"
        }
        "orders_too_many" => "split the orders by interval: each interval is an auction of its own",
        "order_price" | "order_energy" | "order_id_missing" => {
            "correct that order; prices are whole ngwee per kWh, energy is whole Wh, both above zero"
        }
        "order_id_taken" => "give each order an id of its own",
        "energy_out_of_range" => "check the unit of the largest readings",
        _ => "run the command with --help; if the input is right, report this message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_told_on_one_line() {
        let text = "error: the following required arguments were not provided:\n  --readings <FILE>\n\nUsage: innerlectra settle\n\nFor more";
        assert_eq!(one_line(text), "the following required arguments were not provided: --readings <FILE>");
    }

    #[test]
    fn what_is_missing_is_the_callers_and_what_is_denied_the_machines() {
        let exit = |kind| Failure::file(Path::new("a.csv"), &std::io::Error::from(kind)).exit;
        assert_eq!(exit(ErrorKind::NotFound), Exit::BadInput);
        assert_eq!(exit(ErrorKind::PermissionDenied), Exit::Environment);
        assert!(Failure::output(&std::io::Error::from(ErrorKind::BrokenPipe)).is_none());
    }
}
