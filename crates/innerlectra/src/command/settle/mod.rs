//! `innerlectra settle`: tries rules on a file of readings, without a database and without a trace.
//!
//! With `--database` it settles what is closed there instead: `in_database`.
//!
//! `setup` turns options into rules, `intake` reads the file, `sift` validates its rows, `walk` settles them, `report` and `table` tell.
//! Everything is settled twice, the second time with rows and meters in another order, and both must agree in all they give.

mod args;
mod in_database;
mod intake;
mod report;
mod setup;
mod sift;
mod table;
mod walk;

pub use args::SettleArgs;
pub use setup::Plan;

use crate::exit::{Exit, Failure};
use crate::output::{self, Warning};
use crate::progress;
use domain::{Clock, SystemClock};
use intake::Rows;
use metering::{RefusedRow, RefusedWriter};
use report::{Checks, Settled};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use walk::{Filled, Outcome};

/// Runs the command.
///
/// # Errors
/// [`Failure`] when options or files cannot be used.
pub fn run(args: &SettleArgs) -> Result<Exit, Failure> {
    let Some(readings) = &args.readings else { return in_database::run(args) };
    let now = SystemClock.now();
    if args.refused.as_ref().is_some_and(|refused| super::import::is_same_file(refused, readings)) {
        let message = format!("--refused would write over the readings in {}", readings.display());
        return Err(Failure::bad_input("refused_is_input", message).with_next("name another file for the refused rows"));
    }
    let plan = Plan::new(args)?;
    let mut rows = intake::read(readings, &plan, now)?;

    let sifted = sift::sift(&plan, &mut rows, now)?;
    let mut refused: Vec<RefusedRow> = rows.refused.iter().chain(&sifted.refused).cloned().collect();
    refused.sort_by_key(|row| row.line);
    if let Some(path) = &args.refused {
        write_refused(path, &refused)?;
    }
    if sifted.import.readings.is_empty() {
        return Err(nothing_left(readings, &rows, &refused));
    }
    let outcome = settle(&plan, sifted, &rows, "settling")?;
    shuffle(&mut rows);
    let is_repeated = settle(&plan, sift::sift(&plan, &mut rows, now)?, &rows, "checking")? == outcome;

    let warnings = warnings(args, &plan, &rows, &outcome);
    let rule = plan.rule_from(outcome.first_day)?;
    let checks = Checks::new(&outcome, is_repeated);
    let settled = Settled {
        args,
        plan: &plan,
        rule: &rule,
        outcome: &outcome,
        refused: &refused,
        checks,
        warnings: &warnings,
        rows_read: rows.rows_read,
        utc_offset_minutes: rows.offset.minutes(),
    };
    if args.json {
        output::json(&settled.report())?;
    } else {
        output::text(&table::render(&settled))?;
    }
    warnings.iter().for_each(Warning::tell);
    Ok(if checks.all() { Exit::Good } else { Exit::Broken })
}

fn settle(plan: &Plan, sifted: sift::Sifted, rows: &Rows, what: &'static str) -> Result<Outcome, Failure> {
    let bar = progress::steps(sifted.import.readings.len() as u64, what);
    let outcome = walk::walk(plan, sifted, rows.offset, &bar);
    bar.finish_and_clear();
    outcome
}

/// Puts rows and meters into another order, always the same one: the last meter becomes the first, rows are drawn like lots.
fn shuffle(rows: &mut Rows) {
    let meters = u32::try_from(rows.ids.len()).unwrap_or(u32::MAX);
    rows.ids.reverse();
    for row in &mut rows.rows {
        row.meter = meters - 1 - row.meter;
    }
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for at in (1..rows.rows.len()).rev() {
        // Source: Marsaglia, "Xorshift RNGs", 2003; good enough to mix rows.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state % (at as u64 + 1)).unwrap_or(0);
        rows.rows.swap(at, other);
    }
}

