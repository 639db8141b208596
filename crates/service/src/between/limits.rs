//! What the officers of a cluster have committed it to, and whether more is within what its members voted.
//!
//! Counted is what binds, or may bind without the cluster being asked again: accepted deals, own terms on the table, what waits for the other
//! cluster's decision, and open offers.
//!
//! A seller who sends nothing pays the penalty and what the grid costs the buyer above the deal. How much that will be is known when meters
//! are read; counted is the most it can be (`imports.rs`).

use super::BetweenError;
use super::imports::Imports;
use super::round::{PENALTY, contracts_open};
use crate::ServiceError;
use domain::{BetweenLimits, ClusterId, DealNo};
use market::Side;
use market::between::{DealState, Party};
use quantity::{BusinessDay, Instant, Interval, PricePerKwh, UtcOffset, WattHours};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use store::Tx;
use store::tables::{ClusterRow, ConfigRow, DealActKind, DealRow, LineRow, OfferRow};

/// Something that a cluster has promised or is about to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Promise {
    pub side: Party,
    /// To whom; `None` for an offer to all.
    pub other: Option<ClusterId>,
    pub window: Interval,
    /// Wh in each interval.
    pub energy: WattHours,
    /// What the seller gets, or the buyer pays in all, for each kWh.
    pub price: PricePerKwh,
    /// What the buyer pays for each kWh with the fee; of an offer, the least that it can be.
    pub landed: PricePerKwh,
    /// What the seller pays for each kWh that it does not send, beside replacing it.
    pub penalty: PricePerKwh,
}

/// Energy and money of a local day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DaySum {
    sold: i128,
    bought: i128,
    spent_milli: i128,
}

/// The limits that hold on a day; nothing may be committed before members have said anything.
pub(super) async fn limits_on(tx: &mut Tx<'_>, cluster: &ClusterRow, day: BusinessDay) -> Result<ConfigRow<BetweenLimits>, ServiceError> {
    let nothing = || ConfigRow { version: 0, from_day: cluster.opened_on, config: BetweenLimits::NOTHING, set_at: Instant(0), set_by: 0 };
    Ok(tx.between_on(cluster.id, day).await?.unwrap_or_else(nothing))
}

/// Refuses a promise beyond the limits, or beyond what the line has room for. The caller holds the cluster's turn; `besides` is the deal whose
/// terms the promise takes the place of.
pub(super) async fn may_promise(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    new: Promise,
    line: Option<&LineRow>,
    besides: Option<DealNo>,
    now: Instant,
) -> Result<(), ServiceError> {
    // Limits are for a day: what of it has been delivered already counts as well.
    let first = BusinessDay::of(new.window.start(), cluster.offset).start(cluster.offset);
    let deals = tx.deal_list_live(cluster.id, first.min(now)).await?;
    let mut known: Vec<Promise> = deals.iter().filter(|row| Some(row.no) != besides).filter_map(|row| promised(cluster.id, row)).collect();
    known.extend(tx.offer_list_open(cluster.id).await?.iter().map(offered));
    for day in days_of(new.window, cluster.offset) {
        let limits = limits_on(tx, cluster, day).await?.config;
        let sum = sum_of(tx, (cluster, imports), &known, &new, day).await?;
        within(&limits, &new, &sum)?;
    }
    if let Some(line) = line.filter(|_| new.side == Party::Seller) {
        // A clearing that was held has its part of the line before its deals are written down here. Above it counts by its offers, which are
        // open as long.
        known.extend(contracts_open(tx, cluster, imports.zone(cluster)?, &deals).await?);
        room(line, &known, &new)?;
    }
    Ok(())
}

/// What a cluster has promised by a deal; `None` where it is free.
pub(super) fn promised(cluster: ClusterId, row: &DealRow) -> Option<Promise> {
    let side = row.side_of(cluster);
    let terms = &row.deal.terms;
    let of = |window, energy, price: PricePerKwh, penalty| {
        // A buyer pays the fee on top, unless a clearing named one price.
        let landed = row.buyer_price.unwrap_or(PricePerKwh(price.0.saturating_add(terms.fee.0)));
        let price = if side == Party::Seller { price } else { landed };
        Some(Promise { side, other: Some(row.other_of(cluster)), window, energy, price, landed, penalty })
    };
    match (row.deal.state, row.intent) {
        (DealState::Open, Some(act)) if matches!(act.kind, DealActKind::Accept | DealActKind::Counter) => {
            of(act.window, act.energy, act.price, act.penalty)
        }
        (DealState::Accepted, _) => of(terms.window, terms.energy_per_interval, terms.price, terms.penalty),
        (DealState::Open, _) if row.deal.turn != side => of(terms.window, terms.energy_per_interval, terms.price, terms.penalty),
        _ => None,
    }
}

