//! Charts: the trades of a quarter of an hour, an hour or a local day as one candle, and the figures of the last 24 hours.
//!
//! All spans begin on the local clock, so that quarters nest in hours and hours in days whatever the offset. A span without a trade has
//! no candle: a gap is not a price of zero. [`series`] lays candles on a time axis and carries the last price through gaps when asked.
//!
//! What this does not do: it knows no buyer and no seller, and keeps nothing.
//!
//! Formulas: docs/market.md, "Charts".

use quantity::{DAY_MS, Instant, Interval, MilliNgwee, PricePerKwh, UtcOffset, WattHours, div_half_even};

/// The most candles that one question may ask for.
pub const CANDLES_MAX: usize = 1_000;
/// Parts of a whole in which changes are told: 1 % is 100 of them.
pub const PARTS_PER_WHOLE: i64 = 10_000;

/// How much time a candle covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// 15 minutes.
    Quarter,
    /// An hour.
    Hour,
    /// A local day.
    Day,
}

impl Span {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Quarter, Self::Hour, Self::Day];

    /// Milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        match self {
            Self::Quarter => 900_000,
            Self::Hour => 3_600_000,
            Self::Day => DAY_MS,
        }
    }

    /// The word as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarter => "15m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }

    /// The span of that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Quarter, Self::Hour, Self::Day].into_iter().find(|span| span.as_str() == text)
    }

    /// When the span that contains `at` begins, where clocks are `offset` ahead of UTC.
    #[must_use]
    pub const fn start_of(self, at: Instant, offset: UtcOffset) -> Instant {
        at.plus_ms(at.plus_ms(offset.ms()).0.rem_euclid(self.ms()).saturating_neg())
    }
}

/// What a chart knows of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// When it was made.
    pub at: Instant,
    /// At what price.
    pub price: PricePerKwh,
    /// How much.
    pub energy: WattHours,
}

/// Why trades do not become candles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CandleError {
    /// A trade of nothing, or for less than nothing.
    #[error("a trade has energy above zero and a price of zero or more, got {energy} Wh at {price} ngwee per kWh")]
    Trade {
        /// The energy given.
        energy: i64,
        /// The price given.
        price: i64,
    },
    /// Later before earlier: open and close would be wrong.
    #[error("trades and candles are given in the order of time; {found} comes after {after}")]
    Order {
        /// What came too late in the list.
        found: Instant,
        /// What stands before it.
        after: Instant,
    },
    /// More candles than one answer holds.
    #[error("at most {CANDLES_MAX} candles at once, got {wanted}; ask for a shorter time or a longer span")]
    TooMany {
        /// How many it would be.
        wanted: i64,
    },
    /// Sums beyond 63 bits.
    #[error("the volume of a candle is too large to be added up")]
    Overflow,
}

impl CandleError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trade { .. } => "candle_trade",
            Self::Order { .. } => "candle_order",
            Self::TooMany { .. } => "candle_too_many",
            Self::Overflow => "candle_overflow",
        }
    }
}

/// The trades of one span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// When the span begins.
    pub start: Instant,
    /// Price of the first trade.
    pub open: PricePerKwh,
    /// Highest price.
    pub high: PricePerKwh,
    /// Lowest price.
    pub low: PricePerKwh,
    /// Price of the last trade.
    pub close: PricePerKwh,
    /// Energy of all trades.
    pub volume: WattHours,
    /// What it cost, exactly: the sum of energy times price.
    pub money: MilliNgwee,
    /// How many trades; zero in a candle that only carries a price through a gap.
    pub trades: i64,
}

impl Candle {
    /// The candle of one trade in the span that begins at `start`.
    ///
    /// # Errors
    /// [`CandleError::Trade`], [`CandleError::Overflow`].
    pub fn of(start: Instant, tick: Tick) -> Result<Self, CandleError> {
        if tick.energy.0 <= 0 || tick.price.0 < 0 {
            return Err(CandleError::Trade { energy: tick.energy.0, price: tick.price.0 });
        }
        let money = tick.energy.cost(tick.price).map_err(|_| CandleError::Overflow)?;
        let price = tick.price;
        Ok(Self { start, open: price, high: price, low: price, close: price, volume: tick.energy, money, trades: 1 })
    }

