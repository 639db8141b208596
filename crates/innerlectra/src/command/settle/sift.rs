//! From rows to readings: the step, rows in another step, and the one validation. The order of the rows changes nothing, save that of two
//! values for one meter and interval the later line counts.

use super::intake::{Row, Rows, context, directory};
use super::setup::Plan;
use crate::exit::Failure;
use metering::csv::FileError;
use metering::import::Import;
use metering::validate::{MeterDirectory, RowValues, Validator};
use metering::{RefusedRow, RowRefusal};
use quantity::{Instant, Step};
use std::collections::BTreeMap;

/// Rows one after the other at the same longer distance that are taken for another step rather than for gaps.
const COARSER_RUN: usize = 6;

/// Readings that are ready to be settled.
pub struct Sifted {
    /// The step of the file.
    pub step: Step,
    /// Whether the step could not be seen from the rows and is the usual one.
    pub is_step_assumed: bool,
    /// By start, then meter number.
    pub import: Import,
    /// The meters with their numbers.
    pub meters: MeterDirectory,
    /// Rows refused here, by line.
    pub refused: Vec<RefusedRow>,
}

/// Sorts the rows, finds their step, refuses rows in another one, and validates the rest.
///
/// # Errors
/// [`Failure`] when the rows have a step that no meter has.
pub fn sift(plan: &Plan, rows: &mut Rows, now: Instant) -> Result<Sifted, Failure> {
    sort(rows);
    let found = match rows.step {
        Some(step) => Some(step),
        None => step_of(&rows.rows).map_err(|error| Failure::bad_input(error.code(), error.to_string()))?,
    };
    let step = found.unwrap_or(Step::Min15);
    let is_other = if rows.step.is_some() { vec![false; rows.rows.len()] } else { other_steps(&rows.rows, step) };

    let mut refused = Vec::new();
    let mut lines = Vec::with_capacity(rows.rows.len());
    for (row, &is_other) in rows.rows.iter().zip(&is_other) {
        if is_other {
            let id = &rows.ids[row.meter as usize];
            refused.push(RefusedRow::new(row.line, id, &text_of(id, row), RowRefusal::StepMismatch { minutes: step.minutes() }));
        } else {
            lines.push(row.line);
        }
    }
    let mut validator = Validator::new(context(plan, step, now, rows.offset), directory(plan, rows.ids.iter().map(String::as_str)));
    let kept = rows.rows.iter().zip(&is_other).filter(|(_, is_other)| !**is_other).map(|(row, _)| values(&rows.ids, row));
    let import = metering::import::collect(kept, &mut validator, |mut row| {
        // A batch counts places from 1; people look for lines of the file.
        row.line = usize::try_from(row.line).ok().and_then(|place| lines.get(place.checked_sub(1)?)).copied().unwrap_or(0);
        refused.push(row);
    });
    refused.sort_by(|a, b| (a.line, &a.meter_id, &a.text).cmp(&(b.line, &b.meter_id, &b.text)));
    Ok(Sifted { step, is_step_assumed: found.is_none(), import, meters: validator.meters().clone(), refused })
}

fn values<'a>(ids: &'a [String], row: &Row) -> RowValues<'a> {
    let Row { meter, start, consumption, generation, received_at, .. } = *row;
    RowValues { meter_id: &ids[meter as usize], start, consumption, generation, received_at }
}

fn text_of(id: &str, row: &Row) -> String {
    format!("{id},{},{},{}", row.start, row.consumption, row.generation)
}

/// By meter id, time, arrival and line.
fn sort(rows: &mut Rows) {
    let mut order: Vec<u32> = (0..u32::try_from(rows.ids.len()).unwrap_or(u32::MAX)).collect();
    order.sort_unstable_by_key(|&meter| &rows.ids[meter as usize]);
    let mut rank = vec![0u32; order.len()];
    for (place, &meter) in (0..).zip(&order) {
        rank[meter as usize] = place;
    }
    rows.rows.sort_unstable_by_key(|row| (rank[row.meter as usize], row.start, row.received_at, row.line));
}

/// The distances between the rows of each meter that do not share a start, with the places of both rows; `rows` are sorted.
fn distances(rows: &[Row]) -> impl Iterator<Item = i64> {
    rows.windows(2).filter(|pair| pair[0].meter == pair[1].meter).map(|pair| pair[1].start.ms_since(pair[0].start)).filter(|&distance| distance > 0)
}

/// The most frequent distance, the shorter of two as frequent; `None` when no meter has two rows.
fn step_of(rows: &[Row]) -> Result<Option<Step>, FileError> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    let (mut last, mut run) = (0, 0);
    for distance in distances(rows) {
        if distance != last {
            *counts.entry(last).or_default() += run;
            (last, run) = (distance, 0);
        }
        run += 1;
    }
    *counts.entry(last).or_default() += run;
    let common = counts.into_iter().filter(|&(distance, _)| distance > 0).max_by_key(|&(distance, count)| (count, std::cmp::Reverse(distance)));
    let Some((distance, _)) = common else { return Ok(None) };
    let step = if distance % 60_000 == 0 { Step::from_minutes(distance / 60_000).ok() } else { None };
    step.map(Some).ok_or(FileError::StepUnknown { seconds: distance / 1000 })
}

