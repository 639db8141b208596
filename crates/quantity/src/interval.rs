//! Instants, half-open intervals, metering steps and business days.

use std::fmt;

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a day of 24 hours.
pub const DAY_MS: i64 = 86_400_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// The instant `ms` later (earlier when negative), held at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant, held at the ends of the range.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A fixed distance of local time from UTC, in minutes (east is positive).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcOffset(i16);

impl UtcOffset {
    /// Coordinated universal time.
    pub const UTC: Self = Self(0);
    /// Africa/Lusaka: two hours ahead, all year.
    pub const LUSAKA: Self = Self(120);

    /// The offset of `minutes`, from -14 h to +14 h.
    ///
    /// # Errors
    /// [`IntervalError::Offset`] outside that range.
    pub const fn new(minutes: i64) -> Result<Self, IntervalError> {
        if minutes < -840 || minutes > 840 {
            return Err(IntervalError::Offset { minutes });
        }

        Ok(Self(minutes as i16))
    }

    /// Minutes ahead of UTC.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        self.0 as i64
    }

    /// Milliseconds ahead of UTC.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.minutes().saturating_mul(MINUTE_MS)
    }
}

/// A local calendar day, counted from 1970-01-01: the business date of money and the settlement day of energy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessDay(pub i32);

impl BusinessDay {
    /// The local day that `at` falls on.
    #[must_use]
    pub fn of(at: Instant, offset: UtcOffset) -> Self {
        let days = at.plus_ms(offset.ms()).0.div_euclid(DAY_MS);
        Self(i32::try_from(days).unwrap_or(if days < 0 { i32::MIN } else { i32::MAX }))
    }

    /// The instant at which this day begins where clocks are `offset` ahead of UTC.
    #[must_use]
    pub fn start(self, offset: UtcOffset) -> Instant {
        Instant(i64::from(self.0).saturating_mul(DAY_MS)).plus_ms(offset.ms().saturating_neg())
    }

    /// The half-open interval of this day.
    #[must_use]
    pub fn interval(self, offset: UtcOffset) -> Interval {
        Interval { start: self.start(offset), end: self.next().start(offset) }
    }

    /// The day after.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The day before.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The day `days` later (earlier when negative).
    #[must_use]
    pub const fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The day of a civil date (proleptic Gregorian calendar); `None` when there is no such date.
    #[must_use]
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(-9999..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        let candidate = Self(civil_to_days(year, month, day)?);
        (candidate.ymd() == (year, month, day)).then_some(candidate)
    }

    /// Year, month (1-12) and day (1-31).
    ///
    /// Source: the era arithmetic of the proleptic Gregorian calendar (400-year cycles of 146,097 days).
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "bounded by one era of 146,097 days")]
    pub fn ymd(self) -> (i32, u32, u32) {
        let shifted = i64::from(self.0) + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (i32::try_from(year).unwrap_or(i32::MAX), u32::try_from(month).unwrap_or(0), u32::try_from(day).unwrap_or(0))
    }

    /// Parses `YYYY-MM-DD`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
            return None;
        }
        Self::from_ymd(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }

    /// The first day of this day's month.
    #[must_use]
    pub fn month_start(self) -> Self {
        let (_, _, day) = self.ymd();
        Self(self.0.saturating_sub(i32::try_from(day).unwrap_or(1).saturating_sub(1)))
    }

    /// The first day of the month after this day's.
    #[must_use]
    pub fn next_month_start(self) -> Self {
        self.month_start().plus_days(31).month_start()
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "bounded: |year| <= 9999")]
fn civil_to_days(year: i32, month: u32, day: u32) -> Option<i32> {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * 146_097 + day_of_era - 719_468).ok()
}

/// `YYYY-MM-DD`.
impl fmt::Display for BusinessDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// RFC 3339 in UTC with whole seconds: `2025-09-14T22:00:00Z`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let second_of_day = self.0.div_euclid(1000).rem_euclid(86_400);
        let day = BusinessDay::of(*self, UtcOffset::UTC);
        write!(f, "{day}T{:02}:{:02}:{:02}Z", second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60)
    }
}

/// What is wrong with a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// The end is not after the start.
    #[error("an interval must end after it starts: {start} .. {end}")]
    Empty {
        /// First instant.
        start: Instant,
        /// First instant after it.
        end: Instant,
    },
    /// Not a step this program meters in.
    #[error("a metering step must be 15, 30 or 60 minutes, got {minutes}")]
    Step {
        /// The step given.
        minutes: i64,
    },
    /// Not an offset of any place on earth.
    #[error("a UTC offset must be within 14 hours, got {minutes} minutes")]
    Offset {
        /// The offset given.
        minutes: i64,
    },
}

impl IntervalError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "interval_empty",
            Self::Step { .. } => "step_unknown",
            Self::Offset { .. } => "offset_unknown",
        }
    }
}

