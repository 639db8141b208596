//! Price alerts: when one fires.
//!
//! An alert is a small state machine over what is observed of the market. It fires when the price reaches its threshold, and once: it is
//! armed again only when the price has gone back by a band, so that a price that trembles at the threshold tells nobody twice. Between
//! two firings of one alert at least an hour passes.
//!
//! What this does not do: it sends nothing and keeps nothing; all state fits the columns of a row. When people are told: `telling.rs`.
//!
//! Rules: docs/market.md, "Alerts".

use crate::candle::PARTS_PER_WHOLE;
use crate::order::PRICE_MAX;
use crate::pricing::{StripSlot, cheap_from};
use quantity::{Instant, PricePerKwh};

/// How far back beyond the threshold a price must go before the alert is armed again, in percent of the threshold; at least one ngwee.
pub const BAND_PERCENT: i64 = 2;
/// The shortest time between two firings of an alert: an hour.
pub const GAP_MS: i64 = 3_600_000;
/// The same for cheap hours ahead: the six hours that the strip shows.
pub const CHEAP_GAP_MS: i64 = 21_600_000;
/// The smallest change that can be watched, 5 % in parts per ten thousand: a smaller one would never leave its own band.
pub const CHANGE_MIN: i64 = 500;
/// The largest change that can be watched: tenfold.
pub const CHANGE_MAX: i64 = 100_000;

/// What an alert waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertKind {
    /// The price is this or higher.
    Above(PricePerKwh),
    /// The price is this or lower.
    Below(PricePerKwh),
    /// The price has risen or fallen by so many parts per ten thousand.
    Change {
        /// How far.
        parts: i64,
        /// From where.
        base: Base,
    },
    /// Cheap hours stand in the strip of the hours ahead.
    CheapAhead,
}

/// From which price a change is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The price when the alert was set.
    AtSetting(PricePerKwh),
    /// The price 24 hours before.
    DayBefore,
}

/// Why an alert cannot be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    /// No such kind.
    #[error("an alert is of the kind above, below, change, change_day or cheap_ahead")]
    Kind,
    /// A threshold that no price can reach, or that every price reaches.
    #[error("the threshold must be from {min} to {max}, got {found}")]
    Threshold {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// The number given.
        found: i64,
    },
    /// A change needs a price to count from.
    #[error("there is no price yet to count a change from; set the alert after the first trade, or against the day before")]
    Base,
    /// Over before it begins.
    #[error("the alert would have expired at {expires_at}; choose a later time")]
    Expiry {
        /// The time given.
        expires_at: Instant,
    },
}

impl AlertError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Kind => "alert_kind",
            Self::Threshold { .. } => "alert_threshold",
            Self::Base => "alert_base",
            Self::Expiry { .. } => "alert_expiry",
        }
    }
}

impl AlertKind {
    /// The kind from its columns: the word, the threshold (ngwee per kWh, or parts per ten thousand for changes; nothing for cheap hours)
    /// and the price that a `change` counts from.
    ///
    /// # Errors
    /// [`AlertError::Kind`], [`AlertError::Threshold`], [`AlertError::Base`].
    pub fn parse(word: &str, threshold: i64, base: Option<PricePerKwh>) -> Result<Self, AlertError> {
        let within =
            |min, max| if (min..=max).contains(&threshold) { Ok(threshold) } else { Err(AlertError::Threshold { min, max, found: threshold }) };
        match word {
            "above" => Ok(Self::Above(PricePerKwh(within(1, PRICE_MAX)?))),
            "below" => Ok(Self::Below(PricePerKwh(within(1, PRICE_MAX)?))),
            "change" => {
                let base = base.filter(|base| (1..=PRICE_MAX).contains(&base.0)).ok_or(AlertError::Base)?;
                Ok(Self::Change { parts: within(CHANGE_MIN, CHANGE_MAX)?, base: Base::AtSetting(base) })
            }
            "change_day" => Ok(Self::Change { parts: within(CHANGE_MIN, CHANGE_MAX)?, base: Base::DayBefore }),
            "cheap_ahead" => Ok(Self::CheapAhead),
            _ => Err(AlertError::Kind),
        }
    }

