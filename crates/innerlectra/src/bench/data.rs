//! Clusters to measure on: made from a seed, shaped like a neighborhood with solar roofs and a shared plant.

use super::measure::Chance;
use domain::{Band, ClusterId};
use quantity::{BusinessDay, Instant, PricePerKwh, Step, UtcOffset, WattHours};

/// Members of a cluster.
pub(super) const MEMBERS: usize = 50;
/// Intervals of a day.
pub(super) const SLOTS: usize = 96;
/// Price of grid energy where it is flat, ngwee per kWh.
pub(super) const IMPORT: PricePerKwh = PricePerKwh(201);
/// What an exported kWh earns, ngwee.
pub(super) const EXPORT: PricePerKwh = PricePerKwh(80);

/// The day that measurements begin with, a Monday.
pub(super) const fn first_day() -> BusinessDay {
    BusinessDay(20_346)
}

/// The day `date` days after the first.
pub(super) const fn day_of(date: usize) -> BusinessDay {
    first_day().plus_days(date as i32)
}

/// The cluster with this number, from 1.
pub(super) fn cluster_id(number: usize) -> ClusterId {
    ClusterId::new(number as i64).unwrap_or_else(|_| unreachable!("clusters are numbered from 1"))
}

/// Start of slot `slot` of the day `day` days after the first.
pub(super) fn slot_start(day: usize, slot: usize) -> Instant {
    day_of(day).start(UtcOffset::LUSAKA).plus_ms(slot as i64 * Step::Min15.ms())
}

/// Monthly bands as a utility has them.
pub(super) fn bands() -> Vec<Band> {
    [(Some(100_000), 42), (Some(200_000), 96), (Some(300_000), 216), (None, 268)]
        .map(|(up_to, price)| Band { up_to: up_to.map(WattHours), price: PricePerKwh(price) })
        .to_vec()
}

/// One day of one cluster, column by column: `[slot * MEMBERS + member]`.
#[derive(Debug, Clone)]
pub(super) struct ClusterDay {
    /// Tiers of contribution, ngwee.
    pub(super) weights: Vec<u64>,
    /// Bought in the month before this day, Wh.
    pub(super) bought: Vec<i64>,
    /// Wh used.
    pub(super) consumption: Vec<i64>,
    /// Wh made on the own roof.
    pub(super) generation: Vec<i64>,
    /// Wh of the plant, one for each slot.
    pub(super) plant: Vec<i64>,
}

impl ClusterDay {
    /// A day drawn from `chance`.
    pub(super) fn draw(chance: &mut Chance) -> Self {
        let roofs: Vec<i64> = (0..MEMBERS).map(|_| if chance.between(0, 10) < 6 { chance.between(120, 700) } else { 0 }).collect();
        let plant_peak = chance.between(4_000, 7_500);
        let mut day = Self {
            weights: (0..MEMBERS).map(|_| [200_000, 350_000, 500_000][chance.between(0, 3) as usize]).collect(),
            bought: (0..MEMBERS).map(|_| chance.between(0, 400_000)).collect(),
            consumption: Vec::with_capacity(SLOTS * MEMBERS),
            generation: Vec::with_capacity(SLOTS * MEMBERS),
            plant: Vec::with_capacity(SLOTS),
        };
        for slot in 0..SLOTS {
            let (sun, use_percent) = (sun_percent(slot), use_percent(slot));
            let sky = chance.between(40, 100);
            day.plant.push(plant_peak * sun * sky / 10_000);
            for roof in &roofs {
                day.consumption.push(chance.between(20, 500) * use_percent / 100);
                day.generation.push(roof * sun * sky / 10_000);
            }
        }
        day
    }

    /// The columns of one slot: consumption and generation.
    pub(super) fn slot(&self, slot: usize) -> (&[i64], &[i64]) {
        let range = slot * MEMBERS..(slot + 1) * MEMBERS;
        (&self.consumption[range.clone()], &self.generation[range])
    }
}

/// Several days drawn from one seed.
pub(super) fn days(seed: u64, count: usize) -> Vec<ClusterDay> {
    let mut chance = Chance::from_seed(seed);
    (0..count).map(|_| ClusterDay::draw(&mut chance)).collect()
}

/// Height of the sun between six and six, in hundredths of noon.
fn sun_percent(slot: usize) -> i64 {
    let from_noon = (slot as i64 - 48).abs();
    if from_noon >= 24 { 0 } else { 100 - from_noon * from_noon * 100 / 576 }
}

/// How much is used, in hundredths: little at night, most in the evening.
fn use_percent(slot: usize) -> i64 {
    match slot / 4 {
        0..5 => 35,
        5..8 => 90,
        8..17 => 70,
        17..22 => 150,
        _ => 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_sun_at_noon_and_none_at_night() {
        let day = &days(1, 1)[0];
        assert_eq!((day.plant[0], day.plant[95]), (0, 0));
        assert!(day.plant[48] > 1_000 && day.slot(48).1.iter().any(|&made| made > 0));
        assert!(day.consumption.iter().all(|&used| used >= 0));
        assert_eq!(days(1, 2)[1].consumption, days(1, 2)[1].consumption);
    }
}