    /// Takes in a trade of the same span that was made after all those in it.
    ///
    /// # Errors
    /// [`CandleError`]; the candle is then as before.
    pub fn absorb(&mut self, tick: Tick) -> Result<(), CandleError> {
        *self = self.merged(Self::of(self.start, tick)?)?;
        Ok(())
    }

    /// This candle and a `later` one, or one of the same start whose trades came later, as one candle.
    ///
    /// # Errors
    /// [`CandleError::Order`] when `later` begins before this one, [`CandleError::Overflow`].
    pub fn merged(self, later: Self) -> Result<Self, CandleError> {
        if later.start < self.start {
            return Err(CandleError::Order { found: later.start, after: self.start });
        }
        // A candle that carries a price through a gap has no trade to tell of.
        if later.trades == 0 || self.trades == 0 {
            return Ok(Self { start: self.start, ..if self.trades == 0 { later } else { self } });
        }
        Ok(Self {
            start: self.start,
            open: self.open,
            high: self.high.max(later.high),
            low: self.low.min(later.low),
            close: later.close,
            volume: self.volume.plus(later.volume).map_err(|_| CandleError::Overflow)?,
            money: self.money.plus(later.money).map_err(|_| CandleError::Overflow)?,
            trades: self.trades.checked_add(later.trades).ok_or(CandleError::Overflow)?,
        })
    }

    /// The average price by volume: money over energy, half to even. `None` without energy.
    #[must_use]
    pub fn vwap(&self) -> Option<PricePerKwh> {
        average(self.money, self.volume)
    }
}

/// The average by volume, half to even: money over energy, as milli-ngwee per Wh is ngwee per kWh. `None` without energy.
#[must_use]
pub fn average(money: MilliNgwee, volume: WattHours) -> Option<PricePerKwh> {
    (volume.0 > 0).then(|| PricePerKwh(div_half_even(money.0, volume.0)))
}

/// How far `now` is from `before`, in parts per ten thousand, half to even; negative when it fell. `None` when there was no price, or a
/// price of zero, from which every change is infinite.
#[must_use]
pub fn change(now: PricePerKwh, before: PricePerKwh) -> Option<i64> {
    let parts = now.0.checked_sub(before.0)?.checked_mul(PARTS_PER_WHOLE)?;
    (before.0 > 0).then(|| div_half_even(parts, before.0))
}

/// The candles of `ticks`, which stand in the order in which they were made; trades of the same instant in the order of their numbers.
///
/// # Errors
/// [`CandleError`].
pub fn candles(ticks: &[Tick], span: Span, offset: UtcOffset) -> Result<Vec<Candle>, CandleError> {
    let mut made: Vec<Candle> = Vec::new();
    let mut last = None;
    for &tick in ticks {
        in_order(&mut last, tick.at)?;
        push(&mut made, Candle::of(span.start_of(tick.at, offset), tick)?)?;
    }
    Ok(made)
}

/// Candles of a longer span from those of a shorter one, in the order of time: the same as from the trades themselves.
///
/// # Errors
/// [`CandleError`].
pub fn rollup(shorter: &[Candle], span: Span, offset: UtcOffset) -> Result<Vec<Candle>, CandleError> {
    let mut made: Vec<Candle> = Vec::new();
    let mut last = None;
    for &candle in shorter {
        in_order(&mut last, candle.start)?;
        push(&mut made, Candle { start: span.start_of(candle.start, offset), ..candle })?;
    }
    Ok(made)
}

fn in_order(last: &mut Option<Instant>, at: Instant) -> Result<(), CandleError> {
    match last.replace(at) {
        Some(after) if at < after => Err(CandleError::Order { found: at, after }),
        _ => Ok(()),
    }
}

/// Into the last candle when it has the same start, else as a new one.
fn push(made: &mut Vec<Candle>, candle: Candle) -> Result<(), CandleError> {
    if let Some(open) = made.last_mut().filter(|open| open.start == candle.start) {
        *open = open.merged(candle)?;
        return Ok(());
    }
    made.push(candle);
    if made.len() > CANDLES_MAX { Err(CandleError::TooMany { wanted: i64::try_from(made.len()).unwrap_or(i64::MAX) }) } else { Ok(()) }
}

/// What stands where nothing was traded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// Nothing.
    Open,
    /// A candle without trades at the last price before; `before` is that of the time before the first candle, where it is known.
    Carried {
        /// The close before the axis begins.
        before: Option<PricePerKwh>,
    },
}

/// One place on a time axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When its span begins.
    pub start: Instant,
    /// What was traded; `None` in a gap.
    pub candle: Option<Candle>,
}