fn write_refused(path: &Path, refused: &[RefusedRow]) -> Result<(), Failure> {
    let write = || {
        let mut writer = RefusedWriter::new(BufWriter::new(File::create(path)?))?;
        refused.iter().try_for_each(|row| writer.row(row))?;
        writer.finish()?.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    };
    write().map_err(|error: std::io::Error| Failure::file(path, &error))
}

fn nothing_left(path: &Path, rows: &Rows, refused: &[RefusedRow]) -> Failure {
    let counts: Vec<String> = table::count_by_code(refused).into_iter().map(|(code, count)| format!("{count} {code}")).collect();
    let mut message = format!("{}: none of {} rows can be used: {}", path.display(), rows.rows_read, counts.join(", "));
    if let Some(first) = refused.first() {
        message.push_str(&format!("; line {}: {}", first.line, first.reason));
    }
    Failure::bad_input("no_readings", message)
}

/// What is no error and should be known.
fn warnings(args: &SettleArgs, plan: &Plan, rows: &Rows, outcome: &Outcome) -> Vec<Warning> {
    let mut warnings = plan.warnings(args, outcome.first_day);
    if let Some(weights) = &plan.weights {
        let members: BTreeSet<&str> = outcome.members.iter().map(String::as_str).collect();
        let unknown: Vec<&str> = weights.iter().map(|weight| weight.meter_id.as_str()).filter(|id| !members.contains(id)).collect();
        warnings.extend(about(
            "weight_unknown_meter",
            &unknown,
            "in the weights file have no member with readings",
            "check the ids of the weights file",
        ));
    }
    if outcome.plant_consumption > 0 {
        let message = format!("the shared plant's meters consumed {} Wh, which is not counted", outcome.plant_consumption);
        warnings.push(Warning::new("plant_consumption", message, "meter what the plant uses by itself as a member, if somebody is to pay for it"));
    }
    let silent = silent_plants(plan, outcome);
    let next = "check that sites and readings belong together";
    warnings.extend(about("plant_missing", &silent, "are a shared plant by their sites and have no readings: it counts as giving nothing", next));
    let absent: BTreeSet<&str> = outcome.gaps.iter().filter(|gap| gap.filled == Filled::Absent).map(|gap| gap.meter_id.as_str()).collect();
    let absent: Vec<&str> = absent.into_iter().collect();
    let next = "settle the time before and after apart when a member joined or left or a meter was exchanged: the key still gives each a part";
    warnings.extend(about("meter_partly_absent", &absent, "have readings for a part of the time only and count as using nothing in the rest", next));
    if outcome.skipped > 0 {
        let message = format!("{} intervals have no reading of any meter and are not settled", outcome.skipped);
        warnings.push(Warning::new("intervals_skipped", message, "add the missing readings and settle again"));
    }
    if !outcome.corrected.is_empty() {
        let message = format!("{} rows give another value for a meter and interval that has one: the later one counts", outcome.corrected.len());
        warnings.push(Warning::new("rows_corrected", message, "keep one row for each meter and interval; JSON lists them under corrected"));
    }
    if !rows.ignored_columns.is_empty() {
        let message = format!("columns not read: {}", rows.ignored_columns.join(", "));
        warnings.push(Warning::new("columns_ignored", message, "nothing to do, unless one of them is a misspelt column"));
    }
    warnings
}

/// Plants without readings in a cluster that has members with some.
fn silent_plants<'a>(plan: &'a Plan, outcome: &Outcome) -> Vec<&'a str> {
    let sites = || plan.sites.iter().flatten();
    let has = |ids: &[String], id: &String| ids.binary_search(id).is_ok();
    let clusters: BTreeSet<_> = sites().filter(|site| has(&outcome.members, &site.meter_id)).map(|site| &site.cluster_id).collect();
    let plants = sites().filter(|site| site.role == domain::MeterRole::Plant && clusters.contains(&site.cluster_id));
    plants.filter(|site| !has(&outcome.plants, &site.meter_id)).map(|site| site.meter_id.as_str()).collect()
}

