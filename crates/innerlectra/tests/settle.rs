//! `innerlectra settle` from outside: the built program on the shipped sample and on small files, its results recomputed here from the
//! readings and from what it prints.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HEADER: &str = "meter_id,interval_start,consumption_wh,generation_wh\n";
const PRICES: [&str; 4] = ["--import-price", "200", "--export-price", "100"];

fn data(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/zambia").join(name).to_string_lossy().into_owned()
}

/// A file of this content under a name that no other test uses.
fn file(name: &str, content: &[u8]) -> String {
    let path: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("settle-{name}"));
    std::fs::write(&path, content).expect("a writable target folder");
    path.to_string_lossy().into_owned()
}

/// A file of rows `meter hour consumption generation`, hours from local midnight of 2025-09-15.
fn hourly(name: &str, rows: &[(&str, i64, i64, i64)]) -> String {
    let mut text = HEADER.to_owned();
    for &(meter, hour, consumption, generation) in rows {
        text.push_str(&format!("{meter},2025-09-{:02}T{:02}:00:00+02:00,{consumption},{generation}\n", 15 + hour / 24, hour % 24));
    }
    file(name, text.as_bytes())
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_innerlectra")).arg("settle").args(args).output().expect("the program runs")
}

/// The JSON of a run and its exit code.
fn settle(args: &[&str]) -> (Value, i32) {
    let output = run(&[args, &["--json"]].concat());
    let code = output.status.code().expect("an exit code");
    let json = serde_json::from_slice(&output.stdout);
    (json.unwrap_or_else(|error| panic!("{error}: {args:?}\n{}", String::from_utf8_lossy(&output.stderr))), code)
}

fn rows<'a>(json: &'a Value, key: &str) -> &'a Vec<Value> {
    json[key].as_array().unwrap_or_else(|| panic!("{key} is a list"))
}

fn int(row: &Value, key: &str) -> i64 {
    row[key].as_i64().unwrap_or_else(|| panic!("{key} is a whole number in {row}"))
}

fn sum(json: &Value, key: &str, field: &str) -> i64 {
    rows(json, key).iter().map(|row| int(row, field)).sum()
}

fn all_laws_hold(json: &Value) -> bool {
    let checks = json["checks"].as_object().expect("checks");
    assert_eq!(checks.len(), 6, "{checks:?}");
    checks.values().all(|held| held == &Value::Bool(true))
}

fn codes(json: &Value, key: &str) -> Vec<String> {
    rows(json, key).iter().map(|row| row["code"].as_str().expect("a code").to_owned()).collect()
}

/// What a member's meter says, and its bill alone at 200 and 100 ngwee, in milli-ngwee.
#[derive(Default)]
struct Metered {
    consumption: i64,
    generation: i64,
    self_used: i64,
    alone: i64,
}

/// The sample read by hand.
fn sample() -> BTreeMap<String, Metered> {
    let text = std::fs::read_to_string(data("sample_2days.csv")).expect("the sample");
    let mut meters: BTreeMap<String, Metered> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (consumption, generation): (i64, i64) = (fields[2].parse().expect("Wh"), fields[3].parse().expect("Wh"));
        let meter = meters.entry(fields[0].to_owned()).or_default();
        meter.consumption += consumption;
        meter.generation += generation;
        meter.self_used += consumption.min(generation);
        meter.alone += (consumption - generation).max(0) * 200 - (generation - consumption).max(0) * 100;
    }
    meters
}

/// A milli-ngwee sum in ngwee, half to even.
fn half_even(milli: i64) -> i64 {
    let (floor, rest) = (milli.div_euclid(1000), milli.rem_euclid(1000));
    floor + i64::from(rest > 500 || (rest == 500 && floor % 2 != 0))
}

/// The laws that hold whatever the rules are, from the printed rows alone.
fn check_sums(json: &Value, name: &str) {
    for row in rows(json, "intervals") {
        let wh = |field: &str| int(row, field);
        let made = wh("self_wh") + wh("shared_wh") + wh("charged_wh") + wh("exported_wh") + wh("curtailed_wh");
        let used = wh("self_wh") + wh("shared_wh") + wh("discharged_wh") + wh("imported_wh") + wh("unserved_wh");
        assert_eq!(wh("generation_wh"), made, "{name}: {row}");
        assert_eq!(wh("consumption_wh"), used, "{name}: {row}");
        assert!(row.as_object().expect("a row").iter().all(|(key, value)| key == "interval_start" || value.as_i64().is_some_and(|wh| wh >= 0)));
    }
    for field in ["consumption_wh", "self_wh", "imported_wh", "exported_wh"] {
        assert_eq!(sum(json, "meters", field), sum(json, "intervals", field), "{name}: {field}");
    }
    assert_eq!(sum(json, "meters", "own_share_wh") + sum(json, "meters", "received_wh"), sum(json, "intervals", "shared_wh"), "{name}");
    assert_eq!(sum(json, "meters", "received_wh"), sum(json, "meters", "given_wh"), "{name}");
    let totals = &json["totals"];
    let paid = int(totals, "import_ngwee") - int(totals, "export_ngwee") + int(totals, "service_ngwee");
    assert_eq!(sum(json, "meters", "money_ngwee"), paid, "{name}: what members pay");
}

