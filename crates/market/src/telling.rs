//! When people are told of alerts that fired.
//!
//! In the inbox at once; on the phone at once, or when the quiet hours of the night are over. What is told to one person on one local day
//! has a cap; the rest becomes one line the next morning.
//!
//! What this does not do: it writes no text, sends nothing and keeps nothing.
//!
//! Rules: docs/market.md, "Alerts".

use crate::alert::Firing;
use quantity::{BusinessDay, Instant, MINUTE_MS, UtcOffset};

/// When people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TellRules {
    /// Firings told to one person in one local day.
    pub per_day: i64,
    /// Minute of the local day from which phones stay quiet.
    pub quiet_from: i64,
    /// Minute of the local day at which quiet ends; the same as the first for no quiet at all.
    pub quiet_to: i64,
}

impl Default for TellRules {
    /// Ten a day, quiet from 20:00 to 06:00.
    fn default() -> Self {
        Self { per_day: 10, quiet_from: 1_200, quiet_to: 360 }
    }
}

/// When a message goes where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Into the inbox: at once.
    pub inbox_at: Instant,
    /// To the phone: at once, or when quiet ends.
    pub sms_at: Instant,
}

impl TellRules {
    /// The way of a message that arises at `now`.
    #[must_use]
    pub fn route(&self, now: Instant, offset: UtcOffset) -> Route {
        let day = BusinessDay::of(now, offset);
        let at_minute = |day: BusinessDay, minute: i64| day.start(offset).plus_ms(minute.saturating_mul(MINUTE_MS));
        let (from, to) = (at_minute(day, self.quiet_from), at_minute(day, self.quiet_to));
        let over_night = self.quiet_from > self.quiet_to;
        let sms_at = match (over_night, now < to, now >= from) {
            (true, true, _) | (false, true, true) => to,
            (true, false, true) => at_minute(day.next(), self.quiet_to),
            _ => now,
        };
        Route { inbox_at: now, sms_at }
    }
}

/// What one person was told on one local day, as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToldToday {
    /// The local day.
    pub day: BusinessDay,
    /// Firings told.
    pub told: i64,
    /// Firings beyond the cap.
    pub held_back: i64,
}

/// A firing that is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// Number of the alert.
    pub alert: i64,
    /// What happened.
    pub firing: Firing,
    /// Where to and when.
    pub route: Route,
}

/// The one line about firings of a day that were held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldBack {
    /// The day.
    pub day: BusinessDay,
    /// How many.
    pub firings: i64,
    /// Where to and when.
    pub route: Route,
}

impl ToldToday {
    /// Nothing told yet on the day of `now`.
    #[must_use]
    pub fn new(now: Instant, offset: UtcOffset) -> Self {
        Self { day: BusinessDay::of(now, offset), told: 0, held_back: 0 }
    }

    /// Begins a new count when the day has turned, and says what was held back on the old one. A job calls it each morning; [`Self::tell`]
    /// is called after it.
    pub fn turn(&mut self, now: Instant, offset: UtcOffset, rules: &TellRules) -> Option<HeldBack> {
        // A clock that goes back does not open an old day again.
        if BusinessDay::of(now, offset) <= self.day {
            return None;
        }
        let old = std::mem::replace(self, Self::new(now, offset));
        (old.held_back > 0).then(|| HeldBack { day: old.day, firings: old.held_back, route: rules.route(now, offset) })
    }

