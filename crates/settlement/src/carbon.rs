//! Avoided carbon: solar energy used times a dated factor of a named method. An estimate, never a credit to sell.

use crate::flows::{Flows, Totals};
use domain::{CarbonMethod, Region, RegionError};
use quantity::{BusinessDay, Grams, QuantityError, WattHours};

/// Avoided carbon of a member or cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Avoided {
    /// Grams of CO2 equivalent.
    pub carbon: Grams,
    /// Solar energy counted.
    pub energy: WattHours,
    /// How it was counted.
    pub method: CarbonMethod,
    /// Grams for each kWh.
    pub grams_per_kwh: i64,
}

/// Why carbon is not counted.
#[derive(Debug, thiserror::Error)]
pub enum CarbonError {
    /// The region has no factor.
    #[error(transparent)]
    Region(#[from] RegionError),
    /// Too large.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
}

impl CarbonError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Region(error) => error.code(),
            Self::Quantity(error) => error.code(),
        }
    }
}

/// Solar energy that took the place of other energy, in Wh: used at home, from the plant, from neighbours and from the battery, or sold
/// to the grid. Each Wh counts once, where it was used: what a member gave away counts with the taker.
#[must_use]
pub const fn solar_used(flows: &Flows) -> WattHours {
    WattHours(flows.self_used + flows.own_share + flows.received + flows.discharged + flows.exported)
}

/// As [`solar_used`], of a whole cluster: the sum over its members.
#[must_use]
pub const fn solar_used_by_all(totals: &Totals) -> WattHours {
    WattHours(totals.self_used + totals.shared + totals.discharged + totals.exported)
}

/// The carbon that `flows` avoided by `method` with the factor of the year of `day`.
///
/// # Errors
/// [`CarbonError`] when the region has no such factor or the sum is too large.
///
/// Source: docs/settlement.md, "Carbon"; factors in `regions/*.toml`.
pub fn avoided(flows: &Flows, region: &Region, method: CarbonMethod, day: BusinessDay) -> Result<Avoided, CarbonError> {
    let grams_per_kwh = region.carbon_factor(method, day)?;
    let energy = solar_used(flows);
    Ok(Avoided { carbon: energy.carbon(grams_per_kwh)?, energy, method, grams_per_kwh })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_used_is_the_sum_of_what_each_used() {
        let one = Flows { self_used: 1, own_share: 2, received: 4, given: 8, charged: 16, discharged: 32, exported: 64, ..Flows::default() };
        let two = Flows { self_used: 100, received: 8, discharged: 3, imported: 1_000, ..Flows::default() };
        let mut all = Totals::default();
        all.add_member(&one);
        all.add_member(&two);
        assert_eq!(solar_used_by_all(&all).0, solar_used(&one).0 + solar_used(&two).0);
        assert_eq!(solar_used(&one), WattHours(103), "given counts with the taker, charged when it comes back");
    }
}
