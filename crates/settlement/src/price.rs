//! What a watt-hour costs: grid tariffs with monthly bands, and the inside price of given energy.

use domain::Band;
use market::pricing::supply_demand_price;
use quantity::{PricePerKwh, WattHours};

/// The rule that prices energy given from member to member (market rules, section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceRule {
    /// The same price always.
    Fixed(PricePerKwh),
    /// The middle between import and export price, rounded down to a whole ngwee (the default).
    MidMarket,
    /// By supply and demand of the interval (Liu et al. 2017).
    SupplyDemandRatio,
}

impl PriceRule {
    /// The name of the rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed(_) => "fixed",
            Self::MidMarket => "mid_market",
            Self::SupplyDemandRatio => "supply_demand_ratio",
        }
    }
}

/// What grid energy costs each member in an interval.
#[derive(Debug, Clone, Copy)]
pub enum ImportPrices<'a> {
    /// One price.
    Flat(PricePerKwh),
    /// Rising monthly bands, and what each member has bought in the month so far (Wh, one for each member).
    EachHome {
        /// The bands of the tariff.
        bands: &'a [Band],
        /// Bought so far in the month.
        before: &'a [i64],
    },
    /// Rising monthly bands of the one connection, and what it has bought in the month so far (Wh).
    Connection {
        /// The bands of the tariff.
        bands: &'a [Band],
        /// Bought so far in the month.
        before: i64,
    },
}

impl ImportPrices<'_> {
    /// The highest price of any band.
    #[must_use]
    pub fn highest(&self) -> i64 {
        match *self {
            Self::Flat(price) => price.0,
            Self::EachHome { bands, .. } | Self::Connection { bands, .. } => bands.iter().map(|band| band.price.0).max().unwrap_or(0),
        }
    }

    /// The price of the next Wh that member `at` buys.
    #[must_use]
    pub fn marginal(&self, at: usize) -> i64 {
        match *self {
            Self::Flat(price) => price.0,
            Self::EachHome { bands, before } => marginal(bands, before[at]),
            Self::Connection { bands, before } => marginal(bands, before),
        }
    }
}

/// The price of the next Wh after `before` Wh of the month.
pub(crate) fn marginal(bands: &[Band], before: i64) -> i64 {
    let open = bands.iter().find(|band| band.up_to.is_none_or(|limit| before < limit.0));
    open.or(bands.last()).map_or(0, |band| band.price.0)
}

/// What `energy` Wh cost after `before` Wh of the month, in milli-ngwee, exactly across bands.
pub(crate) fn band_cost(bands: &[Band], before: i64, energy: i64) -> i64 {
    let (mut position, mut left, mut cost) = (before, energy, 0);
    for band in bands {
        let room = band.up_to.map_or(left, |limit| (limit.0 - position).clamp(0, left));
        cost += room * band.price.0;
        position += room;
        left -= room;
        if left == 0 {
            break;
        }
    }
    cost
}

/// What sets the inside price of an interval, besides each taker's own ceiling.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inside {
    pub rule: PriceRule,
    /// What a given Wh would earn otherwise.
    pub floor: i64,
    /// The voted service charge: stands in for an export price of zero in the supply-demand rule.
    pub service_charge: i64,
    /// Wh offered and Wh needed.
    pub supply: i64,
    pub demand: i64,
}

impl Inside {
    /// The price for a taker whose Wh would cost `ceiling` otherwise, clipped to `[floor, ceiling]`.
    pub fn price(&self, ceiling: i64) -> i64 {
        let price = match self.rule {
            PriceRule::Fixed(price) => price.0,
            PriceRule::MidMarket => (ceiling + self.floor).div_euclid(2),
            // Where this is asked there is something to give and somebody in need, so there is a price.
            PriceRule::SupplyDemandRatio => {
                let (import, export, charge) = (PricePerKwh(ceiling), PricePerKwh(self.floor), PricePerKwh(self.service_charge));
                supply_demand_price(import, export, charge, WattHours(self.supply), WattHours(self.demand)).map_or(ceiling, |price| price.0)
            }
        };
        price.min(ceiling).max(self.floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands() -> Vec<Band> {
        vec![
            Band { up_to: Some(WattHours(100_000)), price: PricePerKwh(40) },
            Band { up_to: Some(WattHours(200_000)), price: PricePerKwh(85) },
            Band { up_to: None, price: PricePerKwh(639) },
        ]
    }

    #[test]
    fn bands_are_exact_at_their_edges() {
        let bands = bands();
        for (before, energy, cost) in [
            (0, 100_000, 4_000_000),
            (0, 100_001, 4_000_085),
            (99_999, 2, 40 + 85),
            (150_000, 100_000, 50_000 * 85 + 50_000 * 639),
            (500_000, 1, 639),
            (0, 0, 0),
        ] {
            assert_eq!(band_cost(&bands, before, energy), cost, "{energy} after {before}");
        }
        assert_eq!([0, 99_999, 100_000, 200_000].map(|before| marginal(&bands, before)), [40, 40, 85, 639]);
    }

    #[test]
    fn inside_prices() {
        let inside = |rule, floor, supply, demand| Inside { rule, floor, service_charge: 20, supply, demand };
        for (name, inside, ceiling, price) in [
            ("mid", inside(PriceRule::MidMarket, 100, 5, 10), 201, 150),
            ("fixed inside", inside(PriceRule::Fixed(PricePerKwh(120)), 100, 5, 10), 200, 120),
            ("fixed above the ceiling", inside(PriceRule::Fixed(PricePerKwh(120)), 0, 5, 10), 85, 85),
            ("fixed below the floor", inside(PriceRule::Fixed(PricePerKwh(120)), 159, 5, 10), 200, 159),
            ("ratio at half", inside(PriceRule::SupplyDemandRatio, 100, 5, 10), 200, 133),
            ("ratio of plenty", inside(PriceRule::SupplyDemandRatio, 100, 10, 10), 200, 100),
            ("ratio of nearly nothing", inside(PriceRule::SupplyDemandRatio, 100, 1, 1000), 200, 199),
            ("ratio without export price", inside(PriceRule::SupplyDemandRatio, 0, 5, 10), 200, 36),
        ] {
            assert_eq!(inside.price(ceiling), price, "{name}");
        }
    }
}
