//! The voted rules of a cluster, checked when they are set so that nothing can fail at midnight.

use crate::battery::Battery;
use crate::price::PriceRule;
use domain::Connection;
use quantity::{PricePerKwh, Ratio};

/// The rule that splits the output of the jointly owned plant among members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharingKey {
    /// The same part for each member.
    Equal,
    /// By share of the equipment.
    Ownership,
    /// By tier of the contribution paid (the default).
    ContributionTiers,
    /// By what each uses in the same interval; equal where nobody uses anything.
    Consumption,
    /// By fixed weights.
    Static,
    /// A voted mix of a fixed key and consumption.
    Hybrid(Mix),
}

/// A mix of two keys: `fixed` of the whole by the fixed weights, the rest by consumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix {
    /// Part of the fixed weights, at most one.
    pub fixed: Ratio,
}

impl Mix {
    /// Half and half.
    ///
    /// # Panics
    /// Never: one half is a ratio.
    #[must_use]
    pub fn half() -> Self {
        Self { fixed: Ratio::new(1, 2).unwrap_or(Ratio::ONE) }
    }
}

impl SharingKey {
    /// Parses the name of a key; `hybrid` is half fixed weights, half consumption.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "equal" => Self::Equal,
            "ownership" => Self::Ownership,
            "contribution_tiers" => Self::ContributionTiers,
            "consumption" => Self::Consumption,
            "static" => Self::Static,
            "hybrid" => Self::Hybrid(Mix::half()),
            _ => return None,
        })
    }

    /// The name of the key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Ownership => "ownership",
            Self::ContributionTiers => "contribution_tiers",
            Self::Consumption => "consumption",
            Self::Static => "static",
            Self::Hybrid(_) => "hybrid",
        }
    }

    /// Whether members must be given weights for this key.
    #[must_use]
    pub const fn needs_weights(self) -> bool {
        matches!(self, Self::Ownership | Self::ContributionTiers | Self::Static)
    }
}

/// How unmet need is filled from what others give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Filling {
    /// Max-min: everybody gets the same until the need is met (the default).
    #[default]
    Equal,
    /// In proportion to need.
    ByNeed,
}

/// Whose bands the import tariff counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BandBasis {
    /// Each home has its own monthly bands, as with its own prepaid meter (the default).
    #[default]
    EachHome,
    /// The one connection of the cluster is billed as one customer: all homes climb the bands together.
    Connection,
}

/// Whether the grid supplies in an interval.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Grid {
    /// It does.
    #[default]
    Available,
    /// It does not.
    Outage,
}

/// The rules that settle an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// Version of the rules, from 1; sealed with every interval.
    pub version: i64,
    /// How the cluster is wired.
    pub connection: Connection,
    /// Whether the cluster's wires serve in an outage.
    pub can_island: bool,
    /// How the plant's output is split.
    pub sharing_key: SharingKey,
    /// The price of given energy.
    pub price_rule: PriceRule,
    /// Service charge per kWh of the plant used, own and given.
    pub service_charge: PricePerKwh,
    /// How need is filled.
    pub filling: Filling,
    /// Whose bands count.
    pub band_basis: BandBasis,
    /// Ceiling of the inside price where there is no grid to compare with.
    pub outage_cap: PricePerKwh,
    /// The shared battery.
    pub battery: Option<Battery>,
}

/// Why a rule set is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The key needs weights and they add up to zero.
    #[error("the weights for the sharing key {key} are missing or add up to zero: give at least one member a weight above zero")]
    ZeroWeight {
        /// Name of the key.
        key: &'static str,
    },
    /// A price below zero or absurdly high.
    #[error("{what} must be from 0 to {max} ngwee per kWh, got {ngwee}")]
    Price {
        /// Which price.
        what: &'static str,
        /// The price given.
        ngwee: i64,
        /// The highest taken.
        max: i64,
    },
    /// A battery that cannot be.
    #[error("the battery needs a capacity and a power above zero, an efficiency of at most one and a reserve within its capacity")]
    Battery,
    /// A shared battery without shared wires.
    #[error("a shared battery needs the cluster's own wires: use the connection one_point or off_grid")]
    BatteryNeedsWires,
    /// Bands of a connection that members do not share.
    #[error("bands of the one connection need a connection that all share: use one_point, or bands of each home")]
    BandsNeedConnection,
    /// A mix above one, or finer than its sums can be.
    #[error("the mix of a hybrid key must be at most one, as a fraction with a denominator of at most {MIX_DENOMINATOR_MAX}")]
    Mix,
    /// Weights too large to be added.
    #[error("the weights add up to more than {}: divide all of them by the same number", i64::MAX)]
    WeightTooLarge,
}

