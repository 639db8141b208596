//! Readings come in: from a file or a program, through the one validation, into the open window.

use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::MeterNo;
use metering::block::{Block, MergeOutcome};
use metering::csv::CsvReader;
use metering::import::{self, Import};
use metering::registers::RegisterValue;
use metering::validate::{Assignment, MeterDirectory, MeterEntry, RowValues, ValidationContext, Validator};
use metering::{ImportReport, Reading, RefusedRow};
use quantity::{BusinessDay, DAY_MS, Instant};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;
use store::tables::{BlockRow, ClusterRow, ImportRow};
use store::{EventNew, Tx};

/// Intervals merged in one transaction: a week of quarter hours.
const INTERVALS_PER_UNIT: usize = 672;

/// How an import runs.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Name of the file or program, kept with the import.
    pub name: String,
    /// Whether rows without an arrival time are late when they come long after their interval. Off for files of the past.
    pub is_live: bool,
}

impl Service {
    /// Takes a file of readings (plain or gzip; interval energy or cumulative registers). `refuse` gets every refused row, `progress` is
    /// told how many of how many intervals are stored.
    ///
    /// A file that cannot be read to its end changes nothing. What is stored is stored interval by interval, and the same file again adds
    /// nothing: an import that was cut off is simply run again.
    ///
    /// # Errors
    /// [`ServiceError::File`] for the file; what the store says.
    pub async fn readings_import<R: Read>(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        input: R,
        options: ImportOptions,
        mut refuse: impl FnMut(RefusedRow),
        progress: impl FnMut(usize, usize),
    ) -> Result<ImportReport, ServiceError> {
        self.require(actor, cluster.id, Action::ReadingsWrite).await?;
        let (mut validator, bases) = self.validator(cluster, &options).await?;
        let mut csv = CsvReader::new(input)?;
        let import = import::read(&mut csv, &mut validator, &bases, &mut refuse)?;
        self.readings_merge(cluster, import, &options, progress).await
    }