/// What this connection must give on the sample at 200 and 100 ngwee and a service charge of 20; `inside`: the price of given energy, where
/// it is the same in each interval.
fn check_sample(json: &Value, connection: &str, inside: Option<i64>, name: &str) {
    let (lb, ls) = (200, 100);
    let off_grid = connection == "off_grid";
    for row in rows(json, "intervals") {
        let wh = |field: &str| int(row, field);
        match connection {
            "one_point" => assert!(wh("exported_wh") == 0 || wh("imported_wh") == 0, "{name}: {row}"),
            "off_grid" => assert_eq!((wh("exported_wh"), wh("imported_wh")), (0, 0), "{name}: {row}"),
            _ => assert_eq!(wh("shared_wh"), 0, "{name}: {row}"),
        }
    }
    let metered = sample();
    assert_eq!(rows(json, "meters").len(), 20, "{name}");
    for row in rows(json, "meters") {
        let wh = |field: &str| int(row, field);
        let meter = &metered[row["meter_id"].as_str().expect("an id")];
        assert_eq!((wh("consumption_wh"), wh("generation_wh"), wh("self_wh")), (meter.consumption, meter.generation, meter.self_used), "{name}");
        assert_eq!(wh("alone_ngwee"), if off_grid { 0 } else { half_even(meter.alone) }, "{name}: {row}");
        let service = (wh("own_share_wh") + wh("received_wh")) * 20;
        let grid = wh("imported_wh") * lb - wh("exported_wh") * ls + service;
        // Between the bounds, whoever gives and whoever takes.
        let (floor, ceiling) = inside.map_or((if off_grid { 0 } else { ls }, lb), |price| (price, price));
        let low = grid + wh("received_wh") * floor - wh("given_wh") * ceiling;
        let high = grid + wh("received_wh") * ceiling - wh("given_wh") * floor;
        let money = wh("money_ngwee") * 1000;
        // Less than a ngwee for each of the two days.
        assert!(low - 2000 < money && money < high + 2000, "{name}: {money} is not in {low}..{high}: {row}");
    }
    let plant: i64 = metered["KAB-GEN"].generation;
    assert_eq!(sum(json, "intervals", "generation_wh"), plant + sum(json, "meters", "generation_wh"), "{name}");
}

#[test]
fn every_connection_key_and_price_rule_keeps_the_laws() {
    let weights: String = (1..=20).map(|at| format!("KAB-{at:03},{}\n", 2000 + 150 * at)).collect();
    let weights = file("weights.csv", format!("meter_id,weight\n{weights}").as_bytes());
    let (readings, sites) = (data("sample_2days.csv"), data("sites.csv"));
    for connection in ["one_point", "separate", "off_grid"] {
        for key in ["equal", "ownership", "contribution_tiers", "consumption", "static", "hybrid"] {
            for price_rule in ["fixed", "mid_market", "supply_demand_ratio"] {
                let name = format!("{connection} {key} {price_rule}");
                let options = ["--connection", connection, "--sharing-key", key, "--price-rule", price_rule, "--service-charge", "20"];
                let files = ["--readings", &readings, "--sites", &sites, "--weights", &weights];
                let (json, code) = settle(&[&files[..], &options, &PRICES].concat());
                assert!(all_laws_hold(&json), "{name}: {}", json["checks"]);
                assert_eq!(code, 0, "{name}");
                check_sums(&json, &name);
                let inside = match (price_rule, connection) {
                    ("fixed", _) => Some(120),
                    ("mid_market", "off_grid") => Some(100),
                    ("mid_market", _) => Some(150),
                    _ => None,
                };
                check_sample(&json, connection, inside, &name);
                assert_eq!(json["assumptions"]["price_rule"], price_rule, "{name}");
                assert_eq!(rows(&json, "intervals").len(), 192, "{name}");
                assert_eq!(rows(&json, "intervals")[0]["interval_start"], "2025-09-14T22:00:00Z", "{name}");
            }
        }
    }
}