/// The axis over `time` with a place for each span that touches it. `candles` are of that span, in the order of time; those outside are
/// left out, save that their close is carried.
///
/// # Errors
/// [`CandleError::TooMany`] for more than [`CANDLES_MAX`] places.
pub fn series(candles: &[Candle], span: Span, offset: UtcOffset, time: Interval, gaps: Gaps) -> Result<Vec<Place>, CandleError> {
    let from = span.start_of(time.start(), offset);
    // The end itself is outside; a span that begins just before it is inside.
    let wanted = time.end().ms_since(from).saturating_sub(1).div_euclid(span.ms()).saturating_add(1);
    let places = usize::try_from(wanted).ok().filter(|places| *places <= CANDLES_MAX).ok_or(CandleError::TooMany { wanted })?;
    let first = candles.partition_point(|candle| candle.start < from);
    let earlier = first.checked_sub(1).and_then(|at| candles.get(at)).map(|candle| candle.close);
    let mut close = match gaps {
        Gaps::Open => None,
        Gaps::Carried { before } => earlier.or(before),
    };
    let mut rest = candles.get(first..).unwrap_or_default().iter().peekable();
    let mut start = from;
    let mut axis = Vec::with_capacity(places);
    for _ in 0..places {
        let traded = rest.next_if(|candle| candle.start == start).copied();
        if gaps != Gaps::Open {
            close = traded.map(|candle| candle.close).or(close);
        }
        axis.push(Place { start, candle: traded.or_else(|| close.map(|price| carried(start, price))) });
        start = start.plus_ms(span.ms());
    }
    Ok(axis)
}

const fn carried(start: Instant, price: PricePerKwh) -> Candle {
    Candle { start, open: price, high: price, low: price, close: price, volume: WattHours(0), money: MilliNgwee(0), trades: 0 }
}

/// The market in figures: the last price, and the last 24 hours to the end of the running quarter of an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Price of the last trade, however old.
    pub last: Option<PricePerKwh>,
    /// Energy traded in 24 hours.
    pub volume: WattHours,
    /// What it cost.
    pub money: MilliNgwee,
    /// Trades in 24 hours.
    pub trades: i64,
    /// Average price of 24 hours by volume.
    pub vwap: Option<PricePerKwh>,
    /// Highest price of 24 hours.
    pub high: Option<PricePerKwh>,
    /// Lowest price of 24 hours.
    pub low: Option<PricePerKwh>,
    /// From the last price before the 24 hours (else from the first in them) to the last, in parts per ten thousand.
    pub change: Option<i64>,
}