    /// The word as programs write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Above(_) => "above",
            Self::Below(_) => "below",
            Self::Change { base: Base::AtSetting(_), .. } => "change",
            Self::Change { base: Base::DayBefore, .. } => "change_day",
            Self::CheapAhead => "cheap_ahead",
        }
    }

    /// The threshold as its column holds it; zero for cheap hours.
    #[must_use]
    pub const fn threshold(self) -> i64 {
        match self {
            Self::Above(price) | Self::Below(price) => price.0,
            Self::Change { parts, .. } => parts,
            Self::CheapAhead => 0,
        }
    }

    /// The price a change is counted from, where it was fixed at setting.
    #[must_use]
    pub const fn base(self) -> Option<PricePerKwh> {
        match self {
            Self::Change { base: Base::AtSetting(price), .. } => Some(price),
            _ => None,
        }
    }

    /// Where what is seen stands to the threshold; `None` when it does not say.
    fn stand(self, seen: &Seen<'_>) -> Option<Stand> {
        match self {
            Self::Above(threshold) => seen.price.map(|price| above(price.0, threshold.0)),
            Self::Below(threshold) => seen.price.map(|price| below(price.0, threshold.0)),
            Self::Change { parts, base } => {
                let base = match base {
                    Base::AtSetting(price) => price,
                    Base::DayBefore => seen.day_before.filter(|price| price.0 > 0)?,
                };
                seen.price.map(|price| moved(price.0, base.0, parts))
            }
            Self::CheapAhead => {
                let strip = seen.strip.filter(|strip| strip.iter().any(|slot| slot.price.is_some()))?;
                Some(if cheap_from(strip, seen.now).is_some() { Stand::Reached } else { Stand::Back })
            }
        }
    }
}

/// What is observed of the market at one instant.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// When.
    pub now: Instant,
    /// The last price, where there is one.
    pub price: Option<PricePerKwh>,
    /// The price 24 hours before.
    pub day_before: Option<PricePerKwh>,
    /// The strip of prices ahead, where it is known.
    pub strip: Option<&'a [StripSlot]>,
}

/// Where a price stands to a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// At it or past it.
    Reached,
    /// Short of it, and within the band.
    Near,
    /// Back by the band or more.
    Back,
}

/// The band of a threshold: two percent, rounded up, at least one ngwee.
fn band(threshold: i64) -> i64 {
    threshold.saturating_mul(BAND_PERCENT).saturating_add(99).div_euclid(100).max(1)
}

fn above(price: i64, threshold: i64) -> Stand {
    if price >= threshold {
        Stand::Reached
    } else if price <= threshold.saturating_sub(band(threshold)) {
        Stand::Back
    } else {
        Stand::Near
    }
}

fn below(price: i64, threshold: i64) -> Stand {
    if price <= threshold {
        Stand::Reached
    } else if price >= threshold.saturating_add(band(threshold)) {
        Stand::Back
    } else {
        Stand::Near
    }
}

/// A change either way: its two thresholds are prices, the upper rounded up, the lower down.
fn moved(price: i64, base: i64, parts: i64) -> Stand {
    let share = |parts: i64, round: i64| base.saturating_mul(parts).saturating_add(round).div_euclid(PARTS_PER_WHOLE);
    let upper = share(PARTS_PER_WHOLE.saturating_add(parts), PARTS_PER_WHOLE.saturating_sub(1));
    let lower = share(PARTS_PER_WHOLE.saturating_sub(parts), 0);
    match (above(price, upper), below(price, lower)) {
        (Stand::Reached, _) | (_, Stand::Reached) => Stand::Reached,
        (Stand::Back, Stand::Back) => Stand::Back,
        _ => Stand::Near,
    }
}

/// An alert as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// What it waits for.
    pub kind: AlertKind,
    /// Whether it fires when the threshold is reached.
    pub is_armed: bool,
    /// When it fired last.
    pub last_fired_at: Option<Instant>,
    /// From when on it is dead; never when `None`.
    pub expires_at: Option<Instant>,
}

/// An alert that fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Firing {
    /// What had been waited for.
    pub kind: AlertKind,
    /// When.
    pub at: Instant,
    /// The price then.
    pub price: Option<PricePerKwh>,
    /// When the cheap hours begin, for that kind.
    pub cheap_from: Option<Instant>,
}

impl Alert {
    /// A new alert. When what it waits for is so already, it first waits for that to end: it tells of crossings.
    ///
    /// # Errors
    /// [`AlertError::Expiry`] when it would be dead already.
    pub fn new(kind: AlertKind, seen: &Seen<'_>, expires_at: Option<Instant>) -> Result<Self, AlertError> {
        if let Some(expires_at) = expires_at.filter(|at| *at <= seen.now) {
            return Err(AlertError::Expiry { expires_at });
        }
        Ok(Self { kind, is_armed: kind.stand(seen) != Some(Stand::Reached), last_fired_at: None, expires_at })
    }

