//! The pure half of settlement: the kernel, the exact split under it, and sealing.

use super::data::{self, ClusterDay, EXPORT, IMPORT, MEMBERS, SLOTS};
use super::measure::{Sample, interleaved, on_cpu};
use super::place::Place;
use super::row::{Row, Taken};
use super::{Sealing, Size};
use anyhow::Result;
use domain::{Band, Connection};
use quantity::{PricePerKwh, SplitScratch, Step, WattHours, Watts, split_exact_into};
use settlement::{Battery, BatteryContent, Grid, ImportPrices, IntervalInput, RuleSet, Scratch, Settlement, SharingKey, distribute_energy};
use sha2::{Digest, Sha256};
use std::hint::black_box;

/// What kind of cluster the kernel settles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flat,
    Banded,
    Battery,
}

/// A kernel on its way through days, with its memory.
struct Kernel<'a> {
    rule: RuleSet,
    kind: Kind,
    bands: Vec<Band>,
    days: &'a [ClusterDay],
    slots: Vec<usize>,
    scratch: Scratch,
    out: Settlement,
}

impl<'a> Kernel<'a> {
    fn new(kind: Kind, days: &'a [ClusterDay], slots: Vec<usize>) -> Self {
        let rule = RuleSet {
            sharing_key: SharingKey::ContributionTiers,
            service_charge: PricePerKwh(20),
            outage_cap: PricePerKwh(250),
            battery: (kind == Kind::Battery).then(|| Battery::new(WattHours(40_000), Watts(15_000))),
            ..RuleSet::new(Connection::OnePoint)
        };
        Self { rule, kind, bands: data::bands(), days, slots, scratch: Scratch::default(), out: Settlement::default() }
    }

    /// Settles every slot of every day once, each day from an empty battery.
    fn run(&mut self) -> Result<Sample> {
        on_cpu(self.days.len() * self.slots.len() * MEMBERS, || {
            for day in self.days {
                let mut content = BatteryContent::empty(MEMBERS);
                for &slot in &self.slots {
                    let (consumption, generation) = day.slot(slot);
                    let import = match self.kind {
                        Kind::Banded => ImportPrices::EachHome { bands: &self.bands, before: &day.bought },
                        Kind::Flat | Kind::Battery => ImportPrices::Flat(IMPORT),
                    };
                    let input = IntervalInput {
                        step: Step::Min15,
                        grid: Grid::Available,
                        plant: WattHours(day.plant[slot]),
                        consumption,
                        generation,
                        weights: &day.weights,
                        import,
                        export: EXPORT,
                    };
                    distribute_energy(&self.rule, &input, &mut content, &mut self.scratch, &mut self.out)?;
                    black_box(&self.out);
                }
            }
            Ok(())
        })
    }
}

/// Splits the plant of every slot with sun, over and over until as many member shares as a run of the kernel has are made.
fn split_alone(days: &[ClusterDay], rounds: usize) -> Result<Sample> {
    let (mut parts, mut scratch) = (vec![0; MEMBERS], SplitScratch::default());
    let with_sun: Vec<(&ClusterDay, i64)> =
        days.iter().flat_map(|day| day.plant.iter().filter(|&&plant| plant > 0).map(move |&plant| (day, plant))).collect();
    on_cpu(with_sun.len() * rounds * MEMBERS, || {
        for _ in 0..rounds {
            for (day, plant) in &with_sun {
                split_exact_into(*plant, &day.weights, &mut parts, &mut scratch)?;
                black_box(&parts);
            }
        }
        Ok(())
    })
}

const SPLIT_ALONE: &str = "split_exact_into of the plant alone, same clusters, slots with sun";

/// Measures the kernel.
pub(super) fn kernel(size: &Size, _: &Place) -> Result<Vec<Row>> {
    let days = &data::days(1, size.kernel_clusters);
    let all: Vec<usize> = (0..SLOTS).collect();
    let noon: Vec<usize> = (30..66).collect();
    let night: Vec<usize> = (0..20).collect();
    let mut kernels = [
        Kernel::new(Kind::Flat, days, all.clone()),
        Kernel::new(Kind::Flat, days, noon),
        Kernel::new(Kind::Flat, days, night),
        Kernel::new(Kind::Banded, days, all.clone()),
        Kernel::new(Kind::Battery, days, all),
    ];
    let [whole, noon, night, banded, battery] = &mut kernels;
    let medians = interleaved(
        size.runs,
        &mut [&mut || split_alone(days, 2), &mut || whole.run(), &mut || noon.run(), &mut || night.run(), &mut || banded.run(), &mut || {
            battery.run()
        }],
    )?;
    let taken = Taken { unit: "member-intervals/CPU-s", runs: size.runs, engine: "memory" };
    let row = |name, at: usize| Row::new(name, taken, medians[at], SPLIT_ALONE, medians[0]);
    Ok(vec![
        row("settlement_kernel", 1)
            .target(0.1, 0.25)
            .note("a whole day: own roofs, plant by contribution tiers, mid-market, flat tariff; every slot of the baseline has sun"),
        row("settlement_kernel_midday", 2).note("only slots in which the plant, the roofs and the giving all work"),
        row("settlement_kernel_night", 3).note("only slots without sun"),
        row("settlement_kernel_banded", 4).note("the whole day under monthly bands of each home"),
        row("settlement_kernel_battery", 5).note("the whole day with a shared battery"),
    ])
}

