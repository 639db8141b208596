use super::*;
use crate::block::{Block, MergeOutcome};
use crate::csv::CsvReader;
use crate::parse_rfc3339;
use crate::validate::{MeterDirectory, ValidationContext};
use quantity::UtcOffset;

fn validator(step: Step) -> Validator {
    let now = parse_rfc3339("2025-10-01T00:00:00Z").expect("a time").0;
    Validator::new(ValidationContext::new(step, now, UtcOffset::LUSAKA), MeterDirectory::open())
}

fn import(text: &str, step: Step) -> (Import, Vec<RefusedRow>) {
    let mut refused = Vec::new();
    let mut csv = CsvReader::new(text.as_bytes()).expect("a file");
    let import = read(&mut csv, &mut validator(step), &BTreeMap::new(), |row| refused.push(row)).expect("reads");
    (import, refused)
}

/// Rows of `meter` at each of `minutes` after midnight UTC.
fn rows(meter: &str, minutes: impl IntoIterator<Item = i64>) -> String {
    minutes.into_iter().map(|m| format!("{meter},2025-09-01T{:02}:{:02}:00Z,{m},0\n", m / 60, m % 60)).collect()
}

const HEADER: &str = "meter_id,interval_start,consumption_wh,generation_wh\n";

fn counts(import: &Import) -> Vec<(&'static str, u64)> {
    import.report.refused.iter().map(|(&code, &count)| (code, count)).collect()
}

#[test]
fn batches_come_by_interval_and_meter() {
    let text = format!("{HEADER}{}{}", rows("B", (0..60).step_by(15)), rows("A", (15..60).step_by(15)));
    let (import, refused) = import(&text, Step::Min15);
    assert!(refused.is_empty());
    let batches: Vec<Vec<i64>> = import.batches().map(|(_, batch)| batch.iter().map(|r| r.meter.get()).collect()).collect();
    assert_eq!(batches, [vec![1], vec![1, 2], vec![1, 2], vec![1, 2]]);
    assert_eq!((import.report.missing(), import.report.gaps[0].meter_id.as_str()), (1, "A"));
    for (start, batch) in import.batches() {
        let mut block = Block::new(start, Step::Min15).expect("aligned");
        assert!(block.merge(batch, start).expect("merges").iter().all(|outcome| *outcome == MergeOutcome::Accepted));
    }
}

#[test]
fn a_meter_in_another_step_is_refused_whole() {
    let quarter = || (0..600).step_by(15);
    let mixed = format!("{HEADER}{}{}{}", rows("A", quarter()), rows("B", quarter()), rows("HOURLY", (0..600).step_by(60)));
    let (hourly, refused) = import(&mixed, Step::Min15);
    assert_eq!((hourly.readings.len(), counts(&hourly)), (80, vec![("step_mismatch", 10)]));
    assert!(refused.iter().all(|row| row.meter_id == "HOURLY"));
    assert_eq!((refused[1].line, refused[1].text.as_str()), (83, "HOURLY,2025-09-01T01:00:00Z,60,0"));

    let hours = || (0..1200).step_by(60);
    let mixed = format!("{HEADER}{}{}{}", rows("A", hours()), rows("B", hours()), rows("QUARTERLY", (0..120).step_by(15)));
    let (quarterly, _) = import(&mixed, Step::Min60);
    assert_eq!((quarterly.readings.len(), counts(&quarterly)), (40, vec![("step_mismatch", 8)]));

    let (other, _) = import(&format!("{HEADER}{}", rows("A", quarter())), Step::Min60);
    assert_eq!((other.readings.len(), counts(&other)), (0, vec![("step_mismatch", 40)]));
}

#[test]
fn the_row_that_arrived_last_wins() {
    let text = "meter_id,interval_start,consumption_wh,generation_wh,received_at\n\
                A,2025-09-01T00:00:00Z,7,0,2025-09-01T02:00:00Z\nA,2025-09-01T00:00:00Z,5,0,2025-09-01T00:16:00Z\n";
    let (import, _) = import(text, Step::Min15);
    assert_eq!(import.readings.iter().map(|r| r.consumption.0).collect::<Vec<_>>(), [5, 7]);
}

