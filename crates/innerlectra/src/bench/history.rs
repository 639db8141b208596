//! Sealed history against readings kept as rows.

use super::bare::{Keyed, ReadingTable, reading_rows};
use super::data::{self, ClusterDay, MEMBERS, SLOTS};
use super::measure::{Sample, interleaved, on_wall};
use super::place::Place;
use super::row::{Row, Taken};
use super::{Sealing, Size};
use anyhow::Result;
use quantity::Instant;
use std::sync::Arc;
use store::Store;
use store::tables::SealedNew;

/// A sealed record with its own bytes.
struct Record {
    start: Instant,
    header: Vec<u8>,
    body: Vec<u8>,
}

/// One cluster's sealed day.
struct SealedDay {
    cluster: usize,
    records: Vec<Record>,
}

/// Measures the writing of sealed history.
pub(super) fn rows(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let days = data::days(3, size.history_clusters);
    let readings = days.len() * SLOTS * (MEMBERS + 1);
    let store = place.store(&place.fresh("sealed"))?;
    let second = place.store(&place.fresh("sealed-anew"))?;
    let mut table = ReadingTable::create(&place.fresh("rows"), Keyed::Time)?;
    let (mut sealing, mut sealing_anew) = (Sealing::new(), Sealing::new());
    let (mut sealed_date, mut anew_date, mut row_date) = (0, 0, 0);
    let mut sealed_bytes = 0;
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                let rows = reading_rows(&days, row_date);
                row_date += 1;
                on_wall(rows.len(), || table.insert(&rows))
            },
            &mut || {
                let sealed = seal_all(&mut sealing, &days, sealed_date)?;
                sealed_date += 1;
                sealed_bytes = sealed.iter().flat_map(|day| &day.records).map(|record| record.header.len() + record.body.len()).sum();
                append(place, &store, sealed, readings)
            },
            &mut || {
                on_wall(readings, || {
                    let sealed = seal_all(&mut sealing_anew, &days, anew_date)?;
                    anew_date += 1;
                    append(place, &second, sealed, readings).map(|_| ())
                })
            },
        ],
    )?;
    let taken = Taken { unit: "readings/s", runs: size.runs, engine: "sqlite" };
    let baseline = "rows with a key that leads with time, 512 rows a statement, one commit";
    let bytes =
        format!("{} bytes a reading, results and prices included; {} cluster-days at once, one unit each", sealed_bytes / readings, days.len());
    Ok(vec![
        Row::new("sealed_history", taken, medians[1], baseline, medians[0]).target(10.0, 30.0).note(bytes),
        Row::new("sealed_history_with_settling", taken, medians[2], baseline, medians[0])
            .note("sharing, pricing and sealing on one thread counted too"),
    ])
}

fn seal_all(sealing: &mut Sealing, days: &[ClusterDay], date: usize) -> Result<Vec<Arc<SealedDay>>> {
    let mut sealed = Vec::with_capacity(days.len());
    for (at, day) in days.iter().enumerate() {
        let mut records = Vec::with_capacity(SLOTS);
        sealing.day(day, at + 1, date, |slot, record| {
            records.push(Record { start: data::slot_start(date, slot), header: record.header.to_vec(), body: record.body.to_vec() });
        })?;
        sealed.push(Arc::new(SealedDay { cluster: at + 1, records }));
    }
    Ok(sealed)
}

/// Appends every cluster's day in a unit of its own, all at once.
fn append(place: &Place, store: &Store, sealed: Vec<Arc<SealedDay>>, readings: usize) -> Result<Sample> {
    on_wall(readings, || {
        place.wait_all(sealed.into_iter().map(|day| {
            let store = store.clone();
            async move {
                store
                    .write(move |tx| {
                        let day = day.clone();
                        Box::pin(async move {
                            let records: Vec<SealedNew<'_>> = day
                                .records
                                .iter()
                                .zip(0..)
                                .map(|(record, leaf_no)| SealedNew {
                                    start: record.start,
                                    version: 1,
                                    leaf_no,
                                    header: &record.header,
                                    body: &record.body,
                                })
                                .collect();
                            tx.sealed_append(data::cluster_id(day.cluster), &records).await
                        })
                    })
                    .await?;
                Ok(())
            }
        }))
    })
}