#[test]
fn a_battery_keeps_what_it_is_given_less_its_losses() {
    let (readings, sites) = (data("sample_2days.csv"), data("sites.csv"));
    for connection in ["one_point", "off_grid"] {
        for (grid, outages) in [("on", "0"), ("off", "0"), ("on", "12")] {
            let name = format!("{connection} grid {grid} outages {outages}");
            let files = ["--readings", &readings, "--sites", &sites, "--connection", connection, "--grid", grid];
            let battery = ["--battery-kwh", "12.5", "--battery-kw", "4", "--outages", outages, "--region", "kabwe"];
            let (json, code) = settle(&[&files[..], &battery, &PRICES].concat());
            assert!(all_laws_hold(&json) && code == 0, "{name}: {}", json["checks"]);
            check_sums(&json, &name);
            let end = &json["battery"]["end"];
            let flows = ["charged_wh", "discharged_wh", "loss_wh"].map(|field| sum(&json, "intervals", field));
            assert_eq!(flows[0] - flows[1] - flows[2], int(end, "common_wh") + int(end, "named_wh"), "{name}");
            assert!(flows[0] > 0 && flows[1] > 0 && flows[2] * 9 >= flows[0] - flows[2], "{name}: {flows:?}");
            let step_most = 1000;
            assert!(
                rows(&json, "intervals").iter().all(|row| int(row, "charged_wh") <= step_most && int(row, "discharged_wh") <= step_most),
                "{name}"
            );
            let supplied = rows(&json, "intervals").iter().any(|row| int(row, "imported_wh") > 0);
            assert_eq!(supplied, connection == "one_point" && grid == "on", "{name}");
        }
    }
}

/// Two members and a plant for two hours, worked by hand:
/// hour 1: A uses 1000, B 500, the plant gives 2000, 1000 each: A and B use their own, B's other 500 are sold.
/// hour 2: A uses 1000 and makes 300, the plant gives 600, 300 each: A is left with 400, B gives 300, 100 are bought.
#[test]
fn golden_hours() {
    let readings =
        hourly("golden.csv", &[("A", 10, 1000, 0), ("A", 11, 1000, 300), ("B", 10, 500, 0), ("B", 11, 0, 0), ("P", 10, 0, 2000), ("P", 11, 0, 600)]);
    let sites = file("golden-sites.csv", b"meter_id,kind\nA,home\nB,home\nP,shared_pv\n");
    let (json, code) = settle(&[&["--readings", &readings, "--sites", &sites, "--service-charge", "10"][..], &PRICES].concat());
    assert_eq!(code, 0);
    let meter = |id: &str, wh: [i64; 8], money: i64, alone: i64| {
        serde_json::json!({
            "meter_id": id, "consumption_wh": wh[0], "generation_wh": wh[1], "self_wh": wh[2], "own_share_wh": wh[3], "received_wh": wh[4],
            "given_wh": wh[5], "imported_wh": wh[6], "exported_wh": wh[7], "money_ngwee": money, "alone_ngwee": alone,
        })
    };
    // A: 100 bought at 200, 300 taken at 150, service on 1600; B: 500 sold at 100, 300 given at 150, service on 500.
    let meters = [meter("A", [2000, 300, 300, 1300, 300, 0, 100, 0], 81, 340), meter("B", [500, 0, 0, 500, 0, 300, 0, 500], -90, 100)];
    assert_eq!(json["meters"], serde_json::json!(meters));
    let interval = |start: &str, wh: [i64; 6]| {
        serde_json::json!({
            "interval_start": start, "generation_wh": wh[0], "consumption_wh": wh[1], "self_wh": wh[2], "shared_wh": wh[3], "charged_wh": 0,
            "discharged_wh": 0, "loss_wh": 0, "exported_wh": wh[4], "imported_wh": wh[5], "curtailed_wh": 0, "unserved_wh": 0,
        })
    };
    let intervals =
        [interval("2025-09-15T08:00:00Z", [2000, 1500, 0, 1500, 500, 0]), interval("2025-09-15T09:00:00Z", [900, 1000, 300, 600, 0, 100])];
    assert_eq!(json["intervals"], serde_json::json!(intervals));
    assert_eq!([int(&json["totals"], "import_ngwee"), int(&json["totals"], "export_ngwee"), int(&json["totals"], "service_ngwee")], [20, 50, 21]);
}

/// 2 kWh of sun, a battery that takes 1 kW and keeps nine tenths, then 1 kWh of need.
#[test]
fn golden_battery() {
    let readings = hourly("battery.csv", &[("A", 10, 0, 0), ("A", 11, 1000, 0), ("P", 10, 0, 2000), ("P", 11, 0, 0)]);
    let sites = file("battery-sites.csv", b"meter_id,kind\nA,home\nP,shared_pv\n");
    let battery = ["--battery-kwh", "10", "--battery-kw", "1.000", "--reserve-percent", "0"];
    let (json, code) = settle(&[&["--readings", &readings, "--sites", &sites][..], &battery, &PRICES].concat());
    assert_eq!(code, 0);
    let flows =
        |at: usize| ["charged_wh", "loss_wh", "exported_wh", "discharged_wh", "imported_wh"].map(|field| int(&rows(&json, "intervals")[at], field));
    assert_eq!((flows(0), flows(1)), ([1000, 100, 1000, 0, 0], [0, 0, 0, 900, 100]));
    // The reserve of a fifth, 2 kWh, is kept while the grid is there.
    let (json, _) = settle(&[&["--readings", &readings, "--sites", &sites][..], &battery[..4], &PRICES].concat());
    assert_eq!(int(&json["totals"], "discharged_wh"), 0);
}