impl Summary {
    /// The figures at `now` from candles of 15 minutes in the order of time: those of the last 24 hours, and at least one from before where
    /// there is one. Candles that begin after `now` are left out.
    ///
    /// # Errors
    /// [`CandleError::Order`], [`CandleError::Overflow`].
    pub fn of(quarters: &[Candle], now: Instant, offset: UtcOffset) -> Result<Self, CandleError> {
        let from = Span::Quarter.start_of(now, offset).plus_ms(Span::Quarter.ms()).plus_ms(DAY_MS.saturating_neg());
        let known = quarters.get(..quarters.partition_point(|candle| candle.start <= now)).unwrap_or_default();
        let (before, day) = known.split_at(known.partition_point(|candle| candle.start < from));
        let last = known.last().map(|candle| candle.close);
        let mut candles = day.iter().copied();
        let Some(first) = candles.next() else {
            return Ok(Self { last, change: last.and_then(|last| change(last, last)), ..Self::default() });
        };
        let whole = candles.try_fold(first, Candle::merged)?;
        let from_price = before.last().map_or(whole.open, |candle| candle.close);
        Ok(Self {
            last,
            volume: whole.volume,
            money: whole.money,
            trades: whole.trades,
            vwap: whole.vwap(),
            high: Some(whole.high),
            low: Some(whole.low),
            change: change(whole.close, from_price),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LUSAKA: UtcOffset = UtcOffset::LUSAKA;
    const MINUTE: i64 = 60_000;

    fn tick(minute: i64, price: i64, energy: i64) -> Tick {
        Tick { at: Instant(minute * MINUTE), price: PricePerKwh(price), energy: WattHours(energy) }
    }

    /// `start in minutes: open high low close volume money trades vwap`, one candle a line.
    fn shown(candles: &[Candle]) -> Vec<String> {
        let line = |c: &Candle| {
            let vwap = c.vwap().map_or(-1, |price| price.0);
            let (start, money) = (c.start.0 / MINUTE, c.money.0);
            format!("{start}: {} {} {} {} {} {money} {} {vwap}", c.open.0, c.high.0, c.low.0, c.close.0, c.volume.0, c.trades)
        };
        candles.iter().map(line).collect()
    }

    #[test]
    fn golden_candles() {
        let ticks =
            [tick(0, 120, 1000), tick(7, 150, 500), tick(14, 90, 500), tick(15, 100, 10), tick(59, 101, 10), tick(1319, 99, 1), tick(1320, 80, 2)];
        let quarters = candles(&ticks, Span::Quarter, LUSAKA).expect("in order");
        assert_eq!(
            shown(&quarters),
            [
                "0: 120 150 90 90 2000 240000 3 120",
                "15: 100 100 100 100 10 1000 1 100",
                "45: 101 101 101 101 10 1010 1 101",
                "1305: 99 99 99 99 1 99 1 99",
                "1320: 80 80 80 80 2 160 1 80",
            ]
        );
        // The local day turns at 22:00 UTC, minute 1320.
        let days = rollup(&quarters, Span::Day, LUSAKA).expect("in order");
        assert_eq!(shown(&days), ["-120: 120 150 90 99 2021 242109 6 120", "1320: 80 80 80 80 2 160 1 80"]);
    }

    #[test]
    fn averages_round_half_to_even() {
        for (ticks, vwap) in [
            (vec![tick(0, 1, 1), tick(0, 2, 1)], 2),
            (vec![tick(0, 2, 1), tick(0, 3, 1)], 2),
            (vec![tick(0, 1, 2), tick(0, 2, 1)], 1),
            (vec![tick(0, 100, 1), tick(0, 200, 3)], 175),
        ] {
            let candle = candles(&ticks, Span::Hour, LUSAKA).expect("in order")[0];
            assert_eq!(candle.vwap(), Some(PricePerKwh(vwap)), "{ticks:?}");
        }
        assert_eq!(carried(Instant(0), PricePerKwh(9)).vwap(), None);
    }

    #[test]
    fn changes_in_parts_per_ten_thousand() {
        for (now, before, parts) in [(120, 100, Some(2000)), (90, 120, Some(-2500)), (100, 100, Some(0)), (1, 3, Some(-6667)), (5, 0, None)] {
            assert_eq!(change(PricePerKwh(now), PricePerKwh(before)), parts, "{now} after {before}");
        }
        assert_eq!(change(PricePerKwh(i64::MAX), PricePerKwh(1)), None);
    }

    #[test]
    fn what_is_no_trade_or_out_of_order_is_refused() {
        for (ticks, code) in [
            (vec![tick(0, 1, 0)], "candle_trade"),
            (vec![tick(0, 1, -1)], "candle_trade"),
            (vec![tick(0, -1, 1)], "candle_trade"),
            (vec![tick(1, 1, 1), tick(0, 1, 1)], "candle_order"),
            (vec![tick(0, i64::MAX, 2)], "candle_overflow"),
            (vec![tick(0, 1, i64::MAX), tick(0, 1, 1)], "candle_overflow"),
            ((0..1001).map(|at| tick(15 * at, 1, 1)).collect(), "candle_too_many"),
        ] {
            assert_eq!(candles(&ticks, Span::Quarter, LUSAKA).map_err(|error| error.code()), Err(code));
        }
        let mut candle = Candle::of(Instant(0), tick(0, 5, 5)).expect("a trade");
        let before = candle;
        assert!(candle.absorb(tick(0, 5, 0)).is_err() && candle == before);
    }

    #[test]
    fn gaps_stay_gaps_unless_carried() {
        let made = candles(&[tick(0, 100, 5), tick(31, 120, 5)], Span::Quarter, LUSAKA).expect("in order");
        let axis = |from: i64, to: i64, gaps| {
            let time = Interval::new(Instant(from * MINUTE), Instant(to * MINUTE)).expect("some time");
            let places = series(&made, Span::Quarter, LUSAKA, time, gaps).expect("few");
            places.iter().map(|place| place.candle.map_or("-".to_owned(), |c| format!("{}x{}", c.close.0, c.trades))).collect::<Vec<_>>().join(" ")
        };
        let carried = Gaps::Carried { before: None };
        assert_eq!(axis(-15, 60, Gaps::Open), "- 100x1 - 120x1 -");
        assert_eq!(axis(-15, 60, carried), "- 100x1 100x0 120x1 120x0");
        assert_eq!(axis(-15, 16, Gaps::Carried { before: Some(PricePerKwh(7)) }), "7x0 100x1 100x0");
        assert_eq!(axis(16, 30, carried), "100x0");
        assert_eq!(axis(60, 61, carried), "120x0");
        let long = Interval::new(Instant(0), Instant(1001 * 15 * MINUTE)).expect("some time");
        assert_eq!(series(&made, Span::Quarter, LUSAKA, long, carried), Err(CandleError::TooMany { wanted: 1001 }));
    }

    #[test]
    fn the_market_in_figures() {
        let now = Instant(3 * 1440 * MINUTE + 7 * MINUTE);
        let day = 1440;
        let ticks =
            [tick(day, 200, 10), tick(2 * day + 14, 100, 10), tick(2 * day + 15, 90, 10), tick(2 * day + 700, 130, 20), tick(3 * day, 110, 10)];
        let quarters = candles(&ticks, Span::Quarter, LUSAKA).expect("in order");
        let summary = Summary::of(&quarters, now, LUSAKA).expect("a summary");
        assert_eq!((summary.last, summary.volume.0, summary.trades), (Some(PricePerKwh(110)), 40, 3));
        assert_eq!((summary.vwap, summary.high, summary.low), (Some(PricePerKwh(115)), Some(PricePerKwh(130)), Some(PricePerKwh(90))));
        assert_eq!(summary.change, Some(1000), "against 100, the last price before");
        // A quiet day keeps the last price and says that nothing changed.
        let quiet = Summary::of(&quarters, Instant(9 * day * MINUTE), LUSAKA).expect("a summary");
        assert_eq!(quiet, Summary { last: Some(PricePerKwh(110)), change: Some(0), ..Summary::default() });
        assert_eq!(Summary::of(&[], now, LUSAKA), Ok(Summary::default()));
        // What comes later is not known yet.
        assert_eq!(Summary::of(&quarters, Instant(day * MINUTE), LUSAKA).expect("a summary").last, Some(PricePerKwh(200)));
    }

    fn trades() -> impl Strategy<Value = Vec<Tick>> {
        let one = (0_i64..4000, 0_i64..500, 1_i64..10_000).prop_map(|(minute, price, energy)| tick(minute, price, energy));
        prop::collection::vec(one, 0..60).prop_map(|mut ticks| {
            ticks.sort_by_key(|tick| tick.at);
            ticks
        })
    }

    proptest! {
        #[test]
        fn rolled_up_is_built_directly(ticks in trades(), minutes in -840_i64..=840) {
            let offset = UtcOffset::new(minutes).expect("an offset");
            let quarters = candles(&ticks, Span::Quarter, offset).expect("in order");
            let hours = rollup(&quarters, Span::Hour, offset).expect("in order");
            prop_assert_eq!(&hours, &candles(&ticks, Span::Hour, offset).expect("in order"));
            prop_assert_eq!(rollup(&hours, Span::Day, offset), candles(&ticks, Span::Day, offset));
        }

        #[test]
        fn nothing_is_lost_and_prices_stay_inside(ticks in trades()) {
            let made = candles(&ticks, Span::Hour, LUSAKA).expect("in order");
            prop_assert_eq!(made.iter().map(|c| c.volume.0).sum::<i64>(), ticks.iter().map(|t| t.energy.0).sum::<i64>());
            prop_assert_eq!(made.iter().map(|c| c.money.0).sum::<i64>(), ticks.iter().map(|t| t.energy.0 * t.price.0).sum::<i64>());
            for candle in made {
                let vwap = candle.vwap().expect("a volume");
                for price in [candle.open, candle.close, vwap] {
                    prop_assert!(candle.low <= price && price <= candle.high);
                }
            }
        }

        #[test]
        fn merging_is_associative(ticks in trades()) {
            let made = candles(&ticks, Span::Quarter, LUSAKA).expect("in order");
            for three in made.windows(3) {
                let left = three[0].merged(three[1]).and_then(|two| two.merged(three[2]));
                let right = three[1].merged(three[2]).and_then(|two| three[0].merged(two));
                prop_assert_eq!(left, right);
            }
        }
    }
}
