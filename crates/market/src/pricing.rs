//! What energy costs in the market: now, over the next six hours, and from cluster to cluster.
//!
//! A price is made by one of four rules from what the grid charges and pays, from supply and demand, and from the last auction. Where a
//! rule has nothing to go by there is no price, never one of zero. What lies ahead comes through [`Forecast`], whoever makes it;
//! [`SameSlotMean`] is the plainest one.
//!
//! What this does not do: it moves no money and binds nobody. Energy given inside a cluster is priced at settlement, by the same
//! [`supply_demand_price`].
//!
//! Formulas: docs/market.md, "Prices now and ahead".

use crate::candle::Span;
use domain::{TradePrice, TradingConfig};
use quantity::{BusinessDay, Instant, PricePerKwh, Ratio, UtcOffset, WattHours, div_half_even};
use std::collections::BTreeMap;

/// Slots of the strip: six hours of 15 minutes.
pub const STRIP_SLOTS: usize = 24;
/// The most slots of a strip: a day.
pub const STRIP_SLOTS_MAX: usize = 96;
/// How far below the mean of the strip a price is called cheap, in percent.
pub const CHEAP_PERCENT: i64 = 10;
/// The most days that a same-slot mean looks back.
pub const FORECAST_DAYS_MAX: i32 = 28;
/// The most supply or demand of one slot, Wh: a thousand GWh. Larger samples are held at it, so that sums fit.
const SAMPLE_MAX: i64 = 1_000_000_000_000;
const SLOTS_PER_DAY: i64 = 96;

/// How the market price is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketPrice {
    /// One price.
    Fixed(PricePerKwh),
    /// Half-way between what the grid charges and what it pays, rounded down.
    MidMarket,
    /// By supply and demand.
    SupplyDemandRatio,
    /// What the last call auction found; before the first, and ahead, the half-way price stands in.
    Auction,
}

impl MarketPrice {
    /// The rule that a cluster voted.
    #[must_use]
    pub const fn of(config: &TradingConfig) -> Self {
        match config.price_rule {
            TradePrice::Fixed => Self::Fixed(config.fixed_price),
            TradePrice::MidMarket => Self::MidMarket,
            TradePrice::SupplyDemandRatio => Self::SupplyDemandRatio,
        }
    }

    /// The name of the rule.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed(_) => "fixed",
            Self::MidMarket => "mid_market",
            Self::SupplyDemandRatio => "supply_demand_ratio",
            Self::Auction => "auction",
        }
    }
}

/// What bounds prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What the grid charges (lb).
    pub import: PricePerKwh,
    /// What the grid pays (ls).
    pub export: PricePerKwh,
    /// Stands in for an export price of zero, so that givers are never paid nothing.
    pub service_charge: PricePerKwh,
    /// No price is lower.
    pub floor: PricePerKwh,
    /// No price is higher; a ceiling below the floor counts for nothing.
    pub ceiling: PricePerKwh,
}

impl Terms {
    /// The terms of a cluster: its voted limits and service charge, and the prices of its grid.
    #[must_use]
    pub const fn of(config: &TradingConfig, import: PricePerKwh, export: PricePerKwh) -> Self {
        Self { import, export, service_charge: config.service_charge, floor: config.price_floor, ceiling: config.price_ceiling }
    }

    /// Terms whose prices stay between what the grid pays and what it charges.
    #[must_use]
    pub const fn of_grid(import: PricePerKwh, export: PricePerKwh, service_charge: PricePerKwh) -> Self {
        Self { import, export, service_charge, floor: export, ceiling: import }
    }

    fn clipped(&self, price: PricePerKwh) -> PricePerKwh {
        price.min(self.ceiling).max(self.floor)
    }

    fn mid(&self) -> PricePerKwh {
        PricePerKwh(self.import.0.midpoint(self.export.0))
    }
}

/// Energy offered and energy wanted in a slot, Wh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SupplyDemand {
    /// Offered (S).
    pub supply: WattHours,
    /// Wanted (D).
    pub demand: WattHours,
    /// From how many days this was learnt; zero where it was measured.
    pub days_seen: i64,
}