pub(super) fn offered(row: &OfferRow) -> Promise {
    let side = if row.side == Side::Sell { Party::Seller } else { Party::Buyer };
    Promise { side, other: None, window: row.window, energy: row.energy, price: row.price, landed: row.price, penalty: PENALTY }
}

/// Refuses what is beyond the limits of one day that the new promise touches; `all` is that day with the new promise.
fn within(limits: &BetweenLimits, new: &Promise, all: &DaySum) -> Result<(), BetweenError> {
    let price = new.price.0;
    if new.side == Party::Seller && price < limits.sell_price_min.0 {
        return Err(BetweenError::Limit { what: "sell_price_min", most: limits.sell_price_min.0, found: price });
    }
    if new.side == Party::Buyer && price > limits.buy_price_max.0 {
        return Err(BetweenError::Limit { what: "buy_price_max", most: limits.buy_price_max.0, found: price });
    }
    let energy = match new.side {
        Party::Seller => ("sell_max_wh_per_day", limits.sell_max.0, all.sold),
        Party::Buyer => ("buy_max_wh_per_day", limits.buy_max.0, all.bought),
    };
    for (what, most, found) in [energy, ("spend_max_ngwee", limits.spend_max.0, (all.spent_milli + 999) / 1_000)] {
        if found > i128::from(most) {
            return Err(BetweenError::Limit { what, most, found: i64::try_from(found).unwrap_or(i64::MAX) });
        }
    }
    Ok(())
}

/// Energy and money of a day: what is known and what is new.
async fn sum_of(
    tx: &mut Tx<'_>,
    (cluster, imports): (&ClusterRow, &Imports),
    known: &[Promise],
    new: &Promise,
    day: BusinessDay,
) -> Result<DaySum, ServiceError> {
    let (mut all, mut dearest) = (DaySum::default(), BTreeMap::new());
    for promise in known.iter().chain([new]).filter(|promise| promise.window.overlaps(day.interval(cluster.offset))) {
        if promise.side == Party::Seller
            && let Entry::Vacant(place) = dearest.entry(promise.other)
        {
            place.insert(imports.most(tx, cluster, promise.other, day).await?);
        }
        let sum = on_day(promise, cluster, day, dearest.get(&promise.other).copied().unwrap_or_default());
        all.sold += sum.sold;
        all.bought += sum.bought;
        all.spent_milli += sum.spent_milli;
    }
    Ok(all)
}

/// A promise's part of a day; `import` is the most that a kWh from the grid costs its buyer.
fn on_day(promise: &Promise, cluster: &ClusterRow, day: BusinessDay, import: PricePerKwh) -> DaySum {
    let of_day = day.interval(cluster.offset);
    let (from, until) = (promise.window.start().max(of_day.start()), promise.window.end().min(of_day.end()));
    let wh = i128::from(promise.energy.0) * i128::from(until.ms_since(from).max(0) / cluster.step.ms());
    match promise.side {
        // A seller who sends nothing pays the penalty for all of it, and what replacing it costs above what the buyer would have paid.
        Party::Seller => {
            let above = import.0.saturating_sub(promise.landed.0).max(0);
            DaySum { sold: wh, spent_milli: wh * (i128::from(promise.penalty.0) + i128::from(above)), ..DaySum::default() }
        }
        Party::Buyer => DaySum { bought: wh, spent_milli: wh * i128::from(promise.price.0), ..DaySum::default() },
    }
}

/// The local days that a window touches.
pub(super) fn days_of(window: Interval, offset: UtcOffset) -> impl Iterator<Item = BusinessDay> {
    let last = BusinessDay::of(window.end().plus_ms(-1), offset);
    std::iter::successors(Some(BusinessDay::of(window.start(), offset)), |day| Some(day.next())).take_while(move |day| *day <= last)
}

/// The most that is promised over a line in one interval of a window.
pub(super) fn peak(to: ClusterId, known: &[Promise], window: Interval) -> i64 {
    let on_line: Vec<&Promise> = known.iter().filter(|p| p.side == Party::Seller && p.other == Some(to) && p.window.overlaps(window)).collect();
    // What is promised grows only where a promise begins.
    let starts = on_line.iter().map(|p| p.window.start().max(window.start()));
    let at = |start: Instant| on_line.iter().filter(|p| p.window.contains(start)).map(|p| p.energy.0).fold(0, i64::saturating_add);
    starts.map(at).max().unwrap_or(0)
}

fn room(line: &LineRow, known: &[Promise], new: &Promise) -> Result<(), BetweenError> {
    let taken = peak(line.to, known, new.window);
    let fits = taken.saturating_add(new.energy.0) <= line.capacity.0;
    if fits { Ok(()) } else { Err(BetweenError::LineFull { capacity: line.capacity.0, taken }) }
}