#[test]
fn the_order_of_rows_and_packing_change_nothing() {
    let text = std::fs::read_to_string(data("sample_2days.csv")).expect("the sample");
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    let sites = data("sites.csv");
    let sorted = data("sample_2days.csv");
    let (expected, _) = settle(&[&["--readings", &sorted, "--sites", &sites][..], &PRICES].concat());
    // A step that shares no factor with the 4032 rows visits each once.
    let mixed: Vec<&str> = (0..lines.len()).map(|at| lines[at * 2531 % lines.len()]).collect();
    lines.reverse();
    for (name, lines) in [("reversed.csv", lines), ("mixed.csv", mixed)] {
        let content = format!("{HEADER}{}\n", lines.join("\n"));
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(content.as_bytes()).expect("memory");
        let readings = file(&format!("{name}.gz"), &packer.finish().expect("memory"));
        let (json, code) = settle(&[&["--readings", &readings, "--sites", &sites][..], &PRICES].concat());
        assert!(code == 0 && json == expected, "{name}");
    }
}

#[test]
fn missing_readings_are_estimated_and_told() {
    let day = |meter, day: i64, wh: i64| [(meter, day * 24, wh, 0), (meter, day * 24 + 1, 5, 0)];
    let mut all = [day("A", 0, 100), day("A", 1, 201), day("B", 0, 7), day("B", 1, 7), day("B", 2, 7)].concat();
    all.push(("A", 49, 5, 0));
    let readings = hourly("gap.csv", &all);
    let (json, code) = settle(&[&["--readings", &readings][..], &PRICES].concat());
    assert_eq!((code, int(&json, "estimated")), (0, 1));
    // (100 + 201) / 2 = 150.5, half to even.
    assert_eq!(int(&rows(&json, "meters")[0], "consumption_wh"), 100 + 201 + 150 + 3 * 5);
    let gap = rows(&json, "gaps")
        .iter()
        .find(|gap| gap["meter_id"] == "A" && gap["from"] == "2025-09-16T22:00:00Z" || gap["until"] == "2025-09-16T23:00:00Z");
    assert_eq!(gap.expect("the gap")["filled"], "estimated");
    assert_eq!(int(&json["totals"], "skipped_intervals"), 44);
    assert!(codes(&json, "warnings").contains(&"intervals_skipped".to_owned()));

    // A meter that comes on the third day was not there before.
    let mut late = [day("A", 0, 10), day("A", 1, 10), day("A", 2, 10)].concat();
    late.extend(day("B", 2, 10));
    let (json, _) = settle(&[&["--readings", &hourly("late.csv", &late)][..], &PRICES].concat());
    assert_eq!((int(&json, "estimated"), rows(&json, "gaps").iter().filter(|gap| gap["filled"] == "absent").count()), (0, 1));
    assert!(codes(&json, "warnings").contains(&"meter_partly_absent".to_owned()));
}

#[test]
fn refused_rows_are_listed_and_do_not_stop_the_run() {
    let text = format!(
        "{HEADER}A,2025-09-15T00:00:00+02:00,10,0\nA,2025-09-15T00:15:00+02:00,-3,0\nA,2025-09-15T00:20:00+02:00,3,0\n\
         A,2025-09-15T00:30:00+02:00,10,0\nA,2025-09-15T00:45:00+02:00,25001,0\nA,2025-09-15T01:00:00+02:00,abc,0\nA,2025-09-15T01:15:00+02:00,4\n\
         A,yesterday,4,0\nX,2025-09-15T00:00:00+02:00,4,0\nA,2125-09-15T00:00:00+02:00,4,0\nA,2025-09-15T01:30:00+02:00,10,0\n\
         A,2025-09-15T01:45:00+02:00,10,0\n\"A,2025-09-15T02:00:00+02:00,10,0\n"
    );
    let (readings, sites) = (file("refused.csv", text.as_bytes()), file("refused-sites.csv", b"meter_id,kind\nA,home\nZ,home\n"));
    let list = Path::new(env!("CARGO_TARGET_TMPDIR")).join("settle-refused-list.csv").to_string_lossy().into_owned();
    let (json, code) = settle(&[&["--readings", &readings, "--sites", &sites, "--refused", &list][..], &PRICES].concat());
    assert_eq!(code, 0);
    let found: Vec<(i64, &str)> = rows(&json, "refused").iter().map(|row| (int(row, "line"), row["code"].as_str().expect("a code"))).collect();
    let expected = [
        (3, "value_negative"),
        (4, "step_mismatch"),
        (6, "value_absurd"),
        (7, "value_invalid"),
        (8, "row_malformed"),
        (9, "timestamp_invalid"),
        (10, "meter_unknown"),
        (11, "in_future"),
        (14, "row_malformed"),
    ];
    assert_eq!(found, expected);
    assert!(rows(&json, "refused").iter().all(|row| row["reason"].as_str().is_some_and(|reason| reason.len() > 20) && row["meter_id"].is_string()));
    let written = std::fs::read_to_string(list).expect("the list");
    assert_eq!(written.lines().count(), 1 + expected.len());
    assert!(written.starts_with("line,meter_id,code,reason,row\n3,A,value_negative,"), "{written}");
}

