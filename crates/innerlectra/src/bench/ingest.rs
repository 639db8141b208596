//! Readings in: validated, merged into blocks, durable; and files of readings.

use super::Size;
use super::bare::{Keyed, ReadingTable, reading_rows};
use super::data::{self, ClusterDay, MEMBERS, SLOTS};
use super::founding;
use super::measure::{Sample, interleaved, on_cpu, on_wall};
use super::place::Place;
use super::row::{Row, Taken};
use anyhow::{Context, Result, ensure};
use metering::csv::CsvReader;
use metering::import;
use metering::validate::{MeterDirectory, RowValues, ValidationContext, Validator};
use quantity::{Step, UtcOffset};
use service::{ImportOptions, Service};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use store::tables::ClusterRow;

/// Clusters of one database that get readings, and the serials of their meters.
pub(super) struct Receivers {
    pub(super) service: Service,
    pub(super) clusters: Vec<ClusterRow>,
    serials: Arc<Vec<String>>,
}

impl Receivers {
    /// Founds `count` clusters; it is long after their readings.
    pub(super) fn found(place: &Place, store: store::Store, count: usize) -> Result<Self> {
        let service = founding::service(store)?;
        let clusters = founding::found(place, &service, count)?;
        Ok(Self { service, clusters, serials: Arc::new((1..=MEMBERS + 1).map(founding::serial).collect()) })
    }

    /// Gives every cluster its day, all at once; each cluster's day comes in calls of `slots` intervals, one after the other.
    pub(super) fn take(&self, place: &Place, days: &Arc<Vec<ClusterDay>>, date: usize, slots: usize) -> Result<Sample> {
        let readings = self.clusters.len() * SLOTS * (MEMBERS + 1);
        on_wall(readings, || {
            place.wait_all(self.clusters.iter().cloned().enumerate().map(|(at, cluster)| {
                let (service, days, serials) = (self.service.clone(), days.clone(), self.serials.clone());
                async move {
                    for first in (0..SLOTS).step_by(slots) {
                        let rows = values(&days[at], &serials, date, first..(first + slots).min(SLOTS));
                        let report =
                            service.readings_append(service::policy::Actor::System, &cluster, &rows, ImportOptions::default(), |_| {}).await?;
                        ensure!(report.refused_rows() == 0 && report.accepted + report.duplicates == rows.len() as u64, "readings were refused");
                    }
                    Ok(())
                }
            }))
        })
    }
}

fn values<'a>(day: &ClusterDay, serials: &'a [String], date: usize, slots: std::ops::Range<usize>) -> Vec<RowValues<'a>> {
    let mut rows = Vec::with_capacity(slots.len() * (MEMBERS + 1));
    for slot in slots {
        let start = data::slot_start(date, slot);
        let (consumption, generation) = day.slot(slot);
        let row = |meter: usize, consumption: i64, generation: i64| RowValues {
            meter_id: &serials[meter],
            start,
            consumption,
            generation,
            received_at: None,
        };
        rows.extend((0..MEMBERS).map(|at| row(at, consumption[at], generation[at])));
        rows.push(row(MEMBERS, 0, day.plant[slot]));
    }
    rows
}

/// Measures readings that come in.
pub(super) fn ingest(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let days = Arc::new(data::days(4, size.ingest_clusters));
    let by_day = Receivers::found(place, place.store(&place.fresh("days"))?, days.len())?;
    let by_slot = Receivers::found(place, place.store(&place.fresh("slots"))?, days.len())?;
    let mut unkeyed = ReadingTable::create(&place.fresh("unkeyed"), Keyed::No)?;
    let mut keyed = ReadingTable::create(&place.fresh("keyed"), Keyed::Time)?;
    let (mut unkeyed_date, mut keyed_date, mut day_date, mut slot_date) = (0, 0, 0, 0);
    let insert = |table: &mut ReadingTable, date: &mut usize| {
        let rows = reading_rows(&days, *date);
        *date += 1;
        on_wall(rows.len(), || table.insert(&rows))
    };
    by_day.take(place, &days, 400, SLOTS)?;
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || insert(&mut unkeyed, &mut unkeyed_date),
            &mut || insert(&mut keyed, &mut keyed_date),
            &mut || {
                day_date += 1;
                by_day.take(place, &days, day_date, SLOTS)
            },
            &mut || {
                slot_date += 1;
                by_slot.take(place, &days, slot_date, 1)
            },
            &mut || by_day.take(place, &days, 400, SLOTS),
        ],
    )?;
    let taken = Taken { unit: "readings/s", runs: size.runs, engine: "sqlite" };
    let baseline = "the same readings as rows without a key, 512 a statement, one commit";
    let row = |name, at: usize| Row::new(name, taken, medians[at], baseline, medians[0]);
    let sides = format!(
        "{} clusters side by side, {} readings a call; validated, merged with what is there, report given",
        days.len(),
        SLOTS * (MEMBERS + 1)
    );
    Ok(vec![
        row("ingest_sqlite", 2).target(0.35, 1.0).note(sides),
        row("ingest_sqlite_interval", 3).note(format!("the same, one interval of {} readings a call", MEMBERS + 1)),
        row("ingest_sqlite_again", 4).note("the same day again: every reading is known"),
        Row::new("ingest_sqlite_keyed", taken, medians[2], "the same readings as rows with a key that leads with time, one commit", medians[1]),
    ])
}