    /// What is told of the firings (each with the number of its alert) of one observation: by the number of the alert, whatever the order
    /// of the list, up to the cap of the day.
    pub fn tell(&mut self, firings: &[(i64, Firing)], offset: UtcOffset, rules: &TellRules) -> Vec<Telling> {
        let mut sorted: Vec<&(i64, Firing)> = firings.iter().collect();
        sorted.sort_by_key(|(alert, firing)| (firing.at, *alert));
        let mut tellings = Vec::new();
        for &(alert, firing) in sorted {
            if self.told < rules.per_day {
                self.told = self.told.saturating_add(1);
                tellings.push(Telling { alert, firing, route: rules.route(firing.at, offset) });
            } else {
                self.held_back = self.held_back.saturating_add(1);
            }
        }
        tellings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::AlertKind;
    use proptest::prelude::*;

    const LUSAKA: UtcOffset = UtcOffset::LUSAKA;
    const HOUR: i64 = 3_600_000;

    #[test]
    fn phones_are_quiet_at_night() {
        let rules = TellRules::default();
        let day = BusinessDay(20_000);
        let at = |day: BusinessDay, minute: i64| day.start(LUSAKA).plus_ms(minute * MINUTE_MS);
        for (minute, sms_day, sms_minute) in
            [(0, day, 360), (359, day, 360), (360, day, 360), (719, day, 719), (1199, day, 1199), (1200, day.next(), 360)]
        {
            let route = rules.route(at(day, minute), LUSAKA);
            assert_eq!(route, Route { inbox_at: at(day, minute), sms_at: at(sms_day, sms_minute) }, "{minute}");
        }
        let noon = TellRules { quiet_from: 720, quiet_to: 780, ..rules };
        assert_eq!([719, 720, 780].map(|minute| noon.route(at(day, minute), LUSAKA).sms_at), [719, 780, 780].map(|minute| at(day, minute)));
        let never = TellRules { quiet_from: 5, quiet_to: 5, ..rules };
        assert_eq!([4, 5, 6].map(|minute| never.route(at(day, minute), LUSAKA).sms_at), [4, 5, 6].map(|minute| at(day, minute)));
    }

    #[test]
    fn a_day_has_a_cap_and_the_rest_becomes_one_line() {
        let (rules, noon) = (TellRules::default(), BusinessDay(20_000).start(LUSAKA).plus_ms(12 * HOUR));
        let firing = Firing { kind: AlertKind::CheapAhead, at: noon, price: None, cheap_from: None };
        let mut today = ToldToday::new(noon, LUSAKA);
        let firings: Vec<(i64, Firing)> = (1..=13).rev().map(|alert| (alert, firing)).collect();
        let told: Vec<i64> = today.tell(&firings, LUSAKA, &rules).iter().map(|telling| telling.alert).collect();
        assert_eq!(told, (1..=10).collect::<Vec<_>>());
        assert_eq!((today.told, today.held_back), (10, 3));
        assert_eq!(today.turn(noon.plus_ms(-24 * HOUR), LUSAKA, &rules), None);
        let morning = noon.plus_ms(13 * HOUR);
        let line = today.turn(morning, LUSAKA, &rules).expect("a line");
        assert_eq!((line.day, line.firings, line.route), (BusinessDay(20_000), 3, rules.route(morning, LUSAKA)));
        assert_eq!(today.turn(morning, LUSAKA, &rules), None);
        assert_eq!(today.tell(&firings, LUSAKA, &rules).len(), 10);
    }

    proptest! {
        #[test]
        fn the_order_of_alerts_does_not_matter(numbers in prop::collection::btree_set(0_i64..100, 0..30), per_day in 0_i64..12) {
            let rules = TellRules { per_day, ..TellRules::default() };
            let firing = Firing { kind: AlertKind::CheapAhead, at: Instant(HOUR), price: None, cheap_from: None };
            let firings: Vec<(i64, Firing)> = numbers.iter().map(|&number| (number, firing)).collect();
            let turned: Vec<(i64, Firing)> = firings.iter().rev().copied().collect();
            let (mut one, mut other) = (ToldToday::new(Instant(HOUR), LUSAKA), ToldToday::new(Instant(HOUR), LUSAKA));
            prop_assert_eq!(one.tell(&firings, LUSAKA, &rules), other.tell(&turned, LUSAKA, &rules));
            prop_assert_eq!(one, other);
        }
    }
}