#[test]
fn rows_of_another_step_are_refused_one_by_one() {
    let quarter = |meter: &str, minutes: std::ops::Range<i64>, step: i64| -> String {
        let row = |at: i64| format!("{meter},2025-09-15T{:02}:{:02}:00+02:00,100,0\n", at / 60, at % 60);
        minutes.filter(|at| at % step == 0).map(row).collect()
    };
    let text = format!("{HEADER}{}{}{}", quarter("A", 0..600, 15), quarter("B", 0..300, 15), quarter("C", 0..600, 60));
    let text = format!("{text}{}", quarter("B", 300..1000, 60));
    let (json, code) = settle(&[&["--readings", &file("mixed-steps.csv", text.as_bytes())][..], &PRICES].concat());
    assert_eq!(code, 0);
    let count = |meter: &str| rows(&json, "refused").iter().filter(|row| row["meter_id"] == meter && row["code"] == "step_mismatch").count();
    assert_eq!([count("A"), count("B"), count("C")], [0, 12, 10]);
    assert_eq!(rows(&json, "meters").len(), 2, "C has no reading left");
}

#[test]
fn a_later_row_corrects_and_a_repeated_one_does_no_harm() {
    let readings = hourly("again.csv", &[("A", 0, 10, 0), ("A", 1, 20, 0), ("A", 0, 10, 0), ("A", 1, 30, 1)]);
    let (json, code) = settle(&[&["--readings", &readings][..], &PRICES].concat());
    assert_eq!((code, int(&json, "duplicates"), int(&rows(&json, "meters")[0], "consumption_wh")), (0, 1, 40));
    let row = &rows(&json, "corrected")[0];
    assert_eq!((int(row, "consumption_before_wh"), int(row, "consumption_wh"), int(row, "generation_wh")), (20, 30, 1));
    assert_eq!(codes(&json, "warnings"), ["rows_corrected"]);
}

#[test]
fn registers_are_read_as_well() {
    let text = "meter_id,read_at,consumption_register_wh,generation_register_wh\nA,2025-09-15T00:00:00+02:00,1000,0\n\
                A,2025-09-15T00:15:00+02:00,1100,0\nA,2025-09-15T00:30:00+02:00,1250,50\n";
    let (json, code) = settle(&[&["--readings", &file("registers.csv", text.as_bytes())][..], &PRICES].concat());
    let meter = &rows(&json, "meters")[0];
    assert_eq!((code, int(meter, "consumption_wh"), int(meter, "generation_wh"), int(meter, "self_wh")), (0, 250, 50, 50));
}

/// 150 kWh in September 2025 in Kabwe: 100 at 40 and 50 at 85 ngwee; 10 more on the first of October at 40 again.
#[test]
fn a_tariff_replays_its_bands_by_month() {
    let mut all: Vec<(&str, i64, i64, i64)> = (0..3).map(|hour| ("A", hour, 50_000, 0)).collect();
    all.push(("A", 15 * 24 + 24, 10_000, 0));
    let text = std::fs::read_to_string(hourly("bands.csv", &all)).expect("written").replace("2025-09-31", "2025-10-01");
    let readings = file("bands.csv", text.as_bytes());
    let region = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regions/kabwe.toml").to_string_lossy().into_owned();
    for tariff in ["kabwe", &region] {
        let (json, code) = settle(&["--readings", &readings, "--tariff", tariff, "--connection", "separate"]);
        let meter = &rows(&json, "meters")[0];
        assert_eq!((code, int(meter, "money_ngwee"), int(meter, "alone_ngwee")), (0, 4000 + 4250 + 400, 8650), "{tariff}");
        assert_eq!((rows(&json, "months").len(), &json["assumptions"]["tariff"]), (2, &Value::from("kabwe")));
        assert_eq!(int(&json["assumptions"], "outage_cap_ngwee"), 639);
    }
    // The two prices may stand beside a tariff and do not count.
    let (json, _) = settle(&[&["--readings", &readings, "--tariff", "kabwe"][..], &PRICES].concat());
    assert_eq!(int(&rows(&json, "meters")[0], "money_ngwee"), 8650);
    assert!(codes(&json, "warnings").contains(&"prices_replaced".to_owned()));
}