/// A price, and whether it is only a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// Ngwee per kWh; `None` where the rule has nothing to go by.
    pub price: Option<PricePerKwh>,
    /// No auction has found this price: it stands in for one.
    pub is_indicative: bool,
}

/// The price by `rule`, within the bounds of `terms`. `energy` is that of the slot, `last_clearing` what the last auction found.
#[must_use]
pub fn quote(rule: MarketPrice, terms: &Terms, energy: Option<SupplyDemand>, last_clearing: Option<PricePerKwh>) -> Quote {
    let price = match rule {
        MarketPrice::Fixed(price) => Some(price),
        MarketPrice::MidMarket => Some(terms.mid()),
        MarketPrice::SupplyDemandRatio => {
            energy.and_then(|energy| supply_demand_price(terms.import, terms.export, terms.service_charge, energy.supply, energy.demand))
        }
        MarketPrice::Auction => Some(last_clearing.unwrap_or(terms.mid())),
    };
    let is_indicative = rule == MarketPrice::Auction && last_clearing.is_none();
    Quote { price: price.map(|price| terms.clipped(price)), is_indicative }
}

/// The price by supply and demand: with r = S/D, the export price from r = 1 on, below it lb ls / ((lb - ls) r + ls), rounded down. An
/// export price of zero is replaced by the service charge, at most the import price. `None` without supply or without demand.
///
/// Not clipped: where the import price is below the export price, the caller's bounds decide.
///
/// Source: Liu et al. 2017 (IEEE Transactions on Power Systems 32(5)); market rules of the programme, section 2.
#[inline]
#[must_use]
pub fn supply_demand_price(
    import: PricePerKwh,
    export: PricePerKwh,
    service_charge: PricePerKwh,
    supply: WattHours,
    demand: WattHours,
) -> Option<PricePerKwh> {
    if supply.0 <= 0 || demand.0 <= 0 {
        return None;
    }
    let export = if export.0 == 0 { service_charge.min(import) } else { export };
    if supply >= demand {
        return Some(export);
    }
    // Multiplied through by D. Saturating sums only matter for prices that no order may have.
    let (lb, ls) = (i128::from(import.0), i128::from(export.0));
    let (supply, demand) = (i128::from(supply.0), i128::from(demand.0));
    let below = lb.saturating_sub(ls).saturating_mul(supply).saturating_add(ls.saturating_mul(demand));
    if below <= 0 {
        return Some(export);
    }
    let above = lb.saturating_mul(ls).saturating_mul(demand);
    Some(PricePerKwh(i64::try_from(above.div_euclid(below)).unwrap_or(import.0)))
}

/// Who knows what is offered and wanted in a slot ahead.
pub trait Forecast {
    /// Supply and demand of the 15 minutes that begin at `start`; `None` where nothing is known.
    fn supply_and_demand(&self, start: Instant) -> Option<SupplyDemand>;
}

/// What was offered and wanted in 15 minutes that are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When they began.
    pub start: Instant,
    /// Offered.
    pub supply: WattHours,
    /// Wanted.
    pub demand: WattHours,
}

/// The mean of the same slot of the local day over the last days, weekdays and Sundays alike, half to even.
#[derive(Debug, Clone)]
pub struct SameSlotMean {
    offset: UtcOffset,
    /// By slot of the local day, from 0.
    slots: BTreeMap<i64, SupplyDemand>,
}