    /// Takes a batch of readings from a program: the same validation, the same report. `line` of a refused row is its place from 1.
    ///
    /// # Errors
    /// What the store says.
    pub async fn readings_append(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        rows: &[RowValues<'_>],
        options: ImportOptions,
        refuse: impl FnMut(RefusedRow),
    ) -> Result<ImportReport, ServiceError> {
        self.require(actor, cluster.id, Action::ReadingsWrite).await?;
        let (mut validator, _) = self.validator(cluster, &options).await?;
        let import = import::collect(rows.iter().copied(), &mut validator, refuse);
        self.readings_merge(cluster, import, &options, |_, _| {}).await
    }

    async fn validator(&self, cluster: &ClusterRow, options: &ImportOptions) -> Result<(Validator, BTreeMap<MeterNo, RegisterValue>), ServiceError> {
        let (id, offset, correction_days, now) = (cluster.id, cluster.offset, cluster.correction_days, self.now());
        let (meters, services, assignments, posted, bases) = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                Box::pin(async move {
                    let window = now.plus_ms(-correction_days * DAY_MS);
                    Ok((
                        tx.meter_list(id).await?,
                        tx.meter_service_list(id).await?,
                        tx.assignment_list(id, BusinessDay(i32::MIN), BusinessDay(i32::MAX)).await?,
                        tx.day_last_posted_before(id, window).await?,
                        tx.register_base_list(id).await?,
                    ))
                })
            })
            .await?;
        let mut directory = MeterDirectory::new();
        for meter in meters {
            let spans = assignments.iter().filter(|row| row.meter == meter.no);
            let assigned: Vec<Assignment> =
                spans.map(|row| Assignment { from: row.from.start(offset), until: row.until.map(|day| day.start(offset)) }).collect();
            let entry = MeterEntry { power_max: Some(meter.limit), ..MeterEntry::always(meter.no) };
            // A plant belongs to the cluster as long as there is one: an older reading would be a day without rules or members.
            let founded = Assignment { from: cluster.opened_on.start(offset), until: None };
            let served = services.iter().find(|row| row.meter == meter.no).map_or(founded, |row| Assignment {
                from: row.from.max(cluster.opened_on).start(offset),
                until: row.until.map(|day| day.start(offset)),
            });
            let entry = MeterEntry { assigned: if meter.role == domain::MeterRole::Plant { vec![served] } else { assigned }, ..entry };
            directory.insert(&meter.serial, entry);
        }
        let context = ValidationContext {
            late_after_ms: Some(cluster.grace_minutes * 60_000),
            accept_from: posted.map(|day| day.next().start(offset)),
            ..ValidationContext::new(cluster.step, now, offset)
        };
        let context = if options.is_live { context } else { ValidationContext { late_after_ms: None, ..context } };
        Ok((Validator::new(context, directory), bases))
    }

    async fn readings_merge(
        &self,
        cluster: &ClusterRow,
        import: Import,
        options: &ImportOptions,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<ImportReport, ServiceError> {
        let Import { readings, bases, mut report } = import;
        let now = self.now();
        let readings: Arc<[Reading]> = readings.into();
        let batches: Vec<(usize, usize)> = ranges(&readings);
        for (done, unit) in batches.chunks(INTERVALS_PER_UNIT).enumerate() {
            progress(done * INTERVALS_PER_UNIT, batches.len());
            let (readings, unit, cluster) = (readings.clone(), Arc::<[(usize, usize)]>::from(unit), cluster.clone());
            let (from, until) = (unit.first().map_or(0, |range| range.0), unit.last().map_or(0, |range| range.1));
            let slice = readings.clone();
            let outcomes = self
                .store
                .write(move |tx| {
                    let (readings, unit, cluster) = (readings.clone(), unit.clone(), cluster.clone());
                    Box::pin(async move { merge_unit(tx, &cluster, &readings, &unit, now).await })
                })
                .await?;
            for (reading, outcome) in slice[from..until].iter().zip(outcomes) {
                report.record(reading, outcome);
            }
        }
        progress(batches.len(), batches.len());
        let id = cluster.id;
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let row = Arc::new(ImportRow {
            name: options.name.clone(),
            finished_at: now,
            rows: count(report.rows),
            accepted: count(report.accepted),
            duplicates: count(report.duplicates),
            corrected: count(report.corrected + report.replaced_estimates),
            refused: count(report.refused_rows()),
        });
        let bases = Arc::new(bases);
        self.store
            .write::<_, ServiceError, _>(move |tx| {
                let (row, bases) = (row.clone(), bases.clone());
                Box::pin(async move {
                    tx.register_base_put(id, &bases).await?;
                    let no = tx.import_insert(id, &row).await?;
                    let event =
                        EventNew { kind: "readings_imported".to_owned(), payload: format!("{{\"import\":{no},\"accepted\":{}}}", row.accepted) };
                    tx.outbox_append(id, &[event], now).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(report)
    }
}

/// Where the readings of each interval lie.
fn ranges(readings: &[Reading]) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut from = 0;
    for batch in readings.chunk_by(|a, b| a.start == b.start) {
        ranges.push((from, from + batch.len()));
        from += batch.len();
    }
    ranges
}

/// Merges a run of intervals into their blocks; settled days that change are marked to be settled again.
async fn merge_unit(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    readings: &[Reading],
    unit: &[(usize, usize)],
    received_at: Instant,
) -> Result<Vec<MergeOutcome>, ServiceError> {
    tx.cluster_turn(cluster.id).await?;
    let starts: Vec<i64> = unit.iter().map(|&(from, _)| readings[from].start.0).collect();
    let mut stored: BTreeMap<Instant, BlockRow> = tx.block_find(cluster.id, &starts).await?.into_iter().map(|row| (row.start, row)).collect();
    let (mut outcomes, mut written, mut days) = (Vec::new(), Vec::new(), BTreeSet::new());
    for &(from, until) in unit {
        let batch = &readings[from..until];
        let start = batch[0].start;
        let row = stored.remove(&start);
        let mut block = match &row {
            Some(row) => Block::decode(&row.data)?,
            None => Block::new(start, cluster.step)?,
        };
        let first = outcomes.len();
        block.merge_into(batch, received_at, &mut outcomes)?;
        let is_changed = outcomes[first..]
            .iter()
            .any(|outcome| matches!(outcome, MergeOutcome::Accepted | MergeOutcome::Corrected { .. } | MergeOutcome::ReplacedEstimate { .. }));
        if is_changed {
            let mut data = Vec::new();
            block.encode(&mut data);
            written.push(BlockRow { start, revision: row.map_or(0, |row| row.revision), data });
            days.insert(BusinessDay::of(start, cluster.offset));
        }
    }
    tx.block_put(cluster.id, &written).await?;
    for day in days {
        tx.day_mark_dirty(cluster.id, day).await?;
    }
    Ok(outcomes)
}