/// Two homes of 120 kWh each: alone 100 at 40 and 20 at 85; as one customer 240 kWh climb to the third band.
#[test]
fn a_broken_law_is_exit_code_one() {
    let all: Vec<(&str, i64, i64, i64)> = ["A", "B"].iter().flat_map(|&meter| (0..3).map(move |hour| (meter, hour, 40_000, 0))).collect();
    let readings = hourly("one-customer.csv", &all);
    let (json, code) = settle(&["--readings", &readings, "--tariff", "kabwe", "--bands", "connection"]);
    assert_eq!((code, &json["checks"]["not_worse_than_alone"], &json["checks"]["money_balanced"]), (1, &Value::Bool(false), &Value::Bool(true)));
    assert_eq!((sum(&json, "meters", "money_ngwee"), sum(&json, "meters", "alone_ngwee")), (4000 + 8500 + 40 * 194, 2 * (4000 + 1700)));
    assert_eq!(rows(&json["months"][0], "worse").len(), 2);
    let (_, code) = settle(&["--readings", &readings, "--tariff", "kabwe"]);
    assert_eq!(code, 0);
}

#[test]
fn outages_follow_the_calendar_of_the_region() {
    let (readings, sites) = (data("sample_2days.csv"), data("sites.csv"));
    let base = ["--readings", &readings, "--sites", &sites, "--region", "kabwe", "--outages", "12"];
    let (json, code) = settle(&[&base[..], &PRICES].concat());
    assert_eq!(code, 0);
    for row in rows(&json, "intervals") {
        let hour: i64 = row["interval_start"].as_str().expect("a time")[11..13].parse().expect("an hour");
        let local = (hour + 2) % 24;
        // Group A: 06-10, 14-18, 22-02.
        let is_out = (6..10).contains(&local) || (14..18).contains(&local) || !(2..22).contains(&local);
        let through_grid = int(row, "imported_wh") + int(row, "exported_wh");
        let without_grid = int(row, "curtailed_wh") + int(row, "unserved_wh");
        assert!(if is_out { through_grid == 0 } else { without_grid == 0 }, "{row}");
    }
    let served: i64 = sum(&json, "details", "served_minutes");
    assert!(served > sum(&json, "details", "alone_served_minutes") && served < sum(&json, "details", "outage_minutes"));
    // Wires that cannot stand alone serve nobody.
    let (json, _) = settle(&[&base[..], &["--can-island", "off"], &PRICES].concat());
    assert_eq!((sum(&json, "details", "served_minutes"), code), (0, 0));
    // Another group is off at other hours.
    let (json, _) = settle(&[&base[..], &["--outage-group", "B"], &PRICES].concat());
    assert_eq!(int(&rows(&json, "intervals")[0], "unserved_wh"), 0, "group B has supply at midnight");
}

#[test]
fn an_export_price_above_the_import_price_is_told_and_nothing_is_given() {
    let (readings, sites) = (data("sample_2days.csv"), data("sites.csv"));
    let args = ["--readings", &readings, "--sites", &sites, "--import-price", "100", "--export-price", "150", "--json"];
    let output = run(&args);
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!((sum(&json, "meters", "given_wh"), codes(&json, "warnings")), (0, vec!["export_above_import".to_owned()]));
    let told = String::from_utf8(output.stderr).expect("text");
    assert!(told.starts_with("warning[export_above_import]: ") && told.contains("\nnext: "), "{told}");
}

#[test]
fn weights_are_the_members() {
    let rows_of = [("A", 0, 1000, 0), ("A", 1, 1000, 0), ("B", 0, 1000, 0), ("B", 1, 1000, 0), ("P", 0, 0, 1000), ("P", 1, 0, 1001)];
    let readings = hourly("weighted.csv", &rows_of);
    let sites = file("weighted-sites.csv", b"meter_id,kind\nA,home\nB,home\nP,shared_pv\n");
    let shares = |key: &str, weights: &str| {
        let weights = file(&format!("weights-{key}-{}.csv", weights.len()), format!("meter_id,weight\n{weights}").as_bytes());
        let (json, code) =
            settle(&[&["--readings", &readings, "--sites", &sites, "--sharing-key", key, "--weights", &weights][..], &PRICES].concat());
        assert_eq!(code, 0);
        let shares: Vec<i64> = rows(&json, "meters").iter().map(|row| int(row, "own_share_wh")).collect();
        (shares, codes(&json, "warnings"))
    };
    // 1000 and 1001 by 3 : 1, the last Wh to the larger remainder.
    assert_eq!(shares("static", "A,3\nB,1\n"), (vec![750 + 751, 250 + 250], vec![]));
    assert_eq!(shares("ownership", "B,1\nA,0\n").0, [0, 2000]);
    assert_eq!(shares("contribution_tiers", "A,3\nB,1\nQ,9\n"), (vec![1501, 500], vec!["weight_unknown_meter".to_owned()]));
    // Half by 3 : 1, half by equal use: 5 : 3.
    assert_eq!(shares("hybrid", "A,3\nB,1\n").0, [625 + 626, 375 + 375]);
    assert_eq!(shares("equal", "A,3\nB,1\n"), (vec![500 + 501, 500 + 500], vec!["weights_unused".to_owned()]));
}