impl SameSlotMean {
    /// Learns from the samples of the `days` local days (at most [`FORECAST_DAYS_MAX`]) before the day of `now`; others are left out. Of two
    /// samples of one slot the later in the list counts. Energy below zero counts as zero.
    #[must_use]
    pub fn new(samples: &[Sample], now: Instant, days: i32, offset: UtcOffset) -> Self {
        let today = BusinessDay::of(now, offset);
        let first = today.plus_days(days.clamp(0, FORECAST_DAYS_MAX).saturating_neg());
        let mut known = BTreeMap::new();
        for sample in samples {
            let day = BusinessDay::of(sample.start, offset);
            if first <= day && day < today {
                known.insert((slot_of(sample.start, offset), day), (within(sample.supply), within(sample.demand)));
            }
        }
        let mut slots: BTreeMap<i64, SupplyDemand> = BTreeMap::new();
        for ((slot, _), (supply, demand)) in known {
            let sum = slots.entry(slot).or_insert(SupplyDemand { supply: WattHours(0), demand: WattHours(0), days_seen: 0 });
            // At most 28 samples, each held at 10^12.
            sum.supply.0 = sum.supply.0.saturating_add(supply);
            sum.demand.0 = sum.demand.0.saturating_add(demand);
            sum.days_seen = sum.days_seen.saturating_add(1);
        }
        for mean in slots.values_mut() {
            mean.supply = WattHours(div_half_even(mean.supply.0, mean.days_seen));
            mean.demand = WattHours(div_half_even(mean.demand.0, mean.days_seen));
        }
        Self { offset, slots }
    }
}

impl Forecast for SameSlotMean {
    fn supply_and_demand(&self, start: Instant) -> Option<SupplyDemand> {
        self.slots.get(&slot_of(start, self.offset)).copied()
    }
}

/// What of a day's energy is still to come at `now`, when the day has `whole` of it and it comes as the forecast's supply does, rounded down;
/// `None` where the forecast knows of no supply.
#[must_use]
pub fn left_of_day(whole: WattHours, forecast: &dyn Forecast, now: Instant, offset: UtcOffset) -> Option<WattHours> {
    let day = BusinessDay::of(now, offset).interval(offset);
    let (mut all, mut left, mut start) = (0_i128, 0_i128, day.start());
    while start < day.end() {
        let end = start.plus_ms(Span::Quarter.ms());
        let supply = forecast.supply_and_demand(start).map_or(0, |energy| i128::from(within(energy.supply)));
        let ahead = end.ms_since(now).clamp(0, Span::Quarter.ms());
        all = all.saturating_add(supply.saturating_mul(Span::Quarter.ms().into()));
        left = left.saturating_add(supply.saturating_mul(ahead.into()));
        start = end;
    }
    let whole = i128::from(within(whole));
    (all > 0).then(|| WattHours(i64::try_from(whole.saturating_mul(left).div_euclid(all)).unwrap_or(i64::MAX)))
}

fn slot_of(at: Instant, offset: UtcOffset) -> i64 {
    at.plus_ms(offset.ms()).0.div_euclid(Span::Quarter.ms()).rem_euclid(SLOTS_PER_DAY)
}

fn within(energy: WattHours) -> i64 {
    energy.0.clamp(0, SAMPLE_MAX)
}

/// One slot of the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StripSlot {
    /// When the 15 minutes begin.
    pub start: Instant,
    /// Expected price.
    pub price: Option<PricePerKwh>,
    /// Expected supply and demand, and from how many days they are known.
    pub energy: Option<SupplyDemand>,
    /// Supply is expected to cover demand: the hours of sun.
    pub is_sun: bool,
    /// At least [`CHEAP_PERCENT`] below the mean of the strip.
    pub is_cheap: bool,
}

/// The prices ahead: `slots` slots (at most [`STRIP_SLOTS_MAX`]) from the one that contains `from`. Of an auction only the stand-in is
/// known ahead.
#[must_use]
pub fn strip(rule: MarketPrice, terms: &Terms, forecast: &dyn Forecast, from: Instant, slots: usize, offset: UtcOffset) -> Vec<StripSlot> {
    let mut start = Span::Quarter.start_of(from, offset);
    let mut strip = Vec::new();
    for _ in 0..slots.min(STRIP_SLOTS_MAX) {
        let energy = forecast.supply_and_demand(start);
        let price = quote(rule, terms, energy, None).price;
        let is_sun = energy.is_some_and(|energy| energy.supply.0 > 0 && energy.supply >= energy.demand);
        strip.push(StripSlot { start, price, energy, is_sun, is_cheap: false });
        start = start.plus_ms(Span::Quarter.ms());
    }
    mark_cheap(&mut strip);
    strip
}