/// A stretch of time that contains its start and not its end: `[start, end)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    start: Instant,
    end: Instant,
}

impl Interval {
    /// The interval from `start` until just before `end`.
    ///
    /// # Errors
    /// [`IntervalError::Empty`] when `end` is not after `start`.
    pub fn new(start: Instant, end: Instant) -> Result<Self, IntervalError> {
        if end <= start { Err(IntervalError::Empty { start, end }) } else { Ok(Self { start, end }) }
    }

    /// First instant inside.
    #[must_use]
    pub const fn start(self) -> Instant {
        self.start
    }

    /// First instant after.
    #[must_use]
    pub const fn end(self) -> Instant {
        self.end
    }

    /// Whether `at` lies inside.
    #[must_use]
    pub fn contains(self, at: Instant) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether the two share an instant.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// The length of a metering interval: 15, 30 or 60 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Quarter of an hour, the default.
    Min15,
    /// Half an hour.
    Min30,
    /// An hour.
    Min60,
}

impl Step {
    /// The step of `minutes`.
    ///
    /// # Errors
    /// [`IntervalError::Step`] for anything but 15, 30 and 60.
    pub const fn from_minutes(minutes: i64) -> Result<Self, IntervalError> {
        match minutes {
            15 => Ok(Self::Min15),
            30 => Ok(Self::Min30),
            60 => Ok(Self::Min60),
            _ => Err(IntervalError::Step { minutes }),
        }
    }

    /// Minutes.
    #[must_use]
    pub const fn minutes(self) -> i64 {
        match self {
            Self::Min15 => 15,
            Self::Min30 => 30,
            Self::Min60 => 60,
        }
    }

    /// Milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.minutes().saturating_mul(MINUTE_MS)
    }

    /// Intervals in a day: 96, 48 or 24.
    #[must_use]
    pub const fn per_day(self) -> i64 {
        match self {
            Self::Min15 => 96,
            Self::Min30 => 48,
            Self::Min60 => 24,
        }
    }

    /// Whether `at` is a whole number of steps after midnight UTC.
    #[must_use]
    pub const fn is_aligned(self, at: Instant) -> bool {
        at.0.rem_euclid(self.ms()) == 0
    }

    /// The interval of this step that starts at `start`.
    #[must_use]
    pub const fn interval_at(self, start: Instant) -> Interval {
        Interval { start, end: start.plus_ms(self.ms()) }
    }

    /// The start of the interval of this step that contains `at`.
    #[must_use]
    pub const fn floor(self, at: Instant) -> Instant {
        at.plus_ms(at.0.rem_euclid(self.ms()).saturating_neg())
    }

    /// The energy of `power` held for one step, in Wh, rounded down.
    #[must_use]
    pub fn energy(self, power: crate::Watts) -> crate::WattHours {
        let watt_hours = i128::from(power.0).saturating_mul(i128::from(self.minutes())).div_euclid(60);
        crate::WattHours(i64::try_from(watt_hours).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_and_dates_agree() {
        for (days, text) in [(0, "1970-01-01"), (20_346, "2025-09-15"), (19_782, "2024-02-29"), (-1, "1969-12-31")] {
            assert_eq!(BusinessDay(days).to_string(), text);
            assert_eq!(BusinessDay::parse(text), Some(BusinessDay(days)));
        }
        for bad in ["2025-02-29", "2025-13-01", "2025-1-01", "2025-01-01x", "", "2025-01-01-01"] {
            assert_eq!(BusinessDay::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_lusaka_day_starts_at_22_utc() {
        let day = BusinessDay::parse("2025-09-15").expect("a date");
        assert_eq!(day.start(UtcOffset::LUSAKA).to_string(), "2025-09-14T22:00:00Z");
        assert_eq!(BusinessDay::of(day.start(UtcOffset::LUSAKA), UtcOffset::LUSAKA), day);
        assert_eq!(BusinessDay::of(day.start(UtcOffset::LUSAKA).plus_ms(-1), UtcOffset::LUSAKA), day.previous());
    }

    #[test]
    fn intervals_are_half_open() {
        let hour = Step::Min60.interval_at(Instant(0));
        assert!(hour.contains(Instant(0)) && !hour.contains(Instant(3_600_000)));
        assert!(!hour.overlaps(Step::Min15.interval_at(hour.end())));
        assert!(Interval::new(Instant(1), Instant(1)).is_err());
    }

    #[test]
    fn months_turn() {
        let day = BusinessDay::parse("2025-12-31").expect("a date");
        assert_eq!(day.month_start().to_string(), "2025-12-01");
        assert_eq!(day.next_month_start().to_string(), "2026-01-01");
    }

    proptest! {
        #[test]
        fn every_day_round_trips(days in -700_000i32..700_000) {
            let day = BusinessDay(days);
            let (year, month, date) = day.ymd();
            prop_assert_eq!(BusinessDay::from_ymd(year, month, date), Some(day));
        }
    }
}