impl RuleError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ZeroWeight { .. } => "zero_weight",
            Self::Price { .. } => "price_out_of_range",
            Self::Battery => "battery_invalid",
            Self::BatteryNeedsWires => "battery_needs_wires",
            Self::BandsNeedConnection => "bands_need_connection",
            Self::Mix => "mix_invalid",
            Self::WeightTooLarge => "weight_too_large",
        }
    }
}

impl RuleSet {
    /// The default rules of a cluster: one point, equal parts, mid-market price, no service charge, no battery.
    #[must_use]
    pub fn new(connection: Connection) -> Self {
        Self {
            version: 1,
            connection,
            can_island: true,
            sharing_key: SharingKey::Equal,
            price_rule: PriceRule::MidMarket,
            service_charge: PricePerKwh::ZERO,
            filling: Filling::Equal,
            band_basis: BandBasis::EachHome,
            outage_cap: PricePerKwh::ZERO,
            battery: None,
        }
    }

    /// Checks the rules against the members' weights, when they are set.
    ///
    /// # Errors
    /// [`RuleError`]; zero total weight is `zero_weight`.
    pub fn check(&self, weights: &[u64]) -> Result<(), RuleError> {
        let weightless = weights.iter().all(|&weight| weight == 0);
        if self.sharing_key.needs_weights() && weightless {
            return Err(RuleError::ZeroWeight { key: self.sharing_key.as_str() });
        }
        let sum = weights.iter().try_fold(0u64, |sum, &weight| sum.checked_add(weight));
        if sum.is_none_or(|sum| i64::try_from(sum).is_err()) {
            return Err(RuleError::WeightTooLarge);
        }
        if let SharingKey::Hybrid(mix) = self.sharing_key
            && (!mix.fixed.is_at_most_one() || mix.fixed.den() > MIX_DENOMINATOR_MAX)
        {
            return Err(RuleError::Mix);
        }
        for (what, price) in [("service charge", self.service_charge), ("outage cap", self.outage_cap)] {
            check_price(what, price)?;
        }
        if let PriceRule::Fixed(price) = self.price_rule {
            check_price("fixed price", price)?;
        }
        if self.connection == Connection::Separate && self.band_basis == BandBasis::Connection {
            return Err(RuleError::BandsNeedConnection);
        }
        match &self.battery {
            Some(_) if self.connection == Connection::Separate => Err(RuleError::BatteryNeedsWires),
            Some(battery) if !battery.is_valid() => Err(RuleError::Battery),
            _ => Ok(()),
        }
    }

    /// Whether energy can flow between members in an interval with this grid.
    #[must_use]
    pub fn shares_wires(&self, grid: Grid) -> bool {
        match self.connection {
            Connection::OffGrid => true,
            Connection::OnePoint => grid == Grid::Available || self.can_island,
            Connection::Separate => false,
        }
    }

    /// Whether the grid takes and gives in an interval.
    #[must_use]
    pub fn reaches_grid(&self, grid: Grid) -> bool {
        self.connection != Connection::OffGrid && grid == Grid::Available
    }

    /// Whether a home's own generation runs: inverters without a grid stop unless they can stand alone.
    #[must_use]
    pub fn own_generation_runs(&self, grid: Grid) -> bool {
        self.connection == Connection::OffGrid || grid == Grid::Available || self.can_island
    }
}

/// The finest mix of a hybrid key: millionths. With it every weight of an interval fits 128 bits.
pub const MIX_DENOMINATOR_MAX: i64 = 1_000_000;

/// The highest price taken, in ngwee per kWh: K10,000, far above any tariff and far below any overflow.
pub const PRICE_MAX: i64 = 1_000_000;

/// Refuses a price outside 0..=[`PRICE_MAX`].
///
/// # Errors
/// [`RuleError::Price`].
pub fn check_price(what: &'static str, price: PricePerKwh) -> Result<(), RuleError> {
    if (0..=PRICE_MAX).contains(&price.0) { Ok(()) } else { Err(RuleError::Price { what, ngwee: price.0, max: PRICE_MAX }) }
}
