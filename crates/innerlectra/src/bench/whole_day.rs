//! The whole way of a day through the service: read, share, price, seal, post, commit.

use super::Size;
use super::bare::{KeptAs, Keyed, ReadingTable, reading_rows};
use super::data::{self, MEMBERS, SLOTS};
use super::ingest::Receivers;
use super::measure::{Sample, interleaved, on_wall};
use super::place::Place;
use super::row::{Row, Taken};
use anyhow::{Context, Result, ensure};
use domain::ClusterId;
use quantity::{BusinessDay, UtcOffset};
use std::hint::black_box;
use std::sync::Arc;
use store::tables::BlockRow;

/// Measures settling days end to end.
pub(super) fn rows(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let days = Arc::new(data::days(7, size.day_clusters));
    let dates = size.runs + 1;
    let ours = Receivers::found(place, place.store(&place.fresh("whole-day"))?, days.len())?;
    let mut bare = ReadingTable::create(&place.fresh("bare-day"), Keyed::Time)?;
    for date in 0..dates {
        ours.take(place, &days, date, SLOTS)?;
        bare.insert(&reading_rows(&days, date))?;
        for cluster in &ours.clusters {
            let packed = packed(place, &ours, cluster.id, data::day_of(date))?;
            bare.insert_packed(cluster.id, &packed)?;
        }
    }
    let sealed = vec![0x5a; sealed_bytes(size)?];
    let (mut date, mut row_date, mut packed_date) = (0, 0, 0);
    let readings = days.len() * SLOTS * (MEMBERS + 1);
    let mut bare_run = |kept: KeptAs, date: &mut usize| -> Result<Sample> {
        let day = data::day_of(*date);
        // Each way of keeping readings writes its own days.
        let written = day.plus_days(if kept == KeptAs::Rows { 0 } else { 100_000 });
        *date += 1;
        on_wall(readings, || {
            for cluster in 1..=days.len() {
                black_box(bare.read_and_write(kept, data::cluster_id(cluster), day, written, &sealed)?);
            }
            Ok(())
        })
    };
    let bare_run = std::cell::RefCell::new(&mut bare_run);
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                let sample = settle(place, &ours, data::day_of(date), readings);
                date += 1;
                sample
            },
            &mut || (bare_run.borrow_mut())(KeptAs::Rows, &mut row_date),
            &mut || (bare_run.borrow_mut())(KeptAs::Packed, &mut packed_date),
        ],
    )?;
    let taken = Taken { unit: "readings/s", runs: size.runs, engine: "sqlite" };
    let note = format!("{} clusters of {MEMBERS} in turn, one commit for each cluster and day on both sides", size.day_clusters);
    Ok(vec![
        Row::new("settlement_end_to_end", taken, medians[0], "bare read of keyed rows and write of one block of the sealed size", medians[1])
            .target(0.5, 0.8)
            .note(note),
        Row::new(
            "settlement_end_to_end_packed",
            taken,
            medians[0],
            "bare read of packed blocks and write of one block of the sealed size",
            medians[2],
        )
        .note("the store keeps readings packed: the least that any program could read and write"),
    ])
}

/// Settles a day of every cluster, one after the other.
fn settle(place: &Place, ours: &Receivers, day: BusinessDay, readings: usize) -> Result<Sample> {
    on_wall(readings, || {
        for cluster in &ours.clusters {
            let settled =
                place.wait(ours.service.distribute_energy(service::policy::Actor::System, cluster, day))?.context("there is nothing to settle")?;
            ensure!(settled.is_posted && settled.sealed == SLOTS as i64 && settled.estimated == 0, "the day is not whole: {settled:?}");
        }
        Ok(())
    })
}

/// The blocks that the store keeps for a day.
fn packed(place: &Place, ours: &Receivers, cluster: ClusterId, day: BusinessDay) -> Result<Vec<BlockRow>> {
    let within = day.interval(UtcOffset::LUSAKA);
    let found: Vec<BlockRow> =
        place.wait(ours.service.store().read::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.block_list(cluster, within).await })))?;
    ensure!(found.len() == SLOTS, "a block is missing");
    Ok(found)
}

/// Bytes of a cluster's sealed day, headers and bodies, on average.
fn sealed_bytes(size: &Size) -> Result<usize> {
    let days = data::days(7, size.day_clusters);
    let (mut sealing, mut bytes) = (super::Sealing::new(), 0);
    for day in &days {
        sealing.day(day, 1, 0, |_, record| bytes += record.header.len() + record.body.len())?;
    }
    Ok(bytes / days.len())
}
