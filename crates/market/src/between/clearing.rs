//! Joint clearing: the books of several clusters and the lines between them meet at once, at one price for each cluster.
//!
//! The prices and quantities fit each other:
//!
//! - in each cluster who would take a worse price is filled, who wants a better one is not, and those at the price share by size;
//! - a line is used only if its *netback* (the price at the receiving end, less loss and fee, rounded down to the ngwee) covers the price
//!   at the sending end, and has room left only if its netback is not above that price. So a line neither empty nor full has a netback
//!   of exactly the price at its sending end.
//!
//! Without losses this is the exact optimum: no other trades are worth more to all together, after fees. With losses prices would be
//! fractions of a ngwee; as they are whole, the welfare is below the optimum by less than one ngwee for each kWh that better trades would
//! send over lines that lose and are not full, and one watt-hour's price for each line that loses.
//!
//! A higher bid, or a lower ask, never gets less without losses. With losses, routes that differ by less than a ngwee look alike, and the
//! one that loses more may be taken once a price has moved: then an order may get less, but what it loses, times the ngwee by which it was
//! raised, is at most what the two results together may be below their optima, as said above. (Each is that near to its optimum; the raise
//! is worth its ngwee times the fill to the first trades and to the second, and the first were there to be had.)
//!
//! Of several prices that fit, each cluster takes the middle of its lowest and its highest, rounded down; with losses, the lowest
//! prices not below these that fit each other.
//!
//! Source: market rules of the programme, section 4; docs/market.md.

use super::delivery::{BuyerPays, Contract};
use super::flow::{FREE, Level, Network, OPEN};
use super::line::Line;
use crate::{Order, Side};
use quantity::{PricePerKwh, WattHours, split_exact};
use std::collections::BTreeMap;

/// The most clusters in a joint clearing.
pub const CLUSTERS_MAX: usize = 50;
/// The most orders of all clusters together.
pub const ORDERS_MAX: usize = 10_000;
/// The most lines.
pub const LINES_MAX: usize = 500;

/// Why a joint clearing is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClearingError {
    /// Too many clusters.
    #[error("at most {CLUSTERS_MAX} clusters clear together, got {found}: clear them by region")]
    Clusters {
        /// How many were given.
        found: usize,
    },
    /// Too many orders.
    #[error("at most {ORDERS_MAX} orders clear together, got {found}: offer and ask by cluster, not by member")]
    Orders {
        /// How many were given.
        found: usize,
    },
    /// Too many lines.
    #[error("at most {LINES_MAX} lines clear together, got {found}")]
    Lines {
        /// How many were given.
        found: usize,
    },
    /// A line to a cluster that is not there.
    #[error("line {line} begins or ends at a cluster that is not among those given")]
    UnknownCluster {
        /// Place of the line.
        line: usize,
    },
    /// The search did not end: a fault of this module, found instead of a wrong answer.
    #[error("the joint clearing found no end: please report the orders and lines")]
    Unsettled,
}

impl ClearingError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Clusters { .. } => "clearing_clusters",
            Self::Orders { .. } => "clearing_orders",
            Self::Lines { .. } => "clearing_lines",
            Self::UnknownCluster { .. } => "clearing_unknown_cluster",
            Self::Unsettled => "clearing_unsettled",
        }
    }
}

/// What a joint clearing decided for one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterCleared {
    /// What every kWh costs buyers and earns sellers here; `None` when nothing is traded here or passes through.
    pub price: Option<PricePerKwh>,
    /// What a further kWh is worth here: the price if there is one, else one at which nobody here wants to trade. `None` when no order
    /// and no line says anything about it; below zero where only a line says something whose fee is more than the energy is worth.
    pub worth: Option<PricePerKwh>,
    /// What each order got, in the order they were given.
    pub fills: Vec<WattHours>,
    /// What members of this cluster buy.
    pub bought: WattHours,
    /// What members of this cluster sell.
    pub sold: WattHours,
}

/// What a joint clearing decided for one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineCleared {
    /// What leaves the cluster at its beginning.
    pub sent: WattHours,
    /// What arrives in the cluster at its end.
    pub received: WattHours,
    /// The wheeling fee for what is sent, in milli-ngwee: to the owner of the line.
    pub fee: i128,
    /// The congestion rent, in milli-ngwee: what those who receive pay above what those who send get and the fee. Never negative; above
    /// the rounding of prices and losses only on a full line. To the community fund.
    pub rent: i128,
}

/// What a joint clearing decided. Buyers pay what sellers get, fees and rents, to the milli-ngwee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joint {
    /// The clusters, in the order they were given.
    pub clusters: Vec<ClusterCleared>,
    /// The lines, in the order they were given.
    pub lines: Vec<LineCleared>,
    /// What the trades are worth above the limits of those who make them and after wheeling fees, in milli-ngwee.
    pub welfare: i128,
}

