//! The shared battery: what is charged, drawn, lost and kept.
//!
//! The plant's unused output is common content, drawn by whoever needs it. A member's own surplus is stored in the member's name and
//! comes back to that member only. Battery flows carry no energy price. The loss is booked when charging. Source:
//! docs/adr/0005-shared-battery.md.

use quantity::{Ratio, Step, WattHours, Watts};

/// A battery as equipment, and the voted reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Battery {
    /// What it holds.
    pub capacity: WattHours,
    /// What it takes or gives at once.
    pub power: Watts,
    /// What comes out of what goes in; at most one.
    pub efficiency: Ratio,
    /// Content kept back while the grid is there, and always off the grid.
    pub reserve: WattHours,
}

impl Battery {
    /// A battery with nine tenths efficiency and a reserve of a fifth.
    #[must_use]
    pub fn new(capacity: WattHours, power: Watts) -> Self {
        let efficiency = Ratio::new(9, 10).unwrap_or(Ratio::ONE);
        Self { capacity, power, efficiency, reserve: WattHours(capacity.0 / 5) }
    }

    /// Whether the figures can be: capacity and power above zero and below a GWh and GW, reserve inside, efficiency above zero.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        let sized = self.capacity.0 > 0 && self.capacity.0 <= 1_000_000_000 && self.power.0 > 0 && self.power.0 <= 1_000_000_000;
        sized && self.reserve.0 >= 0 && self.reserve.0 <= self.capacity.0 && self.efficiency.num() > 0 && self.efficiency.is_at_most_one()
    }

    /// The most that may flow in one step.
    pub(crate) fn limit(&self, step: Step) -> i64 {
        step.energy(self.power).0
    }

    /// The most that may be charged so that what is stored fits `room`.
    pub(crate) fn charge_for(&self, room: i64) -> i64 {
        let (num, den) = (i128::from(self.efficiency.num()), i128::from(self.efficiency.den()));
        i64::try_from(((i128::from(room) + 1) * den - 1).div_euclid(num)).unwrap_or(i64::MAX)
    }

    /// What is stored of `charged` Wh.
    pub(crate) fn stored(&self, charged: i64) -> i64 {
        self.efficiency.of_floor(charged).unwrap_or(0)
    }

    /// Whether a Wh stored, worth `saved` when drawn, is worth at least `export` now.
    pub(crate) fn is_worth_storing(&self, saved: i64, export: i64) -> bool {
        i128::from(saved) * i128::from(self.efficiency.num()) >= i128::from(export) * i128::from(self.efficiency.den())
    }
}

/// What the battery holds, in Wh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatteryContent {
    /// Content that belongs to all.
    pub common: i64,
    /// Content in each member's name.
    pub claims: Vec<i64>,
}

impl BatteryContent {
    /// An empty battery for `members`.
    #[must_use]
    pub fn empty(members: usize) -> Self {
        Self { common: 0, claims: vec![0; members] }
    }

    /// All that it holds.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.common + self.claims.iter().sum::<i64>()
    }
}

/// One interval of the battery, in Wh: after = before + charged - discharged - loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatteryFlows {
    /// Content before.
    pub before: i64,
    /// Put in.
    pub charged: i64,
    /// Taken out.
    pub discharged: i64,
    /// Lost.
    pub loss: i64,
    /// Content after.
    pub after: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_charge_just_fits(room in 0i64..100_000, num in 1i64..100, den in 1i64..100) {
            prop_assume!(num <= den);
            let battery = Battery { efficiency: Ratio::new(num, den).expect("a ratio"), ..Battery::new(WattHours(1), Watts(1)) };
            let most = battery.charge_for(room);
            prop_assert!(battery.stored(most) <= room);
            prop_assert!(battery.stored(most + 1) > room);
        }
    }
}