#[test]
fn registers_become_readings_and_leave_bases() {
    let header = "meter_id,read_at,consumption_register_wh,generation_register_wh\n";
    let first = format!(
        "{header}A,2025-09-01T00:00:02Z,1000,10\nA,2025-09-01T00:15:01Z,1040,10\nA,2025-09-01T00:45:00Z,1050,13\nB,2025-09-01T00:00:00Z,5,5\n"
    );
    let (one, refused) = import(&first, Step::Min15);
    let shown = |import: &Import| -> Vec<String> {
        import.readings.iter().map(|r| format!("{} {} {} {}", r.start, r.consumption.0, r.generation.0, r.quality)).collect()
    };
    assert!(refused.is_empty());
    assert_eq!(shown(&one), ["2025-09-01T00:00:00Z 40 0 register", "2025-09-01T00:15:00Z 5 2 spread", "2025-09-01T00:30:00Z 5 1 spread"]);
    assert_eq!((one.report.rows, one.report.register_bases, one.bases.len()), (4, 2, 2));

    let second = format!("{header}A,2025-09-01T01:00:00Z,1051,13\nA,2025-09-01T01:15:00Z,3,13\n");
    let mut csv = CsvReader::new(second.as_bytes()).expect("a file");
    let two = read(&mut csv, &mut validator(Step::Min15), &one.bases, |_| {}).expect("reads");
    assert_eq!((shown(&two), counts(&two)), (vec!["2025-09-01T00:45:00Z 1 0 register".to_owned()], vec![("register_backwards", 1)]));
}

#[test]
fn a_batch_of_a_program_goes_the_same_way() {
    let at = |text: &str| parse_rfc3339(text).expect("a time").0;
    let row = |meter_id, start, consumption| RowValues { meter_id, start: at(start), consumption, generation: 0, received_at: None };
    let mut refused = Vec::new();
    let rows = [row("A", "2025-09-30T23:45:00Z", 5), row("A", "2025-10-01T00:00:00Z", 5), row("A", "2025-09-30T23:30:00Z", -5)];
    let import = collect(rows, &mut validator(Step::Min15), |row| refused.push(row));
    assert_eq!(import.readings.len(), 1);
    let told: Vec<(u64, &str, &str)> = refused.iter().map(|row| (row.line, row.reason.code(), row.text.as_str())).collect();
    assert_eq!(told, [(2, "in_future", "A,2025-10-01T00:00:00Z,5,0"), (3, "value_negative", "A,2025-09-30T23:30:00Z,-5,0")]);
}

#[test]
fn gaps_count_only_while_a_meter_is_assigned() {
    let mut meters = MeterDirectory::new();
    let at = |text: &str| parse_rfc3339(text).expect("a time").0;
    meters.insert("A", MeterEntry::always(MeterNo::new(1).expect("one")));
    let mut joined = MeterEntry::always(MeterNo::new(2).expect("two"));
    joined.assigned = vec![crate::validate::Assignment { from: at("2025-09-01T02:00:00Z"), until: Some(at("2025-09-01T03:00:00Z")) }];
    meters.insert("B", joined);
    let text = format!("{HEADER}{}{}", rows("A", (0..600).step_by(15)), rows("B", [120, 165, 180]));
    let now = at("2025-10-01T00:00:00Z");
    let mut validator = Validator::new(ValidationContext::new(Step::Min15, now, UtcOffset::UTC), meters);
    let mut csv = CsvReader::new(text.as_bytes()).expect("a file");
    let import = read(&mut csv, &mut validator, &BTreeMap::new(), |_| {}).expect("reads");
    assert_eq!(counts(&import), [("meter_not_assigned", 1)]);
    let gaps: Vec<(&str, i64)> = import.report.gaps.iter().map(|gap| (gap.meter_id.as_str(), gap.missing)).collect();
    assert_eq!(gaps, [("B", 2)]);
}

#[test]
fn a_file_that_is_cut_gives_nothing() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(format!("{HEADER}{}", rows("A", (0..600).step_by(15))).as_bytes()).expect("memory");
    let packed = packed.finish().expect("memory");
    let mut csv = CsvReader::new(&packed[..packed.len() - 9]).expect("a header");
    let error = read(&mut csv, &mut validator(Step::Min15), &BTreeMap::new(), |_| {}).expect_err("cut");
    assert_eq!(error.code(), "file_truncated");
}
