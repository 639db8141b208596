//! The shipped files, read the way an import reads them. What the fault files must give is taken from their labels and from a plain
//! recount of their rows, never from the code under test.

use metering::block::Block;
use metering::csv::CsvReader;
use metering::import::{self, Import};
use metering::validate::{MeterDirectory, ValidationContext, Validator};
use metering::{ImportReport, RefusedRow, parse_rfc3339};
use quantity::{Instant, Step, UtcOffset};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../data").join(name)
}

fn at(text: &str) -> Instant {
    parse_rfc3339(text).expect("a time").0
}

/// A CSV file as maps of its columns, by the general reader.
fn table(name: &str) -> Vec<BTreeMap<String, String>> {
    let file = File::open(data(name)).expect(name);
    let input: Box<dyn std::io::Read> = if name.ends_with(".gz") { Box::new(flate2::read::GzDecoder::new(file)) } else { Box::new(file) };
    let mut reader = csv::Reader::from_reader(input);
    let names: Vec<String> = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| names.iter().cloned().zip(row.expect("a row").iter().map(str::to_owned)).collect());
    rows.collect()
}

struct Walked {
    import: Import,
    report: ImportReport,
    refused: Vec<RefusedRow>,
    blocks: BTreeMap<Instant, Block>,
}

/// Reads a file and merges it into `blocks`.
fn walk(name: &str, has_arrivals: bool, mut blocks: BTreeMap<Instant, Block>) -> Walked {
    let mut csv = CsvReader::new(File::open(data(name)).expect(name)).expect("a header");
    let mut context = ValidationContext::new(Step::Min15, at("2025-11-01T00:00:00+02:00"), csv.offset().expect("rows"));
    if !has_arrivals {
        context.late_after_ms = None;
    }
    let mut validator = Validator::new(context, MeterDirectory::open());
    let mut refused = Vec::new();
    let import = import::read(&mut csv, &mut validator, &BTreeMap::new(), |row| refused.push(row)).expect("reads");
    let mut report = import.report.clone();
    for (start, batch) in import.batches() {
        let block = blocks.entry(start).or_insert_with(|| Block::new(start, Step::Min15).expect("aligned"));
        let outcomes = block.merge(batch, context.now).expect("merges");
        batch.iter().zip(outcomes).for_each(|(reading, outcome)| report.record(reading, outcome));
    }
    Walked { import, report, refused, blocks }
}

fn refused_of(walked: &Walked, code: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in walked.refused.iter().filter(|row| row.reason.code() == code) {
        *counts.entry(row.meter_id.clone()).or_default() += 1;
    }
    counts
}

struct Label {
    meter: String,
    start: Instant,
    end: Instant,
    parameters: String,
}

impl Label {
    fn of(fault: &str) -> Self {
        let row = table("faults/labels.csv").into_iter().find(|row| row["fault"] == fault).expect(fault);
        Self { meter: row["meter_id"].clone(), start: at(&row["start"]), end: at(&row["end"]), parameters: row["parameters"].clone() }
    }

    /// Intervals from start to end.
    fn slots(&self) -> u64 {
        self.end.ms_since(self.start).unsigned_abs() / 900_000
    }

    fn parameter(&self) -> &str {
        self.parameters.split_once('=').expect("a parameter").1
    }
}

/// Repeated rows of each meter: those that say the same, and those that say something else.
fn repeats() -> (BTreeMap<String, u64>, BTreeMap<String, u64>) {
    let mut seen: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    let (mut same, mut other) = (BTreeMap::new(), BTreeMap::new());
    for row in table("faults/received.csv.gz") {
        let values = (row["consumption_wh"].clone(), row["generation_wh"].clone());
        let before = seen.entry((row["meter_id"].clone(), row["interval_start"].clone())).or_default();
        if !before.is_empty() {
            let counts = if before.contains(&values) { &mut same } else { &mut other };
            *counts.entry(row["meter_id"].clone()).or_default() += 1;
        }
        before.push(values);
    }
    (same, other)
}

