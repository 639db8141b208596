//! `bench` at small sizes: every row is there, whole, and its ratio can be computed. What the figures are is not tested.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Output};

const PROMISED: [&str; 8] = ["name", "value", "unit", "baseline", "baseline_value", "ratio", "target", "better"];
const ALLOWED: [&str; 5] = ["stretch", "met", "runs", "engine", "note"];

fn bench(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_innerlectra");
    Command::new(program).arg("bench").args(arguments).env_remove("INNERLECTRA_BENCH_POSTGRES").output().unwrap()
}

/// The rows of a group, checked.
fn rows(group: &str, more: &[&str]) -> Vec<Value> {
    let output = bench(&[&[group, "--quick", "--json"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let mut names = BTreeSet::new();
    for row in &rows {
        let fields = row.as_object().unwrap();
        assert!(PROMISED.iter().all(|field| fields.contains_key(*field)), "{row}");
        assert!(fields.keys().all(|field| PROMISED.contains(&field.as_str()) || ALLOWED.contains(&field.as_str())), "{row}");
        assert!(names.insert(row["name"].as_str().unwrap().to_owned()), "{row} stands there twice");
        let number =
            |field: &str| row[field].as_f64().filter(|number| number.is_finite() && *number > 0.0).unwrap_or_else(|| panic!("{field} of {row}"));
        let ratio = number("value") / number("baseline_value");
        assert!((number("ratio") / ratio - 1.0).abs() < 1e-9, "{row}");
        assert!(row["runs"].as_u64().unwrap() >= 5, "{row}");
        assert!(["higher", "lower"].contains(&row["better"].as_str().unwrap()), "{row}");
        assert_eq!(row["target"].is_null(), row.get("met").is_none(), "{row}");
        if let Some(target) = row["target"].as_f64() {
            let met = if row["better"] == "higher" { ratio >= target } else { ratio <= target };
            assert_eq!(row["met"].as_bool(), Some(met), "{row}");
        }
    }
    rows
}

fn has(rows: &[Value], names: &[&str]) {
    for name in names {
        assert!(rows.iter().any(|row| row["name"] == *name), "{name} is missing");
    }
}

#[test]
fn settle() {
    let rows = rows("settle", &[]);
    has(&rows, &["settlement_kernel", "split_exact", "seal", "sealed_history", "settlement_end_to_end"]);
    assert!(rows.iter().filter(|row| !row["target"].is_null()).count() >= 3);
}

#[test]
fn ledger() {
    let database = test_kit::postgres();
    let rows = rows("ledger", &["--postgres", database.url()]);
    has(&rows, &["ledger_execute", "ledger_engine", "ledger_engine_64", "ledger_single", "postgres_transfers"]);
}

#[test]
fn ingest() {
    let database = test_kit::postgres();
    let rows = rows("ingest", &["--postgres", database.url()]);
    has(&rows, &["ingest_sqlite", "ingest_sqlite_again", "csv_parse", "csv_import", "ingest_postgres"]);
}

#[test]
fn market() {
    has(&rows("matching", &[]), &["matching"]);
    has(&rows("clear", &[]), &["clear", "clear_pairings"]);
}

#[test]
fn start() {
    has(&rows("start", &[]), &["cold_start"]);
    let silent = bench(&["start", "--quick", "--peer-command", "true", "--peer-url", "http://127.0.0.1:9/"]);
    assert!(!silent.status.success() && String::from_utf8(silent.stderr).unwrap().contains("ended before it answered"));
}

#[test]
fn http() {
    has(&rows("http", &[]), &["http_arrays", "http_transfers_of_plain", "http_random_keys"]);
    let nobody = bench(&["http", "--quick", "--peer", env!("CARGO_MANIFEST_DIR")]);
    assert!(!nobody.status.success() && String::from_utf8(nobody.stderr).unwrap().contains("there is no server.js"));
}

#[test]
fn people_get_a_table_and_are_told_what_is_left_out() {
    let output = bench(&["ledger", "--part", "engine", "--quick"]);
    assert!(output.status.success());
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.starts_with("what ") && table.contains("ledger_execute"), "{table}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("INNERLECTRA_BENCH_POSTGRES"));
    let unknown = bench(&["ledger", "--part", "nothing", "--quick"]);
    assert!(!unknown.status.success() && String::from_utf8(unknown.stderr).unwrap().contains("the parts are kernel"));
    assert!(!bench(&["--runs", "4"]).status.success(), "fewer than five runs give no median worth the name");
}