/// Arguments that must be refused with this code; `{…}` names a file of the table below.
const REFUSED: &[(&str, &str)] = &[
    ("--readings {missing}", "file_not_found"),
    ("--readings {folder}", "file_is_folder"),
    ("--readings {empty}", "file_empty"),
    ("--readings {header}", "file_empty"),
    ("--readings {columns}", "header_wrong"),
    ("--readings {semicolons}", "header_wrong"),
    ("--readings {binary}", "file_not_text"),
    ("--readings {cut}", "file_truncated"),
    ("--readings {damaged}", "file_damaged"),
    ("--readings {five}", "step_unknown"),
    ("--readings {hopeless}", "no_readings"),
    ("--readings {good} --sites {others}", "no_readings"),
    ("--readings {good} --sites {plants}", "no_members"),
    ("--readings {good} --sites {columns}", "header_wrong"),
    ("--readings {good} --sites {twice}", "site_duplicate"),
    ("--readings {good} --sites {missing}", "file_not_found"),
    ("--readings {good} --sharing-key static", "weights_missing"),
    ("--readings {good} --sharing-key ownership", "weights_missing"),
    ("--readings {good} --sharing-key contribution_tiers", "weights_missing"),
    ("--readings {good} --sharing-key static --weights {zero}", "zero_weight"),
    ("--readings {good} --sharing-key static --weights {part}", "weight_missing_member"),
    ("--readings {good} --sharing-key static --weights {fraction}", "weight_invalid"),
    ("--readings {good} --sharing-key static --weights {negative}", "weight_negative"),
    ("--readings {good} --sharing-key static --weights {columns}", "header_wrong"),
    ("--readings {good} --battery-kwh 10", "battery_incomplete"),
    ("--readings {good} --battery-kw 10", "battery_incomplete"),
    ("--readings {good} --battery-kwh 0 --battery-kw 1", "battery_invalid"),
    ("--readings {good} --battery-kwh -5 --battery-kw 1", "battery_invalid"),
    ("--readings {good} --battery-kwh 5 --battery-kw 0.0001", "battery_invalid"),
    ("--readings {good} --battery-kwh ten --battery-kw 1", "battery_invalid"),
    ("--readings {good} --battery-kwh 5 --battery-kw 1 --efficiency-percent 101", "battery_invalid"),
    ("--readings {good} --battery-kwh 5 --battery-kw 1 --reserve-percent -1", "battery_invalid"),
    ("--readings {good} --battery-kwh 5 --battery-kw 1 --connection separate", "battery_needs_wires"),
    ("--readings {good} --service-charge -1", "price_out_of_range"),
    ("--readings {good} --price-rule fixed --fixed-price -1", "price_out_of_range"),
    ("--readings {good} --import-price -1", "price_out_of_range"),
    ("--readings {good} --export-price 99999999", "price_out_of_range"),
    ("--readings {good} --meter-limit-kw 0", "meter_limit_invalid"),
    ("--readings {good} --tariff atlantis", "region_unknown"),
    ("--readings {good} --tariff {gap}", "tariff_gap"),
    ("--readings {good} --tariff {binary}", "region_syntax"),
    ("--readings {old} --tariff kabwe", "tariff_gap"),
    ("--readings {good} --tariff kabwe --bands connection --connection separate", "bands_need_connection"),
    ("--readings {good} --outages 12", "outage_region_missing"),
    ("--readings {good} --outages 5 --region kabwe", "outage_scenario_unknown"),
    ("--readings {good} --outages 12 --region kabwe --outage-group Q", "outage_scenario_unknown"),
    ("--readings {crowd}", "members_too_many"),
    ("--readings {years}", "run_too_long"),
    ("--readings {good} --connection wireless", "usage"),
    ("--readings {good} --import-price cheap", "usage"),
    ("--readings {good} --fixed-prise 3", "usage"),
    ("", "usage"),
];