#[test]
fn faults_are_found_and_counted_as_labelled() {
    let walked = walk("faults/received.csv.gz", true, BTreeMap::new());
    let rows = table("faults/received.csv.gz").len() as u64;
    assert_eq!((walked.report.rows, walked.refused.len() as u64), (rows, walked.report.refused_rows()));

    let skew = Label::of("clock_skew");
    assert_eq!(refused_of(&walked, "step_mismatch"), BTreeMap::from([(skew.meter.clone(), skew.slots())]));
    let spike = Label::of("spike");
    assert_eq!(refused_of(&walked, "value_absurd"), BTreeMap::from([(spike.meter.clone(), spike.parameter().parse().expect("a count"))]));
    assert_eq!(walked.report.refused.len(), 2);

    let (same, other) = repeats();
    assert_eq!(same.keys().collect::<Vec<_>>(), [&Label::of("duplicate_same").meter]);
    assert_eq!(other.keys().collect::<Vec<_>>(), [&Label::of("duplicate_conflict").meter]);
    let (same, other) = (same.values().sum::<u64>(), other.values().sum::<u64>());
    assert_eq!((walked.report.duplicates, walked.report.corrected, walked.report.superseded), (same, other, 0));
    let corrected: u32 = walked.blocks.values().flat_map(|block| &block.columns().version).map(|version| version - 1).sum();
    assert_eq!(u64::from(corrected), other);

    assert_eq!(walked.report.late, Label::of("late").slots());
    assert_eq!(walked.report.accepted, rows - walked.report.refused_rows() - same - other);
}

#[test]
fn the_skewed_clock_is_told() {
    let (report, skew) = (walk("faults/received.csv.gz", true, BTreeMap::new()).report, Label::of("clock_skew"));
    let [(meter_id, finding)] = &report.clock_findings[..] else { panic!("{:?}", report.clock_findings) };
    let minutes: i64 = skew.parameter().parse().expect("minutes");
    assert_eq!((meter_id, finding.rows), (&skew.meter, skew.slots()));
    assert_eq!((finding.first, finding.last), (skew.start.plus_ms(minutes * 60_000), skew.end.plus_ms((minutes - 15) * 60_000)));
    assert!(finding.offset_ms.abs_diff(minutes * 60_000) < 15_000, "{finding:?}");
}

#[test]
fn missing_readings_are_found_exactly() {
    let walked = walk("faults/received.csv.gz", true, BTreeMap::new());
    // What the clean file has and nobody accepted: rows left out, and those refused for their clock or their size.
    let mut missing: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    let received: BTreeSet<_> =
        table("faults/received.csv.gz").into_iter().map(|row| (row["meter_id"].clone(), at(&row["interval_start"]))).collect();
    let absurd: BTreeSet<_> = walked.refused.iter().filter(|row| row.reason.code() == "value_absurd").map(key_of).collect();
    for row in table("faults/clean.csv.gz") {
        let key = (row["meter_id"].clone(), at(&row["interval_start"]));
        if !received.contains(&key) || absurd.contains(&key) {
            missing.entry(key.0).or_default().push(key.1);
        }
    }
    let found: BTreeMap<String, Vec<Instant>> = walked.report.gaps.iter().map(|gap| (gap.meter_id.clone(), starts(&gap.gaps))).collect();
    assert_eq!(found, missing);

    let (random, block) = (Label::of("missing_random"), Label::of("missing_block"));
    let starts = &found[&block.meter];
    let inside = starts.iter().filter(|&&start| start >= block.start && start < block.end).count() as u64;
    assert_eq!((inside, &random.meter), (block.slots(), &block.meter));
    let share: u64 = random.parameter().trim_start_matches("0.").parse().expect("hundredths");
    let outside = starts.len() as u64 - inside;
    assert!((outside * 100).abs_diff(random.slots() * share) < random.slots(), "{outside} of {}", random.slots());
}

