//! How fast rows are read and blocks merged: `cargo run --release -p metering --example speed`.

use domain::MeterNo;
use metering::block::{Block, BlockColumns};
use metering::csv::CsvReader;
use metering::import;
use metering::validate::{MeterDirectory, ValidationContext, Validator};
use metering::{Quality, Reading};
use quantity::{BusinessDay, Instant, Step, UtcOffset, WattHours};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;

const METERS: i64 = 100;
const SLOTS: i64 = 10_000;

/// The median time of five runs, in microseconds.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn median_us(mut run: impl FnMut()) -> u64 {
    let mut times: Vec<u128> = (0..5)
        .map(|_| {
            let start = std::time::Instant::now();
            run();
            start.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    u64::try_from(times[2]).unwrap_or(u64::MAX).max(1)
}

fn show(name: &str, count: i64, us: u64) {
    println!("{name:<36}{:>12} per s", count.unsigned_abs() * 1_000_000 / us);
}

fn start_of(slot: i64) -> Instant {
    BusinessDay::from_ymd(2025, 1, 1).unwrap_or_default().start(UtcOffset::UTC).plus_ms(slot * Step::Min15.ms())
}

fn readings(slot: i64) -> Vec<Reading> {
    let reading = |number: i64| Reading {
        meter: MeterNo::new(number).unwrap_or_else(|_| unreachable!("numbers start at 1")),
        start: start_of(slot),
        consumption: WattHours((slot * 37 + number * 91) % 700),
        generation: WattHours((slot * 13 + number * 7) % 300),
        quality: Quality::Measured,
    };
    (1..=METERS).map(reading).collect()
}

fn main() {
    let mut text = "meter_id,interval_start,consumption_wh,generation_wh\n".to_owned();
    for meter in 0..METERS {
        for slot in 0..SLOTS {
            let _ = writeln!(text, "LUS-{meter:03},{},{},{}", start_of(slot), slot % 700, meter % 300);
        }
    }
    let rows = METERS * SLOTS;
    let context = ValidationContext { late_after_ms: None, ..ValidationContext::new(Step::Min15, start_of(SLOTS), UtcOffset::UTC) };
    let parse = median_us(|| {
        let mut csv = CsvReader::new(text.as_bytes()).expect("a header");
        while let Some(line) = csv.next_line().expect("reads") {
            black_box(line);
        }
    });
    show("CSV rows parsed", rows, parse);
    let imported = median_us(|| {
        let mut csv = CsvReader::new(text.as_bytes()).expect("a header");
        let mut validator = Validator::new(context, MeterDirectory::open());
        black_box(import::read(&mut csv, &mut validator, &BTreeMap::new(), |_| {}).expect("reads"));
    });
    show("CSV rows to sorted readings", rows, imported);

    let batches: Vec<Vec<Reading>> = (0..SLOTS).map(readings).collect();
    let mut bytes = Vec::new();
    let mut outcomes = Vec::new();
    let full = median_us(|| {
        for batch in &batches {
            bytes.clear();
            outcomes.clear();
            let mut block = Block::new(batch[0].start, Step::Min15).expect("aligned");
            block.merge_into(batch, context.now, &mut outcomes).expect("merges");
            block.encode(&mut bytes);
            black_box(&bytes);
        }
    });
    show("readings merged and encoded, new block", rows, full);
    let stored = bytes.clone();
    let last = &batches[batches.len() - 1];
    let again = median_us(|| {
        for _ in 0..SLOTS {
            bytes.clear();
            outcomes.clear();
            let mut block = Block::decode(&stored).expect("a block");
            block.merge_into(last, context.now, &mut outcomes).expect("merges");
            block.encode(&mut bytes);
            black_box(&bytes);
        }
    });
    show("readings decoded, merged, encoded", rows, again);
    let mut columns = BlockColumns::default();
    let decoded = median_us(|| {
        for _ in 0..SLOTS {
            columns.decode_into(&stored).expect("a block");
            black_box(&columns);
        }
    });
    show("readings decoded into columns", rows, decoded);
    println!("{:<36}{:>12} bytes for {METERS} readings", "block", stored.len());
}