/// Which rows plainly belong to another step: energy of an hour must not pass for that of a quarter. `rows` are sorted.
///
/// A single odd distance is a gap or a stray row. Two in a row that are shorter, or several that are longer, are another step; two longer
/// ones suffice for a meter that never keeps the step of the file.
fn other_steps(rows: &[Row], step: Step) -> Vec<bool> {
    let mut is_other = vec![false; rows.len()];
    let mut from = 0;
    while from < rows.len() {
        let until = from + rows[from..].iter().take_while(|row| row.meter == rows[from].meter).count();
        mark_other_steps(&rows[from..until], step.ms(), &mut is_other[from..until]);
        from = until;
    }
    is_other
}

fn mark_other_steps(rows: &[Row], step_ms: i64, is_other: &mut [bool]) {
    let mut starts: Vec<Instant> = rows.iter().map(|row| row.start).collect();
    starts.dedup();
    let distances: Vec<i64> = starts.windows(2).map(|pair| pair[1].ms_since(pair[0])).collect();
    if distances.iter().all(|&distance| distance == step_ms) {
        return;
    }
    let keeps_step = distances.contains(&step_ms);
    let mut other = vec![false; starts.len()];
    let mut at = 0;
    for run in distances.chunk_by(|a, b| a == b) {
        let (distance, first, last) = (run[0], at, at + run.len());
        at = last;
        let is_known = distance % 60_000 == 0 && Step::from_minutes(distance / 60_000).is_ok();
        let is_finer = distance < step_ms && run.len() >= 2;
        let is_coarser = distance > step_ms && is_known && (run.len() >= COARSER_RUN || (!keeps_step && run.len() >= 2));
        if is_finer || is_coarser {
            // A row lasts until the next: the one after the run may be back in the step of the file.
            let end = last - usize::from(distances.get(last) == Some(&step_ms));
            other[first..=end].fill(true);
        }
    }
    let mut place = 0;
    for (row, is_other) in rows.iter().zip(is_other) {
        if row.start != starts[place] {
            place += 1;
        }
        *is_other = other[place];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of meters 0, 1 …, each given by its minutes.
    fn rows(meters: &[&[i64]]) -> Vec<Row> {
        let row = |meter: usize, minute: i64| Row {
            meter: meter as u32,
            line: 0,
            start: Instant(minute * 60_000),
            consumption: 1,
            generation: 0,
            received_at: None,
        };
        meters.iter().enumerate().flat_map(|(meter, minutes)| minutes.iter().map(move |&minute| row(meter, minute))).collect()
    }

    const NOTHING: [i64; 0] = [];

    fn marks(minutes: &[i64]) -> Vec<i64> {
        let rows = rows(&[minutes]);
        let marked = other_steps(&rows, Step::Min30);
        minutes.iter().zip(marked).filter(|(_, is_other)| *is_other).map(|(minute, _)| *minute).collect()
    }

    #[test]
    fn the_step_is_the_common_distance() {
        assert_eq!(step_of(&rows(&[&[0, 15, 30, 60], &[0, 30]])).expect("a step"), Some(Step::Min15));
        assert_eq!(step_of(&rows(&[&[0, 60], &[0, 30]])).expect("a step"), Some(Step::Min30));
        assert_eq!(step_of(&rows(&[&[0], &[0]])).expect("no step"), None);
        assert_eq!(step_of(&rows(&[&[0, 0, 60, 60, 60, 120]])).expect("a step"), Some(Step::Min60));
        assert_eq!(step_of(&rows(&[&[0, 5, 10]])).expect_err("five minutes").code(), "step_unknown");
    }

    #[test]
    fn rows_in_another_step_are_found() {
        // Gaps and a stray row are no other step.
        assert_eq!(marks(&[0, 30, 90, 120, 180, 187, 210]), NOTHING);
        // Quarters inside half-hours.
        assert_eq!(marks(&[0, 30, 60, 75, 90, 105, 120, 150]), [60, 75, 90, 105]);
        // Hours after half-hours, from the sixth distance on.
        assert_eq!(marks(&[0, 30, 90, 150, 210, 270, 330]), NOTHING);
        assert_eq!(marks(&[0, 30, 90, 150, 210, 270, 330, 390]), [30, 90, 150, 210, 270, 330, 390]);
        // A meter that never keeps the step.
        assert_eq!(marks(&[0, 60, 120]), [0, 60, 120]);
        assert_eq!(marks(&[0, 60]), NOTHING);
        // Two values for one interval stand beside each other.
        assert_eq!(marks(&[0, 0, 60, 60, 120]), [0, 0, 60, 60, 120]);
    }
}