/// Compares each price with the mean, without dividing: price x 100 x n against (100 - 10) x sum.
fn mark_cheap(strip: &mut [StripSlot]) {
    let known = strip.iter().filter_map(|slot| slot.price);
    let (sum, number) = known.fold((0_i128, 0_i128), |(sum, number), price| (sum.saturating_add(price.0.into()), number.saturating_add(1)));
    let most = sum.saturating_mul(100_i64.saturating_sub(CHEAP_PERCENT).into());
    for slot in strip {
        let is_cheap = |price: PricePerKwh| i128::from(price.0).saturating_mul(100).saturating_mul(number) <= most;
        slot.is_cheap = sum > 0 && slot.price.is_some_and(is_cheap);
    }
}

/// When the first cheap slot of a strip begins that has not begun at `now`, or is running then.
#[must_use]
pub fn cheap_from(strip: &[StripSlot], now: Instant) -> Option<Instant> {
    let ahead = |slot: &&StripSlot| slot.is_cheap && slot.start.plus_ms(Span::Quarter.ms()) > now;
    strip.iter().find(ahead).map(|slot| slot.start)
}

/// What two clusters bring to a price between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterPair {
    /// What the seller's grid pays: the seller's floor.
    pub seller_export: PricePerKwh,
    /// The seller's service charge, which stands in for an export price of zero.
    pub seller_service_charge: PricePerKwh,
    /// What the buyer's grid charges.
    pub buyer_import: PricePerKwh,
    /// Fee of the line, for each kWh sent.
    pub wheeling: PricePerKwh,
    /// What is lost on the way; below one.
    pub loss: Ratio,
    /// What both clusters offer, Wh at the seller's end.
    pub supply: WattHours,
    /// What both clusters want, Wh at the buyer's end.
    pub demand: WattHours,
}

/// A price between two clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterPrice {
    /// For each kWh sent.
    pub seller_gets: PricePerKwh,
    /// For each kWh that arrives: price and fee of what had to be sent for it, rounded up.
    pub buyer_pays: PricePerKwh,
}

/// Why there is no price between two clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoClusterPrice {
    /// With loss and fee, the buyer's own grid is cheaper than the seller's.
    LineTooDear,
    /// Neither of them has anything to offer.
    NothingOffered,
    /// Neither of them wants anything.
    NothingWanted,
    /// Nothing is known of one of them.
    NotKnown,
}

impl NoClusterPrice {
    /// The stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LineTooDear => "line_too_dear",
            Self::NothingOffered => "nothing_offered",
            Self::NothingWanted => "nothing_wanted",
            Self::NotKnown => "not_known",
        }
    }
}

impl ClusterPair {
    /// The price as [`ClusterPair::price`] makes it.
    ///
    /// # Errors
    /// Why there is none: a line that is too dear comes first, for it stays so.
    pub fn quote(&self) -> Result<ClusterPrice, NoClusterPrice> {
        let worth = self.arrives().and_then(|arrives| self.ceiling(arrives));
        if worth.is_none_or(|ceiling| ceiling < self.floor() || ceiling.0 <= 0) {
            return Err(NoClusterPrice::LineTooDear);
        }
        if self.demand.0 <= 0 {
            return Err(NoClusterPrice::NothingWanted);
        }
        self.price().ok_or(NoClusterPrice::NothingOffered)
    }

    /// What of a watt-hour arrives; `None` when nothing does.
    fn arrives(&self) -> Option<Ratio> {
        Ratio::new(self.loss.den().checked_sub(self.loss.num())?, self.loss.den()).ok()
    }

    /// What a kWh sent is worth to the buyer, without the fee of the line.
    fn ceiling(&self, arrives: Ratio) -> Option<PricePerKwh> {
        Some(PricePerKwh(arrives.of_floor(self.buyer_import.0)?.checked_sub(self.wheeling.0)?))
    }