/// The split as it is taught: 128-bit division, then a sort of all remainders.
fn split_textbook(total: i64, weights: &[u64], parts: &mut [i64], order: &mut Vec<(u128, usize)>) {
    let sum: u128 = weights.iter().map(|&weight| u128::from(weight)).sum();
    order.clear();
    let mut left = total;
    for (at, (&weight, part)) in weights.iter().zip(parts.iter_mut()).enumerate() {
        let product = u128::from(total.unsigned_abs()) * u128::from(weight);
        *part = (product / sum) as i64;
        left -= *part;
        order.push((product % sum, at));
    }
    order.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for &(_, at) in order.iter().take(left.unsigned_abs() as usize) {
        parts[at] += 1;
    }
}

/// Measures the exact split.
pub(super) fn split(size: &Size, _: &Place) -> Result<Vec<Row>> {
    let clusters = size.split_clusters;
    let mut chance = super::measure::Chance::from_seed(2);
    let weights: Vec<u64> = (0..clusters * MEMBERS).map(|_| chance.between(2_000, 5_001).unsigned_abs()).collect();
    let totals: Vec<i64> = (0..clusters).map(|_| chance.between(500, 8_000)).collect();
    let (mut parts, mut scratch) = (vec![0i64; clusters * MEMBERS], SplitScratch::default());
    let (mut textbook_parts, mut order) = (vec![0i64; clusters * MEMBERS], Vec::new());
    let mut copied = vec![0i64; clusters * MEMBERS];
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                on_cpu(weights.len(), || {
                    for ((&total, weights), parts) in totals.iter().zip(weights.chunks_exact(MEMBERS)).zip(parts.chunks_exact_mut(MEMBERS)) {
                        split_exact_into(total, weights, parts, &mut scratch)?;
                    }
                    black_box(&parts);
                    Ok(())
                })
            },
            &mut || {
                on_cpu(weights.len(), || {
                    let mut sum = 0u64;
                    for (&weight, copy) in weights.iter().zip(copied.iter_mut()) {
                        sum = sum.wrapping_add(weight);
                        *copy = weight as i64;
                    }
                    black_box((&copied, sum));
                    Ok(())
                })
            },
            &mut || {
                on_cpu(weights.len(), || {
                    let columns = totals.iter().zip(weights.chunks_exact(MEMBERS)).zip(textbook_parts.chunks_exact_mut(MEMBERS));
                    for ((&total, weights), parts) in columns {
                        split_textbook(total, weights, parts, &mut order);
                    }
                    black_box(&textbook_parts);
                    Ok(())
                })
            },
        ],
    )?;
    anyhow::ensure!(parts == textbook_parts, "the split and its textbook form disagree");
    let taken = Taken { unit: "members/CPU-s", runs: size.runs, engine: "memory" };
    Ok(vec![
        Row::new("split_exact", taken, medians[0], "u128 division and a full sort", medians[2]).note(format!("{clusters} clusters of {MEMBERS}")),
        Row::new("split_exact_memory", taken, medians[0], "one memory pass: sum and copy of the weights", medians[1]),
    ])
}

/// Measures sealing.
pub(super) fn seal(size: &Size, _: &Place) -> Result<Vec<Row>> {
    let few = &data::days(1, size.seal_clusters);
    let mut sealing = Sealing::new();
    let mut bytes = Vec::new();
    for day in few {
        sealing.day(day, 1, 0, |_, record| {
            bytes.extend_from_slice(record.header);
            bytes.extend_from_slice(record.body);
        })?;
    }
    let lines = few.len() * SLOTS * MEMBERS;
    let settled: Vec<_> = few.iter().map(|day| sealing.settle(day)).collect::<Result<_>>()?;
    let medians = interleaved(
        size.runs,
        &mut [
            &mut || {
                on_cpu(lines, || {
                    for (day, settled) in few.iter().zip(&settled) {
                        sealing.seal_settled(day, 1, 0, settled, |_, record| {
                            black_box(record.leaf);
                        });
                    }
                    Ok(())
                })
            },
            &mut || {
                on_cpu(lines, || {
                    black_box(Sha256::digest(&bytes));
                    Ok(())
                })
            },
        ],
    )?;
    let taken = Taken { unit: "member-lines/CPU-s", runs: size.runs, engine: "memory" };
    let note = format!("{} bytes a line; each line takes two hashes of its own and one in the tree", bytes.len() / lines);
    Ok(vec![Row::new("seal", taken, medians[0], "SHA-256 of the same bytes in one stream", medians[1]).note(note)])
}