/// A file of readings as a meter company sends it: by meter, then time.
fn file(days: &[ClusterDay]) -> Result<String> {
    let mut text = "meter_id,interval_start,consumption_wh,generation_wh\n".to_owned();
    for meter in 0..MEMBERS {
        for (date, day) in days.iter().enumerate() {
            for slot in 0..SLOTS {
                let (consumption, generation) = day.slot(slot);
                writeln!(text, "{},{},{},{}", founding::serial(meter + 1), data::slot_start(date, slot), consumption[meter], generation[meter])?;
            }
        }
    }
    Ok(text)
}

/// Measures files of readings.
pub(super) fn files(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let days = data::days(5, size.file_days);
    let text = file(&days)?;
    let rows = days.len() * SLOTS * MEMBERS;
    let mut copy = vec![0u8; text.len()];
    let service = founding::service(place.store(&place.fresh("files"))?)?;
    let clusters = founding::found(place, &service, size.runs + 1)?;
    let mut next = clusters.iter();
    let context = ValidationContext { late_after_ms: None, ..ValidationContext::new(Step::Min15, founding::long_after(), UtcOffset::LUSAKA) };
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                on_cpu(rows, || {
                    copy.copy_from_slice(text.as_bytes());
                    let breaks = copy.iter().filter(|&&byte| byte == b'\n').count();
                    ensure!(black_box(breaks) == rows + 1, "a row is missing");
                    Ok(())
                })
            },
            &mut || {
                on_cpu(rows, || {
                    let mut csv = CsvReader::new(text.as_bytes())?;
                    while let Some(line) = csv.next_line()? {
                        black_box(line);
                    }
                    Ok(())
                })
            },
            &mut || {
                on_cpu(rows, || {
                    let mut csv = CsvReader::new(text.as_bytes())?;
                    let mut validator = Validator::new(context, MeterDirectory::open());
                    let import = import::read(&mut csv, &mut validator, &BTreeMap::new(), |_| {})?;
                    ensure!(import.readings.len() == rows, "a row was refused");
                    Ok(())
                })
            },
            &mut || {
                let cluster = next.next().context("one cluster for each run")?;
                on_wall(rows, || {
                    let report = place.wait(service.readings_import(
                        service::policy::Actor::System,
                        cluster,
                        text.as_bytes(),
                        ImportOptions::default(),
                        |_| {},
                        |_, _| {},
                    ))?;
                    ensure!(report.accepted == rows as u64, "a row was refused");
                    Ok(())
                })
            },
        ],
    )?;
    let taken = Taken { unit: "rows/CPU-s", runs: size.runs, engine: "memory" };
    let baseline = "memory pass: copy of the bytes and count of the line ends";
    let note = format!("{rows} rows, {} bytes each", text.len() / rows);
    let stored = Taken { unit: "rows/s", runs: size.runs, engine: "sqlite" };
    Ok(vec![
        Row::new("csv_parse", taken, medians[1], baseline, medians[0]).note(note),
        Row::new("csv_validated", taken, medians[2], baseline, medians[0]).note("parsed, validated and sorted, ready to be merged"),
        Row::new("csv_import", stored, medians[3], "parsing alone", medians[1])
            .note("the whole import, durable; the baseline is counted in processor time"),
    ])
}
