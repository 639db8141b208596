//! Days settled and sealed in memory, as the real path does it for each slot.

use super::data::{self, ClusterDay, EXPORT, IMPORT, MEMBERS, SLOTS};
use anyhow::Result;
use domain::Connection;
use quantity::{PricePerKwh, Step, WattHours};
use settlement::seal::{MemberInput, SealInput, SealWriter, Sealed, SealedPrices, SealedReading};
use settlement::{BatteryContent, Grid, ImportPrices, IntervalInput, RuleSet, Scratch, Settlement, SharingKey, distribute_energy};

/// Settles and seals with memory that is kept.
pub(super) struct Sealing {
    rule: RuleSet,
    prices: SealedPrices,
    scratch: Scratch,
    writer: SealWriter,
    readings: Vec<SealedReading>,
}

impl Sealing {
    pub(super) fn new() -> Self {
        let rule = RuleSet { sharing_key: SharingKey::ContributionTiers, service_charge: PricePerKwh(20), ..RuleSet::new(Connection::OnePoint) };
        Self { rule, prices: SealedPrices::Flat(IMPORT), scratch: Scratch::default(), writer: SealWriter::default(), readings: Vec::new() }
    }

    /// Settles a day.
    pub(super) fn settle(&mut self, day: &ClusterDay) -> Result<Vec<Settlement>> {
        let mut content = BatteryContent::empty(MEMBERS);
        let mut settled = Vec::with_capacity(SLOTS);
        for slot in 0..SLOTS {
            let (consumption, generation) = day.slot(slot);
            let input = IntervalInput {
                step: Step::Min15,
                grid: Grid::Available,
                plant: WattHours(day.plant[slot]),
                consumption,
                generation,
                weights: &day.weights,
                import: ImportPrices::Flat(IMPORT),
                export: EXPORT,
            };
            let mut out = Settlement::default();
            distribute_energy(&self.rule, &input, &mut content, &mut self.scratch, &mut out)?;
            settled.push(out);
        }
        Ok(settled)
    }

    /// Seals a settled day; `each` gets the slot and the record.
    pub(super) fn seal_settled(
        &mut self,
        day: &ClusterDay,
        cluster: usize,
        date: usize,
        settled: &[Settlement],
        mut each: impl FnMut(usize, Sealed<'_>),
    ) {
        let mut bought = day.bought.clone();
        for (slot, settlement) in settled.iter().enumerate() {
            let (consumption, generation) = day.slot(slot);
            let reading = |meter: usize, consumption: i64, generation: i64| SealedReading {
                meter: meter as i64 + 1,
                consumption,
                generation,
                quality: 0,
                version: 1,
            };
            self.readings.clear();
            self.readings.extend((0..MEMBERS).map(|at| reading(at, consumption[at], generation[at])));
            let plant = [reading(MEMBERS, 0, day.plant[slot])];
            let member = |at: usize| MemberInput {
                member: at as i64 + 1,
                weight: day.weights[at],
                claim_before: 0,
                bought_before: bought[at],
                readings: std::slice::from_ref(&self.readings[at]),
            };
            let members: Vec<MemberInput<'_>> = (0..MEMBERS).map(member).collect();
            let sealed = self.writer.seal(&SealInput {
                cluster: data::cluster_id(cluster),
                start: data::slot_start(date, slot),
                step: Step::Min15,
                version: 1,
                rule: &self.rule,
                grid: Grid::Available,
                plant: &plant,
                prices: &self.prices,
                bought_together: 0,
                export: EXPORT,
                common_before: 0,
                members: &members,
                settlement,
                seed: [slot as u8; 16],
            });
            each(slot, sealed);
            for (bought, flows) in bought.iter_mut().zip(&settlement.members) {
                *bought += flows.imported;
            }
        }
    }

    /// Settles and seals a day.
    pub(super) fn day(&mut self, day: &ClusterDay, cluster: usize, date: usize, each: impl FnMut(usize, Sealed<'_>)) -> Result<()> {
        let settled = self.settle(day)?;
        self.seal_settled(day, cluster, date, &settled, each);
        Ok(())
    }
}