/// Clears the orders of `clusters` together, over `lines` that name clusters by their place in the list.
///
/// The order of the orders changes nothing but the last watt-hours among equals; of equally good lines either may be used.
///
/// # Errors
/// [`ClearingError`].
pub fn clear_between(clusters: &[Vec<Order>], lines: &[Line]) -> Result<Joint, ClearingError> {
    check(clusters, lines)?;
    let mut network = Network::new(clusters.iter().map(|orders| levels(orders)).collect(), lines);
    if !network.settle() {
        return Err(ClearingError::Unsettled);
    }
    let prices = prices(&network);
    let mut joint = Joint { clusters: Vec::with_capacity(clusters.len()), lines: Vec::with_capacity(lines.len()), welfare: 0 };
    for (at, line) in lines.iter().enumerate() {
        let (sent, received) = (network.sent[at], network.received(at));
        let fee = worth(sent, line.fee().0);
        // A line that carries something has a price at both ends.
        let paid = worth(received, prices[line.to()].unwrap_or_default()).saturating_sub(worth(sent, prices[line.from()].unwrap_or_default()));
        joint.welfare = joint.welfare.saturating_sub(fee);
        joint.lines.push(LineCleared { sent: WattHours(sent), received: WattHours(received), fee, rent: paid.saturating_sub(fee) });
    }
    for (at, orders) in clusters.iter().enumerate() {
        let is_passed = lines.iter().zip(&network.sent).any(|(line, &sent)| sent > 0 && (line.from() == at || line.to() == at));
        let cleared = cluster(orders, &network.books[at], prices[at], is_passed);
        for (order, fill) in orders.iter().zip(&cleared.fills) {
            let value = worth(fill.0, order.price().0);
            joint.welfare = joint.welfare.saturating_add(if order.side() == Side::Buy { value } else { value.saturating_neg() });
        }
        joint.clusters.push(cleared);
    }
    Ok(joint)
}

impl Joint {
    /// What the line at place `at` carries, as a contract between the clusters at its ends, to be settled against meters: `None` when it
    /// carries nothing. The penalty is the region's; `line` is the one that was given.
    #[must_use]
    pub fn contract(&self, at: usize, line: &Line, penalty: PricePerKwh) -> Option<Contract> {
        self.lines.get(at).filter(|cleared| cleared.sent.0 > 0)?;
        let seller_price = self.clusters.get(line.from())?.price?;
        let buyer_pays = BuyerPays::At(self.clusters.get(line.to())?.price?);
        Some(Contract { seller_price, buyer_pays, fee: line.fee(), loss: line.loss(), penalty })
    }
}

fn check(clusters: &[Vec<Order>], lines: &[Line]) -> Result<(), ClearingError> {
    if clusters.len() > CLUSTERS_MAX {
        return Err(ClearingError::Clusters { found: clusters.len() });
    }
    let orders = clusters.iter().map(Vec::len).fold(0, usize::saturating_add);
    if orders > ORDERS_MAX {
        return Err(ClearingError::Orders { found: orders });
    }
    if lines.len() > LINES_MAX {
        return Err(ClearingError::Lines { found: lines.len() });
    }
    match lines.iter().position(|line| line.from().max(line.to()) >= clusters.len()) {
        Some(line) => Err(ClearingError::UnknownCluster { line }),
        None => Ok(()),
    }
}

/// The orders of a cluster by price, cheapest first.
fn levels(orders: &[Order]) -> Vec<Level> {
    let mut levels: BTreeMap<i64, Level> = BTreeMap::new();
    for order in orders {
        let price = order.price().0;
        let level = levels.entry(price).or_insert(Level { price, ..Level::default() });
        let side = if order.side() == Side::Buy { &mut level.bid } else { &mut level.ask };
        *side = side.saturating_add(order.energy().0);
    }
    levels.into_values().collect()
}

/// The price of each cluster: the middle of what fits.
fn prices(network: &Network<'_>) -> Vec<Option<i64>> {
    let (least, greatest) = (network.least(&network.lowest()), network.greatest(&network.highest()));
    let middle = |(&low, &high): (&i64, &i64)| match (low, high) {
        (FREE, OPEN) => FREE,
        (FREE, high) => high,
        (low, OPEN) => low,
        // Both are far from the ends of the range; rounded down.
        (low, high) => low.saturating_add(high).div_euclid(2),
    };
    let middles: Vec<i64> = least.iter().zip(&greatest).map(middle).collect();
    network.least(&middles).into_iter().map(|price| (price != FREE).then_some(price)).collect()
}

/// Shares the fill of each level among its orders.
fn cluster(orders: &[Order], book: &[Level], price: Option<i64>, is_passed: bool) -> ClusterCleared {
    let mut fills = vec![WattHours::ZERO; orders.len()];
    let (mut bought, mut sold) = (0_i64, 0_i64);
    let mut places: BTreeMap<(i64, bool), Vec<usize>> = BTreeMap::new();
    for (at, order) in orders.iter().enumerate() {
        places.entry((order.price().0, order.side() == Side::Buy)).or_default().push(at);
    }
    for level in book {
        bought = bought.saturating_add(level.bid_fill);
        sold = sold.saturating_add(level.ask_fill);
        for (is_bid, fill) in [(true, level.bid_fill), (false, level.ask_fill)] {
            let equals = places.get(&(level.price, is_bid)).map(Vec::as_slice).unwrap_or_default();
            let sizes: Vec<u64> = equals.iter().map(|&at| orders[at].energy().0.unsigned_abs()).collect();
            // No orders on this side of the level: nothing to share.
            let parts = split_exact(WattHours(fill), &sizes).unwrap_or_default();
            for (&at, part) in equals.iter().zip(parts) {
                fills[at] = part;
            }
        }
    }
    let worth = price.map(PricePerKwh);
    let price = worth.filter(|_| is_passed || bought > 0 || sold > 0);
    ClusterCleared { price, worth, fills, bought: WattHours(bought), sold: WattHours(sold) }
}

/// Energy times price in milli-ngwee; both are below 2^60.
fn worth(energy: i64, price: i64) -> i128 {
    i128::from(energy).saturating_mul(i128::from(price))
}