/// A warning about some meters, at most five by name.
fn about(code: &'static str, meters: &[&str], what: &str, next: &str) -> Option<Warning> {
    let shown = meters.iter().take(5).copied().collect::<Vec<_>>().join(", ");
    let more = if meters.len() > 5 { format!(" and {} more", meters.len() - 5) } else { String::new() };
    (!meters.is_empty()).then(|| Warning::new(code, format!("meters {shown}{more} {what}"), next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use intake::Row;
    use quantity::{Instant, UtcOffset};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: SettleArgs,
    }

    fn plan() -> Plan {
        let line = ["settle", "--readings", "-", "--import-price", "200", "--export-price", "100"];
        Plan::new(&Line::parse_from(line).args).expect("a plan")
    }

    /// Three meters for twelve hours.
    fn rows() -> Rows {
        let row = |at: u32| Row {
            meter: at % 3,
            line: u64::from(at) + 2,
            start: Instant(i64::from(at / 3) * 3_600_000),
            consumption: i64::from(at * 37 % 100),
            generation: i64::from(at * 53 % 90),
            received_at: None,
        };
        Rows {
            ids: ["A", "B", "C"].map(str::to_owned).to_vec(),
            rows: (0..36).map(row).collect(),
            refused: Vec::new(),
            rows_read: 36,
            offset: UtcOffset::LUSAKA,
            step: None,
            ignored_columns: Vec::new(),
        }
    }

    fn outcome(rows: &mut Rows) -> Outcome {
        let plan = plan();
        let sifted = sift::sift(&plan, rows, SystemClock.now()).expect("a step");
        settle(&plan, sifted, rows, "settling").expect("an outcome")
    }

    fn seen(rows: &Rows) -> Vec<(String, i64, i64)> {
        rows.rows.iter().map(|row| (rows.ids[row.meter as usize].clone(), row.start.0, row.consumption)).collect()
    }

    #[test]
    fn shuffling_keeps_the_rows_and_changes_their_order() {
        let (before, mut after) = (rows(), rows());
        shuffle(&mut after);
        assert_ne!(seen(&before), seen(&after));
        assert_eq!(after.ids, ["C", "B", "A"]);
        let sorted = |rows: &Rows| {
            let mut seen = seen(rows);
            seen.sort();
            seen
        };
        assert_eq!(sorted(&before), sorted(&after));
    }

    #[test]
    fn another_order_gives_the_same_and_another_watt_hour_does_not() {
        let mut shuffled = rows();
        shuffle(&mut shuffled);
        let expected = outcome(&mut rows());
        assert!(outcome(&mut shuffled) == expected);
        let mut changed = rows();
        changed.rows[17].consumption += 1;
        assert!(outcome(&mut changed) != expected, "a comparison that cannot fail shows nothing");
    }

    #[test]
    fn a_law_that_breaks_is_seen() {
        let good = outcome(&mut rows());
        assert!(Checks::new(&good, true).all() && !Checks::new(&good, false).all());
        let broken = |change: fn(&mut Outcome)| {
            let mut outcome = good.clone();
            change(&mut outcome);
            let checks = Checks::new(&outcome, true);
            checks.named().iter().filter(|(_, holds, _)| !holds).map(|(name, ..)| *name).collect::<Vec<_>>()
        };
        assert_eq!(broken(|outcome| outcome.totals.imported += 1), ["energy_conserved"]);
        assert_eq!(broken(|outcome| outcome.money.members[0] += 1), ["money_balanced"]);
        assert_eq!(broken(|outcome| outcome.days_balance = false), ["money_balanced"]);
        assert_eq!(broken(|outcome| outcome.laws.within_bounds = false), ["within_bounds"]);
        assert_eq!(broken(|outcome| outcome.laws.none_over_use = false), ["none_over_use"]);
        assert_eq!(broken(|outcome| outcome.months[0].worse_by[2] = 1), ["not_worse_than_alone"]);
    }
}