    /// The least that a seller takes.
    const fn floor(&self) -> PricePerKwh {
        if self.seller_export.0 == 0 { self.seller_service_charge } else { self.seller_export }
    }

    /// The price by supply and demand of both: at the seller's end the floor is the seller's export price (or service charge), the ceiling
    /// the buyer's import price less losses and wheeling, lb (1 - l) - w, rounded down; between them the price moves with
    /// r = S (1 - l) / D as in [`supply_demand_price`]. It is half-way where r = ls / (lb + ls). `None` when the ceiling is below the
    /// floor, nothing arrives, nothing is offered or nothing is wanted.
    #[must_use]
    pub fn price(&self) -> Option<ClusterPrice> {
        let arrives = self.arrives()?;
        let (floor, ceiling) = (self.floor(), self.ceiling(arrives)?);
        if ceiling < floor || ceiling.0 <= 0 {
            return None;
        }
        let supply = WattHours(arrives.of_floor(self.supply.0)?);
        let price = supply_demand_price(ceiling, floor, floor, supply, self.demand)?.min(ceiling).max(floor);
        // What a kWh that arrives costs to send: (p + w) / (1 - l), rounded up.
        let sent = i128::from(price.0.checked_add(self.wheeling.0)?).checked_mul(arrives.den().into())?;
        let round_up = i128::from(arrives.num()).checked_sub(1)?;
        let buyer_pays = sent.checked_add(round_up)?.checked_div_euclid(arrives.num().into())?;
        Some(ClusterPrice { seller_gets: price, buyer_pays: PricePerKwh(i64::try_from(buyer_pays).ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LUSAKA: UtcOffset = UtcOffset::LUSAKA;
    const QUARTER: i64 = 900_000;
    const DAY: i64 = 96 * QUARTER;

    fn terms() -> Terms {
        Terms {
            import: PricePerKwh(200),
            export: PricePerKwh(100),
            service_charge: PricePerKwh(20),
            floor: PricePerKwh(90),
            ceiling: PricePerKwh(180),
        }
    }

    fn energy(supply: i64, demand: i64) -> Option<SupplyDemand> {
        Some(SupplyDemand { supply: WattHours(supply), demand: WattHours(demand), days_seen: 1 })
    }

    #[test]
    fn prices_by_rule() {
        let ratio = MarketPrice::SupplyDemandRatio;
        let no_export = Terms { export: PricePerKwh(0), floor: PricePerKwh(0), ..terms() };
        for (name, rule, terms, energy, last, price) in [
            ("fixed", MarketPrice::Fixed(PricePerKwh(120)), terms(), None, None, Some(120)),
            ("fixed above", MarketPrice::Fixed(PricePerKwh(181)), terms(), None, None, Some(180)),
            ("fixed below", MarketPrice::Fixed(PricePerKwh(1)), terms(), None, None, Some(90)),
            ("mid", MarketPrice::MidMarket, terms(), None, None, Some(150)),
            ("mid rounds down", MarketPrice::MidMarket, Terms { import: PricePerKwh(201), ..terms() }, None, None, Some(150)),
            ("ratio at half", ratio, terms(), energy(5, 10), None, Some(133)),
            ("ratio of plenty", ratio, terms(), energy(10, 10), None, Some(100)),
            ("ratio of scarcity is clipped", ratio, terms(), energy(1, 1000), None, Some(180)),
            ("ratio without export price", ratio, no_export, energy(5, 10), None, Some(36)),
            ("ratio without supply", ratio, terms(), energy(0, 10), None, None),
            ("ratio without demand", ratio, terms(), energy(10, 0), None, None),
            ("ratio without forecast", ratio, terms(), None, None, None),
            ("auction", MarketPrice::Auction, terms(), None, Some(PricePerKwh(111)), Some(111)),
            ("auction clipped", MarketPrice::Auction, terms(), None, Some(PricePerKwh(1)), Some(90)),
            ("auction before the first", MarketPrice::Auction, terms(), None, None, Some(150)),
        ] {
            let quote = quote(rule, &terms, energy, last);
            assert_eq!(quote.price.map(|price| price.0), price, "{name}");
            assert_eq!(quote.is_indicative, rule == MarketPrice::Auction && last.is_none(), "{name}");
        }
    }

    #[test]
    fn a_cluster_has_the_price_it_voted() {
        let (import, export, charge) = (PricePerKwh(639), PricePerKwh(159), PricePerKwh(25));
        for (rule, price) in [(TradePrice::Fixed, Some(120)), (TradePrice::MidMarket, Some(399)), (TradePrice::SupplyDemandRatio, None)] {
            let config = TradingConfig { price_floor: PricePerKwh(50), ..TradingConfig::new(rule, PricePerKwh(120), charge) };
            let terms = Terms::of(&config, import, export);
            assert_eq!((terms.floor, terms.ceiling, terms.service_charge), (PricePerKwh(50), PricePerKwh(1_000), charge));
            assert_eq!(quote(MarketPrice::of(&config), &terms, None, None).price.map(|price| price.0), price, "{rule:?}");
            assert_eq!(MarketPrice::of(&config).as_str(), rule.as_str());
        }
    }

    #[test]
    fn means_of_the_same_slot() {
        let now = Instant(100 * DAY + 10 * QUARTER);
        let sample = |day: i64, slot: i64, supply: i64, demand: i64| Sample {
            start: Instant((100 - day) * DAY + slot * QUARTER),
            supply: WattHours(supply),
            demand: WattHours(demand),
        };
        // 100 days after 1970 in Lusaka begins at slot 88 of UTC the day before.
        let samples = [
            sample(1, 5, 10, 1),
            sample(2, 5, 11, 2),
            sample(3, 5, 11, 99),
            sample(3, 5, 11, 3),
            sample(29, 5, 1000, 1000),
            sample(1, 6, 1, 0),
            sample(2, 6, 2, 1),
        ];
        let mean = |days| SameSlotMean::new(&samples, now, days, LUSAKA);
        let at = |slot: i64| Instant(100 * DAY + slot * QUARTER);
        let seen = |supply, demand, days_seen| Some(SupplyDemand { supply: WattHours(supply), demand: WattHours(demand), days_seen });
        assert_eq!(mean(28).supply_and_demand(at(5)), seen(11, 2, 3));
        assert_eq!(mean(1).supply_and_demand(at(5)), seen(10, 1, 1));
        assert_eq!(mean(900).supply_and_demand(at(6)), seen(2, 0, 2), "half to even, and never more than 28 days");
        assert_eq!(mean(0).supply_and_demand(at(5)), None);
        assert_eq!(mean(28).supply_and_demand(at(7)), None);
        assert_eq!(SameSlotMean::new(&[sample(0, 3, 5, 5)], now, 28, LUSAKA).supply_and_demand(at(3)), None, "the running day is not over");
    }

    #[test]
    fn what_is_left_of_a_day_follows_the_supply() {
        // From 8:00 to 10:00 local time, 100 Wh in each quarter of an hour; the last of them has 200.
        let energy = |slot: i64| (WattHours(if slot == 39 { 200 } else { 100 }), WattHours(7));
        let at = |slot: i64| Instant(10 * DAY + slot * QUARTER).plus_ms(-LUSAKA.ms());
        let sun = |slot: i64| Sample { start: at(slot), supply: energy(slot).0, demand: energy(slot).1 };
        let sun: Vec<Sample> = (32..40).map(sun).collect();
        let day = |ms: i64| Instant(11 * DAY + ms).plus_ms(-LUSAKA.ms());
        let forecast = SameSlotMean::new(&sun, day(0), 28, LUSAKA);
        let left = |whole, ms| left_of_day(WattHours(whole), &forecast, day(ms), LUSAKA).map(|energy| energy.0);
        assert_eq!(left(900, 0), Some(900), "before sunrise");
        assert_eq!(left(900, 33 * QUARTER), Some(800));
        assert_eq!(left(900, 33 * QUARTER + QUARTER / 2), Some(750), "a slot that is half over is half to come");
        assert_eq!(left(9, 39 * QUARTER), Some(2));
        assert_eq!(left(900, 40 * QUARTER), Some(0), "after sunset");
        assert_eq!(left(-5, 0), Some(0));
        assert_eq!(left_of_day(WattHours(900), &Listed(Vec::new()), day(0), LUSAKA), None);
    }

    /// Supply and demand of a list, from instant zero on.
    struct Listed(Vec<(i64, i64)>);

    impl Forecast for Listed {
        fn supply_and_demand(&self, start: Instant) -> Option<SupplyDemand> {
            let at = usize::try_from(start.0 / QUARTER).ok()?;
            self.0.get(at).and_then(|&(supply, demand)| energy(supply, demand))
        }
    }

    #[test]
    fn the_strip_marks_sun_and_cheap_hours() {
        let forecast = Listed(vec![(1, 100), (50, 100), (100, 100), (0, 100)]);
        let strip = strip(MarketPrice::SupplyDemandRatio, &terms(), &forecast, Instant(7), 5, LUSAKA);
        let line = |slot: &StripSlot| {
            let (price, sun, cheap) = (slot.price.map_or(-1, |price| price.0), slot.is_sun, slot.is_cheap);
            format!("{} {price} {sun} {cheap}", slot.start.0 / QUARTER)
        };
        let lines: Vec<String> = strip.iter().map(line).collect();
        // The mean is 137.7, cheap is up to 123.9.
        assert_eq!(lines, ["0 180 false false", "1 133 false false", "2 100 true true", "3 -1 false false", "4 -1 false false"]);
        assert_eq!(cheap_from(&strip, Instant(0)), Some(Instant(2 * QUARTER)));
        assert_eq!(cheap_from(&strip, Instant(3 * QUARTER - 1)), Some(Instant(2 * QUARTER)), "it is running");
        assert_eq!(cheap_from(&strip, Instant(3 * QUARTER)), None);
        let fixed = super::strip(MarketPrice::Fixed(PricePerKwh(120)), &terms(), &forecast, Instant(0), 1000, LUSAKA);
        assert_eq!((fixed.len(), fixed.iter().filter(|slot| slot.is_cheap).count()), (STRIP_SLOTS_MAX, 0));
    }

    fn pair() -> ClusterPair {
        ClusterPair {
            seller_export: PricePerKwh(100),
            seller_service_charge: PricePerKwh(20),
            buyer_import: PricePerKwh(250),
            wheeling: PricePerKwh(25),
            loss: Ratio::new(1, 10).expect("a ratio"),
            supply: WattHours(5_000),
            demand: WattHours(9_000),
        }
    }

    #[test]
    fn golden_prices_between_clusters() {
        let price = |pair: ClusterPair| pair.price().map(|price| (price.seller_gets.0, price.buyer_pays.0));
        // Ceiling 250 x 0.9 - 25 = 200, floor 100, r = 4500/9000.
        assert_eq!(price(pair()), Some((133, 176)));
        assert_eq!(price(ClusterPair { supply: WattHours(10_000), ..pair() }), Some((100, 139)), "plenty: the floor");
        assert_eq!(price(ClusterPair { supply: WattHours(10), ..pair() }), Some((199, 249)));
        // Half-way at r = ls / (lb + ls) = 1/3.
        assert_eq!(price(ClusterPair { supply: WattHours(3_000), demand: WattHours(8_100), ..pair() }), Some((150, 195)));
        assert_eq!(price(ClusterPair { seller_export: PricePerKwh(0), ..pair() }), Some((36, 68)));
        assert_eq!(price(ClusterPair { wheeling: PricePerKwh(126), ..pair() }), None, "the ceiling falls below the floor");
        assert_eq!(price(ClusterPair { loss: Ratio::ONE, ..pair() }), None);
        assert_eq!(price(ClusterPair { supply: WattHours(0), ..pair() }), None);
        assert_eq!(price(ClusterPair { demand: WattHours(0), ..pair() }), None);
    }

    #[test]
    fn a_price_that_is_missing_says_why() {
        let nothing = WattHours(0);
        for (pair, why) in [
            (ClusterPair { wheeling: PricePerKwh(126), ..pair() }, "line_too_dear"),
            (ClusterPair { wheeling: PricePerKwh(126), supply: nothing, demand: nothing, ..pair() }, "line_too_dear"),
            (ClusterPair { loss: Ratio::ONE, ..pair() }, "line_too_dear"),
            (
                ClusterPair {
                    buyer_import: PricePerKwh(0),
                    wheeling: PricePerKwh(0),
                    seller_export: PricePerKwh(0),
                    seller_service_charge: PricePerKwh(0),
                    ..pair()
                },
                "line_too_dear",
            ),
            (ClusterPair { supply: nothing, ..pair() }, "nothing_offered"),
            (ClusterPair { supply: nothing, demand: nothing, ..pair() }, "nothing_wanted"),
        ] {
            assert_eq!(pair.price(), None, "{why}");
            assert_eq!(pair.quote().map_err(NoClusterPrice::as_str), Err(why));
        }
        assert_eq!(pair().quote().ok(), pair().price());
    }

    proptest! {
        #[test]
        fn prices_stay_in_bounds_and_fall_with_supply(import in 0_i64..2000, export in 0_i64..2000, charge in 0_i64..100, supply in 0_i64..100_000,
            more in 0_i64..100_000, demand in 1_i64..100_000)
        {
            let terms = Terms::of_grid(PricePerKwh(import.max(export)), PricePerKwh(export), PricePerKwh(charge));
            let at = |supply| quote(MarketPrice::SupplyDemandRatio, &terms, energy(supply, demand), None).price;
            let (some, plenty) = (at(supply), at(supply + more));
            prop_assert_eq!(some.is_none(), supply == 0);
            if let (Some(some), Some(plenty)) = (some, plenty) {
                prop_assert!(plenty <= some);
                prop_assert!(terms.floor <= plenty && some <= terms.ceiling);
            }
        }

        #[test]
        fn both_clusters_are_better_off(export in 0_i64..300, import in 0_i64..600, wheeling in 0_i64..100, lost in 0_i64..50, supply in 0_i64..9999,
            demand in 0_i64..9999)
        {
            let made = ClusterPair { seller_export: PricePerKwh(export), buyer_import: PricePerKwh(import), wheeling: PricePerKwh(wheeling),
                loss: Ratio::new(lost, 50).expect("a ratio"), supply: WattHours(supply), demand: WattHours(demand), ..pair() };
            if let Some(price) = made.price() {
                prop_assert!(price.seller_gets >= made.seller_export);
                prop_assert!(price.buyer_pays <= made.buyer_import, "{price:?}");
                // The buyer's money covers seller and line: pays (1 - l) >= gets + w.
                prop_assert!(price.buyer_pays.0 * (50 - lost) >= (price.seller_gets.0 + wheeling) * 50);
            }
        }

        #[test]
        fn cheap_is_a_tenth_below_the_mean(prices in prop::collection::vec(0_i64..500, 0..40)) {
            let start = |at: usize| Instant(QUARTER * i64::try_from(at).expect("small"));
            let slot = |(at, &price)| StripSlot { start: start(at), price: Some(PricePerKwh(price)), energy: None, is_sun: false, is_cheap: false };
            let mut strip: Vec<StripSlot> = prices.iter().enumerate().map(slot).collect();
            mark_cheap(&mut strip);
            let (sum, number) = (prices.iter().sum::<i64>(), i64::try_from(prices.len()).expect("small"));
            for slot in strip {
                prop_assert_eq!(slot.is_cheap, sum > 0 && slot.price.expect("a price").0 * number * 10 <= sum * 9);
            }
        }
    }
}