    /// Whether it is dead.
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }

    /// Takes in what is seen. Fires when the threshold is reached, the alert is armed and the last firing is long enough ago; within that time
    /// it stays armed. Observations come in the order of time.
    pub fn observe(&mut self, seen: &Seen<'_>) -> Option<Firing> {
        if self.is_expired(seen.now) {
            return None;
        }
        match self.kind.stand(seen)? {
            Stand::Back => self.is_armed = true,
            Stand::Near => {}
            Stand::Reached => {
                let gap = if self.kind == AlertKind::CheapAhead { CHEAP_GAP_MS } else { GAP_MS };
                let rested = self.last_fired_at.is_none_or(|last| seen.now.ms_since(last) >= gap);
                if self.is_armed && rested {
                    (self.is_armed, self.last_fired_at) = (false, Some(seen.now));
                    let cheap = seen.strip.filter(|_| self.kind == AlertKind::CheapAhead).and_then(|strip| cheap_from(strip, seen.now));
                    return Some(Firing { kind: self.kind, at: seen.now, price: seen.price, cheap_from: cheap });
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use quantity::MINUTE_MS;
    const HOUR: i64 = GAP_MS;

    fn seen(hours: i64, price: i64) -> Seen<'static> {
        Seen { now: Instant(hours * HOUR), price: Some(PricePerKwh(price)), day_before: None, strip: None }
    }

    fn armed(kind: AlertKind) -> Alert {
        Alert { kind, is_armed: true, last_fired_at: None, expires_at: None }
    }

    /// Prices at an observation every two hours; those that fire are starred.
    fn check(kind: AlertKind, prices: &str) {
        let mut alert = armed(kind);
        for (at, word) in prices.split_whitespace().enumerate() {
            let price = word.trim_end_matches('*').parse().expect("a price");
            let fired = alert.observe(&seen(2 * i64::try_from(at).expect("small"), price)).is_some();
            assert_eq!(fired, word.ends_with('*'), "{kind:?}: {word} at {at} of {prices}");
        }
    }

    #[test]
    fn once_for_each_crossing() {
        check(AlertKind::Above(PricePerKwh(150)), "100 149 150* 160 149 150 148 151 147 150* 150");
        check(AlertKind::Below(PricePerKwh(120)), "130 120* 110 122 119 123 120* 0");
        // At small prices the band is one ngwee.
        check(AlertKind::Above(PricePerKwh(2)), "1 2* 2 1 3*");
        let change = |parts| AlertKind::Change { parts, base: Base::AtSetting(PricePerKwh(100)) };
        check(change(1000), "100 109 110* 109 108 107 110* 90 100 90*");
        check(change(500), "104 105* 103 102 95* 96 97 105*");
        // Nothing falls by more than all of it.
        check(change(20_000), "0 299 300* 0 300*");
    }

    #[test]
    fn an_hour_between_firings() {
        let mut alert = armed(AlertKind::Above(PricePerKwh(150)));
        let mut at = |minute: i64, price| {
            let seen = Seen { now: Instant(minute * MINUTE_MS), ..seen(0, price) };
            alert.observe(&seen).is_some()
        };
        assert!(at(0, 150) && !at(10, 100) && !at(20, 150) && !at(59, 150));
        assert!(at(60, 150), "it stayed armed, and tells when the hour is over");
        assert!(!at(130, 150));
    }

    #[test]
    fn what_is_so_already_is_no_crossing() {
        let mut alert = Alert::new(AlertKind::Below(PricePerKwh(120)), &seen(0, 110), None).expect("an alert");
        assert!(!alert.is_armed && alert.observe(&seen(1, 110)).is_none() && alert.observe(&seen(2, 130)).is_none());
        assert!(alert.observe(&seen(3, 110)).is_some());
        assert!(Alert::new(AlertKind::Below(PricePerKwh(120)), &seen(0, 121), None).expect("an alert").is_armed);
    }

    #[test]
    fn unknown_prices_change_nothing_and_dead_alerts_are_silent() {
        for kind in [AlertKind::Above(PricePerKwh(1)), AlertKind::Change { parts: 500, base: Base::DayBefore }, AlertKind::CheapAhead] {
            let mut alert = armed(kind);
            let before = alert;
            assert_eq!(alert.observe(&Seen { price: None, ..seen(0, 0) }), None);
            assert_eq!(alert, before);
        }
        let mut alert = Alert::new(AlertKind::Above(PricePerKwh(100)), &seen(0, 1), Some(Instant(HOUR))).expect("an alert");
        assert_eq!(alert.observe(&seen(1, 200)), None);
        let late = Alert::new(alert.kind, &seen(1, 1), Some(Instant(HOUR)));
        assert_eq!(late.map_err(|error| error.code()), Err("alert_expiry"));
    }

    #[test]
    fn the_day_before_moves_with_the_day() {
        let mut alert = armed(AlertKind::Change { parts: 2000, base: Base::DayBefore });
        let mut at = |hours, price, before| alert.observe(&Seen { day_before: Some(PricePerKwh(before)), ..seen(hours, price) }).is_some();
        assert!(!at(0, 119, 100) && at(1, 120, 100) && !at(3, 120, 110) && at(5, 80, 100) && !at(7, 80, 0));
    }

    #[test]
    fn cheap_hours_are_told_once() {
        let slot =
            |start: i64, is_cheap| StripSlot { start: Instant(start * HOUR), price: Some(PricePerKwh(9)), energy: None, is_sun: false, is_cheap };
        let (cheap, dear) = ([slot(0, false), slot(3, true)], [slot(0, false)]);
        let mut alert = armed(AlertKind::CheapAhead);
        let mut at = |hours, strip: &[StripSlot]| alert.observe(&Seen { strip: Some(strip), ..seen(hours, 9) });
        assert_eq!(at(0, &cheap).and_then(|firing| firing.cheap_from), Some(Instant(3 * HOUR)));
        assert!(at(1, &cheap).is_none() && at(2, &dear).is_none() && at(3, &cheap).is_none(), "not again within six hours");
        let later = [slot(7, true)];
        assert!(at(4, &[]).is_none() && at(6, &later).is_some());
    }

    #[test]
    fn what_cannot_be_watched_is_refused() {
        for (word, threshold, base, code) in [
            ("above", 0, None, Some("alert_threshold")),
            ("below", PRICE_MAX + 1, None, Some("alert_threshold")),
            ("change", 499, Some(1), Some("alert_threshold")),
            ("change", 500, None, Some("alert_base")),
            ("change", 500, Some(0), Some("alert_base")),
            ("change_day", 100_001, None, Some("alert_threshold")),
            ("near", 5, None, Some("alert_kind")),
            ("above", 1, None, None),
            ("change", 500, Some(120), None),
            ("change_day", 500, None, None),
            ("cheap_ahead", 0, None, None),
        ] {
            let kind = AlertKind::parse(word, threshold, base.map(PricePerKwh));
            assert_eq!(kind.err().map(|error| error.code()), code, "{word} {threshold}");
            if let Ok(kind) = kind {
                assert_eq!((kind.as_str(), kind.threshold(), kind.base()), (word, threshold, base.map(PricePerKwh)));
            }
        }
    }

    fn kinds() -> impl Strategy<Value = AlertKind> {
        prop_oneof![
            (1_i64..60).prop_map(|price| AlertKind::Above(PricePerKwh(price))),
            (1_i64..60).prop_map(|price| AlertKind::Below(PricePerKwh(price))),
            (500_i64..5000, 1_i64..60).prop_map(|(parts, base)| AlertKind::Change { parts, base: Base::AtSetting(PricePerKwh(base)) }),
        ]
    }

    proptest! {
        #[test]
        fn never_twice_without_going_back(kind in kinds(), steps in prop::collection::vec((0_i64..90, 0_i64..70), 0..80)) {
            let (mut alert, mut reloaded) = (armed(kind), armed(kind));
            let (mut minute, mut went_back, mut last) = (0, true, None);
            for (wait, price) in steps {
                minute += wait;
                let seen = Seen { now: Instant(minute * MINUTE_MS), ..seen(0, price) };
                // Between two observations the alert goes through its columns.
                let columns = (reloaded.kind.as_str(), reloaded.kind.threshold(), reloaded.kind.base());
                reloaded.kind = AlertKind::parse(columns.0, columns.1, columns.2).expect("what was stored");
                let fired = alert.observe(&seen);
                prop_assert_eq!(fired, reloaded.observe(&seen));
                if fired.is_some() {
                    prop_assert!(went_back, "fired twice for one crossing");
                    prop_assert!(last.is_none_or(|last| minute - last >= 60));
                    (went_back, last) = (false, Some(minute));
                }
                went_back |= kind.stand(&seen) == Some(Stand::Back);
            }
        }

        #[test]
        fn every_alert_can_be_armed_again(kind in kinds()) {
            let back = |price| kind.stand(&seen(0, price)) == Some(Stand::Back);
            prop_assert!((0..=PRICE_MAX.min(200)).any(back), "{kind:?}");
        }
    }
}