fn bad_files() -> BTreeMap<&'static str, String> {
    let good = format!("{HEADER}A,2025-09-15T00:00:00+02:00,10,0\nA,2025-09-15T00:15:00+02:00,10,0\nB,2025-09-15T00:00:00+02:00,10,0\n");
    let packed = std::fs::read(data("kab_15min.csv.gz")).expect("readings");
    let mut damaged = packed.clone();
    damaged[packed.len() / 2..packed.len() / 2 + 64].fill(0xff);
    let region = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regions/kabwe.toml")).expect("a region");
    let gap = region.replace("until = \"2024-11-01\"", "until = \"2024-10-01\"");
    assert_ne!(gap, region);
    let mut files: BTreeMap<&'static str, String> = [
        ("good", good.as_str()),
        ("old", &good.replace("2025", "2019")),
        ("empty", ""),
        ("header", HEADER),
        ("columns", "meter,when,used\nA,2025-09-15T00:00:00+02:00,10\n"),
        ("semicolons", &good.replace(',', ";")),
        ("binary", "\0\u{1}\0\u{2}"),
        ("five", &good.replace(":15:00", ":05:00")),
        ("hopeless", &good.replace(",10,", ",-10,")),
        ("others", "meter_id,kind\nC,home\n"),
        ("plants", "meter_id,kind\nA,shared_pv\nB,shared_pv\n"),
        ("twice", "meter_id,kind\nA,home\nA,home\n"),
        ("zero", "meter_id,weight\nA,0\nB,0\n"),
        ("part", "meter_id,weight\nA,1\n"),
        ("fraction", "meter_id,weight\nA,0.5\nB,1\n"),
        ("negative", "meter_id,weight\nA,-5\nB,1\n"),
        ("gap", &gap),
    ]
    .into_iter()
    .map(|(name, content)| (name, file(&format!("bad-{name}"), content.as_bytes())))
    .collect();
    let crowd: String = (0..=1000).map(|at| format!("M{at},2025-09-15T00:00:00+02:00,1,0\n")).collect();
    files.insert("crowd", file("bad-crowd", format!("{HEADER}{crowd}").as_bytes()));
    let hours = (0..24 * 1001).map(|hour: i64| quantity::Instant(1_600_000_000_000 / 3_600_000 * 3_600_000 + hour * 3_600_000));
    let years: String = hours.map(|start| format!("A,{start},1,0\n")).collect();
    files.insert("years", file("bad-years", format!("{HEADER}{years}").as_bytes()));
    files.insert("cut", file("bad-cut", &packed[..packed.len() / 2]));
    files.insert("damaged", file("bad-damaged", &damaged));
    files.insert("missing", "no/such/file.csv".to_owned());
    files.insert("folder", env!("CARGO_TARGET_TMPDIR").to_owned());
    files
}

#[test]
fn bad_input_gets_a_code_and_a_next_step() {
    let files = bad_files();
    for (line, code) in REFUSED {
        let mut line = (*line).to_owned();
        for (name, path) in &files {
            line = line.replace(&format!("{{{name}}}"), path);
        }
        let mut args: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        for pair in PRICES.chunks(2) {
            if !args.contains(&pair[0]) {
                args.extend(pair);
            }
        }
        let output = run(&args);
        let told = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{line}: {told}");
        assert!(told.starts_with(&format!("error[{code}]: ")), "{line}: {told}");
        let next = told.lines().last().expect("a line");
        assert!(next.starts_with("next: ") && next.len() > 15 && !told.contains('\0'), "{line}: {told}");
        assert!(!told.contains("report this message"), "{code} has no next step of its own");
        assert!(output.stdout.is_empty(), "{line}");
    }
}

#[test]
fn prices_are_needed_without_a_tariff() {
    let readings = hourly("priceless.csv", &[("A", 0, 1, 0), ("A", 1, 1, 0)]);
    for args in [&["--readings", &readings][..], &["--readings", &readings, "--import-price", "200"]] {
        let output = run(args);
        assert!(output.status.code() == Some(2) && output.stderr.starts_with(b"error[price_missing]: "), "{args:?}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_the_surroundings() {
    let readings = hourly("unwritable.csv", &[("A", 0, 1, 0), ("A", 1, 1, 0)]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let args = ["settle", "--readings", &readings, "--json"];
    let output = Command::new(env!("CARGO_BIN_EXE_innerlectra")).args(args).args(PRICES).stdout(full).output().expect("the program runs");
    assert!(output.status.code() == Some(3) && output.stderr.starts_with(b"error[output_failed]: "), "{output:?}");
}

#[test]
fn people_get_a_table() {
    let (readings, sites) = (data("sample_2days.csv"), data("sites.csv"));
    let output = run(&[&["--readings", &readings, "--sites", &sites][..], &PRICES].concat());
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success() && output.stderr.is_empty());
    for part in
        ["20 members, 192 intervals of 15 minutes", "one_point, key equal, price mid_market", "KAB-020", "members alone", "4032 rows read, 0 refused"]
    {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert_eq!(text.matches("holds ").count(), 6, "{text}");
    let help = String::from_utf8(run(&["--help"]).stdout).expect("text");
    assert!(help.contains("Exit codes:") && help.contains("[default: one_point]"), "{help}");
}