fn key_of(row: &RefusedRow) -> (String, Instant) {
    (row.meter_id.clone(), at(row.text.split(',').nth(1).expect("a time")))
}

fn starts(gaps: &[quantity::Interval]) -> Vec<Instant> {
    gaps.iter().flat_map(|gap| (gap.start().0..gap.end().0).step_by(900_000).map(Instant)).collect()
}

#[test]
fn importing_again_changes_nothing() {
    let first = walk("faults/received.csv.gz", true, BTreeMap::new());
    let before = first.blocks.clone();
    let second = walk("faults/received.csv.gz", true, first.blocks);
    assert_eq!(second.blocks, before);
    assert_eq!((second.report.accepted, second.report.corrected, second.report.late), (0, 0, 0));
    assert_eq!(second.report.duplicates + second.report.superseded, second.import.readings.len() as u64);
    assert_eq!(second.report.superseded, first.report.corrected);
}

#[test]
fn the_report_reads_well() {
    insta::assert_snapshot!(walk("faults/received.csv.gz", true, BTreeMap::new()).report.to_string());
}

#[test]
fn the_zambian_clusters_are_whole() {
    for (name, meters) in [("kab", 21), ("lus", 60), ("vil", 41)] {
        let walked = walk(&format!("zambia/{name}_15min.csv.gz"), false, BTreeMap::new());
        assert_eq!((walked.report.accepted, walked.report.refused_rows(), walked.report.missing()), (meters * 42 * 96, 0, 0), "{name}");
        assert!(walked.blocks.values().all(|block| block.columns().len() as u64 == meters));
        assert_eq!(walked.report.late, 0);
    }
    let sites = metering::sites::parse(File::open(data("zambia/sites.csv")).expect("sites")).expect("sites");
    let plants: Vec<&str> = sites.iter().filter(|site| site.role == domain::MeterRole::Plant).map(|site| site.meter_id.as_str()).collect();
    assert_eq!((sites.len(), plants), (122, vec!["KAB-GEN", "VIL-GEN"]));
    let csv = CsvReader::new(File::open(data("zambia/sample_2days.csv")).expect("sample")).expect("a header");
    assert_eq!((csv.offset(), csv.step().expect("a step")), (Some(UtcOffset::LUSAKA), Some(Step::Min15)));
}

/// Rows in any order bring the same readings: a file sorted by value or shuffled by a spreadsheet is as good as one sorted by time.
#[test]
fn the_order_of_rows_does_not_matter() {
    let sample = std::fs::read_to_string(data("zambia/sample_2days.csv")).expect("the sample");
    let (header, rows) = sample.split_once('\n').expect("a header");
    let mut rows: Vec<&str> = rows.lines().collect();
    // The number of rows, 4,032, has no factor in common with 1,559.
    rows = (0..rows.len()).map(|at| rows[at * 1_559 % rows.len()]).collect();
    let shuffled = format!("{header}\n{}\n", rows.join("\n"));
    let read = |text: &str| {
        let directory = sample.lines().skip(1).filter_map(|line| line.split(',').next()).fold(MeterDirectory::new(), |mut directory, id| {
            let number = directory.iter().position(|(known, _)| known == id).unwrap_or_else(|| directory.iter().count());
            directory.insert(id, metering::validate::MeterEntry::always(domain::MeterNo::new(number as i64 + 1).expect("a number")));
            directory
        });
        let context =
            ValidationContext { late_after_ms: None, ..ValidationContext::new(Step::Min15, at("2025-11-01T00:00:00+02:00"), UtcOffset::LUSAKA) };
        let mut validator = Validator::new(context, directory);
        let mut refused = 0;
        let import =
            import::read(&mut CsvReader::new(text.as_bytes()).expect("a header"), &mut validator, &BTreeMap::new(), |_| refused += 1).expect("reads");
        (import.readings, refused)
    };
    let (readings, refused) = read(&shuffled);
    assert_eq!((readings.len(), refused), (4_032, 0));
    assert_eq!(readings, read(&sample).0);
}
